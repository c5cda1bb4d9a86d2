"""Each proof of an allocation, and data that breaks it."""

from decimal import Decimal

import pandas as pd

from finops_pipeline.finance.allocation import proofs, trace
from finops_pipeline.finance.allocation.rules import Cycle, PoolRule, Rules
from finops_pipeline_tests.finance.allocation.offices import CENTERS, HEADS, LEDGER, NO_CLOUD
from finops_pipeline_tests.finance.books import ACCOUNTS

MONTHS = ["2026-01", "2026-02"]
RULES = Rules((Cycle("c", "reciprocal", pools=(PoolRule(driver="headcount"),)),))


def trace_of(rules: Rules = RULES) -> pd.DataFrame:
    return trace.cost_allocation(LEDGER, ACCOUNTS, CENTERS, HEADS, NO_CLOUD, MONTHS, rules)


def findings(made: pd.DataFrame, ledger: pd.DataFrame = LEDGER, severity: str = "error") -> set[tuple[str, str]]:
    found = proofs.cost_allocation_findings(made, ledger, ACCOUNTS, CENTERS, MONTHS, RULES)
    return {(f.rule_id, f.subject) for f in found if f.severity == severity}


def test_a_sound_allocation_has_warnings_alone() -> None:
    assert findings(trace_of()) == set()
    assert findings(trace_of(), severity="warning") == {
        ("ALC-010", "DE 2026-02 HR"),
        ("ALC-010", "UK 2026-01 IT"),
        ("ALC-011", "DE 2026-02 HR"),
    }


def test_alc_a_unit_too_much_is_found_at_the_pool_and_in_the_whole() -> None:
    made = trace_of()
    to_s1 = (made["from_cost_center_id"] == "IT") & (made["to_cost_center_id"] == "S1")
    assert findings(made.assign(amount=made["amount"] + to_s1.astype("int64"))) == {
        ("ALC-001", "DE 2026-01 IT"),
        ("ALC-002", "DE 2026-01"),
    }


def test_alc_between_pools_the_whole_is_right_and_the_pools_are_not() -> None:
    made = trace_of()
    between = (made["from_cost_center_id"] == "IT") & (made["to_cost_center_id"] == "HR")
    assert findings(made.assign(amount=made["amount"] + 5 * between.astype("int64"))) == {
        ("ALC-001", "DE 2026-01 IT"),
        ("ALC-001", "DE 2026-01 HR"),
    }


def test_alc_a_pool_that_is_missing_or_has_no_cost_is_found() -> None:
    made = trace_of()
    assert ("ALC-001", "DE 2026-01 IT") in findings(made[made["from_cost_center_id"] != "IT"])
    assert ("ALC-001", "UK 2026-01 IT") in findings(made.head(0))
    without = LEDGER[LEDGER["entity_id"] != "UK"]
    assert findings(made, without) == {("ALC-001", "UK 2026-01 IT"), ("ALC-002", "UK 2026-01")}


def test_a_rest_of_zero_is_no_warning() -> None:
    shares = PoolRule(cost_centers=("HR",), shares={"S1": Decimal("0.999")})
    made = trace_of(Rules((Cycle("c", pools=(shares,)),)))
    kept = made[made["to_cost_center_id"].isna()]
    assert kept["amount"].tolist() == [0, 0]
    assert not list(proofs._unallocated(made))
