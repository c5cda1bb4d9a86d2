"""Trends: whether a series of amounts rises, falls or does neither by more than chance.

Here: the test of Mann and Kendall, for one series and for a whole matrix of them. It is a statistical module: its
threshold and variance are floats, and what leaves it is a word, never an amount. Not here: how much an amount changed
(`cost`), forecasts (`forecasting`), nor what to do about a trend.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import frames

_WINDOW, _FEWEST = 12, 6  # months that a trend looks at, and needs
_SIGNIFICANT = NormalDist().inv_cdf(0.975)  # two-sided 5 %
_TRENDS = ("rising", "falling", "flat", None)


def mann_kendall(values: Sequence[int]) -> str | None:
    """The direction of a series of months: rising, falling, flat, or none for fewer than six.

    The plain form of `of_cells`. Rising or falling means significant at two-sided 5 %.

    >>> mann_kendall([1, 2, 3, 4, 5, 6]), mann_kendall([1, 2, 1, 2, 1, 2]), mann_kendall([1, 2, 3])
    ('rising', 'flat', None)

    Source: Kendall, Rank Correlation Methods (1975), with the correction for ties and for continuity.
    """
    n = len(values)
    if n < _FEWEST:
        return None
    score = sum((b > a) - (b < a) for i, a in enumerate(values) for b in values[i + 1 :])
    ties = [values.count(v) for v in set(values)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    if abs(score) - 1 <= _SIGNIFICANT * variance**0.5:
        return "flat"
    return "rising" if score > 0 else "falling"


def of_cells(
    amount: frames.Whole, rows: frames.Whole, at: tuple[npt.NDArray[np.intp], ...]
) -> pd.api.extensions.ExtensionArray:
    """The trend of each cell of a matrix series x months: `mann_kendall` of its months since the series began, at most 12.

    A series begins in its first month with rows (`rows` counts them); a month without rows after that is a zero.

    Shape: one direction per cell of `at` (row and column numbers, as np.nonzero gives them), null for fewer than six
    months. Unit: `amount` in minor units; only their order counts, so no amount ever becomes a float.
    """
    series, month = at
    begun = (rows > 0).argmax(axis=1)
    count = np.minimum(month - begun[series] + 1, _WINDOW)
    padded = np.pad(amount, ((0, 0), (_WINDOW - 1, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=1)[series, month]
    return pd.array(list(_TRENDS), dtype="str").take(_directions(windows, count))


def _directions(windows: frames.Whole, count: frames.Whole) -> frames.Whole:
    """Positions in _TRENDS for windows of which the last `count` months are counted."""
    counted = np.arange(_WINDOW) >= (_WINDOW - count)[:, None]
    score, ties = np.zeros(len(windows), dtype=np.int64), np.zeros(len(windows), dtype=np.int64)
    for i in range(_WINDOW):
        others = windows[:, i : i + 1]
        later = np.sign(windows[:, i + 1 :] - others).sum(axis=1)
        same = ((windows == others) & counted).sum(axis=1)
        score += np.where(counted[:, i], later, 0)
        ties += np.where(counted[:, i], (same - 1) * (2 * same + 5), 0)
    variance = (count * (count - 1) * (2 * count + 5) - ties) / 18
    is_flat = np.abs(score) - 1 <= _SIGNIFICANT * np.sqrt(variance)
    return np.select([count < _FEWEST, is_flat, score > 0], [3, 2, 0], default=1)
