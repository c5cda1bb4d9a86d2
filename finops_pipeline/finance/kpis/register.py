"""The KPIs by name: area, unit, and how each is computed, in words. Not here: the computation."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kpi:
    """What a KPI is."""

    area: str
    unit: str
    formula: str


KPIS: Mapping[str, Kpi] = {
    "absolute_variance_pct": Kpi("budget", "ratio", "sum of |actual - budget| / sum of |budget|, month to date"),
    "budget_utilization": Kpi("budget", "ratio", "actual cost / budgeted cost, fiscal year to date"),
    "cost_ratio": Kpi("cost", "ratio", "(cost of revenue + operating + other expense) / revenue"),
    "days_to_close": Kpi("close", "days", "days from the end of the month to the last accepted file with rows of it"),
    "forecast_mase": Kpi("forecast", "mase", "mean MASE in backtest of the models chosen"),
    "gross_margin": Kpi("profit", "ratio", "(revenue - cost of revenue) / revenue"),
    "operating_margin": Kpi("profit", "ratio", "(revenue - cost of revenue - operating expense) / revenue"),
    "quarantine_rate": Kpi("data_quality", "ratio", "rows quarantined / rows read, of the files of the month's close"),
}
"""Every KPI by name: its area, its unit and how it is computed."""
