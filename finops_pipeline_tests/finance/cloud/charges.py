"""Charges of cloud bills as small tables: what a test does not say is plain, priced usage of one hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from finops_pipeline.contracts.focus import CLOUD_COSTS
from finops_pipeline.contracts.model import LINEAGE
from finops_pipeline.contracts.projections import _ARROW

START = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "period": "2026-01", "provider": "Cloud", "publisher": "Cloud Inc.", "invoice_issuer": "Cloud Inc.",
    "billing_account_id": "A1", "billing_account_name": "Main", "sub_account_id": "S1", "sub_account_name": "Shop",
    "currency": "USD", "billing_period_start": START, "billing_period_end": datetime(2026, 2, 1, tzinfo=UTC),
    "charge_period_start": START, "charge_period_end": START + timedelta(hours=1), "charge_category": "Usage",
    "charge_frequency": "Usage-Based", "service_category": "Compute", "service_name": "Machines",
    "pricing_quantity": Decimal(2), "pricing_unit": "Hours", "pricing_category": "Standard",
    "billed_cost": Decimal("0.50"), "effective_cost": Decimal("0.50"), "contracted_cost": Decimal("0.50"),
    "list_cost": Decimal(1), "list_unit_price": Decimal("0.50"), "contracted_unit_price": Decimal("0.25"),
    "consumed_quantity": Decimal(2), "consumed_unit": "Hours", "focus_version": "1.0", "file_id": "F1",
}  # fmt: skip
COMMITTED = {
    "commitment_discount_id": "SP1", "commitment_discount_status": "Used", "commitment_discount_category": "Spend",
    "commitment_discount_type": "Savings Plan", "pricing_category": "Committed",
}  # fmt: skip


def table(*charges: dict[str, Any]) -> pa.Table:
    """Charges as Arrow, each numbered as in its file."""
    schema = pa.schema([pa.field(c.name, _ARROW[c.kind]) for c in CLOUD_COSTS.columns + LINEAGE])
    rows = [PLAIN | {"row_number": n} | charge for n, charge in enumerate(charges, start=1)]
    return pa.Table.from_pylist(rows, schema=schema)


def lazy(*charges: dict[str, Any]) -> nw.LazyFrame[Any]:
    """Charges as the engine sees them."""
    return nw.from_native(table(*charges)).lazy("duckdb")


def collected(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """What the engine makes of a lazy frame."""
    rows: pd.DataFrame = frame.collect("pyarrow").to_native().to_pandas()
    return rows
