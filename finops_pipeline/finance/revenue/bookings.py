"""When things enter the books: obligations with their contract or the modification that adds them, events when learned of.

Here: the month of booking, for whole columns. Not here: what is booked (`rollforward`, `waterfall`, `remaining`).
"""

import pandas as pd

from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.inputs import KEY

_SHOWN = [*KEY, "recognition", "booked", "expected"]


def event_months(events: pd.DataFrame) -> months.Integers:
    """The month in which each event is booked: its own, or the later one in which the books learned of it."""
    return months.of_dates(events[["event_date", "recorded_on"]].max(axis=1))


def obligation_months(contracts: pd.DataFrame, obligations: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The month in which each obligation was promised: by signing, or by the modification that added it.

    An agreement that became a contract later (`gates`) promised nothing before it.

    Shape: one row per obligation whose contract and modification are there: its key, `recognition`, `booked`, and `expected`,
    the month in which its dates end (`months.NEVER` without dates; only goods are expected at their start).
    """
    texts = {**dict.fromkeys(KEY, "str"), "added_by_event_id": "str", "recognition": "str"}
    goods = obligations["recognition"] == "point_in_time"
    ends = obligations["end_date"].fillna(obligations["start_date"].where(goods))
    rows = obligations[list(texts)].astype(texts).assign(expected=months.of_dates_or_never(ends))
    signed = months.positions(rows["contract_id"], contracts["contract_id"])
    rows, signed = rows[signed >= 0], signed[signed >= 0]
    begun = months.of_dates(contracts[["signed_on", "criteria_met_on"]].max(axis=1))
    rows = rows.assign(booked=begun[signed])
    changes = events[events["event_type"] == "modification"]
    added = rows["added_by_event_id"].notna().to_numpy(bool)
    if not added.any():
        return rows[_SHOWN].reset_index(drop=True)
    place = months.positions(rows.loc[added, "added_by_event_id"].fillna(""), changes["event_id"])
    known = event_months(changes)
    rows.loc[added, "booked"] = [
        max(known[i], begun[j]) if i >= 0 else -1 for i, j in zip(place, signed[added], strict=True)
    ]
    return rows.loc[rows["booked"] >= 0, _SHOWN].reset_index(drop=True)
