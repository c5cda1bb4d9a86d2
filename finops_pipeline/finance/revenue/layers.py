"""Layers: amounts that came in at different rates, and what the first of them are worth.

What came first goes first. Let the layers of a contract stand side by side in the order in which they came; F(x) is what
the first x units are worth in the other currency. What goes between x and y is worth F(y) - F(x), and what is left of w
units is worth F(w) - F(x). Whatever goes out in however many parts sums to what came in, to the minor unit.

What names its layer takes the end of that layer, as far as it is still there. As what came first went first, nothing before
can have touched that end: it is as if the layer had been shorter from the start, so no amount of an earlier day changes.

Worked example: 100 at 1.50 and 50 at 1.80 are worth 150 and 90. The first 120 go for 150 + 90 x 20/50 = 186, 54 are left.
If 40 of the second were taken back by name, they took 90 - 90 x 10/50 = 72; then the first 110 go for 150 + 18.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance.revenue import exact

Claim = tuple[int, int, int]
"""The row in which something goes out, the layer it names, and how much."""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The layers of many owners, one after another; `ends` and `totals` are running sums over what is kept of them."""

    amount: exact.Integers
    value: exact.Integers
    kept: exact.Integers
    ends: exact.AnyIntegers
    totals: exact.AnyIntegers
    base: exact.AnyIntegers
    """Of each owner: the amount of all layers before its own."""

    @classmethod
    def of(
        cls,
        owner: exact.Integers,
        amount: exact.Integers,
        value: exact.Integers,
        owners: int,
        back: exact.Integers | None = None,
    ) -> Self:
        """Layers sorted by owner (0 to `owners` - 1), the oldest first; none is of nothing. `back`: taken off their ends."""
        kept = amount - (0 if back is None else back)
        starts = np.arange(len(amount)) == 0
        worth = exact.proportion(value, kept, amount)
        ends, totals = exact.running_totals(kept, starts), exact.running_totals(worth, starts)
        base = np.concatenate([[0], ends])[np.searchsorted(owner, np.arange(owners))]
        return cls(amount, value, kept, ends, totals - worth, base)

    def worth(self, owner: exact.Integers, units: exact.AnyIntegers) -> exact.AnyIntegers:
        """F of so many units of each owner's layers, up to a constant by owner: only differences mean something."""
        if not len(self.amount):
            return np.zeros(len(owner), np.int64)
        place = self.base[owner] + units
        layer = np.searchsorted(self.ends, place)
        part = place - (self.ends[layer] - self.kept[layer])
        worth: exact.AnyIntegers = self.totals[layer] + exact.proportion(self.value[layer], part, self.amount[layer])
        return worth


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What each column of what goes out took, by row; what is left then; and how much of each layer was taken by name."""

    value: exact.Integers
    left: exact.Integers
    back: exact.Integers


def taken(owner: exact.Integers, layers: pd.DataFrame, out: exact.Integers, claims: Sequence[Claim] = ()) -> Taken:
    """What goes out of each owner's layers, row after row, the columns of `out` in their order.

    `layers`: row (in which it comes), amount (never zero), value; sorted by row. `claims`: what of column 1 names its layer,
    by row; as far as that is not there any more, the oldest are taken. What comes in a row is there before anything goes.
    """
    starts = _starts(owner)
    row, amount, value = (layers[name].to_numpy(np.int64) for name in ("row", "amount", "value"))
    at, layer, kept, units = _met(owner, owner[row], amount, out, claims).T
    ends = exact.proportion(value[layer], kept, amount[layer]) - exact.proportion(
        value[layer], kept - units, amount[layer]
    )
    back = by_row(layer, units, len(row))
    queue = Layers.of(owner[row], amount, value, int(owner.max(initial=-1)) + 1, back)
    oldest = out.copy()
    oldest[:, 1] -= by_row(at, units, len(owner))
    gone = oldest.sum(axis=1)
    before = exact.running_totals(gone, starts) - gone
    worth = [queue.worth(owner, step) for step in (before, *(before + sums for sums in np.cumsum(oldest, axis=1).T))]
    took = np.column_stack([(after - start).astype(np.int64) for start, after in pairwise(worth)])
    took[:, 1] += by_row(at, ends, len(owner))
    came = exact.running_totals(by_row(row, amount - back, len(owner)), starts)
    waiting = by_row(row[layer], ends, len(owner)) - by_row(at, ends, len(owner))
    left = queue.worth(owner, came) - worth[-1] + exact.running_totals(waiting, starts)
    return Taken(took, left.astype(np.int64), back)


def _met(
    owner: exact.Integers,
    of_layer: exact.Integers,
    amount: exact.Integers,
    out: exact.Integers,
    claims: Sequence[Claim],
) -> exact.Integers:
    """Each claim as row, layer, what was kept of the layer before it, and how much of that it takes."""
    if not claims:
        return np.zeros((0, 4), np.int64)
    gone = out.sum(axis=1)
    before = exact.running_totals(gone, _starts(owner)) - gone + out[:, 0]
    begins = exact.running_totals(amount, _starts(of_layer)) - amount
    met: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for row, layer, units in claims:
        mine = met[int(owner[row])]
        kept = int(amount[layer]) - sum(n for _, other, _, n in mine if other == layer)
        begin = int(begins[layer]) - sum(n for _, other, _, n in mine if other < layer)
        used = int(before[row]) - sum(n for earlier, *_, n in mine if earlier < row) - begin
        mine.append((row, layer, kept, min(units, kept - min(max(used, 0), kept))))
    return np.array([one for mine in met.values() for one in mine], np.int64)


def by_row(row: exact.Integers, amount: exact.Integers, rows: int) -> exact.Integers:
    """The sum of the amounts at each of so many rows."""
    sums = np.zeros(rows, np.int64)
    np.add.at(sums, row, amount)
    return sums


def _starts(owner: exact.Integers) -> npt.NDArray[np.bool_]:
    starts: npt.NDArray[np.bool_] = np.diff(owner, prepend=-1) != 0
    return starts
