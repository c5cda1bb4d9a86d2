"""Key performance indicators of the group, month by month, against baseline and target.

Here: what each KPI is, how it is computed from report tables, and how it compares. Not here: the reports themselves,
nor alerts (`alerts`).

A KPI is a number that somebody is judged by, so it is null rather than doubtful: where data, a rate or a base is
missing the value is null and the formula says why. Amounts of different currencies are never added: where the entities
have several, each is converted at the average rate of the period (year-to-date amounts too: their weights are those of
that month); where all have one, no rate is needed. Ratios are taken from exact sums and become floats last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.currency import Rates

_COST = ("cost_of_revenue", "operating_expense", "other_expense")


@dataclass(frozen=True, slots=True)
class _Kpi:
    area: str
    unit: str
    formula: str


KPIS: Mapping[str, _Kpi] = {
    "absolute_variance_pct": _Kpi("budget", "ratio", "sum of |actual - budget| / sum of |budget|, month to date"),
    "budget_utilization": _Kpi("budget", "ratio", "actual cost / budgeted cost, fiscal year to date"),
    "cost_ratio": _Kpi("cost", "ratio", "(cost of revenue + operating + other expense) / revenue"),
    "days_to_close": _Kpi("close", "days", "days from the end of the month to the last accepted file with rows of it"),
    "forecast_mase": _Kpi("forecast", "mase", "mean MASE in backtest of the models chosen"),
    "gross_margin": _Kpi("profit", "ratio", "(revenue - cost of revenue) / revenue"),
    "operating_margin": _Kpi("profit", "ratio", "(revenue - cost of revenue - operating expense) / revenue"),
    "quarantine_rate": _Kpi("data_quality", "ratio", "rows quarantined / rows read, of the files of the month's close"),
}
"""Every KPI by name: its area, its unit and how it is computed."""


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


@dataclass(frozen=True, slots=True)
class _Value:
    """A KPI's value, or why there is none; `note` completes the formula."""

    value: float | None
    note: str = ""


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
    group = _Group(group_currency, rates)
    values = {
        **_budget_values(sources.variance, periods, version, group),
        **_profit_values(sources.trial_balance, periods, group),
        "days_to_close": _days_to_close(sources.arrivals, periods),
        "forecast_mase": _forecast_mase(sources.forecast_accuracy, periods, as_of_period),
        "quarantine_rate": _quarantine_rate(sources.files, sources.arrivals, periods, as_of_period),
    }
    goals = _goals(sources.targets)
    rows = [
        {"kpi": name, "period": period, **_judged(name, values[name][period], goals.get(name, []), period)}
        for name in sorted(KPIS)
        for period in sorted(periods)
    ]
    return _frame(rows)


@dataclass(frozen=True, slots=True)
class _Group:
    """How amounts of several currencies come together."""

    currency: str | None
    rates: Rates

    def ratio(self, sums: pd.DataFrame, period: str) -> _Value:
        """Top / bottom of a period's sums by currency (columns currency, top, bottom in minor units)."""
        if sums.empty:
            return _Value(None, "no data")
        currencies = sorted(sums["currency"].unique())
        if len(currencies) > 1 and self.currency is None:
            return _Value(None, f"null: entities in {', '.join(currencies)} and no group currency")
        note = f"in {self.currency} at average rates" if len(currencies) > 1 else ""
        top = bottom = Fraction(0)
        for currency, over, under in sums[["currency", "top", "bottom"]].itertuples(index=False, name=None):
            try:
                unit = self._worth(str(currency), period) if len(currencies) > 1 else Fraction(1)
            except MissingRateError as error:
                return _Value(None, f"null: {error}")
            top, bottom = top + int(over) * unit, bottom + int(under) * unit
        return _Value(float(top / bottom), note) if bottom else _Value(None, "null: the divisor is zero")

    def _worth(self, currency: str, period: str) -> Fraction:
        rate = self.rates.rate(currency, str(self.currency), "average", period)
        return Fraction(rate) / Fraction(10 ** money.exponent(currency))


def _budget_values(
    variance: pd.DataFrame, periods: Sequence[str], version: str | None, group: _Group
) -> dict[str, dict[str, _Value]]:
    rows = variance[variance["period"].isin(list(periods))]
    if version is None:
        latest = rows.groupby(["entity_id", "period"])["version"].transform("max")
        rows = rows[rows["version"] == latest]
    else:
        rows = rows[rows["version"] == version]
    cost = rows[(rows["basis"] == "ytd") & rows["account_type"].isin(_COST)]
    month = rows[rows["basis"] == "mtd"]
    return {
        "budget_utilization": _ratios(cost, cost["actual"], cost["budget"], periods, group),
        "absolute_variance_pct": _ratios(month, month["variance"].abs(), month["budget"].abs(), periods, group),
    }


