"""Currencies meet at average rates, or there is no number."""

from decimal import Decimal

import pandas as pd
import pytest

from finops_pipeline.finance.currency import Rates
from finops_pipeline_tests.finance.kpis.cards import formula, score, sources, value

TWO_CURRENCIES = [
    {"account_id": "4000", "account_type": "revenue", "credit": 100_00},
    {"account_id": "5000", "account_type": "cost_of_revenue", "debit": 50_00},
    {"entity_id": "JP", "currency": "JPY", "account_id": "4000", "account_type": "revenue", "credit": 10_000},
    {"entity_id": "JP", "currency": "JPY", "account_id": "5000", "account_type": "cost_of_revenue", "debit": 8_000},
]


def test_several_currencies_meet_at_average_rates() -> None:
    # 10,000 JPY at 0.01 are 100 EUR, 8,000 JPY are 80 EUR: (200 - 130) / 200.
    rates = Rates({("JPY", "EUR", "average", "2026-02"): Decimal("0.01")})
    card = score(sources(trial_balance=TWO_CURRENCIES), group_currency="EUR", rates=rates)
    assert value(card, "gross_margin") == 0.35
    assert formula(card, "gross_margin").endswith("(in EUR at average rates)")


def test_one_currency_needs_no_rate_even_if_it_is_not_the_groups() -> None:
    assert value(
        score(sources(trial_balance=TWO_CURRENCIES[2:]), group_currency="EUR"), "gross_margin"
    ) == pytest.approx(0.2)


def test_a_missing_rate_or_group_currency_makes_null_and_says_so() -> None:
    given = sources(trial_balance=TWO_CURRENCIES)
    missing, undecided = score(given, group_currency="EUR"), score(given)
    assert pd.isna(value(missing, "gross_margin"))
    assert "null: no average rate JPY→EUR for 2026-02" in formula(missing, "gross_margin")
    assert pd.isna(value(undecided, "gross_margin"))
    assert "null: entities in EUR, JPY and no group currency" in formula(undecided, "gross_margin")


def test_a_base_of_zero_makes_null() -> None:
    card = score(sources(trial_balance=[{"account_id": "5000", "account_type": "cost_of_revenue", "debit": 5}]))
    assert pd.isna(value(card, "cost_ratio"))
    assert formula(card, "cost_ratio").endswith("(null: the divisor is zero)")
