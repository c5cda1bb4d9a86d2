"""Exact sums of costs: decimals of up to 38 digits, of which Python's own arithmetic would keep 28.

Here: adding, subtracting and dividing exact costs in facts. Not here: sums over every charge (the engine's).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal

import pandas as pd

_WIDE = Context(prec=60)
_PLACES = Decimal("1e-15")
ZERO = Decimal(0)


def total(costs: Iterable[object]) -> Decimal:
    """The sum of the costs that are known; zero of none.

    >>> total([Decimal("12345678901234567890.000000000000001"), None, Decimal("-0.000000000000002")])
    Decimal('12345678901234567889.999999999999999')
    """
    result = ZERO
    for cost in costs:
        if isinstance(cost, Decimal):
            result = _WIDE.add(result, cost)
    return result


def less(left: pd.Series, right: pd.Series) -> pd.Series:
    """Exact differences, row by row."""
    rows = [_WIDE.subtract(a, b) for a, b in zip(left, right, strict=True)]
    return pd.Series(rows, index=left.index, dtype=object)


def per_unit(cost: Decimal, quantity: Decimal) -> Decimal | None:
    """A cost by a quantity, to 15 decimals, half to even; none where there is no quantity.

    >>> per_unit(Decimal("1"), Decimal("3")), per_unit(Decimal("1"), Decimal("0"))
    (Decimal('0.333333333333333'), None)
    """
    return _WIDE.divide(cost, quantity).quantize(_PLACES, context=_WIDE) if quantity else None


def by_key(frame: pd.DataFrame, keys: Sequence[str], cost: str) -> Mapping[tuple[str | None, ...], Decimal]:
    """The exact total of a cost by key; a missing part of a key is None."""
    named = frame[list(keys)].astype(object).where(frame[list(keys)].notna(), None)
    result: dict[tuple[str | None, ...], Decimal] = {}
    for *place, amount in zip(*(named[key] for key in keys), frame[cost], strict=True):
        result[tuple(place)] = total([result.get(tuple(place)), amount])
    return result
