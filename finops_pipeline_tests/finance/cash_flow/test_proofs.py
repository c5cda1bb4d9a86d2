"""Every proof of the cash flow statement can fail: an altered amount, a missing row, on either side."""

import pandas as pd
import pytest

from finops_pipeline.finance import ledger, statements
from finops_pipeline.finance.cash_flow import (
    Classification,
    cash_flow,
    cash_flow_findings,
    classification_findings,
    movements,
)
from finops_pipeline_tests.finance.books import ENTITIES, balances, table

ACCOUNTS = table("""
    account_id  name         account_type  statement_line  category
    1000        Bank         asset         Cash            -
    1010        Till         asset         Current         -
    1200        Receivables  asset         Current         -
    1900        Sundry       asset         -               -
    3000        Capital      equity        -               -
    4000        Sales        revenue       -               -
""").assign(is_cash=lambda a: a["account_id"].isin(["1000", "1010"]).astype("boolean"))
HISTORY = balances("""
    entity_id  period   account_id  debit  credit
    DE         2026-01  1000        50     0
    DE         2026-01  3000        0      50
    DE         2026-02  1010        20     0
    DE         2026-02  1200        30     0
    DE         2026-02  1900        3      0
    DE         2026-02  4000        0      53
    UK         2026-02  1000        8      0
    UK         2026-02  4000        0      8
""")
MONTHS = ["2026-01", "2026-02"]
TB = ledger.trial_balance(HISTORY, ACCOUNTS, ENTITIES, MONTHS)
SHEET = statements.balance_sheet(TB, ACCOUNTS, ENTITIES)
INCOME = statements.income_statement(HISTORY, ACCOUNTS, ENTITIES, MONTHS)
FLOW = cash_flow(movements(TB), ACCOUNTS)
EVERYWHERE = {"DE 2026-01", "DE 2026-02", "UK 2026-02"}


def places(rule: str, flow=FLOW, tb=TB, sheet=SHEET, income=INCOME) -> set[str]:
    return {f.subject for f in cash_flow_findings(flow, tb, sheet, income, ACCOUNTS) if f.rule_id == rule}


def at(frame: pd.DataFrame, line: str) -> pd.Series:
    return (frame["line"] == line) & (frame["entity_id"] == "DE") & (frame["period"] == "2026-02")


def altered(frame: pd.DataFrame, where: pd.Series, column: str = "amount") -> pd.DataFrame:
    return frame.assign(**{column: frame[column] + where.astype("int64")})


def test_sound_statements_have_no_findings() -> None:
    assert cash_flow_findings(FLOW, TB, SHEET, INCOME, ACCOUNTS) == []


@pytest.mark.parametrize(
    "line",
    ["Change in Current", "Net change in cash", "Cash at the beginning of the period", "Cash at the end of the period"],
)
def test_cfl_001_a_line_that_is_altered_or_missing(line: str) -> None:
    where = at(FLOW, line)
    assert places("CFL-001", altered(FLOW, where)) == {"DE 2026-02"}
    assert places("CFL-001", FLOW[~where]) == {"DE 2026-02"}


def test_cfl_001_a_detail_in_no_section() -> None:
    assert places("CFL-001", FLOW.assign(section=FLOW["section"].mask(at(FLOW, "Change in Current"), "total"))) == {
        "DE 2026-02"
    }


def test_cfl_001_books_that_say_otherwise() -> None:
    cash = (TB["account_id"] == "1010") & (TB["entity_id"] == "DE")
    for column in ("opening_balance", "closing_balance"):
        assert places("CFL-001", tb=altered(TB, cash, column)) == {"DE 2026-02"}
    assert places("CFL-001", sheet=altered(SHEET, at(SHEET, "Cash"))) == {"DE 2026-02"}
    assert places("CFL-001", sheet=SHEET[~at(SHEET, "Cash")]) == {"DE 2026-02"}


def test_a_statement_that_is_missing_on_either_side() -> None:
    assert places("CFL-001", FLOW.head(0)) == EVERYWHERE
    assert places("CFL-001", tb=TB.head(0)) == EVERYWHERE
    assert places("CFL-001", sheet=SHEET.head(0)) == EVERYWHERE
    assert places("CFL-002", FLOW.head(0)) == EVERYWHERE
    assert places("CFL-002", income=INCOME.head(0)) == EVERYWHERE


def test_cfl_002_net_income_that_differs() -> None:
    assert places("CFL-002", altered(FLOW, at(FLOW, "Net income"))) == {"DE 2026-02"}
    assert places("CFL-002", income=altered(INCOME, at(INCOME, "Net income"))) == {"DE 2026-02"}


def test_cfl_003_an_account_that_nothing_classifies_is_named_if_it_moved() -> None:
    (finding,) = classification_findings(movements(TB), ACCOUNTS)
    assert (finding.rule_id, finding.subject, finding.severity) == ("CFL-003", "1900", "warning")
    assert classification_findings(movements(TB[TB["account_id"] != "1900"]), ACCOUNTS) == []
    assert classification_findings(movements(TB), ACCOUNTS, Classification({"1900": "operating"})) == []


def test_cfl_003_many_accounts_are_counted() -> None:
    many = pd.concat([ACCOUNTS.iloc[[3]].assign(account_id=f"19{n:02d}") for n in range(12)], ignore_index=True)
    moved = pd.DataFrame({"account_id": many["account_id"], "movement": 1})
    (finding, _) = classification_findings(moved, many)
    assert finding.subject.endswith("1909 and 2 more")


def test_cfl_004_a_chart_without_cash_and_settings_without_a_chart() -> None:
    findings = classification_findings(movements(TB.head(0)), ACCOUNTS.assign(is_cash=False))
    assert [(f.rule_id, f.subject, f.severity) for f in findings] == [("CFL-004", "accounts", "warning")]
    chosen = Classification({"9": "cash"}, {"No line": "cash"}, {"no category": "cash"})
    findings = classification_findings(movements(TB.head(0)), ACCOUNTS, chosen)
    assert [f.subject for f in findings] == ["9", "No line", "no category"]


def test_where_cash_shares_its_line_only_the_trial_balance_can_prove_it() -> None:
    chart = ACCOUNTS.assign(statement_line="Current")
    sheet = statements.balance_sheet(TB, chart, ENTITIES)
    flow = cash_flow(movements(TB), chart)
    assert cash_flow_findings(flow, TB, sheet, INCOME, chart) == []
    assert cash_flow_findings(flow, TB, sheet.head(0), INCOME, chart) == []
    assert cash_flow_findings(flow, TB.head(0), sheet, INCOME, chart) != []
