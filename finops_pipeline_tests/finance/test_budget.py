"""Budgets, variances and materiality."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.budget import BUDGET_BALANCES, BUDGET_VARIANCE
from finops_pipeline.errors import ContractError, MissingRateError
from finops_pipeline.finance import budget as budgets
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.budget import Materiality, Threshold, is_material
from finops_pipeline.finance.currency import Rates
from finops_pipeline_tests.finance.books import (
    ACCOUNTS,
    COST_CENTERS,
    ENTITIES,
    assert_keeps,
    balances,
    table,
)

ALL = Materiality(Threshold(Decimal("0.01")))
RATES = Rates({("USD", "EUR", "budget", "2026-01"): Decimal("0.5")})


def plan(text: str) -> pd.DataFrame:
    """budget_balances from text that may leave out the cost center."""
    frame = table(text)
    frame["product_id"] = pd.Series([None] * len(frame), dtype="str")
    if "cost_center_id" not in frame:
        frame["cost_center_id"] = frame["product_id"]
    if "currency" not in frame:
        frame["currency"] = frame["entity_id"].map(ENTITIES.set_index("entity_id")["functional_currency"]).astype("str")
    return budgets.budget_balances(frame, ENTITIES, RATES)


BUDGET = plan("""
    version  entity_id  period   account_id  cost_center_id  amount
    v1       DE         2026-01  4000        -               1000
    v1       DE         2026-02  4000        -               1000
    v1       DE         2026-12  4000        -               5000
    v1       DE         2026-01  6000        CC1             300
    v1       DE         2026-02  6000        CC1             300
    v1       DE         2026-02  6100        CC2             40
    v2       DE         2026-02  1200        -               70
""")
ACTUALS = balances("""
    entity_id  period   account_id  cost_center_id  product_id  debit  credit
    DE         2025-12  4000        -               -           0      999
    DE         2026-01  4000        -               P1          0      700
    DE         2026-01  4000        -               P2          0      400
    DE         2026-01  1200        -               -           1100   0
    DE         2026-01  6000        CC1             -           300    0
    DE         2026-02  4000        -               -           0      900
    DE         2026-02  6000        CC1             -           350    20
    DE         2026-02  6000        CC3             -           10     0
    DE         2026-02  1200        -               -           560    0
    UK         2026-02  6000        -               -           5      0
