"""Exchange rates as an effect of their own, with the sum by hand."""

from decimal import Decimal

from finops_pipeline.finance.currency import Rates
from finops_pipeline_tests.finance.bridge.sales import MONTH, RATES, bridged, effects, lines, posted


def d(number: str) -> Decimal:
    return Decimal(number)


def test_exchange_rates_are_an_effect_of_their_own() -> None:
    """1,000 USD planned at 0.90 = 900 EUR; 1,152 EUR booked at 0.96 are 1,200 USD, 1,080 EUR at the budget rate."""
    plan = lines(
        """
        account_id  amount  currency
        6000        1000    USD
        6000        -       USD
        4000        500     EUR
    """.replace("6000        -       USD", "6100        200     USD")
    )
    actual = posted("""
        account_id  amount
        6000        1152
        4000        500
    """)
    found = effects(bridged(plan, actual), "account_id")
    #   fx = 1,200 x (0.96 - 0.90) = 72; spend = 1,080 - 900 = 180
    assert found == {("6000", "fx"): d("72"), ("6000", "spend"): d("180"), ("6100", "spend"): d("-180")}


def test_a_cell_in_two_currencies_is_exposed_in_proportion() -> None:
    """900 EUR of 1,000 USD and 300 EUR at home: three quarters of 1,280 booked are exposed, 960 x (1 - 0.90 / 0.96) = 60."""
    plan = lines("""
        account_id  amount  currency
        6000        1000    USD
        6000        300     EUR
    """)
    actual = posted("""
        account_id  amount
        6000        1280
    """)
    assert effects(bridged(plan, actual)) == {"fx": d("60"), "spend": d("20")}


def test_prices_and_volume_are_measured_at_budget_rates() -> None:
    """Planned 100 at 10 USD = 900 EUR; sold 120 at 11 USD, booked at 0.96 = 1,267.20 EUR."""
    plan = lines("""
        account_id  product_id  amount  quantity  currency
        4000        P           1000    100       USD
    """)
    actual = posted("""
        account_id  product_id  amount   quantity
        4000        P           1267.20  120
    """)
    #   fx 1,320 USD x 0.06 = 79.20; volume 20 x 9 = 180; price 1 USD x 0.90 x 120 = 108
    assert effects(bridged(plan, actual)) == {"fx": d("79.20"), "volume": d("180"), "price": d("108")}


def test_a_missing_actual_rate_is_said_and_its_effect_stays_in_spend() -> None:
    plan = lines("""
        account_id  amount  currency
        6000        100     GBP
        6100        0       GBP
    """)
    actual = posted("""
        account_id  amount
        6000        150
        6100        10
    """)
    made = bridged(plan, actual)
    assert effects(made) == {"spend": d("40")}
    (finding,) = made.findings
    assert (finding.rule_id, finding.severity) == ("BUD-004", "warning")
    assert "no average rate GBP→EUR for 2026-01" in finding.message
    later = Rates({**RATES.known, ("GBP", "EUR", "average", MONTH): d("1.25")})
    assert effects(bridged(plan, actual, rates=later)) == {"fx": d("6"), "spend": d("34")}
