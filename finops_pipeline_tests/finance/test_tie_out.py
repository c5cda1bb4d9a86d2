"""The books beside what their systems say: equal, different, missing on either side, ahead."""

import pandas as pd
import pytest

from finops_pipeline.finance.tie_out import ahead_findings, silence_warnings, tie_out, tie_out_findings

Control = tuple[str, str, str, int, int]


def controls(*rows: Control) -> pd.DataFrame:
    """Entity, period, account, activity, closing."""
    frame = pd.DataFrame(list(rows), columns=["entity_id", "period", "account_id", "net_activity", "closing"])
    return frame.assign(source="sap", currency="EUR")


def balances(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    """Entity, period, account, closing balance."""
    frame = pd.DataFrame(list(rows), columns=["entity_id", "period", "account_id", "closing_balance"])
    return frame.assign(currency="EUR")


BOOKS = balances(("E", "2024-01", "1", 500), ("E", "2024-01", "4", -500), ("F", "2024-01", "1", 7))


def compared(*rows: Control) -> pd.DataFrame:
    return tie_out(controls(*rows), BOOKS, ["2024-01"])


def test_books_that_tie_have_no_difference_and_figures_of_one_account_add_up() -> None:
    table = compared(("E", "2024-01", "1", 300, 300), ("E", "2024-01", "1", 200, 200), ("E", "2024-01", "4", 0, -500))
    assert table["difference"].tolist() == [0, 0]
    assert table["entity_id"].unique().tolist() == ["E"], "what no system states is not compared"
    assert tie_out_findings(table) == []


def test_a_cent_is_a_difference() -> None:
    (finding,) = tie_out_findings(compared(("E", "2024-01", "1", 0, 499), ("E", "2024-01", "4", 0, -500)))
    assert (finding.rule_id, finding.subject) == ("TIE-001", "sap E 2024-01 1")
    assert "the books say 500, sap says 499" in finding.message


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ([("E", "2024-01", "1", 0, 500)], "sap says nothing"),
        (
            [("E", "2024-01", "1", 0, 500), ("E", "2024-01", "4", 0, -500), ("E", "2024-01", "9", 0, 1)],
            "books say nothing",
        ),
    ],
)
def test_a_row_that_one_side_lacks_is_a_difference(rows: list[Control], missing: str) -> None:
    (finding,) = tie_out_findings(compared(*rows))
    assert missing in finding.message


def test_another_currency_is_a_difference_on_both_sides() -> None:
    table = tie_out(controls(("F", "2024-01", "1", 7, 7)).assign(currency="USD"), BOOKS, ["2024-01"])
    assert len(tie_out_findings(table)) == 2


def test_months_that_are_not_published_are_not_compared() -> None:
    assert tie_out(controls(("E", "2024-02", "1", 0, 1)), BOOKS, ["2024-01"]).empty


def test_activity_after_the_last_month_of_the_books_is_found() -> None:
    figures = controls(("E", "2024-02", "1", 5, 505), ("E", "2024-03", "1", 0, 505), ("E", "2024-09", "1", 1, 506))
    (finding,) = ahead_findings(figures, "2024-01", "2024-06")
    assert (finding.rule_id, finding.subject) == ("TIE-002", "sap E 2024-02")
    assert ahead_findings(figures, "2024-02", "2024-06") == []


def test_a_last_month_that_the_system_says_nothing_of_is_named() -> None:
    """Balances that were rejected, or have not come, are no proof that the books tie."""
    books = pd.concat([BOOKS, BOOKS.assign(period="2024-02")])
    figures = controls(("E", "2024-01", "1", 500, 500), ("G", "2024-01", "1", 1, 1))
    (warning,) = silence_warnings(figures, books, "2024-02")
    assert (warning.rule_id, warning.subject, warning.severity) == ("TIE-003", "sap E 2024-02", "warning")
    assert silence_warnings(figures, books, "2024-01") == []
    silent = controls(("E", "2024-02", "1", 0, 0)).assign(closing=pd.NA)
    assert len(silence_warnings(pd.concat([figures, silent]), books, "2024-02")) == 1
    assert silence_warnings(controls(("E", "2024-02", "1", 0, 500)), books, "2024-02") == []


def test_an_account_whose_balance_the_system_does_not_state_is_not_compared() -> None:
    figures = controls(("E", "2024-01", "1", 0, 500), ("E", "2024-01", "4", 0, 0)).astype({"closing": "Int64"})
    figures.loc[figures["account_id"] == "4", "closing"] = pd.NA
    table = tie_out(figures, BOOKS, ["2024-01"])
    assert table["account_id"].tolist() == ["1"]
    assert tie_out_findings(table) == []
    figures.loc[figures["account_id"] == "1", "closing"] = 499
    assert len(tie_out_findings(tie_out(figures, BOOKS, ["2024-01"]))) == 1
