"""Partitions are replaced whole or not at all."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finops_pipeline.contracts.ledger import GL_BALANCES
from finops_pipeline.contracts.masters import PRODUCTS
from finops_pipeline.contracts.model import Column
from finops_pipeline.contracts.projections import conform
from finops_pipeline.errors import ContractError
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.lake import Lake


def balances(*rows: tuple[str, int]) -> pd.DataFrame:
    full = [("DE01", period, "1000", None, None, "EUR", debit, 0, 1, None) for period, debit in rows]
    return conform(pd.DataFrame(full, columns=list(GL_BALANCES.names)), GL_BALANCES)


def debits(lake: Lake) -> dict[str, int]:
    stored = lake.read(GL_BALANCES)
    return dict(zip(stored["period"], stored["debit"], strict=True))


def test_a_write_replaces_exactly_its_periods(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.replace(GL_BALANCES, balances(("2026-01", 1), ("2026-02", 2), ("2026-03", 3)))
    lake.replace(GL_BALANCES, balances(("2026-02", 20)), ["2026-02", "2026-03"])
    assert debits(lake) == {"2026-01": 1, "2026-02": 20}
    assert lake.periods(GL_BALANCES) == ["2026-01", "2026-02"]
    assert len(lake.read(GL_BALANCES, ["2026-01", "2026-09"])) == 1


def test_a_write_twice_is_a_write_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for _ in range(2):
        lake.replace(GL_BALANCES, balances(("2026-01", 1)), ["2026-01"])
    assert debits(lake) == {"2026-01": 1}
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["data.parquet"]


def test_rows_outside_the_periods_are_refused_and_nothing_changes(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.replace(GL_BALANCES, balances(("2026-01", 1)), ["2026-01"])
    with pytest.raises(ContractError, match="2026-02"):
        lake.replace(GL_BALANCES, balances(("2026-01", 9), ("2026-02", 9)), ["2026-01"])
    assert debits(lake) == {"2026-01": 1}


def test_a_write_that_is_killed_leaves_the_old_partition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path)
    lake.replace(GL_BALANCES, balances(("2026-01", 1)), ["2026-01"])

    def killed(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        lake.replace(GL_BALANCES, balances(("2026-01", 9)), ["2026-01"])
    monkeypatch.undo()
    assert debits(lake) == {"2026-01": 1}


def test_a_table_without_periods_is_one_file(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert lake.read(PRODUCTS).empty
    assert lake.files(PRODUCTS) == []
    lake.replace(PRODUCTS, pd.DataFrame({"product_id": ["P1"], "name": ["Bolt"], "family": [None]}))
    assert lake.read(PRODUCTS)["name"].tolist() == ["Bolt"]


def test_an_empty_query_result_removes_the_partition(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.replace(GL_BALANCES, balances(("2026-01", 1)))
    with Engine("200MB", 1) as engine:
        assert lake.replace_by_query(engine, GL_BALANCES, "2026-01", "SELECT 1 AS a WHERE false") == 0
        assert lake.periods(GL_BALANCES) == []
        assert lake.replace_by_query(engine, GL_BALANCES, "2026-02", "SELECT 1 AS a") == 1
    assert lake.periods(GL_BALANCES) == ["2026-02"]


def test_files_of_an_older_contract_get_the_columns_they_lack_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    now = replace(PRODUCTS, columns=(*PRODUCTS.columns, Column("color", "text", "Color", nullable=True)))
    assert lake.bring_up_to_date([now]) == 0  # nothing is there, and nothing is made
    assert not lake.root.exists()
    file = lake.path(PRODUCTS)
    file.parent.mkdir(parents=True)
    columns = {"product_id": ["A"], "name": ["a"], "family": ["f"], "file_id": ["x"], "row_number": [1]}
    pq.write_table(pa.table(columns), file)
    assert [lake.bring_up_to_date([one]) for one in (PRODUCTS, now, now)] == [0, 1, 0]
    assert pq.read_schema(file).names == [*now.names, "file_id", "row_number"]
    assert lake.read(now).to_dict("records")[0].items() >= {"product_id": "A", "family": "f"}.items()
    assert lake.read(now)["color"].isna().all()
    must = replace(now, columns=(*now.columns, Column("size", "text", "Size")))
    with pytest.raises(ContractError, match="before products had size: take the extracts in again"):
        lake.bring_up_to_date([must])
