"""Remaining performance obligations: the transaction price signed and not yet recognized, by when it is expected.

Here: the bands of the disclosure and their proof. Not here: when anything is recognized (`schedule`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.inputs import KEY
from finops_pipeline.finance.revenue.schedule import Then

_BANDS = ("0-12m", "13-24m", ">24m")
_UNKNOWN = 10**6  # a month beyond every calendar: nothing is known of when
_GROUP = ["entity_id", "currency", "booked"]


def remaining_obligations(
    lines: pd.DataFrame, booked: pd.DataFrame, periods: Sequence[str], then: Then
) -> pd.DataFrame:
    """Transaction price of contracts signed by the end of each period that was revenue in no month up to it.

    The band is that of the month in which it became or is planned to become revenue: 1 to 12, 13 to 24, or more than 24
    months after the period. What no month is known for (undelivered, without expected date) is in the last band. For a
    contract whose price changed it is what was planned at the end of the period, from `then`. Usage is left out: its
    price is known when it is invoiced (606-10-50-14 b).

    `booked` are the obligations of `bookings.obligation_months`.
    Shape: three bands per entity, period and currency from the first contract on, zeros included.
    Source: ASC 606-10-50-13 to 50-15; IFRS 15.120-122.
    """
    wanted = np.sort(months.numbers(periods))
    rows = with_booking(lines, booked)
    changed = repriced(rows)
    grids = [_grid(_due(rows[~rows["contract_id"].isin(changed)]), wanted)]
    if changed:
        grids += [
            _grid(_due(with_booking(then.lines(changed, calendar.label(m)), booked)), wanted[wanted == m])
            for m in wanted
        ]
    sums = pd.concat(grids).groupby(["entity_id", "target", "currency"])[list(_BANDS)].sum().reset_index()
    bands = sums.melt(["entity_id", "target", "currency"], list(_BANDS), var_name="band", value_name="amount")
    bands["period"] = months.labels(bands["target"].to_numpy(np.int64))
    bands = bands[["entity_id", "period", "band", "currency", "amount"]]
    texts = dict.fromkeys(["entity_id", "period", "band", "currency"], "str")
    return bands.astype({**texts, "amount": np.int64}).sort_values(list(texts), ignore_index=True)


def _grid(due: pd.DataFrame, wanted: months.Integers) -> pd.DataFrame:
    """The three bands of every entity, currency and period."""
    grid = due.loc[due.index.repeat(len(wanted))].reset_index(drop=True).assign(target=np.tile(wanted, len(due)))
    grid = grid[grid["booked"] <= grid["target"]]
    ahead = (grid["month"] - grid["target"]).to_numpy(np.int64)
    for band, (low, high) in zip(_BANDS, ((1, 12), (13, 24), (25, _UNKNOWN)), strict=True):
        grid[band] = grid["amount"].where((ahead >= low) & (ahead <= high), 0)
    return grid[["entity_id", "target", "currency", *_BANDS]]


def _due(rows: pd.DataFrame) -> pd.DataFrame:
    """Price by entity, currency, month of booking and month of recognition; the rest of an obligation last of all."""
    price = rows.drop_duplicates(KEY, keep="last").assign(
        month=np.int64(_UNKNOWN), amount=lambda r: r["allocated_price"]
    )
    sums = rows.groupby([*_GROUP, "month"], sort=False)["amount"].sum().reset_index()
    taken = sums.assign(month=np.int64(_UNKNOWN), amount=-sums["amount"])
    both = pd.concat([sums, taken, price[[*_GROUP, "month", "amount"]]])
    return both.groupby([*_GROUP, "month"], sort=False)["amount"].sum().reset_index()


def with_booking(lines: pd.DataFrame, booked: pd.DataFrame) -> pd.DataFrame:
    """The lines in order, with the month of their booking and without usage."""
    rows = lines.astype({**dict.fromkeys(KEY, "str"), "entity_id": "str", "currency": "str"})
    rows = rows.merge(booked[booked["recognition"] != "usage"], on=KEY, validate="many_to_one")
    return rows.assign(month=months.numbers(rows["period"]), amount=rows["recognized"]).sort_values([*KEY, "month"])


def repriced(rows: pd.DataFrame) -> list[str]:
    """Contracts with an obligation whose price changed."""
    first = rows.groupby(KEY)["allocated_price"].transform("first")
    return sorted(rows.loc[rows["allocated_price"] != first, "contract_id"].unique().tolist())


def remaining_findings(
    remaining: pd.DataFrame, lines: pd.DataFrame, booked: pd.DataFrame, periods: Sequence[str]
) -> list[Finding]:
    """REV-120: the bands of each entity, period and currency sum to allocated price less revenue recognized so far."""
    rows = with_booking(lines, booked)
    group = ["entity_id", "currency"]
    before = rows.groupby(KEY)["allocated_price"].shift(fill_value=0)
    first = ~rows.duplicated(KEY)
    change = pd.concat(
        [
            rows.assign(month=rows["booked"].where(first, rows["month"]), amount=rows["allocated_price"] - before),
            rows.assign(amount=-rows["recognized"]),
        ]
    )
    change = change.groupby([*group, "month"])["amount"].sum().reset_index()
    found = []
    for period in sorted(periods):
        known = change[change["month"] <= months.numbers([period])[0]]
        expected = known.groupby(group)["amount"].sum()
        shown = remaining[remaining["period"] == period].groupby(group)["amount"].sum()
        both = pd.concat({"shown": shown.astype("Int64"), "expected": expected.astype("Int64")}, axis=1)
        wrong = both[both["shown"].isna() | both["expected"].isna() | (both["shown"] != both["expected"])]
        found += [
            Finding(
                "REV-120",
                f"{entity} {period} {currency}",
                f"bands sum to {bands}, allocated less recognized is {rest} (minor units): recompute "
                "remaining_obligations",
                period=period,
            )
            for (entity, currency), bands, rest in wrong.itertuples(name=None)
        ]
    return found
