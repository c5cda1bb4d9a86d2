"""Changes of a contract: modification, cancellation, and new estimates of variable consideration.

A modification is accounted for as the event's `method` says (ASC 606-10-25-12 and 25-13; IFRS 15.20-21):

* `separate`: what it adds is a contract of its own at its own prices.
* `prospective`: what is earned stays; what is not earned yet, the change of the price and the prices of what is added
  are one price, shared out over what remains to be done by standalone selling prices. Goods of one product have one
  price on that day, that of what is added, so that they are shared by units (Example 5 B: 8,400 over 90 units).
* `cumulative`: price and progress are taken as if they had always been so; the difference is caught up at once.
* Mixed (25-13 c): one event for each part, each naming its obligation.

The price changes by the event's `amount` and by the stated prices of the obligations it adds. Variable consideration is
shared out as at inception (606-10-32-42 to 32-44); after a prospective modification its change goes to what was promised
before, and what of that was not yet done then, to what remained (32-45 a; Example 6).

When a change takes effect: at the beginning of its day; on the last day of a month, at the close of that day.

Not here: how far an obligation is satisfied (`obligation`), the order of events (`replay`).
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from fractions import Fraction

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue.obligation import MEASURED, Obligation, Pool, part_shares
from finops_pipeline.finance.revenue.terms import CannotAccountError, Event, Promise

Here = dict[str, Obligation]


def old_terms_end(day: date) -> date:
    """The last day under the terms before a change.

    >>> old_terms_end(date(2026, 5, 1)), old_terms_end(date(2026, 5, 31))
    (datetime.date(2026, 4, 30), datetime.date(2026, 5, 31))
    """
    return day if day == periods.last_day(periods.of(day)) else day - timedelta(days=1)


def change_price(pool: Pool, amount: int, here: Here) -> None:
    """Variable consideration changes the price of a pool: each share changes with it, and what has moved on follows."""
    pool.price += amount
    shares = part_shares(pool.price, pool.weights, "variable consideration")
    onward: list[tuple[Pool, int]] = []
    for name, share in shares.items():
        obligation, change = here[name], share - pool.shares[name]
        part, heir = pool.moved.get(name, (None, None))
        if part is None:
            obligation.price += change
            obligation.variable += change
            continue
        earned = change if heir is None else round(share * part) - round(pool.shares[name] * part)
        obligation.settled += earned
        obligation.variable += earned
        if heir is not None:
            onward.append((heir, change - earned))
    pool.shares = shares
    for heir in dict.fromkeys(heir for heir, _ in onward):
        change_price(heir, sum(rest for other, rest in onward if other is heir), here)


def modify(event: Event, here: Here, added: Sequence[Obligation]) -> Pool | None:
    """Account for a modification; returns the pool that carries the contract's price from now on, None if it is the same.

    `added` are among `here`, and stand at their stated prices. Raises: CannotAccountError.
    """
    if event.method is None:
        raise CannotAccountError(
            "REV-022", event.obligation_id, f"modification {event.event_id} has no method: fill it in"
        )
    if event.method == "separate":
        _separate(event, added)
        return None
    for obligation in here.values():
        obligation.see(old_terms_end(event.event_date))
    amount = change_of_price(event, [o.promise.stated_price for o in added])
    before = [here[event.obligation_id]] if event.obligation_id else list(here.values())
    before = [o for o in before if not (o.is_usage or o.is_closed or o in added)]
    account = _prospective if event.method == "prospective" else _cumulative
    pool = account(event, amount, before, added)
    return None if event.obligation_id else pool  # one that names an obligation leaves the price of the others alone


def change_of_price(event: Event, added: Sequence[int]) -> int:
    """What a modification changes in the price besides the stated prices of what it adds.

    An amount that repeats exactly what is added says the same thing twice, and counts once.
    """
    repeats = bool(added) and event.amount == sum(added)
    return 0 if event.amount is None or repeats else event.amount


def _separate(event: Event, added: Sequence[Obligation]) -> None:
    """What is added shares its own price as that of a contract is shared on signing (`replay`)."""
    if not added:
        raise CannotAccountError(
            "REV-022", None, f"separate modification {event.event_id} adds nothing: send the obligations it adds"
        )
    price = sum(o.price for o in added) + change_of_price(event, [o.price for o in added])
    _share(price, added, _plain_weights(added))


def _prospective(event: Event, amount: int, before: list[Obligation], added: Sequence[Obligation]) -> Pool:
    """What is left of the old terms and what is new are one price for what remains to be done."""
    grows = event.obligation_id is not None and ((event.quantity or 0) > 0 or event.total_measure is not None)
    before = [o for o in before if grows or not o.is_satisfied]
    parts = [o.part for o in before]
    for obligation in before:
        _begin_anew(obligation)
        _resize(obligation, event)
    rests = [*before, *added]
    if not rests:
        raise CannotAccountError(
            "REV-026", event.obligation_id,
            f"modification {event.event_id} is prospective, but nothing remains to be done: make it cumulative",
        )  # fmt: skip
    rest = sum(o.price for o in rests)
    if rest >= 0 > rest + amount:
        raise CannotAccountError(
            "REV-026", event.obligation_id,
            f"modification {event.event_id} takes more off the price than is still to be earned: make it cumulative",
        )  # fmt: skip
    price = amount + rest
    pool = _share(price, rests, _weights(rests, {o.name for o in added}))
    for obligation, part in zip(before, parts, strict=True):
        _leave(obligation, part, pool, obligation.pools)
    return pool


def _begin_anew(obligation: Obligation) -> None:
    """Settle what is earned; what is left of price and measure are the new terms."""
    earned = obligation.gross
    obligation.price += obligation.settled - earned
    obligation.settled = earned
    obligation.laid_up, obligation.materials = obligation.laid_up + obligation.materials, 0
    obligation.before += obligation.done
    obligation.begin += int(obligation.done)
    obligation.whole -= obligation.done
    obligation.done = Fraction(0)


def _resize(obligation: Obligation, event: Event) -> None:
    """A modification that names an obligation changes how much it promises. Raises: CannotAccountError."""
    if event.obligation_id != obligation.name:
        return
    if event.quantity is not None and obligation.is_counted:
        obligation.whole += event.quantity
    if event.total_measure is not None and obligation.promise.recognition in MEASURED:
        obligation.whole = event.total_measure - obligation.before - obligation.aside
    if obligation.whole < obligation.done:
        obligation.refuse("REV-010", event, "leaves less than was done already: correct its quantity or total_measure")


def _leave(obligation: Obligation, part: Fraction, heir: Pool | None, pools: Sequence[Pool]) -> None:
    """What changes later in the pools an obligation leaves goes, as far as it was not done, to the heir."""
    for pool in list(pools):
        pool.moved[obligation.name] = (part, heir)
        obligation.pools.remove(pool)
        obligation.left.append(pool)
    if heir is not None:
        obligation.pools.append(heir)


def _come_back(obligation: Obligation) -> None:
    """What changes later in the pools that an obligation had left is of its present price again."""
    for pool in obligation.left:
        del pool.moved[obligation.name]
    obligation.pools += obligation.left
    obligation.left = []


def _weights(rests: Sequence[Obligation], added: Collection[str] = ()) -> dict[str, Fraction]:
    """The weights of obligations: standalone selling prices of what remains of each, goods of one product by units.

    Without standalone selling prices, the prices they stand at are the weights.
    """
    by_ssp = all(o.worth is not None for o in rests)
    weights = _plain_weights(rests)
    for family in _families(rests):
        counts = {o.name: units(o) for o in family}
        new = [o.name for o in family if o.name in added] if by_ssp else list(counts)
        if new:
            unit = sum((weights[name] for name in new), Fraction(0)) / sum((counts[name] for name in new), Fraction(0))
            weights |= {name: unit * count for name, count in counts.items()}
    return weights


def _plain_weights(rests: Sequence[Obligation]) -> dict[str, Fraction]:
    by_ssp = all(o.worth is not None for o in rests)
    return {o.name: (o.worth or 0) * _remaining(o) if by_ssp else Fraction(o.price) for o in rests}


def _remaining(obligation: Obligation) -> Fraction:
    """What remains under the present terms, as a part of what the standalone selling price is for."""
    return obligation.whole / obligation.promised


def _families(rests: Sequence[Obligation]) -> list[list[Obligation]]:
    """Obligations of one product, satisfied in one way, whose remaining units can be counted."""
    found: dict[tuple[str, str], list[Obligation]] = {}
    for obligation in rests:
        found.setdefault((obligation.promise.product_id, obligation.promise.recognition), []).append(obligation)
    return [family for family in found.values() if len(family) > 1 and all(units(o) > 0 for o in family)]


def units(obligation: Obligation) -> Fraction:
    """What remains of an obligation in units of its product: pieces, or pieces times days or months of service."""
    promise = obligation.promise
    if promise.recognition == "straight_line":
        return obligation.whole * (promise.quantity or 1)
    return obligation.whole if promise.recognition == "point_in_time" and promise.quantity else Fraction(0)


def is_same_product(one: Promise, other: Promise) -> bool:
    """Whether two promises are of units that could be exchanged for each other."""
    countable = one.recognition == "straight_line" or (one.quantity is not None and other.quantity is not None)
    return countable and (one.product_id, one.recognition) == (other.product_id, other.recognition)


def unit_worth(obligation: Obligation) -> Fraction:
    """The standalone selling price of one unit."""
    pieces = obligation.promise.quantity or 1 if obligation.promise.recognition == "straight_line" else 1
    return (obligation.worth or 0) / (obligation.promised * pieces)


def _share(price: int, among: Sequence[Obligation], weights: dict[str, Fraction]) -> Pool:
    """One price for these obligations from now on."""
    if len(among) == 1:
        weights = {among[0].name: Fraction(1)}
    shares = part_shares(price, weights, "a modification")
    pool = Pool(price, weights, shares)
    for obligation in among:
        obligation.price = shares[obligation.name]
        if not obligation.pools:  # it is new
            obligation.pools.append(pool)
    return pool


def _cumulative(event: Event, amount: int, before: list[Obligation], added: Sequence[Obligation]) -> Pool | None:
    """Price and progress as if they had always been as they are now, and so what estimates of earlier terms change later."""
    own = {o.name: [pool for pool in o.pools if pool.is_directed] for o in before}
    for obligation in before:
        _come_back(obligation)
        obligation.price += obligation.settled
        obligation.settled = 0
        obligation.laid_up, obligation.materials = 0, obligation.laid_up + obligation.materials
        obligation.begin -= int(obligation.before)
        obligation.done += obligation.before
        obligation.whole += obligation.before
        obligation.before = Fraction(0)
        _resize(obligation, event)
    if event.obligation_id and not added:
        here = before[0] if before else None
        if here is None:
            raise CannotAccountError(
                "REV-025",
                event.obligation_id,
                f"modification {event.event_id} comes after the cancellation: correct it",
            )
        here.price += amount
        return None
    alone = {name: sum(pool.shares[name] for pool in pools) for name, pools in own.items()}
    for obligation in before:
        obligation.price -= alone[obligation.name]
    rests = [*before, *added]
    pool = _share(amount + sum(o.price for o in rests), rests, _weights(rests))
    for obligation in before:
        obligation.price += alone[obligation.name]
        _leave(obligation, Fraction(0), pool, [p for p in obligation.pools if p not in own[obligation.name]])
    return pool


def cancel(event: Event, here: Here) -> None:
    """End a contract, an obligation, or so many units of it: what is not earned is given up (ASC 606-10-25-13 a).

    The event's `amount` is the price that is given up; without it, all that is not earned. What is not given up though
    nothing remains to be done is earned now. What was given up may pay for the rest as long as there is one; then it is owed
    back, as far as it was invoiced or paid (`owe_back`). Raises: CannotAccountError.
    """
    for obligation in here.values():
        obligation.see(old_terms_end(event.event_date))
    ends = [here[event.obligation_id]] if event.obligation_id else list(here.values())
    usage = [o for o in ends if o.is_usage]
    ends = [o for o in ends if not (o.is_usage or o.is_closed)]
    if event.quantity is not None:
        _cancel_units(event, ends)
        return
    for obligation in usage:
        obligation.is_closed = True
    rests = {o.name: Fraction(o.settled + o.price - o.gross) for o in ends}
    given_up = sum(rests.values()) if event.amount is None else event.amount
    kept = part_shares(int(sum(rests.values()) - given_up), rests, f"cancellation {event.event_id}")
    for obligation in ends:
        part = obligation.part
        _begin_anew(obligation)
        obligation.given_up += obligation.price - kept[obligation.name]
        obligation.settled += kept[obligation.name]
        obligation.kept += kept[obligation.name]
        obligation.price, obligation.whole, obligation.is_closed = 0, Fraction(0), True
        _leave(obligation, part, None, obligation.pools)


def _cancel_units(event: Event, ends: Sequence[Obligation]) -> None:
    if len(ends) != 1 or not ends[0].is_counted:
        raise CannotAccountError(
            "REV-012",
            event.obligation_id,
            f"cancellation {event.event_id} has a quantity: name the obligation it is of",
        )
    obligation, units = ends[0], event.quantity or Fraction(0)
    part = obligation.part
    _begin_anew(obligation)
    if not 0 < units <= obligation.whole:
        obligation.refuse("REV-010", event, "gives up more than is left, or nothing: correct its quantity")
    given_up = round(obligation.price * units / obligation.whole) if event.amount is None else event.amount
    obligation.price -= given_up
    obligation.given_up += given_up
    obligation.whole -= units
    heir = Pool(obligation.price, {obligation.name: Fraction(1)}, {obligation.name: obligation.price})
    _leave(obligation, part, heir, obligation.pools)


def owe_back(here: Here) -> bool:
    """What was given up is owed back once nothing of the contract is left to be done; whether it is now."""
    given_up = [o for o in here.values() if o.given_up]
    is_owed = bool(given_up) and all(o.is_closed if o.is_usage else o.is_satisfied for o in here.values())
    for obligation in given_up:
        obligation.owed_back = obligation.given_up if is_owed else 0
    return is_owed
