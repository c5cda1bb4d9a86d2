"""The close in this process: ingest, then publish what is out of date, on the instance that the Dagster UI shows."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance import InstanceRef

from finops_pipeline.defs import assembly, automation, kpis
from finops_pipeline.defs.assets import Progress
from finops_pipeline.defs.house import House
from finops_pipeline.defs.outbox import Outbox, basis
from finops_pipeline.defs.partitions import range_tags, runs_of
from finops_pipeline.errors import ConfigurationError
from finops_pipeline.settings import Settings

_CONFIG = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class Broken:
    """A step that failed: the failed checks of it if there are, else what it says."""

    step: str
    checks: tuple[str, ...]
    message: str


@dataclass
class Outcome:
    """What a close did. `months`: those published. `broken`: what failed; nothing standing on it was published."""

    months: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


def instance(settings: Settings) -> dg.DagsterInstance:
    """Dagster's storage in the home folder, set up if missing; the log of a run goes to its event log."""
    folder = settings.dagster_path.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text(_CONFIG, encoding="utf-8")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides=_overrides(folder, config)))


def _overrides(folder: Path, config: Path) -> dict[str, Any]:
    if "storage:" in config.read_text(encoding="utf-8"):
        return {}
    return {
        "event_log_storage": {
            "module": "finops_pipeline.defs.event_log",
            "class": "KeptOpenEventLog",
            "config": {"base_dir": str(folder / "history" / "runs")},
        },
        "compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"},
    }


def close(settings: Settings, *, ingest: bool, forced: Sequence[str] = (), progress: Progress | None = None) -> Outcome:
    """Ingest what is new, then publish the months that are out of date, or exactly those forced.

    Nothing follows from the runs of a close that it does not publish itself; forced months are as if made by hand.

    Raises: ConfigurationError for forced months that there are no data for.
    """
    outcome = Outcome()
    with instance(settings) as here:
        if ingest and not _run(settings, here, automation.INGEST, automation.WHOLE, outcome, progress):
            return outcome
        _refuse_months_without_data(settings, forced)
        for first, last in runs_of(forced or _out_of_date(settings)):
            tags = range_tags(first, last) | ({} if forced else automation.WHOLE)
            if not _run(settings, here, automation.PUBLISH, tags, outcome, progress):
                return outcome
            outcome.months += [p for p in _months(settings) if first <= p <= last]
    return outcome


def _months(settings: Settings) -> list[str]:
    return House(settings).months()


def _refuse_months_without_data(settings: Settings, forced: Sequence[str]) -> None:
    months = _months(settings)
    strangers = sorted(set(forced) - set(months))
    if strangers:
        there = f"there are data from {months[0]} to {months[-1]}" if months else "there are no data yet"
        raise ConfigurationError(f"nothing to make for {', '.join(strangers)}: {there}")


def _out_of_date(settings: Settings) -> list[str]:
    return Outbox.of(settings).out_of_date(_months(settings), basis(settings))


def _run(
    settings: Settings,
    here: dg.DagsterInstance,
    job: str,
    tags: Mapping[str, str],
    outcome: Outcome,
    progress: Progress | None,
) -> bool:
    """One run; whether it succeeded. Definitions are built anew, because an ingest may have brought new months."""
    definitions = assembly.build_definitions(settings, progress)
    result = definitions.resolve_job_def(job).execute_in_process(
        instance=here, tags=dict(tags), raise_on_error=False, run_config=_QUIET
    )
    outcome.broken += [_broken(result, event) for event in result.all_events if event.is_step_failure]
    if not result.success:
        with_house = House(settings)
        kpis.raise_failure(with_house, job, result.run_id, "; ".join(b.message for b in outcome.broken))
        with_house.close()
    return result.success


def _broken(result: dg.ExecuteInProcessResult, event: dg.DagsterEvent) -> Broken:
    failed = [
        e.check_name
        for e in result.get_asset_check_evaluations()
        if not e.passed and e.asset_key.path[-1] == event.step_key
    ]
    data = event.step_failure_data
    said = data.user_failure_data.description if data.user_failure_data else None
    return Broken(str(event.step_key), tuple(failed), said or _defect(data.error, result.run_id))


def _defect(error: Any, run_id: str) -> str:
    """An exception nobody expected: what it says, and where its traceback is kept."""
    while error is not None and error.cause is not None:
        error = error.cause
    said = error.message.strip() if error is not None else "no message"
    return f"a defect, not bad data: {said} (traceback: run {run_id} in the Dagster UI, make ui)"
