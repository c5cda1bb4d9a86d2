"""What events do to the obligations of one contract, in the slow reference: one method for each kind of event.

Written from ASC 606-10-25-10 to 25-13, 25-23 to 25-37, 32-14, 32-28 to 32-45 and docs/revenue.md; the conventions that
the standard leaves open are named where they are applied.
"""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from finops_pipeline_tests.finance.revenue.reference_terms import (
    ZERO,
    CannotError,
    Duty,
    Pot,
    Row,
    largest_remainder,
    last_day,
    month_number,
)

MEASURED = ("output", "input")
_ORDER = {"returns_estimate": 1, "variable_estimate": 1, "modification": 2, "cancellation": 3}


def eve(day: date) -> date:
    """The last day of the old terms: a change is of the morning of its day, on the last day of a month of its evening."""
    return day if day == last_day(month_number(day)) else day - timedelta(1)


class Course:
    """One contract in the course of its events."""

    def __init__(self, contract: Row, promises: list[Row], events: list[Row], proration: str, minor: int) -> None:
        self.promises, self.proration, self.minor = promises, proration, minor
        self.duties: dict[str, Duty] = {}
        self.components: dict[tuple[str | None, str | None], Pot] = {}
        self.estimates: dict[tuple[str | None, str | None], int] = {}
        born_on = {p["obligation_id"]: _day_of(p["added_by_event_id"], events) for p in promises}

        def place(event: Row) -> tuple[date, int, str]:
            rank = _ORDER.get(event["event_type"], 0)
            is_of_added = not rank and born_on.get(event["obligation_id"]) == event["event_date"]
            return event["event_date"], 4 if is_of_added else rank, event["event_id"]

        self.events = sorted(events, key=place)
        first = [p for p in promises if p["added_by_event_id"] is None]
        born = month_number(contract["signed_on"])
        duties = [self._enter(p, born, p["ssp"]) for p in first]
        shared = [d for d in duties if d.kind != "usage"]
        worthless = shared and all(d.worth == 0 for d in shared)
        _refuse_if(bool(worthless and sum(d.flat for d in shared)), "standalone selling prices of nothing")
        self.contract_pot = self._share(shared, 0)

    def _enter(self, promise: Row, born: int, worth: Any) -> Duty:
        worth = None if worth is None or promise["recognition"] == "usage" else Fraction(worth)
        duty = Duty(promise, born, worth, self.proration, self.minor)
        duty.flat = 0 if duty.kind == "usage" else promise["stated_price"]
        self.duties[duty.name] = duty
        return duty

    def _share(self, duties: list[Duty], extra: int, new: set[str] | None = None) -> Pot:
        """One price for what these stand at and something more; units of one product are told apart by those that are new."""
        weights = self._weights(duties, new) if len(duties) != 1 else {duties[0].name: Fraction(1)}
        pot = Pot(extra + sum(d.flat for d in duties), weights)
        largest_remainder(pot.own, list(weights.values()))
        for duty in duties:
            duty.flat = 0
            duty.join(pot)
        return pot

    # --- What is done

    def see(self, day: date) -> None:
        for duty in self.duties.values():
            duty.see(day)
        is_over = all(d.is_closed or (d.kind != "usage" and d.is_finished()) for d in self.duties.values())
        for duty in self.duties.values():  # as long as something is left, what was paid for a part may pay for the rest
            duty.owed = duty.given_up if is_over else 0

    def apply(self, event: Row) -> None:
        self.see(eve(event["event_date"]))
        named = event["obligation_id"]
        kind = event["event_type"]
        if kind in ("invoice", "payment", "refund", "write_off"):
            return
        mine = [p for p in self.promises if p["added_by_event_id"] == event["event_id"]]
        if named is not None and named not in self.duties and named not in {p["obligation_id"] for p in mine}:
            raise CannotError("an obligation the contract does not have on that day")
        if kind == "modification":
            self._modify(event, mine)
        elif kind == "cancellation":
            self._cancel(event)
        elif kind == "variable_estimate":
            self._estimate(event)
        else:
            goods = [d for d in self.duties.values() if d.kind == "point_in_time" and not d.is_closed]
            for duty in goods if named is None else [self.duties[named]]:
                getattr(self, f"_{kind}")(duty, event)

    def _delivery(self, duty: Duty, event: Row) -> None:
        _refuse_if(duty.is_closed, "done after the cancellation")
        if duty.kind in ("straight_line", "usage"):
            return
        if duty.kind == "input":  # materials before they are installed: at cost, and no progress (606-10-55-21)
            _refuse_if(event["amount"] is None, "materials without cost")
            duty.materials += event["amount"]
            duty.aside += Fraction(event["amount"], duty.minor)
            duty.whole -= Fraction(event["amount"], duty.minor)
            _refuse_if(duty.done() > duty.whole, "more than promised")
        elif event["quantity"] is None or not duty.has_units:
            duty.total = duty.before + duty.whole
        else:
            self._more(duty, event)

    def _progress(self, duty: Duty, event: Row) -> None:
        _refuse_if(duty.is_closed, "done after the cancellation")
        self._more(duty, event)

    def _more(self, duty: Duty, event: Row) -> None:
        duty.total += event["quantity"] or 0
        if event["total_measure"] is not None:
            duty.whole = event["total_measure"] - duty.before - duty.aside
        _refuse_if(duty.done() > duty.whole, "more than promised")

    def _usage(self, duty: Duty, event: Row) -> None:
        _refuse_if(duty.is_closed, "done after the cancellation")
        if event["amount"] is not None:
            duty.used += event["amount"]
        else:
            duty.used += round(duty.row["stated_price"] * event["quantity"] / (duty.row["quantity"] or 1))

    def _return(self, duty: Duty, event: Row) -> None:
        quantity, amount = duty.returned
        if event["amount"] is not None:
            amount += event["amount"]
        elif duty.has_units:
            quantity = duty.total if event["quantity"] is None else quantity + event["quantity"]
        else:
            amount = duty.gross()
        _refuse_if(quantity > duty.total or amount > duty.gross(), "more back than transferred")
        duty.returned = quantity, amount

    def _returns_estimate(self, duty: Duty, event: Row) -> None:
        amount = event["amount"]
        duty.expected = (event["quantity"] or ZERO, 0) if amount is None else (ZERO, amount)

    # --- What changes the price

    def _estimate(self, event: Row) -> None:
        """A component is promised with its first estimate: by what was promised then its changes are shared (32-44, 32-45 a)."""
        named, what = event["obligation_id"], (event["obligation_id"], event["component"])
        if what not in self.components:
            self.components[what] = self.contract_pot if named is None else self._own_pot(self.duties[named])
        pot = self.components[what]
        pot.own += event["amount"] - self.estimates.get(what, 0)
        self.estimates[what] = event["amount"]
        largest_remainder(pot.price(), list(pot.weights.values()))

    def _own_pot(self, duty: Duty) -> Pot:
        _refuse_if(duty.kind == "usage", "an estimate of usage")
        pot = Pot(0, {duty.name: Fraction(1)})
        duty.join(pot)
        if duty.is_closed:
            duty.leave(pot, Fraction(1), None)
        return pot

    def _modify(self, event: Row, mine: list[Row]) -> None:
        born = month_number(event["event_date"])
        named = event["obligation_id"]
        if named in {p["obligation_id"] for p in mine}:
            named = None  # it names what it adds, and restricts nothing
        added = [self._enter(p, born, self._worth(p, event)) for p in mine if p["recognition"] != "usage"]
        stated = sum(d.row["stated_price"] for d in added)
        is_repeated = bool(added) and event["amount"] == stated  # says the prices of what it adds once more
        amount = 0 if event["amount"] is None or is_repeated else event["amount"]
        if event["method"] == "separate":
            _refuse_if(not added, "nothing is added")
            self._share(added, amount)  # a contract of its own is shared as one that is signed
        else:
            before = [d for d in self.duties.values() if d not in added and d.kind != "usage" and not d.is_closed]
            before = [d for d in before if named in (None, d.name)]
            account = self._prospective if event["method"] == "prospective" else self._cumulative
            account(event, named, amount, before, added)
        for promise in mine:
            if promise["recognition"] == "usage":
                self._enter(promise, born, None)

    def _worth(self, promise: Row, event: Row) -> Fraction | None:
        """A standalone selling price of what is added: its own, else that of the units of the same product before."""
        if promise["ssp"] is not None:
            return Fraction(promise["ssp"])
        others = [d for d in self.duties.values() if d.worth is not None and event["method"] != "separate"]
        for other in reversed(others):
            if _is_one_product(other.row, promise):
                fresh = Duty(promise, 0, None, self.proration, self.minor)
                pieces = (other.row["quantity"] or 1) if other.kind == "straight_line" else 1
                return Fraction(other.worth or 0) / (other.promised * pieces) * _units(fresh)
        _refuse_if(bool(others), "no standalone selling price of what is added")
        return None

    def _weights(self, duties: list[Duty], new: set[str] | None) -> dict[str, Fraction]:
        """Standalone selling prices of what remains, else prices; units of one product at the price of those that are added."""
        has_ssp = all(d.worth is not None for d in duties)
        weights = {d.name: (d.worth or 0) * d.whole / d.promised if has_ssp else Fraction(d.flat) for d in duties}
        products = [] if new is None else [(d.row["product_id"], d.kind) for d in duties]
        for product in dict.fromkeys(products):
            same = [d for d in duties if (d.row["product_id"], d.kind) == product]
            setting = [d for d in same if not has_ssp or d.name in (new or ())]
            if len(same) > 1 and setting and all(_units(d) > 0 for d in same):
                unit = sum((weights[d.name] for d in setting), ZERO) / sum((_units(d) for d in setting), ZERO)
                weights |= {d.name: unit * _units(d) for d in same}
        return weights

    def _prospective(self, event: Row, named: str | None, amount: int, before: list[Duty], added: list[Duty]) -> None:
        """25-13 a: what is earned stays; the rest of the price and what is new are the price of what remains."""
        more = named is not None and ((event["quantity"] or 0) > 0 or event["total_measure"] is not None)
        before = [d for d in before if more or not d.is_finished()]
        _refuse_if(not before and not added, "nothing remains")
        left = [(d, pot, d.part()) for d in before for pot in d.pots]
        for duty in before:
            duty.settle()
            _resize(duty, event, named)
        rest = sum(d.flat for d in [*before, *added])
        _refuse_if(rest >= 0 > rest + amount, "less than nothing remains of the price")
        self._take_over(left, [*before, *added], amount, {d.name for d in added}, named)

    def _take_over(
        self, left: list[tuple[Duty, Pot, Fraction]], duties: list[Duty], amount: int, new: set[str], named: str | None
    ) -> None:
        """One price again for these; what changes later in the pots they leave follows as far as it was not done then."""
        heir = self._share(duties, amount, new)
        for duty, pot, part in left:
            duty.leave(pot, part, heir)
        if named is None:
            self.contract_pot = heir

    def _cumulative(self, event: Row, named: str | None, amount: int, before: list[Duty], added: list[Duty]) -> None:
        """25-13 b: as if it had always been so; estimates that name an obligation stay its own."""
        _refuse_if(named is not None and not added and not before, "modified after the cancellation")
        own = {
            id(pot) for (name, _), pot in self.components.items() for d in before if name == d.name and pot in d.pots
        }
        for duty in before:
            duty.reopen()
            _resize(duty, event, named)
        if named is not None and not added:
            before[0].flat += amount
            return
        left = [(d, pot, ZERO) for d in before for pot in d.pots if id(pot) not in own]
        for duty, pot, _ in left:
            duty.flat += pot.share(duty.name)
        self._take_over(left, [*before, *added], amount, set(), named)

    def _cancel(self, event: Row) -> None:
        """What is not earned is given up, or what the amount says; the rest is earned, as nothing remains to be done."""
        named = event["obligation_id"]
        ends = [d for d in self.duties.values() if named in (None, d.name) and not d.is_closed]
        measured = [d for d in ends if d.kind != "usage"]
        if event["quantity"] is not None:
            self._cancel_units(event, measured)
            return
        left = [(d, pot, d.part()) for d in measured for pot in d.pots]
        for duty in measured:
            duty.settle()
        rest = sum(d.flat for d in measured)
        given_up = rest if event["amount"] is None else event["amount"]
        kept = largest_remainder(rest - given_up, [Fraction(d.flat) for d in measured])
        for duty, fee in zip(measured, kept, strict=True):
            duty.given_up += duty.flat - fee
            duty.kept_fee += fee
            duty.flat, duty.whole = 0, ZERO
        for duty, pot, part in left:
            duty.leave(pot, part, None)
        for duty in ends:
            duty.is_closed = True

    def _cancel_units(self, event: Row, ends: list[Duty]) -> None:
        _refuse_if(len(ends) != 1 or not ends[0].has_units, "units of what?")
        duty = ends[0]
        left = [(duty, pot, duty.part()) for pot in duty.pots]
        duty.settle()
        _refuse_if(not 0 < event["quantity"] <= duty.whole, "more than is left")
        by_units = round(duty.flat * event["quantity"] / duty.whole)
        given_up = by_units if event["amount"] is None else event["amount"]
        duty.flat, duty.given_up = duty.flat - given_up, duty.given_up + given_up
        duty.whole -= event["quantity"]
        self._take_over(left, [duty], 0, set(), duty.name)


