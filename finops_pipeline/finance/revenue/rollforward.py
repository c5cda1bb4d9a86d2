"""The roll-forward of each contract's books: contract liability, contract asset, receivable, refund liability.

Let B, C, W and R be what was invoiced, received (payments less refunds), written off and recognized up to a day, and E
what is expected to go back to the customer. Then

    receivable              max(B - C - W, 0)       an unconditional right to what was invoiced and not received
    contract asset          max(R - max(B, C), 0)   earned, and not yet invoiced
    over                    max(max(B, C) - R, 0)   invoiced or received, whichever came first, and not earned; of it
    refund liability        min(E, over)            what is expected to be paid back or credited (606-10-32-10)
    contract liability      the rest of over        what is still to be earned

A payment before its invoice is thus a contract liability, never a negative receivable (ASC 606-10-45-2). Written off is
like paid for the receivable, and touches no revenue. A refund first gives back what was paid beyond the invoices; what
more it gives back it also takes off the invoices (a credit note), because nobody will be asked for it again. Refunds and
credit notes use up what is expected to go back.

How the movements are shown: invoices and revenue are booked first against the contract liability (`billed`, and
`recognized` as a negative number), invoices and cash against the receivable; then `reclassified` moves what would make
a balance negative: advances from the receivable to the liability, and unbilled revenue from the liability to the
contract asset; and what will be refunded to its own liability. `adjusted` are credit notes and write-offs, and the
interest of a financing component (`financed`), which adds to the liability, or, as income, to what was earned and not invoiced:
with it, over is max(B, C) + interest - R. Nothing is counted twice: revenue stands in the liability's rows only. Over the balances, receivable + asset - liabilities,
reclassifications are zero.

Worked example (ASC 606-10-55-286, Example 39): A for 400 is delivered, then B for 600; the customer owes once both
are. A: recognized -400 in the liability, reclassified +400 there and +400 in the asset: asset 400. B with its invoice:
liability billed 1,000, recognized -600, reclassified -400; asset reclassified -400; receivable billed 1,000.

Here: the balances. Not here: what refunds take back (`settlements`), their proofs (`proofs`) nor journals (`journal`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.inputs import KEY
from finops_pipeline.finance.revenue.settlements import settlements

_BALANCES = ("contract_asset", "contract_liability", "receivable", "refund_liability")
_MOVES = ["billed", "recognized", "reclassified", "cash", "adjusted"]
_COLUMNS = ["contract_id", "entity_id", "period", "balance", "currency", "opening", *_MOVES, "closing", "interest"]
_AT_ONCE = 10_000
"""Contracts whose books are made at once: a dozen matrices of contracts x months stay small."""

_Amounts = tuple[months.Integers | None, ...]
"""Contract x (everything before, then each period): the closing balance, each of the moves, interest; None where all are zero."""


def revenue_rollforward(
    lines: pd.DataFrame,
    contracts: pd.DataFrame,
    events: pd.DataFrame,
    periods: Sequence[str],
    financing: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Balances of every contract in the schedule, and what moved them, for each of the consecutive periods.

    Shape: three rows (contract_asset, contract_liability, receivable) for every contract and period in which it has a
    balance or a movement, and refund_liability where it has one. What lies before the first period is in its opening.
    Unit: minor units of the contract's currency. Balances are never negative.
    Source: ASC 606-10-45-1 to 45-4; IFRS 15.105-108.
    """
    wanted = np.sort(months.numbers(periods))
    held = contracts.astype({"contract_id": "str", "entity_id": "str", "currency": "str"})
    held = held[months.is_among(held["contract_id"], lines["contract_id"])].sort_values(
        "contract_id", ignore_index=True
    )
    moves = [*_from_lines(lines), *_from_events(events), _from_financing(financing, lines)]
    rows = [months.positions(move["contract_id"], held["contract_id"]) for move in moves]
    frames = []
    for first in range(0, max(len(held), 1), _AT_ONCE):
        chosen = held.iloc[first : first + _AT_ONCE].reset_index(drop=True)
        grids = [_grid(m, r - first, len(chosen), wanted) for m, r in zip(moves, rows, strict=True)]
        frames.append(_books(chosen, wanted, *grids))
    return pd.concat(frames, ignore_index=True)


