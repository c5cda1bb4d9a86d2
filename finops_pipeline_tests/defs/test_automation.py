"""What starts without anybody asking."""

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from finops_pipeline.defs.assembly import build_definitions
from finops_pipeline.defs.automation import CLOSE, INGEST, INGESTED, PUBLISH
from finops_pipeline.defs.house import House
from finops_pipeline.defs.outbox import Outbox, basis
from finops_pipeline.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    return load(home=tmp_path, first_period="2026-01", as_of=datetime(2026, 3, 15, tzinfo=UTC).date())


@pytest.fixture
def definitions(settings: Settings) -> dg.Definitions:
    return build_definitions(settings)


def landed(settings: Settings, name: str, text: str) -> Path:
    file = settings.landing_path / "native" / "products" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def sense(definitions: dg.Definitions, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    sensor = definitions.resolve_sensor_def("new_extracts")
    with dg.DagsterInstance.ephemeral() as here:
        return sensor(dg.build_sensor_context(cursor=cursor, instance=here))


def test_everything_runs_unless_somebody_stops_it(definitions: dg.Definitions) -> None:
    sensors = {s.name: s.default_status for s in definitions.resolve_all_job_defs() and definitions.sensors}
    assert set(sensors) == {"new_extracts", "ingested", "failed_runs", "automation"}
    assert set(sensors.values()) == {dg.DefaultSensorStatus.RUNNING}
    schedule = definitions.resolve_schedule_def("nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "UTC")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_the_jobs_share_out_the_graph(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    selected = {
        job: {k.path[-1] for k in definitions.resolve_job_def(job).asset_layer.selected_asset_keys}
        for job in (INGEST, PUBLISH, CLOSE)
    }
    assert selected[INGEST] == set(INGESTED)
    assert selected[INGEST].isdisjoint(selected[PUBLISH])
    assert selected[INGEST] | selected[PUBLISH] == selected[CLOSE]
    assert selected[CLOSE] == {k.path[-1] for k in graph.materializable_asset_keys}


def test_a_new_file_asks_for_an_ingest_once(definitions: dg.Definitions, settings: Settings) -> None:
    assert isinstance(sense(definitions), dg.SkipReason)
    landed(settings, "products.csv", "product_id,name\nP1,Coffee\n")
    asked = sense(definitions)
    assert isinstance(asked, dg.SensorResult)
    assert len(asked.run_requests or []) == 1
    assert isinstance(sense(definitions, asked.cursor), dg.SkipReason)


def test_the_run_key_is_the_content(definitions: dg.Definitions, settings: Settings) -> None:
    file = landed(settings, "products.csv", "product_id,name\nP1,Coffee\n")
    first = sense(definitions)
    file.write_text("product_id,name\nP1,Tea\n")
    second = sense(definitions, first.cursor)
    file.write_text("product_id,name\nP1,Coffee\n")
    third = sense(definitions, second.cursor)
    keys = [r.run_requests[0].run_key for r in (first, second, third)]
    assert keys[0] == keys[2] != keys[1]


def test_the_cursor_says_what_was_seen(definitions: dg.Definitions, settings: Settings) -> None:
    landed(settings, "products.csv", "product_id,name\nP1,Coffee\n")
    cursor = json.loads(sense(definitions).cursor)
    assert cursor["version"] == 1
    ((source, dataset, name, size, digest),) = cursor["files"]
    assert (source, dataset, name, size, len(digest)) == ("native", "products", "products.csv", 26, 64)


def test_a_file_still_being_written_is_not_seen(definitions: dg.Definitions, settings: Settings) -> None:
    landed(settings, "products.csv.part", "product_id,na")
    assert isinstance(sense(definitions), dg.SkipReason)


def test_an_error_in_the_sensor_raises(definitions: dg.Definitions, settings: Settings) -> None:
    landed(settings, "products.csv", "product_id,name\nP1,Coffee\n")
    (settings.home / "warehouse.db").mkdir()
    with pytest.raises(Exception, match=r"unable to open database file|directory|warehouse"):
        sense(definitions)


def test_the_nightly_close_covers_every_month_of_data(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("nightly")
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 3, 16, 2, tzinfo=UTC))
    request = schedule(context)
    assert request.tags["dagster/asset_partition_range_start"] == "2026-01"
    assert request.tags["dagster/asset_partition_range_end"] == "2026-03"


def after(definitions: dg.Definitions, name: str = INGEST) -> dg.RunRequest | dg.SkipReason:
    """What the sensor says after a successful run of a job."""

    @dg.job(name=name)
    def finished() -> None: ...

    with dg.DagsterInstance.ephemeral() as here:
        result = finished.execute_in_process(instance=here)
        context = dg.build_run_status_sensor_context(
            "ingested", result.get_run_success_event(), here, result.dagster_run
        )
        return definitions.resolve_sensor_def("ingested")(context)


def test_a_finished_ingest_asks_for_the_months_it_touched_and_all_later_ones(
    definitions: dg.Definitions, settings: Settings
) -> None:
    house = House(settings)
    outbox = Outbox.of(settings)
    outbox.settle(house.months(), house.months(), basis(settings))
    assert isinstance(after(definitions), dg.SkipReason)
    outbox.add({"journal_lines": ["2026-02"]})
    for job in (INGEST, CLOSE):
        request = after(definitions, job)
        assert isinstance(request, dg.RunRequest)
        assert request.tags["dagster/asset_partition_range_start"] == "2026-02"
        assert request.tags["dagster/asset_partition_range_end"] == "2026-03"
