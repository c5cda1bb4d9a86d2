"""Income statement and balance sheet, by hand and by law."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.statements import BALANCE_SHEET, INCOME_STATEMENT
from finops_pipeline.finance import ledger, statements
from finops_pipeline.finance import periods as calendar
from finops_pipeline_tests.finance.books import ACCOUNTS, ENTITIES, assert_keeps, balances, shuffled, table

HISTORY = balances("""
    entity_id  period   account_id  cost_center_id  debit  credit
    DE         2025-01  1000        -               900    0
    DE         2025-01  3000        -               0      900
    DE         2025-02  1000        -               50     0
    DE         2025-02  4000        -               0      50
    DE         2026-01  1200        -               100    0
    DE         2026-01  4000        -               0      100
    DE         2026-01  6000        CC1             20     0
    DE         2026-01  6000        CC2             10     0
    DE         2026-01  2000        -               0      30
    DE         2026-02  1200        -               60     0
    DE         2026-02  4000        -               0      60
    DE         2026-02  5000        -               25     0
    DE         2026-02  6100        -               4      0
    DE         2026-02  6110        -               3      0
    DE         2026-02  7000        -               0      2
    DE         2026-02  7500        -               1      0
    DE         2026-02  8000        -               8      0
    DE         2026-02  2000        -               0      39
    UK         2026-02  1000        -               5      0
    UK         2026-02  3000        -               0      5
