"""One performance obligation in the course of its contract: how far it is satisfied, and what of its price is earned.

Step 5, satisfaction, in its plain form (`satisfaction` is the set-wise form; tests prove that they agree).

    revenue so far = settled + materials + (price - materials) x done / whole + usage - given back

* `settled` is what earlier terms earned; `price` and `done / whole` belong to the present terms. A prospective
  modification settles and starts anew (ASC 606-10-25-13 a), so what was earned before it never changes.
* `done / whole` is the measure of progress (606-10-25-31 to 25-37; IFRS 15.39-45): units handed over, days or months
  elapsed, the output or input measure against its total, whose estimate may change: the difference is caught up at once.
* `materials` are goods that the customer controls before they are installed: revenue at cost, and neither their cost
  nor that revenue measures progress (606-10-55-21; Example 19).
* usage is recognized as it is invoiced (606-10-55-18).
* `given back` are returns: expected ones never were revenue (606-10-55-23; Example 22), actual ones use them up.

Amounts are whole minor units; each product is exact and rounded once, half to even. Not here: who changes the terms
(`changes`), the order of events (`replay`).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from finops_pipeline.finance import money, periods
from finops_pipeline.finance.revenue.inputs import Proration
from finops_pipeline.finance.revenue.terms import CannotAccountError, Event, Promise

_NONE = Fraction(0)
_NOTHING = (_NONE, 0)
MEASURED = ("output", "input")


class Standing(NamedTuple):
    """Where an obligation stands at the end of a day. Unit: minor units.

    `refundable`: consideration that is expected to go back, of it `returned` for goods and `conceded` as variable
    consideration; the rest is owed after a cancellation. `goods_due`: what the goods still to come back are worth to the
    seller. `goods_back`: the same of all that came back.
    """

    allocated: int = 0
    recognized: int = 0
    refundable: int = 0
    returned: int = 0
    conceded: int = 0
    goods_due: int = 0
    goods_back: int = 0


@dataclass(slots=True, eq=False)
class Pool:
    """A price that obligations share by weights. What is left of a share when terms change moves on to the next pool."""

    price: int
    weights: dict[str, Fraction]
    shares: dict[str, int]
    moved: dict[str, tuple[Fraction, "Pool | None"]] = field(default_factory=dict)
    """By obligation: the part of it that was satisfied when it left, and the pool that carries the rest."""
    is_directed: bool = False
    """Whether it is variable consideration of one obligation alone."""


def part_shares(price: int, weights: dict[str, Fraction], why: str) -> dict[str, int]:
    """A price shared out by weights so that the parts sum to it (largest remainder).

    Raises: CannotAccountError when the weights are negative, or all zero while there is a price.
    """
    if any(w < 0 for w in weights.values()) or (price and not sum(weights.values())):
        raise CannotAccountError(
            "REV-008", None, f"{price} (minor units) of {why} cannot be shared out: correct the ssp"
        )
    return dict(zip(weights, money.split(price, whole_weights(list(weights.values()))), strict=True))


def whole_weights(weights: list[Fraction]) -> list[int]:
    """Weights as integers in the same proportion."""
    scale = 1
    for weight in weights:
        scale = scale * weight.denominator // _common(scale, weight.denominator)
    return [int(w * scale) for w in weights]


def _common(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


@dataclass(slots=True, eq=False)
class Obligation:
    """The state of one obligation. Unit: amounts in minor units, measures exact.

    `before`: what was done under earlier terms. `worth`: standalone selling price of all that was promised. `aside`: the
    measure of materials, which are no progress. `promised`: the measure that `worth` is for. `laid_up`:
    materials of earlier terms. `kept`: what a cancellation did not give up, which is the price of nothing that was handed over;
    `given_up`: what it did, which is owed back once nothing of the contract is left. `pools`: those that it has its price from;
    `left`: those that earlier terms had it from. `minor`: minor units of one of the currency, in which costs are measured.
    """

    promise: Promise
    born: int
    proration: Proration
    worth: Fraction | None
    price: int
    settled: int = 0
    before: Fraction = _NONE
    done: Fraction = _NONE
    whole: Fraction = Fraction(1)
    begin: int = 0
    end: int = 0
    materials: int = 0
    laid_up: int = 0
    aside: Fraction = _NONE
    minor: int = 100
    used: int = 0
    variable: int = 0
    kept: int = 0
    given_up: int = 0
    owed_back: int = 0
    expected: tuple[Fraction, int] = _NOTHING
    returned: tuple[Fraction, int] = _NOTHING
    recovery: int = 0
    goods_back: Fraction = _NONE
    is_closed: bool = False
    promised: Fraction = _NONE
    pools: list[Pool] = field(default_factory=list)
    left: list[Pool] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set the measure of progress from what was promised."""
        promise = self.promise
        if promise.recognition == "straight_line":
            if promise.start_date is None or promise.end_date is None:
                raise CannotAccountError(
                    "REV-003", self.name, "a straight_line obligation needs both dates: fill them in"
                )
            self.begin, self.end = _start(promise.start_date, self.proration), _end(promise.end_date, self.proration)
            self.whole = Fraction(self.end - self.begin)
        elif promise.recognition in MEASURED:
            total = promise.total_measure if promise.total_measure is not None else promise.quantity
            if total is None or total <= 0:
                raise CannotAccountError("REV-020", self.name, "its progress has no total: fill in total_measure")
            self.whole = total
        elif promise.quantity is not None:
            self.whole = promise.quantity
        self.promised = self.whole

    @property
    def name(self) -> str:
        """Its identifier within the contract."""
        return self.promise.obligation_id

    @property
    def is_usage(self) -> bool:
        """Whether it is recognized as invoiced: outside of every allocation."""
        return self.promise.recognition == "usage"

    @property
    def is_counted(self) -> bool:
        """Whether it is promised in units, so that a part of it has a quantity."""
        return self.promise.recognition in MEASURED or self.promise.quantity is not None

    def see(self, day: date) -> None:
        """Let the time of a service pass until the end of a day."""
        if self.promise.recognition == "straight_line" and not self.is_closed:
            end = self.promise.end_date
            here = self.end if end is not None and day >= end else position(day, self.proration)
            self.done = Fraction(min(max(here, self.begin), self.end) - self.begin)

    @property
    def part(self) -> Fraction:
        """The part of the present terms that is satisfied."""
        return self.done / self.whole if self.whole else Fraction(1)

    @property
    def is_satisfied(self) -> bool:
        """Whether nothing of it is left to do."""
        return self.is_closed or self.done >= self.whole

    @property
    def gross(self) -> int:
        """Revenue so far, before returns."""
        earned = self.settled + self.materials + self.used
        if not self.done:
            return earned if self.whole else earned + self.price - self.materials
        top = (self.price - self.materials) * self.done.numerator * self.whole.denominator
        return earned + _half_even(top, self.done.denominator * self.whole.numerator)

    def returns(self, sold: Fraction, units: Fraction) -> int:
        """What returns take off what so many units are sold for: the expected ones, or the actual ones if these are more."""
        if self.expected == _NOTHING and self.returned == _NOTHING:
            return 0
        unit = (self.settled - self.kept + sold) / units if self.is_counted and units else _NONE
        expected, returned = (quantity * unit + amount for quantity, amount in (self.expected, self.returned))
        return round(max(expected, returned))

    @property
    def given_back(self) -> int:
        """What returns take off the revenue so far, at the price of what was handed over: later terms do not change it."""
        handed_over = self.before + self.done
        if not handed_over:
            return min(self.off_the_price, max(self.gross, 0))
        return min(self.returns(self.price * self.part, handed_over), max(self.gross, 0))

    @property
    def off_the_price(self) -> int:
        """What returns take off the price, once all is handed over."""
        return self.returns(Fraction(self.price), self.before + self.whole)

    def standing(self) -> Standing:
        """Its part of the price, its revenue so far, and what is expected to go back to the customer (606-10-32-10)."""
        gross, returns, given_back = self.gross, self.off_the_price, self.given_back
        price = self.settled + self.price + self.used
        allocated, recognized = price - min(returns, max(price, 0)), gross - given_back
        concession = 0
        if self.variable < 0 < allocated:
            concession = _half_even(-self.variable * recognized, allocated)
        refundable = given_back + self.owed_back + concession
        goods = (round(self.goods_due), round(self.goods_back)) if self.promise.goods_cost else (0, 0)
        return Standing(allocated, recognized, refundable, given_back, concession, *goods)

    @property
    def goods_worth(self) -> Fraction:
        """What one unit that comes back is worth: its cost less what it takes to get it back (606-10-55-27)."""
        cost, quantity = self.promise.goods_cost, self.promise.quantity
        if not cost or not quantity:
            return _NONE
        expected, _ = self.expected
        taken = self.recovery / expected if expected else _NONE
        return max(cost / quantity - taken, _NONE)

    @property
    def goods_due(self) -> Fraction:
        """What the goods are worth that were handed over, are expected back, and have not come yet."""
        (expected, _), (came, _) = self.expected, self.returned
        return max(min(expected, self.before + self.done) - came, _NONE) * self.goods_worth

    def advance(self, event: Event) -> None:
        """A delivery, or progress: so much more of it is done. Raises: CannotAccountError."""
        if self.is_closed:
            self.refuse("REV-025", event, "comes after the cancellation: correct its date or the cancellation")
        if event.event_type == "delivery" and self.promise.recognition == "input":
            self._hand_over_materials(event)
        elif event.event_type == "delivery" and (event.quantity is None or not self.is_counted):
            self.done = self.whole
        else:
            self.done += event.quantity or 0
        if event.total_measure is not None:
            self.whole = event.total_measure - self.before - self.aside
        if self.done > self.whole:
            self.refuse("REV-010", event, "goes beyond what was promised: correct it, or add a modification")

    def _hand_over_materials(self, event: Event) -> None:
        if event.amount is None:
            self.refuse("REV-013", event, "hands over materials without their cost: fill in the amount")
        cost = event.amount or 0
        self.materials += cost
        self.aside += Fraction(cost, self.minor)
        self.whole -= Fraction(cost, self.minor)

    def use(self, event: Event) -> None:
        """Usage: what it is invoiced for, or the quantity at the stated price of one. Raises: CannotAccountError."""
        if self.is_closed:
            self.refuse("REV-025", event, "comes after the cancellation: correct its date or the cancellation")
        amount = event.amount
        if amount is None and event.quantity is not None and self.promise.stated_price:
            amount = round(self.promise.stated_price * event.quantity / (self.promise.quantity or 1))
        if amount is None:
            self.refuse("REV-027", event, "has no price: fill in its amount")
        self.used += amount or 0

    def take_back(self, event: Event) -> None:
        """Goods or money given back: by amount, by quantity, or all that was transferred. Raises: CannotAccountError."""
        quantity, amount = self.returned
        if event.amount is None and self.promise.recognition in {"straight_line", "usage"}:
            self.refuse("REV-013", event, "takes back a service: fill in the amount that is given back")
        if event.amount is not None:
            amount += event.amount
        elif event.quantity is not None and self.is_counted:
            quantity += event.quantity
        elif self.is_counted:
            quantity = self.before + self.done
        else:
            amount = self.gross
        if quantity > self.before + self.done or amount > self.gross:
            self.refuse("REV-021", event, "takes back more than was transferred: correct it")
        self.goods_back += (quantity - self.returned[0]) * self.goods_worth
        self.returned = (quantity, amount)

    def expect_back(self, event: Event) -> None:
        """A new estimate of all returns of what has been transferred, those that happened included."""
        self.expected = (event.quantity or _NONE, 0) if event.amount is None else (_NONE, event.amount)
        self.recovery = event.recovery_cost or 0

    def refuse(self, rule_id: str, event: Event, why: str) -> None:
        """Raises: CannotAccountError that names the event."""
        what = f"{event.event_type} {event.event_id} of {event.event_date:%Y-%m-%d}"
        raise CannotAccountError(rule_id, self.name, f"{what} {why}")


def position(day: date, proration: Proration) -> int:
    """How far the calendar has come at the end of a day: days, or months that are over."""
    return day.toordinal() + 1 if proration == "daily" else periods.index(periods.of(day + timedelta(days=1)))


def _half_even(top: int, bottom: int) -> int:
    """An exact ratio rounded half to even; the bottom is positive."""
    quotient, rest = divmod(top, bottom)
    twice = 2 * rest
    return quotient + (twice > bottom or (twice == bottom and quotient % 2 == 1))


def _start(day: date, proration: Proration) -> int:
    return day.toordinal() if proration == "daily" else periods.index(periods.of(day))


def _end(day: date, proration: Proration) -> int:
    return day.toordinal() + 1 if proration == "daily" else periods.index(periods.of(day)) + 1
