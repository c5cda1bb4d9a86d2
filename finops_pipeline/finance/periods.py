"""Periods: month labels `YYYY-MM`, their arithmetic, and the fiscal year they belong to.

Here: what can be said of a label and a fiscal-year start. Not here: which period a row belongs to (the row says so,
or its posting date does), nor whether a period is closed.
"""

import re
from datetime import date, timedelta

_LABEL = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def of(day: date) -> str:
    """The calendar month of a day.

    >>> of(date(2026, 3, 31))
    '2026-03'
    """
    return f"{day.year:04d}-{day.month:02d}"


def is_label(text: str) -> bool:
    """Whether text is a period label."""
    return _LABEL.fullmatch(text) is not None


def index(period: str) -> int:
    """Months since year 0: the number that period arithmetic is done in.

    Raises: ValueError for text that is not `YYYY-MM`.
    """
    if not is_label(period):
        raise ValueError(f"{period!r} is not a period: write it as YYYY-MM")
    return int(period[:4]) * 12 + int(period[5:]) - 1


def label(number: int) -> str:
    """The period with this `index`."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def add(period: str, months: int) -> str:
    """The period so many months later (earlier when negative).

    >>> add("2026-11", 3), add("2026-01", -1)
    ('2027-02', '2025-12')
    """
    return label(index(period) + months)


def months_between(first: str, last: str) -> int:
    """How many months `last` is after `first`."""
    return index(last) - index(first)


def span(first: str, last: str) -> list[str]:
    """Every period from first to last, both included; empty when last is before first.

    >>> span("2025-12", "2026-02")
    ['2025-12', '2026-01', '2026-02']
    """
    return [label(i) for i in range(index(first), index(last) + 1)]


def first_day(period: str) -> date:
    """The first calendar day of a period."""
    number = index(period)
    return date(number // 12, number % 12 + 1, 1)


def last_day(period: str) -> date:
    """The last calendar day of a period.

    >>> last_day("2024-02")
    datetime.date(2024, 2, 29)
    """
    return first_day(add(period, 1)) - timedelta(days=1)


def fiscal_year_start(period: str, start_month: int = 1) -> str:
    """The first period of the fiscal year that `period` lies in, for fiscal years that start in `start_month`.

    >>> fiscal_year_start("2026-03", 4), fiscal_year_start("2026-04", 4)
    ('2025-04', '2026-04')
    """
    number = index(period)
    return label(number - (number % 12 - (start_month - 1)) % 12)


def fiscal_year_end(period: str, start_month: int = 1) -> str:
    """The last period of the fiscal year that `period` lies in."""
    return add(fiscal_year_start(period, start_month), 11)
