"""The plain engine: one contract, its events one after another, and the books at the end of every month.

This is the readable form that defines the numbers. The schedule uses it for every contract whose price or promises
change; the set-wise form (`schedule`) does the others, and tests prove that both agree wherever both can speak.

Months after the reporting period are planned: services go on; goods are expected in the month of their end date (else
start date), or in the next month if that is past; what is measured is spread over the months to its end date.

Learned too late: an event recorded in a later month than it happened is replayed from that later month on. What it
changes in the months before is revenue of the month in which it was learned: its prior-period adjustment.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from finops_pipeline.finance import money, periods
from finops_pipeline.finance.revenue import changes
from finops_pipeline.finance.revenue.inputs import Proration
from finops_pipeline.finance.revenue.obligation import MEASURED, Obligation, Pool, Standing
from finops_pipeline.finance.revenue.sharing import allocate, standalone_price
from finops_pipeline.finance.revenue.terms import CannotAccountError, Deal, Event, Promise


class Entry(NamedTuple):
    """One line of the schedule: an obligation and a month (by number), with what of its revenue corrects months before."""

    obligation_id: str
    month: int
    standing: Standing
    recognized: int
    prior_period: int


@dataclass(slots=True)
class Account:
    """The lines of one obligation in one replay: where it stood at the end of the months in which something happened."""

    born: int
    at_birth: Standing
    months: dict[int, Standing] = field(default_factory=dict)
    now: Standing = field(default_factory=Standing)
    is_usage: bool = False

    def at(self, month: int) -> Standing:
        """Where it stood at the end of a month."""
        known = [m for m in self.months if m <= month]
        if known:
            return self.months[max(known)]
        return self.at_birth._replace(recognized=0) if month >= self.born else Standing()


class Replay:
    """A contract in the course of its events."""

    def __init__(self, deal: Deal, proration: Proration) -> None:
        """Sign the contract: allocate the price of what it promises from the start."""
        self.deal, self.proration = deal, proration
        self.here: dict[str, Obligation] = {}
        self.estimates: dict[tuple[str | None, str | None], tuple[Pool, int]] = {}
        self.touched: set[str] = set()
        self._pending = list(reversed(deal.events))
        self.is_owed = False
        first = [p for p in deal.promises if p.added_by_event_id is None]
        signed = month_of(deal.signed_on)
        shared = [p for p in first if p.recognition != "usage"]
        prices, worths = allocate(shared)
        weights = _weights(shared, prices, worths) if len(shared) > 1 else dict.fromkeys(prices, Fraction(1))
        self.shared = Pool(sum(prices.values()), weights, prices)
        for promise in first:
            price = prices.get(promise.obligation_id, 0)
            worth = worths.get(promise.obligation_id)
            obligation = self._enter(promise, signed, price, None if worth is None else Fraction(worth))
            obligation.pools = [] if obligation.is_usage else [self.shared]

    def _enter(self, promise: Promise, born: int, price: int, worth: Fraction | None) -> Obligation:
        obligation = self.here[promise.obligation_id] = self._obligation(promise, born, price, worth)
        return obligation

    def _obligation(self, promise: Promise, born: int, price: int, worth: Fraction | None) -> Obligation:
        minor = 10 ** money.exponent(self.deal.currency)
        return Obligation(promise, born, self.proration, worth, price, minor=minor)

    def see(self, day: date) -> None:
        """Let time pass until the end of a day."""
        for obligation in self.here.values():
            obligation.see(day)
        self.is_owed = changes.owe_back(self.here)

    def go_on(self, until: date) -> bool:
        """Let everything happen that did up to the end of a day; whether anything did. Raises: CannotAccountError."""
        happened = False
        while self._pending and self._pending[-1].event_date <= until:
            event, happened = self._pending.pop(), True
            self.see(changes.old_terms_end(event.event_date))
            self.apply(event)
        return happened

    def apply(self, event: Event) -> None:
        """What an event does to revenue; bills and cash do nothing to it. Raises: CannotAccountError."""
        if event.event_type == "modification":
            self._modify(event)
        elif event.event_type == "cancellation":
            self._known(event)
            changes.cancel(event, self.here)
        elif event.event_type == "variable_estimate":
            self._estimate(event)
        elif event.event_type in _DOES:
            for obligation in self._concerned(event):
                _DOES[event.event_type](obligation, event)
                self.touched.add(obligation.name)

    def _known(self, event: Event) -> None:
        if event.obligation_id is not None and event.obligation_id not in self.here:
            raise CannotAccountError(
                "REV-009", event.obligation_id,
                f"{event.event_type} {event.event_id} names an obligation the contract does not have on that day: correct it",
            )  # fmt: skip

    def _concerned(self, event: Event) -> list[Obligation]:
        """The obligations an event is about: the one it names, or (a delivery of everything) all goods still open."""
        self._known(event)
        if event.obligation_id is not None:
            return [self.here[event.obligation_id]] if _fits(event, self.here[event.obligation_id]) else []
        return [o for o in self.here.values() if o.promise.recognition == "point_in_time" and not o.is_closed]

    def _modify(self, event: Event) -> None:
        mine = [p for p in self.deal.promises if p.added_by_event_id == event.event_id]
        if event.obligation_id in {p.obligation_id for p in mine}:
            event = replace(event, obligation_id=None)  # it names what it adds, so it restricts nothing
        self._known(event)
        born = month_of(event.event_date)
        added = [
            self._enter(p, born, p.stated_price, self._worth_of_added(p, event))
            for p in mine
            if p.recognition != "usage"
        ]
        pool = changes.modify(event, self.here, added)
        for promise in mine:
            if promise.recognition == "usage":
                self._enter(promise, born, 0, None)
        self.shared = pool or self.shared

    def _worth_of_added(self, promise: Promise, event: Event) -> Fraction | None:
        """The standalone selling price of what a modification adds, if need be that of the same product before.

        What shares a price has one everywhere, or nowhere.
        """
        worth = standalone_price(promise)
        if worth is not None:
            return Fraction(worth)
        beside = [] if event.method == "separate" else [o for o in self.here.values() if o.worth is not None]
        same = [o for o in beside if changes.is_same_product(o.promise, promise)]
        if same:
            return changes.unit_worth(same[-1]) * changes.units(self._obligation(promise, 0, 0, None))
        if beside:
            raise CannotAccountError(
                "REV-007", promise.obligation_id,
                f"it was added by {event.event_id} without a standalone selling price: fill in ssp",
            )  # fmt: skip
        return None

    def _estimate(self, event: Event) -> None:
        """A new estimate replaces the one of its component; the change is shared out (606-10-32-14, 32-42 to 32-45).

        What a component is of is known with its first estimate: the contract as it was then, or the obligation that it names.
        """
        self._known(event)
        what, amount = (event.obligation_id, event.component), event.amount or 0
        pool, before = self.estimates.get(what) or (self._pool_of(event), 0)
        self.estimates[what] = pool, amount
        changes.change_price(pool, amount - before, self.here)

    def _pool_of(self, event: Event) -> Pool:
        name = event.obligation_id
        if name is None:
            return self.shared
        obligation = self.here[name]
        if obligation.is_usage:
            obligation.refuse("REV-027", event, "is of usage, which is recognized as invoiced: send the usage")
        alone = Pool(0, {name: Fraction(1)}, {name: 0}, is_directed=True)
        if obligation.is_closed:
            alone.moved[name] = (Fraction(1), None)
        else:
            obligation.pools.append(alone)
        return alone


_DOES = {
    "delivery": Obligation.advance,
    "progress": Obligation.advance,
    "usage": Obligation.use,
    "return": Obligation.take_back,
    "returns_estimate": Obligation.expect_back,
}
_FITS = {
    "delivery": ("point_in_time", "output", "input"),
    "progress": MEASURED,
    "usage": ("usage",),
}


def _fits(event: Event, obligation: Obligation) -> bool:
    return obligation.promise.recognition in _FITS.get(event.event_type, (obligation.promise.recognition,))


def _weights(shared: list[Promise], prices: dict[str, int], worths: dict[str, int | None]) -> dict[str, Fraction]:
    """In which proportion a change of the price is shared out: standalone selling prices, else the prices they stand at."""
    special = any(p.discount_group or p.ssp_method == "residual" for p in shared)
    by_ssp = not special and all(worth is not None for worth in worths.values())
    return {name: Fraction((worths[name] or 0) if by_ssp else price) for name, price in prices.items()}


def month_of(day: date) -> int:
    """The number of the month a day lies in."""
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=1200)
def last_day(month: int) -> date:
    """The last day of a month."""
    return periods.last_day(periods.label(month))


def entries(deal: Deal, as_of_period: str, proration: Proration) -> list[Entry]:
    """The schedule lines of one contract, by obligation and month.

    Raises: CannotAccountError.
    """
    as_of = periods.index(as_of_period)
    late = deal.late_months
    lasts = [*(month - 1 for month in late), as_of]  # what was known before is replayed as long as nothing more was
    told = [
        (month, accounts(deal.known(month), last, proration)) for month, last in zip((None, *late), lasts, strict=True)
    ]
    for _, known in told:
        for account in known.values():
            _keep_birth_in_sight(account, is_late=bool(late))
    found: list[Entry] = []
    for name in sorted({name for _, known in told for name in known}):
        found += _booked(name, [(month, known[name]) for month, known in told if name in known])
    return found


def _booked(name: str, told: list[tuple[int | None, Account]]) -> Iterator[Entry]:
    """The lines of an obligation, each month as it was known then, corrections in the month in which they were learned."""
    before = Standing()
    ends = [learned for learned, _ in told[1:]]
    for (learned, account), until in zip(told, [*ends, None], strict=True):
        correction = 0
        months = {m for m in account.months if (learned is None or m >= learned) and (until is None or m < until)}
        if learned is not None:
            correction = account.at(learned - 1).recognized - before.recognized
            months |= {learned} if account.at(learned) != before else set()
        for month in sorted(months):
            now = account.at(month)
            yield Entry(name, month, now, now.recognized - before.recognized, correction if month == learned else 0)
            before = now


def accounts(deal: Deal, as_of: int, proration: Proration) -> dict[str, Account]:
    """Where every obligation stood at the end of each month, with the events of this contract as they are."""
    replay = Replay(deal, proration)
    found: dict[str, Account] = {}
    first = month_of(deal.signed_on)
    for month in range(first, max(as_of, first) + 1):
        last = last_day(month)
        replay.touched = set()
        happened, was_owed = replay.go_on(last), replay.is_owed
        replay.see(last)
        is_quiet = not happened and replay.is_owed == was_owed
        for name, obligation in replay.here.items():
            if is_quiet and name in found and not _is_serving(obligation, month):
                continue
            if name not in found:
                found[name] = Account(month, obligation.standing())
            _note(found[name], obligation, month, is_touched=name in replay.touched)
    for name, obligation in replay.here.items():
        found[name].is_usage = obligation.is_usage
        _plan(found[name], obligation, max(as_of, first), as_of + 1)
    return found


def _note(account: Account, obligation: Obligation, month: int, *, is_touched: bool = False) -> None:
    """Keep where an obligation stands, in a month in which something happened to it."""
    now = obligation.standing()
    if not min(now.allocated, 0) <= now.recognized <= max(now.allocated, 0):
        raise CannotAccountError(
            "REV-033", obligation.name,
            f"in {periods.label(month)} its revenue of {now.recognized} would be more than its price of {now.allocated} (minor "
            "units): correct the events that lower the price",
        )  # fmt: skip
    before = account.now if month > account.born else Standing(now.allocated)
    if is_touched or now != before or _is_serving(obligation, month):
        account.months[month] = now
    account.now = now


def _is_serving(obligation: Obligation, month: int) -> bool:
    """Whether a service runs in a month; what it did before the contract was signed counts in that month."""
    start, end = obligation.promise.start_date, obligation.promise.end_date
    if obligation.promise.recognition != "straight_line" or obligation.is_closed or start is None or end is None:
        return False
    return max(month_of(start), obligation.born) <= month <= max(month_of(end), obligation.born)


def _plan(account: Account, obligation: Obligation, last: int, next_month: int) -> None:
    """What is expected after the last month that was replayed: from `next_month`, but not before the contract."""
    promise = obligation.promise
    expected = promise.end_date or (promise.start_date if promise.recognition == "point_in_time" else None)
    if expected is None or obligation.is_satisfied or obligation.is_usage:
        return
    if promise.recognition == "straight_line":
        for month in range(last + 1, month_of(expected) + 1):
            obligation.see(last_day(month))
            _note(account, obligation, month)
        return
    first = max(next_month, obligation.born)
    final = max(month_of(expected), first)
    now = obligation.standing()
    if promise.recognition == "point_in_time":
        obligation.done = obligation.whole
        account.months[final] = obligation.standing()
        return
    for number, month in enumerate(range(first, final + 1), 1):
        part = round(Fraction((now.allocated - now.recognized) * number, final - first + 1))
        account.months[month] = now._replace(recognized=now.recognized + part)


def _keep_birth_in_sight(account: Account, *, is_late: bool) -> None:
    """An obligation without lines, or whose price changes, has a line in the month in which it came into the contract."""
    is_repriced = not account.is_usage and any(
        s.allocated != account.at_birth.allocated for s in account.months.values()
    )
    if is_late or is_repriced or not account.months:
        account.months.setdefault(account.born, account.at_birth)
