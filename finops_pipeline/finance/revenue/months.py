"""Month numbers: whole columns of labels, days and identifiers as integers that can be compared, added and sorted.

Here: the vectorized twin of `finance.periods`. A month's number is `periods.index`: months since year 0.
Not here: what a month means to a contract or to a fiscal year's books.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from finops_pipeline.finance import periods

Integers = npt.NDArray[np.int64]
_EPOCH = 1970 * 12
NEVER = 10**6
"""A month after all months."""


def of_dates(days: pd.Series) -> Integers:
    """The number of the month each day lies in; there must be a day in every row."""
    whole: Integers = days.to_numpy(dtype="datetime64[M]").astype(np.int64) + _EPOCH
    return whole


def of_dates_or_never(days: pd.Series) -> Integers:
    """The number of the month each day lies in; where there is no day, one after all months.

    >>> of_dates_or_never(pd.Series([pd.Timestamp("1970-02-01"), pd.NaT])).tolist() == [1970 * 12 + 1, NEVER]
    True
    """
    found = np.full(len(days), NEVER, np.int64)
    known = days.notna().to_numpy(bool)
    found[known] = of_dates(days[known])
    return found


def day_numbers(days: pd.Series) -> Integers:
    """Days since 1970-01-01; there must be a day in every row."""
    whole: Integers = days.to_numpy(dtype="datetime64[D]").astype(np.int64)
    return whole


def last_days(months: Integers) -> Integers:
    """Day number of the last day of each month.

    >>> last_days(np.array([periods.index("1970-01"), periods.index("1970-02")])).tolist()
    [30, 58]
    """
    next_month = (months + 1 - _EPOCH).astype("datetime64[M]")
    whole: Integers = next_month.astype("datetime64[D]").astype(np.int64) - 1
    return whole


def numbers(labels: pd.Series | Sequence[str]) -> Integers:
    """The month number of every label, each different label read once."""
    codes, distinct = pd.factorize(pd.Series(labels, dtype="str"))
    known: Integers = np.array([periods.index(text) for text in distinct], dtype=np.int64)
    return known[codes]


def labels(months: Integers) -> pd.Series:
    """The label of every month number, each month written once."""
    if not len(months):
        return pd.Series([], dtype="str")
    first = int(months.min())
    names = pd.Series([periods.label(i) for i in range(first, int(months.max()) + 1)], dtype="str")
    return names.take(months - first).reset_index(drop=True)


def in_time(events: pd.DataFrame) -> Integers:
    """The positions of events by contract, day and identifier, in which identifiers are compared only where days are equal.

    >>> days = pd.to_datetime(["2026-02-01", "2026-01-01", "2026-02-01"])
    >>> in_time(pd.DataFrame({"contract_id": "C", "event_date": days, "event_id": ["E2", "E3", "E1"]})).tolist()
    [1, 2, 0]
    """
    contract, _ = pd.factorize(events["contract_id"].astype("str"), sort=True)
    day = day_numbers(events["event_date"])
    order = np.lexsort((day, contract))
    same = (np.diff(contract[order]) == 0) & (np.diff(day[order]) == 0)
    tied = np.flatnonzero(np.append(same, [False]) | np.insert(same, 0, False)) if len(order) else order
    rows = order[tied]
    name, _ = pd.factorize(events["event_id"].astype("str").take(rows), sort=True)
    order[tied] = rows[np.lexsort((name, day[rows], contract[rows]))]
    return order


def positions(ids: pd.Series, among: pd.Series) -> Integers:
    """Where each identifier stands in `among` (different identifiers), -1 where it does not."""
    known = pa.array(pd.Series(among, dtype="str").dropna())
    found = pc.index_in(pa.array(ids.astype("str")), value_set=known).fill_null(-1)
    places: Integers = found.to_numpy(zero_copy_only=False).astype(np.int64)
    return places


def is_among(ids: pd.Series, chosen: pd.Series | Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether each identifier is one of the chosen, however many these are; a missing one is not.

    >>> is_among(pd.Series(["C1", None, "C2"], dtype="str"), ["C2", "C3"]).tolist()
    [False, False, True]
    """
    among = pa.array(pd.Series(chosen, dtype="str").dropna())
    found: npt.NDArray[np.bool_] = pc.is_in(pa.array(ids.astype("str")), value_set=among).to_numpy(zero_copy_only=False)
    return found


def fiscal_year_starts(months: Integers, start_months: Integers) -> Integers:
    """The first month of the fiscal year each month lies in, given the calendar month (1-12) that years start in."""
    return months - (months % 12 - (start_months - 1)) % 12
