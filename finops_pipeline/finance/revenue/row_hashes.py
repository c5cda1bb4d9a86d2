"""Hashes of rows: two 64-bit numbers of each row, which follow from its values and from nothing else.

Here: how a value, a cell and a row become numbers. Not here: which rows count together (`kept`).

Every value is one or more words of 64 bits: an amount is one, a day (in microseconds) is one, a decimal is the two halves of
its 128-bit integer at one scale, a text is its bytes, then a byte 0x80, then zeros to the end of a word, so that no two texts
have the same words. Each word is mixed with a key of its own table, column and place; mixing can be undone, so different
words stay different. The hashes of a row are two sums over its words, in the second each times a factor of its own, and both
mixed once more. A missing value has no words: a column without any value costs nothing.

That two different rows have the same two hashes happens by chance about once in 2**127 times. Nobody chooses values to make
them collide: this is no protection against someone who wants to.

All is computed by whole columns of a few ten thousand rows, which stay in the processor's cache; while that runs other
threads can too. `pandas.util.hash_pandas_object` takes no decimals, and more time for all else.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import cache, partial
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.types as pt

from finops_pipeline.finance.revenue.exact import EXACT

Words = npt.NDArray[np.uint64]
Columns = dict[str, pa.ChunkedArray]

_AT_ONCE = 30_000
"""Rows hashed at once: what is computed on the way stays in the processor's cache."""
_FIRST_SPREAD, _FIRST_MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
"""Odd constants with bits all over: with the shifts between them they carry every bit of a word into all others."""
_WORD = 8
_TO_KEEP = np.array([2 ** (8 * n) - 1 for n in range(_WORD + 1)], np.uint64)
_TO_END = np.array([0x80 << 8 * n for n in range(_WORD)] + [0], np.uint64)
"""Of a word that holds so many bytes of a text: which bits are of the text, and the byte that ends it."""


class Hashes(NamedTuple):
    """Two numbers for each row."""

    first: Words
    second: Words


def in_blocks(name: str, table: pd.DataFrame, pool: Executor) -> Iterator[tuple[slice, Hashes]]:
    """The hashes of all rows of a table of this name, so many rows at a time, and which rows they are of."""
    columns = columns_with_values(table)
    blocks = [slice(first, min(first + _AT_ONCE, len(table))) for first in range(0, len(table), _AT_ONCE)]
    return zip(blocks, pool.map(partial(row_hashes, name, columns), blocks), strict=True)


def columns_with_values(table: pd.DataFrame) -> Columns:
    """The columns in which anything is, each in one of three forms: texts, 64-bit integers, decimals of one scale."""
    found = {str(name): _plain(table[name]) for name in table.columns}
    return {name: column for name, column in found.items() if column.null_count < len(column)}


def row_hashes(table: str, columns: Columns, rows: slice) -> Hashes:
    """The hashes of some rows of a table of this name."""
    size = rows.stop - rows.start
    sums = Hashes(np.full(size, number(table), np.uint64), np.full(size, number(f"second {table}"), np.uint64))
    for name, column in columns.items():
        array = column.slice(rows.start, size).combine_chunks()
        present = None
        if array.null_count:
            present = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
            array = array.drop_null()
        for place, (some, words) in enumerate(_words(array) if len(array) else ()):
            where = some if present is None else present if some is None else present[some]
            _add(sums, where, words, *_keys(table, name, place))
    for hashes in sums:
        _mix(hashes)
    return sums


def number(text: str) -> np.uint64:
    """A 64-bit number of a text, for what is said once and not in every row."""
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=_WORD).digest(), "little"))


def _add(sums: Hashes, rows: npt.NDArray[np.int64] | None, words: Words, key: np.uint64, factor: np.uint64) -> None:
    """Words at one place of a column, of these rows or of all, mixed and added in place."""
    words ^= key
    _mix(words)
    if rows is None:
        np.add(sums.first, words, out=sums.first)
        words *= factor
        np.add(sums.second, words, out=sums.second)
    else:
        sums.first[rows] += words
        sums.second[rows] += words * factor


def _mix(words: Words) -> None:
    """Carry each bit into all others, in place; integers run over on purpose."""
    words *= _FIRST_SPREAD
    words ^= words >> np.uint64(32)
    words *= _FIRST_MIX
    words ^= words >> np.uint64(29)


@cache
def _keys(table: str, column: str, place: int) -> tuple[np.uint64, np.uint64]:
    """The key and the odd factor of the words at one place of a column."""
    name = f"{table}\0{column}\0{place}"
    return number(name), number(f"factor {name}") | np.uint64(1)


def _plain(column: pd.Series) -> pa.ChunkedArray:
    array = pa.array(column, from_pandas=True)
    chunks = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    if pt.is_decimal(chunks.type):
        return chunks.cast(EXACT)
    if pt.is_temporal(chunks.type):
        return chunks.cast(pa.timestamp("us")).cast(pa.int64())
    return chunks.cast(pa.int64() if pt.is_integer(chunks.type) else pa.large_string())


def _words(array: pa.Array) -> Iterator[tuple[npt.NDArray[np.int64] | None, Words]]:
    """The words at each place of the values, all of which are there, and which values have one: None for all."""
    if pt.is_large_string(array.type):
        yield from _of_texts(array)
    else:
        words = array.type.bit_width // 64
        cells = np.frombuffer(array.buffers()[1], "<u8")[words * array.offset :][: words * len(array)]
        yield from ((None, cells[n::words].copy()) for n in range(words))


def _of_texts(array: pa.Array) -> Iterator[tuple[npt.NDArray[np.int64] | None, Words]]:
    """Texts of every length side by side: the shorter ones have no words at later places."""
    ends = np.frombuffer(array.buffers()[1], "<i8")[array.offset :][: len(array) + 1]
    start, length = ends[:-1] - ends[0], np.diff(ends)
    letters = np.frombuffer(array.buffers()[2], np.uint8)[ends[0] : ends[-1]]
    padded = np.concatenate([letters, np.zeros(_WORD, np.uint8)])
    words = np.lib.stride_tricks.as_strided(padded[:_WORD].view("<u8"), (len(padded) - _WORD + 1,), (1,))
    shortest, longest = int(length.min()), int(length.max())
    for done in range(0, longest + 1, _WORD):
        rows = None if done <= shortest else np.flatnonzero(length >= done)
        if shortest == longest > 0:
            found, rest = words[done::longest][: len(length)].copy(), length[:1] - done
        elif rows is None:
            found, rest = words.take(start + done), length - done
        else:
            found, rest = words.take(start[rows] + done), length[rows] - done
        found &= _TO_KEEP.take(rest, mode="clip")
        found |= _TO_END.take(rest, mode="clip")
        yield rows, found
