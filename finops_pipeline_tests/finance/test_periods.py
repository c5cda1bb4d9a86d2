"""Month labels and fiscal years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.finance import periods

LABELS = st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31)).map(periods.of)
MONTHS = st.integers(-600, 600)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "26-01", "2026/01", "2026-01-01", "", "2026-01\n", "٢٠٢٦-01"]
)
def test_what_is_not_a_label_is_refused(text: str) -> None:
    assert not periods.is_label(text)
    with pytest.raises(ValueError, match="write it as YYYY-MM"):
        periods.index(text)


@given(period=LABELS, months=MONTHS)
def test_arithmetic_goes_back_and_forth(period: str, months: int) -> None:
    assert periods.is_label(period)
    assert periods.label(periods.index(period)) == period
    later = periods.add(period, months)
    assert periods.add(later, -months) == period
    assert periods.months_between(period, later) == months
    assert (later > period) == (months > 0)  # labels sort as time does


def test_a_span_has_both_ends() -> None:
    assert periods.span("2025-11", "2026-02") == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert periods.span("2026-02", "2026-02") == ["2026-02"]
    assert periods.span("2026-02", "2026-01") == []


@given(period=LABELS)
def test_days_of_a_period(period: str) -> None:
    first, last = periods.first_day(period), periods.last_day(period)
    assert first.day == 1
    assert periods.of(first) == periods.of(last) == period
    assert periods.of(last + timedelta(days=1)) == periods.add(period, 1)


@pytest.mark.parametrize(
    ("period", "start_month", "start", "end"),
    [
        ("2026-03", 1, "2026-01", "2026-12"),
        ("2026-01", 1, "2026-01", "2026-12"),
        ("2026-12", 1, "2026-01", "2026-12"),
        ("2026-03", 4, "2025-04", "2026-03"),
        ("2026-04", 4, "2026-04", "2027-03"),
        ("2026-11", 12, "2025-12", "2026-11"),
    ],
)
def test_fiscal_years_by_hand(period: str, start_month: int, start: str, end: str) -> None:
    assert periods.fiscal_year_start(period, start_month) == start
    assert periods.fiscal_year_end(period, start_month) == end


@given(period=LABELS, start_month=st.integers(1, 12))
def test_a_fiscal_year_has_twelve_months_and_holds_its_period(period: str, start_month: int) -> None:
    start, end = periods.fiscal_year_start(period, start_month), periods.fiscal_year_end(period, start_month)
    assert len(periods.span(start, end)) == 12
    assert start <= period <= end
    assert int(start[5:]) == start_month
    assert periods.fiscal_year_start(end, start_month) == start
