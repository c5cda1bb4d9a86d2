"""Trends: hand calculations of the test, and its fast form for a matrix against its plain form for one series."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import trends


def of_last_month(*series: list[int], begun: int = 0) -> list[str | None]:
    """The trend in the last month of series of one length, which have rows from month `begun` on."""
    amount = np.array(series, dtype=np.int64)
    rows = np.ones_like(amount)
    rows[:, :begun] = 0
    at = (np.arange(len(series)), np.full(len(series), amount.shape[1] - 1))
    return [None if pd.isna(t) else t for t in trends.of_cells(amount, rows, at)]


@pytest.mark.parametrize(
    ("months", "trend"),
    [
        ([1, 2, 3, 4, 5], None),  # five months are too few
        ([5, 5, 5, 5, 5, 5], "flat"),
        ([6, 5, 4, 3, 2, 1], "falling"),
        # Six months without ties: variance 6 x 5 x 17 / 18 = 28.33, deviation 5.32; 1.96 is two-sided 5 %.
        ([1, 2, 3, 4, 6, 5], "rising"),  # S = 14 up - 1 down = 13: z = 12 / 5.32 = 2.25
        ([1, 2, 4, 3, 6, 5], "flat"),  # S = 13 up - 2 down = 11: z = 10 / 5.32 = 1.88
        # A tie of three: variance (510 - 3 x 2 x 11) / 18 = 24.67, deviation 4.97.
        ([1, 1, 1, 2, 3, 4], "rising"),  # S = 15 pairs - 3 ties = 12: z = 11 / 4.97 = 2.21
        ([1, 1, 1, 3, 2, 4], "flat"),  # S = 11 up - 1 down = 10: z = 9 / 4.97 = 1.81
    ],
)
def test_trend_by_hand(months: list[int], trend: str | None) -> None:
    assert trends.mann_kendall(months) == trend
    assert of_last_month(months) == [trend]


def test_one_great_month_makes_no_trend() -> None:
    assert of_last_month([1, 1, 1, 1, 1, 10**15], [-(10**15), 1, 1, 1, 1, 1]) == ["flat", "flat"]


def test_amounts_that_are_one_float_are_told_apart() -> None:
    # 2**60 + 1 to 2**60 + 6 are all the same float64.
    assert of_last_month([2**60 + i for i in range(1, 7)]) == ["rising"]


def test_months_before_the_first_rows_do_not_count_and_zeros_after_it_do() -> None:
    assert of_last_month([0, 0, 1, 2, 3, 4, 5], begun=2) == [None]  # five months
    assert of_last_month([0, 1, 2, 3, 4, 5, 6], begun=1) == ["rising"]
    # One fall and six zeros: S = -6, variance (7 x 6 x 19 - 6 x 5 x 17) / 18 = 16, z = 5 / 4.
    assert of_last_month([5, 0, 0, 0, 0, 0, 0]) == ["flat"]


def test_each_series_has_its_own_trend_and_no_cells_have_none() -> None:
    assert of_last_month([1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [1, 2, 1, 2, 1, 2]) == ["rising", "falling", "flat"]
    nothing = np.zeros((0, 3), dtype=np.int64)
    assert len(trends.of_cells(nothing, nothing, np.nonzero(nothing))) == 0


amounts = st.integers(-3, 3) | st.integers(-(10**15), 10**15)


@settings(max_examples=100)
@given(history=st.lists(amounts, min_size=1, max_size=14))
def test_the_fast_form_agrees_with_the_plain_one(history: list[int]) -> None:
    amount = np.array([history], dtype=np.int64)
    at = (np.zeros(len(history), dtype=np.intp), np.arange(len(history)))
    fast = trends.of_cells(amount, np.ones_like(amount), at)
    plain = [trends.mann_kendall(history[max(0, i - 11) : i + 1]) for i in range(len(history))]
    assert [None if pd.isna(t) else t for t in fast] == plain


@settings(max_examples=50)
@given(history=st.lists(amounts, min_size=1, max_size=12), factor=st.integers(1, 9), shift=st.integers(-99, 99))
def test_only_the_order_of_amounts_counts_and_backward_is_the_opposite(
    history: list[int], factor: int, shift: int
) -> None:
    opposite = {"rising": "falling", "falling": "rising"}
    trend = trends.mann_kendall(history)
    assert trends.mann_kendall([amount * factor + shift for amount in history]) == trend
    assert trends.mann_kendall(history[::-1]) == opposite.get(trend, trend)
