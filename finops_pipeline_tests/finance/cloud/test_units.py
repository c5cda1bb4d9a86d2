"""Unit costs by hand."""

from decimal import Decimal
from typing import Any

import pandas as pd

from finops_pipeline.finance.cloud import units

OWNERS = {"A1": "US01", "A2": "US01"}
CLOUD = pd.DataFrame(
    [
        ("2026-01", "A1", "USD", "1000.000000000000001"), ("2026-01", "A2", "USD", "200"), ("2026-01", "X9", "USD", "5000"),
        ("2026-02", "A1", "USD", "1260"), ("2026-03", "A1", "USD", "90"),
    ],
    columns=["period", "billing_account_id", "currency", "effective_cost"],
).assign(effective_cost=lambda t: [Decimal(c) for c in t["effective_cost"]])  # fmt: skip
DRIVERS = pd.DataFrame(
    [
        ("2026-01", "US01", "orders", "orders", "100"), ("2026-01", "US01", "orders", "orders", "200"),
        ("2026-02", "US01", "orders", "orders", "300"), ("2026-02", "US01", "seats", "seats", "0"),
        ("2026-02", "DE01", "orders", "orders", "7"), ("2026-04", "US01", "orders", "orders", "9"),
    ],
    columns=["period", "entity_id", "driver", "unit", "quantity"],
).assign(quantity=lambda t: [Decimal(q) for q in t["quantity"]])  # fmt: skip
MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04"]


def shown(table: pd.DataFrame) -> list[list[Any]]:
    return table.astype(object).where(table.notna(), None).values.tolist()


def test_effective_cost_by_the_quantity_of_the_payer_where_there_is_one() -> None:
    whole = Decimal("1200.000000000000001")
    change = float((Decimal("4.2") - Decimal(4)) / Decimal(4))
    assert shown(units.cloud_unit_costs(CLOUD, DRIVERS, MONTHS, OWNERS)) == [
        ["2026-01", "US01", "orders", "orders", "USD", whole, 300, Decimal("4.000000000000000"), None],
        ["2026-02", "US01", "orders", "orders", "USD", 1260, 300, Decimal("4.2"), change],
        ["2026-02", "US01", "seats", "seats", "USD", 1260, 0, None, None],
    ]


def test_only_the_months_and_drivers_asked_for_and_the_month_before_counts_for_the_change() -> None:
    table = units.cloud_unit_costs(CLOUD, DRIVERS, ["2026-02"], OWNERS, ["orders"])
    assert (table["driver"].tolist(), table["unit_cost_change_pct"].round(9).tolist()) == (["orders"], [0.05])


def test_nobody_pays_no_unit_cost() -> None:
    assert len(units.cloud_unit_costs(CLOUD, DRIVERS, MONTHS, {})) == 0


def test_a_unit_cost_on_part_of_the_bill_or_the_driver_is_found() -> None:
    table = units.cloud_unit_costs(CLOUD, DRIVERS, MONTHS, OWNERS)
    assert units.unit_cost_findings(table, CLOUD, DRIVERS, MONTHS, OWNERS) == []
    for cloud, drivers in ((CLOUD[1:], DRIVERS), (CLOUD, DRIVERS[1:]), (CLOUD[:0], DRIVERS)):
        found = units.unit_cost_findings(table, cloud, drivers, MONTHS, OWNERS)
        assert {f.rule_id for f in found} == {"CLD-020"}