def _profit_values(trial_balance: pd.DataFrame, periods: Sequence[str], group: _Group) -> dict[str, dict[str, _Value]]:
    rows = trial_balance[trial_balance["period"].isin(list(periods))]
    natural = (rows["credit"] - rows["debit"]).where(rows["account_type"] == "revenue", rows["debit"] - rows["credit"])
    revenue = natural.where(rows["account_type"] == "revenue", 0)
    goods = natural.where(rows["account_type"] == "cost_of_revenue", 0)
    operating = natural.where(rows["account_type"] == "operating_expense", 0)
    cost = natural.where(rows["account_type"].isin(_COST), 0)
    tops = {
        "cost_ratio": cost,
        "gross_margin": revenue - goods,
        "operating_margin": revenue - goods - operating,
    }
    return {name: _ratios(rows, top, revenue, periods, group) for name, top in tops.items()}


def _ratios(
    rows: pd.DataFrame, top: pd.Series, bottom: pd.Series, periods: Sequence[str], group: _Group
) -> dict[str, _Value]:
    amounts = rows[["period", "currency"]].assign(top=top, bottom=bottom)
    sums = amounts.groupby(["period", "currency"])[["top", "bottom"]].sum().reset_index()
    return {period: group.ratio(sums[sums["period"] == period], period) for period in periods}


def _days_to_close(arrivals: pd.DataFrame, periods: Sequence[str]) -> dict[str, _Value]:
    last = arrivals.groupby("period")["received_at"].max()
    return {
        p: _Value(float((last[p].date() - calendar.last_day(p)).days)) if p in last.index else _Value(None, "no data")
        for p in periods
    }


def _forecast_mase(accuracy: pd.DataFrame, periods: Sequence[str], as_of_period: str) -> dict[str, _Value]:
    chosen = accuracy.loc[accuracy["chosen"].astype(bool), "mase"].dropna()
    measured = _Value(float(chosen.mean()), f"{len(chosen)} series") if len(chosen) else _Value(None, "no data")
    elsewhere = _Value(None, f"null: the backtest is of {as_of_period}")
    return {p: measured if p == as_of_period else elsewhere for p in periods}


def _quarantine_rate(
    files: pd.DataFrame, arrivals: pd.DataFrame, periods: Sequence[str], as_of_period: str
) -> dict[str, _Value]:
    brought = files["file_id"].map(arrivals.groupby("file_id")["period"].max())
    before = [calendar.add(calendar.of(at.date()), -1) for at in files["received_at"]]
    closes = pd.Series(before, index=files.index, dtype="str").where(brought.isna(), brought)
    closes = closes.where(closes <= as_of_period, as_of_period)
    sums = files[["rows_quarantined", "rows_read"]].groupby(closes).sum()
    found = {str(p): (int(bad), int(read)) for p, bad, read in sums.itertuples(name=None) if read}
    return {p: _Value(found[p][0] / found[p][1]) if p in found else _Value(None, "no data") for p in periods}


_Goal = tuple[str, float | None, float | None, str]


def _goals(targets: pd.DataFrame) -> dict[str, list[_Goal]]:
    """Period, target, baseline and direction by KPI, in the order of periods."""
    goals: dict[str, list[_Goal]] = {}
    rows = targets.sort_values(["kpi", "period"])[["kpi", "period", "target", "baseline", "direction"]]
    for kpi, period, target, baseline, direction in rows.itertuples(index=False, name=None):
        goals.setdefault(kpi, []).append((period, _number(target), _number(baseline), direction))
    return goals


def _number(decimal: object) -> float | None:
    return None if pd.isna(decimal) else float(decimal)  # type: ignore[arg-type, call-overload]


def _judged(name: str, measured: _Value, goals: list[_Goal], period: str) -> dict[str, object]:
    """The value beside its baseline and target."""
    kpi, value = KPIS[name], measured.value
    applying = [goal for goal in goals if goal[0] <= period]
    _, target, baseline, direction = applying[-1] if applying else ("", None, None, "higher")
    sign = 1 if direction == "higher" else -1
    return {
        "area": kpi.area,
        "unit": kpi.unit,
        "baseline": baseline,
        "value": value,
        "target": target,
        "improvement_pct": sign * (value - baseline) / abs(baseline) if value is not None and baseline else None,
        "target_met": None if value is None or target is None else sign * (value - target) >= 0,
        "formula": f"{kpi.formula} ({measured.note})" if measured.note else kpi.formula,
    }


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    dtypes: dict[str, str] = {
        "kpi": "str", "area": "str", "period": "str", "unit": "str", "baseline": "float64", "value": "float64",
        "target": "float64", "improvement_pct": "float64", "target_met": "boolean", "annual_value": "Int64",
        "currency": "str", "formula": "str",
    }  # fmt: skip
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in dtypes.items()}
    return pd.DataFrame(columns)
