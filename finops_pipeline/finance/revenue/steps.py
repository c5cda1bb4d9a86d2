"""The order of a month: what was earned before something came in is not covered by it.

A month in which something was invoiced, paid or given back is parted at the days of that:

    earned before the first day, what came in or went on it, earned before the second day, ..., the rest of the month

In between, what is earned beyond what has come in is a contract asset, at the average of the month, until an invoice or payment
of the month turns it into what came in. At the end of the month all is as the roll-forward has it: refund liabilities and
interest, of which no day is known, move with the rest.

Worked example: nothing stands on the books when a service of 310 in January is invoiced on the 11th for 310. Before, 100 become a
contract asset, which the invoice takes back; 210 are earned at the rate of the invoice.

Here: the parts of months. Not here: what is earned by a day (`earned_days`), and values (`functional`).
"""

import numpy as np
import pandas as pd

from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.layers import by_row

_AT_LAST = ("income", "expense", "refund")


def in_steps(at: pd.DataFrame, flows: pd.DataFrame, earned: exact.Integers) -> tuple[pd.DataFrame, exact.Integers]:
    """The months of `at` (one row per contract and month) in one or more steps, and the step of each flow.

    `flows`: sorted by row of `at` and day (`booked_on`); `earned`: before each of them, of the revenue of its month.
    Shape: one row per step: `row` of `at`, `is_last` of its month, `revenue`, `asset` (the change of the contract asset), and in the
    last one what else moved.
    """
    row, day = flows["row"].to_numpy(np.int64), months.day_numbers(flows["booked_on"])
    visit = np.cumsum((np.diff(row, prepend=-1) != 0) | (np.diff(day, prepend=0) != 0)) - 1
    first = np.flatnonzero(np.diff(visit, prepend=-1))
    of, number, nothing = row[first], np.arange(len(first)), np.zeros(len(at), np.int64)
    since = _since_last(earned[first], of)
    ahead = by_row(visit, flows["ahead"].to_numpy(np.int64), len(first))
    rest = at["revenue"].to_numpy(np.int64) - by_row(of, since, len(at))
    parts = (
        (of, 2 * number, since, 0 * number), (of, 2 * number + 1, 0 * number, ahead),
        (np.arange(len(at)), nothing + 2 * len(first), rest, nothing),
    )  # fmt: skip
    columns = map(np.concatenate, zip(*parts, strict=True))
    steps = pd.DataFrame(dict(zip(["row", "place", "revenue", "ahead"], columns, strict=True)))
    steps["is_last"], steps["is_flow"] = steps["place"] == 2 * len(first), steps["place"] % 2 == 1
    steps = steps[steps["is_last"] | steps["is_flow"] | (steps["revenue"] != 0)]
    steps = steps.sort_values(["row", "place"], ignore_index=True)
    own, is_last = steps["row"].to_numpy(np.int64), steps["is_last"].to_numpy(bool)
    for name in _AT_LAST:
        steps[name] = np.where(is_last, at[name].to_numpy(np.int64)[own], 0)
    steps["asset"] = _asset_changes(at, steps)
    return steps.drop(columns=["place", "ahead", "is_flow"]), np.flatnonzero(steps["is_flow"])[visit]


def _asset_changes(at: pd.DataFrame, steps: pd.DataFrame) -> exact.Integers:
    """The change of the contract asset with each step; what it is between the ends of months, the opening and the steps say."""
    owner, _ = pd.factorize(at["contract_id"])
    asset, liability = (at[name].to_numpy(np.int64) for name in ("contract_asset", "contract_liability"))
    closed = liability - asset
    opened = np.where(np.diff(owner, prepend=-1) != 0, 0, np.roll(closed, 1))
    own = steps["row"].to_numpy(np.int64)
    moved = steps["ahead"].to_numpy(np.int64) - steps["revenue"].to_numpy(np.int64)
    over = opened[own] + exact.running_totals(moved, np.diff(own, prepend=-1) != 0)
    level = np.where(steps["is_last"], asset[own], np.maximum(-over, 0)).astype(np.int64)
    return _since_last(level, owner[own])


def _since_last(total: exact.Integers, owner: exact.Integers) -> exact.Integers:
    """The change of a running total since the row before of the same owner."""
    starts = np.diff(owner, prepend=-1) != 0
    change: exact.Integers = total - np.where(starts, 0, np.roll(total, 1))
    return change