def _refuse_if(is_wrong: bool, why: str) -> None:
    if is_wrong:
        raise CannotError(why)


def _resize(duty: Duty, event: Row, named: str | None) -> None:
    """A modification that names an obligation may change how much it promises."""
    if named != duty.name:
        return
    if event["quantity"] is not None and duty.has_units:
        duty.whole += event["quantity"]
    if event["total_measure"] is not None and duty.kind in MEASURED:
        duty.whole = event["total_measure"] - duty.before - duty.aside
    _refuse_if(duty.whole < duty.done(), "less than was done")


def _units(duty: Duty) -> Fraction:
    """What remains in units of the product: pieces, or pieces times the time of the service."""
    if duty.kind == "straight_line":
        return duty.whole * (duty.row["quantity"] or 1)
    return duty.whole if duty.kind == "point_in_time" and duty.row["quantity"] else ZERO


def _is_one_product(one: Row, other: Row) -> bool:
    countable = one["recognition"] == "straight_line" or (one["quantity"] is not None and other["quantity"] is not None)
    return countable and (one["product_id"], one["recognition"]) == (other["product_id"], other["recognition"])


def _day_of(event_id: str | None, events: list[Row]) -> date | None:
    return next((e["event_date"] for e in events if e["event_id"] == event_id), None)
