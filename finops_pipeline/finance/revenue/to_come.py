"""The revenue still to come at the end of a month, as it was planned then: that of twelve months, and that after them.

A month that is over keeps its plan: what comes later, a delivery, a change of the contract, does not change what was to come
then. So a month has the same numbers whenever it is made. What was planned at the end of a month:

* services: the months of their dates;
* goods: all that was not delivered, in the month of their end date (else start date), or in the next one if that is past;
* what is measured: all that was not done, spread evenly over the months to its end date.

Without a date nobody knows the month: it comes later. Usage counts for nothing. For a contract whose price or promises
change, `Then` says what was known at the end of the month.

Here: sums of the revenue to come. Not here: what they make of balances (`maturity`), the disclosure of what remains (`remaining`).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.inputs import CHANGES, KEY
from finops_pipeline.finance.revenue.remaining import with_booking
from finops_pipeline.finance.revenue.schedule import Then

_YEAR = 12
_MONTHS = 10**6
"""More than there are months: a row and a month make one number, which compares fast."""

Sums = tuple[months.Integers, months.Integers]
"""For each row: the revenue of the coming twelve months, and that of all time after them."""


def revenue_to_come(
    asked: pd.DataFrame, lines: pd.DataFrame, booked: pd.DataFrame, events: pd.DataFrame, then: Then
) -> Sums:
    """For each row of `asked` (contract_id, month) what was to come at the end of that month; never less than nothing.

    `booked` are the obligations of `bookings.obligation_months`. Unit: minor units of the contract's currency.
    """
    at, names = asked["month"].to_numpy(np.int64), asked["contract_id"]
    rows = with_booking(lines[months.is_among(lines["contract_id"], names)], booked)
    soon, later = _planned(rows, names, at)
    changed = events.loc[events["event_type"].isin(CHANGES), "contract_id"]
    moving = np.flatnonzero(months.is_among(names, changed))
    if len(moving):
        soon[moving], later[moving] = _of_changing(names.iloc[moving], at[moving], booked, then)
    begun = booked.groupby("contract_id")["booked"].min().reindex(names, fill_value=0)
    is_contract = at >= begun.to_numpy(np.int64)  # nothing is to come of an agreement that is none yet (`gates`)
    return np.maximum(soon, 0) * is_contract, np.maximum(later, 0) * is_contract


def _of_changing(names: pd.Series, at: months.Integers, booked: pd.DataFrame, then: Then) -> Sums:
    """The sums of contracts that change, each as it was known at the end of its month."""
    seen = then.outlook(names, at).merge(booked, on=KEY, validate="many_to_one")
    columns = ("allocated", "earned", "in_a_year", "expected", "month")
    allocated, earned, in_a_year, expected, month = (seen[c].to_numpy(np.int64) for c in columns)
    way = seen["recognition"]
    is_measured, is_service = (way != "point_in_time").to_numpy(bool), (way == "straight_line").to_numpy(bool)
    due = np.where(is_service, in_a_year - earned, _due(allocated - earned, expected, month, is_measured))
    sums = pd.DataFrame({"soon": due, "later": allocated - earned - due})
    found = sums.groupby([seen["contract_id"], month]).sum()
    found = found.reindex(pd.MultiIndex.from_arrays([names.astype("str"), at]), fill_value=0)
    return found["soon"].to_numpy(np.int64), found["later"].to_numpy(np.int64)


def _planned(rows: pd.DataFrame, names: pd.Series, at: months.Integers) -> Sums:
    """The sums, from lines in which nothing is learned between the months that are asked for and their own last month."""
    is_service = (rows["recognition"] == "straight_line").to_numpy(bool)
    one, other = _services(rows[is_service], names, at), _open(rows[~is_service], names, at)
    return one[0] + other[0], one[1] + other[1]


def _services(rows: pd.DataFrame, names: pd.Series, at: months.Integers) -> Sums:
    ids = rows["contract_id"].drop_duplicates().sort_values(ignore_index=True)
    earned = _Earned(months.positions(rows["contract_id"], ids), rows)
    price = np.zeros(len(ids) + 1, np.int64)  # the last one is of contracts without services
    final = rows.drop_duplicates(KEY, keep="last")
    np.add.at(price, months.positions(final["contract_id"], ids), final["allocated_price"].to_numpy(np.int64))
    mine = months.positions(names, ids)
    year = earned.upto(mine, at + _YEAR)
    return year - earned.upto(mine, at), price[mine] - year


def _open(rows: pd.DataFrame, names: pd.Series, at: months.Integers) -> Sums:
    """What was not yet handed over or done, when its date says."""
    final = rows.drop_duplicates(KEY, keep="last").reset_index(drop=True)
    owner, promised = _pairs(names, final["contract_id"])
    done = rows[(rows["status"] == "actual").to_numpy(bool)]
    code = (~rows.duplicated(KEY)).to_numpy(np.int64).cumsum()[(rows["status"] == "actual").to_numpy(bool)] - 1
    month = at[owner]
    rest = final["allocated_price"].to_numpy(np.int64)[promised] - _Earned(code, done).upto(promised, month)
    expected = final["expected"].to_numpy(np.int64)[promised]
    is_measured = (final["recognition"] != "point_in_time").to_numpy(bool)[promised]
    due = _due(rest, expected, month, is_measured)
    soon, later = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    np.add.at(soon, owner, due)
    np.add.at(later, owner, rest - due)
    return soon, later


def _due(
    rest: months.Integers, expected: months.Integers, month: months.Integers, is_measured: npt.NDArray[np.bool_]
) -> months.Integers:
    """What of a rest is expected in the twelve months after a month: by its date, or spread to it."""
    ahead = np.maximum(expected - month, 1)
    part = np.where(is_measured, np.minimum(ahead, _YEAR), np.where(ahead <= _YEAR, ahead, 0))
    return exact.proportion(rest, np.where(expected == months.NEVER, 0, part), ahead)


def _pairs(names: pd.Series, among: pd.Series) -> tuple[months.Integers, months.Integers]:
    """Every row with every obligation of its contract: their positions. `among` has the rows of a contract together."""
    ids = among.drop_duplicates(ignore_index=True)
    mine = months.positions(names, ids)
    count = np.append(np.bincount(months.positions(among, ids), minlength=len(ids)), 0)
    first = np.cumsum(count) - count
    owner = np.repeat(np.arange(len(names)), count[mine])
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count[mine]) - count[mine], count[mine])
    return owner, first[mine][owner] + number


class _Earned:
    """Revenue of rows by who they are of (numbers from 0) and month, summed up to any month."""

    def __init__(self, of: months.Integers, rows: pd.DataFrame) -> None:
        place = of * _MONTHS + rows["month"].to_numpy(np.int64)
        order = np.argsort(place, kind="stable")
        self._place = place[order]
        self._sums = np.concatenate([[0], np.cumsum(rows["amount"].to_numpy(np.int64)[order])])

    def upto(self, of: months.Integers, month: months.Integers) -> months.Integers:
        """What each earned up to the end of a month, nothing for one (-1) that is not there."""
        upto = np.searchsorted(self._place, of * _MONTHS + month, side="right")
        sums: months.Integers = self._sums[upto] - self._sums[np.searchsorted(self._place, of * _MONTHS)]
        return sums
