"""Targets and baselines judge by direction."""

from decimal import Decimal

import pandas as pd
import pytest

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
