"""An effect that is wrong, lost or moved is found."""

import pytest

from finops_pipeline.finance import bridge
from finops_pipeline.finance.budget import budget_balances, budget_variance
from finops_pipeline_tests.finance.books import COST_CENTERS, ENTITIES
from finops_pipeline_tests.finance.bridge.sales import MONTH, RATES, VARIABLE, lines, posted


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


@pytest.mark.parametrize("row", [0, 1, 2])
def test_an_effect_that_is_wrong_or_lost_is_found(row: int) -> None:
    effects, variance, fact, actual, _ = sources()
    wrong = effects.assign(amount=effects["amount"].where(effects.index != row, effects["amount"] + 1))
    for bad in (wrong, effects.drop(index=row), effects.assign(account_id="6100")):
        findings = bridge.bridge_findings(bad, variance, fact, actual, VARIABLE, [MONTH])
        assert {f.rule_id for f in findings} == {"BUD-003"}
        assert {f.period for f in findings} == {MONTH}
    assert "and its variance is" in findings[0].message


def test_an_effect_moved_to_another_product_is_found() -> None:
    effects, variance, fact, actual, _ = sources()
    moved = effects.assign(product_id=effects["product_id"].mask(effects["product_id"] == "A", "B"))
    findings = bridge.bridge_findings(moved, variance, fact, actual, VARIABLE, [MONTH])
    assert {f.subject for f in findings} == {"v1 DE 2026-01 4000 A", "v1 DE 2026-01 4000 B"}
