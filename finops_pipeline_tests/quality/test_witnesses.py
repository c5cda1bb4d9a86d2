"""The witnesses' verdict is the verdict on every row, and every row that breaks an expectation is counted."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.quality.witnesses import COMPOUND, SINGLE, Expectation, broken, witnesses

WORDS = ("mtd", "ytd")
EXPECTATIONS = (
    Expectation("expect_column_values_to_not_be_null", {"column": "basis"}),
    Expectation("expect_column_values_to_not_be_null", {"column": "share"}),
    Expectation("expect_column_values_to_be_in_set", {"column": "basis", "value_set": list(WORDS)}),
    Expectation("expect_column_values_to_be_between", {"column": "line_no", "min_value": 1, "max_value": 9}),
    Expectation("expect_column_values_to_be_between", {"column": "line_no", "min_value": None, "max_value": 9}),
    Expectation(COMPOUND, {"column_list": ["basis", "line_no"]}),
    Expectation(SINGLE, {"column": "line_no"}),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([*WORDS, "qtd", None]),
        st.sampled_from([-(2**53), 0, 1, 2, 9, 10, 2**53, 2**53 + 1, None]),
        st.sampled_from([0.5, math.nan, None]),
    ),
    max_size=12,
)


def table(rows: list[tuple[Any, ...]]) -> pa.Table:
    basis, line_no, share = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {"basis": pa.array(basis, pa.string()), "line_no": pa.array(line_no, pa.int64()), "share": pa.array(share, pa.float64())}
    )  # fmt: skip


def breaks(expectation: Expectation, row: dict[str, Any], others: list[dict[str, Any]]) -> bool:
    """The plain form: one row, looked at by itself or beside the others."""
    value = row[expectation.columns[0]]
    match expectation.type:
        case "expect_column_values_to_not_be_null":
            return value is None or math.isnan(value if isinstance(value, float) else 0)
        case "expect_column_values_to_be_in_set":
            return value is not None and value not in WORDS
        case "expect_column_values_to_be_between":
            low, high = expectation.kwargs["min_value"], expectation.kwargs["max_value"]
            return value is not None and ((low is not None and value < low) or value > high)
        case _:
            return sum(all(other[c] == row[c] for c in expectation.columns) for other in others) > 1


@settings(max_examples=80)
@given(ROWS)
def test_witnesses_break_an_expectation_exactly_if_some_row_does(rows: list[tuple[Any, ...]]) -> None:
    everything = table(rows)
    for expectation in EXPECTATIONS:
        chosen = everything.take(pa.array(witnesses(everything, [expectation]))).to_pylist()
        among = [row for row in everything.to_pylist() if breaks(expectation, row, everything.to_pylist())]
        assert any(breaks(expectation, row, chosen) for row in chosen) == bool(among), expectation


@settings(max_examples=80)
@given(ROWS)
def test_the_rows_that_break_an_expectation_are_those_of_the_plain_form(rows: list[tuple[Any, ...]]) -> None:
    everything = table(rows).to_pylist()
    for expectation in EXPECTATIONS:
        plain = [breaks(expectation, row, everything) for row in everything]
        assert broken(table(rows), expectation, ["qtd"]).tolist() == plain, expectation


def test_few_rows_witness_for_many() -> None:
    many = table([("mtd", 1 + n % 9, 0.5) for n in range(9_000)] + [("qtd", 0, None)])
    # first row, first qtd with the least number and without a share, and row 8 with the greatest number
    assert witnesses(many, EXPECTATIONS[:4]).tolist() == [0, 8, 9_000]


def test_a_repeated_key_is_witnessed_by_two_of_its_rows() -> None:
    many = table([("mtd", 1, 0.5)] * 1_000)
    assert witnesses(many, [EXPECTATIONS[5]]).tolist() == [0, 1]
    assert broken(many, EXPECTATIONS[5], []).sum() == 1_000


def test_dictionary_encoded_columns_are_witnessed_as_plain_ones() -> None:
    plain = table([("mtd", 1, 0.5), (None, 2, 0.5), ("qtd", 3, 0.5), ("qtd", 4, 0.5)])
    encoded = plain.set_column(0, "basis", plain.column("basis").dictionary_encode())
    np.testing.assert_array_equal(witnesses(encoded, EXPECTATIONS[2:3]), witnesses(plain, EXPECTATIONS[2:3]))
