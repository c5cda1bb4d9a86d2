"""Satisfaction: when, and to what part, each obligation is satisfied. Progress only, in integers; no price yet.

Here: days or months elapsed of a service (straight_line), quantities handed over (point_in_time), and when what is
still undelivered is expected. Not here: the price of that progress (`schedule`) nor whether the data can be trusted
(`screening`).

Conventions
* Revenue starts with the contract: days of service before `signed_on` count in the month of signing, as the catch-up of
  a contract that did not exist before (ASC 606-10-25-1).
* `daily` counts calendar days, both ends included; `monthly` gives every calendar month touched an equal part.
* A delivery without quantity, or of an obligation without quantity, delivers everything still open. A delivery that
  names no obligation delivers every point_in_time obligation of its contract.
* Undelivered goods are expected in the month of `end_date`, else `start_date`; if that is past, in the month after the
  reporting period; without either date no month is invented.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.inputs import KEY, Proration


class Progress(NamedTuple):
    """Part of the whole satisfied by the end of a month, for obligations given by their row number."""

    row: months.Integers
    month: months.Integers
    part: exact.AnyIntegers
    whole: exact.AnyIntegers


def elapsed_service(obligations: pd.DataFrame, proration: Proration) -> Progress:
    """Every month of every straight_line service, with the days (or months) elapsed at its end.

    Shape: one element per service and month in which it runs.
    """
    service = np.flatnonzero(obligations["recognition"] == "straight_line")
    terms = obligations.iloc[service]
    start, end = months.of_dates(terms["start_date"]), months.of_dates(terms["end_date"])
    first = np.maximum(start, months.of_dates(terms["signed_on"]))
    length = np.maximum(end, first) - first + 1
    each = np.repeat(np.arange(len(terms)), length)
    month = np.arange(len(each)) - np.repeat(np.cumsum(length) - length, length) + first[each]
    if proration == "monthly":
        begun, total = start - 1, end - start + 1
        elapsed = month - begun[each]
    else:
        begun = months.day_numbers(terms["start_date"]) - 1
        total = months.day_numbers(terms["end_date"]) - begun
        elapsed = months.last_days(month) - begun[each]
    return Progress(service[each], month, np.minimum(elapsed, total[each]), total[each])


def deliveries(obligations: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Every delivery on every point_in_time obligation it concerns, in order of days.

    Shape: one row per delivery and obligation: `row` (the obligation's row number), its key, event_id, event_date,
    `delivered` and `promised` (integers of one scale), `excess` (more than was promised, or again after everything).
    """
    goods = obligations.assign(row=np.arange(len(obligations)))[obligations["recognition"] == "point_in_time"]
    goods = goods[[*KEY, "row", "quantity"]].rename(columns={"quantity": "promised"})
    given = events.loc[events["event_type"] == "delivery", [*KEY, "event_id", "event_date", "quantity"]]
    named = given[given["obligation_id"].notna()].merge(goods, on=KEY).assign(named=True)
    whole = given[given["obligation_id"].isna()].drop(columns="obligation_id")
    rows = pd.concat([named, whole.merge(goods, on="contract_id").assign(named=False)], ignore_index=True)
    rows["everything"] = (rows["quantity"].isna() | rows["promised"].isna()).to_numpy(bool)
    rows = rows.sort_values(["row", "event_date", "everything", "event_id"], ignore_index=True)
    return _with_totals(rows)[[*KEY, "row", "event_id", "event_date", "delivered", "promised", "excess"]]


def _with_totals(rows: pd.DataFrame) -> pd.DataFrame:
    quantity, promised = exact.whole_quantities(rows["quantity"], rows["promised"])
    counted = rows["promised"].notna().to_numpy(bool)
    everything = rows["everything"].to_numpy(bool)
    promised = np.where(counted, promised, 1)  # without a quantity the obligation is one indivisible thing
    row = rows["row"].to_numpy(np.int64)
    starts = _starts(row)
    so_far = exact.running_totals(np.where(everything, 0, quantity), starts)
    complete = rows.groupby("row")["everything"].cummax().to_numpy(bool)
    delivered = np.where(complete, promised, so_far)
    before = np.where(starts, 0, np.roll(delivered, 1))
    again = ~starts & (before >= promised) & rows["named"].to_numpy(bool)
    return rows.assign(delivered=delivered, promised=promised, excess=((so_far > promised) | again).astype(bool))


def _starts(row: months.Integers) -> npt.NDArray[np.bool_]:
    return np.concatenate([np.ones(min(1, len(row)), bool), row[1:] != row[:-1]])


def delivered_goods(applied: pd.DataFrame) -> Progress:
    """What was delivered by the end of every month with a delivery, from the rows of `deliveries`."""
    month = months.of_dates(applied["event_date"])
    last = ~applied.assign(month=month).duplicated(["row", "month"], keep="last").to_numpy(bool)
    kept = applied[last]
    return Progress(
        kept["row"].to_numpy(np.int64), month[last], kept["delivered"].to_numpy(), kept["promised"].to_numpy()
    )


def expected_goods(obligations: pd.DataFrame, applied: pd.DataFrame, as_of_period: str) -> Progress:
    """When what is still undelivered is expected: everything by the end of that month."""
    final = applied.drop_duplicates("row", keep="last")
    done = final.loc[final["delivered"] >= final["promised"], "row"].to_numpy(np.int64)
    expected = obligations["end_date"].fillna(obligations["start_date"])
    is_open = (obligations["recognition"] == "point_in_time").to_numpy(bool) & expected.notna().to_numpy(bool)
    is_open[done] = False
    row = np.flatnonzero(is_open)
    month = np.maximum(months.of_dates(expected.iloc[row]), periods.index(as_of_period) + 1)
    month = np.maximum(month, months.of_dates(obligations["signed_on"].iloc[row]))
    return Progress(row, month, np.ones(len(row), np.int64), np.ones(len(row), np.int64))


def not_begun(obligations: pd.DataFrame, known: npt.NDArray[np.int64]) -> Progress:
    """Obligations (other than `known`) of which nothing is delivered nor expected: none of it, in the month of signing.

    That one line of zero keeps their price in sight until a delivery or a date arrives.
    """
    row = np.setdiff1d(np.arange(len(obligations)), known)
    month = months.of_dates(obligations["signed_on"].iloc[row])
    return Progress(row, month, np.zeros(len(row), np.int64), np.ones(len(row), np.int64))
