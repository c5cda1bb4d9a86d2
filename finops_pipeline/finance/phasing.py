"""Phasing: a year's budget over its months, exact to the minor unit, and how much of a month's plan is due by a day.

Here: weights of the months (equal, working days, seasonal from history, a curve of one's own), annual lines made into
monthly ones, and the proof that nothing was lost. Not here: the variance (`budget`).

A month's share is its weight over the year's, by largest remainder, so that twelve months always sum to the year. Worked
example: 1,000.00 over the working days of a quarter with 22, 20 and 21 days is 349.21, 317.46 and 333.33.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import pandas as pd

from finops_pipeline.finance import frames, money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding

Method = Literal["equal", "working_days", "curve"]
_SATURDAY = 5
_PLACES = 15
_SHARED = ["version", "entity_id", "account_id", "currency"]


@dataclass(frozen=True, slots=True)
class Phasing:
    """How the annual lines of a version are spread. `curve`: twelve weights from the fiscal year's first month on."""

    method: Method = "equal"
    curve: tuple[Decimal, ...] = ()
    holidays: frozenset[date] = frozenset()

    def weights(self, months: Sequence[str]) -> list[Decimal]:
        """The weight of each of the twelve months. Raises: ValueError for a curve that has not twelve weights."""
        if self.method == "equal":
            return [Decimal(1)] * len(months)
        if self.method == "working_days":
            return [Decimal(working_days(month, self.holidays)) for month in months]
        if len(self.curve) != len(months):
            raise ValueError(f"a curve has a weight for each of {len(months)} months, this one has {len(self.curve)}")
        return list(self.curve)


def working_days(period: str, holidays: frozenset[date] = frozenset()) -> int:
    """Days of a month from Monday to Friday that are no holiday.

    >>> working_days("2026-02"), working_days("2026-01", frozenset({date(2026, 1, 1)}))
    (20, 21)
    """
    first, last = calendar.first_day(period), calendar.last_day(period)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return sum(day.weekday() < _SATURDAY and day not in holidays for day in days)


def seasonal_curve(history: Mapping[str, int], start_month: int = 1) -> list[Decimal]:
    """The curve of past amounts: the average of each month of the fiscal year, over the years that have it.

    `history`: amounts by month label, in natural sign. A month that is on average below zero has no weight.

    Raises: ValueError when a month of the year has no history, or when no month has any weight.
    """
    sums: dict[int, list[int]] = {}
    for period, amount in history.items():
        sums.setdefault((calendar.index(period) - (start_month - 1)) % 12, []).append(amount)
    gaps = [str((n + start_month - 1) % 12 + 1) for n in range(12) if n not in sums]
    if gaps:
        raise ValueError(f"no history for month {', '.join(gaps)}: a seasonal curve needs every month of a year")
    curve = [max(Decimal(0), Decimal(sum(sums[n])) / len(sums[n])) for n in range(12)]
    if not any(curve):
        raise ValueError("the history has no amount above zero: there is no season in it")
    return curve


def phased(lines: pd.DataFrame, entities: pd.DataFrame, rules: Mapping[str, Phasing]) -> pd.DataFrame:
    """Budget lines by month: every line of a version in `rules` is the year's, and is spread over its fiscal year.

    Amounts and quantities are spread, prices stay. Lines of other versions stay as they are, and come first.

    Shape: the columns of `lines`; one row per line, or twelve where it is annual.
    Raises: ValueError for a curve that has not twelve weights, or weights that are negative or all zero.
    """
    is_annual = lines["version"].isin(list(rules))
    if not is_annual.any():
        return lines
    annual = lines[is_annual]
    starts = frames.fiscal_start_months(entities, annual["entity_id"])
    rows = [
        month
        for line, start in zip(annual.astype(object).to_dict("records"), starts, strict=True)
        for month in _spread(line, int(start), rules[str(line["version"])])
    ]
    spread = pd.DataFrame(rows, columns=list(lines.columns)).astype(lines.dtypes.to_dict())
    return pd.concat([lines[~is_annual], spread], ignore_index=True)


def _spread(line: Mapping[object, object], start: int, rule: Phasing) -> list[dict[object, object]]:
    first = calendar.fiscal_year_start(str(line["period"]), start)
    months = calendar.span(first, calendar.add(first, 11))
    weights = rule.weights(months)
    amounts = money.split(int(str(line["amount"])), weights)
    quantities: list[object] = [line["quantity"]] * 12
    if isinstance(line["quantity"], Decimal):
        whole = int(line["quantity"].scaleb(_PLACES, money.WIDE))
        quantities = [Decimal(part).scaleb(-_PLACES, money.WIDE) for part in money.split(whole, weights)]
    return [
        {**line, "period": month, "amount": amount, "quantity": quantity}
        for month, amount, quantity in zip(months, amounts, quantities, strict=True)
    ]


def phasing_findings(lines: pd.DataFrame, by_month: pd.DataFrame) -> list[Finding]:
    """BUD-005: the months of each version, entity, account and currency sum to the lines they were made from."""
    due, said = (table.groupby(_SHARED)["amount"].sum() for table in (lines, by_month))
    places = due.index.union(said.index)
    due, said = due.reindex(places, fill_value=0), said.reindex(places, fill_value=0)
    return [
        Finding("BUD-005", " ".join(place), f"months sum to {said[place]}, the lines to {due[place]} (minor units)")
        for place in places[(due != said).to_numpy()]
    ]


def elapsed(period: str, as_of: date) -> tuple[int, int]:
    """Days of a month that have passed at the end of a day, and days it has.

    >>> elapsed("2026-03", date(2026, 3, 10)), elapsed("2026-02", date(2026, 3, 10)), elapsed("2026-04", date(2026, 3, 10))
    ((10, 31), (28, 28), (0, 30))
    """
    first, days = calendar.first_day(period), calendar.last_day(period).day
    return min(max((as_of - first).days + 1, 0), days), days
