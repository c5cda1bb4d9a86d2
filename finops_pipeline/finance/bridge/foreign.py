"""Foreign: what exchange rates did to actuals of cells that were planned in a foreign currency.

Here: actuals at budget rates. Not here: the conversion of the plan (`plan`), which rate holds (`currency`).

A cell planned in a foreign currency is exposed to it: an actual A, booked at the actual rate, would have been
A x budget rate / actual rate. A cell planned in several currencies is exposed to each in proportion to its plan.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import currency as exchange
from finops_pipeline.finance import frames
from finops_pipeline.finance.bridge.cells import Cells, Flags, sums_by
from finops_pipeline.finance.revenue import exact

_PAIR = ["line_currency", "currency", "period"]


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Which plan rows are in a foreign currency, and what its actual rate did.

    `pair`: of every plan row its place in `factors`, -1 at home. `factors`: budget rate over actual rate of a pair of
    currencies in a month, none where there is no actual rate: `missing` says which.
    """

    pair: frames.Whole
    factors: list[Fraction | None]
    missing: list[str]


def exposure(plan: pd.DataFrame, wanted: Flags, rates: exchange.Rates) -> Exposure:
    """The exposure of plan rows, in the months wanted."""
    is_foreign = (plan["line_currency"] != plan["currency"]).to_numpy(dtype=bool) & wanted
    chosen = plan.loc[is_foreign, _PAIR]
    number = chosen.groupby(_PAIR).ngroup().to_numpy(dtype=np.int64)
    pair = np.full(len(plan), -1, dtype=np.int64)
    pair[is_foreign] = number
    _, first = np.unique(number, return_index=True)
    factors: list[Fraction | None] = []
    missing: list[str] = []
    for source, target, period in chosen.iloc[first].itertuples(index=False, name=None):
        try:
            actual = Fraction(rates.rate(source, target, "average", period))
            factors.append(Fraction(rates.rate(source, target, "budget", period)) / actual)
        except MissingRateError as error:
            missing.append(str(error))
            factors.append(None)
    return Exposure(pair, factors, missing)


def at_budget_rates(
    cells: Cells, place: frames.Whole, amount: frames.Whole, pair: frames.Whole, factors: list[Fraction | None]
) -> frames.Whole:
    """The actual of each cell at budget rates; `place`, `amount` and `pair` are those of the version's plan rows.

    Where an actual rate is missing the effect cannot be told from the others: the cell's actual stays as it is.
    """
    result = cells.actual.copy()
    exposed = np.flatnonzero(pair >= 0)
    if not len(exposed):
        return result
    cell, weight = np.searchsorted(cells.place, place), np.abs(amount)
    whole = sums_by(cell, len(cells.place), weight)[cell]
    exposed = exposed[whole[exposed] > 0]
    exposed = exposed[np.argsort(pair[exposed], kind="stable")]
    for rows in np.split(exposed, np.flatnonzero(np.diff(pair[exposed])) + 1):
        factor = factors[pair[rows[0]]] if len(rows) else None
        if factor is None:
            continue
        part = exact.proportion(cells.actual[cell[rows]], weight[rows], whole[rows])
        top, bottom = (np.full(len(rows), n, dtype=object) for n in factor.as_integer_ratio())
        np.add.at(result, cell[rows], exact.proportion(part, top, bottom) - part)
    return result
