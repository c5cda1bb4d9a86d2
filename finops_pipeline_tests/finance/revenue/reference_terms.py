"""One obligation and one shared price of the slow reference: what is asked of them is computed anew each time.

A price that obligations share (a pot) is never pushed into them. An obligation asks its pots for its share; a pot that took
over what was left of another asks that one what has moved on since. So whatever becomes of an estimate, only its last amount
counts. Plain integers and fractions; nothing of the engine is used here.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
ZERO = Fraction(0)


class CannotError(Exception):
    """The contract cannot be accounted for."""


def largest_remainder(total: int, weights: list[Fraction]) -> list[int]:
    """Shares of a total: each rounded down, the units left over to the largest remainders, of equals to the first."""
    if any(w < 0 for w in weights) or (total and not sum(weights)):
        raise CannotError("no weights to share by")
    if not sum(weights):
        return [0] * len(weights)
    exact = [abs(total) * w / sum(weights) for w in weights]
    parts = [e.numerator // e.denominator for e in exact]
    for _ in range(abs(total) - sum(parts)):
        best = max(range(len(parts)), key=lambda i: (exact[i] - parts[i], -i))
        parts[best] += 1
    return parts if total >= 0 else [-p for p in parts]


def month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def last_day(month: int) -> date:
    year, index = divmod(month, 12)
    return date(year, index + 1, calendar.monthrange(year, index + 1)[1])


@dataclass(eq=False)
class Gone:
    """An obligation that left a pot: its share then, the part that was done, and the pot that has the rest."""

    share: int
    part: Fraction
    heir: "Pot | None"


@dataclass(eq=False)
class Pot:
    """A price shared by weights."""

    own: int
    weights: dict[str, Fraction]
    gone: dict[str, Gone] = field(default_factory=dict)
    feeders: list[tuple["Pot", str]] = field(default_factory=list)
    _shares: dict[int, dict[str, int]] = field(default_factory=dict)

    def price(self) -> int:
        return self.own + sum(pot.moved_on(name) for pot, name in self.feeders)

    def share(self, name: str) -> int:
        price = self.price()
        if price not in self._shares:
            parts = largest_remainder(price, list(self.weights.values()))
            self._shares[price] = dict(zip(self.weights, parts, strict=True))
        return self._shares[price][name]

    def earned_since(self, name: str) -> int:
        """What of the change of a share since it left is for what was done by then (606-10-32-43); all if nothing is left."""
        gone, now = self.gone[name], self.share(name)
        if gone.heir is None:
            return now - gone.share
        return round(now * gone.part) - round(gone.share * gone.part)

    def moved_on(self, name: str) -> int:
        return self.share(name) - self.gone[name].share - self.earned_since(name)

    def let_go(self, name: str, part: Fraction, heir: "Pot | None") -> None:
        self.gone[name] = Gone(self.share(name), part, heir)
        if heir is not None:
            heir.feeders.append((self, name))

    def take_back(self, name: str) -> None:
        """As if it had never left; what has moved on stays where it is."""
        gone = self.gone[name]
        if gone.heir is not None:
            gone.heir.own += self.moved_on(name)
            gone.heir.feeders.remove((self, name))
        del self.gone[name]


@dataclass(eq=False)
class Duty:
    """A performance obligation: what was promised, how much is done, which pots it has a share of."""

    row: Row
    born: int
    worth: Fraction | None
    proration: str
    minor: int
    pots: list[Pot] = field(default_factory=list)
    left: list[Pot] = field(default_factory=list)
    joined_at: dict[int, int] = field(default_factory=dict)
    flat: int = 0
    settled: int = 0
    kept_fee: int = 0
    used: int = 0
    owed: int = 0
    variable_so_far: int = 0
    materials: int = 0
    laid_up: int = 0
    given_up: int = 0
    aside: Fraction = ZERO
    total: Fraction = ZERO
    before: Fraction = ZERO
    whole: Fraction = Fraction(1)
    returned: tuple[Fraction, int] = (ZERO, 0)
    expected: tuple[Fraction, int] = (ZERO, 0)
    is_closed: bool = False
    promised: Fraction = ZERO

    def __post_init__(self) -> None:
        kind, row = self.kind, self.row
        if kind == "straight_line":
            self.whole = Fraction(self._elapsed(row["end_date"]))
        elif kind in ("output", "input"):
            self.whole = row["total_measure"] if row["total_measure"] is not None else row["quantity"]
        elif kind == "point_in_time" and row["quantity"] is not None:
            self.whole = row["quantity"]
        if not self.whole:
            raise CannotError("nothing is promised")
        self.promised = self.whole

    @property
    def name(self) -> str:
        return self.row["obligation_id"]

    @property
    def kind(self) -> str:
        return self.row["recognition"]

    @property
    def has_units(self) -> bool:
        return self.kind in ("output", "input") or self.row["quantity"] is not None

    # --- Time

    def _elapsed(self, day: date) -> int:
        """Days of the service up to a day; or months of it that are over then, all of them once the service is."""
        start, end = self.row["start_date"], self.row["end_date"]
        if self.proration == "daily":
            return max((min(day, end) - start).days + 1, 0)
        return sum(last_day(m) <= day or end <= day for m in range(month_number(start), month_number(end) + 1))

    def see(self, day: date) -> None:
        if self.kind == "straight_line" and not self.is_closed:
            self.total = Fraction(self._elapsed(day))

    # --- Price

    def join(self, pot: Pot) -> None:
        self.pots.append(pot)
        self.joined_at[id(pot)] = pot.share(self.name)

    def leave(self, pot: Pot, part: Fraction, heir: Pot | None) -> None:
        self.variable_so_far += pot.share(self.name) - self.joined_at[id(pot)]
        pot.let_go(self.name, part, heir)
        self.pots.remove(pot)
        self.left.append(pot)

    def price(self) -> int:
        return self.flat + sum(pot.share(self.name) for pot in self.pots)

    def earned_before(self) -> int:
        """What earlier terms earned, with what estimates of theirs have changed since."""
        return self.settled + self.kept_fee + sum(pot.earned_since(self.name) for pot in self.left)

    def variable(self) -> int:
        """What variable consideration has changed in its price, so far."""
        now = sum(pot.share(self.name) - self.joined_at[id(pot)] for pot in self.pots)
        return self.variable_so_far + now + sum(pot.earned_since(self.name) for pot in self.left)

    # --- Satisfaction

    def done(self) -> Fraction:
        return self.total - self.before

    def part(self) -> Fraction:
        return self.done() / self.whole if self.whole else Fraction(1)

    def is_finished(self) -> bool:
        return self.is_closed or self.done() >= self.whole

    def gross(self) -> int:
        """Revenue before returns: earlier terms, materials at cost, and the part of the price that is done."""
        present = round((self.price() - self.materials) * self.part())
        return self.earned_before() + self.materials + self.used + present

    def settle(self) -> None:
        """What is earned stays earned; `flat` is what is left of the price, until it is shared anew and the pots are left."""
        before, earned = self.earned_before(), self.gross() - self.used
        self.flat = before + self.price() - earned
        self.settled += earned - before
        self.laid_up += self.materials
        self.materials = 0
        self.whole -= self.done()
        self.before = self.total

    def reopen(self) -> None:
        """Price and progress as if the terms had never changed: it is in the pots again that it had left."""
        price = self.earned_before() + self.price()
        self.variable_so_far += sum(pot.earned_since(self.name) for pot in self.left)
        for pot in self.left:
            pot.take_back(self.name)
            self.join(pot)
        self.left, self.settled = [], 0
        self.materials, self.laid_up = self.materials + self.laid_up, 0
        self.flat = price - sum(pot.share(self.name) for pot in self.pots)
        self.whole += self.before
        self.before = ZERO

    # --- Returns

    def returns(self, *, of_all: bool) -> int:
        """Returns in money, at the price of a unit of what was transferred so far; or, to come to the end, of all."""
        sold, units = self.earned_before() - self.kept_fee + self.price(), self.before + self.whole
        if not of_all and self.total:
            sold, units = self.earned_before() - self.kept_fee + self.price() * self.part(), self.total
        unit = Fraction(sold) / units if self.has_units and units else ZERO
        return round(max(quantity * unit + amount for quantity, amount in (self.expected, self.returned)))

    def state(self) -> dict[str, int]:
        gross, price = self.gross(), self.earned_before() + self.price() + self.used
        back = min(self.returns(of_all=False), max(gross, 0))
        allocated = price - min(self.returns(of_all=True), max(price, 0))
        recognized, variable = gross - back, self.variable()
        conceded = round(Fraction(-variable * recognized, allocated)) if variable < 0 < allocated else 0
        return {"allocated": allocated, "recognized": recognized, "refund": back + self.owed + conceded}
