"""Currency: which exchange rate holds, and amounts converted exactly.

Here: rates by pair, type and period, and conversion of amounts. Not here: the translation of whole statements into a
group currency, nor where rates come from. A rate that is missing raises; nothing is assumed in its place.

A conversion is rounded once, half to even, to the minor units of the target currency. It is done in whole numbers: a
decimal rate is the fraction n/d, and an amount becomes amount * n * 10^(places to) / (d * 10^(places from)).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import money, periods

_INVERSE = Context(prec=38)
_PAIR = ["from_currency", "to_currency", "rate_type", "period"]


@dataclass(frozen=True, slots=True)
class Rates:
    """Exchange rates, one for each pair, type and period.

    A rate given for a period holds for it. Where there is none, the latest rate of a day in that month holds.
    """

    known: Mapping[tuple[str, str, str, str], Decimal]
    spots: Mapping[tuple[str, str, date], Decimal] = field(default_factory=dict)
    """Spot rates of single days."""

    @classmethod
    def of(cls, fx_rates: pd.DataFrame) -> Self:
        """The rates that an fx_rates frame gives. A rate that is not positive is no rate."""
        day = pd.to_datetime(fx_rates["rate_date"])
        table = fx_rates.assign(
            period=fx_rates["period"].astype("str").fillna(day.dt.strftime("%Y-%m").astype("str")),
            is_daily=fx_rates["period"].isna(),
            has_day=day.notna(),
            day=day,
            rate=fx_rates["rate"].astype(object),
        )
        table = table[table["rate"].map(lambda rate: rate > 0).astype(bool) & table["period"].notna()]
        best_first = table.sort_values([*_PAIR, "is_daily", "has_day", "day"], ascending=[True] * 6 + [False])
        best = best_first.drop_duplicates(_PAIR)
        keys = best[_PAIR].itertuples(index=False, name=None)
        days = table[table["has_day"] & (table["rate_type"] == "spot")]
        spots = zip(days["from_currency"], days["to_currency"], days["day"].dt.date, days["rate"], strict=True)
        return cls(
            dict(zip(keys, (Decimal(rate) for rate in best["rate"]), strict=True)),
            {(source, target, on): Decimal(rate) for source, target, on, rate in spots},
        )

    def rate(self, source: str, target: str, rate_type: str, period: str) -> Decimal:
        """What one unit of `source` is worth in `target`.

        One for the same currency. The inverse of the opposite rate, to 38 digits, only where the rate itself is not
        there.

        Raises: MissingRateError.
        """
        if source == target:
            return Decimal(1)
        direct = self.known.get((source, target, rate_type, period))
        if direct is not None:
            return direct
        opposite = self.known.get((target, source, rate_type, period))
        if opposite is not None:
            return _INVERSE.divide(Decimal(1), opposite)
        raise MissingRateError(
            f"no {rate_type} rate {source}→{target} for {period}: add it to fx_rates (period {period}, or a rate_date in it)"
        )

    def rate_on(self, source: str, target: str, day: date) -> Decimal:
        """The spot rate of a day, else that of the nearest day before it, not more than a week.

        Where there is none either, the average of its month, which IAS 21.22 allows in its place.

        Raises: MissingRateError.
        """
        for before in range(_DAYS_BACK + 1):
            on = day - timedelta(before)
            direct = self.spots.get((source, target, on))
            if direct is not None:
                return direct
            opposite = self.spots.get((target, source, on))
            if opposite is not None:
                return _INVERSE.divide(Decimal(1), opposite)
        return self.rate(source, target, "average", periods.of(day))


_DAYS_BACK = 7
"""Days that a spot rate holds on for: banks quote none at weekends and on holidays, which may follow each other."""
_LARGEST = 2**63 - 1
"""The largest amount a frame can hold."""


def convert(minor: int, source: str, target: str, rate: Decimal) -> int:
    """An amount in the minor units of another currency, rounded once, half to even.

    >>> convert(1000, "EUR", "JPY", Decimal("161.25")), convert(1613, "JPY", "EUR", Decimal("0.0062"))
    (1612, 1000)
    """
    top, bottom = factor(source, target, rate)
    return int(quotients(np.array([minor], dtype=object) * top, bottom)[0])


def factor(source: str, target: str, rate: Decimal) -> tuple[int, int]:
    """From minor units to minor units, as an exact fraction."""
    top, bottom = rate.as_integer_ratio()
    return top * 10 ** money.exponent(target), bottom * 10 ** money.exponent(source)


def quotients(numerators: npt.NDArray[np.object_], denominator: int) -> npt.NDArray[np.object_]:
    """Whole quotients of Python integers of any size, halves to the even neighbor."""
    quotient, remainder = numerators // denominator, numerators % denominator
    doubled = remainder * 2
    up = (doubled > denominator) | ((doubled == denominator) & (quotient % 2 == 1))
    rounded: npt.NDArray[np.object_] = quotient + up.astype(bool).astype(object)
    return rounded


def convert_amounts(lines: pd.DataFrame, target: pd.Series, rate_type: str, rates: Rates) -> pd.Series:
    """The `amount` of every line, from the line's currency into `target`, at the rate of the line's period.

    Shape: the lines' own index. Unit: minor units of `target`. Each line is rounded by itself.
    Raises: MissingRateError for the first pair and period without a rate; AmountError for an amount beyond 64 bits.
    """
    source = lines["currency"].astype("str").fillna("(none)")
    result = lines["amount"].to_numpy(dtype=np.int64, copy=True)
    foreign = np.flatnonzero((source != target).to_numpy(dtype=bool))
    pairs = pd.DataFrame({"source": source, "target": target, "period": lines["period"]}).iloc[foreign]
    combination = pairs.groupby(["source", "target", "period"]).ngroup().to_numpy()
    _, first, counts = np.unique(combination, return_index=True, return_counts=True)
    together = np.split(foreign[np.argsort(combination, kind="stable")], np.cumsum(counts)[:-1])
    for (one, other, period), rows in zip(pairs.iloc[first].itertuples(index=False, name=None), together, strict=False):
        top, bottom = factor(one, other, rates.rate(one, other, rate_type, period))
        converted = quotients(result[rows].astype(object) * top, bottom)
        if max(map(abs, converted)) > _LARGEST:
            raise money.AmountError(
                f"an amount of {one} in {period} has too many digits once it is converted to {other}"
            )
        result[rows] = converted.astype(np.int64)
    return pd.Series(result, index=lines.index, name="amount")
