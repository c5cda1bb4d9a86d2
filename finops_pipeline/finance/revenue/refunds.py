"""What is expected to go back: the refund liability by what moves it, and the asset for the goods that come back.

    expected    what goods that come back, price concessions and cancellations are expected to give back to the customer
    settled     what refunds took back from invoices, and credit notes (negative invoices)
    not due     what is expected, but neither invoiced nor received yet; or settled beyond what is expected
    liability   expected - settled - not due

Goods that are expected back are an asset at their cost, less what it takes to get them back and what they lose in value, and
that much less is cost of sales (606-10-55-23 c, 55-27; IFRS 15.B21, B25). Estimates change it when they change the liability;
goods that come back turn it into inventory. Only a return by quantity brings goods back: one by amount is money.

Worked example (Example 22): 100 sold at 100, cost 60; 3 are expected back. Liability 300, asset 180. Two come back and are
refunded: liability 100, asset 60, inventory 120.

Here: both roll-forwards, from the states of obligations that the plain engine goes through (`replay`), and the rows for the
journal. Not here: their proofs (`refund_proofs`), nor how much is a liability (`rollforward`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.revenue import gates, months
from finops_pipeline.finance.revenue.inputs import KEY, Inputs, Proration
from finops_pipeline.finance.revenue.replay import entries
from finops_pipeline.finance.revenue.settlements import settlements
from finops_pipeline.finance.revenue.terms import deals

_STATE = ["refundable", "returned", "conceded", "goods_due", "goods_back"]
_NAMES = ["entity_id", "product_id", "currency"]
MOVES = ["returns", "concessions", "cancellations", "settled", "not_due"]
_LIABILITY = ["contract_id", "entity_id", "period", "currency", "opening", *MOVES, "closing"]
_ASSET = [*KEY, "entity_id", "period", "product_id", "currency", "opening", "expected", "came_back", "closing"]


def refund_states(inputs: Inputs, lines: pd.DataFrame, proration: Proration) -> pd.DataFrame:
    """Where the obligations stood that something is expected back of, at the end of each month in which they moved.

    `inputs` and `lines` are those of a schedule. Shape: one row per obligation and month: its key, names and `month`; `refundable`,
    of it `returned` and `conceded`; `goods_due` and `goods_back` (`obligation.Standing`). Unit: minor units.
    """
    returned = inputs.events.loc[inputs.events["event_type"].isin(["return", "returns_estimate"]), "contract_id"]
    concerned = pd.concat([lines.loc[lines["expected_refund"] != 0, "contract_id"], returned]).astype("str").unique()
    none = gates.unmet(inputs.contracts, inputs.as_of_period)
    chosen = [name for name in concerned if name in set(lines["contract_id"]) and name not in none]
    last = calendar.index(inputs.as_of_period)
    found = [
        (deal.contract_id, entry.obligation_id, entry.month, *entry.standing[2:])
        for deal in (deals(inputs.only(chosen)) if chosen else [])
        for entry in entries(deal, inputs.as_of_period, proration)
        if entry.month <= last
    ]
    key = pd.DataFrame([row[:2] for row in found], columns=KEY, dtype="str")
    cells = np.array([row[2:] for row in found], np.int64).reshape(-1, 1 + len(_STATE))
    frame = key.merge(inputs.obligations[[*KEY, *_NAMES]].astype("str"), on=KEY, how="left", validate="many_to_one")
    states = frame.assign(**dict(zip(["month", *_STATE], cells.T, strict=True)))
    return gates.caught_up(states, inputs.contracts).drop(columns="is_caught_up")


def refund_liability_rollforward(
    states: pd.DataFrame, rollforward: pd.DataFrame, events: pd.DataFrame, periods: Sequence[str]
) -> pd.DataFrame:
    """The refund liability of every contract that has one or expects one, and what moved it, for consecutive periods.

    `rollforward` has the liability of the same periods (`revenue_rollforward`). Shape: one row per contract and period in
    which anything is not zero. Unit: minor units of the contract's currency.
    """
    wanted = np.sort(months.numbers(periods))
    owed = rollforward[rollforward["balance"] == "refund_liability"]
    names = ["contract_id", "entity_id", "currency"]
    heads = pd.concat([states[names], owed[names]]).astype("str")
    heads = heads.drop_duplicates("contract_id").sort_values("contract_id", ignore_index=True)
    moved = {name: _changes(states, name, heads["contract_id"], wanted) for name in _STATE[:3]}
    given = settlements(events[months.is_among(events["contract_id"], heads["contract_id"])])
    settled = -grid(given, given["given_back"], heads["contract_id"], wanted)
    opening, closing = _balance(owed, heads["contract_id"], wanted)
    due = np.cumsum(moved["refundable"] + settled, axis=1)
    not_due = np.diff(np.concatenate([opening[:, :1], closing], axis=1) - due, axis=1)
    rest = moved["refundable"] - moved["returned"] - moved["conceded"]
    kinds = {"returns": moved["returned"], "concessions": moved["conceded"], "cancellations": rest, "settled": settled}
    shown = {
        "opening": opening,
        **{name: change[:, 1:] for name, change in kinds.items()},
        "not_due": not_due,
        "closing": closing,
    }
    return _rows(heads, wanted, shown)[_LIABILITY].sort_values(["contract_id", "period"], ignore_index=True)


def return_asset_rollforward(states: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """The asset for goods expected back of every obligation that has one, and what moved it, for consecutive periods.

    Shape: one row per obligation and period in which anything is not zero. Unit: minor units of the contract's currency.
    """
    wanted = np.sort(months.numbers(periods))
    has = states.groupby(KEY)[["goods_due", "goods_back"]].transform("max").max(axis=1) > 0
    held = states[has].assign(place=lambda rows: rows["contract_id"] + "\0" + rows["obligation_id"])
    heads = held.drop_duplicates("place")[["place", *KEY, *_NAMES]].reset_index(drop=True)
    due = np.cumsum(_changes(held, "goods_due", heads["place"], wanted, by="place"), axis=1)
    back = _changes(held, "goods_back", heads["place"], wanted, by="place")[:, 1:]
    opening, closing = due[:, :-1], due[:, 1:]
    shown = {"opening": opening, "expected": closing - opening + back, "came_back": -back, "closing": closing}
    return _rows(heads, wanted, shown)[_ASSET].sort_values([*KEY, "period"], ignore_index=True)


def beside(rollforward: pd.DataFrame, return_assets: pd.DataFrame) -> pd.DataFrame:
    """The roll-forward of contracts with the return assets as one more balance, for the journal and its proofs.

    `recognized` is what is taken off the cost of sales, `adjusted` what came back. Shape: as `revenue_rollforward`.
    """
    place = ["contract_id", "entity_id", "period", "currency"]
    sums = return_assets.groupby(place)[["opening", "expected", "came_back", "closing"]].sum().reset_index()
    rows = sums.rename(columns={"expected": "recognized", "came_back": "adjusted"}).assign(
        balance="return_asset", billed=0, reclassified=0, cash=0, interest=0
    )
    every = pd.concat([rollforward, rows.astype({"balance": "str"})[rollforward.columns]], ignore_index=True)
    return every.sort_values(["contract_id", "period", "balance"], kind="stable", ignore_index=True)


def _changes(
    states: pd.DataFrame, name: str, ids: pd.Series, wanted: months.Integers, *, by: str = "contract_id"
) -> months.Integers:
    """What changed in a state: row x (everything before, then each month)."""
    rows = states.sort_values([*KEY, "month"])
    change = rows[name] - rows.groupby(KEY)[name].shift(fill_value=0)
    return grid(rows, change, ids, wanted, by=by)


def grid(
    rows: pd.DataFrame, amount: pd.Series, ids: pd.Series, wanted: months.Integers, *, by: str = "contract_id"
) -> months.Integers:
    """Amounts of a month summed: row x (everything before, then each of the consecutive months)."""
    row, month = months.positions(rows[by], ids), rows["month"].to_numpy(np.int64)
    inside = month <= wanted[-1]
    sums = np.zeros((len(ids), len(wanted) + 1), np.int64)
    np.add.at(sums, (row[inside], np.maximum(month - wanted[0] + 1, 0)[inside]), amount.to_numpy(np.int64)[inside])
    return sums


def _balance(owed: pd.DataFrame, ids: pd.Series, wanted: months.Integers) -> tuple[months.Integers, months.Integers]:
    """Opening and closing of the liability, contract x month."""
    row, column = months.positions(owed["contract_id"], ids), months.numbers(owed["period"]) - wanted[0]
    found = []
    for name in ("opening", "closing"):
        balance = np.zeros((len(ids), len(wanted)), np.int64)
        balance[row, column] = owed[name].to_numpy(np.int64)
        found.append(balance)
    return found[0], found[1]


def _rows(heads: pd.DataFrame, wanted: months.Integers, shown: dict[str, months.Integers]) -> pd.DataFrame:
    row, column = np.nonzero(np.logical_or.reduce([amounts != 0 for amounts in shown.values()]))
    frame = heads.take(row).reset_index(drop=True)
    frame["period"] = months.labels(wanted[column])
    return frame.assign(**{name: amounts[row, column] for name, amounts in shown.items()})
