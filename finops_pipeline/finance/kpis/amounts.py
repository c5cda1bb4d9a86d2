"""Values of KPIs, and how amounts of several currencies come together.

Amounts of different currencies are never added: where the entities have several, each is converted at the average rate
of the period (year-to-date amounts too: their weights are those of that month); where all have one, no rate is needed.
Ratios are taken from exact sums and become floats last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import money
from finops_pipeline.finance.currency import Rates

COST = ("cost_of_revenue", "operating_expense", "other_expense")
"""Account types that are costs."""


@dataclass(frozen=True, slots=True)
class Value:
    """A KPI's value, or why there is none; `note` completes the formula."""

    value: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """How amounts of several currencies come together."""

    currency: str | None
    rates: Rates

    def ratio(self, sums: pd.DataFrame, period: str) -> Value:
        """Top / bottom of a period's sums by currency (columns currency, top, bottom in minor units)."""
        if sums.empty:
            return Value(None, "no data")
        currencies = sorted(sums["currency"].unique())
        if len(currencies) > 1 and self.currency is None:
            return Value(None, f"null: entities in {', '.join(currencies)} and no group currency")
        note = f"in {self.currency} at average rates" if len(currencies) > 1 else ""
        top = bottom = Fraction(0)
        for currency, over, under in sums[["currency", "top", "bottom"]].itertuples(index=False, name=None):
            try:
                unit = self._worth(str(currency), period) if len(currencies) > 1 else Fraction(1)
            except MissingRateError as error:
                return Value(None, f"null: {error}")
            top, bottom = top + int(over) * unit, bottom + int(under) * unit
        return Value(float(top / bottom), note) if bottom else Value(None, "null: the divisor is zero")

    def _worth(self, currency: str, period: str) -> Fraction:
        rate = self.rates.rate(currency, str(self.currency), "average", period)
        return Fraction(rate) / Fraction(10 ** money.exponent(currency))


def ratios(
    rows: pd.DataFrame, top: pd.Series, bottom: pd.Series, periods: Sequence[str], group: Group
) -> dict[str, Value]:
    """Top / bottom of every period, each summed by currency."""
    amounts = rows[["period", "currency"]].assign(top=top, bottom=bottom)
    sums = amounts.groupby(["period", "currency"])[["top", "bottom"]].sum().reset_index()
    return {period: group.ratio(sums[sums["period"] == period], period) for period in periods}
