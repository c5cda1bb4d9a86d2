"""Step 3, a significant financing component: the cash price of what is paid long before or after it is transferred.

A contract with a `financing_rate` says in its payment plan when its stated prices are paid. What is promised is expected to be
transferred as its dates say. The price is then what makes both worth the same on one day (606-10-32-15, IFRS 15.61), and the
difference to what is paid is interest, month by month on what one side owes the other:

    closing = opening + interest + paid - transferred      interest = opening x ((1 + rate)^(1/12) - 1)

Above nothing the customer is ahead, and interest is an expense that makes revenue more than what is paid; below, the seller
finances the customer, and interest is income apart from revenue (32-20). Rate and interest are those of the beginning (32-19).

Worked example (Example 29): 4,000 are paid two years before delivery, at 6 %: 240 and 254.40 of interest, revenue 4,494.40.

The expedient (32-18): where no payment lies more than a year from the transfer that it pays for, first paid for first
transferred, nothing is financed. Here: cash prices, the schedule of the financing, and who cannot be accounted for. Not here:
what interest does to the books (`rollforward`), nor present values as such (`financing`).
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from finops_pipeline.finance import money, periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import gates
from finops_pipeline.finance.revenue.inputs import Proration, gather
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.replay import month_of
from finops_pipeline.finance.revenue.screening import left_out, screen
from finops_pipeline.finance.revenue.sharing import allocate
from finops_pipeline.finance.revenue.terms import CannotAccountError, Deal, Promise, deals

_NO_CONTRACT = (
    "it was no contract when it was signed (collectability), so nothing fixed its interest: take the financing_rate away and "
    "state the cash price"
)
_YEAR = 12
_AMOUNTS = ["opening", "interest", "paid", "transferred", "closing"]
_COLUMNS = ["contract_id", "entity_id", "period", "currency", *_AMOUNTS, "status"]

Pattern = Mapping[int, Fraction]
"""By month: the part of the price that is transferred in it."""


class Financed(NamedTuple):
    """The tables at cash prices, without contracts that cannot be accounted for; the schedule; what is wrong."""

    tables: Tables
    schedule: pd.DataFrame
    findings: list[Finding]


class _Plan(NamedTuple):
    """What one contract finances. Unit: minor units; `rate` by year."""

    rate: Decimal
    payments: dict[int, int]
    pattern: Pattern


def with_financing(
    tables: Tables, payments: pd.DataFrame, as_of_period: str, proration: Proration, *, expedient: bool
) -> Financed:
    """The tables with the cash prices of contracts that have a `financing_rate`, as far as known at the end of the period.

    REV-036 (error): the financing of a contract cannot be computed; it is left out.
    Shape of the schedule: one row per contract and month from its first payment or transfer to its last. Unit: minor units.
    """
    rated = tables.contracts[tables.contracts["financing_rate"].notna()]
    rates = dict(zip(rated["contract_id"].astype("str"), rated["financing_rate"].astype(object), strict=True))
    if not rates:
        return Financed(tables, _frame([], tables.contracts, as_of_period), [])
    inputs, _ = screen(gather(*tables.only(list(rates)), as_of_period))  # who is in trouble is named by the schedule
    prices: dict[tuple[str, str], int] = {}
    rows: list[tuple[str, int, list[int]]] = []
    none = gates.gated(inputs.contracts)["contract_id"]
    findings = [left_out("REV-036", str(name), None, _NO_CONTRACT) for name in none]
    inputs = inputs.without(none.tolist())
    for deal in deals(inputs):
        mine = payments[payments["contract_id"] == deal.contract_id]
        try:
            plan = _plan(deal, rates[deal.contract_id], mine, proration)
        except CannotAccountError as trouble:
            findings.append(left_out(trouble.rule_id, deal.contract_id, trouble.obligation_id, trouble.message))
            continue
        if expedient and _longest_wait(plan) <= _YEAR:
            continue
        price, months_of = _schedule(plan)
        promises = _shared(deal)
        parts = money.split(price, [p.stated_price for p in promises])
        prices |= {(deal.contract_id, p.obligation_id): part for p, part in zip(promises, parts, strict=True)}
        rows += [(deal.contract_id, month, amounts) for month, amounts in months_of]
    kept = _without(tables, [f.subject.rsplit(" / ", 1)[0] for f in findings])
    return Financed(_at_cash_prices(kept, prices), _frame(rows, tables.contracts, as_of_period), findings)


def _shared(deal: Deal) -> list[Promise]:
    return [p for p in deal.promises if p.added_by_event_id is None and p.recognition != "usage"]


def _plan(deal: Deal, rate: Decimal, payments: pd.DataFrame, proration: Proration) -> _Plan:
    """What is paid and transferred when. Raises: CannotAccountError."""
    promises = _shared(deal)
    stated = sum(p.stated_price for p in promises)
    paid = {month_of(day.date()): 0 for day in payments["due_on"]}
    for day, amount in zip(payments["due_on"], payments["amount"], strict=True):
        paid[month_of(day.date())] += int(amount)
    changed = sorted({e.event_type for e in deal.events} & {"modification", "cancellation"})
    troubles = {
        f"a financing_rate of {rate} is not positive: correct it": rate <= 0,
        "it has a financing_rate and no payments: send its payment_plan": not paid,
        f"its payment_plan sums to {sum(paid.values())}, its stated prices to {stated} (minor units): correct one of them": (
            bool(paid) and sum(paid.values()) != stated
        ),
        "a stated price or a payment is negative, or all are nothing: state them without financing": (
            stated <= 0 or min([*paid.values(), *(p.stated_price for p in promises)], default=0) < 0
        ),
        f"it has a {' and a '.join(changed)} and a financing_rate, which fixed its interest at the beginning: take the rate "
        "away and state the cash price": bool(changed),
    }  # fmt: skip
    for message, is_so in troubles.items():
        if is_so:
            raise CannotAccountError("REV-036", None, message)
    return _Plan(rate, paid, _pattern(deal, promises, proration))


def _pattern(deal: Deal, promises: list[Promise], proration: Proration) -> Pattern:
    """When the whole price is expected to be transferred, by the allocated prices. Raises: CannotAccountError."""
    prices, _ = allocate(promises)
    whole, first = sum(prices.values()), month_of(deal.signed_on)
    found: dict[int, Fraction] = {}
    for promise in promises:
        if not prices[promise.obligation_id]:
            continue  # what is free may come at any time
        for month, part in _transfers(promise, deal.signed_on, proration):
            share = part * Fraction(prices[promise.obligation_id], whole)
            found[max(month, first)] = found.get(max(month, first), Fraction(0)) + share
    return found


def _transfers(promise: Promise, signed_on: date, proration: Proration) -> Iterator[tuple[int, Fraction]]:
    """The months in which a promise is expected to be satisfied, and the part of it in each."""
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


def _longest_wait(plan: _Plan) -> int:
    """The most months between a payment and the transfer that it pays for, the first payment for the first transfer."""
    whole = sum(plan.payments.values())
    paid = _levels({month: Fraction(amount, whole) for month, amount in plan.payments.items()})
    given = _levels(plan.pattern)
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


def _schedule(plan: _Plan) -> tuple[int, list[tuple[int, list[int]]]]:
    """The cash price, and for each month opening, interest, paid, transferred and closing; each sum is rounded once."""
    first, last = min([*plan.payments, *plan.pattern]), max([*plan.payments, *plan.pattern])
    with localcontext(money.WIDE):
        growth = (1 + plan.rate) ** (Decimal(1) / _YEAR)
        paid = sum((amount / growth ** (month - first) for month, amount in plan.payments.items()), Decimal(0))
        given = sum((_decimal(part) / growth ** (month - first) for month, part in plan.pattern.items()), Decimal(0))
        exact = paid / given
        price, total = money.round_half_even(exact), sum(plan.payments.values())
        balance = interest = Decimal(0)
        done, closing, so_far, before, rows = Fraction(0), 0, 0, 0, []
        for month in range(first, last + 1):
            interest += balance * (growth - 1)
            part, amount = plan.pattern.get(month, Fraction(0)), plan.payments.get(month, 0)
            balance = balance * growth + amount - exact * _decimal(part)
            done += part
            gained = price - total if month == last else money.round_half_even(interest)
            transferred = round(price * done)
            opening = closing
            closing = opening + gained - so_far + amount - (transferred - before)
            rows.append((month, [opening, gained - so_far, amount, transferred - before, closing]))
            so_far, before = gained, transferred
    return price, rows


def _decimal(part: Fraction) -> Decimal:
    return Decimal(part.numerator) / part.denominator


def _without(tables: Tables, contract_ids: list[str]) -> Tables:
    """The tables without these contracts."""
    gone = set(contract_ids)
    contracts, obligations, events = (t[~t["contract_id"].isin(gone)] if gone else t for t in tables[:3])
    return Tables(contracts, obligations, events, tables.entities)


def _at_cash_prices(tables: Tables, prices: Mapping[tuple[str, str], int]) -> Tables:
    if not prices:
        return tables
    rows = tables.obligations
    keys = zip(rows["contract_id"].astype("str"), rows["obligation_id"].astype("str"), strict=True)
    stated = [prices.get(key, amount) for key, amount in zip(keys, rows["stated_price"].astype(object), strict=True)]
    priced = rows.assign(stated_price=pd.Series(stated, rows.index, rows["stated_price"].dtype))
    return Tables(tables.contracts, priced, tables.events, tables.entities)


def _frame(rows: list[tuple[str, int, list[int]]], contracts: pd.DataFrame, as_of_period: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        [(contract, periods.label(month), *amounts) for contract, month, amounts in rows],
        columns=["contract_id", "period", *_AMOUNTS],
    ).astype({"contract_id": "str", "period": "str", **dict.fromkeys(_AMOUNTS, "int64")})
    heads = contracts[["contract_id", "entity_id", "currency"]].astype("str")
    frame = frame.merge(heads, on="contract_id", how="inner", validate="many_to_one")
    is_planned = (frame["period"] > as_of_period).to_numpy(np.int64)
    frame["status"] = pd.Series(["actual", "planned"], dtype="str").take(is_planned).array
    return frame[_COLUMNS].sort_values(["contract_id", "period"], ignore_index=True)


def financing_findings(schedule: pd.DataFrame, stated: pd.DataFrame, financed: pd.DataFrame) -> list[Finding]:
    """Everything that is wrong with the schedule; `stated` and `financed` are the obligations before and after.

    REV-190: opening and movements make closing, that is the next opening, and nothing is left at the end. REV-191: what is
    paid are the stated prices, and what is transferred the cash prices.
    """
    found: list[Finding] = []
    shared = [rows[rows["added_by_event_id"].isna() & (rows["recognition"] != "usage")] for rows in (stated, financed)]
    before, after = (rows.groupby("contract_id")["stated_price"].sum() for rows in shared)
    for contract, rows in schedule.groupby("contract_id", sort=True):
        made = rows["opening"] + rows["interest"] + rows["paid"] - rows["transferred"]
        opened = [0, *rows["closing"].iloc[:-1]]
        if (made != rows["closing"]).any() or rows["opening"].tolist() != opened or rows["closing"].iloc[-1] != 0:
            found.append(Finding("REV-190", str(contract), "its balances do not connect: recompute financing_schedule"))
        sums = (int(rows["paid"].sum()), int(rows["transferred"].sum()))
        if sums != (int(before.get(contract, 0)), int(after.get(contract, 0))):
            found.append(
                Finding(
                    "REV-191", str(contract),
                    f"{sums[0]} are paid and {sums[1]} transferred, its prices are {before.get(contract, 0)} and "
                    f"{after.get(contract, 0)} (minor units): recompute financing_schedule",
                )
            )  # fmt: skip
    return found
