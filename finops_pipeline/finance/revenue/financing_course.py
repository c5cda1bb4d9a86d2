"""The course of a financing: cash prices and interest month by month, under terms that a modification may replace.

    closing = opening + interest + paid - transferred      interest = opening x ((1 + rate)^(1/12) - 1)

The first terms start with nothing. Later ones start with what one side owes the other then, and their price is what makes that, the
payments still to come and the transfers still to come worth the same at the new rate. So nothing is left at the end, and what
was interest before a change stays (606-10-32-19). Terms that catch up take what is transferred as if the new price had always been
the price: the difference is transferred at once, in their first month. Terms after a cancellation keep the prices of what is left:
what one side owes the other beyond them, with the payments still to come, is transferred at once; or it is settled as it is.

Here: the arithmetic, exact until each sum is rounded once. Not here: what is paid and transferred when (`financed`, `refinanced`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from finops_pipeline.finance import money

_YEAR = 12

Pattern = Mapping[int, Fraction]
"""By month (by number): the part of the price that is transferred in it; the parts sum to 1."""

Row = tuple[int, list[int]]
"""A month, with opening, interest, paid, transferred and closing in minor units."""


class Terms(NamedTuple):
    """What is paid and transferred from the month `start` on. Unit: minor units; `rate` by year, 0 where nothing is financed.

    `pattern` is of what is still to be transferred; of everything, also before `start`, where `is_catch_up`. Where `is_cut`, it is
    of what is left of the price under the terms before; `is_settled`: what one side owes the other is paid at once, whatever it is.
    """

    start: int
    rate: Decimal
    payments: Mapping[int, int]
    pattern: Pattern
    is_catch_up: bool = False
    is_cut: bool = False
    is_settled: bool = False


class Course(NamedTuple):
    """The whole cash price under each of the terms, one after the other; and the months under all of them."""

    prices: list[int]
    rows: list[Row]


def course(terms: Sequence[Terms]) -> Course:
    """Cash prices and interest under these terms, each of which replaces the one before from its start on.

    >>> made = course([Terms(0, Decimal("0.1"), {12: 1210}, {0: Fraction(1)})])
    >>> made.prices, [sum(amounts[1] for _, amounts in made.rows)]
    ([1100], [-110])
    """
    with localcontext(money.WIDE):
        state = _State()
        prices = []
        for number, now in enumerate(terms):
            is_last = number == len(terms) - 1
            prices.append(state.begin(now))
            state.pass_until(_end(now) if is_last else terms[number + 1].start)
        return Course(prices, state.settled())


def _end(terms: Terms) -> int:
    return max([terms.start, *terms.payments, *terms.pattern]) + 1


class _State:
    """Where a financing stands at the end of a month: exact balances, and the rows so far."""

    def __init__(self) -> None:
        self.balance = self.interest = self.given = Decimal(0)
        self.rows: list[Row] = []
        self.closing = self.gained = self.transferred = 0

    def begin(self, terms: Terms) -> int:
        """Start new terms: find their price. Unit: minor units."""
        self.terms, self.month = terms, terms.start
        self.growth = (1 + terms.rate) ** (Decimal(1) / _YEAR)
        if terms.is_cut:
            return self._cut(terms)
        self.parts = _from_start(terms)
        self.caught_up = self.given if terms.is_catch_up else Decimal(0)
        paid = sum((a / self._until(m) for m, a in terms.payments.items() if m >= terms.start), self.balance)
        given = sum((_decimal(part) / self._until(m) for m, part in self.parts.items()), Decimal(0))
        self.exact = self.whole = (paid + self.caught_up / self.growth) / given
        self.base = 0 if terms.is_catch_up else self.transferred
        self.done = Fraction(0)
        self.price = money.round_half_even(self.exact if terms.is_catch_up else self.given + self.exact)
        return self.price

    def _cut(self, terms: Terms) -> int:
        """Start terms after a cancellation: what is left keeps its price, the difference is transferred in the first month."""
        if terms.is_settled:
            self.balance = Decimal(self.closing)
            self.terms = terms = terms._replace(payments={terms.start: -self.closing})
        left = sum(terms.pattern.values(), Fraction(0))
        paid = sum((a / self._until(m) for m, a in terms.payments.items()), self.balance)
        kept = sum((self.whole * _decimal(part) / self._until(m) for m, part in terms.pattern.items()), Decimal(0))
        at_once = (paid - kept) * self.growth
        self.exact = self.whole * _decimal(left)
        self.parts = {month: part / left for month, part in terms.pattern.items() if left}
        self.caught_up, self.done = -at_once, Fraction(0)
        self.base = self.transferred + money.round_half_even(at_once)
        self.price = self.base + money.round_half_even(self.exact)
        return self.price

    def _until(self, month: int) -> Decimal:
        return self.growth ** (month - self.terms.start + 1)

    def pass_until(self, end: int) -> None:
        """Let the months before `end` pass under the present terms."""
        for month in range(self.month, end):
            part, amount = self.parts.get(month, Fraction(0)), self.terms.payments.get(month, 0)
            given = self.exact * _decimal(part) - self.caught_up
            self.caught_up = Decimal(0)
            self.interest += self.balance * (self.growth - 1)
            self.balance = self.balance * self.growth + amount - given
            self.given += given
            self.done += part
            transferred = self.base + round((self.price - self.base) * self.done)
            self._note(month, money.round_half_even(self.interest), amount, transferred)

    def _note(self, month: int, gained: int, amount: int, transferred: int) -> None:
        opening, interest, given = self.closing, gained - self.gained, transferred - self.transferred
        self.closing = opening + interest + amount - given
        self.gained, self.transferred = gained, transferred
        self.rows.append((month, [opening, interest, amount, given, self.closing]))

    def settled(self) -> list[Row]:
        """The rows; the last month's interest takes what rounding has left, so that price and payments differ by interest alone."""
        month, (opening, interest, paid, given, closing) = self.rows[-1]
        return [*self.rows[:-1], (month, [opening, interest - closing, paid, given, 0])]


def _from_start(terms: Terms) -> Pattern:
    """The parts by month, those before the start in the first month."""
    found: dict[int, Fraction] = {}
    for month, part in terms.pattern.items():
        found[max(month, terms.start)] = found.get(max(month, terms.start), Fraction(0)) + part
    return found


def _decimal(part: Fraction) -> Decimal:
    return Decimal(part.numerator) / part.denominator
