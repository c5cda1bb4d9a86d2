"""Effect: what a series of costs would have come to without an action, and how sure that is.

Here: two estimates, each of the sum of the months after the action. It is a statistical module: its amounts are floats, and
what leaves it goes through `money.from_model`. Not here: which costs and cost centers are meant (`table`).

* Difference in differences, where there are comparable cost centers: each series as a multiple of its own mean before the
  action, the treated one less the mean of the others, month by month; the effect is the mean of that difference after the
  action less its mean before. Worked example: the treated cost goes from 100 to 90 while the others go from 50 to 55 (10 %
  more): it would have been 110, and 20 a month are saved.
* Seasonal baseline, where there are none: level, line and a season of twelve months by least squares over the months before,
  drawn on over the months after.

Intervals are those of least squares with Student's t, 95 %. Months that follow each other closely make them too narrow.

Source: Card and Krueger (1994); Angrist and Pischke, Mostly Harmless Econometrics, chapter 5.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

FEWEST_BESIDE, FEWEST_ALONE = 6, 24
"""Months before the action that are needed beside others, and alone: two of each month tell a season from a line."""
_YEAR = 12
_OUTSIDE = 0.025


@dataclass(frozen=True, slots=True)
class Effect:
    """What was saved in all months after the action, and the bounds of its 95 % interval. Unit: that of the costs."""

    saved: float
    low: float
    high: float


def difference(treated: Matrix, others: Matrix, before: int) -> tuple[float, float, float]:
    """The change of the treated series less that of the mean of the others, by month, with its 95 % interval.

    `others`: series x months. `before`: how many of the months are before the action.

    >>> before, after = [20.0, 20.88], [21.0, 21.06]  # employment in New Jersey, by Card and Krueger: 20.44 to 21.03
    >>> others = np.array([[23.0, 23.66, 21.0, 21.34]])  # in Pennsylvania: 23.33 to 21.17
    >>> round(difference(np.array(before + after), others, 2)[0], 2)
    2.75
    """
    import statsmodels.api as sm  # noqa: PLC0415

    apart = treated - others.mean(axis=0)
    is_after = (np.arange(len(apart)) >= before).astype(np.float64)
    fit = sm.OLS(apart, np.column_stack((np.ones(len(apart)), is_after))).fit()
    low, high = fit.conf_int(2 * _OUTSIDE)[1]
    return float(fit.params[1]), float(low), float(high)


def beside_others(treated: Matrix, others: Matrix, before: int) -> Effect:
    """Difference in differences of costs. Every series has a mean above zero before the action."""
    usual = float(treated[:before].mean())
    scaled = others / others[:, :before].mean(axis=1, keepdims=True)
    change, low, high = difference(treated / usual, scaled, before)
    size = usual * (len(treated) - before)
    return Effect(-change * size, -high * size, -low * size)


def by_season(treated: Matrix, before: int, first_month: int) -> Effect:
    """What the season and line of the months before let expect, less what was spent. `first_month`: of the year, from 0."""
    import statsmodels.api as sm  # noqa: PLC0415
    from scipy.stats import t  # noqa: PLC0415

    at = np.arange(len(treated))
    season = ((at + first_month) % _YEAR)[:, None] == np.arange(1, _YEAR)
    exog = np.column_stack((np.ones(len(at)), at, season)).astype(np.float64)
    fit = sm.OLS(treated[:before], exog[:before]).fit()
    ahead = exog[before:].sum(axis=0)
    months = len(treated) - before
    saved = float(ahead @ fit.params) - float(treated[before:].sum())
    spread = float(np.sqrt(ahead @ fit.cov_params() @ ahead + months * fit.mse_resid))
    reach = float(t.isf(_OUTSIDE, fit.df_resid)) * spread
    return Effect(saved, saved - reach, saved + reach)
