"""Ledger-size to fact-size: the aggregations that see every row, engine-free.

Each function takes and returns a `narwhals.LazyFrame`, so the same lines run on DuckDB, on Spark and on the ten-row
pandas frame of a test. Sums are exact: whole minor units, or decimals.
"""

from typing import Any

import narwhals as nw

Lazy = nw.LazyFrame[Any]


def gl_balances(lines: Lazy) -> Lazy:
    """Monthly activity of the general ledger in functional currency.

    Shape: one row per entity x period x account x cost center x product. Unit: minor units of `currency`, the
    entity's functional currency. Lines of adjusting periods (13 to 16) count in the month they share. A quantity follows
    the side of its amount, whichever sign the extract gave it (debit-positive: units sold are negative, units returned
    positive); null where no line has one.
    """
    side, size = nw.col("functional_debit") < nw.col("functional_credit"), nw.col("quantity").abs()
    return (
        lines.with_columns(quantity=nw.when(side).then(-size).otherwise(size))
        .group_by("entity_id", "period", "account_id", "cost_center_id", "product_id", "functional_currency")
        .agg(
            debit=nw.col("functional_debit").sum(),
            credit=nw.col("functional_credit").sum(),
            lines=nw.len(),
            quantity=nw.col("quantity").sum(),
            quantities=nw.col("quantity").count(),
        )
        .with_columns(quantity=nw.when(nw.col("quantities") > 0).then(nw.col("quantity")))
        .with_columns(nw.col("debit", "credit", "lines").cast(nw.Int64))  # the engine sums in wider integers
        .rename({"functional_currency": "currency"})
        .select(
            *("entity_id", "period", "account_id", "cost_center_id", "product_id", "currency"),
            *("debit", "credit", "lines", "quantity"),
        )
        .sort("entity_id", "period", "account_id", "cost_center_id", "product_id", nulls_last=True)
    )


def intercompany_balances(lines: Lazy) -> Lazy:
    """Monthly activity with other entities of the group, in functional currency: the lines that name a counterparty.

    Shape: one row per entity x period x account x counterparty. Unit: minor units of `currency`.
    """
    keys = ("entity_id", "period", "account_id", "counterparty_entity_id")
    return (
        lines.filter(~nw.col("counterparty_entity_id").is_null())
        .group_by(*keys, "functional_currency")
        .agg(
            debit=nw.col("functional_debit").sum(),
            credit=nw.col("functional_credit").sum(),
            lines=nw.len(),
        )
        .with_columns(nw.col("debit", "credit", "lines").cast(nw.Int64))
        .rename({"functional_currency": "currency"})
        .select(*keys, "currency", "debit", "credit", "lines")
        .sort(*keys)
    )


def driver_monthly(drivers: Lazy) -> Lazy:
    """Operating drivers by month. Shape: one row per period x entity x cost center x driver x unit."""
    keys = ("period", "entity_id", "cost_center_id", "driver", "unit")
    return (
        drivers.group_by(*keys)
        .agg(quantity=nw.col("quantity").sum())
        .select(*keys, "quantity")
        .sort("period", "entity_id", "cost_center_id", "driver", "unit", nulls_last=True)
    )


def cloud_cost_monthly(charges: Lazy) -> Lazy:
    """The cloud bill by month, exact to 15 decimals. Billed and effective cost are two bases and are never added.

    Shape: one row per period x provider x billing account x sub account x service x charge category x allocation key
    x currency. Unit: major units of `currency`; a cost that no charge states is null, not zero. Source: FOCUS 1.0, BilledCost and EffectiveCost.
    """
    keys = (
        "period",
        "provider",
        "billing_account_id",
        "sub_account_id",
        "service_category",
        "service_name",
        "charge_category",
        "allocation_key",
        "currency",
    )
    costs = ("billed_cost", "effective_cost", "contracted_cost", "list_cost")
    known = {f"{c}_known": nw.col(c).count() for c in costs}
    return (
        charges.group_by(*keys)
        .agg(*(nw.col(c).sum() for c in costs), **known)
        .with_columns(*(nw.when(nw.col(f"{c}_known") > 0).then(nw.col(c)).alias(c) for c in costs))
        .select(*keys, *costs)
        .sort(*keys, nulls_last=True)
    )
