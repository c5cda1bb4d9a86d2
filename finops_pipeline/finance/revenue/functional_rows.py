"""The shape of the functional books: what moved a contract in a month as one row of columns, and rows of tables from it.

Here: from rows of `revenue_rollforward` to one row per contract and month, and from there to both tables. Not here: the
amounts in functional currency (`functional`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance.revenue import months

BALANCES = ("contract_asset", "contract_liability", "receivable", "refund_liability")
EXCHANGE = ("realized", "unrealized", "asset_exchange", "refund_exchange")
_ENTRIES = {
    "billed": ("billing", "receivable", "contract_liability"),
    "cash": ("cash", "cash", "receivable"),
    "revenue": ("revenue", "contract_liability", "revenue"),
    "credited": ("credit_note", "contract_liability", "receivable"),
    "written_off": ("write_off", "credit_loss", "receivable"),
    "advance": ("advance", "receivable", "contract_liability"),
    "asset": ("contract_asset", "contract_asset", "contract_liability"),
    "refund": ("refund_liability", "contract_liability", "refund_liability"),
    "expense": ("interest_expense", "interest_expense", "contract_liability"),
    "income": ("interest_income", "contract_liability", "interest_income"),
    "realized": ("realized_exchange", "receivable", "exchange_difference"),
    "unrealized": ("unrealized_exchange", "receivable", "exchange_difference"),
    "asset_exchange": ("unrealized_exchange", "contract_asset", "exchange_difference"),
    "refund_exchange": ("unrealized_exchange", "exchange_difference", "refund_liability"),
}
"""Columns of a contract and month: the entry, the account it debits and the one it credits."""
MOVES = tuple(name for name in _ENTRIES if name not in EXCHANGE)
_HEAD = ["contract_id", "entity_id", "period", "contract_currency", "currency"]
_ROLLFORWARD = [
    "contract_id", "entity_id", "period", "balance", "currency", "opening", "billed", "recognized", "reclassified", "cash",
    "adjusted", "exchange", "closing", "contract_currency", "transaction_closing",
]  # fmt: skip
_JOURNAL = [
    "journal_id", "line_no", "entity_id", "period", "account_role", "contract_id", "currency", "debit", "credit", "entry",
    "contract_currency", "transaction_debit", "transaction_credit",
]  # fmt: skip


def wide(rollforward: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """One row per contract and month of the roll-forward: `MOVES` and the closing `BALANCES`, in contract currency."""
    is_first = (rollforward["balance"] == BALANCES[0]).to_numpy(bool)
    cell = np.cumsum(is_first) - 1  # every contract and month begins with its contract asset
    at = rollforward.loc[is_first, ["contract_id", "entity_id", "period"]].reset_index(drop=True)
    at["month"] = months.numbers(at["period"])
    at["contract_currency"] = rollforward.loc[is_first, "currency"].array
    at["currency"] = held["functional_currency"].take(months.positions(at["contract_id"], held["contract_id"])).array
    rows_of = {name: np.flatnonzero(rollforward["balance"] == name) for name in BALANCES}

    def of(balance: str, name: str) -> months.Integers:
        column = np.zeros(len(at), np.int64)
        column[cell[rows_of[balance]]] = rollforward[name].to_numpy(np.int64)[rows_of[balance]]
        return column

    interest = of("contract_liability", "interest")
    adjusted = of("contract_liability", "adjusted") - interest
    at["has_refund"] = np.isin(np.arange(len(at)), cell[rows_of["refund_liability"]])
    moves = (
        of("receivable", "billed"), -of("receivable", "cash"), -of("contract_liability", "recognized"), -adjusted,
        adjusted - of("receivable", "adjusted"), of("receivable", "reclassified"), of("contract_asset", "reclassified"),
        of("refund_liability", "reclassified"), np.maximum(interest, 0), np.maximum(-interest, 0),
    )  # fmt: skip
    columns = dict(zip(MOVES, moves, strict=True)) | {name: of(name, "closing") for name in BALANCES}
    return at.assign(**columns)


def rollforward_rows(at: pd.DataFrame, values: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """The rows of the functional roll-forward: `values` has the columns of `at` in functional currency, and exchange."""
    v = values.astype(np.int64)
    none = v["billed"] * 0
    interest = v["expense"] - v["income"]
    parts = {
        "contract_asset": (none, none, v["asset"], none, none, v["asset_exchange"]),
        "contract_liability": (
            v["billed"], -v["revenue"], v["advance"] + v["asset"] - v["refund"], none, interest - v["credited"], none,
        ),
        "receivable": (
            v["billed"], none, v["advance"], -v["cash"], -v["credited"] - v["written_off"], v["realized"] + v["unrealized"],
        ),
        "refund_liability": (none, none, v["refund"], none, none, v["refund_exchange"]),
    }  # fmt: skip
    names = ["billed", "recognized", "reclassified", "cash", "adjusted", "exchange"]
    shown = at["is_booked"] | (v[[*MOVES, *EXCHANGE]] != 0).any(axis=1)
    rows = []
    for place, (balance, moves) in enumerate(parts.items()):
        row = at[_HEAD].assign(balance=balance, place=place, **dict(zip(names, moves, strict=True)))
        row["closing"], row["transaction_closing"] = v[balance], at[balance]
        row["opening"] = row["closing"] - row[names].sum(axis=1)
        rows.append(row[shown & (at["has_refund"] | (balance != "refund_liability"))])
    table = pd.concat(rows)
    table = table[table["period"].isin(list(periods))].sort_values(
        ["contract_id", "period", "place"], ignore_index=True
    )
    return table.astype({"balance": "str"})[_ROLLFORWARD]


def journal_rows(at: pd.DataFrame, values: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """The lines of the functional journal; a line of exchange has no transaction amount."""
    is_wanted = at["period"].isin(list(periods)).to_numpy(bool)
    heads, names = at.loc[is_wanted, _HEAD].reset_index(drop=True), list(_ENTRIES)
    heads["journal_id"] = "RR-" + heads["contract_id"] + "-" + heads["period"]
    amounts = values.loc[is_wanted, names].to_numpy(np.int64)
    transacted = at[is_wanted].assign(**dict.fromkeys(EXCHANGE, 0))[names].to_numpy(np.int64)
    row, entry = np.nonzero((amounts != 0) | (transacted != 0))
    lines = heads.take(np.repeat(row, 2)).reset_index(drop=True)
    side = np.tile([1, -1], len(row))
    for prefix, matrix in (("", amounts), ("transaction_", transacted)):
        signed = np.repeat(matrix[row, entry], 2) * side
        lines[f"{prefix}debit"], lines[f"{prefix}credit"] = np.maximum(signed, 0), np.maximum(-signed, 0)
    both = np.repeat(entry, 2) * 2 + np.tile([0, 1], len(row))
    lines["account_role"] = (
        pd.Series([r for _, *roles in _ENTRIES.values() for r in roles], dtype="str").take(both).array
    )
    lines["entry"] = pd.Series([_ENTRIES[n][0] for n in names], dtype="str").take(np.repeat(entry, 2)).array
    lines["line_no"] = lines.groupby(np.repeat(row, 2)).cumcount() + 1
    return lines.sort_values(["journal_id", "line_no"], ignore_index=True)[_JOURNAL]
