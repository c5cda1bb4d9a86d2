"""The scorecard: every KPI in every month."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis.amounts import Group
from finops_pipeline.finance.kpis.budget import budget_values
from finops_pipeline.finance.kpis.goals import goals_of, judged
from finops_pipeline.finance.kpis.process import days_to_close, forecast_mase, quarantine_rate
from finops_pipeline.finance.kpis.profit import profit_values
from finops_pipeline.finance.kpis.register import KPIS


@dataclass(frozen=True, slots=True)
class KpiSources:
    """The tables KPIs are computed from, as their contracts say.

    `arrivals` has one row per accepted file and period it brought rows of: file_id, period, received_at (UTC).
    """

    variance: pd.DataFrame
    trial_balance: pd.DataFrame
    forecast_accuracy: pd.DataFrame
    arrivals: pd.DataFrame
    files: pd.DataFrame
    targets: pd.DataFrame


def kpi_scorecard(
    sources: KpiSources,
    periods: Sequence[str],
    *,
    as_of_period: str,
    group_currency: str | None,
    rates: Rates,
    version: str | None = None,
) -> pd.DataFrame:
    """The scorecard of the group: every KPI in every period.

    Budget KPIs use `version`, or where it is None the version of each entity and period whose name sorts last. The
    backtest of the forecast is of `as_of_period`, and only there. A file counts in the close of the latest period it
    brought rows of; one that brought none (master data, rejected files) in that of the month before it was received,
    at the latest `as_of_period`.

    Shape: one row per KPI and period. Unit: fractions and days; `annual_value` is not computed and null.
    `improvement_pct` is positive when the value is better than the baseline; the target that applies is the latest up
    to the period.
    """
    group = Group(group_currency, rates)
    values = {
        **budget_values(sources.variance, periods, version, group),
        **profit_values(sources.trial_balance, periods, group),
        "days_to_close": days_to_close(sources.arrivals, periods),
        "forecast_mase": forecast_mase(sources.forecast_accuracy, periods, as_of_period),
        "quarantine_rate": quarantine_rate(sources.files, sources.arrivals, periods, as_of_period),
    }
    goals = goals_of(sources.targets)
    rows = [
        {"kpi": name, "period": period, **judged(name, values[name][period], goals.get(name, []), period)}
        for name in sorted(KPIS)
        for period in sorted(periods)
    ]
    return _frame(rows)


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    dtypes: dict[str, str] = {
        "kpi": "str", "area": "str", "period": "str", "unit": "str", "baseline": "float64", "value": "float64",
        "target": "float64", "improvement_pct": "float64", "target_met": "boolean", "annual_value": "Int64",
        "currency": "str", "formula": "str",
    }  # fmt: skip
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in dtypes.items()}
    return pd.DataFrame(columns)
