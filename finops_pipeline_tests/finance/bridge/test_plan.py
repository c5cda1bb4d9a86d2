"""The plan by product: quantities from prices, and the same money as by cost center."""

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from finops_pipeline.contracts.budget import BUDGET_BY_PRODUCT
from finops_pipeline.contracts.projections import conform
from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import bridge
from finops_pipeline.finance.budget import budget_balances, budget_variance
from finops_pipeline_tests.finance.books import COST_CENTERS, ENTITIES
from finops_pipeline_tests.finance.bridge.sales import MONTH, RATES, VARIABLE, bridged, effects, lines, posted


def d(number: str) -> Decimal:
    return Decimal(number)


def sources():
    plan = lines("""
        account_id  product_id  amount  quantity
        4000        A           100     10
        6000        -           50      -
    """)
    actual = posted("""
        account_id  product_id  amount  quantity
        4000        A           130     12
        6000        -           60      -
    """)
    fact, balances = bridge.budget_by_product(plan, ENTITIES, RATES), budget_balances(plan, ENTITIES, RATES)
    variance = budget_variance(balances, actual, VARIABLE, COST_CENTERS, ENTITIES, [MONTH])
    made = bridge.variance_bridge(fact, actual, VARIABLE, ENTITIES, [MONTH], RATES)
    return made.rows, variance, fact, actual, balances


def test_a_price_stands_in_for_a_planned_quantity() -> None:
    plan = lines("""
        account_id  amount  quantity  unit_price
        4000        1000    -         10
        6000        5       -         0
    """)
    fact = bridge.budget_by_product(plan, ENTITIES, RATES)
    conform(fact, BUDGET_BY_PRODUCT)
    assert fact["quantity"].tolist()[:1] == [d("100")]
    assert pd.isna(fact["quantity"].iloc[1])
    actual = posted("""
        account_id  amount  quantity
        4000        1080    120
    """)
    assert effects(bridged(plan, actual), "account_id")["4000", "price"] == d("-120")


def test_a_missing_budget_rate_raises() -> None:
    with pytest.raises(MissingRateError):
        bridge.budget_by_product(
            lines("""
            account_id  amount  currency
            6000        100     JPY
        """).assign(amount=100),
            ENTITIES,
            RATES,
        )


def test_a_plan_by_product_that_is_not_the_plan_is_found() -> None:
    *_, fact, _, balances = sources()
    for bad in (fact.assign(amount=fact["amount"] + 1), fact.iloc[:1], fact.assign(account_id="6110")):
        findings = bridge.budget_by_product_findings(bad, balances)
        assert {f.rule_id for f in findings} == {"BUD-002"}
    assert replace(findings[0], message="").subject.startswith("v1 DE 2026-01")
