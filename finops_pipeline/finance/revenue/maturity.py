"""Current and non-current: contract liabilities and assets by when they are worked off.

A contract liability is worked off by the revenue that comes next. What of it is more than the revenue of the coming twelve
months is non-current, as far as revenue is still to come after them: what is left beyond all revenue goes back to the
customer on demand, and is current.

A contract asset turns into a receivable while the rest of the contract is done; extracts do not say when that is invoiced. So
it is parted as the revenue still to come is: after twelve months to all of it. If none is to come, it is due: current.

Revenue for which no month is known (undelivered, without an expected date) comes after twelve months, as in
`remaining`; usage counts for nothing, because it is not known before it is invoiced.

Worked example: 36,000 for three years are paid in January, 1,000 are revenue each month. At the end of January 35,000 are a
liability; 12,000 of it are revenue of the coming year, so 23,000 are non-current. At the end of February it is 22,000: the
journal moves 1,000 to the current account, and so on until December of the second year, when all is current.

Here: the split and its proofs. Not here: the balances (`rollforward`), when revenue comes (`schedule`), nor the entries
that move the non-current part (`journal`).
Source: ASC 210-10-45 (IAS 1.69) for the twelve months, 606-10-45-1 (IFRS 15.105) for the balances.
"""

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.schedule import Then
from finops_pipeline.finance.revenue.to_come import revenue_to_come

_MONTHS = 10**6
"""More than there are months: contract and month make one number, which compares fast."""
_BALANCES = ["contract_asset", "contract_liability"]
_PLACE = ["contract_id", "period", "balance"]
_COLUMNS = [
    "contract_id", "entity_id", "period", "balance", "currency", "closing", "current", "non_current", "opening_non_current",
]  # fmt: skip


def contract_balance_maturity(
    rollforward: pd.DataFrame, lines: pd.DataFrame, booked: pd.DataFrame, events: pd.DataFrame, then: Then
) -> pd.DataFrame:
    """The closing balances of contract liabilities and assets, split at twelve months.

    The revenue to come is what was planned at the end of the period (`to_come`); `booked` are the obligations of
    `bookings.obligation_months`. `opening_non_current` is what was non-current at the end of the month before, also before
    the first month of the roll-forward.
    Shape: one row per contract, period and balance that is not zero, or of which something was non-current before. Unit:
    minor units of the contract's currency.
    """
    is_held = (rollforward["opening"] != 0) | (rollforward["closing"] != 0)
    shown = rollforward[is_held & rollforward["balance"].isin(_BALANCES)].reset_index(drop=True)
    shown["month"] = months.numbers(shown["period"])
    order, earlier = _in_order(shown)
    shown = shown.take(order).reset_index(drop=True)
    first = np.flatnonzero((earlier < 0) & (shown["opening"] != 0).to_numpy(bool))
    before = shown.take(first)
    before = before.assign(month=before["month"] - 1, closing=before["opening"])
    every = pd.concat([shown, before], ignore_index=True)
    later = _non_current(every, *revenue_to_come(every, lines, booked, events, then))
    shown["non_current"] = later[: len(shown)]
    shown["current"] = shown["closing"] - shown["non_current"]
    opening = np.where(earlier < 0, 0, later[earlier])
    opening[first] = later[len(shown) :]
    shown["opening_non_current"] = opening
    parts: pd.DataFrame = shown.loc[(shown["closing"] != 0) | (opening != 0), _COLUMNS].reset_index(drop=True)
    return parts


def _in_order(shown: pd.DataFrame) -> tuple[months.Integers, months.Integers]:
    """The order by contract, month and balance; and where, in it, the row of the month before is (-1: there is none)."""
    contract, _ = pd.factorize(shown["contract_id"], sort=True)
    is_liability = (shown["balance"] == "contract_liability").to_numpy(bool)
    place = (contract * _MONTHS + shown["month"].to_numpy(np.int64)) * 2 + is_liability
    order = np.argsort(place, kind="stable")
    place = place[order]
    found = np.searchsorted(place, place - 2)
    return order, np.where(place[found] == place - 2, found, -1)


