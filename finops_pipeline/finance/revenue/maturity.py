"""Current and non-current: contract liabilities and assets by when they are worked off.

A contract liability is worked off by the revenue that comes next. What of it is more than the revenue of the coming twelve
months is non-current, as far as revenue is still to come after them: what is left beyond all revenue goes back to the
customer on demand, and is current.

A contract asset turns into a receivable while the rest of the contract is done; extracts do not say when that is invoiced. So
it is parted as the revenue still to come is: after twelve months to all of it. If none is to come, it is due: current.

Revenue for which no month is known (undelivered, without an expected date) comes after twelve months, as in
`remaining`; usage counts for nothing, because it is not known before it is invoiced.

Worked example: 36,000 for three years are paid in January, 1,000 are revenue each month. At the end of January 35,000 are a
liability; 12,000 of it are revenue of the coming year, so 23,000 are non-current.

Here: the split and its proof. Not here: the balances (`rollforward`), nor when revenue comes (`schedule`).
Source: ASC 210-10-45 (IAS 1.69) for the twelve months, 606-10-45-1 (IFRS 15.105) for the balances.
"""

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.inputs import KEY
from finops_pipeline.finance.revenue.remaining import Then, repriced, with_booking

_YEAR = 12
_MONTHS = 10**6
"""More than there are months: contract and month make one number, which compares fast."""
_BALANCES = ["contract_asset", "contract_liability"]
_PLACE = ["contract_id", "period", "balance"]
_COLUMNS = ["contract_id", "entity_id", "period", "balance", "currency", "closing", "current", "non_current"]


def contract_balance_maturity(
    rollforward: pd.DataFrame, lines: pd.DataFrame, booked: pd.DataFrame, then: Then
) -> pd.DataFrame:
    """The closing balances of contract liabilities and assets, split at twelve months.

    `booked` are the obligations of `bookings.obligation_months`. For a contract whose price or promises change, the revenue
    to come is what was planned at the end of the period, from `then`.
    Shape: one row per contract, period and balance that is not zero. Unit: minor units of the contract's currency.
    """
    shown = rollforward[rollforward["balance"].isin(_BALANCES) & (rollforward["closing"] != 0)].reset_index(drop=True)
    soon, later = _to_come(shown, lines, booked, then)
    closing = shown["closing"].to_numpy(np.int64)
    liability = np.minimum(np.maximum(closing - soon, 0), later)
    asset = exact.proportion(closing, later, np.maximum(soon + later, 1))
    shown["non_current"] = np.where(shown["balance"] == "contract_liability", liability, asset)
    shown["current"] = closing - shown["non_current"]
    return shown[_COLUMNS].sort_values(_PLACE, ignore_index=True)


def _to_come(
    shown: pd.DataFrame, lines: pd.DataFrame, booked: pd.DataFrame, then: Then
) -> tuple[months.Integers, months.Integers]:
    """For each row, the revenue of the coming twelve months and that of all time after them; never less than nothing."""
    rows = with_booking(lines[months.is_among(lines["contract_id"], shown["contract_id"])], booked)
    at = months.numbers(shown["period"])
    soon, later = _sums(rows, shown["contract_id"], at)
    changed = [*repriced(rows), *_growing(booked)]
    moving = months.is_among(shown["contract_id"], changed)
    for month in np.unique(at[moving]):
        place = np.flatnonzero(moving & (at == month))
        names = shown["contract_id"].iloc[place]
        known = with_booking(then(sorted(names.unique()), calendar.label(int(month))), booked)
        soon[place], later[place] = _sums(known, names, at[place])
    begun = booked.groupby("contract_id")["booked"].min().reindex(shown["contract_id"], fill_value=0)
    is_contract = at >= begun.to_numpy(np.int64)  # nothing is to come of an agreement that is none yet (`gates`)
    return np.maximum(soon, 0) * is_contract, np.maximum(later, 0) * is_contract


def _growing(booked: pd.DataFrame) -> list[str]:
    """Contracts with obligations that were not promised from the beginning."""
    first = booked.groupby("contract_id")["booked"].transform("min")
    return booked.loc[booked["booked"] != first, "contract_id"].unique().tolist()


def _sums(rows: pd.DataFrame, contracts: pd.Series, at: months.Integers) -> tuple[months.Integers, months.Integers]:
    ids = rows["contract_id"].drop_duplicates().sort_values(ignore_index=True)
    code = months.positions(rows["contract_id"], ids)
    place = code * _MONTHS + rows["month"].to_numpy(np.int64)
    order = np.argsort(place, kind="stable")
    place, earned = place[order], np.concatenate([[0], np.cumsum(rows["amount"].to_numpy(np.int64)[order])])
    price = np.zeros(len(ids) + 1, np.int64)  # the last one is of contracts without lines
    final = ~rows.duplicated(KEY, keep="last").to_numpy(bool)
    np.add.at(price, code[final], rows["allocated_price"].to_numpy(np.int64)[final])
    mine = months.positions(contracts, ids)

    def upto(month: months.Integers) -> months.Integers:
        sums: months.Integers = earned[np.searchsorted(place, mine * _MONTHS + month, side="right")]
        return sums

    now, year = upto(at), upto(at + _YEAR)
    before = earned[np.searchsorted(place, mine * _MONTHS, side="left")]
    return year - now, price[mine] - (year - before)


def maturity_findings(parts: pd.DataFrame, rollforward: pd.DataFrame) -> list[Finding]:
    """REV-161: current and non-current make the closing balance of every contract liability and asset, neither negative."""
    held = rollforward[rollforward["balance"].isin(_BALANCES)]
    whole = (parts["current"] + parts["non_current"]).groupby([parts[name] for name in _PLACE]).sum()
    both = frames.side_by_side({"parts": whole, "closing": held.groupby(_PLACE)["closing"].sum()})
    found = [
        Finding(
            "REV-161", " ".join(place),
            f"current and non-current are {one}, the balance is {other} (minor units): recompute contract_balance_maturity",
            period=str(place[1]),
        )
        for place, one, other in both[both["parts"] != both["closing"]].itertuples(name=None)
    ]  # fmt: skip
    below = parts[(parts[["current", "non_current"]] < 0).any(axis=1)]
    return found + [
        Finding(
            "REV-161",
            f"{r.contract_id} {r.period} {r.balance}",
            "a part is negative: recompute it",
            period=str(r.period),
        )
        for r in below.itertuples()
    ]
