"""A hash follows from the values of a row and from nothing else; any other value makes both of its numbers another."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.finance.revenue import row_hashes

AMOUNTS = st.none() | st.integers(-(2**63), 2**63 - 1)
QUANTITIES = st.none() | st.decimals(-(10**15), 10**15, places=15)
DAYS = st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1))
TEXTS = st.none() | st.text(max_size=20)
ROWS = st.tuples(TEXTS, TEXTS, AMOUNTS, AMOUNTS, QUANTITIES, DAYS)
NAMES = ("note", "method", "amount", "cost", "quantity", "day")
DTYPES = ("str", "str", "Int64", "Int64", pd.ArrowDtype(pa.decimal128(38, 15)), "datetime64[us]")


def table(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    columns = zip(*rows, strict=True)
    return pd.DataFrame(
        {name: pd.Series(list(c), dtype=dtype) for name, dtype, c in zip(NAMES, DTYPES, columns, strict=True)}
    )


def hashes(frame: pd.DataFrame, name: str = "events") -> list[tuple[int, int]]:
    with ThreadPoolExecutor(2) as pool:
        blocks = [np.stack(found, axis=1) for _, found in row_hashes.in_blocks(name, frame, pool)]
    return [(int(a), int(b)) for a, b in np.concatenate(blocks)]


def by_hand(name: str, row: tuple[Any, ...]) -> tuple[int, int]:
    """The same numbers by Python's own integers, a word at a time."""

    def mixed(word: int) -> int:
        word = word * 0x9E3779B97F4A7C15 % 2**64
        word ^= word >> 32
        word = word * 0xBF58476D1CE4E5B9 % 2**64
        return word ^ word >> 29

    first, second = (int(row_hashes.number(text)) for text in (name, f"second {name}"))
    for column, value in zip(NAMES, row, strict=True):
        for place, word in enumerate(words(value)):
            key = f"{name}\0{column}\0{place}"
            number = mixed(word ^ int(row_hashes.number(key)))
            first += number
            second += number * (int(row_hashes.number(f"factor {key}")) | 1)
    return mixed(first % 2**64), mixed(second % 2**64)


def words(value: Any) -> list[int]:
    if value is None:
        return []
    if isinstance(value, date):
        return [(value - date(1970, 1, 1)).days * 86_400 * 10**6 % 2**64]
    if isinstance(value, int):
        return [value % 2**64]
    if isinstance(value, Decimal):
        whole = int(value.scaleb(15)) % 2**128
        return [whole % 2**64, whole >> 64]
    text = value.encode() + b"\x80"
    padded = text + bytes(-len(text) % 8)
    return [int.from_bytes(padded[n : n + 8], "little") for n in range(0, len(padded), 8)]


@given(rows=st.lists(ROWS, min_size=1, max_size=6))
def test_the_fast_form_makes_what_the_plain_form_makes(rows: list[tuple[Any, ...]]) -> None:
    assert hashes(table(rows)) == [by_hand("events", row) for row in rows]


@given(row=ROWS, other=ROWS, chosen=st.sampled_from(range(len(NAMES))))
def test_any_other_value_in_any_column_makes_both_numbers_others(
    row: tuple[Any, ...], other: tuple[Any, ...], chosen: int
) -> None:
    changed = (*row[:chosen], other[chosen], *row[chosen + 1 :])
    before, after = hashes(table([row, changed]))
    assert [a == b for a, b in zip(before, after, strict=True)] == [row == changed] * 2


@given(rows=st.lists(ROWS, min_size=1, max_size=8, unique=True))
def test_different_rows_have_different_hashes(rows: list[tuple[Any, ...]]) -> None:
    assert all(len(set(numbers)) == len(rows) for numbers in zip(*hashes(table(rows)), strict=True))


@pytest.mark.parametrize("size", [0, 1, row_hashes._AT_ONCE, row_hashes._AT_ONCE + 1])
def test_blocks_have_every_row_once(size: int) -> None:
    frame = pd.DataFrame({"amount": np.arange(size)})
    with ThreadPoolExecutor(1) as pool:
        blocks = [(rows, found) for rows, found in row_hashes.in_blocks("events", frame, pool)]
    assert [n for rows, _ in blocks for n in range(rows.start, rows.stop)] == list(range(size))
    numbers = [n for _, found in blocks for n in found.first.tolist()]
    assert len(numbers) == len(set(numbers)) == size


def test_a_hash_is_of_the_value_whatever_holds_it() -> None:
    forms: dict[str, list[pd.Series]] = {
        "amount": [pd.Series([7], dtype=dtype) for dtype in ("int64", "Int64", "int8", "uint32")],
        "quantity": [pd.Series([Decimal("2.5")], dtype=dtype) for dtype in (DTYPES[4], "object")],
        "day": [
            pd.Series([pd.Timestamp("2026-02-01")]).astype(f"datetime64[{u}]") for u in ("s", "us", "ns")
        ] + [pd.Series([date(2026, 2, 1)], dtype="object")],
        "note": [pd.Series(["long enough to be two words"], dtype=dtype) for dtype in ("str", "object", "category")],
    }  # fmt: skip
    for name, columns in forms.items():
        found = {tuple(hashes(column.to_frame(name))) for column in columns}
        assert len(found) == 1


def test_a_value_in_another_column_or_table_has_another_hash() -> None:
    row = table([("a", None, 1, None, None, None)])
    moved = table([(None, "a", None, 1, None, None)])
    assert len({tuple(hashes(row)), tuple(hashes(moved)), tuple(hashes(row, "obligations"))}) == 3


def test_a_column_without_any_value_is_as_if_it_were_not_there() -> None:
    row = table([("a", None, 1, None, None, None)])
    assert hashes(row) == hashes(row[["note", "amount"]])
    assert hashes(row.assign(method="")) != hashes(row)
    assert hashes(row.assign(cost=0)) != hashes(row)


def test_slices_and_gaps_change_nothing() -> None:
    rows = [(t, None, n, None, None, None) for n, t in enumerate(["", "eight by", None, "a", "sixteen letters!", "ä"])]
    whole = hashes(table(rows))
    assert hashes(table(rows)[2:5]) == whole[2:5]
    assert hashes(pd.concat([table(rows)[:3], table(rows)[3:]])) == whole
    assert hashes(table(rows).iloc[::-1]) == whole[::-1]
