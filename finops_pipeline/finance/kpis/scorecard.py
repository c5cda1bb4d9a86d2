"""The scorecard: every KPI in every month, judged and valued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis import cost, process, revenue
from finops_pipeline.finance.kpis.amounts import Group, Value, Values, null
from finops_pipeline.finance.kpis.budget import Budget
from finops_pipeline.finance.kpis.goals import GOALS, Goal, Judged, judged, targets_of
from finops_pipeline.finance.kpis.profit import Profit
from finops_pipeline.finance.kpis.register import KPIS
from finops_pipeline.finance.kpis.worth import WORTHS, Assumptions, annual_value


@dataclass(frozen=True, slots=True, eq=False)
class KpiSources:
    """The tables KPIs are computed from, as their contracts say, each with all months up to the last one asked for.

    `arrivals` has one row per accepted file and period it brought rows of: file_id, period, received_at (UTC).
    A table that is None is not made (yet): the KPIs that need it are null and say so.
    """

    variance: pd.DataFrame
    trial_balance: pd.DataFrame
    cost_allocation: pd.DataFrame
    drivers: pd.DataFrame
    recognized_revenue: pd.DataFrame
    forecast_accuracy: pd.DataFrame
    arrivals: pd.DataFrame
    files: pd.DataFrame
    reconciliation: pd.DataFrame
    risks: pd.DataFrame
    targets: pd.DataFrame
    cost_efficiency: pd.DataFrame | None = None
    cost_opportunities: pd.DataFrame | None = None


_NONE = Assumptions()


def kpi_scorecard(
    sources: KpiSources,
    periods: Sequence[str],
    *,
    as_of_period: str,
    group_currency: str | None,
    rates: Rates,
    version: str | None = None,
    goals: Mapping[str, Goal] = GOALS,
    assumptions: Assumptions = _NONE,
) -> pd.DataFrame:
    """The scorecard of the group: every KPI in every period.

    Budget KPIs use `version`, or where it is None the version of each entity and period whose name sorts last. The
    backtest of the forecast, the risk register and realized savings are of `as_of_period`, and only there. A file
    counts in the close of the latest period it brought rows of; one that brought none (master data, rejected files) in
    that of the month before it was received, at the latest `as_of_period`.

    Shape: one row per KPI and period. Unit: fractions, days, counts; money in major units of the group currency, except
    `annual_value`, which is in its minor units. `improvement_pct` is positive when the value is better than the
    baseline.
    """
    group = Group(group_currency, rates)
    before = {period: calendar.add(period, -12) for period in periods}
    values = _values(sources, sorted({*periods, *before.values()}), as_of_period, group, version, assumptions)
    bases = _bases(sources, periods, group, version)
    targets = targets_of(sources.targets)
    rows = []
    for name in sorted(KPIS):
        for period in sorted(periods):
            value, earlier = values[name][period], (before[period], values[name][before[period]])
            verdict = judged(name, value, earlier, targets.get(name, []), goals.get(name), period)
            base = _base(name, bases, period)
            worth = annual_value(name, value, verdict.gain, base, assumptions, group_currency)
            rows.append({"kpi": name, "period": period, **_row(name, value, verdict, worth, group_currency)})
    return _frame(rows)


def _row(
    name: str, value: Value, verdict: Judged, worth: tuple[int | None, str], currency: str | None
) -> dict[str, object]:
    """What a row says beside its key; the formula with what there is to say about value, baseline, target and worth."""
    kpi, (amount, told) = KPIS[name], worth
    formula = f"{kpi.formula} ({value.note})" if value.note else kpi.formula
    return {
        "area": kpi.area,
        "unit": kpi.unit,
        "baseline": verdict.baseline,
        "value": value.exact,
        "target": verdict.target,
        "improvement_pct": verdict.improvement,
        "target_met": verdict.met,
        "annual_value": amount,
        "currency": None if amount is None else currency,
        "formula": "; ".join([formula, *verdict.notes, told]),
    }


def _values(
    sources: KpiSources, periods: Sequence[str], as_of: str, group: Group, version: str | None, stated: Assumptions
) -> dict[str, Values]:
    """Every KPI in every period, also in those that are baselines only."""
    profit = Profit.of(sources.trial_balance, group)
    spent = profit.annual("cost", periods)
    days = process.days_to_close(sources.arrivals, periods)
    found = {
        **Budget.of(sources.variance, periods, version, group).values(periods),
        **profit.values(periods),
        **process.Intake.of(sources.files, sources.arrivals, as_of).values(periods, sources.reconciliation),
        "days_to_close": days,
        "reporting_time_reduction": days,
        "forecast_mase": process.forecast_mase(sources.forecast_accuracy, periods, as_of),
        "allocation_accuracy": cost.allocation_accuracy(sources.cost_allocation, periods, group),
        "efficiency_improvement": cost.efficiency(sources.drivers, spent, stated.standard_costs, periods),
        "resource_optimization": cost.resource_optimization(sources.cost_efficiency, periods, group),
        "annual_savings": cost.annual_savings(sources.cost_opportunities, periods, as_of, group),
        "recognition_accuracy_improvement": revenue.recognition_errors(sources.recognized_revenue, periods, group),
        "risk_benefit": process.mitigated_risk(sources.risks, periods, as_of),
    }
    unmeasured = {name: null(f"no data; it would need {kpi.needs}") for name, kpi in KPIS.items() if kpi.needs}
    return found | {name: dict.fromkeys(periods, why) for name, why in unmeasured.items()}


def _bases(sources: KpiSources, periods: Sequence[str], group: Group, version: str | None) -> dict[str, Values]:
    """What one unit of a KPI stands for, in major units of the group currency."""
    return {
        "budget": Budget.of(sources.variance, periods, version, group).annual(periods),
        "revenue": Profit.of(sources.trial_balance, group).annual("revenue", periods),
        "recognized": revenue.annual_revenue(sources.recognized_revenue, periods, group),
    }


def _base(name: str, bases: Mapping[str, Values], period: str) -> Value:
    worth = WORTHS.get(name)
    return bases[worth.base][period] if worth and worth.base else Value(Fraction(1))


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    """The rows as their contract wants them: this is where ratios become floats."""
    dtypes: dict[str, str] = {
        "kpi": "str", "area": "str", "period": "str", "unit": "str", "baseline": "float64", "value": "float64",
        "target": "float64", "improvement_pct": "float64", "target_met": "boolean", "annual_value": "Int64",
        "currency": "str", "formula": "str",
    }  # fmt: skip
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in dtypes.items()}
    return pd.DataFrame(columns)
