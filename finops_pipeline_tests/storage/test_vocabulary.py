"""Numbers and dates as systems write them, made plain; what can be read in two ways is handed on as it is."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.storage import vocabulary
from finops_pipeline.storage.engine import Engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    with Engine("200MB", 1) as opened:
        vocabulary.declare(opened)
        yield opened


@pytest.mark.parametrize(
    ("text", "auto", "comma", "point"),
    [
        ("1.234,56-", "-1234.56", "-1234.56", "-1.234,56"),
        ("1,234.56", "1234.56", "1,234.56", "1234.56"),
        ("1.234", "1.234", "1234", "1.234"),
        ("1,234", "1,234", "1.234", "1234"),
        ("297,00", "297.00", "297.00", "297,00"),
        ("1.234.567", "1234567", "1234567", "1.234.567"),
        ("12-", "-12", "-12", "-12"),
        (" -5.00 ", "-5.00", "-5.00", "-5.00"),
        ("1,23,4", "1,23,4", "1,23,4", "1,23,4"),
        ("1e5", "1e5", "1e5", "1e5"),
    ],
)
def test_a_number_is_read_in_the_notation_it_can_only_be_in(
    engine: Engine, text: str, auto: str, comma: str, point: str
) -> None:
    for notation, expected in (("auto", auto), ("comma", comma), ("point", point)):
        assert engine.value("SELECT plain_number(?, ?)", [text, notation]) == expected


@given(st.integers(-(10**14), 10**14))
def test_a_printed_amount_comes_back_whatever_separators_it_has(engine: Engine, cents: int) -> None:
    printed = f"{abs(cents) // 100:,}.{abs(cents) % 100:02d}"
    german = printed.translate(str.maketrans(",.", ".,")) + "-" * (cents < 0)
    found = engine.value("SELECT plain_number(?, 'auto')", [german])
    assert Fraction(found) == Fraction(cents, 100)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260131", "2026-01-31"),
        ("00000000", None),
        ("31.01.2026", "2026-01-31"),
        ("2026-01-31 00:00:00", "2026-01-31"),
        ("2026-01-31T12:30:00Z", "2026-01-31"),
        ("31/01/26", "31/01/26"),
    ],
)
def test_dates(engine: Engine, text: str, expected: str | None) -> None:
    assert engine.value("SELECT iso_date(?)", [text]) == expected


@pytest.mark.parametrize(
    ("stored", "places", "expected"),
    [("123.45", "0", "12345"), ("-1.23", "3", "-0.123"), ("5.00", "2", "5"), ("5.00", None, "5"), ("x", "0", "x")],
)
def test_an_amount_has_the_decimals_of_its_currency(
    engine: Engine, stored: str, places: str | None, expected: str
) -> None:
    found = engine.value("SELECT shift_point(?, ?)", [stored, places])
    assert found == expected or Fraction(found) == Fraction(expected)


@given(st.integers(1, 10**9), st.sampled_from([1, 100, 1000]), st.sampled_from([1, 10]))
def test_an_indirect_quotation_is_turned_round_exactly_to_15_places(
    engine: Engine, u5: int, lower: int, upper: int
) -> None:
    rate = f"{u5 // 10**5}.{u5 % 10**5:05d}"
    direct = engine.value("SELECT quotation(?, ?, ?)", [rate, str(lower), str(upper)])
    indirect = engine.value("SELECT quotation(?, ?, ?)", ["-" + rate, str(lower), str(upper)])
    half = Fraction(1, 2 * 10**15)
    assert abs(Fraction(direct) - Fraction(u5 * upper, 10**5 * lower)) <= half
    assert abs(Fraction(indirect) - Fraction(10**5 * upper, u5 * lower)) <= half


@pytest.mark.parametrize(
    ("number", "debit", "credit"), [("5.1", "5.1", None), ("-5", None, "5"), ("-0.00", None, None)]
)
def test_the_two_sides_of_a_signed_number(engine: Engine, number: str, debit: str | None, credit: str | None) -> None:
    assert engine.rows("SELECT debit_of(?), credit_of(?)", [number, number]) == [(debit, credit)]


def test_a_function_of_an_adapter_is_known_once_and_may_be_asked_about_nothing(engine: Engine) -> None:
    for _ in range(2):
        vocabulary.declare_function(engine, "said", lambda text: text or "nothing", 1)
    assert engine.rows("SELECT said('a'), said(NULL)") == [("a", "nothing")]
