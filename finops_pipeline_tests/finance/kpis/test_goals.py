"""Targets and baselines judge by direction."""

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.kpis.goals import GOALS, Goal, goals_with
from finops_pipeline_tests.finance.kpis.cards import score, sources

MARGIN = [
    {"account_id": "4000", "account_type": "revenue", "credit": 100},
    {"account_id": "5000", "account_type": "cost_of_revenue", "debit": 40},
]


def test_targets_and_baselines_judge_by_direction() -> None:
    targets = [
        {"kpi": "gross_margin", "period": "2026-01", "target": Decimal("0.6"), "baseline": Decimal("0.5"),
         "direction": "higher"},
        {"kpi": "gross_margin", "period": "2026-03", "target": Decimal("0.9"), "baseline": Decimal("0.9"),
         "direction": "higher"},  # applies from March on
        {"kpi": "cost_ratio", "period": "2025-01", "target": Decimal("0.1"), "baseline": Decimal("0.9"), "direction": "lower"},
        {"kpi": "cost_ratio", "period": "2026-02", "target": Decimal("0.39"), "baseline": Decimal("0.5"), "direction": "lower"},
        {"kpi": "operating_margin", "period": "2026-02", "target": None, "baseline": Decimal(0), "direction": "higher"},
        {"kpi": "days_to_close", "period": "2026-02", "target": Decimal(5), "baseline": Decimal(9), "direction": "lower"},
    ]  # fmt: skip
    card = score(sources(trial_balance=MARGIN, targets=targets))
    gross, cost = card.loc[("gross_margin", "2026-02")], card.loc[("cost_ratio", "2026-02")]
    assert (gross["target"], gross["target_met"]) == (0.6, True)
    assert gross["improvement_pct"] == pytest.approx(0.2)
    assert (cost["target"], cost["target_met"]) == (0.39, False)
    assert cost["improvement_pct"] == pytest.approx(0.2)
    for kpi in ("operating_margin", "days_to_close", "forecast_mase"):  # no target or base of zero; no value; neither
        assert pd.isna(card.loc[(kpi, "2026-02"), "target_met"])
        assert pd.isna(card.loc[(kpi, "2026-02"), "improvement_pct"])


def test_a_baseline_below_zero_improves_upward() -> None:
    targets = [{"kpi": "gross_margin", "period": "2026-01", "baseline": Decimal("-0.4"), "direction": "higher"}]
    card = score(sources(trial_balance=MARGIN, targets=targets))
    assert card.loc[("gross_margin", "2026-02"), "improvement_pct"] == pytest.approx(2.5)


def two_years(before: int, now: int) -> list[dict[str, Any]]:
    """Year-to-date budgets of 100 that were missed by so much, in 2025-02 and 2026-02."""
    same = {"account_id": "A", "account_type": "operating_expense", "basis": "ytd", "budget": 100}
    pairs = (("2025-02", before), ("2026-02", now))
    return [{**same, "period": p, "actual": 100 + missed, "variance": missed} for p, missed in pairs]


def row_of(name: str, **given: Any) -> Any:
    options = {"goals": given.pop("goals")} if "goals" in given else {}
    return score(sources(**given), **options).loc[(name, "2026-02")]


def test_a_goal_to_improve_is_a_target_that_betters_the_value_of_twelve_months_before() -> None:
    row = row_of("variance_reduction", variance=two_years(8, 3))
    assert (row["baseline"], row["value"], row["target"], row["improvement_pct"]) == (0.08, 0.03, 0.04, 0.625)
    assert row["target_met"]
    assert "baseline: 2025-02; target: 50% better than the baseline" in row["formula"]


def test_kpi_targets_come_before_the_year_before_and_before_the_goal() -> None:
    aim = {"kpi": "variance_reduction", "period": "2026-01", "baseline": Decimal("0.2"), "direction": "lower"}
    based = row_of("variance_reduction", variance=two_years(8, 3), targets=[aim])
    assert (based["baseline"], based["target"]) == (0.2, 0.1)
    aimed = row_of("variance_reduction", variance=two_years(8, 3), targets=[{**aim, "target": Decimal("0.03")}])
    assert aimed["target"] == 0.03
    assert aimed["target_met"]  # exactly met, with no rounding between


def test_other_goals_may_be_given_and_a_goal_of_a_value_needs_no_baseline() -> None:
    assert row_of("variance_reduction", variance=two_years(8, 3), goals={})["target_met"] is pd.NA
    goals = goals_with({"variance_reduction": Goal(value=Decimal("0.02"))})
    row = row_of("variance_reduction", variance=two_years(8, 3)[1:], goals=goals)
    assert (row["target"], row["target_met"]) == (0.02, False)
    assert "no baseline: none in kpi_targets, and 2025-02 has no value" in row["formula"]


def test_nothing_can_be_a_part_better_than_nothing_or_than_zero() -> None:
    row = row_of("variance_reduction", variance=two_years(0, 3))
    assert pd.isna(row["target"])
    assert pd.isna(row["improvement_pct"])
    assert "no target: it would be 50% better than the baseline of zero" in row["formula"]
    unknown = row_of("variance_reduction", variance=two_years(8, 3)[1:])
    assert "no target: it would be 50% better than the baseline" in unknown["formula"]


def test_the_goals_of_the_design_are_those_it_states() -> None:
    values = {k: g.value for k, g in GOALS.items() if g.value is not None}
    improvements = {k: g.improvement for k, g in GOALS.items() if g.improvement is not None}
    assert {k: str(v) for k, v in values.items()} == {
        "utilization": "0.90", "allocation_accuracy": "0.95", "resource_optimization": "0.85",
        "annual_savings": "2500000", "attribution_precision": "0.85",
    }  # fmt: skip
    assert {k: str(v) for k, v in improvements.items()} == {
        "budget_utilization_efficiency": "0.35", "variance_reduction": "0.50", "operating_cost_reduction": "0.40",
        "efficiency_improvement": "0.45", "recognition_accuracy_improvement": "0.90",
        "reporting_time_reduction": "0.60", "roi_improvement": "0.45",
    }  # fmt: skip


@pytest.mark.parametrize("given", [{}, {"value": Decimal(1), "improvement": Decimal(1)}])
def test_a_goal_is_one_of_two(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="either a value to reach or an improvement"):
        Goal(**given)


def test_a_goal_of_no_kpi_is_named() -> None:
    with pytest.raises(ConfigurationError, match="kpi_goals names luck: there is no such KPI"):
        goals_with({"luck": Goal(value=Decimal(1))})
