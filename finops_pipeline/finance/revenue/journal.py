"""The journal of contracts: the roll-forward as entries, each with a debit and a credit, one journal a contract and month.

    billing           receivable           to  contract_liability   what is invoiced
    cash              cash                 to  receivable           payments, less refunds
    revenue           contract_liability   to  revenue              what is earned
    credit_note       contract_liability   to  receivable           what a refund takes back from an invoice
    write_off         credit_loss          to  receivable           what will not be paid (ASC 326, no revenue)
    advance           receivable           to  contract_liability   what is paid before its invoice, and back
    contract_asset    contract_asset       to  contract_liability   what is earned before its invoice, and back
    refund_liability  contract_liability   to  refund_liability     what is expected to be paid back, and back
    return_asset      return_asset         to  cost_of_sales        goods that are expected back (606-10-55-23 c)
    goods_returned    inventory            to  return_asset         goods that came back
    interest_expense  interest_expense     to  contract_liability   on what was paid long before (606-10-32-20)
    interest_income   contract_liability   to  interest_income      on what is paid long after

    liability_maturity  contract_liability          to  contract_liability_non_current  what became non-current, and back
    asset_maturity      contract_asset_non_current  to  contract_asset                  the same of the asset

A negative amount changes sides, so debits and credits are never negative. Everything is booked on the current accounts first;
the last two entries move the change of what is non-current (210-10-45), so that both accounts together are the balance.

Here: entries, and their proofs. Not here: what the amounts are (`rollforward`, `maturity`), nor the accounts that a chart
gives to the roles.

Source: ASC 606-10-45-1 to 45-4 (presentation), 606-10-32-10 (refund liability).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import bookings, months

_ENTRIES = {
    "billing": ("receivable", "contract_liability"),
    "cash": ("cash", "receivable"),
    "revenue": ("contract_liability", "revenue"),
    "credit_note": ("contract_liability", "receivable"),
    "write_off": ("credit_loss", "receivable"),
    "advance": ("receivable", "contract_liability"),
    "contract_asset": ("contract_asset", "contract_liability"),
    "refund_liability": ("contract_liability", "refund_liability"),
    "return_asset": ("return_asset", "cost_of_sales"),
    "goods_returned": ("inventory", "return_asset"),
    "interest_expense": ("interest_expense", "contract_liability"),
    "interest_income": ("contract_liability", "interest_income"),
    "liability_maturity": ("contract_liability", "contract_liability_non_current"),
    "asset_maturity": ("contract_asset_non_current", "contract_asset"),
}
_CREDIT_BALANCES = ("contract_liability", "refund_liability")
_ACCOUNTS = {
    "receivable": ("receivable",),
    "contract_asset": ("contract_asset", "contract_asset_non_current"),
    "return_asset": ("return_asset",),
    "contract_liability": ("contract_liability", "contract_liability_non_current"),
    "refund_liability": ("refund_liability",),
}
"""The accounts that together are a balance of the roll-forward."""
_PLACE = ["contract_id", "period"]
_HEAD = [*_PLACE, "entity_id", "currency"]
_COLUMNS = [
    "journal_id", "line_no", "entity_id", "period", "account_role", "contract_id", "currency", "debit", "credit", "entry",
]  # fmt: skip


def revenue_journal(rollforward: pd.DataFrame, parts: pd.DataFrame | None = None) -> pd.DataFrame:
    """The entries that move each contract's books from opening to closing, and those of `refunds.beside` if they are there.

    `parts`: `maturity.contract_balance_maturity` of the same months; without them nothing is non-current.
    Shape: one row per journal line; the journal of a contract and month is `RR-<contract>-<month>`. Unit: minor units.
    """
    moved = rollforward[:0].assign(change=0) if parts is None else _moved(parts)
    heads, place = _heads(pd.concat([rollforward[_HEAD], moved[_HEAD]], ignore_index=True))
    booked, matured = np.split(place, [len(rollforward)])
    amounts = np.column_stack([*_amounts(rollforward, booked, len(heads)), *_maturities(moved, matured, len(heads))])
    row, entry = np.nonzero(amounts)
    amount = amounts[row, entry]
    names = list(_ENTRIES)
    lines = heads.take(np.repeat(row, 2)).reset_index(drop=True)
    both = np.repeat(entry, 2) * 2 + np.tile([0, 1], len(row))
    roles = pd.Series([role for name in names for role in _ENTRIES[name]], dtype="str")
    signed = np.repeat(amount, 2) * np.tile([1, -1], len(row))
    journal = np.repeat(row, 2)
    starts = np.flatnonzero(np.diff(journal, prepend=-1))
    lines["line_no"] = np.arange(len(journal)) - np.repeat(starts, np.diff(starts, append=len(journal))) + 1
    lines["account_role"] = roles.take(both).array
    lines["debit"], lines["credit"] = np.maximum(signed, 0), np.maximum(-signed, 0)
    lines["entry"] = pd.Series(names, dtype="str").take(np.repeat(entry, 2)).array
    return lines[_COLUMNS]


def _heads(rows: pd.DataFrame) -> tuple[pd.DataFrame, months.Integers]:
    """One row per contract and month in the order of their journals, and for each row which one it is of."""
    contract, _ = pd.factorize(rows["contract_id"])
    period, labels = pd.factorize(rows["period"])
    place, _ = pd.factorize(contract * max(len(labels), 1) + period)
    first = np.flatnonzero(np.diff(np.maximum.accumulate(place), prepend=-1))
    heads = rows.take(first).reset_index(drop=True)
    heads["journal_id"] = "RR-" + heads["contract_id"] + "-" + heads["period"]
    order = heads["journal_id"].argsort().to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return heads.take(order).reset_index(drop=True), rank[place]


def _amounts(rollforward: pd.DataFrame, place: months.Integers, heads: int) -> list[months.Integers]:
    """For each entry what moves from the credited to the debited account, by contract and month."""
    code, names = pd.factorize(rollforward["balance"])
    rows_of = {name: np.flatnonzero(code == number) for number, name in enumerate(names)}

    def of(balance: str, move: str) -> months.Integers:
        rows = rows_of.get(balance, np.zeros(0, np.int64))
        column = np.zeros(heads, np.int64)
        column[place[rows]] = rollforward[move].to_numpy(np.int64)[rows]
        return column

    interest = of("contract_liability", "interest")
    adjusted = of("contract_liability", "adjusted") - interest
    return [
        of("receivable", "billed"),
        -of("receivable", "cash"),
        -of("contract_liability", "recognized"),
        -adjusted,
        adjusted - of("receivable", "adjusted"),
        of("receivable", "reclassified"),
        of("contract_asset", "reclassified"),
        of("refund_liability", "reclassified"),
        of("return_asset", "recognized"),
        -of("return_asset", "adjusted"),
        np.maximum(interest, 0),
        np.maximum(-interest, 0),
    ]


def _moved(parts: pd.DataFrame) -> pd.DataFrame:
    """The rows in which what is non-current changes, and by how much."""
    rows = parts.assign(change=parts["non_current"] - parts["opening_non_current"])
    return rows[rows["change"] != 0]


def _maturities(moved: pd.DataFrame, place: months.Integers, heads: int) -> list[months.Integers]:
    """The same for what became non-current, of liabilities and of assets."""
    columns = []
    for balance in ("contract_liability", "contract_asset"):
        rows = np.flatnonzero(moved["balance"] == balance)
        column = np.zeros(heads, np.int64)
        column[place[rows]] = moved["change"].to_numpy(np.int64)[rows]
        columns.append(column)
    return columns


def journal_findings(
    journal: pd.DataFrame, rollforward: pd.DataFrame, lines: pd.DataFrame, events: pd.DataFrame, periods: Sequence[str]
) -> list[Finding]:
    """Everything that is wrong with the journal of these periods.

    REV-130: a journal balances. REV-131: its lines move each balance from opening to closing. REV-132: its revenue is
    that of the schedule. REV-133: its cash is that of the events. REV-134: its interest is that of the roll-forward.
    """
    net = journal.assign(net=journal["debit"] - journal["credit"])
    moved = rollforward.assign(net=rollforward["closing"] - rollforward["opening"])
    credit = moved["balance"].isin(_CREDIT_BALANCES)
    moved["net"] = moved["net"].where(~credit, -moved["net"])
    earned = lines[(lines["status"] == "actual") & lines["period"].isin(list(periods))]
    return [
        *_differences("REV-130", _sums(net), _sums(net[:0]), ("debits less credits", "what they must be")),
        *(
            finding
            for balance, accounts in _ACCOUNTS.items()
            for finding in _differences(
                "REV-131", _sums(net[net["account_role"].isin(accounts)]), _sums(moved[moved["balance"] == balance]),
                (f"{balance} of the journal", f"the change of {balance}"),
            )
        ),
        *_differences(
            "REV-132", -_sums(net[net["account_role"] == "revenue"]), _sums(earned.assign(net=earned["recognized"])),
            ("revenue of the journal", "revenue of the schedule"),
        ),
        *_differences(
            "REV-133", _sums(net[net["account_role"] == "cash"]), _cash(events, lines, periods),
            ("cash of the journal", "payments less refunds"),
        ),
        *_differences(
            "REV-134", _sums(net[net["account_role"].isin(["interest_expense", "interest_income"])]),
            _sums(rollforward.assign(net=rollforward["interest"])), ("interest of the journal", "that of the roll-forward"),
        ),
    ]  # fmt: skip


def _cash(events: pd.DataFrame, lines: pd.DataFrame, periods: Sequence[str]) -> pd.Series:
    is_cash = events["event_type"].isin(["payment", "refund"])
    rows = events[is_cash & months.is_among(events["contract_id"], lines["contract_id"])]
    rows = rows.assign(period=months.labels(bookings.event_months(rows)).array)
    rows = rows[rows["period"].isin(list(periods))]
    amount = rows["amount"].to_numpy(np.int64) * np.where(rows["event_type"] == "refund", -1, 1)
    return _sums(rows.assign(net=amount))


def _sums(rows: pd.DataFrame) -> pd.Series:
    sums: pd.Series = rows.astype(dict.fromkeys(_PLACE, "str")).groupby(_PLACE)["net"].sum()
    return sums


def _differences(rule_id: str, left: pd.Series, right: pd.Series, names: tuple[str, str]) -> list[Finding]:
    """A finding for each contract and month in which the two amounts differ; a missing amount is zero."""
    both = frames.side_by_side({"left": left, "right": right})
    return [
        Finding(
            rule_id, f"{contract} {period}",
            f"{names[0]} is {one}, {names[1]} is {other} (minor units): recompute revenue_journal", period=period,
        )
        for (contract, period), one, other in both[both["left"] != both["right"]].itertuples(name=None)
    ]  # fmt: skip
