"""The KPIs by name: area, unit, which way is better, and how each is computed, in words. Not here: the computation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Direction = Literal["higher", "lower", "neither"]
"""Which way is better; neither for a volume that nobody is judged by."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """What a KPI is. `needs`: the data it would need, where no table has them."""

    area: str
    unit: str
    direction: Direction
    formula: str
    needs: str = ""


KPIS: Mapping[str, Kpi] = {
    # How the close and the company do.
    "absolute_variance_pct": Kpi(
        "budget", "ratio", "lower", "sum of |actual - budget| / sum of |budget|, month to date"
    ),
    "budget_utilization": Kpi("budget", "ratio", "lower", "actual cost / budgeted cost, fiscal year to date"),
    "cost_ratio": Kpi("cost", "ratio", "lower", "(cost of revenue + operating + other expense) / revenue"),
    "days_to_close": Kpi(
        "close", "days", "lower", "days from the end of the month to the last accepted file with rows of it"
    ),
    "forecast_mase": Kpi("forecast", "mase", "lower", "mean MASE in backtest of the models chosen"),
    "gross_margin": Kpi("profit", "ratio", "higher", "(revenue - cost of revenue) / revenue"),
    "operating_margin": Kpi(
        "profit", "ratio", "higher", "(revenue - cost of revenue - operating expense) / revenue"
    ),
    "quarantine_rate": Kpi(
        "data_quality", "ratio", "lower", "rows quarantined / rows read, of the files of the month's close"
    ),
    # What the design of the system defines as success.
    "budget_utilization_efficiency": Kpi(
        "budget", "ratio", "higher",
        "(actual revenue / budgeted revenue) / (actual cost / budgeted cost), fiscal year to date: how much of the plan "
        "was reached by how much of the budget",
    ),
    "utilization": Kpi(
        "budget", "ratio", "higher",
        "sum of the lesser of actual and budget / sum of budget, over cost lines, fiscal year to date: "
        "the share of the budget used for what it was meant for",
    ),
    "variance_reduction": Kpi(
        "budget", "ratio", "lower", "sum of |actual - budget| / sum of |budget|, fiscal year to date"
    ),
    "allocation_accuracy": Kpi(
        "cost", "ratio", "higher",
        "sum of |amounts| that a driver brought from pools to receivers that are no pools / the same with fixed shares "
        "and what stayed unallocated",
    ),
    "operating_cost_reduction": Kpi("cost", "ratio", "lower", "operating expense / revenue, last twelve months"),
    "efficiency_improvement": Kpi(
        "cost", "ratio", "higher",
        "sum of quantity x standard cost over the drivers of kpi_values.standard_costs / (cost of revenue + operating + "
        "other expense), last twelve months",
    ),
    "resource_optimization": Kpi(
        "cost", "ratio", "higher", "sum of efficiency score x cost / sum of cost, over cost centers that have a score"
    ),
    "annual_savings": Kpi("cost", "money", "higher", "sum of realized savings of cost_opportunities, a year"),
    "recognition_accuracy_improvement": Kpi(
        "revenue", "ratio", "lower", "sum of |prior-period adjustments| / sum of |recognized revenue|, last twelve months"
    ),
    "attribution_precision": Kpi(
        "revenue", "ratio", "higher",
        "revenue rightly attributed to activities / revenue attributed to them",
        "the revenue of comparable customers that an activity did not reach (a control group) beside revenue_attribution",
    ),
    "reporting_time_reduction": Kpi(
        "process", "days", "lower", "days from the end of the month to the last accepted file with rows of it"
    ),
    "roi_improvement": Kpi(
        "roi", "ratio", "higher",
        "(benefit - cost) / cost of the initiatives under way",
        "for each initiative the cost booked on it and its benefit measured against a baseline (an "
        "expected return is no measurement)",
    ),
    # What the system itself gives.
    "automation_benefit": Kpi(
        "automation", "files", "neither", "files taken in without a hand, last twelve months"
    ),
    "data_quality_benefit": Kpi(
        "data_quality", "rows", "neither", "faulty rows kept out of the books, last twelve months"
    ),
    "coordination_benefit": Kpi(
        "coordination", "control totals", "neither",
        "control totals between the systems that sent files and the books that tie, last twelve months",
    ),
    "risk_benefit": Kpi(
        "risk", "money", "neither",
        "sum of probability x (low + 4 x mode + high) / 6 over the risks with status mitigated",
    ),
}  # fmt: skip
"""Every KPI by name."""
