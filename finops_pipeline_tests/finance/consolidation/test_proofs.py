"""Every proof of the consolidation can fail, on either side of what it compares."""

from dataclasses import replace

import pandas as pd
import pytest

from finops_pipeline.finance.consolidation import consolidation_findings
from finops_pipeline_tests.finance.consolidation.companies import CASH, consolidated, sources
from finops_pipeline_tests.finance.consolidation.test_elimination import FEES
from finops_pipeline_tests.finance.consolidation.test_minority import MASTERS, POSTED, RATES

MADE_OF = sources(
    pd.concat(
        [POSTED, FEES[FEES["entity_id"] == "A"].assign(entity_id="P", period="2026-01", counterparty_entity_id="S")]
    ),
    MASTERS,
)
GROUP, MADE = consolidated(MADE_OF, RATES, "2026-01")


def broken(**tables: pd.DataFrame) -> set[tuple[str, str]]:
    findings = consolidation_findings(replace(MADE, **tables), GROUP.shares, CASH)
    return {(f.rule_id, f.subject) for f in findings}


def one(table: pd.DataFrame, column: str = "amount", **where: str) -> pd.DataFrame:
    """The table with one unit more in its first row of this kind."""
    chosen = pd.Series(data=True, index=table.index)
    for name, value in where.items():
        chosen &= table[name] == value
    first = chosen & (chosen.cumsum() == 1)
    assert first.any()
    return table.assign(**{column: table[column] + first.astype("int64")})


@pytest.mark.parametrize(
    ("step", "account"),
    [("translated", "4000"), ("eliminated", "1700"), ("minority", "3000"), ("adjustment", "CURRENCY_TRANSLATION")],
)
def test_con_001_a_step_that_does_not_balance(step: str, account: str) -> None:
    assert any(rule == "CON-001" for rule, _ in broken(worksheet=one(MADE.worksheet, step=step, account_id=account)))
    gone = MADE.worksheet[~((MADE.worksheet["step"] == step) & (MADE.worksheet["account_id"] == account))]
    assert any(rule == "CON-001" for rule, _ in broken(worksheet=gone))


def test_con_002_differences_that_no_pair_has_and_pairs_that_no_line_has() -> None:
    assert ("CON-002", "balances 2026-01") in broken(unmatched=MADE.unmatched.head(0))
    assert ("CON-002", "income 2026-01") in broken(unmatched=one(MADE.unmatched, "unmatched_amount", kind="income"))
    altered = one(MADE.worksheet, account_id="INTERCOMPANY_BALANCES")
    assert ("CON-002", "balances 2026-01") in broken(worksheet=altered)
    beyond = MADE.unmatched.assign(period="2026-02")
    assert {("CON-002", "income 2026-01"), ("CON-002", "income 2026-02")} <= broken(unmatched=beyond)


@pytest.mark.parametrize("column", ["opening", "on_opening", "on_income", "on_other_movements", "rounding", "closing"])
def test_con_003_a_roll_forward_that_does_not_add_up_or_go_on(column: str) -> None:
    assert ("CON-003", "S 2025-12") in broken(rollforward=one(MADE.rollforward, column, period="2025-12"))


def test_con_003_a_difference_that_rounding_cannot_make() -> None:
    """The same amount moved from a term to rounding: it still adds up."""
    rolled = MADE.rollforward
    moved = rolled.assign(on_opening=rolled["on_opening"] - 500, rounding=rolled["rounding"] + 500)
    assert broken(rollforward=moved) == {("CON-003", "S 2025-12"), ("CON-003", "S 2026-01")}


def test_con_003_rows_that_are_missing_on_either_side() -> None:
    assert broken(rollforward=MADE.rollforward.head(0)) == {("CON-003", "S 2026-01")}  # in December rates were the same
    own = MADE.worksheet[MADE.worksheet["step"] != "adjustment"]
    assert ("CON-003", "S 2026-01") in broken(worksheet=own)
    cash = MADE.worksheet[MADE.worksheet["account_id"] != "1000"]
    assert ("CON-003", "S 2026-01") in broken(worksheet=cash)


def test_con_004_a_share_that_is_not_that_of_others() -> None:
    for gone in ("minority", "translated"):
        rows = MADE.worksheet[~((MADE.worksheet["step"] == gone) & (MADE.worksheet["entity_id"] == "S"))]
        assert ("CON-004", "S 2026-01") in broken(worksheet=rows)
    whole = dict.fromkeys(GROUP.shares, GROUP.shares["P"])
    findings = consolidation_findings(MADE, whole, CASH)
    assert {(f.rule_id, f.subject) for f in findings} == {("CON-004", "S 2025-12"), ("CON-004", "S 2026-01")}
