"""What is kept of a night comes back as it was, or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from finops_pipeline.contracts.projections import conform
from finops_pipeline.contracts.revenue import RECOGNIZED_REVENUE
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue.kept import Result
from finops_pipeline.storage.keeping import Keeping, computed_by

ROW = {"entity_id": "DE01", "period": "2026-03", "product_id": "P", "currency": "EUR", "recognized": 2**53 + 1,
       "prior_period_adjustment": 0, "recognized_ytd": 120}  # fmt: skip


def result(amount: int = 1) -> Result:
    halves = {"first": np.array([2**64 - 1, amount], np.uint64), "second": np.array([0, 2**63], np.uint64)}
    prints = pd.DataFrame(halves, pd.Index(["C1", "C2"], name="contract_id"))
    rows = conform(pd.DataFrame([ROW]), RECOGNIZED_REVENUE)
    return Result(prints, rows, [Finding("REV-003", "C2 / A", "no dates", "error", "2026-03")])


def assert_same(one: Result | None, other: Result) -> None:
    assert one is not None
    pd.testing.assert_frame_equal(one.prints, other.prints)
    pd.testing.assert_frame_equal(one.rows, other.rows)
    assert one.findings == other.findings


def test_what_is_kept_comes_back_and_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path)
    assert keeping.load(RECOGNIZED_REVENUE) is None
    for amount in (1, 2):
        keeping.save(RECOGNIZED_REVENUE, result(amount))
        assert_same(keeping.load(RECOGNIZED_REVENUE), result(amount))
    folders = [f for f in (tmp_path / RECOGNIZED_REVENUE.name).iterdir() if f.is_dir()]
    assert len(folders) == 1
    no_contracts = Result(result().prints[:0], result().rows[:0], [])
    keeping.save(RECOGNIZED_REVENUE, no_contracts)
    assert_same(keeping.load(RECOGNIZED_REVENUE), no_contracts)


@pytest.mark.parametrize("name", ["rows.parquet", "prints.parquet"])
def test_a_file_that_changed_or_went_away_is_nothing_kept(tmp_path: Path, name: str) -> None:
    keeping = Keeping(tmp_path)
    keeping.save(RECOGNIZED_REVENUE, result())
    (file,) = tmp_path.rglob(name)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    assert keeping.load(RECOGNIZED_REVENUE) is None
    file.unlink()
    assert keeping.load(RECOGNIZED_REVENUE) is None


def test_rows_with_other_columns_are_nothing_kept(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path)
    keeping.save(RECOGNIZED_REVENUE, result())
    narrower = replace(RECOGNIZED_REVENUE, columns=RECOGNIZED_REVENUE.columns[:-1])
    assert keeping.load(narrower) is None


def test_fingerprints_with_other_columns_are_nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(tmp_path)
    keeping.save(RECOGNIZED_REVENUE, result())
    monkeypatch.setattr("finops_pipeline.storage.keeping._PRINTED", pa.schema([("contract_id", pa.large_string())]))
    assert keeping.load(RECOGNIZED_REVENUE) is None


def test_a_note_says_which_folder_stands(tmp_path: Path) -> None:
    Keeping(tmp_path).save(RECOGNIZED_REVENUE, result())
    note = json.loads((tmp_path / RECOGNIZED_REVENUE.name / "kept.json").read_text(encoding="utf-8"))
    assert (tmp_path / RECOGNIZED_REVENUE.name / note["folder"] / "rows.parquet").exists()
    assert len(computed_by()) == 32
