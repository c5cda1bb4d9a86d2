"""The checks on what the intake writes down: each with data that make it fail."""

from decimal import Decimal

import pandas as pd

from finops_pipeline.defs.intake import every_row_is_accounted_for, every_total_reconciles


def files(*rows: tuple[str, int, int, int, int, str], left_out: int | None = None) -> pd.DataFrame:
    names = ["file_name", "rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined", "status"]
    return pd.DataFrame(list(rows), columns=names).assign(rows_left_out=pd.array([left_out] * len(rows), "Int64"))


def totals(
    source: str, accepted: str, duplicate: str, quarantined: str, difference: str, left_out: str | None = None
) -> pd.DataFrame:
    row = dict(
        zip(
            ["source_total", "accepted_total", "duplicate_total", "quarantined_total", "difference"],
            map(Decimal, (source, accepted, duplicate, quarantined, difference)),
            strict=True,
        )
    )
    row["left_out_total"] = None if left_out is None else Decimal(left_out)
    return pd.DataFrame([{"dataset": "journal_lines", "file_id": "ab12", "currency": "EUR", "measure": "debit", **row}])


def test_rows_that_add_up_are_fine() -> None:
    assert every_row_is_accounted_for(files(("a.csv", 10, 7, 1, 2, "accepted"))) == []


def test_a_row_that_got_lost_is_found() -> None:
    (finding,) = every_row_is_accounted_for(files(("a.csv", 10, 7, 1, 1, "accepted")))
    assert (finding.rule_id, finding.subject) == ("INT-001", "a.csv")
    assert "10 rows read, but 9" in finding.message


def test_a_rejected_file_has_no_rows_to_account_for() -> None:
    assert every_row_is_accounted_for(files(("a.csv", 0, 0, 0, 1, "rejected"))) == []


def test_totals_that_add_up_are_fine() -> None:
    assert every_total_reconciles(totals("10.01", "7", "1", "2.01", "0")) == []


def test_a_stated_difference_is_found() -> None:
    (finding,) = every_total_reconciles(totals("10.01", "7", "1", "2", "0.01"))
    assert finding.rule_id == "INT-002"
    assert "0.01" in finding.message


def test_a_difference_that_is_not_stated_is_found_too() -> None:
    assert len(every_total_reconciles(totals("10.01", "7", "1", "2", "0"))) == 1


def test_rows_left_out_for_a_reason_are_accounted_for() -> None:
    assert every_row_is_accounted_for(files(("a.csv", 10, 6, 1, 2, "accepted"), left_out=1)) == []
    assert len(every_row_is_accounted_for(files(("a.csv", 10, 7, 1, 2, "accepted"), left_out=1))) == 1


def test_amounts_left_out_for_a_reason_are_accounted_for() -> None:
    assert every_total_reconciles(totals("10.01", "6", "1", "2.01", "0", "1")) == []
    assert len(every_total_reconciles(totals("10.01", "7", "1", "2.01", "0", "1"))) == 1