def _books(
    held: pd.DataFrame,
    wanted: months.Integers,
    revenue: months.Integers,
    expected: months.Integers,
    billed: months.Integers,
    cash: months.Integers,
    credited: months.Integers,
    written: months.Integers,
    given: months.Integers,
    interest: months.Integers,
) -> pd.DataFrame:
    invoiced = np.cumsum(billed - credited, axis=1)
    received = np.cumsum(cash + written, axis=1)
    given_back = np.cumsum(given, axis=1)
    advance = np.maximum(received - invoiced, 0)
    over = invoiced + advance + np.cumsum(interest, axis=1) - np.cumsum(revenue, axis=1)
    asset, unearned = np.maximum(-over, 0), np.maximum(over, 0)
    refund = np.minimum(np.maximum(np.cumsum(expected, axis=1) - given_back, 0), unearned)
    to_advance, to_asset, to_refund = _changes(advance), _changes(asset), _changes(refund)
    parts: dict[str, _Amounts] = {
        "contract_asset": (asset, None, None, to_asset, None, None, None),
        "contract_liability": (
            unearned - refund, billed, -revenue, to_advance + to_asset - to_refund, None, interest - credited, interest,
        ),
        "receivable": (invoiced + advance - received, billed, None, to_advance, -cash, -credited - written, None),
        "refund_liability": (refund, None, None, to_refund, None, None, None),
    }  # fmt: skip
    moved = np.logical_or.reduce([m != 0 for m in (revenue, billed, cash, credited, written, interest)])
    kept = moved | np.logical_or.reduce(
        [_present(balance) for balance in (asset, unearned, invoiced + advance - received)]
    )
    return _frame(held, wanted, parts, kept[:, 1:], _present(refund)[:, 1:])


def _from_lines(lines: pd.DataFrame) -> list[pd.DataFrame]:
    """Revenue, and what is expected to be refunded as the change of every month."""
    actual = lines.loc[lines["status"] == "actual", [*KEY, "period", "recognized", "expected_refund"]]
    actual = actual.assign(month=months.numbers(actual["period"]))
    refunds = actual[months.is_among(actual["contract_id"], actual.loc[actual["expected_refund"] != 0, "contract_id"])]
    refunds = refunds.sort_values([*KEY, "month"])
    before = refunds.groupby(KEY)["expected_refund"].shift(fill_value=0)
    return [
        actual.rename(columns={"recognized": "amount"})[["contract_id", "month", "amount"]],
        refunds.assign(amount=refunds["expected_refund"] - before)[["contract_id", "month", "amount"]],
    ]


def _from_events(events: pd.DataFrame) -> list[pd.DataFrame]:
    """Invoices, cash, what refunds take off the invoices, what is written off, and what is given back."""
    rows = settlements(events)
    return [
        rows.loc[rows[name] != 0, ["contract_id", "month", name]].rename(columns={name: "amount"})
        for name in ("billed", "cash", "credited", "written_off", "given_back")
    ]


def _from_financing(financing: pd.DataFrame | None, lines: pd.DataFrame) -> pd.DataFrame:
    """Interest by month: what makes the customer's side more above zero, the seller's below."""
    if financing is None:
        return pd.DataFrame({"contract_id": lines["contract_id"][:0], "month": [], "amount": []}, dtype="int64").astype(
            {"contract_id": "str"}
        )
    rows = financing.assign(month=months.numbers(financing["period"]))
    return rows.rename(columns={"interest": "amount"})[["contract_id", "month", "amount"]]


def _grid(moves: pd.DataFrame, row: months.Integers, contracts: int, wanted: months.Integers) -> months.Integers:
    """Contract x (everything before, then each period): amounts moved."""
    month = moves["month"].to_numpy(np.int64)
    inside = (row >= 0) & (row < contracts) & (month <= wanted[-1])
    column = np.maximum(month - wanted[0] + 1, 0)
    grid = np.zeros((contracts, len(wanted) + 1), np.int64)
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
    parts: Mapping[str, _Amounts],
    kept: npt.NDArray[np.bool_],
    refunds: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    row, column = np.nonzero(kept)
    shown = np.ones((len(row), len(_BALANCES)), bool)
    shown[:, -1] = refunds[row, column]  # the refund liability comes last, and only where there is one
    cell = np.flatnonzero(shown)
    each, which = np.divmod(cell, len(_BALANCES))
    place = row * (len(wanted) + 1) + column + 1
    frame = held[["contract_id", "entity_id", "currency"]].take(row[each]).reset_index(drop=True)
    frame["period"] = months.labels(wanted[column[each]])
    frame["balance"] = pd.Series(_BALANCES, dtype="str").take(which).array
    for position, name in enumerate(["closing", *_MOVES, "interest"]):
        values = np.zeros(shown.shape, np.int64)
        for number, balance in enumerate(_BALANCES):
            amounts = parts[balance][position]
            if amounts is not None:
                values[:, number] = amounts.take(place)
        frame[name] = values.take(cell)
    frame["opening"] = frame["closing"] - sum(frame[name] for name in _MOVES)
    return frame[_COLUMNS]
