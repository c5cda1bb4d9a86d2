"""The roll-forward of each contract's books: contract liability, contract asset, receivable.

Let B, C and R be what was invoiced, received (payments less refunds) and recognized up to a day. Then

    receivable              max(B - C, 0)          an unconditional right to what was invoiced and not received
    contract liability      max(max(B, C) - R, 0)  invoiced or received, whichever came first, and not yet earned
    contract asset          max(R - max(B, C), 0)  earned, and not yet invoiced

A payment before its invoice is thus a contract liability, never a negative receivable (ASC 606-10-45-2). Always
receivable + asset - liability = R - C.

How the movements are shown: invoices and revenue are booked first against the contract liability (`billed`, and
`recognized` as a negative number), invoices and cash against the receivable; then `reclassified` moves what would make
a balance negative: advances from the receivable to the liability, and unbilled revenue from the liability to the
contract asset. Nothing is counted twice: revenue stands in the liability's rows only. Over the three balances,
receivable + asset - liability, reclassifications are zero. Refund liabilities arise from returns, which are not
supported yet, so they have no rows.

Worked example (ASC 606-10-55-286, Example 39): A for 400 is delivered, then B for 600; the customer owes once both
are. A: recognized -400 in the liability, reclassified +400 there and +400 in the asset: asset 400. B with its invoice:
liability billed 1,000, recognized -600, reclassified -400; asset reclassified -400; receivable billed 1,000.

Here: the balances. Not here: their proofs (`proofs`) nor journals.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance.revenue import months

_BALANCES = ("contract_asset", "contract_liability", "receivable")
_MOVES = ["billed", "recognized", "reclassified", "cash", "adjusted"]
_COLUMNS = ["contract_id", "entity_id", "period", "balance", "currency", "opening", *_MOVES, "closing"]


def revenue_rollforward(
    lines: pd.DataFrame, contracts: pd.DataFrame, events: pd.DataFrame, periods: Sequence[str]
) -> pd.DataFrame:
    """Balances of every contract in the schedule, and what moved them, for each of the consecutive periods.

    Shape: three rows (contract_asset, contract_liability, receivable) for every contract and period in which it has a
    balance or a movement. What lies before the first period is in its opening.
    Unit: minor units of the contract's currency. Balances are never negative.
    Source: ASC 606-10-45-1 to 45-4; IFRS 15.105-108.
    """
    wanted = np.sort(months.numbers(periods))
    held = contracts.astype({"contract_id": "str", "entity_id": "str", "currency": "str"})
    held = held[held["contract_id"].isin(lines["contract_id"].unique())].sort_values("contract_id", ignore_index=True)
    revenue, billed, cash = (_grid(m, held["contract_id"], wanted) for m in _movements(lines, events))
    total_revenue, total_billed, total_cash = (np.cumsum(m, axis=1) for m in (revenue, billed, cash))
    advance = np.maximum(total_cash - total_billed, 0)
    asset = np.maximum(total_revenue - total_billed - advance, 0)
    liability = np.maximum(total_billed + advance - total_revenue, 0)
    receivable = total_billed + advance - total_cash
    to_advance, to_asset = _changes(advance), _changes(asset)
    zero = np.zeros_like(billed)
    parts = {
        "contract_asset": (asset, zero, zero, to_asset, zero),
        "contract_liability": (liability, billed, -revenue, to_advance + to_asset, zero),
        "receivable": (receivable, billed, zero, to_advance, -cash),
    }
    moved = (revenue != 0) | (billed != 0) | (cash != 0)
    kept = (moved | _present(asset) | _present(liability) | _present(receivable))[:, 1:]
    return _frame(held, wanted, parts, kept)


def _movements(lines: pd.DataFrame, events: pd.DataFrame) -> list[pd.DataFrame]:
    """Revenue, invoices and cash by contract and month."""
    actual = lines.loc[lines["status"] == "actual", ["contract_id", "period", "recognized"]]
    earned = pd.DataFrame(
        {
            "contract_id": actual["contract_id"],
            "month": months.numbers(actual["period"]),
            "amount": actual["recognized"],
        }
    )
    booked = events[events["event_type"].isin(["invoice", "payment", "refund"]) & events["amount"].notna()]
    kind = booked["event_type"].to_numpy()
    rows = pd.DataFrame({"contract_id": booked["contract_id"], "month": months.of_dates(booked["event_date"])})
    rows["amount"] = booked["amount"].to_numpy(np.int64) * np.where(kind == "refund", -1, 1)
    return [earned, rows[kind == "invoice"], rows[kind != "invoice"]]


def _grid(moves: pd.DataFrame, contract_ids: pd.Series, wanted: months.Integers) -> months.Integers:
    """Contract x (everything before, then each period): amounts moved."""
    row = months.positions(moves["contract_id"], contract_ids)
    month = moves["month"].to_numpy(np.int64)
    inside = (row >= 0) & (month <= wanted[-1])
    column = np.maximum(month - wanted[0] + 1, 0)
    grid = np.zeros((len(contract_ids), len(wanted) + 1), np.int64)
    np.add.at(grid, (row[inside], column[inside]), moves["amount"].to_numpy(np.int64)[inside])
    return grid


def _changes(balance: months.Integers) -> months.Integers:
    return np.diff(balance, axis=1, prepend=0)


def _present(balance: months.Integers) -> npt.NDArray[np.bool_]:
    """Whether the balance is there at the end of the period, or was at its beginning."""
    before = np.concatenate([np.zeros((len(balance), 1), np.int64), balance[:, :-1]], axis=1)
    present: npt.NDArray[np.bool_] = (balance != 0) | (before != 0)
    return present


def _frame(
    held: pd.DataFrame,
    wanted: months.Integers,
    parts: Mapping[str, tuple[npt.NDArray[Any], ...]],
    kept: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    row, column = np.nonzero(kept)
    three = len(_BALANCES)
    frame = held[["contract_id", "entity_id", "currency"]].take(np.repeat(row, three)).reset_index(drop=True)
    frame["period"] = months.labels(np.repeat(wanted[column], three))
    frame["balance"] = pd.Series(_BALANCES, dtype="str").take(np.tile(np.arange(three), len(row))).array
    frame["adjusted"] = np.int64(0)
    for position, name in enumerate(["closing", "billed", "recognized", "reclassified", "cash"]):
        values = np.stack([parts[b][position][row, column + 1] for b in _BALANCES], axis=1)
        frame[name] = values.reshape(-1)
    frame["opening"] = frame["closing"] - frame[_MOVES].sum(axis=1)
    return frame[_COLUMNS]
