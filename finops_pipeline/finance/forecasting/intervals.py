"""How wide an interval must be: a typical error, how it grows with the horizon, and multiples that were measured.

Here: from past errors to half widths. Not here: where the errors come from (`backtest`).

The essay. Model formulas for the variance of a forecast assume that the model is true and give intervals that are far
too narrow. Quantiles of the series' own backtest errors need hundreds of errors; a finance series has thirty. So:

1. The typical error of a series is the root mean square of its backtest errors, each divided by its horizon's growth
   sqrt(1 + (h - 1) / 10), together with ten imagined errors of the size of the history's own change from year to year.
   Ten keep an interval honest when a model was lucky in the few months it was tested on.
2. The half width at horizon h is that error x growth x a multiple: 1.34 for the 80 % interval, 1.87 for 90 %.

The growth, the ten and the multiples were chosen on the *training* part of the M3 monthly competition only, its last
18 months held out, for histories of 24 months, 36 months and full length alike, model selection included. The
published benchmark (benchmarks/forecast_m3.py) then measures coverage on the test part, which they have not seen.
Intervals are symmetric around the median, except that they stop at zero where a history never was negative.

A series that could not be tested has the spread of its history instead, plus one n-th of its mean level (n equal
months do not prove that the next one is equal), and larger multiples: 1.7 and 2.4. They are wide on purpose.
"""

from collections.abc import Sequence

import numpy as np

from finops_pipeline.finance.forecasting.metrics import Values, naive_scale

IMAGINED_ERRORS = 10
MULTIPLES = (1.34, 1.87)
UNTESTED_MULTIPLES = (1.7, 2.4)


def growth(horizon: int) -> Values:
    """How errors grow with the distance: 1 for the next month, 1.45 a year ahead."""
    return np.sqrt(1 + np.arange(horizon) / 10)


def tested_widths(errors: Sequence[Values], history: Values, horizon: int) -> tuple[Values, Values]:
    """Half widths of the 80 % and the 90 % interval from backtest errors.

    Shape: `errors` has one array per origin, its elements one to so many months ahead; each result has one half width
    per month ahead. Unit: that of the history, which must be longer than a year.
    """
    squares = sum(float(np.sum((e / growth(len(e))) ** 2)) for e in errors)
    count = sum(len(e) for e in errors)
    imagined = IMAGINED_ERRORS * naive_scale(history) ** 2
    typical = float(np.sqrt((squares + imagined) / (count + IMAGINED_ERRORS)))
    narrow, wide = (multiple * typical * growth(horizon) for multiple in MULTIPLES)
    return narrow, wide


def untested_widths(history: Values, horizon: int) -> tuple[Values, Values]:
    """Half widths of the 80 % and the 90 % interval where no model could be tested.

    >>> narrow, wide = untested_widths(np.array([100.0]), 1)  # one month: anything from a loss to three times as much
    >>> narrow, wide
    (array([170.]), array([240.]))
    """
    spread = float(np.var(history, ddof=1)) if len(history) > 1 else 0.0
    changes = max(len(history) - 12, 0)
    if changes:
        spread = (changes * naive_scale(history) ** 2 + 6 * spread) / (changes + 6)
    doubt = float(np.mean(np.abs(history))) / len(history)
    typical = float(np.sqrt(spread + doubt**2))
    narrow, wide = (multiple * typical * growth(horizon) for multiple in UNTESTED_MULTIPLES)
    return narrow, wide
