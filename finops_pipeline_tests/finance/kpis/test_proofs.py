"""The proofs of the scorecard see what is wrong with it."""

from typing import Any

import pandas as pd
import pytest

from finops_pipeline.finance.kpis import kpi_scorecard
from finops_pipeline.finance.kpis.proofs import kpi_findings
from finops_pipeline_tests.finance.kpis.cards import NO_RATES, sources

PERIODS = ["2026-01", "2026-02"]


@pytest.fixture
def card() -> pd.DataFrame:
    books = [
        {"account_id": "4000", "account_type": "revenue", "credit": credit, "period": period}
        for period, credit in (("2025-02", 100), ("2026-02", 100))
    ]
    books += [
        {"account_id": "5000", "account_type": "cost_of_revenue", "debit": debit, "period": period}
        for period, debit in (("2025-02", 50), ("2026-02", 40))
    ]
    targets = [{"kpi": "gross_margin", "period": "2026-01", "target": 1, "direction": "higher"}]
    given = sources(trial_balance=books, targets=targets)
    return kpi_scorecard(given, PERIODS, as_of_period="2026-02", group_currency="EUR", rates=NO_RATES)


def rules(card: pd.DataFrame) -> list[str]:
    return [f"{f.rule_id} {f.subject}" for f in kpi_findings(card, PERIODS)]


def test_nothing_is_wrong_with_what_is_made(card: pd.DataFrame) -> None:
    assert kpi_findings(card, PERIODS) == []


def test_a_row_that_is_missing_double_or_not_asked_for(card: pd.DataFrame) -> None:
    changed = pd.concat([card[1:], card[-1:]], ignore_index=True)
    changed.loc[3, "period"] = "2024-01"
    assert rules(changed) == [
        f"KPI-001 {card['kpi'][0]} 2026-01",
        f"KPI-001 {card['kpi'][4]} 2024-01",
        f"KPI-001 {card['kpi'][4]} 2026-01",
        f"KPI-001 {card['kpi'].iloc[-1]} 2026-02",
    ]


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("formula", "revenue - cost", None),
        ("value", None, "KPI-002"),
        ("improvement_pct", None, "KPI-003"),
        ("improvement_pct", 0.21, "KPI-003"),
        ("improvement_pct", 0.2, None),
        ("baseline", None, "KPI-003"),
        ("baseline", 0.0, "KPI-003"),
        ("baseline", 0.51, "KPI-003"),
        ("target_met", pd.NA, "KPI-003"),
        ("target", None, "KPI-003"),
        ("annual_value", 5, "KPI-004"),
        ("currency", "EUR", "KPI-004"),
    ],
)
def test_a_row_that_contradicts_itself(card: pd.DataFrame, column: str, value: Any, rule: str | None) -> None:
    place = (card["kpi"] == "gross_margin") & (card["period"] == "2026-02")
    card.loc[place, column] = value
    found = rules(card)
    assert (found[0] if found else None) == (f"{rule} gross_margin 2026-02" if rule else None)
