"""The report tables `forecast` and `forecast_accuracy`: every series, and each entity's total over its departments.

Here: money, frames, totals, findings. Not here: how one series is forecast (`backtest`).

An entity with more than one department also gets a total, `revenue/DE01`, whose median is the sum of its departments'
medians to the minor unit (bottom-up). Its interval is *not* the sum of theirs, for departments do not all miss in the
same direction: it is made of the errors of the summed forecasts in backtest. So that nobody counts twice:

* rows of totals have the model `bottom_up` and no department: leave them out before summing over `forecast`;
* an entity with one department has no total: that department is the total.

Activity without a cost center is a department of its own in this sense (`revenue/DE01/-`): its department is null too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from finops_pipeline.finance import money, periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.forecasting import backtest, intervals, models
from finops_pipeline.finance.forecasting.backtest import Fold, Path, Settings
from finops_pipeline.finance.forecasting.metrics import Values
from finops_pipeline.finance.forecasting.series import total_id

BOTTOM_UP = "bottom_up"
QUANTILES = ["p05", "p10", "p50", "p90", "p95"]
_NAMES = ["series_id", "entity_id", "account_id", "department", "measure"]
_COLUMNS = [*_NAMES, "period", "origin_period", "model", "currency", *QUANTILES, "reconciled"]

Amounts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What `forecast` returns: the two report tables and what their reader should know."""

    forecast: pd.DataFrame
    accuracy: pd.DataFrame
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class _Series:
    """One line of business or an entity's total: its names (`_NAMES`), its forecast in floats and in minor units.

    `amounts` has one row per quantile. `never_negative`: its history never was below zero, so its forecast is not.
    """

    names: tuple[str | None, ...]
    currency: str
    path: Path
    amounts: Amounts
    never_negative: bool

    @property
    def series_id(self) -> str:
        """The first of its names."""
        return str(self.names[0])


def forecast(
    series: pd.DataFrame, origin_period: str, horizon: int = 12, settings: Settings | None = None
) -> Forecasts:
    """Forecast every series from the months up to `origin_period`, which is the last month of actuals it may see.

    Shape: `series` as `series_from_balances` gives it; later months are ignored. `forecast` has one row per series x
    month ahead (totals included, see above), `accuracy` one row per series x model.
    Unit: minor units of `currency`; MASE and coverage are fractions, sMAPE is in percent.
    `reconciled` is always true: medians are summed from departments, never estimated for the entity apart.
    Raises: ValueError for a horizon below one month or a series with gaps before the origin.
    """
    if horizon < 1:
        raise ValueError(f"a forecast needs a horizon of at least one month, not {horizon}")
    used = settings or Settings()
    with threadpool_limits(1, user_api="blas"):  # on series this short, threads wait for each other: ten times slower
        departments = [_department(rows, origin_period, horizon, used) for rows in _each(series, origin_period)]
    every = sorted([*departments, *_totals(departments)], key=lambda s: s.series_id)
    ahead = periods.span(periods.add(origin_period, 1), periods.add(origin_period, horizon))
    return Forecasts(
        _forecast_frame(every, origin_period, ahead),
        _accuracy_frame(every),
        [finding for s in every for finding in findings(s.series_id, s.path, origin_period)],
    )


def _each(series: pd.DataFrame, origin_period: str) -> list[pd.DataFrame]:
    """The rows of every series that has something to see at the origin, by name."""
    seen = series[series["period"] <= origin_period].sort_values(["series_id", "period"])
    return [rows for _, rows in seen.groupby("series_id", sort=True)]


def _department(rows: pd.DataFrame, origin_period: str, horizon: int, settings: Settings) -> _Series:
    head = rows.iloc[0]
    if rows["period"].tolist() != periods.span(head["period"], origin_period):
        raise ValueError(f"{head['series_id']} has gaps between {head['period']} and {origin_period}: fill in zeros")
    history = rows["amount"].to_numpy(dtype="float64")
    path = backtest.forecast_values(history, horizon, settings)
    medians = np.array([money.from_model(m) for m in path.median], dtype="int64")
    department = head["department"] if isinstance(head["department"], str) else None
    names = (head["series_id"], head["entity_id"], None, department, head["measure"])
    never_negative = bool(history.min() >= 0)
    amounts = _amounts(medians, path, never_negative=never_negative)
    return _Series(names, head["currency"], path, amounts, never_negative)


def _amounts(medians: Amounts, path: Path, *, never_negative: bool) -> Amounts:
    """The five quantiles in minor units; whole half widths around the median keep their order exactly."""
    narrow, wide = (
        np.array([money.from_model(w) for w in half], dtype="int64") for half in (path.half_80, path.half_90)
    )
    amounts = np.stack([medians - wide, medians - narrow, medians, medians + narrow, medians + wide])
    return np.maximum(amounts, 0) if never_negative else amounts


def _totals(departments: Sequence[_Series]) -> Iterator[_Series]:
    """The total of every entity and measure that has more than one department."""
    groups: dict[tuple[str, str, str], list[_Series]] = {}
    for d in departments:
        groups.setdefault((str(d.names[4]), str(d.names[1]), d.currency), []).append(d)
    for (measure, entity_id, currency), parts in groups.items():
        if len(parts) > 1:
            medians = np.sum([d.amounts[2] for d in parts], axis=0)
            path = _summed([d.path for d in parts], medians.astype("float64"))
            never_negative = all(d.never_negative for d in parts)
            amounts = _amounts(medians, path, never_negative=never_negative)
            names = (total_id(measure, entity_id), entity_id, None, None, measure)
            yield _Series(names, currency, path, amounts, never_negative)


