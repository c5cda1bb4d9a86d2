"""When what is promised is expected to be transferred, and how long payments wait for it or it for them.

Here: expectations from the obligations' dates, by month (by number). Not here: what they are worth (`financing_course`).
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue.financing_course import Pattern
from finops_pipeline.finance.revenue.inputs import Proration
from finops_pipeline.finance.revenue.replay import month_of
from finops_pipeline.finance.revenue.sharing import allocate
from finops_pipeline.finance.revenue.terms import CannotAccountError, Deal, Promise

Payments = Mapping[int, int]
"""By month (by number): what is paid. Unit: minor units."""


def pattern_of(
    deal: Deal, promises: list[Promise], proration: Proration, only: Collection[str] | None = None
) -> Pattern:
    """When the whole price is expected to be transferred, by the allocated prices; or the part of it that is of `only`.

    Raises: CannotAccountError.
    """
    prices, _ = allocate(promises)
    whole = sum(prices.values())
    found: dict[int, Fraction] = {}
    for promise in promises:
        if not prices[promise.obligation_id] or (only is not None and promise.obligation_id not in only):
            continue  # what is free may come at any time
        for month, part in spread(promise, deal.signed_on, proration):
            found[month] = found.get(month, Fraction(0)) + part * Fraction(prices[promise.obligation_id], whole)
    return found


def spread(promise: Promise, signed_on: date, proration: Proration) -> Iterator[tuple[int, Fraction]]:
    """The months in which a promise is expected to be satisfied, not before the contract is signed, and the part of it in each.

    Raises: CannotAccountError where nothing says when.
    """
    for month, part in _transfers(promise, signed_on, proration):
        yield max(month, month_of(signed_on)), part


def _transfers(promise: Promise, signed_on: date, proration: Proration) -> Iterator[tuple[int, Fraction]]:
    start, end = promise.start_date, promise.end_date
    last = end or start
    if last is None or (promise.recognition != "point_in_time" and end is None):
        raise CannotAccountError(
            "REV-036", promise.obligation_id, "nothing says when it is transferred: fill in start_date and end_date"
        )
    if promise.recognition == "point_in_time":
        yield month_of(last), Fraction(1)
        return
    begin = min(start or signed_on, last)
    span = range(month_of(begin), month_of(last) + 1)
    is_daily = proration == "daily" and promise.recognition == "straight_line"
    for month in span:
        yield (
            month,
            Fraction(_days(month, begin, last), (last - begin).days + 1) if is_daily else Fraction(1, len(span)),
        )


def _days(month: int, begin: date, last: date) -> int:
    label = periods.label(month)
    return (min(periods.last_day(label), last) - max(periods.first_day(label), begin) + timedelta(1)).days


def longest_wait(payments: Payments, pattern: Pattern) -> int:
    """The most months between a payment and the transfer that it pays for, the first payment for the first transfer.

    Without payments nobody waits.
    """
    whole = sum(payments.values())
    if not whole:
        return 0
    paid = _levels({month: Fraction(amount, whole) for month, amount in payments.items()})
    given = _levels(pattern)
    waits = [abs(_reached(paid, level) - _reached(given, level)) for _, level in [*paid, *given]]
    return max(waits)


def _levels(pattern: Pattern) -> list[tuple[int, Fraction]]:
    """How much is reached by the end of each month."""
    found, level = [], Fraction(0)
    for month in sorted(pattern):
        level += pattern[month]
        found.append((month, level))
    return found


def _reached(levels: list[tuple[int, Fraction]], wanted: Fraction) -> int:
    """The first month in which so much is reached."""
    return next(month for month, level in levels if level >= wanted)
