"""Values of KPIs, and how amounts of several currencies come together.

Amounts of different currencies are never added: where the entities have several, each is converted at the average rate
of the period (the sums of a year too: their weights are those of that month); where all have one, a ratio needs no
rate. Values are exact fractions; they become floats where they are published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.currency import Rates

COST = ("cost_of_revenue", "operating_expense", "other_expense")
"""Account types that are costs."""


@dataclass(frozen=True, slots=True)
class Value:
    """A KPI's value, or why there is none; `note` completes the formula."""

    exact: Fraction | None
    note: str = ""


Values = dict[str, Value]
"""The value of every period."""

NO_DATA = Value(None, "no data")


def null(reason: str) -> Value:
    """No value, for a reason."""
    return Value(None, f"null: {reason}")


Exact = int | Fraction
ByCurrency = Mapping[str, tuple[Exact, ...]]
Sums = Mapping[str, ByCurrency]
"""Measures summed by period and currency, in minor units."""


def sums_of(rows: pd.DataFrame, *measures: pd.Series) -> Sums:
    """The measures of rows with period and currency, summed."""
    columns = {f"measure_{i}": measure for i, measure in enumerate(measures)}
    summed = rows[["period", "currency"]].assign(**columns).groupby(["period", "currency"], as_index=False).sum()
    found: dict[str, dict[str, tuple[Exact, ...]]] = {}
    for period, currency, *sums in summed.itertuples(index=False, name=None):
        found.setdefault(str(period), {})[str(currency)] = tuple(sums)
    return found


def last_twelve(period: str) -> list[str]:
    """The twelve months up to a period."""
    return calendar.span(calendar.add(period, -11), period)


def years(sums: Sums, periods: Sequence[str]) -> dict[str, ByCurrency | Value]:
    """The sums of the twelve months up to each period; where a month is missing, that."""
    found: dict[str, ByCurrency | Value] = {}
    for period in periods:
        months = [sums[month] for month in last_twelve(period) if month in sums]
        full = len(months) == 12
        found[period] = _added(months) if full else null(f"needs twelve months of data, has {len(months)}")
    return found


def _added(months: Sequence[ByCurrency]) -> ByCurrency:
    total: dict[str, tuple[Exact, ...]] = {}
    for month in months:
        for currency, measures in month.items():
            before = total.get(currency, (0,) * len(measures))
            total[currency] = tuple(a + b for a, b in zip(before, measures, strict=True))
    return total


def divided(top: Values, bottom: Values) -> Values:
    """One KPI by another."""
    return {period: _divided(value, bottom[period]) for period, value in top.items()}


def _divided(top: Value, bottom: Value) -> Value:
    if top.exact is None:
        return top
    if not bottom.exact:
        return bottom if bottom.exact is None else null("the divisor is zero")
    return Value(top.exact / bottom.exact, top.note or bottom.note)


@dataclass(frozen=True, slots=True)
class Group:
    """How amounts of several currencies come together."""

    currency: str | None
    rates: Rates

    def ratios(self, sums: Sums, periods: Sequence[str]) -> Values:
        """The first measure / the second in every month."""
        return {period: self.ratio(sums.get(period, {}), period) for period in periods}

    def yearly_ratios(self, sums: Sums, periods: Sequence[str]) -> Values:
        """The first measure / the second in the twelve months up to every period."""
        found = years(sums, periods).items()
        return {period: year if isinstance(year, Value) else self.ratio(year, period) for period, year in found}

    def totals(self, sums: Sums, periods: Sequence[str]) -> Values:
        """The first measure of every month, in major units of the group currency."""
        return {period: self.total(sums.get(period, {}), period) for period in periods}

    def yearly_totals(self, sums: Sums, periods: Sequence[str]) -> Values:
        """The first measure of the twelve months up to every period, in major units of the group currency."""
        found = years(sums, periods).items()
        return {period: year if isinstance(year, Value) else self.total(year, period) for period, year in found}

    def ratio(self, sums: ByCurrency, period: str) -> Value:
        """The first measure / the second, at the average rates of a period."""
        if not sums:
            return NO_DATA
        if len(sums) > 1 and self.currency is None:
            return null(f"entities in {', '.join(sorted(sums))} and no group currency")
        try:
            unit = {c: self._worth(c, period) if len(sums) > 1 else Fraction(1) for c in sorted(sums)}
        except MissingRateError as error:
            return null(str(error))
        top, bottom = (sum((m[i] * unit[c] for c, m in sums.items()), Fraction(0)) for i in (0, 1))
        note = f"in {self.currency} at average rates" if len(sums) > 1 else ""
        return Value(top / bottom, note) if bottom else null("the divisor is zero")

    def total(self, sums: ByCurrency, period: str) -> Value:
        """The first measure in major units of the group currency, at the average rates of a period."""
        if not sums:
            return NO_DATA
        if self.currency is None:
            return null("there is no group currency: set group_currency")
        try:
            unit = {c: self._worth(c, period) for c in sorted(sums)}
        except MissingRateError as error:
            return null(str(error))
        note = f"in {self.currency}" + (" at average rates" if set(sums) != {self.currency} else "")
        return Value(sum((m[0] * unit[c] for c, m in sums.items()), Fraction(0)), note)

    def _worth(self, currency: str, period: str) -> Fraction:
        rate = self.rates.rate(currency, str(self.currency), "average", period)
        return Fraction(rate) / Fraction(10 ** money.exponent(currency))
