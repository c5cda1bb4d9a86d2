"""Each rule of FOCUS: a charge that keeps it, one that breaks it, one that it does not concern."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.finance.cloud import conformance
from finops_pipeline_tests.finance.cloud.charges import COMMITTED, START, collected, lazy

TAX = {"charge_category": "Tax", "pricing_quantity": None, "pricing_unit": None, "pricing_category": None,
       "list_unit_price": None, "contracted_unit_price": None, "consumed_quantity": None, "consumed_unit": None}  # fmt: skip
PURCHASE = COMMITTED | {
    "charge_category": "Purchase", "commitment_discount_status": None, "effective_cost": Decimal(0),
    "consumed_quantity": None, "consumed_unit": None,
}  # fmt: skip
CORRECTION = {"charge_class": "Correction"}
UNUSED = {"commitment_discount_status": "Unused", "consumed_quantity": None, "consumed_unit": None}
QUANTITY = {"commitment_discount_quantity": Decimal(1), "commitment_discount_unit": "USD"}
RESERVED = {"capacity_reservation_id": "R1", "capacity_reservation_status": "Used"}
BROKEN: dict[str, dict[str, Any]] = {
    "FOC-101": {"publisher": None},
    "FOC-102": {"contracted_cost": None},
    "FOC-103": {"list_cost": None},
    "FOC-110": {"service_category": "Machines"},
    "FOC-111": {"charge_frequency": "Usage-based"},
    "FOC-112": {"pricing_category": "On Demand"},
    "FOC-113": COMMITTED | {"commitment_discount_category": "Money"},
    "FOC-114": RESERVED | {"capacity_reservation_status": "Half"},
    "FOC-120": {"billing_period_end": START},
    "FOC-121": {"charge_period_end": START - timedelta(hours=1)},
    "FOC-130": TAX | {"pricing_quantity": Decimal(1), "pricing_unit": "Hours"},
    "FOC-131": {"pricing_quantity": None, "pricing_unit": None},
    "FOC-132": {"pricing_unit": None},
    "FOC-133": TAX | {"pricing_category": "Standard"},
    "FOC-134": {"pricing_category": None},
    "FOC-135": TAX | {"list_unit_price": Decimal(1)},
    "FOC-136": TAX | {"contracted_unit_price": Decimal(1)},
    "FOC-140": {"list_cost": Decimal("1.00000003")},
    "FOC-141": {"contracted_cost": Decimal(0)},
    "FOC-150": {"commitment_discount_status": "Used"},
    "FOC-151": COMMITTED | {"commitment_discount_status": None},
    "FOC-152": COMMITTED | {"commitment_discount_category": None},
    "FOC-153": COMMITTED | {"commitment_discount_type": None},
    "FOC-154": PURCHASE | {"effective_cost": Decimal("0.01")},
    "FOC-160": COMMITTED | {"commitment_discount_status": "Unused"},
    "FOC-161": {"consumed_quantity": None, "consumed_unit": None},
    "FOC-162": {"consumed_unit": None},
    "FOC-170": QUANTITY,
    "FOC-171": COMMITTED,
    "FOC-172": COMMITTED | QUANTITY | {"commitment_discount_unit": None},
    "FOC-173": {"capacity_reservation_status": "Used"},
    "FOC-174": RESERVED | {"capacity_reservation_status": None},
    "FOC-180": {"region_id": "eu", "region_name": None},
    "FOC-181": {"sub_account_name": None},
    "FOC-182": {"sub_account_type": None},
    "FOC-183": {"billing_account_type": None},
    "FOC-184": {"pricing_currency": None},
}  # fmt: skip
KEEPS: list[dict[str, Any]] = [
    {}, TAX, PURCHASE | QUANTITY, COMMITTED | QUANTITY, COMMITTED | QUANTITY | UNUSED, RESERVED,
    CORRECTION | {"pricing_quantity": None, "pricing_unit": None, "pricing_category": None, "consumed_quantity": None,
                  "consumed_unit": None},
    CORRECTION | {"contracted_cost": Decimal(9), "list_cost": Decimal(-9)},
    {"list_cost": Decimal("1.000000005")},
]  # fmt: skip
EVERYTHING = {"billing_account_type": "Main", "sub_account_type": "Team", "pricing_currency": "USD", "region_id": "us",
              "region_name": "America"}  # fmt: skip


def judged(*charges: dict[str, Any]) -> pd.DataFrame:
    frame = lazy(*charges)
    counts = conformance.by_rule(collected(conformance.counted(frame)))
    return conformance.with_examples(counts, collected(conformance.examples_of(frame, counts)))


def broken(*charges: dict[str, Any]) -> dict[str, int]:
    found = judged(*charges)
    found = found[found["rows_broken"] > 0]
    return dict(zip(found["rule_id"], found["rows_broken"], strict=True))


def test_every_rule_is_tested() -> None:
    assert set(BROKEN) == {rule.rule_id for rule in conformance.RULES}


def test_charges_that_keep_focus_break_nothing() -> None:
    assert broken(*(EVERYTHING | charge for charge in KEEPS)) == {}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_charge_that_breaks_a_rule_is_counted_once_under_it(rule: str) -> None:
    """The other charges use every optional column, so that each rule is judged; only this charge breaks it."""
    found = broken(*(EVERYTHING | charge for charge in KEEPS), EVERYTHING | BROKEN[rule])
    assert found.get(rule) == 1


def test_an_optional_column_that_a_file_leaves_empty_is_not_judged() -> None:
    bare = dict.fromkeys(("pricing_category", "consumed_quantity", "consumed_unit", "list_unit_price"))
    found = judged(bare)
    assert found["rows_broken"].sum() == 0
    unjudged = {"FOC-134", "FOC-140", "FOC-161", "FOC-162", "FOC-183", "FOC-184"}
    assert not found.loc[found["rule_id"].isin(unjudged), "rows_checked"].any()


def test_the_example_is_the_first_broken_row_with_the_values_that_matter() -> None:
    found = judged({}, {"contracted_cost": Decimal("0.10")}, {"contracted_cost": None}).set_index("rule_id")
    assert (
        found.loc["FOC-141", "example"] == "row 2: contracted_cost 0.1, contracted_unit_price 0.25, pricing_quantity 2"
    )
    assert found.loc["FOC-102", "example"] == "row 3: contracted_cost missing"
    assert pd.isna(found.loc["FOC-101", "example"])


def test_files_and_months_are_judged_apart() -> None:
    found = judged({}, {"file_id": "F2", "publisher": None}, {"period": "2026-02"})
    found = found[found["rule_id"] == "FOC-101"]
    assert found[["period", "file_id", "rows_checked", "rows_broken"]].values.tolist() == [
        ["2026-01", "F1", 1, 0], ["2026-01", "F2", 1, 1], ["2026-02", "F1", 1, 0],
    ]  # fmt: skip


def test_no_charges_are_no_files() -> None:
    assert len(conformance.by_rule(collected(conformance.counted(lazy())))) == 0


def test_a_charge_that_is_not_judged_is_found() -> None:
    counts = collected(conformance.counted(lazy({}, {})))
    stored = pd.DataFrame({"period": ["2026-01"], "rows": [2]})
    assert conformance.judged_findings(counts, stored) == []
    for rows in (stored.assign(rows=3), pd.concat([stored, stored.assign(period="2026-02")])):
        (finding,) = conformance.judged_findings(counts, rows)
        assert (finding.rule_id, finding.severity) == ("CLD-001", "error")
