"""Dagster's event log with its connections kept open: faster, and otherwise the same."""

from pathlib import Path

import dagster as dg

from finops_pipeline.defs.closing import instance
from finops_pipeline.defs.event_log import KeptOpenEventLog
from finops_pipeline.settings import load


@dg.asset(check_specs=[dg.AssetCheckSpec("holds", asset="thing")])
def thing():
    yield dg.MaterializeResult(metadata={"dagster/row_count": 3})
    yield dg.AssetCheckResult(passed=False, check_name="holds")


def test_the_command_line_uses_it(tmp_path: Path) -> None:
    with instance(load(home=tmp_path)) as here:
        assert isinstance(here.event_log_storage, KeptOpenEventLog)


def test_dagsters_own_storage_reads_what_it_wrote(tmp_path: Path) -> None:
    with instance(load(home=tmp_path)) as here:
        run_id = dg.materialize([thing], instance=here).run_id
        events = [e.dagster_event_type for e in here.all_logs(run_id)]
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as plain:
        assert not isinstance(plain.event_log_storage, KeptOpenEventLog)
        assert [e.dagster_event_type for e in plain.all_logs(run_id)] == events
        latest = plain.get_latest_materialization_event(dg.AssetKey("thing"))
        checks = plain.event_log_storage.get_latest_asset_check_execution_by_key(
            [dg.AssetCheckKey(dg.AssetKey("thing"), "holds")]
        )
    assert latest is not None
    assert latest.asset_materialization.metadata["dagster/row_count"].value == 3
    assert [r.status.value for r in checks.values()] == ["FAILED"]


def test_telemetry_is_off(tmp_path: Path) -> None:
    with instance(load(home=tmp_path)) as here:
        assert not here.telemetry_enabled


def test_an_instance_of_the_users_own_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "dagster"
    folder.mkdir()
    own = f"telemetry: {{enabled: false}}\nstorage:\n  sqlite:\n    base_dir: {folder / 'mine'}\n"
    (folder / "dagster.yaml").write_text(own)
    with instance(load(home=tmp_path)) as here:
        assert not isinstance(here.event_log_storage, KeptOpenEventLog)
