"""Satisfaction by measure, a whole column at a time: output and input against their totals, usage as invoiced.

The set-wise twin of `obligation` for contracts whose terms do not change. Here: measures of progress and their plan.
Not here: goods and services over time (`satisfaction`), prices (`allocation`).

Source: ASC 606-10-25-31 to 25-37 (IFRS 15.39-45); usage: 606-10-55-18 (IFRS 15.B16).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.inputs import KEY
from finops_pipeline.finance.revenue.satisfaction import Progress

_MEASURED = ("output", "input")


def measured(obligations: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Every event that measures progress of an output or input obligation, in order of days.

    A new total of the measure holds from its event on, also for what was done before: the catch-up of a change in
    estimate. Shape: one row per event: `row`, its key, event_id, event_date, `done` and `whole` so far (integers of one
    scale), `excess` (more is done than there is).
    """
    goods = obligations.assign(row=np.arange(len(obligations)))[obligations["recognition"].isin(_MEASURED)]
    goods = goods.assign(total=goods["total_measure"].where(goods["total_measure"].notna(), goods["quantity"]))
    chosen = events[events["event_type"].isin(["progress", "delivery"]) & events["obligation_id"].notna()]
    given = chosen[[*KEY, "event_id", "event_date", "quantity", "total_measure"]]
    rows = given.merge(goods[[*KEY, "row", "total"]], on=KEY)
    rows = rows.sort_values(["row", "event_date", "event_id"], ignore_index=True)
    latest = rows.groupby("row")["total_measure"].ffill()
    done, whole = exact.whole_quantities(rows["quantity"], latest.where(latest.notna(), rows["total"]))
    so_far = exact.running_totals(done, _starts(rows["row"].to_numpy(np.int64)))
    return rows[[*KEY, "row", "event_id", "event_date"]].assign(done=so_far, whole=whole, excess=so_far > whole)


def progress_so_far(rows: pd.DataFrame) -> Progress:
    """What was done by the end of every month with progress, from the rows of `measured`."""
    month = months.of_dates(rows["event_date"])
    last = ~rows.assign(month=month).duplicated(["row", "month"], keep="last").to_numpy(bool)
    kept = rows[last]
    return Progress(kept["row"].to_numpy(np.int64), month[last], kept["done"].to_numpy(), kept["whole"].to_numpy())


def expected_progress(obligations: pd.DataFrame, rows: pd.DataFrame, as_of_period: str) -> Progress:
    """What is not done yet, spread evenly over the months to its end date: `part` of `whole` of the rest.

    Without an end date no month is invented; if it is past, everything is expected in the month after the period.
    """
    final = rows.drop_duplicates("row", keep="last")
    is_open = (obligations["recognition"].isin(_MEASURED) & obligations["end_date"].notna()).to_numpy(bool).copy()
    is_open[final.loc[final["done"] >= final["whole"], "row"].to_numpy(np.int64)] = False
    row = np.flatnonzero(is_open)
    first = np.maximum(months.of_dates(obligations["signed_on"].iloc[row]), periods.index(as_of_period) + 1)
    length = np.maximum(months.of_dates(obligations["end_date"].iloc[row]) - first, 0) + 1
    each = np.repeat(np.arange(len(row)), length)
    number = np.arange(len(each)) - np.repeat(np.cumsum(length) - length, length)
    return Progress(row[each], first[each] + number, number + 1, length[each])


def usage_so_far(
    obligations: pd.DataFrame, events: pd.DataFrame
) -> tuple[months.Integers, months.Integers, months.Integers]:
    """What usage was invoiced for by the end of every month with usage: row, month and amount so far."""
    used = obligations.assign(row=np.arange(len(obligations)))[obligations["recognition"] == "usage"]
    given = events.loc[events["event_type"] == "usage", [*KEY, "event_date", "amount"]].merge(
        used[[*KEY, "row"]], on=KEY
    )
    given = given.assign(month=months.of_dates(given["event_date"]), amount=given["amount"].to_numpy(np.int64))
    sums = given.groupby(["row", "month"])["amount"].sum().reset_index()
    total = sums.groupby("row")["amount"].cumsum()
    return tuple(column.to_numpy(np.int64) for column in (sums["row"], sums["month"], total))  # type: ignore[return-value]


def _starts(row: months.Integers) -> npt.NDArray[np.bool_]:
    return np.concatenate([np.ones(min(1, len(row)), bool), row[1:] != row[:-1]])
