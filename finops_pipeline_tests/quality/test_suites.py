"""A contract's suite finds what breaks the contract, in the period where it is, and nothing else."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finops_pipeline.contracts import catalog, projections
from finops_pipeline.contracts.model import STAMPS, Column, Table
from finops_pipeline.quality import suites

NOW = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)

POSTINGS = Table(
    "postings", "ledger", "A small ledger", "entity x line",
    (
        Column("entity_id", "code", "Entity"),
        Column("period", "period", "Month"),
        Column("line_no", "integer", "Line", low=1, high=9),
        Column("currency", "code", "Currency"),
        Column("side", "code", "Side", allowed=("debit", "credit")),
        Column("product_id", "code", "Product", nullable=True),
        Column("rate", "decimal", "Rate", nullable=True, low=0, high=1),
        Column("share", "ratio", "Share"),
    ),
    ("entity_id", "line_no", "product_id"), partitioned=True,
)  # fmt: skip

LEDGER = """
DE01 2026-01 1 EUR debit  P1   0.5  0.1
DE01 2026-01 2 EUR credit -    -    0.2
DE01 2026-02 1 EUR debit  P1   1    0.3
US01 2026-02 1 USD credit -    0    0.4
"""


def ledger(text: str = LEDGER) -> pd.DataFrame:
    rows = [[None if word == "-" else word for word in line.split()] for line in text.strip().splitlines()]
    frame = pd.DataFrame(rows, columns=POSTINGS.names, dtype="str")
    frame["line_no"] = frame["line_no"].astype("Int64")
    frame["rate"] = pd.array(
        [None if pd.isna(r) else Decimal(r) for r in frame["rate"]], dtype=pd.ArrowDtype(projections.EXACT)
    )
    frame["share"] = frame["share"].astype("float64")
    return frame


def broken(verdict: pd.DataFrame) -> list[tuple[str, str | None, str | None, int | None, str | None]]:
    """What failed: expectation (without its prefix), column, period, rows, what was seen."""
    failed = verdict[~verdict["success"]]
    return [
        tuple(
            None if pd.isna(v) else v for v in (r.expectation, r.column_name, r.period, r.unexpected_count, r.observed)
        )
        for r in failed.itertuples()
    ]


def swap(line: str, by: str) -> pd.DataFrame:
    assert line in LEDGER
    return ledger(LEDGER.replace(line, by))


def test_rows_that_keep_the_contract_pass_every_expectation_in_every_period() -> None:
    verdict = suites.judge(POSTINGS, ledger(), NOW)
    assert broken(verdict) == []
    # columns, rows, 6 values that must be there, 1 label, 1 currency, 1 vocabulary, 2 bounds, 1 key, in two months
    assert len(verdict) == 2 * 14
    assert verdict.groupby("period").size().tolist() == [14, 14]


def test_the_verdict_has_the_contract_of_data_quality() -> None:
    verdict = suites.judge(POSTINGS, ledger(), NOW)
    quality = catalog.table("data_quality")
    pd.testing.assert_frame_equal(verdict, projections.conform(verdict, quality))
    assert not verdict.duplicated(list(quality.key)).any()
    assert (verdict["checked_at"] == NOW).all()


@pytest.mark.parametrize(
    ("line", "by", "expectation", "column", "seen"),
    [
        ("DE01 2026-01 2 EUR credit", "-    2026-01 2 EUR credit", "not_be_null", "entity_id", "None"),
        ("2026-01 2 EUR credit -    -    0.2", "2026-01 2 EUR credit -    -    nan", "not_be_null", "share", "None"),
        ("2026-01 2 EUR credit", "2026-01 0 EUR credit", "be_between", "line_no", "0"),
        ("2026-01 2 EUR credit", "2026-01 10 EUR credit", "be_between", "line_no", "10"),
        ("2026-01 2 EUR credit -    -", "2026-01 2 EUR credit - 1.1", "be_between", "rate", "1.100000000000000"),
        ("2026-01 2 EUR credit", "2026-01 2 EUX credit", "match_regex", "currency", "EUX"),
        ("2026-01 2 EUR credit", "2026-01 2 EUR Credit", "be_in_set", "side", "Credit"),
    ],
)
def test_a_bad_value_fails_its_expectation_in_its_period_alone(
    line: str, by: str, expectation: str, column: str, seen: str
) -> None:
    verdict = suites.judge(POSTINGS, swap(line, by), NOW)
    assert broken(verdict) == [(f"expect_column_values_to_{expectation}", column, "2026-01", 1, seen)]
    assert set(verdict.loc[~verdict["success"], "severity"]) == {"error"}


@pytest.mark.parametrize("label", ["2026-13", "2026-1", "26-01", "\u0662026-01", "2026-01\n"])
def test_a_period_that_is_no_label_fails(label: str) -> None:
    frame = ledger()
    frame.loc[1, "period"] = label
    assert broken(suites.judge(POSTINGS, frame, NOW)) == [
        ("expect_column_values_to_match_regex", "period", None, 1, label)
    ]


def test_a_missing_period_fails_for_the_rows_without_one() -> None:
    frame = ledger()
    frame.loc[1, "period"] = None
    assert broken(suites.judge(POSTINGS, frame, NOW)) == [
        ("expect_column_values_to_not_be_null", "period", None, 1, "None")
    ]


def test_a_repeated_key_fails_for_all_rows_that_share_it() -> None:
    verdict = suites.judge(POSTINGS, swap("US01 2026-02 1 USD credit -", "DE01 2026-02 1 USD credit P1"), NOW)
    key = "period, entity_id, line_no, product_id"
    assert broken(verdict) == [("expect_compound_columns_to_be_unique", key, "2026-02", 2, "P1")]


def test_missing_parts_of_a_key_compare_equal() -> None:
    repeated = ledger(LEDGER + "DE01 2026-01 2 EUR debit - - 0.2")
    assert [row[0::3] for row in broken(suites.judge(POSTINGS, repeated, NOW))] == [
        ("expect_compound_columns_to_be_unique", 2)
    ]


def test_rows_whose_whole_key_is_missing_repeat_one_another() -> None:
    table = replace(POSTINGS, partitioned=False, key=("product_id", "rate"))
    frame = ledger(LEDGER + "FR01 2026-01 1 EUR debit - - 0.2")
    assert [row[0::3] for row in broken(suites.judge(table, frame, NOW))] == [
        ("expect_compound_columns_to_be_unique", 2)
    ]


def test_a_key_of_one_column_is_unique() -> None:
    table = replace(POSTINGS, partitioned=False, key=("entity_id",))
    assert broken(suites.judge(table, ledger(), NOW)) == [
        ("expect_column_values_to_be_unique", "entity_id", None, 3, "DE01")
    ]


def test_a_missing_column_fails_itself_and_everything_expected_of_it() -> None:
    verdict = suites.judge(POSTINGS, ledger().drop(columns="side"), NOW, ["2026-01"])
    assert [row for row in broken(verdict) if row[2] == "2026-01"] == [
        ("expect_column_values_to_be_in_set", "side", "2026-01", 2, "no column side"),
        ("expect_column_values_to_not_be_null", "side", "2026-01", 2, "no column side"),
        ("expect_table_columns_to_match_ordered_list", None, "2026-01", None, "missing side"),
    ]


@pytest.mark.parametrize(
    ("frame", "seen"),
    [
        (ledger().assign(remark="x"), "unknown remark"),
        (ledger()[[*POSTINGS.names[1:], POSTINGS.names[0]]], "another order"),
        (ledger().assign(run_id="r1"), "missing loaded_at"),
        (ledger().assign(row_number=1), "missing file_id"),
    ],
)
def test_other_columns_or_another_order_fail_in_every_period(frame: pd.DataFrame, seen: str) -> None:
    failed = [row for row in broken(suites.judge(POSTINGS, frame, NOW)) if "ordered_list" in row[0]]
    assert [(row[2], row[4]) for row in failed] == [("2026-01", seen), ("2026-02", seen)]


def test_lineage_and_stamps_are_judged_where_they_are_carried() -> None:
    frame = ledger().assign(file_id="f", row_number=1, loaded_at=pd.Timestamp(NOW), run_id="r1")
    assert broken(suites.judge(POSTINGS, frame, NOW)) == []
    frame.loc[0, "run_id"] = None
    assert broken(suites.judge(POSTINGS, frame, NOW)) == [
        ("expect_column_values_to_not_be_null", "run_id", "2026-01", 1, "None")
    ]


def test_a_period_without_rows_is_a_warning() -> None:
    verdict = suites.judge(POSTINGS, ledger(), NOW, ["2026-01", "2026-02", "2026-03"])
    assert broken(verdict) == [("expect_table_row_count_to_be_between", None, "2026-03", None, "no rows")]
    assert verdict.loc[~verdict["success"], "severity"].tolist() == ["warning"]


def test_an_empty_table_is_judged_too() -> None:
    verdict = suites.judge(POSTINGS, ledger().head(0), NOW)
    assert broken(verdict) == [("expect_table_row_count_to_be_between", None, None, None, "no rows")]
    assert len(verdict) == 14


def test_the_order_of_rows_does_not_matter() -> None:
    frame = ledger(LEDGER + "DE01 2026-01 0 EUX debit - 2 -")
    there = suites.judge(POSTINGS, frame, NOW)
    back = suites.judge(POSTINGS, frame.iloc[::-1].reset_index(drop=True), NOW)
    assert len(broken(there)) == 4
    pd.testing.assert_frame_equal(there, back)


def test_every_row_counts_although_few_are_shown_to_great_expectations() -> None:
    frame = pd.concat([ledger().iloc[[0]]] * 5000, ignore_index=True)
    frame["line_no"] = range(5000)
    wrong = broken(suites.judge(replace(POSTINGS, key=()), frame, NOW))
    assert wrong == [  # 0 and 10 to 4999 lie outside 1 to 9
        ("expect_column_values_to_be_between", "line_no", "2026-01", 4991, "0, 10, 11, 12, 13")
    ]


def test_many_repeated_keys_are_all_counted() -> None:
    frame = pd.concat([ledger().iloc[[0]]] * 3000, ignore_index=True)
    assert [row[3] for row in broken(suites.judge(POSTINGS, frame, NOW))] == [3000]


def write(path: Path, frame: pd.DataFrame) -> Path:
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    return path


def test_files_are_judged_as_the_frame_they_hold(tmp_path: Path) -> None:
    frame = ledger(LEDGER + "US01 2026-02 1 EUX debit - 2 0.1")
    files = [write(tmp_path / p, part) for p, part in frame.groupby("period")]
    pd.testing.assert_frame_equal(suites.judge_files(POSTINGS, files, NOW), suites.judge(POSTINGS, frame, NOW))


def test_a_file_without_a_column_is_found_among_files_that_have_it(tmp_path: Path) -> None:
    good, bad = (part for _, part in ledger().groupby("period"))
    files = [write(tmp_path / "a", good), write(tmp_path / "b", bad.drop(columns="currency"))]
    assert ("expect_table_columns_to_match_ordered_list", None, "2026-02", None, "missing currency") in broken(
        suites.judge_files(POSTINGS, files, NOW)
    )


def test_no_files_are_no_rows() -> None:
    assert [row[0] for row in broken(suites.judge_files(POSTINGS, [], NOW))] == ["expect_table_row_count_to_be_between"]


@pytest.mark.parametrize("table", catalog.TABLES.values(), ids=lambda t: t.name)
def test_every_contract_has_a_suite_with_one_place_per_expectation(table: Table) -> None:
    suite = suites.suite(table, STAMPS)
    places = [(e.type, e.columns) for e in suite]
    assert len(set(places)) == len(places)
    expected = {c.name for c in (*table.columns, *STAMPS) if not c.nullable}
    assert {e.columns[0] for e in suite if e.type.endswith("not_be_null")} == expected
    assert len(table.key) != 1 or not table.column(table.key[0]).nullable  # see suites: such a key is never missing


@pytest.mark.parametrize("name", ["fx_rates", "cloud_costs", "reconciliation", "alerts"])
def test_an_empty_frame_of_a_real_contract_breaks_nothing_but_the_warning(name: str) -> None:
    table = catalog.table(name)
    verdict = suites.judge(table, projections.empty(table), NOW)
    assert set(verdict.loc[~verdict["success"], "severity"]) <= {"warning"}


def test_a_suite_is_told_without_the_import_that_takes_seconds() -> None:
    code = (
        "import sys; from finops_pipeline.contracts import catalog; from finops_pipeline.quality import suites, data_docs;"
        "suites.suite(catalog.table('alerts')); sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
