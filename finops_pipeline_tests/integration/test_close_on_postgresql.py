"""The same close on PostgreSQL publishes the same tables as on SQLite, to the last digit."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from finops_pipeline.cli import main
from finops_pipeline.contracts.catalog import report_tables
from finops_pipeline.contracts.model import Table
from finops_pipeline.contracts.projections import conform
from finops_pipeline.sample import write_sample
from finops_pipeline.storage.warehouse import Warehouse

_OF_THE_RUN = {"raised_at", "checked_at", "at", "detail", "hash", "previous_hash"}
"""Columns that tell one run from another."""


def test_both_warehouses_hold_the_same_numbers(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing"
    write_sample(landing, months=3, journal_lines=3_000)
    published = []
    for name, url in {"sqlite": f"sqlite:///{tmp_path / 'warehouse.db'}", "postgres": postgres_url}.items():
        monkeypatch.setenv("FINOPS_WAREHOUSE_URL", url)
        result = CliRunner().invoke(main, ["run", "--landing", str(landing), "--home", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        with Warehouse(url) as warehouse:
            published.append({t.name: _rows(warehouse, t) for t in report_tables()})
    assert published[0].keys() == published[1].keys()
    for table in report_tables():
        assert published[0][table.name] == published[1][table.name], table.name
    assert published[0]["budget_variance"], "there is something to compare"


def _rows(warehouse: Warehouse, table: Table) -> list[str]:
    frame = conform(warehouse.read(table), table)
    kept = [c for c in table.names if c not in _OF_THE_RUN]
    return sorted(repr(row) for row in frame[kept].itertuples(index=False, name=None))
