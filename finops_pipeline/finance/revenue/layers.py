"""Layers: amounts that came in at different rates, and what the first of them are worth.

What came first goes first. Let the layers of a contract stand side by side in the order in which they came; F(x) is what
the first x units are worth in the other currency. What goes between x and y is worth F(y) - F(x), and what is left of w
units is worth F(w) - F(x). Whatever goes out in however many parts sums to what came in, to the minor unit.

Worked example: 100 at 1.50 and 50 at 1.80 are worth 150 and 90. The first 120 go for 150 + 90 x 20/50 = 186, 54 are left.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from finops_pipeline.finance.revenue import exact


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The layers of many owners, one after another; `ends` and `totals` are running sums over all of them."""

    amount: exact.Integers
    value: exact.Integers
    ends: exact.AnyIntegers
    totals: exact.AnyIntegers
    base: exact.AnyIntegers
    """Of each owner: the amount of all layers before its own."""

    @classmethod
    def of(cls, owner: exact.Integers, amount: exact.Integers, value: exact.Integers, owners: int) -> Self:
        """Layers sorted by owner (0 to `owners` - 1), the oldest first; a layer of nothing is none."""
        is_there = amount != 0
        owner, amount, value = owner[is_there], amount[is_there], value[is_there]
        starts = np.arange(len(amount)) == 0
        ends, totals = exact.running_totals(amount, starts), exact.running_totals(value, starts)
        base = np.concatenate([[0], ends])[np.searchsorted(owner, np.arange(owners))]
        return cls(amount, value, ends, totals, base)

    def worth(self, owner: exact.Integers, units: exact.AnyIntegers) -> exact.AnyIntegers:
        """F of so many units of each owner's layers, up to a constant by owner: only differences mean something."""
        if not len(self.amount):
            return np.zeros(len(owner), np.int64)
        place = self.base[owner] + units
        layer = np.searchsorted(self.ends, place)
        amount, value = self.amount[layer], self.value[layer]
        part = place - (self.ends[layer] - amount)
        worth: exact.AnyIntegers = self.totals[layer] - value + exact.proportion(value, part, amount)
        return worth