""")
MONTHS = ["2026-01", "2026-02"]


def variance(
    budget: pd.DataFrame = BUDGET,
    actuals: pd.DataFrame = ACTUALS,
    months: list[str] = MONTHS,
    materiality: Materiality = ALL,
) -> pd.DataFrame:
    return budgets.budget_variance(budget, actuals, ACCOUNTS, COST_CENTERS, ENTITIES, months, materiality)


def rows(frame: pd.DataFrame, version: str, period: str, basis: str) -> list[list]:
    chosen = frame[(frame["version"] == version) & (frame["period"] == period) & (frame["basis"] == basis)]
    columns = ["account_id", "cost_center_id", "actual", "budget", "variance", "profit_effect", "status"]
    return chosen[columns].fillna({"cost_center_id": "-"}).to_numpy().tolist()


def test_month_to_date() -> None:
    result = variance()
    assert_keeps(BUDGET_VARIANCE, result)
    assert rows(result, "v1", "2026-01", "mtd") == [
        ["4000", "-", 1100, 1000, 100, 100, "favorable"],  # products P1 700 and P2 400 summed away
        ["6000", "CC1", 300, 300, 0, 0, "on_budget"],
    ]
    assert rows(result, "v1", "2026-02", "mtd") == [
        ["4000", "-", 900, 1000, -100, -100, "unfavorable"],
        ["6000", "CC1", 330, 300, 30, -30, "unfavorable"],
        ["6000", "CC3", 10, 0, 10, -10, "unbudgeted"],
        ["6100", "CC2", 0, 40, -40, 40, "unspent"],
    ]


def test_year_to_date_and_full_year() -> None:
    result = variance()
    assert rows(result, "v1", "2026-02", "ytd") == [
        ["4000", "-", 2000, 2000, 0, 0, "on_budget"],  # the 999 of 2025 belong to a year the version does not cover
        ["6000", "CC1", 630, 600, 30, -30, "unfavorable"],
        ["6000", "CC3", 10, 0, 10, -10, "unbudgeted"],
        ["6100", "CC2", 0, 40, -40, 40, "unspent"],
    ]
    assert rows(result, "v1", "2026-01", "full_year") == [
        ["4000", "-", 1100, 7000, -5900, -5900, "unfavorable"],  # 1000 + 1000 + 5000 planned
        ["6000", "CC1", 300, 600, -300, 300, "favorable"],
        ["6100", "CC2", 0, 40, -40, 40, "unspent"],  # planned for February, so the whole year has it
    ]


def test_a_balance_sheet_account_is_compared_only_by_the_version_that_budgets_it() -> None:
    result = variance()
    assert "1200" not in set(result.loc[result["version"] == "v1", "account_id"])
    assert ["1200", "-", 560, 70, 490, 0, "favorable"] in rows(result, "v2", "2026-02", "mtd")
    assert ["1200", "-", 1100, 0, 1100, 0, "unbudgeted"] in rows(result, "v2", "2026-01", "mtd")


def test_every_income_account_of_a_covered_year_is_compared() -> None:
    assert rows(variance(), "v2", "2026-01", "mtd") == [
        ["1200", "-", 1100, 0, 1100, 0, "unbudgeted"],
        ["4000", "-", 1100, 0, 1100, 1100, "unbudgeted"],
        ["6000", "CC1", 300, 0, 300, -300, "unbudgeted"],
    ]
    assert "UK" not in set(variance()["entity_id"])  # no version plans for it


def test_the_fiscal_year_is_each_entitys_own() -> None:
    budget = plan("""
        version  entity_id  period   account_id  amount
        v1       UK         2026-03  6000        10
    """)
    actuals = balances("""
        entity_id  period   account_id  debit  credit
        UK         2025-03  6000        1      0
        UK         2025-04  6000        2      0
        UK         2026-03  6000        4      0
        UK         2026-04  6000        8      0
    """)
    result = variance(budget, actuals, calendar.span("2025-03", "2026-04"))
    assert sorted(set(result["period"])) == calendar.span("2025-04", "2026-03")  # the year the version covers
    assert rows(result, "v1", "2026-03", "ytd") == [["6000", "-", 6, 10, -4, 4, "favorable"]]
    assert rows(result, "v1", "2025-04", "full_year") == [["6000", "-", 2, 10, -8, 8, "favorable"]]
    assert set(result["currency"]) == {"GBP"}


def test_what_is_due_by_a_day_and_what_the_year_comes_to() -> None:
    """By 14 February half of its 1,000 is due: 500, and 1,500 of the year; 5,500 of its plan are left to come."""
    made = budgets.budget_variance(BUDGET, ACTUALS, ACCOUNTS, COST_CENTERS, ENTITIES, MONTHS, ALL, date(2026, 2, 14))
    sales = made[(made["version"] == "v1") & (made["account_id"] == "4000")].set_index(["period", "basis"])
    assert sales["theoretical"].to_dict() == {
        ("2026-01", "full_year"): 1000, ("2026-01", "mtd"): 1000, ("2026-01", "ytd"): 1000,
        ("2026-02", "full_year"): 1500, ("2026-02", "mtd"): 500, ("2026-02", "ytd"): 1500,
    }  # fmt: skip
    assert sales.loc[("2026-02", "full_year"), "outlook"] == 2000 + 7000 - 1500
    assert sales.loc[("2026-02", "mtd"), "outlook"] == 900 + 500
    assert sales.loc[("2026-01", "ytd"), "outlook"] == 1100


def test_whole_months_are_due_without_a_day() -> None:
    made = variance()
    assert (
        made.loc[made["basis"] != "full_year", "theoretical"].tolist()
        == made.loc[made["basis"] != "full_year", "budget"].tolist()
    )
    assert (
        made.loc[made["basis"] != "full_year", "outlook"].tolist()
        == made.loc[made["basis"] != "full_year", "actual"].tolist()
    )


def test_offsetting_lines_leave_a_row_of_zero() -> None:
    budget = plan("""
        version  entity_id  period   account_id  amount
        v1       DE         2026-01  6000        10
        v1       DE         2026-01  6000        -10
    """)
    result = variance(budget, ACTUALS.head(0), ["2026-01"])
    assert rows(result, "v1", "2026-01", "mtd") == [["6000", "-", 0, 0, 0, 0, "on_budget"]]
    assert result["variance_pct"].isna().all()


def test_percentages_are_of_the_budgets_size() -> None:
    budget = plan("""
        version  entity_id  period   account_id  amount
        v1       DE         2026-01  6000        -200
    """)
    row = variance(budget, ACTUALS, ["2026-01"])[lambda v: (v["basis"] == "mtd") & v["cost_center_id"].isna()].iloc[-1]
    assert (row["actual"], row["variance"], row["variance_pct"]) == (0, 200, 1.0)
    assert not row["favorable"]


def test_names_and_departments() -> None:
    result = variance()
    works = result[result["account_id"] == "6100"].iloc[0]
    assert (works["account_name"], works["account_type"], works["department"]) == (
        "Rent",
        "operating_expense",
        "Production",
    )
    assert result.loc[result["account_id"] == "4000", "department"].isna().all()


def test_nothing_to_compare() -> None:
    for empty in (
        variance(budget=BUDGET.head(0)),
        variance(months=[]),
        variance(months=["2030-01"]),
        variance(BUDGET.head(0), ACTUALS.head(0)),
    ):
        assert_keeps(BUDGET_VARIANCE, empty)
        assert len(empty) == 0


@pytest.mark.parametrize("column", ["account_id", "cost_center_id", "entity_id"])
def test_a_stranger_is_refused_rather_than_dropped(column: str) -> None:
    with pytest.raises(ContractError, match="stranger"):
        variance(budget=BUDGET.assign(**{column: "stranger"}))


# --- Budget balances


def test_budget_lines_become_balances_in_functional_currency() -> None:
    result = plan("""
        version  entity_id  period   account_id  currency  cost_center_id  amount
        v1       DE         2026-01  6000        USD       CC1             101
        v1       DE         2026-01  6000        USD       CC1             103
        v1       DE         2026-01  6000        EUR       CC1             1000
        v1       DE         2026-01  6000        EUR       -               7
    """)
    assert_keeps(BUDGET_BALANCES, result)
    assert result["amount"].tolist() == [1102, 7]  # 50.5 and 51.5 cents, each to the even neighbor: 50 and 52
    assert set(result["currency"]) == {"EUR"}


def test_a_budget_without_rate_or_entity_raises() -> None:
    line = {"version": "v1", "entity_id": "UK", "period": "2026-01", "account_id": "6000", "cost_center_id": None}
    lines = pd.DataFrame([{**line, "currency": "USD", "amount": 1}])
    with pytest.raises(MissingRateError, match="no budget rate USD→GBP for 2026-01"):
        budgets.budget_balances(lines, ENTITIES, RATES)
    with pytest.raises(ContractError, match="'XX'"):
        budgets.budget_balances(lines.assign(entity_id="XX"), ENTITIES, RATES)


def test_no_budget_lines() -> None:
    empty = budgets.budget_balances(BUDGET.head(0), ENTITIES, RATES)
    assert_keeps(BUDGET_BALANCES, empty)
    assert len(empty) == 0


# --- Materiality

HUNDRED, TENTH = Decimal(100), Decimal("0.1")


@pytest.mark.parametrize(
    ("variance_of", "budget_of", "threshold", "expected"),
    [
        (100_00, 1_000_00, Threshold(HUNDRED, TENTH), True),  # reaches both exactly
        (-100_00, -1_000_00, Threshold(HUNDRED, TENTH), True),
        (99_99, 100_00, Threshold(HUNDRED, TENTH), False),
        (99_99, 100_00, Threshold(HUNDRED, TENTH, both=False), True),
        (100_00, 1_000_01, Threshold(HUNDRED, TENTH), False),  # a tenth of 1000.01 is more than 100.00
        (100_00, 1_000_01, Threshold(HUNDRED, TENTH, both=False), True),
        (100_00, 0, Threshold(HUNDRED, TENTH), True),
        (1, 0, Threshold(pct=TENTH), True),
        (0, 0, Threshold(pct=TENTH), False),
        (0, 5, Threshold(Decimal(0)), False),
        (100_00, 10_000_00, Threshold(HUNDRED), True),
        (10**12, 0, Threshold(), False),
    ],
)
def test_materiality_by_hand(variance_of: int, budget_of: int, threshold: Threshold, expected: bool) -> None:
    assert is_material(variance_of, budget_of, "EUR", threshold) is expected


def test_materiality_counts_major_units_of_the_currency() -> None:
    assert is_material(100, 0, "JPY", Threshold(HUNDRED))
    assert not is_material(100, 0, "EUR", Threshold(HUNDRED))
    assert not is_material(10, 0, "EUR", Threshold(Decimal("0.105")))
    assert is_material(11, 0, "EUR", Threshold(Decimal("0.105")))


def test_materiality_by_account_type() -> None:
    by_type = Materiality(Threshold(Decimal("0.20")), {"revenue": Threshold(Decimal("1.01"))})
    result = variance(materiality=by_type)[lambda v: (v["basis"] == "mtd") & (v["version"] == "v1")]
    assert result[["account_id", "variance", "material"]].to_numpy().tolist() == [
        ["4000", 100, False],
        ["6000", 0, False],
        ["4000", -100, False],
        ["6000", 30, True],
        ["6000", 10, False],
        ["6100", -40, True],
    ]
    assert not variance(materiality=Materiality())["material"].any()


sizes = st.integers(-(10**14), 10**14)


@settings(max_examples=100)
@given(
    variance_of=sizes,
    budget_of=sizes,
    pct=st.decimals(0, 3, places=4),
    amount=st.decimals(0, 10**9, places=3),
    both=st.booleans(),
)
def test_materiality_is_exact(variance_of: int, budget_of: int, pct: Decimal, amount: Decimal, both: bool) -> None:
    by_amount = abs(variance_of) >= amount * 100
    by_pct = budget_of == 0 or abs(variance_of) >= pct * abs(budget_of)
    expected = variance_of != 0 and (by_amount and by_pct if both else by_amount or by_pct)
    assert is_material(variance_of, budget_of, "EUR", Threshold(amount, pct, both=both)) is expected


# --- BUD-001


def subjects(
    result: pd.DataFrame, budget: pd.DataFrame = BUDGET, actuals: pd.DataFrame = ACTUALS
) -> set[tuple[str, str]]:
    findings = budgets.budget_variance_findings(result, budget, actuals, ACCOUNTS, ENTITIES, MONTHS)
    return {(f.rule_id, f.subject) for f in findings}


def test_a_sound_variance_has_no_findings() -> None:
    assert subjects(variance()) == set()
    empty = variance(BUDGET.head(0), ACTUALS.head(0))
    assert subjects(empty, BUDGET.head(0), ACTUALS.head(0)) == set()


@pytest.mark.parametrize(("measure", "account"), [("actual", "4000"), ("budget", "6000")])
def test_bud_001_an_amount_that_differs(measure: str, account: str) -> None:
    result = variance()
    at = result.index[(result["account_id"] == account) & (result["basis"] == "mtd") & (result["version"] == "v1")][0]
    result.loc[at, measure] += 1
    kind = {"4000": "revenue", "6000": "operating_expense"}[account]
    assert subjects(result) == {("BUD-001", f"v1 DE 2026-01 {kind}")}


def test_bud_001_rows_missing_on_either_side() -> None:
    result = variance()
    revenue = ("BUD-001", "v1 DE 2026-01 revenue")
    assert revenue in subjects(result[result["account_type"] != "revenue"])
    assert revenue in subjects(result, BUDGET[BUDGET["account_id"] != "4000"])
    assert revenue in subjects(result, BUDGET, ACTUALS[ACTUALS["account_id"] != "4000"])
    assert revenue in subjects(result.head(0))
    offsetting = ACTUALS[ACTUALS["account_id"] == "6100"]
    zero = pd.concat([ACTUALS, ACTUALS.iloc[[1]].assign(account_id="7500", debit=0, credit=0), offsetting])
    assert subjects(result, BUDGET, zero) == {  # a row of zero must be there all the same
        ("BUD-001", "v1 DE 2026-01 other_expense"),
        ("BUD-001", "v2 DE 2026-01 other_expense"),
    }
