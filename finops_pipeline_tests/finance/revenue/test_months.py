"""Month numbers of whole columns: hand-counted calendars, and the plain calendar as the law."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import months

EPOCH = date(1970, 1, 1)


def days(*values: str | date) -> pd.Series:
    return pd.Series(list(values), dtype="datetime64[us]")


def test_days_as_month_and_day_numbers() -> None:
    around = days("1969-12-31", "1970-01-01", "1971-01-01")
    assert months.of_dates(around).tolist() == [1969 * 12 + 11, 1970 * 12, 1971 * 12]
    assert months.day_numbers(around).tolist() == [-1, 0, 365]


def test_last_days_of_months_long_short_and_leap() -> None:
    # Day 0 is 1 January 1970; 1972 was the first leap year after it: 365 + 365 + 31 + 29 days end on 29 February.
    asked = months.numbers(["1969-12", "1970-01", "1970-02", "1972-02"])
    assert months.last_days(asked).tolist() == [-1, 30, 58, 365 + 365 + 31 + 29 - 1]


def test_labels_keep_their_order_and_their_repetitions() -> None:
    labels = ["2026-02", "2025-11", "2026-02"]
    numbers = months.numbers(pd.Series(labels, index=[7, 7, 1]))
    assert numbers.tolist() == [2026 * 12 + 1, 2025 * 12 + 10, 2026 * 12 + 1]
    pd.testing.assert_series_equal(months.labels(numbers), pd.Series(labels, dtype="str"))


def test_no_months() -> None:
    none = months.numbers([])
    assert none.dtype == np.int64
    pd.testing.assert_series_equal(months.labels(none), pd.Series([], dtype="str"))


def test_what_is_no_label_has_no_number() -> None:
    with pytest.raises(ValueError, match="2026-13"):
        months.numbers(["2026-01", "2026-13"])


def test_positions_of_identifiers_known_and_unknown() -> None:
    among = pd.Series(["C1", "C2", "C3"], dtype="str")
    assert months.positions(pd.Series(["C3", "C9", "C1", "C3"]), among).tolist() == [2, -1, 0, 2]
    assert months.positions(pd.Series([], dtype="str"), among).tolist() == []
    assert months.positions(pd.Series(["C1"]), among[:0]).tolist() == [-1]


def test_fiscal_years_that_start_in_april() -> None:
    asked = months.numbers(["2026-03", "2026-04", "2027-03"])
    starts = months.fiscal_year_starts(asked, np.array([4, 4, 4]))
    assert months.labels(starts).tolist() == ["2025-04", "2026-04", "2026-04"]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.dates(date(1700, 1, 1), date(2200, 12, 31)), st.integers(1, 12)), min_size=1, max_size=9))
def test_a_column_says_what_the_plain_calendar_says_of_each_row(rows: list[tuple[date, int]]) -> None:
    dates, start_months = zip(*rows, strict=True)
    labels = [periods.of(day) for day in dates]
    numbers = months.of_dates(days(*dates))
    assert numbers.tolist() == months.numbers(labels).tolist() == [periods.index(label) for label in labels]
    assert months.labels(numbers).tolist() == labels
    assert months.day_numbers(days(*dates)).tolist() == [(day - EPOCH).days for day in dates]
    assert months.last_days(numbers).tolist() == [(periods.last_day(label) - EPOCH).days for label in labels]
    starts = months.fiscal_year_starts(numbers, np.array(start_months))
    assert months.labels(starts).tolist() == [
        periods.fiscal_year_start(label, start) for label, start in zip(labels, start_months, strict=True)
    ]


def test_identifiers_are_among_the_chosen_or_not() -> None:
    ids = pd.Series(["C3", None, "C1", "C3"], dtype="str")
    assert months.is_among(ids, ["C3", "C9"]).tolist() == [True, False, False, True]
    assert months.is_among(ids, pd.Series(["C1", None], dtype="str")).tolist() == [False, False, True, False]
    assert months.is_among(ids, []).tolist() == [False] * 4
    assert months.is_among(ids[:0], ["C3"]).tolist() == []
