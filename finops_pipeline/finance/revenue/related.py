"""Which invoice or payment a credit note or a refund corrects.

A credit note is an invoice below zero. It, and a refund, may name the invoice or payment that it gives back
(`related_event_id`): what it takes off the contract liability then had the rate of that day, not of the oldest layer.

Here: what is named, and what is wrong with it (REV-206). Not here: what is taken of its layer (`layers`). What other events
refer to changes no number.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months

_CORRECTED = ("invoice", "payment")
_Event = Mapping[Any, Any]


def named_flows(flows: pd.DataFrame) -> months.Integers:
    """The position of the flow (a row of `settlements`) that each one corrects, -1 where it names none."""
    is_correction = (flows["billed"] < 0) | (flows["cash"] < 0)
    return months.positions(flows["related_event_id"].where(is_correction).fillna(""), flows["event_id"])


def misnamed(
    events: pd.DataFrame, contract_ids: pd.Series, last_period: str
) -> tuple[list[Finding], Mapping[str, str]]:
    """REV-206: credit notes and refunds of these contracts that name what they cannot correct, booked up to a month.

    `events`: of all contracts. With the findings the first such month of each contract.
    """
    corrections = events[_is_correction(events) & events["related_event_id"].notna()]
    corrections = corrections[months.is_among(corrections["contract_id"], contract_ids)]
    corrections = corrections[_booked(corrections) <= pd.Timestamp(periods.last_day(last_period))]
    place = months.positions(corrections["related_event_id"], events["event_id"])
    found, first = [], dict[str, str]()
    for row, at in zip(corrections.to_dict("records"), place, strict=True):
        if trouble := _trouble(row, events.iloc[at].to_dict() if at >= 0 else None):
            contract, month = str(row["contract_id"]), periods.of(_day(row))
            first[contract] = min(month, first.get(contract, month))
            told = f"{row['event_id']} of {row['event_date']:%Y-%m-%d} names {row['related_event_id']}, {trouble}"
            found.append((contract, f"{_called(row)} {told}"))
    return [
        Finding("REV-206", c, f"left out of the functional books from {first[c]} on: {told}", "warning", first[c])
        for c, told in sorted(found)
    ], first


def _trouble(row: _Event, named: _Event | None) -> str | None:
    """What is wrong with the event that a correction names, and what to do."""
    if named is None:
        return "which is not there: send it, or correct related_event_id"
    if named["contract_id"] != row["contract_id"]:
        return f"which is of contract {named['contract_id']}: name an invoice or payment of its own contract"
    if _called(named) not in _CORRECTED:
        return f"which is a {_called(named)}: name the invoice or payment that it corrects"
    if _day(named) > _day(row):
        return f"which is of a later day, {_day(named):%Y-%m-%d}: correct one of the days"
    return None


def _is_correction(events: pd.DataFrame) -> npt.NDArray[np.bool_]:
    is_credit_note = (events["event_type"] == "invoice") & (events["amount"] < 0).fillna(value=False)
    is_correction: npt.NDArray[np.bool_] = (is_credit_note | (events["event_type"] == "refund")).to_numpy(bool)
    return is_correction


def _called(event: _Event) -> str:
    is_credit_note = event["event_type"] == "invoice" and event["amount"] < 0
    return "credit note" if is_credit_note else str(event["event_type"])


def _booked(events: pd.DataFrame) -> pd.Series:
    return events[["event_date", "recorded_on"]].max(axis=1)


def _day(event: _Event) -> pd.Timestamp:
    """The day on which an event is booked."""
    days: list[pd.Timestamp] = [day for day in (event["event_date"], event["recorded_on"]) if pd.notna(day)]
    return max(days)
