"""Numbers and dates as systems write them, made plain; what can be read in two ways is handed on as it is."""

import re
from decimal import Decimal
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
        (".5", "0.5", ".5", "0.5"),
        ("-.05", "-0.05", "-.05", "-0.05"),
        (".5-", "-0.5", "-.5", "-0.5"),
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
        ("2026-01-31T00:00:00.000+00:00", "2026-01-31"),
        ("2026-01-31 12:30:00+00", "2026-01-31"),
        ("2026-01-31T00:00:00+01:00", "2026-01-31T00:00:00+01:00"),
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


@pytest.mark.parametrize("text", ["9" * 26, "-12345678901234567890123456.12", "9" * 29, "9" * 40, "9" * 21])
def test_a_number_that_is_no_amount_stops_nothing(engine: Engine, text: str) -> None:
    """Two cells run into one: an overflow would stop the night, where the row rules refuse the number."""
    for places in "0134":
        moved = engine.value("SELECT shift_point(?, ?)", [text, places])
        assert moved == text or len(text) == 21
    engine.value("SELECT amount(plain_number(?, 'point')) - amount('-' || ?)", [text, text])
    for factors in (("1", "1"), ("1", "1000"), ("1000", "1")):
        found = engine.value("SELECT quotation(?, ?, ?)", [text, *factors])
        assert found in (None, text) or len(text) == 21


_NUMBERS = (
    "number_of({0}, 'auto')", "CAST(no_amount({0}) AS VARCHAR)", "debit_side({0})", "credit_side({0})",
    *(f"with_places({{0}}, {places})" for places in ("'0'", "'1'", "'2'", "'3'", "'4'", "NULL")),
)  # fmt: skip


@given(st.decimals(-(10**12) + 1, 10**12 - 1, places=2, allow_nan=False))
def test_a_number_is_the_same_as_text_and_exact(engine: Engine, number: Decimal) -> None:
    for function in _NUMBERS:
        text, exact = (
            engine.value(f"SELECT {function.format(form)}")
            for form in (f"'{number}'", f"CAST('{number}' AS DECIMAL(18, 4))")
        )
        assert str(text) == str(exact) or Decimal(text) == exact


def test_an_exact_number_that_its_currency_has_no_room_for_is_none(engine: Engine) -> None:
    assert engine.value("SELECT with_places(CAST(0.001 AS DECIMAL(18, 4)), '4')") is None


@pytest.mark.parametrize(
    "text",
    ["20260131", "20260231", "00000000", "00000101", "2026 1 1", " 2026131", "2026131", "31.01.2026", "2026-1-31", "x"],
)
def test_a_day_is_what_the_date_says(engine: Engine, text: str) -> None:
    said = engine.value("SELECT iso_date(?)", [text]) or ""
    day = engine.value("SELECT day_of(?)", [text])
    is_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", said) and engine.value("SELECT try_cast(? AS DATE)", [said])
    assert day == (is_day or None)


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
