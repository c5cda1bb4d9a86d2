"""KPIs of the budget, each by hand."""

import pandas as pd

from finops_pipeline_tests.finance.kpis.cards import score, sources, value

COST = {"account_type": "operating_expense", "basis": "ytd"}


def test_budget_utilization_and_absolute_variance() -> None:
    card = score(sources(variance=[
        {**COST, "account_id": "A", "actual": 90, "budget": 100},
        {**COST, "account_id": "B", "account_type": "cost_of_revenue", "actual": 60, "budget": 100},
        {**COST, "account_id": "C", "account_type": "revenue", "actual": 500, "budget": 100},  # no cost
        {**COST, "account_id": "A", "basis": "mtd", "actual": 8, "budget": 10, "variance": -2},
        {**COST, "account_id": "B", "basis": "mtd", "actual": 13, "budget": 10, "variance": 3},
        {**COST, "account_id": "A", "basis": "full_year", "actual": 8, "budget": 999, "variance": -991},
    ]))  # fmt: skip
    assert value(card, "budget_utilization") == 150 / 200
    assert value(card, "absolute_variance_pct") == 5 / 20
    assert (card.loc["budget_utilization", "unit"] == "ratio").all()


def test_the_version_that_sorts_last_or_the_one_asked_for() -> None:
    given = sources(variance=[
        {**COST, "version": "2026-original", "actual": 90, "budget": 100},
        {**COST, "version": "2026-revised", "actual": 90, "budget": 120},
    ])  # fmt: skip
    assert value(score(given), "budget_utilization") == 0.75
    assert value(score(given, version="2026-original"), "budget_utilization") == 0.9
    assert pd.isna(value(score(given, version="2025"), "budget_utilization"))
