"""Frames: fact tables as finance computes with them, and the form in which it hands them back.

Here: months as numbers, a fact table as a matrix of series x months (`Panel`), sums of the fiscal year to date, and
the final form of every result (`arrange`). Not here: what any of the numbers mean.

A panel makes the calendar plain: a month without rows is a zero in its place, so that "the month before", "the same
month last year" and "fiscal year to date" are column arithmetic on whole numbers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.errors import ContractError
from finops_pipeline.finance import periods as calendar

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A fact table as one matrix per measure.

    `keys` has one row per series in key order (nulls last); each matrix has the same rows and one column per month,
    the first being the month with number `first` (`periods.index`). `rows` counts the table's rows in each cell.
    """

    keys: pd.DataFrame
    first: int
    rows: Whole
    values: Mapping[str, Whole]


def arrange(frame: pd.DataFrame, kinds: Mapping[str, Any], key: Sequence[str]) -> pd.DataFrame:
    """The result as its contract wants it: these columns in this order and dtype, sorted by key with nulls last."""
    shaped = frame[list(kinds)].astype(dict(kinds))
    return shaped.sort_values(list(key), na_position="last", kind="stable", ignore_index=True)


def month_numbers(labels: pd.Series) -> Whole:
    """The month number of every label.

    Raises: ValueError for a label that is not `YYYY-MM`.
    """
    codes, unique = pd.factorize(labels)
    if (codes < 0).any():
        raise ValueError("a row has no period: every row of a fact table needs one")
    numbers = np.array([calendar.index(str(label)) for label in unique], dtype=np.int64)
    return numbers[codes] if len(numbers) else np.zeros(0, dtype=np.int64)


def month_labels(first: int, months: int) -> pd.api.extensions.ExtensionArray:
    """The labels of consecutive months, ready to be taken by position."""
    return pd.array([calendar.label(first + i) for i in range(months)], dtype="str")


def panel(frame: pd.DataFrame, keys: Sequence[str], measures: Sequence[str], first: int, last: int) -> Panel:
    """Sum a fact table into series x months, from month number `first` to `last`; rows outside are left out."""
    number = month_numbers(frame["period"])
    inside = (number >= first) & (number <= last)
    chosen = frame.loc[inside, [*keys, *measures]]
    texts = chosen[list(keys)].astype("str")
    code = texts.groupby(list(keys), dropna=False, sort=True).ngroup().to_numpy()
    order, position = np.unique(code, return_index=True)
    months = last - first + 1
    cell = code * months + (number[inside] - first)
    values = {m: _sums(cell, chosen[m].to_numpy(dtype=np.int64), len(order), months) for m in measures}
    rows = _sums(cell, np.ones(len(cell), dtype=np.int64), len(order), months)
    return Panel(texts.iloc[position].reset_index(drop=True), first, rows, values)


def _sums(cell: Whole, amounts: Whole, series: int, months: int) -> Whole:
    matrix = np.zeros(series * months, dtype=np.int64)
    np.add.at(matrix, cell, amounts)
    return matrix.reshape(series, months)


def groups(frame: pd.DataFrame, *keys: str) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """The rows that have the same keys, in key order; a missing key is a key too."""
    grouped: Any = frame.groupby(list(keys), sort=True, dropna=False)
    return iter(grouped)


def fraction(part: npt.ArrayLike, whole: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A part of a whole as a fraction, cell by cell; null where the whole is zero."""
    base = np.asarray(whole)
    result = np.full(base.shape, np.nan)
    np.divide(part, base, out=result, where=base != 0)
    return result


def change_ratios(amount: Whole, months: int) -> npt.NDArray[np.float64]:
    """The change on so many months before, as a fraction of the size of the amount then."""
    base = shifted(amount, months)
    return fraction(amount - base, np.abs(base))


def side_by_side(sums: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Sums of whole numbers beside each other under every key that one of them has; a missing one is zero.

    Aligning in pandas would take them through floats, which lose minor units beyond 2**53.
    Shape: one row per key in key order, one int64 column per sum.
    """
    every = next(iter(sums.values())).index
    for one in sums.values():
        every = every.union(one.index)
    return pd.DataFrame({name: one.reindex(every, fill_value=0).astype("int64") for name, one in sums.items()})


def year_starts(first: int, months: int, start_month: int) -> Whole:
    """For each of consecutive months, the column in which its fiscal year starts (negative: before the first)."""
    number = np.arange(first, first + months, dtype=np.int64)
    return number - (number - (start_month - 1)) % 12 - first


def to_date(matrix: Whole, first: int, start_months: Whole) -> Whole:
    """Sums of the fiscal year to date, each row with the fiscal year of its own entity."""
    return running(matrix)[:, 1:] - before_year(matrix, first, start_months)


def before_year(matrix: Whole, first: int, start_months: Whole) -> Whole:
    """For every month, the sum of all months before its fiscal year."""
    sums = running(matrix)
    result = np.zeros_like(matrix)
    for start_month in np.unique(start_months):
        of_start = start_months == start_month
        starts = np.maximum(year_starts(first, matrix.shape[1], int(start_month)), 0)
        result[of_start] = sums[of_start][:, starts]
    return result


def whole_year(matrix: Whole, first: int, start_months: Whole) -> Whole:
    """For every month, the sum of all months of its fiscal year, as far as the panel has them."""
    sums, months = running(matrix), matrix.shape[1]
    result = np.zeros_like(matrix)
    for start_month in np.unique(start_months):
        of_start = start_months == start_month
        starts = year_starts(first, months, int(start_month))
        ends = np.minimum(starts + 12, months)
        result[of_start] = sums[of_start][:, ends] - sums[of_start][:, np.maximum(starts, 0)]
    return result


def running(matrix: Whole) -> Whole:
    """Running sums along the months, with a leading zero: column i holds the sum of the first i months."""
    sums = np.zeros((matrix.shape[0], matrix.shape[1] + 1), dtype=np.int64)
    np.cumsum(matrix, axis=1, out=sums[:, 1:])
    return sums


def shifted(matrix: Whole, months: int) -> Whole:
    """Each month's value so many months before, zero where the panel does not reach back."""
    result = np.zeros_like(matrix)
    result[:, months:] = matrix[:, : max(matrix.shape[1] - months, 0)]
    return result


def lookup(master: pd.DataFrame, key: str, ids: pd.Series, *, where: str) -> pd.DataFrame:
    """The master rows of these identifiers, one per identifier, in their order.

    Raises: ContractError with the identifiers that the master does not have.
    """
    require_known(ids, master[key], what=key, where=where)
    return master.set_index(key).reindex(ids.astype("str")).reset_index()


def require_known(ids: pd.Series, known: Iterable[str], *, what: str, where: str) -> None:
    """Refuse rows that would otherwise drop out of a join silently.

    Raises: ContractError.
    """
    strangers = sorted(set(ids.dropna().unique()) - set(known))
    if strangers:
        raise ContractError(
            f"{where} uses {what} {', '.join(map(repr, strangers[:5]))} which the master data do not have: add them"
        )


def fiscal_start_months(entities: pd.DataFrame, entity_ids: pd.Series) -> Whole:
    """The month each row's entity starts its fiscal year in; January where the master data say nothing.

    Raises: ContractError for an entity that the master data do not have.
    """
    require_known(entity_ids, entities["entity_id"], what="entity_id", where="the table")
    start = dict(zip(entities["entity_id"], entities["fiscal_year_start_month"], strict=True))
    unique_start = {e: 1 if pd.isna(month) else int(month) for e, month in start.items()}
    return entity_ids.map(unique_start).to_numpy(dtype=np.int64)
