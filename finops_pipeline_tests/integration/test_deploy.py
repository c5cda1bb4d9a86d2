"""The production instance of deploy/dagster.yaml opens on a real PostgreSQL server, as it is written."""

import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa

DEPLOY = Path(__file__).parents[2] / "deploy" / "dagster.yaml"


@pytest.fixture
def instance(postgres_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    postgres_server.execute("DROP DATABASE IF EXISTS dagster_deploy")
    postgres_server.execute("CREATE DATABASE dagster_deploy")
    for name, value in {
        "HOST": "127.0.0.1", "PORT": postgres_server.port, "DB": "dagster_deploy", "USER": "postgres", "PASSWORD": "x",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"DAGSTER_POSTGRES_{name}", str(value))
    shutil.copy(DEPLOY, tmp_path / "dagster.yaml")
    return dg.DagsterInstance.from_config(str(tmp_path))


def test_runs_and_events_live_in_postgresql(instance: dg.DagsterInstance, postgres_server: Any) -> None:
    @dg.asset
    def balance() -> int:
        return 1

    with instance:
        assert isinstance(instance.run_coordinator, dg.QueuedRunCoordinator)
        assert instance.run_monitoring_enabled
        assert not instance.telemetry_enabled
        assert dg.materialize([balance], instance=instance).success
        assert instance.get_latest_materialization_event(balance.key) is not None
    url = sa.make_url(postgres_server.url()).set(drivername="postgresql+psycopg", database="dagster_deploy")
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT status FROM runs").scalars().all() == ["SUCCESS"]
    engine.dispose()
