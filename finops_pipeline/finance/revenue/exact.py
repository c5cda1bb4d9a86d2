"""Exact proportions of money, a whole column at a time: no float ever touches an amount.

Here: price x part / whole in integers, rounded half to even or left as quotient and remainder, and quantities as
integers of a common scale. Not here: what is in proportion to what (`allocation`, `satisfaction`).

The fast form computes in int64. If any product of the column could pass 2**63 (a price of 1e10 times a weight of
1e10), the column is computed with Python's unbounded integers: the result is the same, only slower.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Integers = npt.NDArray[np.int64]
AnyIntegers = npt.NDArray[Any]
"""int64, or Python integers in an object array where int64 is too small."""

_SAFE = 4.0e18
"""Well below 2**63 / 2, so that neither a product nor twice a remainder overflows despite the float estimate."""
EXACT = pa.decimal128(38, 15)
_SMALL_SCALES = (0, 3, 6)


def quotient_and_remainder(price: Integers, part: AnyIntegers, whole: AnyIntegers) -> tuple[Integers, AnyIntegers]:
    """Floor of price x part / whole, and what that leaves over, for every row.

    Raises: OverflowError when a quotient itself is no 64-bit amount.
    """
    largest = max(
        (np.abs(price.astype(float)) * np.abs(part.astype(float))).max(initial=0.0),
        whole.astype(float).max(initial=0.0),
    )
    if largest < _SAFE:
        product = price * part.astype(np.int64)
        return product // whole.astype(np.int64), product % whole.astype(np.int64)
    product = price.astype(object) * part.astype(object)
    divisor = whole.astype(object)
    return (product // divisor).astype(np.int64), product % divisor


def proportion(price: Integers, part: AnyIntegers, whole: AnyIntegers) -> Integers:
    """Price x part / whole rounded half to even, for every row; wholes are positive.

    >>> proportion(np.array([5, 7, -5]), np.array([1, 1, 1]), np.array([2, 2, 2])).tolist()
    [2, 4, -2]
    """
    quotient, remainder = quotient_and_remainder(price, part, whole)
    twice = remainder + remainder
    up = (twice > whole) | ((twice == whole) & (quotient % 2 == 1))
    rounded: Integers = quotient + up.astype(np.int64)
    return rounded


def running_totals(values: AnyIntegers, starts: npt.NDArray[np.bool_]) -> AnyIntegers:
    """Sum of the values so far within each group of neighboring rows; `starts` marks the first row of each group."""
    if np.abs(values.astype(float)).sum() >= _SAFE:
        values = values.astype(object)
    totals = np.cumsum(values)
    group = np.cumsum(starts) - 1
    before: AnyIntegers = (totals - values)[starts][group]
    result: AnyIntegers = totals - before
    return result


def whole_quantities(*columns: pd.Series) -> tuple[AnyIntegers, ...]:
    """Decimal columns as integers of one common scale, so that their ratios are exact; missing is 0.

    Quantities 1.5 and 2.25 become 1500 and 2250: no digit is lost, and most quantities stay small enough for int64.
    """
    arrays = [as_arrow(column).fill_null(0) for column in columns]
    for scale in _SMALL_SCALES:
        try:
            return tuple(_unscaled(array.cast(pa.decimal128(38, scale))) for array in arrays)
        except pa.ArrowInvalid:  # a digit would be lost at this scale
            continue
    return tuple(_unscaled(array) for array in arrays)


def as_arrow(column: pd.Series) -> pa.Array:
    """A column of decimals at the one scale that none of them is finer than."""
    if isinstance(column.dtype, pd.ArrowDtype):
        return column.array.__arrow_array__().combine_chunks().cast(EXACT)
    return pa.array(column.to_numpy(dtype=object), type=EXACT, from_pandas=True)


def _unscaled(array: pa.Array) -> AnyIntegers:
    """The integers behind a decimal array: int64 if all fit, else unbounded."""
    size = len(array)
    words = np.frombuffer(array.buffers()[1], dtype="<i8")[2 * array.offset :][: 2 * size].reshape(size, 2)
    low, high = words[:, 0], words[:, 1]
    if (high == low >> 63).all():
        return low.copy()
    wide: AnyIntegers = high.astype(object) * 2**64 + low.astype("<u8").astype(object)
    return wide
