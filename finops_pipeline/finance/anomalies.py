"""Anomalies: months in which a cost is not what its own history lets expect.

Here: one month judged by the months before it, robustly, with the season and the trend taken out. It is a statistical
module: what leaves it is a word, a score, and an estimate that becomes an amount through `money.from_model`. Not here:
which costs are looked at (`cost`), what they could save (`opportunities`).

How a month is judged. The history (up to ten years, at least two) is decomposed by STL with robust weights, so that old
anomalies teach nothing; its seasonal part is constant over the years. A line is laid through what remains, each month
with its robust weight, and is drawn on by one month. The distance of the month from it, by the
spread of the history's distances (winsorized, so that outliers do not widen it) and the uncertainty of line and season,
is a score that follows Student's t when nothing has happened; beyond its 1 % limits the month is an anomaly. Months
that end the history off the line on one side are a new level, if two of them agree: from then on it is the normal.

A positive series is looked at as it is and in logarithms (what grows also swings more), and judged in the way in which
its history lies closer to the line.

Source: Cleveland, Cleveland, McRae and Terpenning, STL (1990). Measured by `benchmarks/anomalies.py`.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from finops_pipeline.finance import frames, money

Matrix = npt.NDArray[np.float64]

FEWEST, _LONGEST = 24, 120  # months of history: needed, and looked at
_YEAR = 12
_FALSE = 0.01  # share of months without anomaly that are called one
_OFF = 2.0  # spreads off the line from which the last months of a history may be a new level
_WINSOR = 2.0
_LEAST = 0.005  # the least spread, as a fraction of the usual amount: less is not worth a look
_MOST = 43.0  # e to the 43rd is more than any amount
_WIDENED = 1.05  # the line is laid through months that the season was taken out of: their spread is a little too small


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a month was expected to be, how far off it is in spreads, and whether that is an anomaly."""

    expected: int
    score: float
    kind: str | None


def of_cells(amount: frames.Whole, rows: frames.Whole, at: tuple[npt.NDArray[np.intp], ...]) -> list[Judgement | None]:
    """The judgement of each cell of a matrix series x months, by the months since its series began.

    A series begins in its first month with rows (`rows` counts them); a month without rows after that is a zero.
    Shape: one per cell of `at` (row and column numbers, as np.nonzero gives them). Unit: minor units.
    """
    begun = (rows > 0).argmax(axis=1)
    return [judge(amount[s, begun[s] : m], int(amount[s, m])) for s, m in zip(*at, strict=True)]


def judge(history: frames.Whole, amount: int) -> Judgement | None:
    """A month's amount by the months before it; nothing where they are too few or mostly empty.

    `spike` is a month off the line; `level_shift` one that is off to the same side as the month before it.

    Unit: minor units.
    """
    past = history[-_LONGEST:]
    if len(past) < FEWEST or np.count_nonzero(past == 0) * 4 > len(past):
        return None
    plain = past.astype(np.float64)
    line = _line(plain, float(amount), _LEAST * float(np.median(np.abs(plain))))
    if (past > 0).all() and amount > 0:
        logs = _line(np.log(past), float(np.log(amount)), _LEAST)
        if logs.spread * float(np.median(past)) < line.spread:
            return logs.judgement(len(past), money.from_model(float(np.exp(min(logs.ahead, _MOST)))))
    return line.judgement(len(past), money.from_model(line.ahead))


@dataclass(frozen=True, slots=True)
class _Line:
    """The next month by line and season, the spread around them, and how far the month and those before it are off.

    `score` and `off` are in spreads; `run`: how many months at the end of the history are off to one side.
    """

    ahead: float
    spread: float
    score: float
    run: int
    last: float

    def judgement(self, months: int, expected: int) -> Judgement:
        """The verdict by Student's t: line and season have taken a month each of the history."""
        from scipy.stats import t  # noqa: PLC0415

        kind = None
        if abs(self.score) > float(t.isf(_FALSE / 2, months - _YEAR - 1)):
            kind = "level_shift" if self.run == 1 and self.last * self.score > 0 else "spike"
        return Judgement(expected, self.score, kind)


def _line(values: Matrix, actual: float, least: float) -> _Line:
    """`least`: the least spread that is worth a look."""
    from statsmodels.tsa.seasonal import STL  # noqa: PLC0415

    size = len(values)
    fit = STL(
        values, period=_YEAR, seasonal=10 * size + 1, trend=2 * size + 1, seasonal_deg=0, trend_deg=1, robust=True,
        seasonal_jump=2, trend_jump=6,
    ).fit(inner_iter=2, outer_iter=5)  # fmt: skip
    at = np.arange(size, dtype=np.float64)
    level, weight = values - fit.seasonal, np.maximum(fit.weights, 1e-9)
    middle, mean = np.average(at, weights=weight), np.average(level, weights=weight)
    square = float((weight * (at - middle) ** 2).sum())
    slope = float((weight * (at - middle) * (level - mean)).sum()) / square
    off = level - mean - slope * (at - middle)
    spread = max(_spread(off, 1 - (_YEAR + 1) / size) * _WIDENED, least)
    run = _run(off / spread)
    ahead = mean + slope * (size - middle) + fit.seasonal[-_YEAR] + (float(off[-run:].mean()) if run > 1 else 0.0)
    leverage = (_YEAR + 1) / size + (size - middle) ** 2 / square
    score = (actual - ahead) / (spread * np.sqrt(1 + leverage))
    return _Line(float(ahead), spread, float(score), run, float(off[-1]))


def _spread(off: Matrix, free: float) -> float:
    """The spread of distances around zero, with those beyond two spreads pulled in; exact for a normal distribution.

    `free`: the share of the variation that line and season, which take a month each, have left.
    """
    normal = NormalDist()
    inside = normal.cdf(_WINSOR) - normal.cdf(-_WINSOR)
    kept = inside - 2 * _WINSOR * normal.pdf(_WINSOR) + 2 * _WINSOR**2 * normal.cdf(-_WINSOR)
    spread = 1.4826 * float(np.median(np.abs(off))) / np.sqrt(free)
    for _ in range(10):
        pulled = np.clip(off, -_WINSOR * spread, _WINSOR * spread)
        spread = float(np.sqrt((pulled**2).mean() / free / kept))
    return float(spread)


def _run(off: Matrix) -> int:
    """How many months at the end are off the line to one side."""
    side = np.sign(off) * (np.abs(off) > _OFF)
    others = np.flatnonzero((side != side[-1]) | (side == 0))
    return int(len(side) - 1 - others.max(initial=-1))
