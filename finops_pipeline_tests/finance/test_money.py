"""Exact amounts: exponents, parsing, rounding and splits."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.finance import money

CURRENCIES = st.sampled_from(["JPY", "EUR", "BHD", "CLF"])
AMOUNTS = st.integers(-(10**30), 10**30)


@pytest.mark.parametrize(("currency", "places"), [("JPY", 0), ("EUR", 2), ("BHD", 3), ("CLF", 4)])
def test_exponents_are_those_of_iso_4217(currency: str, places: int) -> None:
    assert money.exponent(currency) == places


@pytest.mark.parametrize("code", ["XAU", "XXX", "eur", "EURO", ""])
def test_a_code_without_minor_units_is_no_currency(code: str) -> None:
    with pytest.raises(money.UnknownCurrencyError, match=repr(code)):
        money.exponent(code)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.34", "EUR", 1234),
        ("-0.1", "EUR", -10),
        ("007", "EUR", 700),
        ("12.340000", "EUR", 1234),
        ("12.0", "JPY", 12),
        ("1.234", "BHD", 1234),
        ("-0", "EUR", 0),
        ("123456789012345678901234567890.12", "EUR", 12345678901234567890123456789012),
    ],
)
def test_text_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert money.parse(text, currency) == minor


@pytest.mark.parametrize(
    "text", ["", " 1", "+1", "1,000", "1.", ".5", "1e3", "0x1", "NaN", "1 000", "--1", "1.2.3", "1\n", "١"]
)
def test_what_is_not_a_plain_number_is_refused(text: str) -> None:
    with pytest.raises(money.AmountError, match="not a plain decimal number"):
        money.parse(text, "EUR")


@pytest.mark.parametrize(("text", "currency"), [("1.005", "EUR"), ("1.5", "JPY"), ("0.0001", "BHD")])
def test_too_many_decimals_are_refused_not_rounded(text: str, currency: str) -> None:
    with pytest.raises(
        money.AmountError, match=f"more than the {money.exponent(currency)} decimal places of {currency}"
    ):
        money.parse(text, currency)


@given(minor=AMOUNTS, currency=CURRENCIES)
def test_amounts_survive_the_way_to_text_and_back(minor: int, currency: str) -> None:
    decimal = money.to_decimal(minor, currency)
    assert -decimal.as_tuple().exponent == money.exponent(currency)
    assert money.parse(f"{decimal:f}", currency) == minor
    assert money.from_decimal(decimal, currency) == minor


@given(amount=st.decimals(-(10**20), 10**20, places=15), currency=CURRENCIES)
def test_rounding_is_half_to_even_of_the_exact_amount(amount: Decimal, currency: str) -> None:
    assert money.from_decimal(amount, currency) == round(Fraction(amount) * 10 ** money.exponent(currency))


@pytest.mark.parametrize(("amount", "rounded"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("-0.5", 0), ("-1.5", -2)])
def test_halves_go_to_the_even_neighbor(amount: str, rounded: int) -> None:
    assert money.round_half_even(Decimal(amount)) == rounded


def test_a_models_estimate_becomes_an_amount_only_if_it_is_a_number() -> None:
    assert money.from_model(1234.4) == 1234
    assert money.from_model(-2.5) == -2
    with pytest.raises(ValueError, match="NaN"):
        money.from_model(float("nan"))
    with pytest.raises(OverflowError):
        money.from_model(float("inf"))


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (10, [Decimal("0.1"), Decimal("0.2")], [3, 7]),  # 3.33 and 6.67
        (5, [0, 1], [0, 5]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
    ],
)
def test_splits_by_hand(total: int, weights: list[int | Decimal], parts: list[int]) -> None:
    assert money.split(total, weights) == parts


def test_a_split_that_has_no_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        money.split(1, [2, -1])
    with pytest.raises(ValueError, match="all 2 weights are zero"):
        money.split(1, [0, 0])
    with pytest.raises(ValueError, match="all 0 weights are zero"):
        money.split(1, [])


WEIGHTS = st.lists(
    st.integers(0, 10**12) | st.decimals(0, 10**6, places=6, allow_nan=False), min_size=1, max_size=12
).filter(any)


@given(total=AMOUNTS, weights=WEIGHTS)
def test_parts_sum_to_the_whole_and_are_within_one_unit_of_their_share(
    total: int, weights: list[int | Decimal]
) -> None:
    parts = money.split(total, weights)
    whole = sum(Fraction(w) for w in weights)
    assert sum(parts) == total
    assert all(abs(p - total * Fraction(w) / whole) < 1 for p, w in zip(parts, weights, strict=True))
    assert money.split(-total, weights) == [-p for p in parts]


@given(total=st.integers(0, 10**12), weights=WEIGHTS)
def test_a_larger_weight_never_gets_less(total: int, weights: list[int | Decimal]) -> None:
    ordered = sorted(weights, reverse=True)
    parts = money.split(total, ordered)
    assert parts == sorted(parts, reverse=True)


@given(st.lists(st.fractions(-10_000, 10_000), min_size=1), st.booleans())
def test_shares_rounded_to_their_total_are_less_than_a_unit_away(shares: list[Fraction], up: bool) -> None:
    whole = sum(shares, Fraction(0))
    total = math.ceil(whole) if up else math.floor(whole)
    parts = money.round_to_total(shares, total)
    assert sum(parts) == total
    assert all(abs(part - share) <= 1 for part, share in zip(parts, shares, strict=True))
    if total:
        assert money.round_to_total([-s for s in shares], -total) == [-p for p in parts]


def test_shares_that_are_another_total_are_refused() -> None:
    with pytest.raises(ValueError, match="5/2 does not round to 4"):
        money.round_to_total([Fraction(3, 2), Fraction(1)], 4)
