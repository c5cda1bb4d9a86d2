"""A year over its months: exact, by every method, and only where it is asked for."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.contracts.budget import BUDGET_LINES
from finops_pipeline.contracts.projections import conform
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.phasing import (
    Phasing,
    elapsed,
    phased,
    phasing_findings,
    seasonal_curve,
    working_days,
)
from finops_pipeline_tests.finance.books import ENTITIES
from finops_pipeline_tests.finance.bridge.sales import lines

YEAR = calendar.span("2026-01", "2026-12")
ANNUAL = lines("""
    version  entity_id  period   account_id  product_id  amount   quantity  unit_price
    annual   DE         2026-01  4000        P           1000.00  10        100
    annual   UK         2026-02  6000        -           12.05    -         -
    monthly  DE         2026-01  4000        P           7.00     1         7
""")


def months(rule: Phasing, entity: str = "DE") -> list[int]:
    made = phased(ANNUAL, ENTITIES, {"annual": rule})
    chosen = made[(made["version"] == "annual") & (made["entity_id"] == entity)]
    return chosen["amount"].tolist()


def test_equal_months_sum_to_the_year() -> None:
    made = phased(ANNUAL, ENTITIES, {"annual": Phasing()})
    conform(made.assign(file_id="f", row_number=1)[[*BUDGET_LINES.names]], BUDGET_LINES)
    assert made.iloc[0]["version"] == "monthly"
    #   100,000 cents over 12 are 8,333.33: four months get the cent that is left
    assert months(Phasing()) == [8334] * 4 + [8333] * 8
    own = made[made["entity_id"] == "DE"].iloc[1:]
    assert own["period"].tolist() == YEAR
    assert sum(own["quantity"]) == Decimal(10)
    assert set(own["unit_price"]) == {Decimal(100)}
    british = made[made["entity_id"] == "UK"]
    assert british["period"].tolist() == calendar.span("2025-04", "2026-03")  # its fiscal year starts in April
    assert (british["amount"].sum(), british["quantity"].notna().any()) == (1205, False)


def test_working_days_know_holidays() -> None:
    #   2026: January 22 working days, February 20, March 22, April 22 ...; 261 in the year
    assert [working_days(m) for m in YEAR[:4]] == [22, 20, 22, 22]
    assert sum(map(working_days, YEAR)) == 261
    rule = Phasing("working_days", holidays=frozenset({date(2026, 1, 1), date(2026, 1, 3)}))
    #   January has 21: the third is a Saturday; 100,000 x 21 / 260 = 8,076.9
    assert months(rule)[:2] == [8077, 7692]


def test_a_curve_of_ones_own() -> None:
    curve = (Decimal("0.5"), *(Decimal(0),) * 10, Decimal("0.5"))
    assert months(Phasing("curve", curve)) == [50_000, *[0] * 10, 50_000]
    assert months(Phasing("curve", curve), "UK") == [603, *[0] * 10, 602]
    with pytest.raises(ValueError, match="12 months"):
        months(Phasing("curve", curve[:3]))


def test_a_season_is_the_average_of_the_years() -> None:
    history = dict.fromkeys(calendar.span("2024-04", "2026-03"), 100) | {
        "2024-12": 300,
        "2025-12": 500,
        "2025-08": -300,
    }
    curve = seasonal_curve(history, start_month=4)
    #   December is the ninth month: (300 + 500) / 2; August (100 - 300) / 2 is below zero
    assert curve == [*[Decimal(100)] * 4, Decimal(0), *[Decimal(100)] * 3, Decimal(400), *[Decimal(100)] * 3]
    with pytest.raises(ValueError, match="no history for month 3:"):
        seasonal_curve(dict.fromkeys(calendar.span("2025-04", "2026-02"), 1), start_month=4)
    with pytest.raises(ValueError, match="no season"):
        seasonal_curve(dict.fromkeys(YEAR, -1))


@given(
    amount=st.integers(-(10**12), 10**12),
    curve=st.lists(st.integers(0, 999), min_size=12, max_size=12).filter(any),
)
def test_months_sum_to_the_year_and_are_its_shares_to_a_unit(amount: int, curve: list[int]) -> None:
    line = ANNUAL.iloc[:1].assign(amount=amount)
    made = phased(line, ENTITIES, {"annual": Phasing("curve", tuple(map(Decimal, curve)))})
    assert made["amount"].sum() == amount
    assert sum(made["quantity"]) == Decimal(10)
    exact = [Fraction(amount * weight, sum(curve)) for weight in curve]
    assert all(abs(a - e) < 1 for a, e in zip(made["amount"], exact, strict=True))
    assert phasing_findings(line, made) == []


def test_versions_that_nobody_calls_annual_stay_as_they_are() -> None:
    assert phased(ANNUAL, ENTITIES, {}) is ANNUAL
    assert phased(ANNUAL, ENTITIES, {"other": Phasing()}) is ANNUAL


def test_a_month_that_is_lost_is_found() -> None:
    made = phased(ANNUAL, ENTITIES, {"annual": Phasing()})
    for bad in (made.iloc[:-1], made.iloc[1:], pd.concat([made, made.iloc[:1]])):
        (finding,) = phasing_findings(ANNUAL, bad)
        assert finding.rule_id == "BUD-005"
    assert finding.message == "months sum to 1400, the lines to 700 (minor units)"


def test_days_that_have_passed() -> None:
    assert [elapsed("2026-02", date(2026, 2, day))[0] for day in (1, 15, 28)] == [1, 15, 28]
    assert elapsed("2026-02", date.max) == (28, 28)
