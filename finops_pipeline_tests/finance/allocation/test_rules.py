"""What may be written in allocation rules, and what is refused with the reason."""

from decimal import Decimal
from typing import Any

import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.allocation.rules import Cycle, PoolRule, Rules, Tier, pools_of

CENTERS = {
    "IT": ("Systems", "service"),
    "HR": ("People", "service"),
    "FIN": ("Finance", "service"),
    "S1": ("Sales", "operating"),
    "S2": ("Sales", None),
}


def test_the_default_takes_every_service_cost_center() -> None:
    (cycle,) = Rules().cycles
    assert set(pools_of(cycle, CENTERS)) == {"IT", "HR", "FIN"}
    assert cycle.method == "direct"


def test_the_rest_goes_by_the_rule_without_names() -> None:
    named = PoolRule(cost_centers=("S1",), departments=("People",), driver="area")
    rest = PoolRule(driver="heads")
    assert pools_of(Cycle("c", pools=(rest, named)), CENTERS) == {"S1": named, "HR": named, "IT": rest, "FIN": rest}
    fixed = PoolRule(shares={"HR": Decimal("0.5"), "S1": Decimal("0.5")})
    assert set(pools_of(Cycle("c", pools=(fixed,)), CENTERS)) == {"IT", "FIN"}


def test_a_cycle_is_for_its_entities_and_months() -> None:
    cycle = Cycle("c", effective_from="2026-02", effective_until="2026-04", entities=("DE",))
    asked = [("DE", "2026-01"), ("DE", "2026-02"), ("DE", "2026-04"), ("DE", "2026-05"), ("US", "2026-03")]
    assert [cycle.covers(*place) for place in asked] == [False, True, True, False, False]
    assert Cycle("always").covers("US", "1999-01")


def test_units_count_by_their_tier() -> None:
    rule = PoolRule(driver="seats", tiers=(Tier(Decimal(1), Decimal(10)), Tier(Decimal("0.5"), Decimal(20))))
    assert [rule.weight(Decimal(q)) for q in (0, 5, 10, 14, 20, 99)] == [0, 5, 10, 12, 15, 15]
    assert PoolRule(driver="seats").weight(Decimal("7.5")) == Decimal("7.5")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Tier(Decimal(-1)), "tier's weight"),
        (lambda: Tier(Decimal(1), Decimal(0)), "tier's weight"),
        (lambda: PoolRule(driver="x", shares={"S1": Decimal(1)}), "not both"),
        (lambda: PoolRule(shares={"S1": Decimal("0.6"), "S2": Decimal("0.5")}), "never run out"),
        (lambda: PoolRule(shares={"S1": Decimal(0)}), "positive"),
        (lambda: PoolRule(tiers=(Tier(Decimal(1)), Tier(Decimal(1), Decimal(5)))), "only the last"),
        (lambda: PoolRule(tiers=(Tier(Decimal(1), Decimal(5)), Tier(Decimal(1), Decimal(5)))), "go up"),
        (lambda: Cycle("c", effective_from="2026"), "YYYY-MM"),
        (lambda: Cycle("c", effective_from="2026-05", effective_until="2026-04"), "to a later one"),
        (lambda: Cycle("c", order=("S1",)), "only the step-down"),
        (lambda: Cycle("c", pools=()), "has pools"),
        (lambda: Cycle("c", pools=(PoolRule(), PoolRule())), "one rule at most"),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        wrong()


@pytest.mark.parametrize(
    ("cycle", "message"),
    [
        (Cycle("c", pools=(PoolRule(cost_centers=("XX",)),)), "'c' names cost center 'XX'"),
        (Cycle("c", pools=(PoolRule(shares={"XX": Decimal(1)}),)), "cost center 'XX'"),
        (Cycle("c", "step_down", order=("XX",)), "cost center 'XX'"),
        (Cycle("c", pools=(PoolRule(departments=("Space",)),)), "department 'Space'"),
        (Cycle("c", pools=(PoolRule(serves=("Space",)),)), "department 'Space'"),
        (
            Cycle("c", pools=(PoolRule(cost_centers=("IT",)), PoolRule(departments=("Systems",)))),
            "'IT' as a pool twice",
        ),
        (Cycle("c", pools=(PoolRule(cost_centers=("IT",), shares={"IT": Decimal(1)}),)), "its own receiver"),
    ],
)
def test_rules_that_do_not_fit_the_master_data_are_refused(cycle: Cycle, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        pools_of(cycle, CENTERS)
