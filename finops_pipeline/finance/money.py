"""Money: exact amounts as whole minor units of a currency, and nothing else.

Here: ISO 4217 exponents, text to minor units, minor units to decimals, rounding, and splits that sum to the whole.
Not here: converting between currencies (`currency`), nor anything about accounts or signs (`ledger`).

An amount is an `int`: 12.34 EUR is 1234, 12 JPY is 12, 1.234 BHD is 1234. Floats appear in one place only,
`from_model`, where a statistical model's estimate becomes an amount again.
"""

import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache

import iso4217

from finops_pipeline.errors import PermanentError

_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
WIDE = Context(prec=60)
"""Room for any amount this system meets: nothing is rounded by accident."""


class UnknownCurrencyError(PermanentError):
    """A code that ISO 4217 does not list, or lists without minor units (gold, test codes)."""


class AmountError(PermanentError):
    """Text that is not an amount of its currency."""


@cache
def exponents() -> dict[str, int]:
    """Decimal places of every ISO 4217 currency that has minor units: USD 2, JPY 0, BHD 3, CLF 4.

    Source: ISO 4217 list one, as the library `iso4217` ships it.
    """
    return {str(c.code): int(c.exponent) for c in iso4217.Currency if c.exponent is not None}


def exponent(currency: str) -> int:
    """Decimal places of one currency.

    >>> exponent("JPY"), exponent("EUR"), exponent("BHD")
    (0, 2, 3)

    Raises: UnknownCurrencyError.
    """
    try:
        return exponents()[currency]
    except KeyError:
        raise UnknownCurrencyError(f"{currency!r} is not an ISO 4217 currency with minor units") from None


def parse(text: str, currency: str) -> int:
    """Read plain decimal text exactly, as minor units of `currency`.

    >>> parse("-12.3", "EUR"), parse("1500", "JPY")
    (-1230, 1500)

    Trailing zeros beyond the currency's places lose nothing and are accepted ("12.340" EUR is 12.34).

    Raises: AmountError for anything else than digits with an optional minus and point, or for more decimals
    than the currency has; UnknownCurrencyError.
    """
    places = exponent(currency)
    if not _PLAIN_NUMBER.fullmatch(text):
        raise AmountError(f"{text!r} is not a plain decimal number")
    scaled = Decimal(text).scaleb(places, WIDE)
    if scaled != scaled.to_integral_value():
        raise AmountError(f"{text!r} has more than the {places} decimal places of {currency}")
    return int(scaled)


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount in major units, with exactly the currency's decimal places.

    >>> to_decimal(-1230, "EUR")
    Decimal('-12.30')
    """
    return Decimal(int(minor)).scaleb(-exponent(currency), WIDE)


def from_decimal(amount: Decimal, currency: str) -> int:
    """Round an exact amount in major units once, half to even, to minor units.

    >>> from_decimal(Decimal("1.005"), "EUR"), from_decimal(Decimal("1.015"), "EUR")
    (100, 102)
    """
    return round_half_even(amount.scaleb(exponent(currency), WIDE))


def round_half_even(amount: Decimal) -> int:
    """The nearest whole number; halves go to the even neighbor, so that rounding has no drift."""
    return int(amount.to_integral_value(rounding=ROUND_HALF_EVEN, context=WIDE))


def from_model(estimate: float) -> int:
    """Turn a statistical model's estimate in minor units into an amount: the only way from float to money.

    Raises: ValueError or OverflowError for an estimate that is not a finite number.
    """
    return round(float(estimate))


def split(total: int, weights: Sequence[int | Decimal]) -> list[int]:
    """Divide an amount in proportion to weights so that the parts sum to it exactly (largest remainder).

    Worked example: 100 cents over 1:1:1 is 33.33 each; every part gets 33 and the one cent left goes to the largest
    remainder, ties to the earlier part, so 34, 33, 33. A negative total is split as its positive twin.

    >>> split(100, [1, 1, 1]), split(-100, [1, 1, 1])
    ([34, 33, 33], [-34, -33, -33])

    Raises: ValueError when weights are negative or sum to zero while there is something to divide.
    """
    exact = [Decimal(w) for w in weights]
    whole = sum(exact, Decimal(0))
    if any(w < 0 for w in exact):
        raise ValueError(f"weights must not be negative: {list(weights)}")
    if whole == 0:
        if total:
            raise ValueError(f"nothing to divide {total} by: all {len(exact)} weights are zero")
        return [0] * len(exact)
    ratios = [w.as_integer_ratio() for w in exact]
    scale = math.lcm(*(d for _, d in ratios))  # over a common denominator every share is an exact integer quotient
    return split_whole(total, [n * (scale // d) for n, d in ratios])


def split_whole(total: int, weights: Sequence[int]) -> list[int]:
    """`split` for whole weights of which at least one is positive and none negative: the form for many splits.

    >>> split_whole(-10, [0, 2, 1])
    [0, -7, -3]
    """
    base, magnitude = sum(weights), abs(total)
    parts = [magnitude * w // base for w in weights]
    missing = magnitude - sum(parts)
    if missing:
        remainders = [-(magnitude * w % base) for w in weights]
        for i in sorted(range(len(parts)), key=remainders.__getitem__)[:missing]:  # a stable sort: ties to the earlier
            parts[i] += 1
    return parts if total >= 0 else [-p for p in parts]


def round_to_total(shares: Sequence[Fraction], total: int) -> list[int]:
    """Round exact shares, of either sign, to whole units that sum to a total (largest remainder).

    Worked example: 1.5, 1.5 and -0.5 are 2.5 together; to 2 they round as 1, 1 and -1 with one unit left for the
    largest remainder, all being 0.5, so the first: 2, 1, -1. A negative total is rounded as its positive twin.

    >>> round_to_total([Fraction(3, 2), Fraction(3, 2), Fraction(-1, 2)], 2)
    [2, 1, -1]

    Raises: ValueError when the total is not the sum of the shares, rounded.
    """
    if total < 0:
        return [-part for part in round_to_total([-share for share in shares], -total)]
    whole = sum(shares, Fraction(0))
    if abs(whole - total) >= 1:
        raise ValueError(f"{whole} does not round to {total}")
    parts = [math.floor(share) for share in shares]
    remainders = [share - part for share, part in zip(shares, parts, strict=True)]
    for i in sorted(range(len(shares)), key=lambda i: (-remainders[i], i))[: total - sum(parts)]:
        parts[i] += 1
    return parts