def _non_current(rows: pd.DataFrame, soon: months.Integers, later: months.Integers) -> months.Integers:
    """What of each balance is non-current, by the revenue to come."""
    closing = rows["closing"].to_numpy(np.int64)
    liability = np.minimum(np.maximum(closing - soon, 0), later)
    asset = exact.proportion(closing, later, np.maximum(soon + later, 1))
    return np.where(rows["balance"] == "contract_liability", liability, asset)


def maturity_findings(parts: pd.DataFrame, rollforward: pd.DataFrame) -> list[Finding]:
    """Everything that is wrong with the parts of these balances.

    REV-161: current and non-current make the closing balance of every contract liability and asset, neither is negative,
    and what was non-current before is not more than the opening. REV-162: it is what was non-current a month earlier.
    """
    held = rollforward[rollforward["balance"].isin(_BALANCES)]
    of = held.groupby(_PLACE)[["opening", "closing"]].sum()
    whole = (parts["current"] + parts["non_current"]).groupby([parts[name] for name in _PLACE]).sum()
    opening = parts.groupby(_PLACE)["opening_non_current"].sum()
    both = frames.side_by_side({"parts": opening, "opening": of["opening"]})
    negative = parts[(parts[["current", "non_current", "opening_non_current"]] < 0).any(axis=1)]
    return [
        *_differences("REV-161", whole, of["closing"], ("current and non-current", "the balance")),
        *(
            _finding("REV-161", place, f"of an opening of {other}, {one} are non-current")
            for place, one, other in both[both["parts"] > both["opening"]].itertuples(name=None)
        ),
        *(_finding("REV-161", place, "a part is negative") for place in negative[_PLACE].itertuples(index=False, name=None)),
        *_differences("REV-162", *_connected(parts, set(rollforward["period"])), ("non-current before", "the opening")),
    ]  # fmt: skip


def _connected(parts: pd.DataFrame, made: set[str]) -> tuple[pd.Series, pd.Series]:
    """What was non-current at the end of a month, and at the opening of the next, where both months are made."""
    number = months.numbers(parts["period"])
    later, before = (parts.assign(period=months.labels(number + step).array)["period"] for step in (1, -1))
    closed = parts.assign(period=later)[later.isin(made)]
    opened = parts[before.isin(made)]
    return closed.groupby(_PLACE)["non_current"].sum(), opened.groupby(_PLACE)["opening_non_current"].sum()


def reclassification_findings(journal: pd.DataFrame, parts: pd.DataFrame) -> list[Finding]:
    """REV-162: the journal moves each non-current account from what was non-current before to what is now."""
    balance = journal["account_role"].str.removesuffix("_non_current")
    lines = journal.assign(balance=balance)[balance != journal["account_role"]]
    sign = np.where(lines["balance"] == "contract_liability", -1, 1)
    moved = lines.assign(net=(lines["debit"] - lines["credit"]) * sign).groupby(_PLACE)["net"].sum()
    due = parts.assign(net=parts["non_current"] - parts["opening_non_current"]).groupby(_PLACE)["net"].sum()
    return _differences("REV-162", moved, due, ("what the journal moves to non-current", "the change of what is"))


def _differences(rule_id: str, left: pd.Series, right: pd.Series, names: tuple[str, str]) -> list[Finding]:
    """A finding for each contract, month and balance whose amounts differ; a missing amount is zero."""
    both = frames.side_by_side({"left": left, "right": right})
    return [
        _finding(rule_id, place, f"{names[0]}: {one}, {names[1]}: {other}")
        for place, one, other in both[both["left"] != both["right"]].itertuples(name=None)
    ]


def _finding(rule_id: str, place: tuple[str, ...], words: str) -> Finding:
    what = f"{words} (minor units): recompute contract_balance_maturity and revenue_journal"
    return Finding(rule_id, " ".join(place), what, period=place[1])
