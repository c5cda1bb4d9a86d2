"""Ratios know no unit of money and no order of rows; what they are worth grows with the money."""

from decimal import Decimal
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis import Assumptions, kpi_scorecard
from finops_pipeline_tests.finance.kpis.cards import LAST_YEAR, sources

AMOUNTS = st.integers(-(10**5), 10**5)
MONEY = {
    "budget_variance": ("actual", "budget", "variance"), "trial_balance": ("debit", "credit"),
    "cost_allocation": ("amount",), "recognized_revenue": ("recognized", "prior_period_adjustment"),
}  # fmt: skip
ASSUMED = Assumptions(variance_share=Decimal("0.02"), cost_share=Decimal("0.5"), revenue_share=Decimal("0.1"))
RATES = Rates({("USD", "EUR", "average", p): Decimal("0.9137") for p in ("2025-02", "2026-02")})
MONTHS = ["2025-02", *LAST_YEAR]


def _budget(draw: Any, period: str, entity: str, currency: str) -> list[dict[str, Any]]:
    rows = []
    for account, kind in (("4", "revenue"), ("5", "cost_of_revenue"), ("6", "operating_expense")):
        for basis in ("mtd", "ytd", "full_year"):
            actual, budget = draw(AMOUNTS), draw(AMOUNTS)
            rows.append({
                "period": period, "entity_id": entity, "currency": currency, "account_id": account, "account_type": kind,
                "basis": basis, "actual": actual, "budget": budget, "variance": actual - budget,
            })  # fmt: skip
    return rows


@st.composite
def tables(draw: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {
        "variance": [],
        "trial_balance": [],
        "cost_allocation": [],
        "recognized_revenue": [],
    }
    for entity, currency in draw(st.sampled_from([[("DE", "EUR")], [("DE", "EUR"), ("US", "USD")]])):
        for period in MONTHS:
            same = {"period": period, "entity_id": entity, "currency": currency}
            for account, kind in (("4", "revenue"), ("5", "cost_of_revenue"), ("6", "operating_expense")):
                sides = {"debit": draw(AMOUNTS), "credit": draw(AMOUNTS)}
                found["trial_balance"].append({**same, "account_id": account, "account_type": kind, **sides})
            sums = {"recognized": draw(AMOUNTS), "prior_period_adjustment": draw(AMOUNTS)}
            found["recognized_revenue"].append({**same, "product_id": "P", **sums})
        for period in ("2025-02", "2026-02"):
            found["variance"] += _budget(draw, period, entity, currency)
        flows = st.tuples(
            st.sampled_from("AB"),
            st.sampled_from(["C", "D", None]),
            st.sampled_from(["headcount", "fixed_shares"]),
            AMOUNTS,
        )
        for source, target, driver, amount in draw(st.lists(flows, max_size=4, unique_by=lambda f: f[:2])):
            found["cost_allocation"].append({
                "entity_id": entity, "currency": currency, "from_cost_center_id": source, "to_cost_center_id": target,
                "driver": driver, "amount": amount,
            })  # fmt: skip
    return found


def card(found: dict[str, list[dict[str, Any]]]) -> pd.DataFrame:
    return kpi_scorecard(
        sources(**found), ["2026-02"], as_of_period="2026-02", group_currency="EUR", rates=RATES, assumptions=ASSUMED
    )


@settings(max_examples=10)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(found: dict[str, list[dict[str, Any]]], chance: Any) -> None:
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in found.items()}
    pd.testing.assert_frame_equal(card(found), card(shuffled))


@settings(max_examples=10)
@given(tables(), st.integers(2, 1000))
def test_scaling_money_leaves_ratios_and_scales_what_they_are_worth(
    found: dict[str, list[dict[str, Any]]], factor: int
) -> None:
    names = {"variance": "budget_variance"}
    larger = {
        name: [{k: v * factor if k in MONEY[names.get(name, name)] else v for k, v in row.items()} for row in rows]
        for name, rows in found.items()
    }
    small, large = card(found), card(larger)
    pd.testing.assert_frame_equal(small.drop(columns="annual_value"), large.drop(columns="annual_value"))
    for one, other in zip(small["annual_value"], large["annual_value"], strict=True):
        assert (one is pd.NA) == (other is pd.NA)
        if one is not pd.NA:
            assert abs(int(other) - int(one) * factor) <= factor  # each is rounded once
