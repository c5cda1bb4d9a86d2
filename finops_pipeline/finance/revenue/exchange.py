"""Whole columns of amounts at the rates of their days or months, and which rates are missing.

Here: rates as exact fractions, one look-up for each pair and time. Not here: which rate an amount takes (`functional`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import currency
from finops_pipeline.finance.revenue import exact

PAIR = ["contract_currency", "currency"]
Lookup = Callable[[str, str, str], Decimal]
"""The rate of a pair of currencies at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Fractions:
    """The rate of every row as a fraction of minor units; `missing` says why there is none, else it is empty."""

    top: exact.AnyIntegers
    bottom: exact.AnyIntegers
    missing: npt.NDArray[np.object_]

    def of(self, amount: exact.Integers) -> exact.Integers:
        """The amounts in the other currency, each rounded once, half to even."""
        return exact.proportion(amount, self.top, self.bottom)

    def where(self, chosen: npt.NDArray[np.bool_] | exact.Integers) -> "Fractions":
        """The rates of these rows, which may be there more than once."""
        return Fractions(self.top[chosen], self.bottom[chosen], self.missing[chosen])


def fractions(rows: pd.DataFrame, time: str, is_needed: npt.NDArray[np.bool_], rate: Lookup) -> Fractions:
    """The rates of the rows at their `time` (a column of labels); rows that need none get zero."""
    code = rows.groupby([*PAIR, time], sort=False).ngroup().to_numpy()
    needed, first = np.unique(code[is_needed], return_index=True)
    distinct = rows.loc[is_needed, [*PAIR, time]].iloc[first]
    size = int(code.max(initial=-1)) + 1
    top, bottom = np.zeros(size, object), np.ones(size, object)
    missing = np.full(size, "", object)
    for number, (source, target, when) in zip(needed, distinct.itertuples(index=False, name=None), strict=True):
        try:
            top[number], bottom[number] = currency.factor(source, target, rate(source, target, when))
        except MissingRateError as trouble:
            missing[number] = str(trouble)
    return Fractions(_small(top)[code], _small(bottom)[code], np.where(is_needed, missing[code], ""))


def _small(whole: npt.NDArray[np.object_]) -> exact.AnyIntegers:
    """As int64 where all fit."""
    return whole.astype(np.int64) if max(whole, default=0) < 2**63 else whole
