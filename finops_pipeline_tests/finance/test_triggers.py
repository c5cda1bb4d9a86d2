"""Triggers: each kind just broken and just kept, with the numbers by hand; the forecast against a plain reading of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.finance import budget as budgets
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.triggers import Breach, Rule, breaches, seasonal_deviations
from finops_pipeline_tests.finance.books import ACCOUNTS, COST_CENTERS, ENTITIES, balances

MONTH = "2026-03"
YEAR = calendar.span("2026-01", "2026-12")


def posted(amounts: dict[str, int], account: str = "6000", center: str | None = "CC1") -> pd.DataFrame:
    is_credit = account.startswith("4")
    rows = [
        f"DE {period} {account} {center or '-'} {0 if is_credit else amount} {amount if is_credit else 0}"
        for period, amount in amounts.items()
    ]
    return balances("entity_id period account_id cost_center_id debit credit\n" + "\n".join(rows))


def planned(amount: int, account: str = "6000", center: str | None = "CC1", version: str = "v1") -> pd.DataFrame:
    columns = {
        "version": version,
        "entity_id": "DE",
        "account_id": account,
        "cost_center_id": center,
        "currency": "EUR",
    }
    frame = pd.DataFrame({"period": YEAR, "amount": amount}).assign(**columns)
    return frame.astype(dict.fromkeys(columns, "str"))


def found(rule: Rule, actual: pd.DataFrame, plan: pd.DataFrame, period: str = MONTH) -> list[Breach]:
    months = calendar.span("2026-01", "2026-12")
    variance = budgets.budget_variance(plan, actual, ACCOUNTS, COST_CENTERS, ENTITIES, months)
    return breaches([rule], variance, actual, ACCOUNTS, ENTITIES, period)


def one(rule: Rule, actual: pd.DataFrame, plan: pd.DataFrame, period: str = MONTH) -> Breach | None:
    (breach,) = found(rule, actual, plan, period) or [None]
    return breach


ACTUAL = {"2026-01": 100_00, "2026-02": 110_00, "2026-03": 130_00}


@pytest.mark.parametrize(
    ("rule", "is_broken", "measure"),
    [
        (Rule("r", "amount", amount=Decimal(30)), True, 30),
        (Rule("r", "amount", amount=Decimal("30.01")), False, None),
        (Rule("r", "amount", amount=Decimal(40), basis="ytd"), True, 40),
        (Rule("r", "amount", amount=Decimal(30), pct=Decimal("0.31")), False, None),
        (Rule("r", "percentage", pct=Decimal("0.3")), True, Decimal("0.3")),
        (Rule("r", "percentage", pct=Decimal("0.301")), False, None),
        (Rule("r", "percentage", pct=Decimal("0.1333"), basis="ytd"), True, Decimal("0.1333")),
        # 340 in three months are 1,360 a year, 160 or 13.33 % over 1,200
        (Rule("r", "run_rate", pct=Decimal("0.13")), True, Decimal("0.1333")),
        (Rule("r", "run_rate", pct=Decimal("0.14")), False, None),
        (Rule("r", "run_rate", amount=Decimal(160)), True, 160),
        (Rule("r", "run_rate", amount=Decimal("160.01")), False, None),
        (Rule("r", "consecutive", months=2), True, 2),
        (Rule("r", "consecutive", months=3), False, None),
        (Rule("r", "consecutive", months=2, amount=Decimal("40.01")), False, None),
    ],
)  # fmt: skip
def test_cost_over_budget(rule: Rule, is_broken: bool, measure: Any) -> None:
    breach = one(rule, posted(ACTUAL), planned(100_00))
    assert (breach is not None) == is_broken
    if breach is not None:
        assert breach.measure == measure
        assert breach.place == ("DE", "6000", "CC1")
        assert breach.words.endswith("EUR less profit")


def test_what_is_good_for_profit_breaks_nothing() -> None:
    low = posted(dict.fromkeys(ACTUAL, 1_00))
    high = posted(dict.fromkeys(ACTUAL, 900_00), "4000", None)
    for kind in ("amount", "percentage", "run_rate", "consecutive"):
        rule = Rule("r", kind, amount=Decimal(1), pct=Decimal("0.01"), months=1)
        assert found(rule, low, planned(100_00)) == []
        assert found(rule, high, planned(100_00, "4000", None)) == []


def test_missing_revenue_is_a_loss_too() -> None:
    breach = one(
        Rule("r", "percentage", pct=Decimal("0.1")), posted(ACTUAL, "4000", None), planned(200_00, "4000", None)
    )
    assert breach is not None
    assert (breach.loss, breach.place) == (70_00, ("DE", "4000", None))
    assert breach.words == "the month is 35.0 % of the budget off: 70.00 EUR less profit"


def test_what_has_no_budget_exceeds_any_percentage() -> None:
    actual, plan = posted(ACTUAL), planned(1, "6100")
    words = {
        kind: [b.words for b in found(Rule("r", kind, pct=Decimal(9)), actual, plan)]
        for kind in ("percentage", "run_rate")
    }
    assert words == {
        "percentage": ["there is no budget: 130.00 EUR less profit"],
        "run_rate": ["at the pace of 3 months, without a budget of the year: 1,360.00 EUR less profit"],
    }


def test_a_month_without_postings_ends_a_row_of_losses() -> None:
    gap = posted({"2026-01": 200_00, "2026-03": 200_00})
    assert one(Rule("r", "consecutive", months=2), gap, planned(100_00)) is None
    breach = one(Rule("r", "consecutive", months=1), gap, planned(100_00))
    assert breach is not None
    assert breach.words == "1 months in a row: 100.00 EUR less profit"


def test_a_rule_speaks_of_what_it_selects() -> None:
    actual = pd.concat([posted(ACTUAL), posted(ACTUAL, "6100", "CC2")])
    plan = pd.concat([planned(1), planned(1, version="v2"), planned(1, "6100", "CC2")])
    rule = Rule("r", "amount", amount=Decimal(1))

    def places(**change: Any) -> list[tuple[str, str]]:
        return [(str(b.row["version"]), b.place[1]) for b in found(replace(rule, **change), actual, plan)]

    assert places() == [("v2", "6000"), ("v2", "6100")]  # v2 sorts last, and covers every account of the year
    assert places(version="v1", accounts=("6100",)) == [("v1", "6100")]
    assert places(account_types=("revenue",)) == []
    assert places(entities=("UK",)) == []
    assert places(version="v9") == []


def test_balance_sheet_accounts_and_other_months_break_nothing() -> None:
    rule = Rule("r", "amount", amount=Decimal(1))
    plan = planned(1, "1200", None)
    assert found(rule, posted(ACTUAL, "1200", None), plan) == []
    assert found(rule, posted(ACTUAL), planned(1), "2027-01") == []


HISTORY = {p: 100_00 + 10 * (n % 5) for n, p in enumerate(calendar.span("2024-01", "2026-03"))}


def test_an_outlier_is_far_from_the_seasonal_forecast() -> None:
    plan = planned(1_000_00)
    rule = Rule("r", "outlier", deviations=Decimal(4))
    assert found(rule, posted(HISTORY), plan) == []  # it is within its season, and far below its budget
    breach = one(rule, posted(HISTORY | {MONTH: 150_00}), plan)
    assert breach is not None
    assert "deviations worse than the seasonal forecast" in breach.words
    assert breach.measure > 40
    assert found(rule, posted(HISTORY | {MONTH: 50_00}), plan) == []  # cheaper than ever is no loss
    assert one(rule, posted(HISTORY | {MONTH: 50_00}, "4000", None), planned(1, "4000", None)) is not None


def test_a_trend_break_is_several_months_on_the_wrong_side() -> None:
    rule, plan = Rule("r", "trend_break", months=3, deviations=Decimal(4)), planned(1_000_00)
    level = HISTORY | dict.fromkeys(["2026-01", "2026-02", "2026-03"], 130_00)
    breach = one(rule, posted(level), plan)
    assert breach is not None
    assert breach.words.startswith("3 months in a row at least")
    assert one(rule, posted(level | {"2026-02": 100_00}), plan) is None
    assert one(replace(rule, amount=Decimal(1_000)), posted(level), plan) is None


def test_a_short_or_rare_series_has_no_season() -> None:
    short = dict(list(HISTORY.items())[-18:]) | {MONTH: 900_00}
    rule = Rule("r", "outlier")
    assert found(rule, posted(short), planned(1)) == []
    rare = {"2024-01": 10_00, "2024-09": 10_00, MONTH: 900_00}
    assert found(rule, posted(rare), planned(1)) == []
    assert seasonal_deviations([5] * 17, 1) == []
    assert len(seasonal_deviations([5] * 19, 1)) == 1
    assert found(rule, posted({"2026-01": 1}, "1200", None), planned(1)) == []


@given(
    past=st.lists(st.integers(1, 10**6), min_size=18, max_size=40),
    now=st.integers(1, 10**6),
    scale=st.sampled_from([10, 100]),
)
def test_deviations_do_not_know_the_currency(past: list[int], now: int, scale: int) -> None:
    ((off, spread),) = seasonal_deviations([*past, now], 1)
    ((off_scaled, spread_scaled),) = seasonal_deviations([p * scale for p in [*past, now]], 1)
    assert off_scaled == off * scale
    assert spread_scaled == spread * scale or spread == 1
    (shifted,) = seasonal_deviations([p + 10**7 for p in [*past, now]], 1)
    assert shifted[0] == off


def test_nothing_to_test() -> None:
    nothing = posted(ACTUAL).iloc[:0]
    assert found(Rule("r", "outlier"), nothing, planned(1)) == []


def test_several_rules_are_tested_in_their_order_on_series_of_the_month() -> None:
    """A cost of January alone has no row of March: it is over, whatever the year to date says."""
    actual = pd.concat([posted(ACTUAL), posted({"2026-01": 500_00}, "6100", "CC2")])
    months = calendar.span("2026-01", "2026-03")
    variance = budgets.budget_variance(planned(1), actual, ACCOUNTS, COST_CENTERS, ENTITIES, months)
    rules = [Rule(name, "amount", amount=Decimal(1), basis="ytd") for name in ("b", "a")]
    made = breaches(rules, variance, actual, ACCOUNTS, ENTITIES, MONTH)
    assert [(breach.rule.name, breach.place[1]) for breach in made] == [("b", "6000"), ("a", "6000")]
