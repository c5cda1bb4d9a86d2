"""Proofs of the contract roll-forward: it adds up, it connects, and it agrees with the schedule and the events.

Here: REV-110 to REV-116, computed from the published rows alone. Not here: how the rows come about (`rollforward`).
A row that is missing counts as zero, so a missing row with an amount on the other side fails.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import bookings, months

_MOVES = ["billed", "recognized", "reclassified", "cash", "adjusted"]
_BALANCES = ["", "contract_asset", "contract_liability", "receivable", "refund_liability"]
_MONTHS = 10**6
"""More than there are months: contract, month and balance make one number, which compares fast."""


def rollforward_findings(
    rollforward: pd.DataFrame,
    lines: pd.DataFrame,
    events: pd.DataFrame,
    periods: Sequence[str],
    financing: pd.DataFrame | None = None,
) -> list[Finding]:
    """Everything that is wrong with the roll-forward of these consecutive periods.

    REV-110: opening and movements make closing. REV-111: closing is the next opening. REV-112: revenue ties to the
    schedule. REV-113: no balance is negative. REV-114: reclassifications only move between balances.
    REV-115: invoices and cash tie to the events. REV-116: what is adjusted is credit notes, write-offs and interest.
    REV-117: interest ties to the schedule of the financing.
    """
    wanted = months.numbers(periods)
    ids = pd.concat([rollforward["contract_id"], lines["contract_id"]]).astype("str").drop_duplicates()
    ids = ids.sort_values(ignore_index=True)
    rows = _numbered(rollforward, rollforward["balance"], months.numbers(rollforward["period"]), ids)
    actual = lines[lines["status"] == "actual"]
    scheduled = _numbered(actual, None, months.numbers(actual["period"]), ids)
    known = events[events["amount"].notna() & months.is_among(events["contract_id"], lines["contract_id"])]
    booked = _numbered(known, None, bookings.event_months(known), ids)
    return [
        *_adds_up(rows, ids),
        *_connects(rows, wanted, ids),
        *_ties_to_schedule(rows, scheduled[scheduled["month"].isin(wanted)], ids),
        *_negative(rows, ids),
        *_reclassified(rows, ids),
        *_ties_to_events(rows, booked[booked["month"].isin(wanted)], ids),
        *_ties_to_financing(rows, financing, wanted, ids),
    ]


def _numbered(frame: pd.DataFrame, balance: pd.Series | None, month: months.Integers, ids: pd.Series) -> pd.DataFrame:
    """The rows with their month, and `place`: contract and month as one number; `key`: balance too."""
    place = months.positions(frame["contract_id"], ids) * _MONTHS + month
    code = 0 if balance is None else pd.Categorical(balance, _BALANCES).codes.astype(np.int64)
    return frame.assign(month=month, place=place, key=place * len(_BALANCES) + code)


def _adds_up(rows: pd.DataFrame, ids: pd.Series) -> list[Finding]:
    shown = rows.set_index("key")
    moved = shown["opening"] + shown[_MOVES].sum(axis=1)
    return _differences("REV-110", moved, shown["closing"], ids, ("opening and movements", "closing"))


def _connects(rows: pd.DataFrame, wanted: months.Integers, ids: pd.Series) -> list[Finding]:
    later = rows.assign(key=rows["key"] + len(_BALANCES))
    carried = later[(later["month"] + 1).isin(wanted)].set_index("key")["closing"]
    opened = rows[rows["month"] > wanted.min()].set_index("key")["opening"]
    return _differences("REV-111", carried, opened, ids, ("closing of the month before", "opening"))


def _ties_to_schedule(rows: pd.DataFrame, scheduled: pd.DataFrame, ids: pd.Series) -> list[Finding]:
    shown, revenue = -_sums(rows, "recognized"), _sums(scheduled, "recognized")
    return _differences("REV-112", shown, revenue, ids, ("revenue of the roll-forward", "revenue of the schedule"))


def _negative(rows: pd.DataFrame, ids: pd.Series) -> list[Finding]:
    below = rows[rows["closing"] < 0].set_index("key")["closing"]
    return _differences("REV-113", below, below * 0, ids, ("a balance", "the least it can be"))


def _reclassified(rows: pd.DataFrame, ids: pd.Series) -> list[Finding]:
    sign = np.where(rows["balance"].isin(["contract_liability", "refund_liability"]), -1, 1)
    net = _sums(rows.assign(reclassified=rows["reclassified"] * sign), "reclassified")
    return _differences("REV-114", net, net * 0, ids, ("the sum of reclassifications", "what it must be"))


def _ties_to_events(rows: pd.DataFrame, booked: pd.DataFrame, ids: pd.Series) -> list[Finding]:
    kind = booked["event_type"]
    billed = _sums(booked[kind == "invoice"], "amount")
    refunded = _sums(booked[kind == "refund"], "amount")
    cash = _less(_sums(booked[kind == "payment"], "amount"), refunded)
    receivable, liability = (rows[rows["balance"] == b] for b in ("receivable", "contract_liability"))
    return [
        *_differences(
            "REV-115", _sums(receivable, "billed"), billed, ids, ("receivable billed", "the invoices' total")
        ),
        *_differences("REV-115", _sums(liability, "billed"), billed, ids, ("liability billed", "the invoices' total")),
        *_differences("REV-115", -_sums(receivable, "cash"), cash, ids, ("cash received", "payments less refunds")),
        *_differences(
            "REV-116",
            _less(
                _sums(liability.assign(adjusted=liability["adjusted"] - liability["interest"]), "adjusted"),
                _sums(receivable, "adjusted"),
            ),
            _sums(booked[kind == "write_off"], "amount"),
            ids,
            ("what is written off", "the write-offs' total"),
        ),
    ]


def _ties_to_financing(
    rows: pd.DataFrame, financing: pd.DataFrame | None, wanted: months.Integers, ids: pd.Series
) -> list[Finding]:
    shown = _sums(rows, "interest")
    due = shown[:0]
    if financing is not None:
        mine = financing[months.is_among(financing["contract_id"], ids)]
        planned = _numbered(mine, None, months.numbers(mine["period"]), ids)
        due = _sums(planned[planned["month"].isin(wanted)], "interest")
    return _differences("REV-117", shown, due, ids, ("interest of the roll-forward", "interest of the financing"))


def _less(one: pd.Series, other: pd.Series) -> pd.Series:
    both = frames.side_by_side({"one": one, "other": other})
    return both["one"] - both["other"]


def _sums(rows: pd.DataFrame, column: str) -> pd.Series:
    """The column summed by contract and month."""
    sums: pd.Series = rows[column].astype(np.int64).groupby(rows["place"]).sum()
    sums.index = sums.index * len(_BALANCES)
    return sums


def _differences(
    rule_id: str, left: pd.Series, right: pd.Series, ids: pd.Series, names: tuple[str, str]
) -> list[Finding]:
    """A finding for each key under which the two amounts differ; a missing amount is zero."""
    both = frames.side_by_side({"left": left, "right": right})
    found = []
    for key, one, other in both[both["left"] != both["right"]].itertuples(name=None):
        place, balance = divmod(key, len(_BALANCES))
        period = calendar.label(place % _MONTHS)
        message = f"{names[0]} is {one}, {names[1]} is {other} (minor units): recompute revenue_rollforward"
        subject = f"{ids[place // _MONTHS]} {period} {_BALANCES[balance]}".rstrip()
        found.append(Finding(rule_id, subject, message, period=period))
    return found
