"""Elasticity: by how many percent cost rises when its driver rises by one.

Here: the slope of the logarithm of cost on the logarithm of the driver over the last two years, with its interval, and
the correlation of the two. Not here: which costs and drivers belong together (`table`).

A slope near 1 means cost that moves with the driver, near 0 cost that is there anyway. The interval is that of ordinary
least squares: months that follow each other closely make it too narrow.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Matrix = npt.NDArray[np.float64]

WINDOW, FEWEST = 24, 12  # months that are looked at, and needed


@dataclass(frozen=True, slots=True)
class Fit:
    """One value per series and month, null where there is too little to say. `months`: how many the fit looked at."""

    correlation: Matrix
    slope: Matrix
    low: Matrix
    high: Matrix
    months: npt.NDArray[np.int64]


def fit(cost: Matrix, quantity: Matrix) -> Fit:
    """How cost follows its driver, for each series and month over the months up to it.

    Shape: series x months, null where there is no pair; the result has the same shape. Unit: any.
    The logarithm needs both to be positive: other months are left out of the slope.
    """
    pairs = ~(np.isnan(cost) | np.isnan(quantity))
    paired = [pd.DataFrame(np.where(pairs, m, np.nan).T) for m in (cost, quantity)]
    varies = [f.rolling(WINDOW, min_periods=FEWEST).std() > 1e-9 * f.abs().max() for f in paired]
    correlation = paired[0].rolling(WINDOW, min_periods=FEWEST).corr(paired[1]).where(varies[0] & varies[1])
    slope, low, high = (np.full(cost.shape, np.nan) for _ in range(3))
    logs = [np.log(np.where(pairs & (cost > 0) & (quantity > 0), m, np.nan)) for m in (cost, quantity)]
    usable = ~np.isnan(logs[0])
    months = pd.DataFrame(usable.T.astype(np.float64)).rolling(WINDOW, min_periods=1).sum().to_numpy().T
    for series in np.nonzero(usable.sum(axis=1) >= FEWEST)[0]:
        slope[series], low[series], high[series] = _slopes(logs[0][series], logs[1][series])
    return Fit(correlation.to_numpy().T, slope, low, high, months.astype(np.int64))


def _slopes(cost: Matrix, quantity: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Slope and 95 % interval of each month's window."""
    from statsmodels.regression.rolling import RollingOLS  # noqa: PLC0415

    exog = np.column_stack((np.ones(len(quantity)), quantity))
    model = RollingOLS(cost, exog, window=WINDOW, min_nobs=FEWEST, missing="drop", expanding=True)
    result = model.fit(use_t=True)
    low, high = result.conf_int()[:, 0, 1], result.conf_int()[:, 1, 1]
    spread = pd.Series(quantity).rolling(WINDOW, min_periods=FEWEST).std().to_numpy()
    flat = ~(spread > 1e-9)  # a driver that does not move explains nothing
    return tuple(np.where(flat, np.nan, values) for values in (result.params[:, 1], low, high))  # type: ignore[return-value]
