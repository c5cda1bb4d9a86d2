"""What starts without anybody asking: jobs, the sensors on landing files and finished ingests, the nightly close.

Restated months flow downstream by two ways: the sensor after an ingest asks for every month from the first one touched
to the current one; and automation conditions make again what stands on a table that somebody has made again by hand.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import dagster as dg

from finops_pipeline.defs.house import House
from finops_pipeline.defs.outbox import Outbox, basis
from finops_pipeline.defs.partitions import range_tags
from finops_pipeline.intake.ingest import pending
from finops_pipeline.storage.landing import LandingFile, inventory

INGEST, PUBLISH, CLOSE = "ingest", "publish", "nightly_close"
INGESTED = ("extracts", "ingested_files", "quarantine", "reconciliation", "left_out")
NIGHTLY = "0 2 * * *"
_CURSOR_VERSION = 1
OpenHouse = Callable[[], House]


def when_inputs_change(*, monthly: bool) -> dg.AutomationCondition[Any]:
    """Make a month again when something it stands on was made again after it, and has passed its blocking checks.

    Unlike `eager`, not only the latest month: a restated month is an old one. A table without months stands on all
    months there can be, of which the last ones are always missing: only a monthly one waits for what is missing. A month
    that was never made is left to `publish`: the calendar has months for which nothing has come yet.
    """
    c = dg.AutomationCondition
    changed = c.any_deps_updated().since(c.newly_requested() | c.newly_updated())
    idle = ~c.in_progress() & ~c.any_deps_in_progress()
    condition = changed & c.all_deps_blocking_checks_passed() & idle
    if monthly:
        condition &= ~c.any_deps_missing() & ~c.missing()
    return condition.with_label("when_inputs_change")


def automation_sensor() -> dg.AutomationConditionSensorDefinition:
    """Evaluates the conditions; running unless somebody stops it."""
    return dg.AutomationConditionSensorDefinition(
        "automation", target=dg.AssetSelection.all(), default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
    )  # fmt: skip


def jobs() -> list[Any]:
    """`ingest` what is new, `publish` everything that follows from it, `nightly_close` both."""
    taken_in = dg.AssetSelection.assets(*INGESTED)
    everything = dg.AssetSelection.all() - dg.AssetSelection.groups("landing")
    return [
        dg.define_asset_job(INGEST, taken_in, description="Take in new landing files"),
        dg.define_asset_job(
            PUBLISH, everything - taken_in,
            description="Make and publish facts and reports of a range of months",
        ),
        dg.define_asset_job(
            CLOSE, everything, description="Take in new files and publish every month"
        ),
    ]  # fmt: skip


def seen(files: Sequence[LandingFile]) -> str:
    """What a sensor has seen, as its cursor: versioned JSON of name, size and content hash."""
    listed = [[f.source, f.dataset, f.name, f.size, f.digest()] for f in files]
    return json.dumps({"version": _CURSOR_VERSION, "files": sorted(listed)}, separators=(",", ":"))


def new_extracts(open_house: OpenHouse) -> dg.SensorDefinition:
    """Ask for an ingest when the landing folder holds other files than before. Errors raise: a sensor never hides one."""

    @dg.sensor(
        name="new_extracts", job_name=INGEST, default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30, description="New or changed files in the landing folder",
    )  # fmt: skip
    def sense(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        house = open_house()
        try:
            settings = house.settings
            files = inventory(settings.landing_path, settle_seconds=settings.settle_seconds, now=house.now)
            cursor = seen(files)
            if not files or cursor == context.cursor:
                return dg.SkipReason(f"nothing new in {settings.landing_path}: {len(files)} files, all seen")
            if not pending(settings, house.warehouse, house.now):
                return dg.SensorResult(cursor=cursor, skip_reason="all files have been taken in already")
            request = dg.RunRequest(run_key=sha256(cursor.encode()).hexdigest())
            return dg.SensorResult([request], cursor=cursor)
        finally:
            house.close()

    return sense


def ingested(open_house: OpenHouse, ingest: Any, publish: Any) -> dg.SensorDefinition:
    """Ask for the publication of every month that a finished ingest has made out of date."""

    @dg.run_status_sensor(
        dg.DagsterRunStatus.SUCCESS, name="ingested", request_job=publish, monitored_jobs=[ingest],
        default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=30,
    )  # fmt: skip
    def sense(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        house = open_house()
        try:
            wanted = months_to_publish(house)
            if not wanted:
                return dg.SkipReason("the ingest changed nothing that reports stand on")
            return dg.RunRequest(run_key=context.dagster_run.run_id, tags=range_tags(wanted[0], wanted[-1]))
        finally:
            house.close()

    return sense


def months_to_publish(house: House) -> list[str]:
    """The months out of date."""
    return Outbox.of(house.settings).out_of_date(house.months(), basis(house.settings))


def nightly(open_house: OpenHouse) -> dg.ScheduleDefinition:
    """At two in the morning (UTC): take in what is new and make every month again."""

    @dg.schedule(
        name="nightly", cron_schedule=NIGHTLY, job_name=CLOSE, default_status=dg.DefaultScheduleStatus.RUNNING,
        execution_timezone="UTC",
    )  # fmt: skip
    def close(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        house = open_house()
        try:
            stored = house.months() or [house.current]
            return dg.RunRequest(
                run_key=context.scheduled_execution_time.isoformat(), tags=range_tags(stored[0], stored[-1])
            )
        finally:
            house.close()

    return close


def failed_runs(open_house: OpenHouse, raise_alert: Callable[[House, str, str, str], None]) -> dg.SensorDefinition:
    """Publish an alert for every run that fails."""

    @dg.run_failure_sensor(name="failed_runs", default_status=dg.DefaultSensorStatus.RUNNING)
    def sense(context: dg.RunFailureSensorContext) -> Iterator[dg.SkipReason]:
        house = open_house()
        try:
            raise_alert(
                house, context.dagster_run.job_name, context.dagster_run.run_id, context.failure_event.message or ""
            )
        finally:
            house.close()
        yield dg.SkipReason(f"raised an alert for {context.dagster_run.run_id}")

    return sense
