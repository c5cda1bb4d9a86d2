"""Exchange rates and conversions."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.currency import FX_RATES
from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import money
from finops_pipeline.finance.currency import Rates, convert, convert_amounts
from finops_pipeline_tests.finance.books import table


def fx(text: str) -> pd.DataFrame:
    frame = table(text)
    for name in ("period", "rate_date"):
        frame[name] = frame.get(name, pd.Series([None] * len(frame), dtype="str"))
    frame["rate_date"] = pd.to_datetime(frame["rate_date"])
    frame["rate"] = pd.array([Decimal(r) for r in frame["rate"]], dtype=pd.ArrowDtype(pa.decimal128(38, 15)))
    return frame[list(FX_RATES.names)]


RATES = fx("""
    from_currency  to_currency  rate_type  rate    period   rate_date
    EUR            USD          average    1.10    2026-01  -
    EUR            USD          average    1.20    -        2026-01-31
    EUR            USD          average    1.30    2026-01  2026-01-31
    EUR            USD          closing    1.40    -        2026-01-05
    EUR            USD          closing    1.60    -        2026-01-30
    EUR            USD          closing    1.50    -        2026-01-15
    EUR            USD          closing    1.70    -        2026-02-01
    EUR            GBP          spot       0.80    2026-01  2026-01-10
    EUR            GBP          spot       0.90    2026-01  2026-01-20
    USD            JPY          budget     160     2026-01  -
    JPY            USD          budget     0.0061  2026-01  -
    EUR            CHF          budget     0       2026-01  -
