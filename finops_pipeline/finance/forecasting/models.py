"""Forecasting models of one monthly series: seasonal naive, Theta, damped exponential smoothing, and means of them.

Here: from a history to a path of medians. Not here: which model is trusted (`backtest`), how wide its interval is
(`intervals`), or money (`assembly`).

`combination` is the mean of Theta and exponential smoothing (ETS), `blend` the mean of both and seasonal naive: where a
model gains little over seasonal naive, a part of it often gains more.

Theta and ETS see the series after seasonal adjustment and their forecasts get the season back.
The adjustment is made for short finance series, where the textbook method (centered moving average, three or more
years, a significance test that switches the season on or off) has little to work with:

1. The trend is the *drift line*: its slope is the mean change over twelve months divided by twelve, which seasonality
   cannot bend; its height is set on the last whole years.
2. A month's factor is the mean ratio of its values to that line (difference, if the series touches zero).
3. The factors are shrunk towards no season at all by the share of their spread that mere noise would produce
   (James and Stein). Clear seasons pass almost untouched, doubtful ones fade out.

Worked example of step 3: two years, so each month has two ratios. If the factors have variance 0.04 between months and
the two ratios of a month scatter with variance 0.02, a factor's own noise is 0.02 / 2 = 0.01, a quarter of 0.04: every
factor moves a quarter of its way towards 1, so 1.40 becomes 1.30.

Source: Assimakopoulos and Nikolopoulos, The theta model, 2000; Hyndman et al., Forecasting with exponential smoothing,
2008; Miller and Williams, Shrinkage estimators of time series seasonal factors, 2003.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from finops_pipeline.finance.forecasting.metrics import Values

SEASON = 12
SEASONAL_NAIVE = "seasonal_naive"
THETA = "theta"
ETS = "ets"
COMBINATION = "combination"
BLEND = "blend"
MEAN = "mean"

MIN_HISTORY = 15
"""Months that a season can be told from: three months of the year seen twice."""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A history without its season; `factors` are those of the twelve months from the history's first month on."""

    values: Values
    factors: Values
    is_ratio: bool

    def restore(self, path: Values) -> Values:
        """Give a forecast that follows the history its season back."""
        months = (len(self.values) + np.arange(len(path))) % SEASON
        return path * self.factors[months] if self.is_ratio else path + self.factors[months]


def seasonal_naive(history: Values, horizon: int) -> Values:
    """The same month of the last twelve, again and again.

    >>> seasonal_naive(np.arange(1.0, 25.0), 3)
    array([13., 14., 15.])
    """
    return np.asarray(history[-SEASON:][np.arange(horizon) % SEASON])


def mean(history: Values, horizon: int) -> Values:
    """The average of the last months, at most three: all that can be said of a series younger than a year."""
    return np.full(horizon, float(np.mean(history[-3:])))


def candidates(history: Values, horizon: int) -> tuple[dict[str, Values], list[str]]:
    """Every model's path of medians, and the names of the models that failed numerically on this history.

    Raises: ValueError for a history shorter than `MIN_HISTORY`.
    """
    if len(history) < MIN_HISTORY:
        raise ValueError(f"{len(history)} months are too few for a model: {MIN_HISTORY} are needed")
    size = float(np.mean(np.abs(history))) or 1.0  # optimizers are at ease with numbers near one, not with cents
    adjusted = adjust(history / size)
    paths = {SEASONAL_NAIVE: seasonal_naive(history, horizon)}
    failed = []
    for name, model in ((THETA, theta), (ETS, ets)):
        path = _attempt(model, adjusted.values, horizon)
        if path is None:
            failed.append(name)
        else:
            paths[name] = adjusted.restore(path) * size
    if not failed:
        paths[COMBINATION] = (paths[THETA] + paths[ETS]) / 2
        paths[BLEND] = (paths[THETA] + paths[ETS] + paths[SEASONAL_NAIVE]) / 3
    if history.min() >= 0:
        paths = {name: np.maximum(path, 0) for name, path in paths.items()}
    return paths, failed


def adjust(history: Values) -> Adjusted:
    """Take the season out of a history (the essay above says how)."""
    years = len(history) // SEASON * SEASON
    slope = float(np.mean(history[SEASON:] - history[:-SEASON])) / SEASON
    middle = len(history) - (years + 1) / 2
    line = float(np.mean(history[-years:])) + slope * (np.arange(len(history)) - middle)
    if history.min() > 0 and line.min() > 0.05 * np.mean(history):
        factors = _factors(history / line, neutral=1.0)
        if factors.min() > 0.01:
            return Adjusted(history / _cycle(factors, history), factors, is_ratio=True)
    factors = _factors(history - line, neutral=0.0)
    return Adjusted(history - _cycle(factors, history), factors, is_ratio=False)


def _factors(ratios: Values, *, neutral: float) -> Values:
    """Monthly factors whose mean is neutral, shrunk by the share of their variance that noise explains."""
    months = np.arange(len(ratios)) % SEASON
    seen = np.bincount(months, minlength=SEASON)
    raw = np.bincount(months, ratios, minlength=SEASON) / seen
    freedom = len(ratios) - SEASON - 1  # the slope of the line takes one
    noise = float(np.sum((ratios - raw[months]) ** 2)) / freedom * float(np.mean(1 / seen))
    factors = raw / raw.mean() - 1 if neutral else raw - raw.mean()
    spread = float(np.var(factors, ddof=1))
    kept = 1 - min(1.0, noise / spread) if spread > 0 else 0.0
    return np.asarray(neutral + kept * factors)


def _cycle(factors: Values, history: Values) -> Values:
    return np.asarray(factors[np.arange(len(history)) % SEASON])


def theta(history: Values, horizon: int) -> Values:
    """Theta: exponential smoothing plus half the slope of the linear trend."""
    return np.asarray(ThetaModel(history, period=SEASON, deseasonalize=False).fit().forecast(horizon), dtype=float)


def ets(history: Values, horizon: int) -> Values:
    """Exponential smoothing with additive errors and a damped trend, ETS(A,Ad,N).

    Heuristic starting states instead of optimized ones, and no grid search: half the time, nearly the same accuracy (M3).
    """
    model = ExponentialSmoothing(history, trend="add", damped_trend=True, initialization_method="heuristic")
    fit = model.fit(use_brute=False)
    # What fit.forecast() gives, without filtering the whole history again: a third of the time.
    damping = np.cumsum(fit.params["damping_trend"] ** np.arange(1, horizon + 1))
    return np.asarray(fit.level[-1] + fit.trend[-1] * damping, dtype=float)


def _attempt(model: Callable[[Values, int], Values], history: Values, horizon: int) -> Values | None:
    """The model's path, or None when its optimization breaks down: the other models then stand alone."""
    with warnings.catch_warnings():
        # An optimizer that stops early still gives a path, and the backtest judges that path.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            path = model(history, horizon)
        except (np.linalg.LinAlgError, ValueError):
            return None
    return path if np.all(np.isfinite(path)) else None
