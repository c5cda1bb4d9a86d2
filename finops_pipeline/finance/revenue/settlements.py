"""What invoices, payments, refunds and write-offs do to what a customer owes.

Here: each event as amounts of its month, and the part of a refund that takes back an invoice. Not here: the balances that
follow (`rollforward`).

A refund gives back first what was paid beyond the invoices of that day; the rest takes back an invoice. So 300 paid, 100
refunded and 500 invoiced later leave 300 to pay, but 1,200 invoiced, 1,200 paid and 600 refunded leave nothing. Within a
day everything else comes before a refund. What was recorded in a later month comes in that month, so what a refund takes
back does not change when an older event is learned of.
"""

import numpy as np
import pandas as pd

from finops_pipeline.finance.revenue import bookings, months

_MONEY = ("invoice", "payment", "refund", "write_off")


def settlements(events: pd.DataFrame) -> pd.DataFrame:
    """Every event of money that has an amount, in the order in which they count.

    Shape: one row per event: contract_id, month, and `billed`, `cash` (refunds negative), `credited`, `written_off`, and
    `given_back`: what is credited, by a refund or by a credit note (a negative invoice); `day` is the event's own, as are
    event_id and related_event_id; `booked_on` is the day the books learned of it.
    """
    rows = events[events["event_type"].isin(_MONEY) & events["amount"].notna()]
    rows = rows.take(months.in_time(rows)).reset_index(drop=True)
    amount, kind = rows["amount"].to_numpy(np.int64), rows["event_type"].to_numpy(dtype=object)
    result = pd.DataFrame({
        "contract_id": rows["contract_id"].astype("str"), "month": bookings.event_months(rows),
        "billed": np.where(kind == "invoice", amount, 0),
        "cash": np.where(kind == "payment", amount, np.where(kind == "refund", -amount, 0)),
        "credited": np.int64(0), "written_off": np.where(kind == "write_off", amount, 0),
    })  # fmt: skip
    refunding = np.flatnonzero(months.is_among(rows["contract_id"], rows.loc[kind == "refund", "contract_id"]))
    result["day"] = rows["event_date"]
    told = refunding[_as_told(result.iloc[refunding], kind[refunding])]
    result.loc[told, "credited"] = _credits(result.iloc[told], kind[told])
    result["given_back"] = result["credited"] + np.maximum(-result["billed"].to_numpy(np.int64), 0)
    names = ["event_id", "related_event_id"]
    return result.assign(**rows[names], booked_on=rows[["event_date", "recorded_on"]].max(axis=1))


def _as_told(rows: pd.DataFrame, kinds: np.ndarray) -> months.Integers:
    """The positions of events by contract, month of booking and day, refunds last in their day."""
    contract, _ = pd.factorize(rows["contract_id"])
    return np.lexsort((kinds == "refund", months.day_numbers(rows["day"]), rows["month"].to_numpy(np.int64), contract))


def _credits(rows: pd.DataFrame, kinds: np.ndarray) -> list[int]:
    """The part of each refund that takes back an invoice: one event after another, as each depends on those before."""
    found, contract, ahead = [], None, 0
    for contract_id, kind, billed, cash, written in zip(
        rows["contract_id"], kinds, rows["billed"], rows["cash"], rows["written_off"], strict=True
    ):
        ahead = ahead if contract_id == contract else 0
        contract = contract_id
        back = -cash if kind == "refund" else 0
        credit = max(back - max(ahead, 0), 0)
        ahead += cash + written - billed + credit
        found.append(credit)
    return found
