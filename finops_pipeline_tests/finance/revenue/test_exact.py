"""Exact proportions: rounding by hand, numbers beyond 64 bits, and fractions as the law."""

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.revenue import exact


def whole(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64 if all(abs(v) < 2**63 for v in values) else object)


def test_quotients_are_floors_and_remainders_are_never_negative() -> None:
    quotient, remainder = exact.quotient_and_remainder(whole(7, -7, 0), whole(1, 1, 5), whole(2, 2, 3))
    assert quotient.tolist() == [3, -4, 0]  # 3.5 and -3.5
    assert remainder.tolist() == [1, 1, 0]


def test_halves_go_to_the_even_neighbor() -> None:
    # Halves of 1, 3, 5, -1, -3 and 7: 0.5, 1.5, 2.5, -0.5, -1.5, 3.5; then 2 / 3 and 1 / 3.
    prices, wholes = whole(1, 3, 5, -1, -3, 7, 2, 1), whole(2, 2, 2, 2, 2, 2, 3, 3)
    assert exact.proportion(prices, np.ones(8, np.int64), wholes).tolist() == [0, 2, 2, 0, -2, 4, 1, 0]


def test_one_great_product_does_not_change_its_neighbors() -> None:
    # 10**18 x 30 / 60 is 5 x 10**17 by way of 3 x 10**19, beyond 2**63; 5 / 2 beside it rounds to 2 as ever.
    prices, parts, wholes = whole(10**18, 5), whole(30, 1), whole(60, 2)
    assert exact.proportion(prices, parts, wholes).tolist() == [5 * 10**17, 2]
    assert exact.quotient_and_remainder(prices, parts, wholes)[1].tolist() == [0, 1]


def test_a_whole_beyond_64_bits() -> None:
    assert exact.proportion(whole(100), whole(10**19), whole(2 * 10**19)).tolist() == [50]


def test_a_quotient_that_is_no_amount_is_refused() -> None:
    with pytest.raises(OverflowError):
        exact.proportion(whole(10**18), whole(100), whole(1))


def test_nothing_in_proportion_to_nothing() -> None:
    assert exact.proportion(whole(), whole(), whole()).tolist() == []


def test_running_totals_begin_again_with_each_group() -> None:
    starts = np.array([True, False, True, False, False])
    assert exact.running_totals(whole(1, 2, 10, 20, 30), starts).tolist() == [1, 3, 10, 30, 60]
    great = exact.running_totals(whole(8 * 10**18, 8 * 10**18, 1, 2, 3), starts)
    assert great.tolist() == [8 * 10**18, 16 * 10**18, 1, 3, 6]


@pytest.mark.parametrize(
    ("quantities", "scale"),
    [
        (["1", "25"], 0),
        (["1.5", "2.25"], 3),
        (["0.000001", None], 6),
        (["0.0000001", "-4"], 15),
        (["20000000.000000000000002", "1"], 15),  # more than 64 bits
        ([], 0),
    ],
)
@pytest.mark.parametrize("dtype", [object, pd.ArrowDtype(pa.decimal128(38, 15))])
def test_quantities_are_whole_at_the_smallest_scale_that_loses_no_digit(
    quantities: list[str | None], scale: int, dtype: object
) -> None:
    values = [None if q is None else Decimal(q) for q in quantities]
    first, second = exact.whole_quantities(pd.Series(values, dtype=dtype), pd.Series([Decimal(1)], dtype=dtype))
    assert first.tolist() == [int((v or 0) * 10**scale) for v in values]
    assert second.tolist() == [10**scale]  # the other column has the same scale


@settings(max_examples=100)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(10**6), 10**6) | st.integers(-(10**15), 10**15),
            st.integers(0, 10**3) | st.integers(0, 10**20),
            st.integers(0, 10**3) | st.integers(0, 10**20),
        ).filter(lambda r: r[1] + r[2] > 0),
        max_size=5,
    )
)
def test_a_proportion_is_the_fraction_rounded(rows: list[tuple[int, int, int]]) -> None:
    prices, parts, rest = ([row[i] for row in rows] for i in range(3))
    wholes = [part + left for part, left in zip(parts, rest, strict=True)]
    rounded = exact.proportion(whole(*prices), whole(*parts), whole(*wholes)).tolist()
    assert rounded == [round(Fraction(p * a, w)) for p, a, w in zip(prices, parts, wholes, strict=True)]
    assert all(abs(r) <= abs(p) for r, p in zip(rounded, prices, strict=True))


@settings(max_examples=50)
@given(groups=st.lists(st.lists(st.integers(-(10**6), 10**6) | st.integers(0, 10**19), min_size=1), max_size=4))
def test_running_totals_are_those_of_each_group_alone(groups: list[list[int]]) -> None:
    values = whole(*(v for group in groups for v in group))
    starts = np.array([i == 0 for group in groups for i in range(len(group))], dtype=bool)
    assert exact.running_totals(values, starts).tolist() == [t for group in groups for t in accumulate(group)]
