"""Accuracy measures of forecasts: MASE, sMAPE and interval coverage, as the M4 competition defines them.

Here: what is computed from actuals and forecasts. Not here: which origins are tested (`backtest`).
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def naive_scale(history: Values, season: int = 12) -> float:
    """Mean absolute change over one season in the history: how wrong seasonal naive is in-sample.

    NaN when the history is not longer than one season.

    >>> naive_scale(np.array([10.0, 20.0, 13.0, 21.0]), season=2)
    2.0

    Source: Hyndman and Koehler, Another look at measures of forecast accuracy, 2006.
    """
    if len(history) <= season:
        return float("nan")
    return float(np.mean(np.abs(history[season:] - history[:-season])))


def mase(actual: Values, forecast: Values, history: Values, season: int = 12) -> float:
    """Mean absolute scaled error: below 1 is better than seasonal naive was inside the history.

    NaN when the history never changes over a season, or is too short to tell.

    >>> mase(np.array([15.0, 25.0]), np.array([14.0, 22.0]), np.array([10.0, 20.0, 13.0, 21.0]), season=2)
    1.0
    """
    scale = naive_scale(history, season)
    if not scale > 0:
        return float("nan")
    return float(np.mean(np.abs(actual - forecast))) / scale


def smape(actual: Values, forecast: Values) -> float:
    """Symmetric mean absolute percentage error, in percent from 0 to 200; a forecast of zero for zero is no error.

    >>> smape(np.array([100.0, 0.0]), np.array([300.0, 0.0]))
    50.0
    """
    size = np.abs(actual) + np.abs(forecast)
    return float(np.mean(200 * np.abs(actual - forecast) / np.where(size == 0, 1, size)))


def coverage(actual: Values, low: Values, high: Values) -> float:
    """Share of actuals inside the interval, its ends included.

    >>> coverage(np.array([1.0, 2.0, 3.0, 9.0]), np.zeros(4), np.full(4, 3.0))
    0.75
    """
    return float(np.mean((low <= actual) & (actual <= high)))
