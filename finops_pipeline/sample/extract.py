"""The small datasets' form on the way to a file: `Extract`. What is in them is decided in the module of their noun."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from finops_pipeline.finance import periods

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extract:
    """One file of one dataset: its rows as text, when it arrived, and from which source."""

    dataset: str
    file_name: str
    columns: tuple[str, ...]
    rows: list[Row]
    arrived: datetime
    source: str = "native"


def at(day: date, *, days: int = 0, hour: int = 2) -> datetime:
    """So many days after a day, at an hour of the night (UTC)."""
    return datetime.combine(day + timedelta(days=days), time(hour), UTC)


def after(period: str, days: int = 3) -> datetime:
    """So many days after the end of a period."""
    return at(periods.last_day(period), days=days)


def before(period: str, days: int = 14) -> datetime:
    """So many days before a period begins."""
    return at(periods.first_day(period), days=-days)
