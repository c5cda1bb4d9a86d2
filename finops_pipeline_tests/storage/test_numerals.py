"""Numbers as files write them: the engine's text against Python's own exact decimals."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.storage.engine import Engine, literal
from finops_pipeline.storage.numerals import float_columns, parquet_text, written_out


def test_e_notation_is_exact_or_left_as_it_is() -> None:
    numbers = st.tuples(st.integers(-(10**18), 10**18), st.integers(0, 18), st.integers(-20, 20), st.sampled_from("eE"))
    with Engine("300MB", 1) as engine:

        @settings(max_examples=150)
        @given(numbers)
        def agrees(number: tuple[int, int, int, str]) -> None:
            digits, places, exponent, e = number
            text = f"{Decimal(digits).scaleb(-places):f}{e}{exponent}"
            read = engine.value(f"SELECT {written_out('t')} FROM (SELECT {literal(text)} AS t)")
            exact = Fraction(text)
            is_fine = (exact * 10**15).denominator == 1 and abs(exact) < 10**23
            assert Fraction(read) == exact
            assert "e" not in read.lower() or not is_fine or digits % 10 == 0

        agrees()


def test_a_float_in_a_bill_is_the_shortest_decimal_and_elsewhere_stays_as_it_is() -> None:
    with Engine("300MB", 1) as engine:
        for fine, text in ((True, "0.300000000000000"), (False, "0.30000000000000004")):
            cell = parquet_text("x", "DOUBLE", fine=fine)
            assert engine.value(f"SELECT {cell} FROM (SELECT 0.1::DOUBLE + 0.2::DOUBLE AS x)") == text


@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        ("DOUBLE", "101", "101"), ("DOUBLE", "-0.5", "-0.5"), ("DOUBLE", "10.05", "10.05"), ("FLOAT", "7", "7"),
        ("DECIMAL(38,10)", "101", "101"), ("DECIMAL(38,10)", "0", "0"), ("DECIMAL(9,2)", "10.00", "10.00"),
        ("DECIMAL(9,0)", "1000", "1000"), ("BIGINT", "1000", "1000"),
    ],
)  # fmt: skip
def test_an_identifier_in_a_column_of_decimals_is_a_whole_number(kind: str, number: str, text: str) -> None:
    with Engine("300MB", 1) as engine:
        for fine in (True, False):
            cell = parquet_text("x", kind, fine=fine)
            assert engine.value(f"SELECT {cell} FROM (SELECT {number}::{kind} AS x)") == text


def test_float_columns_are_named() -> None:
    assert float_columns([("a", "DOUBLE"), ("b", "DECIMAL(38,15)"), ("c", "FLOAT")]) == ["a", "c"]
