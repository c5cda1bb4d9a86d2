"""Witnesses: the few rows of a batch that decide every expectation on it.

Here: choosing the witnesses, and counting the rows that break an expectation once it has failed. Not here: what is
expected of a table and the verdict itself (`suites`).

Great Expectations costs about 1.1 s a million rows and expectation-independent work besides, so that ten million
journal lines would take minutes. It need not see them all. Whether a row passes a row-wise expectation depends on one
value of it, so rows with the same value stand or fall together:

* a vocabulary or a pattern holds for every row exactly if it holds for one row of every distinct value;
* a bound holds for every row exactly if it holds for the row with the least and the row with the greatest value;
* a value is present in every row exactly if there is no row without one;
* a key is unique exactly if no row repeats the key of another (missing values compare equal).

The witnesses are the first row of every distinct value, the rows of least and greatest value, the first row without a
value, the first two rows of keys that occur more than once, and the first row of all. Arrow finds them in one pass over
every row; Great Expectations then judges them, real rows all of them, and its verdict is the verdict on the batch.

Worked example, for `basis` in {mtd, ytd} and `line_no` of at least 1:

    row  basis  line_no
    0    mtd    7          first row, first mtd
    1    ytd    9          first ytd, greatest line_no
    2    mtd    8
    3    mtd    0          least line_no: breaks the bound
    4    qtd    8          first qtd: breaks the vocabulary
    5    qtd    8

Witnesses are the rows 0, 1, 3 and 4. Both expectations fail on them as they fail on the batch; the rows are then
counted: one breaks the bound, two the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from finops_pipeline.errors import ContractError

COMPOUND = "expect_compound_columns_to_be_unique"
SINGLE = "expect_column_values_to_be_unique"
_REPEATED_KEYS_SHOWN = 500
"""How many repeated keys become witnesses: one is enough for the verdict, these are for the reader."""

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing expected of a table, in Great Expectations' terms.

    `type` and `kwargs` are Great Expectations' own names; `severity` says whether a break blocks what follows.
    """

    type: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    severity: str = "error"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose values decide it: none for an expectation on the table as a whole."""
        if self.type == COMPOUND:
            return tuple(self.kwargs["column_list"])
        return (self.kwargs["column"],) if "column" in self.kwargs else ()

    @property
    def is_key(self) -> bool:
        """Whether it is about rows that repeat one another rather than about each row by itself."""
        return self.type in (COMPOUND, SINGLE)


class Batch(Protocol):
    """Rows that can be read more than once: all their column names, and the values of some columns."""

    @property
    def names(self) -> list[str]:
        """Column names in the order they have."""

    def read(self, columns: Sequence[str]) -> pa.Table:
        """The values of these columns, every row."""


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """A pandas frame as a batch."""

    frame: pd.DataFrame
    label: str

    @property
    def names(self) -> list[str]:
        """The frame's columns."""
        return [str(name) for name in self.frame.columns]

    def read(self, columns: Sequence[str]) -> pa.Table:
        """The columns as Arrow. Raises: ContractError for a column that holds values of several kinds."""
        try:
            return pa.table({name: pa.Array.from_pandas(self.frame[name]) for name in columns or self.names[:1]})
        except pa.ArrowException as error:
            raise ContractError(f"{self.label} has a column of mixed kinds: {error}") from None


@dataclass(frozen=True, slots=True)
class FileBatch:
    """A Parquet file as a batch, of which only the columns that matter are read."""

    path: Path

    @property
    def names(self) -> list[str]:
        """The file's columns."""
        return list(pq.read_schema(self.path).names)

    def read(self, columns: Sequence[str]) -> pa.Table:
        """The columns as Arrow."""
        return pq.ParquetFile(self.path).read(columns=list(columns or self.names[:1]))


def witnesses(rows: pa.Table, expectations: Sequence[Expectation]) -> Rows:
    """The numbers of the rows that decide these expectations, ascending (see the module's essay)."""
    found: list[Rows] = [np.arange(min(rows.num_rows, 1), dtype=np.intp)]
    if rows.num_rows:
        for expectation in expectations:
            if expectation.is_key:
                found.append(_first_repeats(rows, expectation.columns))
            elif expectation.columns:
                found.append(_deciders(_one_array(rows, expectation.columns[0]), expectation))
    return np.unique(np.concatenate(found))


def _deciders(values: pa.Array, expectation: Expectation) -> Rows:
    match expectation.type:
        case "expect_column_values_to_not_be_null":
            first = pc.index(pc.is_null(values, nan_is_null=True), True).as_py()
            return np.array([first] if first >= 0 else [], dtype=np.intp)
        case "expect_column_values_to_be_between":
            ends = pc.min_max(values)
            return _rows([pc.index(pc.equal(values, end), True).as_py() for end in ends.values() if end.is_valid])
        case _:
            return _firsts(values)


def _rows(numbers: Sequence[int]) -> Rows:
    return np.array(numbers, dtype=np.intp)


def _firsts(values: pa.Array) -> Rows:
    """The first row of every distinct value."""
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    if pa.types.is_null(values.type):
        return _rows([])
    codes = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    first = np.full(len(encoded.dictionary) + 1, -1, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # of several rows, the last one written, the earliest, stays
    return first[:-1][first[:-1] >= 0]


def _one_array(rows: pa.Table, column: str) -> pa.Array:
    chunked = rows.column(column)
    return chunked.chunk(0) if chunked.num_chunks == 1 else chunked.combine_chunks()


def _first_repeats(rows: pa.Table, key: Sequence[str]) -> Rows:
    keys = _keys(rows, key)
    again = keys[keys.duplicated(keep=False)]
    if again.empty:
        return _rows([])
    groups = again.groupby(list(again.columns), dropna=False, sort=False)
    shown = (groups.ngroup() < _REPEATED_KEYS_SHOWN) & (groups.cumcount() < 2)
    return again.index[shown].to_numpy(dtype=np.intp)


def _keys(rows: pa.Table, key: Sequence[str]) -> pd.DataFrame:
    """Key columns in types that pandas compares exactly: no integer becomes a float for the sake of a missing value."""
    return pd.DataFrame(
        {name: rows.column(name).to_pandas(types_mapper=_EXACT.get, date_as_object=False) for name in key}
    )


_EXACT: dict[pa.DataType, Any] = {pa.int64(): pd.Int64Dtype(), pa.string(): pd.StringDtype(na_value=np.nan)}


def broken(rows: pa.Table, expectation: Expectation, unexpected: Sequence[str]) -> Mask:
    """Which rows break an expectation on values, given the values that it was found to reject.

    A missing value breaks no expectation but the one that values are there.
    """
    if expectation.is_key:
        return np.asarray(_keys(rows, expectation.columns).duplicated(keep=False))
    values = rows.column(expectation.columns[0])
    match expectation.type:
        case "expect_column_values_to_not_be_null":
            mask = pc.is_null(values, nan_is_null=True)
        case "expect_column_values_to_be_between":
            low, high = expectation.kwargs.get("min_value"), expectation.kwargs.get("max_value")
            never = pa.scalar(value=False)
            below = never if low is None else pc.less(values, low)
            mask = pc.or_(below, never if high is None else pc.greater(values, high))
        case _:
            mask = pc.is_in(values, pa.array(unexpected, type=pa.string()))
    return np.asarray(pc.fill_null(mask, fill_value=False))
