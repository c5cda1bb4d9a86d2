"""A financing component of a contract that is modified or cancelled: what each change does to its terms (606-10-25-12 and 25-13).

* `separate`: a contract of its own, with the payments agreed on for it and the rate of its day; the old terms stand.
* `prospective`: the old contract ends and a new one begins, with what one side owes the other. So the price of what is still to be
  done is found anew, at the rate of that day, and what was interest until then stays.
* `cumulative`: still the same contract, so its rate stays (32-19). The price is found anew from what one side owes the other, as
  if it had always been so for what is done already: that difference is revenue at once. What was interest stays.

Terms change at the beginning of a month: of the month of the modification, or of the next one where it is on the last day (as in
`changes`). Payments that a modification agrees on replace all that are still to come; without any, those stand. What was financed
stays financed; where nothing was, the expedient (32-18) is asked anew of what one side is ahead and of what is still to come.

Worked example: 10,000 are paid two years before the delivery, at 10 %: 12,100. After a year, when 11,000 are owed, the contract is
modified prospectively at a rate of 5 %: the price becomes 11,550.

A cancellation on the last day of a month finds the interest of that month accrued: of the contract, nothing is financed from the next
month on; an obligation leaves the others at the end of its month, so that none of the next month's interest is of it.

A cancellation takes away what remains of the contract, or of the obligation that it names, and its interest stops; what is left keeps its
price (25-13 a). What was agreed on is still paid, and no more: what was paid, with its interest, beyond what was earned is revenue at once,
and what was earned beyond it is a price concession, revenue taken back (32-14, 32-42 to 32-45). Without an amount nothing was agreed on:
revenue stays, and what stands on the books is paid back, or is still owed.

Here: the terms, and how a changed price is stated so that `replay` arrives at it. Not here: the arithmetic (`financing_course`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from finops_pipeline.finance import money
from finops_pipeline.finance.revenue.changes import change_of_price, old_terms_end
from finops_pipeline.finance.revenue.expectations import Payments, longest_wait, pattern_of, spread
from finops_pipeline.finance.revenue.financing_course import Course, Pattern, Row, Terms, course
from finops_pipeline.finance.revenue.inputs import Proration
from finops_pipeline.finance.revenue.replay import month_of
from finops_pipeline.finance.revenue.sharing import standalone_price
from finops_pipeline.finance.revenue.terms import CannotAccountError, Deal, Event, Promise

CHANGES = ("modification", "cancellation")
"""Events that change what is still paid of a financing."""

_YEAR = 12


class Agreed(NamedTuple):
    """What a modification agrees on: payments by month, and the rate of its day. Unit: minor units; by year."""

    payments: Payments
    rate: Decimal | None


class CashPrices(NamedTuple):
    """How prices are stated so that they are cash prices: of obligations, and the amounts of modifications; and the months."""

    prices: dict[str, int]
    amounts: dict[str, int | None]
    rows: list[Row]


class _Step(NamedTuple):
    """Terms, the modification that brought them, what it adds, and the price as stated under them. Unit: minor units."""

    terms: Terms
    event: Event | None
    added: list[Promise]
    stated: int


def cash_prices(
    deal: Deal,
    rate: Decimal,
    payments: Payments,
    agreed: Mapping[str, Agreed],
    proration: Proration,
    *,
    expedient: bool,
) -> CashPrices | None:
    """The cash prices of a contract and of its modifications, None where nothing is financed. Raises: CannotAccountError."""
    promises = [p for p in deal.promises if p.added_by_event_id is None and p.recognition != "usage"]
    pattern = pattern_of(deal, promises, proration)
    first = Terms(
        min([*payments, *pattern]), _effective(rate, payments, pattern, expedient=expedient), payments, pattern
    )
    steps = [_Step(first, None, promises, sum(p.stated_price for p in promises))]
    alone: list[_Step] = []
    cut: list[Event] = []
    for event in (e for e in deal.events if e.event_type in CHANGES):
        added = [p for p in deal.promises if p.added_by_event_id == event.event_id and p.recognition != "usage"]
        _refuse_change(event, added, cut, after_separate=bool(alone))
        mine = agreed[event.event_id]
        if event.event_type == "cancellation":
            cut.append(event)
            steps += [_cancelled(deal, event, mine, steps, proration)] if steps[-1].terms.rate else []
            continue
        if event.method == "separate":
            alone += _separate(
                deal, event, added, mine._replace(rate=mine.rate or rate), proration, expedient=expedient
            )
            continue
        rate = mine.rate or rate
        steps.append(_restated(deal, event, added, mine._replace(rate=rate), steps, proration, expedient=expedient))
    if not any(step.terms.rate for step in [*steps, *alone]):
        return None
    return _stated(steps, course([step.terms for step in steps]), alone)


def _refuse_change(event: Event, added: Sequence[Promise], cut: Sequence[Event], *, after_separate: bool) -> None:
    _refuse(event, {
        "was learned of in a later month: state the day on which it was": event.late_month is not None,
        "adds a price below nothing: state it as its amount": min([p.stated_price for p in added], default=0) < 0,
        "comes after a separate one: make that a contract of its own": after_separate and event.method != "separate",
        "comes after a cancellation: state what is left as a contract of its own": _is_over(event, cut),
    })  # fmt: skip


def _refuse(event: Event, troubles: Mapping[str, bool]) -> None:
    for message, is_so in troubles.items():
        if is_so:
            raise CannotAccountError(
                "REV-036", None, f"{event.event_type} {event.event_id} of a financed contract {message}"
            )


def _effective(rate: Decimal, payments: Payments, pattern: Pattern, *, expedient: bool) -> Decimal:
    return Decimal(0) if expedient and longest_wait(payments, pattern) <= _YEAR else rate


def _separate(
    deal: Deal, event: Event, added: list[Promise], mine: Agreed, proration: Proration, *, expedient: bool
) -> list[_Step]:
    """What is added, as a contract of its own."""
    stated = sum(p.stated_price for p in added)
    stated += change_of_price(event, [p.stated_price for p in added])
    if not (added or mine.payments):
        return []
    paid = sum(mine.payments.values())
    _refuse(event, {
        f"adds {stated} (minor units), which its own payments must sum to, and they come to {paid}: send its payment_plan": (
            paid != stated or stated <= 0 or min(mine.payments.values(), default=0) < 0
        )
    })  # fmt: skip
    pattern = pattern_of(replace(deal, signed_on=event.event_date), added, proration)
    rate = _effective(mine.rate or Decimal(0), mine.payments, pattern, expedient=expedient)
    return [_Step(Terms(min([*mine.payments, *pattern]), rate, mine.payments, pattern), event, added, stated)]


def _restated(
    deal: Deal,
    event: Event,
    added: list[Promise],
    mine: Agreed,
    steps: Sequence[_Step],
    proration: Proration,
    *,
    expedient: bool,
) -> _Step:
    """The terms after a modification of the contract itself."""
    start = month_of(old_terms_end(event.event_date) + timedelta(days=1))
    last = steps[-1]
    stated = last.stated + sum(p.stated_price for p in added)
    stated += change_of_price(event, [p.stated_price for p in added])
    before = _paid_before(steps, start)
    coming = mine.payments or {month: amount for month, amount in last.terms.payments.items() if month >= start}
    _refuse(event, {
        "agrees on a payment due before it: correct the payment_plan": min(coming, default=start) < start,
        "agrees on a payment below nothing: correct the payment_plan": min(coming.values(), default=0) < 0,
        f"makes the price {stated} (minor units), and {before} were due before it and {sum(coming.values())} are after it: send "
        "the payments that it agrees on": before + sum(coming.values()) != stated or stated <= 0,
    })  # fmt: skip
    is_catch_up = event.method == "cumulative"
    pattern = _expected(deal, [p for step in steps for p in step.added], added, start, proration, whole=is_catch_up)
    terms = Terms(start, last.terms.rate, coming, pattern, is_catch_up)
    if last.terms.rate and not is_catch_up:
        terms = terms._replace(rate=mine.rate or Decimal(0))
    elif not is_catch_up:
        ahead = before - round(_given_before(steps, start))
        rest = stated - before + ahead
        paid = {**coming, start: coming.get(start, 0) + max(ahead, 0)}
        given = {month: part * rest for month, part in pattern.items()}
        given[start] = given.get(start, Fraction(0)) + max(-ahead, 0)
        rate = _effective(mine.rate or Decimal(0), paid, _normal(given, start), expedient=expedient)
        terms = terms._replace(rate=rate)
    return _Step(terms, event, added, stated)


def _is_over(event: Event, cut: Sequence[Event]) -> bool:
    """Whether a change comes too late: after a part was cancelled another part may be, or all that is left."""
    return bool(cut) and (event.event_type == "modification" or any(e.obligation_id is None for e in cut))


def _cancelled(deal: Deal, event: Event, mine: Agreed, steps: Sequence[_Step], proration: Proration) -> _Step:
    """The terms after a cancellation: of all that remains, or of an obligation."""
    last, name = steps[-1], event.obligation_id
    start = month_of(old_terms_end(event.event_date) + timedelta(days=1))
    _refuse(event, {
        "has a financing_rate, but finances nothing anew: take it away": mine.rate is not None,
        "gives up units: make it a modification with the price of what is left": event.quantity is not None,
        "is of one obligation after a modification: make it a modification with the price of what is left": (
            name is not None and any(step.event and step.event.event_type == "modification" for step in steps)
        ),
        "is of one obligation, or has payments, and no amount: state the stated price that is given up": (
            event.amount is None and (name is not None or bool(mine.payments))
        ),
    })  # fmt: skip
    if event.amount is None:
        return _Step(Terms(start, Decimal(0), {}, {}, is_cut=True, is_settled=True), event, [], last.stated)
    left: Pattern = {}
    if name is not None:
        gone = pattern_of(deal, steps[0].added, proration, {name})
        left = {m: part - gone.get(m, 0) for m, part in last.terms.pattern.items() if part != gone.get(m, 0)}
        start = month_of(event.event_date) if max(left, default=0) >= start else start
        left = {m: part for m, part in left.items() if m >= start}
    coming: Payments = {
        max(month, start) if month >= month_of(event.event_date) else month: amount
        for month, amount in mine.payments.items()
    }
    if name is not None:
        coming = _with_due_until(event, coming, last.terms.payments, start)
    before, stated = _paid_before(steps, start), last.stated - event.amount
    _refuse(event, {
        "agrees on a payment due before it: correct the payment_plan": min(coming, default=start) < start,
        f"leaves {stated} (minor units) of the price, and {before} were due before it and {sum(coming.values())} are after it: send "
        "the payments that it agrees on (below zero what goes back), or correct its amount": (
            before + sum(coming.values()) != stated or stated < 0
        ),
    })  # fmt: skip
    rate = last.terms.rate if left else Decimal(0)
    return _Step(Terms(start, rate, coming, left, is_cut=True), event, [], stated)


def _with_due_until(event: Event, coming: Payments, planned: Payments, start: int) -> Payments:
    """What an agreement lets be paid from the month of the event on; all that was planned where it says nothing.

    On the last day of a month what was due in it has been due before.
    """
    planned = {month: amount for month, amount in planned.items() if month >= start}
    is_due = old_terms_end(event.event_date) == event.event_date and start == month_of(event.event_date)
    due = {start: planned[start]} if is_due and start in planned else {}
    return {m: coming.get(m, 0) + due.get(m, 0) for m in {**due, **coming}} if coming else planned


def _paid_before(steps: Sequence[_Step], start: int) -> int:
    """What was due before a month. Unit: minor units."""
    ends = [*(step.terms.start for step in steps[1:]), start]
    return sum(
        amount
        for step, end in zip(steps, ends, strict=True)
        for month, amount in step.terms.payments.items()
        if step.terms.start <= month < end
    )


def _given_before(steps: Sequence[_Step], start: int) -> Fraction:
    """What was expected to be transferred before a month, at stated prices. Unit: minor units."""
    ends = [*(step.terms.start for step in steps[1:]), start]
    given = Fraction(0)
    for step, end in zip(steps, ends, strict=True):
        if end <= step.terms.start:
            continue
        part = sum((part for month, part in step.terms.pattern.items() if month < end), Fraction(0))
        given = part * step.stated if step.terms.is_catch_up else given + part * (step.stated - given)
    return given


def _expected(
    deal: Deal, before: Sequence[Promise], added: Sequence[Promise], start: int, proration: Proration, *, whole: bool
) -> Pattern:
    """When what remains (or the whole) is expected to be transferred, by standalone selling prices, else by stated ones."""
    worths = {p.obligation_id: standalone_price(p) for p in [*before, *added]}
    by_worth = None not in worths.values()
    found: dict[int, Fraction] = {}
    for promise in [*before, *added]:
        weight = (worths[promise.obligation_id] if by_worth else promise.stated_price) or 0
        for month, part in spread(promise, deal.signed_on, proration) if weight else ():
            at = max(month, start) if promise in added else month
            if whole or at >= start:
                found[at] = found.get(at, Fraction(0)) + weight * part
    return _normal(found, start)


def _normal(shares: Mapping[int, Fraction], start: int) -> Pattern:
    """The shares as parts of their sum; all of it in the first month where there are none."""
    total = sum(shares.values(), Fraction(0))
    return {month: share / total for month, share in shares.items()} if total else {start: Fraction(1)}


def _stated(steps: Sequence[_Step], made: Course, alone: Sequence[_Step]) -> CashPrices:
    """Each cash price stated where the engine reads it: with obligations, and as amounts of modifications."""
    prices = _split(made.prices[0], steps[0].added)
    amounts: dict[str, int | None] = {}
    for step, price, before in zip(steps[1:], made.prices[1:], made.prices, strict=False):
        if step.terms.is_cut:
            amounts |= _given_up(step, before - price)
            continue
        added = sum(p.stated_price for p in step.added)
        cash = round(Fraction(added * price, step.stated))
        if cash and 2 * cash == price - before:
            cash -= 1  # an amount that repeats the prices of what is added would count once
        prices |= _split(cash, step.added)
        amounts[_name(step)] = price - before - cash
    rows = list(made.rows)
    for step in alone:
        own = course([step.terms])
        prices |= _split(own.prices[0], step.added)
        amounts[_name(step)] = None
        rows += own.rows
    return CashPrices(prices, amounts, _by_month(rows))


def _given_up(step: _Step, amount: int) -> dict[str, int | None]:
    """What a cancellation gives up of the cash price; without an amount the engine gives up what is not earned."""
    if step.event is None or step.terms.is_settled:
        return {}
    _refuse(step.event, {
        "lets more be paid than its cash price: state the contract at its cash price without a financing_rate": amount < 0
    })  # fmt: skip
    return {step.event.event_id: amount}


def _name(step: _Step) -> str:
    return "" if step.event is None else step.event.event_id


def _split(price: int, promises: Sequence[Promise]) -> dict[str, int]:
    parts = money.split(price, [p.stated_price for p in promises]) if price else [0] * len(promises)
    return {p.obligation_id: part for p, part in zip(promises, parts, strict=True)}


def _by_month(rows: Sequence[Row]) -> list[Row]:
    """The rows with one for each month; those of contracts of their own are added."""
    found: dict[int, list[int]] = {}
    for month, amounts in rows:
        found[month] = [a + b for a, b in zip(found.get(month, [0] * len(amounts)), amounts, strict=True)]
    return sorted(found.items())
