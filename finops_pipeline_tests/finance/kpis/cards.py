"""Tables to test KPIs with, and the scorecard made of them."""

from datetime import datetime
from typing import Any

import pandas as pd

from finops_pipeline.contracts import catalog, projections
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis import KPIS, KpiSources, kpi_scorecard

DEFAULTS: dict[str, dict[str, Any]] = {
    "budget_variance": {
        "version": "2026-original", "entity_id": "DE", "period": "2026-02", "account_id": "A", "account_name": "A",
        "currency": "EUR", "variance": 0, "favorable": True, "profit_effect": 0, "material": False, "status": "on_budget",
        "theoretical": 0, "outlook": 0, "outlook_source": "budget",
    },
    "trial_balance": {
        "entity_id": "DE", "period": "2026-02", "account_name": "A", "currency": "EUR", "opening_balance": 0,
        "debit": 0, "credit": 0, "closing_balance": 0,
    },
    "cost_allocation": {
        "entity_id": "DE", "period": "2026-02", "method": "direct", "driver": "headcount", "currency": "EUR",
        "cycle": "Shared services",
    },
    "driver_monthly": {"period": "2026-02", "entity_id": "DE", "driver": "orders", "unit": "orders"},
    "recognized_revenue": {
        "entity_id": "DE", "period": "2026-02", "currency": "EUR", "recognized_ytd": 0, "prior_period_adjustment": 0,
    },
    "risks": {
        "category": "market", "title": "T", "owner": "O", "mitigation": "M", "status": "mitigated",
    },
    "reconciliation": {
        "dataset": "journal_lines", "currency": "EUR", "measure": "debit", "source_total": 0, "accepted_total": 0,
        "duplicate_total": 0, "quarantined_total": 0, "difference": 0,
    },
    "forecast_accuracy": {"folds": 3, "beats_naive": True},
    "ingested_files": {
        "source": "native", "dataset": "journal_lines", "file_name": "f.csv", "rows_accepted": 0, "rows_duplicate": 0,
        "status": "accepted",
    },
}  # fmt: skip


def make(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = catalog.table(name)
    rows = [{**DEFAULTS.get(name, {}), **r} for r in rows]
    return projections.conform(pd.DataFrame({n: [r.get(n) for r in rows] for n in table.names}, dtype=object), table)


def arrivals(*rows: tuple[str, str, datetime]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["file_id", "period", "received_at"])
    return frame.astype({"file_id": "str", "period": "str", "received_at": pd.DatetimeTZDtype("us", "UTC")})


def sources(**tables: Any) -> KpiSources:
    names = {
        "variance": "budget_variance", "trial_balance": "trial_balance", "cost_allocation": "cost_allocation",
        "drivers": "driver_monthly", "recognized_revenue": "recognized_revenue", "risks": "risks",
        "forecast_accuracy": "forecast_accuracy", "files": "ingested_files", "reconciliation": "reconciliation",
        "targets": "kpi_targets",
    }  # fmt: skip
    frames = {argument: make(name, tables.get(argument, [])) for argument, name in names.items()}
    later = {name: tables.get(name) for name in ("cost_efficiency", "cost_opportunities")}
    return KpiSources(arrivals=tables.get("arrivals", arrivals()), **frames, **later)


NO_RATES = Rates({})
LAST_YEAR = calendar.span("2025-03", "2026-02")
"""The twelve months up to the one that most tests score."""


def score(given: KpiSources, *, periods: tuple[str, ...] = ("2026-02",), **kwargs: Any) -> pd.DataFrame:
    options = {"as_of_period": "2026-02", "group_currency": None, "rates": NO_RATES, **kwargs}
    card = kpi_scorecard(given, periods, **options)
    table = catalog.table("kpi_scorecard")
    conformed = projections.conform(card, table).sort_values(["kpi", "period"], ignore_index=True)
    pd.testing.assert_frame_equal(card, conformed, check_index_type=False)
    assert len(card) == len(KPIS) * len(periods)
    return card.set_index(["kpi", "period"])


def value(card: pd.DataFrame, kpi: str, period: str = "2026-02") -> Any:
    return card.loc[(kpi, period), "value"]


def told(card: pd.DataFrame, kpi: str, period: str = "2026-02") -> list[str]:
    """The formula and what is said of baseline, target and worth."""
    return str(card.loc[(kpi, period), "formula"]).split("; ")


def formula(card: pd.DataFrame, kpi: str, period: str = "2026-02") -> str:
    return told(card, kpi, period)[0]
