"""The conformance report says of each file what it keeps, breaks and lost."""

import pandas as pd

from finops_pipeline.finance.cloud import report

COUNTS = pd.DataFrame(
    [
        ("2026-02", "F1", "1.2", "FOC-101", "publisher", 10, 2, "row 3: publisher missing"),
        ("2026-01", "F1", "1.2", "FOC-101", "publisher", 5, 0, None),
        ("2026-01", "F1", "1.2", "FOC-102", "contracted_cost", 5, 0, None),
    ],
    columns=["period", "file_id", "focus_version", "rule_id", "column_name", "rows_checked", "rows_broken", "example"],
)
CONSERVED = pd.DataFrame(
    [("F1", "FOC-155", "effective_cost", 25, 25, "SP1: effective cost 23, billed 24")],
    columns=["file_id", "rule_id", "column_name", "rows_checked", "rows_broken", "example"],
)
FILES = pd.DataFrame(
    [("F1", "focus", "jan.csv", 17), ("F2", "focus", "cut.csv", 0), ("F3", "native", "journal.csv", 9)],
    columns=["file_id", "source", "file_name", "rows_read"],
)
QUARANTINE = pd.DataFrame(
    [
        ("F1", 9, "ROW-DECIMALS", "BilledCost", "too many decimals"),
        ("F1", 4, "ROW-DECIMALS", "BilledCost", "too many decimals"),
        ("F2", 0, "FILE-COLUMN", None, "required columns are missing: BilledCost"),
        ("F3", 1, "ROW-MONEY", "debit", "no number"),
    ],
    columns=["file_id", "row_number", "rule_id", "column_name", "message"],
)


def made() -> pd.DataFrame:
    return report.focus_conformance(COUNTS, CONSERVED, FILES, QUARANTINE)


def test_months_add_up_and_lost_rows_are_errors() -> None:
    rows = made().astype(object).where(made().notna(), None).drop(columns="file_id")
    assert rows.values.tolist() == [
        ["cut.csv", None, "FILE-COLUMN", None, "error", 1, 1, "row 0: required columns are missing: BilledCost"],
        ["jan.csv", "1.2", "FOC-101", "publisher", "warning", 15, 2, "row 3: publisher missing"],
        ["jan.csv", "1.2", "FOC-102", "contracted_cost", "warning", 5, 0, None],
        ["jan.csv", "1.2", "FOC-155", "effective_cost", "warning", 25, 25, "SP1: effective cost 23, billed 24"],
        ["jan.csv", "1.2", "ROW-DECIMALS", "BilledCost", "error", 17, 2, "row 4: too many decimals"],
    ]


def test_what_is_broken_is_a_warning_that_stops_nothing() -> None:
    found = report.conformance_warnings(made())
    assert [(f.rule_id, f.subject) for f in found] == [
        ("FILE-COLUMN", "cut.csv"), ("FOC-101", "jan.csv"), ("FOC-155", "jan.csv"), ("ROW-DECIMALS", "jan.csv"),
    ]  # fmt: skip
    assert {f.severity for f in found} == {"warning"}
    assert "2 of 15 rows, publisher, for example row 3" in found[1].message


def test_nothing_landed_is_nothing_to_report() -> None:
    empty = report.focus_conformance(COUNTS[:0], CONSERVED[:0], FILES[:0], QUARANTINE[:0])
    assert list(empty.columns) == list(made().columns)
    assert len(empty) == 0