""")


@pytest.mark.parametrize("frame", [RATES, RATES.iloc[::-1], RATES.astype({"rate": object})])
def test_which_rate_holds(frame: pd.DataFrame) -> None:
    rates = Rates.of(frame)
    assert rates.rate("EUR", "USD", "average", "2026-01") == Decimal("1.10")  # the month's own rate before a day's
    assert rates.rate("EUR", "USD", "closing", "2026-01") == Decimal("1.60")  # the latest day of the month
    assert rates.rate("EUR", "GBP", "spot", "2026-01") == Decimal("0.90")
    assert rates.rate("EUR", "EUR", "spot", "2099-01") == 1
    assert rates.rate("JPY", "USD", "budget", "2026-01") == Decimal("0.0061")  # given, so not the inverse of 160


def test_the_inverse_holds_only_where_the_rate_itself_is_missing() -> None:
    rates = Rates.of(RATES[RATES["from_currency"] != "JPY"])
    assert rates.rate("JPY", "USD", "budget", "2026-01") == Decimal("0.00625")
    assert rates.rate("USD", "EUR", "average", "2026-01") == Decimal("0.90909090909090909090909090909090909091")


@pytest.mark.parametrize(
    "asked",
    [
        ("EUR", "USD", "closing", "2026-03"),
        ("EUR", "USD", "budget", "2026-01"),
        ("EUR", "CHF", "budget", "2026-01"),  # zero is no rate
        ("GBP", "USD", "average", "2026-01"),
    ],
)
def test_a_missing_rate_raises_and_says_what_to_do(asked: tuple[str, str, str, str]) -> None:
    with pytest.raises(
        MissingRateError, match=f"no {asked[2]} rate {asked[0]}→{asked[1]} for {asked[3]}: add it to fx_rates"
    ):
        Rates.of(RATES).rate(*asked)


def test_no_rates_at_all() -> None:
    assert Rates.of(RATES.head(0)).known == {}


@pytest.mark.parametrize(
    ("minor", "source", "target", "rate", "expected"),
    [
        (1000, "EUR", "USD", "1.1", 1100),
        (1000, "EUR", "JPY", "161.25", 1612),  # 1612.5 yen: to the even neighbor
        (1000, "EUR", "JPY", "161.35", 1614),  # 1613.5 yen
        (-1000, "EUR", "JPY", "161.25", -1612),
        (12, "JPY", "BHD", "0.0025", 30),  # 12 yen are 0.030 dinars
        (1, "EUR", "USD", "0.5", 0),
        (3, "EUR", "USD", "0.5", 2),  # 1.5 cents
    ],
)
def test_conversion_by_hand(minor: int, source: str, target: str, rate: str, expected: int) -> None:
    assert convert(minor, source, target, Decimal(rate)) == expected


def test_lines_are_converted_each_by_its_own_pair_and_month() -> None:
    lines = table("""
        currency  period   amount
        EUR       2026-01  1000
        EUR       2026-01  1000
        EUR       2026-01  1001
        USD       2026-01  1000
        EUR       2026-02  1000
    """).set_index(pd.Index([4, 4, 2, 1, 0]))
    target = pd.Series(["EUR", "USD", "USD", "JPY", "EUR"], index=lines.index, dtype="str")
    rates = Rates(
        {("EUR", "USD", "budget", "2026-01"): Decimal("1.1"), ("USD", "JPY", "budget", "2026-01"): Decimal(160)}
    )
    result = convert_amounts(lines, target, "budget", rates)
    assert result.tolist() == [1000, 1100, 1101, 1600, 1000]
    assert result.index.tolist() == [4, 4, 2, 1, 0]
    assert result.dtype == "int64"


@pytest.mark.parametrize("currency", ["CHF", None])
def test_a_line_without_rate_or_currency_is_never_left_unconverted(currency: str | None) -> None:
    lines = pd.DataFrame({"currency": pd.Series([currency], dtype="str"), "period": ["2026-01"], "amount": [1]})
    with pytest.raises(MissingRateError, match=f"{currency or 'none'}.*→EUR for 2026-01"):
        convert_amounts(lines, pd.Series(["EUR"]), "budget", Rates.of(RATES))


amounts = st.integers(-(10**15), 10**15)
rate_values = st.decimals("0.000001", "5000", places=15, allow_nan=False, allow_infinity=False)
currencies = st.sampled_from(["EUR", "USD", "JPY", "BHD"])


@settings(max_examples=100)
@given(minor=amounts, source=currencies, target=currencies, rate=rate_values)
def test_conversion_is_the_exact_product_rounded_half_to_even(
    minor: int, source: str, target: str, rate: Decimal
) -> None:
    exact = Fraction(minor) * Fraction(rate) * Fraction(10) ** (money.exponent(target) - money.exponent(source))
    assert convert(minor, source, target, rate) == round(exact)  # Fraction rounds halves to even


@settings(max_examples=20)
@given(rows=st.lists(st.tuples(amounts, currencies, currencies), max_size=20), rate=rate_values)
def test_the_fast_form_agrees_with_the_plain_one(rows: list[tuple[int, str, str]], rate: Decimal) -> None:
    lines = pd.DataFrame(rows, columns=["amount", "currency", "into"]).astype({"currency": "str", "into": "str"})
    lines["period"] = pd.Series("2026-01", index=lines.index, dtype="str")
    known = {(a, b, "spot", "2026-01"): rate for _, a, b in rows}
    expected = [convert(m, a, b, rate) if a != b else m for m, a, b in rows]
    if any(abs(amount) >= 2**63 for amount in expected):
        with pytest.raises(money.AmountError, match="too many digits"):
            convert_amounts(lines, lines["into"], "spot", Rates(known))
    else:
        assert convert_amounts(lines, lines["into"], "spot", Rates(known)).tolist() == expected


def test_an_amount_that_grows_beyond_64_bits_is_refused() -> None:
    lines = pd.DataFrame({"amount": [10**15], "currency": ["EUR"], "period": ["2026-01"]})
    with pytest.raises(money.AmountError, match="EUR in 2026-01"):
        convert_amounts(lines, pd.Series(["BHD"]), "spot", Rates({("EUR", "BHD", "spot", "2026-01"): Decimal(5000)}))


def test_rate_of_a_day_is_its_spot_rate_or_the_nearest_of_the_week_before_or_the_average_of_its_month() -> None:
    rates = Rates(
        {("USD", "EUR", "average", "2026-01"): Decimal("0.75")},
        {
            ("USD", "EUR", date(2026, 1, 30)): Decimal("0.80"),
            ("EUR", "USD", date(2026, 2, 2)): Decimal(2),
        },
    )
    assert rates.rate_on("USD", "EUR", date(2026, 1, 30)) == Decimal("0.80")
    assert rates.rate_on("EUR", "USD", date(2026, 1, 30)) == Decimal("1.25")
    assert rates.rate_on("USD", "EUR", date(2026, 2, 1)) == Decimal("0.80")  # a Sunday after a Friday
    assert rates.rate_on("USD", "EUR", date(2026, 2, 4)) == Decimal("0.5")  # the nearer one, the other way round
    assert rates.rate_on("USD", "EUR", date(2026, 2, 9)) == Decimal("0.5")
    with pytest.raises(MissingRateError, match="no average rate USD→EUR for 2026-02"):
        rates.rate_on("USD", "EUR", date(2026, 2, 10))
    assert rates.rate_on("USD", "EUR", date(2026, 1, 29)) == Decimal("0.75")  # a later rate was not known
