"""One contract in plain values: what was promised, and what happened, in the order in which it counts.

Here: the values, how they are read from the joined tables, and the order of events of one day. Not here: what they
mean for revenue (`obligation`, `changes`, `replay`).

Order within a day: what was done (deliveries, progress, usage, returns) under the terms of the morning, then estimates,
then changes of the contract, then what was done for obligations that were added that very day. The identifier of the
event breaks ties, so the order in which files arrive means nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from finops_pipeline.errors import PermanentError
from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue.inputs import Inputs

_RANK = {"returns_estimate": 1, "variable_estimate": 1, "modification": 2, "cancellation": 3}
_ADDED_TODAY = 4


class CannotAccountError(PermanentError):
    """A contract that no revenue can be computed for: the rule it breaks, the obligation, and what to do."""

    def __init__(self, rule_id: str, obligation_id: str | None, message: str) -> None:
        """Raised inside the replay of one contract; the schedule turns it into a finding."""
        super().__init__(message)
        self.rule_id, self.obligation_id, self.message = rule_id, obligation_id, message


@dataclass(frozen=True, slots=True)
class Promise:
    """One performance obligation as the contract or a modification states it. Unit: minor units, exact quantities."""

    obligation_id: str
    product_id: str
    recognition: str
    stated_price: int
    ssp: int | None = None
    ssp_low: int | None = None
    ssp_high: int | None = None
    ssp_method: str | None = None
    quantity: Fraction | None = None
    start_date: date | None = None
    end_date: date | None = None
    discount_group: str | None = None
    total_measure: Fraction | None = None
    added_by_event_id: str | None = None
    goods_cost: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a contract; `recorded_on` is the day the books learned of it."""

    event_id: str
    event_date: date
    event_type: str
    obligation_id: str | None = None
    amount: int | None = None
    quantity: Fraction | None = None
    total_measure: Fraction | None = None
    method: str | None = None
    recorded_on: date | None = None
    component: str | None = None
    recovery_cost: int | None = None

    @property
    def late_month(self) -> int | None:
        """The month in which it was learned of, if that is after the month in which it happened."""
        if self.recorded_on is None:
            return None
        learned = periods.index(periods.of(self.recorded_on))
        return learned if learned > periods.index(periods.of(self.event_date)) else None


@dataclass(frozen=True, slots=True)
class Deal:
    """One contract: what was promised and what happened, events in the order in which they count."""

    contract_id: str
    currency: str
    signed_on: date
    promises: tuple[Promise, ...]
    events: tuple[Event, ...]

    @property
    def late_months(self) -> list[int]:
        """The months in which something was learned too late, in order."""
        return sorted({e.late_month for e in self.events if e.late_month is not None})

    def known(self, month: int | None) -> "Deal":
        """The contract as the books knew it at the end of a month: without what was learned of later."""
        events = tuple(e for e in self.events if e.late_month is None or (month is not None and e.late_month <= month))
        return replace(self, events=events)

    def until(self, day: date) -> "Deal":
        """The contract as the books knew it at the end of a day; nothing is promised before it is signed."""
        events = tuple(e for e in self.events if max(e.event_date, e.recorded_on or e.event_date) <= day)
        known = {e.event_id for e in events} | {None}
        promises = tuple(p for p in self.promises if p.added_by_event_id in known and self.signed_on <= day)
        return replace(self, promises=promises, events=events)


def in_order(events: Sequence[Event], promises: Sequence[Promise]) -> tuple[Event, ...]:
    """The events in the order in which they count."""
    by_id = {e.event_id: e.event_date for e in events}
    born = {p.obligation_id: by_id.get(p.added_by_event_id) for p in promises if p.added_by_event_id}

    def place(event: Event) -> tuple[date, int, str]:
        rank = _RANK.get(event.event_type, 0)
        if not rank and born.get(event.obligation_id or "") == event.event_date:
            rank = _ADDED_TODAY
        return event.event_date, rank, event.event_id

    return tuple(sorted(events, key=place))


def deals(inputs: Inputs) -> Iterator[Deal]:
    """Every contract of the joined tables, by contract_id."""
    promises: dict[str, list[Promise]] = {}
    for contract_id, promise in _records(inputs.obligations, Promise):
        promises.setdefault(contract_id, []).append(promise)
    events: dict[str, list[Event]] = {}
    for contract_id, event in _records(inputs.events, Event):
        events.setdefault(contract_id, []).append(event)
    heads = inputs.contracts[["contract_id", "currency", "signed_on"]]
    for contract_id, currency, signed_on in heads.itertuples(index=False, name=None):
        mine = tuple(promises.get(contract_id, ()))
        ordered = in_order(events.get(contract_id, ()), mine)
        yield Deal(contract_id, currency, signed_on.date(), mine, ordered)


def _records(rows: pd.DataFrame, kind: type[Any]) -> Iterator[tuple[str, Any]]:
    """The rows as values of this kind, beside their contract."""
    names = list(kind.__dataclass_fields__)
    columns = [[_plain(cell) for cell in rows[name].astype(object)] for name in names]
    for contract_id, *cells in zip(rows["contract_id"], *columns, strict=True):
        yield contract_id, kind(*cells)


def _plain(cell: Any) -> Any:
    """A cell without pandas: nothing is None, days are days, decimals are exact ratios."""
    if pd.isna(cell):
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    return Fraction(cell) if isinstance(cell, Decimal) else int(cell)
