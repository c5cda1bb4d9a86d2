"""Sums of costs are exact beyond the digits Python's decimals keep by themselves."""

from decimal import Decimal

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.finance.cloud import sums

FINE = st.integers(-(10**37), 10**37)


def cost(n: int) -> Decimal:
    sign, digits, _ = Decimal(n).as_tuple()
    return Decimal((sign, digits, -15))


@given(st.lists(FINE, max_size=6))
def test_totals_and_differences_are_those_of_whole_numbers(costs: list[int]) -> None:
    assert sums.total(cost(n) for n in costs) == cost(sum(costs))
    pair = pd.Series([cost(n) for n in costs], dtype=object)
    assert sums.less(pair, pair[::-1].set_axis(pair.index)).tolist() == [
        cost(a - b) for a, b in zip(costs, reversed(costs), strict=True)
    ]


def test_by_key_keeps_a_missing_part_apart() -> None:
    frame = pd.DataFrame({"k": ["a", None, "a"], "c": [Decimal(1), Decimal(2), Decimal(3)]})
    assert sums.by_key(frame, ["k"], "c") == {("a",): Decimal(4), (None,): Decimal(2)}