def _summed(paths: Sequence[Path], median: Values) -> Path:
    """The bottom-up forecast: half widths from summed backtest errors, and the backtest of the sum itself.

    Departments that could not be tested add their own half widths, as errors independent of the others.
    """
    squares = [np.zeros((2, len(median)))]
    squares += [np.stack([p.half_80, p.half_90]) ** 2 for p in paths if not p.errors]
    if tested := [p for p in paths if p.errors]:
        errors = [np.sum(together, axis=0) for together in zip(*(p.errors for p in tested), strict=False)]
        widths = intervals.tested_widths(errors, _sum_common([p.history for p in tested]), len(median))
        squares.append(np.stack(widths) ** 2)
    half_80, half_90 = np.sqrt(np.sum(squares, axis=0))
    folds = tuple(_summed_fold(paths, k) for k in range(min(len(p.folds) for p in paths)))
    compared = (BOTTOM_UP, models.SEASONAL_NAIVE) if folds else (BOTTOM_UP,)
    scores = {model: backtest.score(folds, model) for model in compared}
    history = _sum_common([p.history for p in paths])
    return Path(history, BOTTOM_UP, median, half_80, half_90, scores, tuple(errors) if tested else (), folds)


def _summed_fold(paths: Sequence[Path], k: int) -> Fold:
    """The k-th latest origin of all departments together."""
    said = {
        BOTTOM_UP: np.sum([p.folds[k].paths[p.model] for p in paths], axis=0),
        models.SEASONAL_NAIVE: np.sum([p.folds[k].paths[models.SEASONAL_NAIVE] for p in paths], axis=0),
    }
    return Fold(
        _sum_common([p.folds[k].history for p in paths]), np.sum([p.folds[k].actual for p in paths], axis=0), said
    )


def _sum_common(histories: Sequence[Values]) -> Values:
    """The sum over the months that all have: before them, the total would grow by departments being founded."""
    months = min(len(h) for h in histories)
    return np.asarray(np.sum([h[-months:] for h in histories], axis=0))


def findings(series_id: str, path: Path, origin_period: str) -> list[Finding]:
    """What the reader of a forecast should know about one series.

    FCT-001: the history is too short to test any model. FCT-002: a model broke down numerically and was left out.
    FCT-003: the sum of the departments' forecasts is worse in backtest than seasonal naive on the total; it is
    published all the same, so that medians add up.
    """
    found = []
    if not path.folds and path.model != BOTTOM_UP:
        message = (
            f"{len(path.history)} months of history are too few to test a model: {path.model} is used, with a wide "
            "interval; judge it by what you know of the department"
        )
        found.append(Finding("FCT-001", series_id, message, "warning", origin_period))
    if path.failed:
        message = f"{', '.join(path.failed)} did not converge to a forecast and was left out; {path.model} is used"
        found.append(Finding("FCT-002", series_id, message, "warning", origin_period))
    if path.folds and path.model == BOTTOM_UP:
        mase, naive = path.scores[BOTTOM_UP].mase, path.scores[models.SEASONAL_NAIVE].mase
        if mase > naive:
            message = (
                f"the departments' forecasts together have a MASE of {mase:.2f}, seasonal naive on the total has "
                f"{naive:.2f}: look at the departments' accuracy before relying on the total"
            )
            found.append(Finding("FCT-003", series_id, message, "warning", origin_period))
    return found


def _forecast_frame(every: Sequence[_Series], origin_period: str, ahead: Sequence[str]) -> pd.DataFrame:
    size = len(ahead)
    columns: dict[str, object] = {
        name: _text([s.names[i] for s in every for _ in ahead]) for i, name in enumerate(_NAMES)
    }
    columns["period"] = _text([*ahead] * len(every))
    columns["origin_period"] = _text([origin_period] * len(every) * size)
    columns["model"] = _text([s.path.model for s in every for _ in ahead])
    columns["currency"] = _text([s.currency for s in every for _ in ahead])
    for i, quantile in enumerate(QUANTILES):
        rows = [s.amounts[i] for s in every]
        columns[quantile] = np.concatenate(rows) if rows else np.zeros(0, dtype="int64")
    columns["reconciled"] = np.ones(len(every) * size, dtype=bool)
    return pd.DataFrame(columns)[_COLUMNS]


def _accuracy_frame(every: Sequence[_Series]) -> pd.DataFrame:
    tested = [(s, model, s.path.scores[model]) for s in every for model in sorted(s.path.scores)]
    return pd.DataFrame(
        {
            "series_id": _text([s.series_id for s, _, _ in tested]),
            "model": _text([model for _, model, _ in tested]),
            "folds": np.array([score.folds for _, _, score in tested], dtype="int64"),
            "mase": np.array([score.mase for _, _, score in tested], dtype="float64"),
            "smape": np.array([score.smape for _, _, score in tested], dtype="float64"),
            "coverage_90": np.array([score.coverage_90 for _, _, score in tested], dtype="float64"),
            "chosen": np.array([model == s.path.model for s, model, _ in tested], dtype=bool),
            "beats_naive": np.array([backtest.beats_naive(s.path.scores, m) for s, m, _ in tested], dtype=bool),
        }
    )


def _text(values: Sequence[str | None]) -> "pd.Series[str]":
    return pd.Series(np.array(values, dtype=object), dtype="str")
