"""Which cells are bridged: every one that the variance compares, and no other."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from finops_pipeline.contracts.budget import VARIANCE_BRIDGE
from finops_pipeline.contracts.projections import conform
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import bridge
from finops_pipeline.finance.bridge.cells import sums_by
from finops_pipeline.finance.currency import Rates
from finops_pipeline_tests.finance.books import ACCOUNTS, ENTITIES
from finops_pipeline_tests.finance.bridge.sales import MONTH, RATES, bridged, effects, lines, posted


def d(number: str) -> Decimal:
    return Decimal(number)


def test_sums_that_pass_64_bits_are_still_exact() -> None:
    """Three times 2^61 passes 2^62: from there on Python's integers count."""
    group = np.array([0, 0, 1], dtype=np.intp)
    small, large = np.array([1, 2, 3]), np.full(3, 2**61)
    assert (sums_by(group, 2, small).dtype, sums_by(group, 2, small).tolist()) == (np.int64, [3, 3])
    assert sums_by(group, 2, large).tolist() == [2**62, 2**61]
    assert sums_by(group, 2, large * np.array([-4, -4, 0], dtype=object)).tolist() == [-(2**64), 0]


def test_versions_months_and_entities_are_bridged_apart() -> None:
    plan = lines("""
        version  entity_id  period   account_id  amount
        v1       DE         2026-01  6000        100
        v1       DE         2026-02  6000        100
        v2       DE         2026-02  6000        90
        v1       UK         2026-03  6000        10
    """)
    actual = posted("""
        entity_id  period   account_id  amount
        DE         2026-01  6000        120
        DE         2026-02  6000        95
        UK         2026-02  6000        7
        JP         2026-02  6000        7
    """)
    rates = Rates({})
    made = bridged(plan, actual, ("2026-01", "2026-02"), rates)
    assert effects(made, "version", "entity_id", "period") == {
        ("v1", "DE", "2026-01", "spend"): d("20"),
        ("v1", "DE", "2026-02", "spend"): d("-5"),
        ("v1", "UK", "2026-02", "spend"): d("7"),  # its fiscal year to March is planned
        ("v2", "DE", "2026-01", "spend"): d("120"),  # a version covers the whole fiscal year
        ("v2", "DE", "2026-02", "spend"): d("5"),
    }
    conform(made.rows, VARIANCE_BRIDGE)
    only = bridged(plan, actual, ("2026-02",), rates).rows
    expected = made.rows[made.rows["period"] == "2026-02"].reset_index(drop=True)
    pd.testing.assert_frame_equal(only, expected)


def test_nothing_planned_or_posted_is_no_bridge() -> None:
    plan, actual = lines("account_id  amount"), posted("account_id  amount")
    assert bridged(plan, actual).rows.empty
    some = lines("""
        account_id  amount
        6000        0
    """)
    assert bridged(some, actual).rows.empty
    assert bridged(some, actual, ("2026-05",)).rows.empty
    conform(bridged(some, actual).rows, VARIANCE_BRIDGE)
    conform(bridged(plan, actual).rows, VARIANCE_BRIDGE)


def test_strangers_and_impossible_shares_are_refused() -> None:
    plan = bridge.budget_by_product(lines("""
        account_id  amount
        6000        1
    """), ENTITIES, RATES)  # fmt: skip
    good = posted("""
        account_id  amount
        6000        1
    """)
    for bad in (good.assign(account_id="9999"), good.assign(entity_id="XX")):
        with pytest.raises(ContractError, match="gl_balances uses"):
            bridge.variance_bridge(plan, bad, ACCOUNTS, ENTITIES, [MONTH], RATES)
    with pytest.raises(ValueError, match="between 0 and 1"):
        bridge.variance_bridge(plan, good, ACCOUNTS, ENTITIES, [MONTH], RATES, {"6000": d("1.5")})
