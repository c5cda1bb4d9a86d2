"""Ledger-size aggregation on a ten-row pandas frame: the same lines run on the engine."""

from decimal import Decimal

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest

from finops_pipeline.finance import balances

LINES = pd.DataFrame(
    [
        # entity  period     account cost   product debit credit  (functional minor units)
        ("DE01", "2026-01", "6000", "CC1", None, 1000, 0, "EUR", Decimal(4)),
        ("DE01", "2026-01", "6000", "CC1", None, 250, 0, "EUR", None),
        ("DE01", "2026-01", "6000", None, None, 7, 0, "EUR", None),
        ("DE01", "2026-01", "1000", None, None, 0, 1257, "EUR", None),
        ("DE01", "2026-02", "6000", "CC1", "P1", -30, 0, "EUR", Decimal(2)),
        ("DE01", "2026-03", "4000", None, "P1", 0, 900, "EUR", Decimal("9.5")),
        ("DE01", "2026-03", "4000", None, "P1", 100, 0, "EUR", Decimal(1)),
        ("DE01", "2026-03", "4000", None, "P1", 50, 0, "EUR", Decimal("-0.5")),
        ("DE01", "2026-03", "4000", None, "P1", 0, -200, "EUR", Decimal(2)),
    ],
    columns=["entity_id", "period", "account_id", "cost_center_id", "product_id", "functional_debit",
             "functional_credit", "functional_currency", "quantity"],
).astype({"quantity": pd.ArrowDtype(pa.decimal128(38, 15))})  # fmt: skip
EXPECTED = [
    ["DE01", "2026-01", "1000", None, None, "EUR", 0, 1257, 1, None],
    ["DE01", "2026-01", "6000", "CC1", None, "EUR", 1250, 0, 2, 4],
    ["DE01", "2026-01", "6000", None, None, "EUR", 7, 0, 1, None],
    ["DE01", "2026-02", "6000", "CC1", "P1", "EUR", -30, 0, 1, -2],
    # 9.5 sold; 1, 0.5 and 2 came back, however the extract writes a return
    ["DE01", "2026-03", "4000", None, "P1", "EUR", 150, 700, 4, -6],
]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_gl_balances_sum_lines_and_keep_missing_dimensions_apart(engine: str) -> None:
    whole = nw.from_native(LINES)
    lines = whole.lazy() if engine == "pandas" else nw.from_native(pa.Table.from_pandas(LINES)).lazy("duckdb")
    result = balances.gl_balances(lines).collect().to_native()
    rows = result if engine == "pandas" else result.to_pandas()
    assert rows.astype(object).where(rows.notna(), None).values.tolist() == EXPECTED


def test_intercompany_balances_are_the_lines_that_name_a_counterparty() -> None:
    lines = LINES.assign(counterparty_entity_id=["US01", "US01", None, "JP01", *[None] * 5])
    result = balances.intercompany_balances(nw.from_native(lines).lazy()).collect().to_native()
    assert result.to_numpy().tolist() == [
        ["DE01", "2026-01", "1000", "JP01", "EUR", 0, 1257, 1],
        ["DE01", "2026-01", "6000", "US01", "EUR", 1250, 0, 2],
    ]


def test_drivers_of_several_products_add_up() -> None:
    drivers = pd.DataFrame(
        {
            "period": ["2026-01"] * 3, "entity_id": ["DE01"] * 3, "cost_center_id": [None] * 3,
            "driver": ["orders", "orders", "heads"], "unit": ["piece", "piece", "person"], "quantity": [2, 3, 5],
        }
    )  # fmt: skip
    result = balances.driver_monthly(nw.from_native(drivers).lazy()).collect().to_native()
    assert result[["driver", "quantity"]].values.tolist() == [["heads", 5], ["orders", 5]]


def test_cloud_costs_stay_exact_and_an_unstated_cost_stays_unknown() -> None:
    charge = {
        "period": "2024-09", "provider": "Cloud", "billing_account_id": "A", "sub_account_id": None,
        "service_category": "Compute", "service_name": "VM", "charge_category": "Usage", "allocation_key": None,
        "currency": "USD",
    }  # fmt: skip
    costs = [
        {"billed_cost": Decimal("0.1"), "effective_cost": Decimal("0.05"), "contracted_cost": None, "list_cost": None},
        {"billed_cost": Decimal("0.2"), "effective_cost": Decimal("0.05"), "contracted_cost": None, "list_cost": Decimal(1)},
    ]  # fmt: skip
    table = __import__("pyarrow").Table.from_pylist([charge | c for c in costs])
    row = (
        balances.cloud_cost_monthly(nw.from_native(table).lazy("duckdb")).collect("pyarrow").to_native().to_pylist()[0]
    )
    assert (row["billed_cost"], row["effective_cost"]) == (Decimal("0.3"), Decimal("0.10"))
    assert row["contracted_cost"] is None
    assert row["list_cost"] == 1