""")
MONTHS = ["2026-01", "2026-02"]


def income(history: pd.DataFrame = HISTORY, months: list[str] = MONTHS) -> pd.DataFrame:
    return statements.income_statement(history, ACCOUNTS, ENTITIES, months)


def sheet(history: pd.DataFrame = HISTORY, months: list[str] = MONTHS) -> pd.DataFrame:
    tb = ledger.trial_balance(history, ACCOUNTS, ENTITIES, months)
    return statements.balance_sheet(tb, ACCOUNTS, ENTITIES)


def of(statement: pd.DataFrame, entity: str, period: str) -> pd.DataFrame:
    return statement[(statement["entity_id"] == entity) & (statement["period"] == period)]


def test_the_income_statement_line_by_line() -> None:
    statement = income()
    assert_keeps(INCOME_STATEMENT, statement)
    february = of(statement, "DE", "2026-02")
    rows = february[["line", "line_kind", "amount", "ytd_amount", "prior_year_amount"]].to_numpy().tolist()
    assert rows == [
        ["Revenue", "detail", 60, 160, 50],
        ["Total revenue", "subtotal", 60, 160, 50],
        ["Cost of revenue", "detail", 25, 25, 0],
        ["Total cost of revenue", "subtotal", 25, 25, 0],
        ["Gross profit", "subtotal", 35, 135, 50],
        ["Personnel", "detail", 0, 30, 0],
        ["Premises", "detail", 7, 7, 0],  # rent 4 and heating 3 share a line
        ["Total operating expenses", "subtotal", 7, 37, 0],
        ["Operating income", "subtotal", 28, 98, 50],
        ["Other income", "detail", 2, 2, 0],
        ["Other expense", "detail", 1, 1, 0],
        ["Income before tax", "subtotal", 29, 99, 50],  # 28 + 2 - 1
        ["Income tax", "detail", 8, 8, 0],
        ["Net income", "subtotal", 21, 91, 50],
    ]
    assert set(february["currency"]) == {"EUR"}


def test_the_balance_sheet_line_by_line() -> None:
    statement = sheet()
    assert_keeps(BALANCE_SHEET, statement)
    february = of(statement, "DE", "2026-02")
    assert february[["line", "line_kind", "amount"]].to_numpy().tolist() == [
        ["Cash and banks", "detail", 950],
        ["Assets", "detail", 160],
        ["Total assets", "subtotal", 1110],
        ["Liabilities", "detail", 69],
        ["Total liabilities", "subtotal", 69],
        ["Share capital", "detail", 900],
        ["Retained earnings", "detail", 50],  # income of 2025
        ["Net income of the year", "detail", 91],
        ["Total equity", "subtotal", 1041],
        ["Total liabilities and equity", "subtotal", 1110],
    ]


@pytest.mark.parametrize("build", [income, sheet])
def test_a_line_keeps_its_number_and_appears_in_every_month(build) -> None:
    statement = build()
    january, february = of(statement, "DE", "2026-01"), of(statement, "DE", "2026-02")
    lines = ["line_no", "line", "line_kind"]
    assert january[lines].to_numpy().tolist() == february[lines].to_numpy().tolist()
    alone = build(HISTORY[HISTORY["period"] <= "2026-01"], ["2026-01"])  # as if February had not happened yet
    merged = alone.merge(january, on="line_no", suffixes=("", "_later"))
    assert len(merged) == len(alone)
    assert merged["line"].tolist() == merged["line_later"].tolist()


@pytest.mark.parametrize("build", [income, sheet])
def test_statements_begin_with_the_entitys_books(build) -> None:
    british = build()[lambda s: s["entity_id"] == "UK"]
    assert set(british["period"]) == {"2026-02"}
    assert set(british["currency"]) == {"GBP"}


def test_an_entity_without_income_has_subtotals_of_zero() -> None:
    british = of(income(), "UK", "2026-02")
    assert british["line"].iloc[[0, -1]].tolist() == ["Total revenue", "Net income"]
    assert set(british["line_kind"]) == {"subtotal"}
    assert british["amount"].sum() == 0
    assert of(sheet(), "UK", "2026-02")["line"].tolist().count("Net income of the year") == 1


def test_the_charts_retained_earnings_account_has_a_line_of_its_own() -> None:
    own = table("""
        account_id  name               account_type  statement_line
        3900        Retained_earnings  equity        -
        3950        Retained_earnings  equity        Brought_forward
    """)
    lines = statements.statement_lines(pd.concat([ACCOUNTS, own], ignore_index=True)).set_index("account_id")["line"]
    assert lines["3900"] == "Retained earnings"
    assert lines["3950"] == "Brought forward"
    assert lines["2000"] == "Liabilities"


def test_nothing_to_report() -> None:
    for statement in (income(HISTORY.head(0)), income(HISTORY, []), income(HISTORY, ["2024-01"])):
        assert_keeps(INCOME_STATEMENT, statement)
        assert len(statement) == 0
    empty = sheet(HISTORY.head(0))
    assert_keeps(BALANCE_SHEET, empty)
    assert len(empty) == 0
    assert statements.balance_sheet_findings(empty) == []
    assert statements.income_statement_findings(income(HISTORY.head(0)), empty) == []


def places(findings: list) -> set[tuple[str, str]]:
    return {(f.rule_id, f.subject) for f in findings}


def test_sound_statements_have_no_findings() -> None:
    assert statements.balance_sheet_findings(sheet()) == []
    assert statements.income_statement_findings(income(), sheet()) == []


def test_stm_001_an_unbalanced_ledger() -> None:
    one_sided = pd.concat([HISTORY, HISTORY.iloc[[-1]]], ignore_index=True)
    assert places(statements.balance_sheet_findings(sheet(one_sided))) == {("STM-001", "UK 2026-02")}


@pytest.mark.parametrize("line", ["Total assets", "Total liabilities", "Total equity", "Total liabilities and equity"])
def test_stm_001_a_missing_or_altered_total(line: str) -> None:
    statement = sheet()
    place = (statement["line"] == line) & (statement["entity_id"] == "DE") & (statement["period"] == "2026-01")
    expected = {("STM-001", "DE 2026-01")}
    assert places(statements.balance_sheet_findings(statement[~place])) == expected
    altered = statement.assign(amount=statement["amount"] + place.astype("int64"))
    assert places(statements.balance_sheet_findings(altered)) == expected


def test_stm_001_all_totals_missing() -> None:
    details = sheet()[lambda s: s["line_kind"] == "detail"]
    assert len(statements.balance_sheet_findings(details)) == 3


@pytest.mark.parametrize("line", ["Cash and banks", "Liabilities", "Share capital", "Net income of the year"])
def test_stm_001_a_missing_detail_line(line: str) -> None:
    statement = sheet()
    place = (statement["line"] == line) & (statement["entity_id"] == "DE") & (statement["period"] == "2026-01")
    assert places(statements.balance_sheet_findings(statement[~place])) == {("STM-001", "DE 2026-01")}


def test_stm_002_net_income_that_differs_or_is_missing_on_either_side() -> None:
    earned, carried = income(), sheet()
    net, year = earned["line"] == "Net income", carried["line"] == "Net income of the year"
    german = {("STM-002", "DE 2026-01"), ("STM-002", "DE 2026-02")}
    everywhere = german | {("STM-002", "UK 2026-02")}
    altered = earned.assign(ytd_amount=earned["ytd_amount"] + (earned["entity_id"] == "DE").astype("int64"))
    assert places(statements.income_statement_findings(altered, carried)) == german
    for left, right in (
        (earned[~net], carried),
        (earned, carried[~year]),
        (earned.head(0), carried),
        (earned, carried.head(0)),
    ):
        findings = statements.income_statement_findings(left, right)
        assert places(findings) == everywhere
        assert all("missing" in f.message for f in findings)


def test_stm_002_is_not_fooled_by_an_equity_line_of_the_same_name() -> None:
    chart = ACCOUNTS.assign(
        statement_line=ACCOUNTS["statement_line"].replace("Share capital", "Net income of the year")
    )
    tb = ledger.trial_balance(HISTORY, chart, ENTITIES, MONTHS)
    assert statements.income_statement_findings(income(), statements.balance_sheet(tb, chart, ENTITIES)) == []


journals = st.lists(
    st.tuples(
        st.sampled_from(["DE", "UK"]),
        st.integers(0, 20),
        st.sampled_from(ACCOUNTS["account_id"].tolist()),
        st.sampled_from(ACCOUNTS["account_id"].tolist()),
        st.integers(-(10**15), 10**15),
    ),
    min_size=1,
    max_size=15,
)


@settings(max_examples=6)
@given(posted=journals)
def test_balanced_journals_always_give_statements_that_tie(posted: list[tuple]) -> None:
    rows = [
        (entity, calendar.add("2025-01", month), account, *sides)
        for entity, month, debited, credited, amount in posted
        for account, sides in ((debited, (amount, 0)), (credited, (0, amount)))
    ]
    history = pd.DataFrame(rows, columns=["entity_id", "period", "account_id", "debit", "credit"])
    months = calendar.span("2025-06", "2026-09")
    earned, carried = income(history, months), sheet(history, months)
    assert_keeps(INCOME_STATEMENT, earned)
    assert_keeps(BALANCE_SHEET, carried)
    assert statements.balance_sheet_findings(carried) == []
    assert statements.income_statement_findings(earned, carried) == []
    pd.testing.assert_frame_equal(income(shuffled(history), months), earned)
