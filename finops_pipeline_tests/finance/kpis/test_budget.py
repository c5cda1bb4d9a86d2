"""KPIs of the budget, each by hand."""

import pandas as pd

from finops_pipeline_tests.finance.kpis.cards import formula, score, sources, value

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


YTD = [
    {**COST, "account_id": "A", "actual": 90, "budget": 100, "variance": -10},
    {**COST, "account_id": "B", "account_type": "cost_of_revenue", "actual": 130, "budget": 100, "variance": 30},
    {**COST, "account_id": "C", "actual": 20, "budget": 0, "variance": 20},
    {**COST, "account_id": "D", "account_type": "revenue", "actual": 540, "budget": 600, "variance": -60},
]


def test_what_was_used_as_meant_what_was_reached_with_it_and_what_strayed() -> None:
    card = score(sources(variance=YTD))
    assert value(card, "utilization") == (90 + 100 + 0) / 200  # spending beyond a line's budget is not use of it
    assert value(card, "budget_utilization") == 240 / 200
    assert value(card, "budget_utilization_efficiency") == 0.75  # (540 / 600) of the plan by (240 / 200) of the budget
    assert value(card, "variance_reduction") == 120 / 800


def test_without_planned_revenue_or_cost_there_is_no_efficiency() -> None:
    name = "budget_utilization_efficiency"
    for rows, reason in (
        (YTD[:3], "no data"),
        (YTD[3:], "no data"),
        ([*YTD[3:], {**YTD[0], "actual": 0}], "the divisor is zero"),
    ):
        card = score(sources(variance=rows))
        assert pd.isna(value(card, name))
        assert reason in formula(card, name)
