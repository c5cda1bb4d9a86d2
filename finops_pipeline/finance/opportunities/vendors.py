"""What vendors charge beside each other: the same product dearer than elsewhere, the same subscription bought twice.

Here: recent prices and recurring charges out of `spending.vendor_spending` and journal lines (engine-free), and the
opportunities in them. Not here: a vendor's price against its own past (`spending.price_drift`).

| kind                 | found where                                                                | low            | high             |
|----------------------|----------------------------------------------------------------------------|----------------|------------------|
| peer_price           | a product bought from two vendors or more in three months, in one currency | to the middle of the others' prices | to the least of them, times a year's quantity |
| subscription_overlap | a vendor that two cost centers of an entity pay every month, nearly the same amount, on accounts of a category of subscriptions | 5 % of what the smaller ones pay | 20 % of it |
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.finance import frames, money
from finops_pipeline.finance.opportunities.register import Opportunity, SavingAssumptions

Lazy = nw.LazyFrame[Any]
Centers = Mapping[str, tuple[str, str | None]]

_QUARTERS, _YEAR = 4, 12
REGULAR = 6
"""Months in a row, the last ones, in which a subscription is charged."""
_APART = 10  # percent between its least and its largest charge


def recent_prices(spending: Lazy, periods: Sequence[str]) -> Lazy:
    """What was bought by quantity of each product, vendor by vendor. `spending`: `vendor_spending`.

    Shape: one row per product x vendor x entity x currency. Unit: minor units and quantities.
    """
    return (
        spending.filter(nw.col("period").is_in(list(periods)), nw.col("priced") > 0, ~nw.col("product_id").is_null())
        .group_by("product_id", "currency", "entity_id", "vendor_id")
        .agg(amount=nw.col("priced").sum(), quantity=nw.col("quantity").sum())
        .with_columns(nw.col("amount").cast(nw.Int64))
    )


def subscriptions(lines: Lazy, accounts: Sequence[str], periods: Sequence[str]) -> Lazy:
    """What a vendor charges a cost center in each of these months, nearly the same every time.

    Shape: one row per entity x account x vendor x cost center x currency. Unit: minor units of functional currency.
    """
    net = nw.col("functional_debit").fill_null(0) - nw.col("functional_credit").fill_null(0)
    monthly = (
        lines.filter(
            ~nw.col("vendor_id").is_null(),
            ~nw.col("cost_center_id").is_null(),
            nw.col("account_id").is_in(list(accounts)),
            nw.col("period").is_in(list(periods)),
        )
        .with_columns(net=net)
        .group_by(*_SUBSCRIBED, "functional_currency", "period")
        .agg(amount=nw.col("net").sum())
    )
    charged = monthly.group_by(*_SUBSCRIBED, "functional_currency").agg(
        months=nw.len(),
        least=nw.col("amount").min(),
        most=nw.col("amount").max(),
        total=nw.col("amount").sum(),
    )
    return (
        charged.filter(
            nw.col("months") == len(periods),
            nw.col("least") > 0,
            (nw.col("most") - nw.col("least")) * 100 <= nw.col("most") * _APART,
        )
        .select(*_SUBSCRIBED, nw.col("functional_currency").alias("currency"), nw.col("total").cast(nw.Int64))
    )  # fmt: skip


_SUBSCRIBED = ("entity_id", "account_id", "vendor_id", "cost_center_id")


def peer_prices(prices: pd.DataFrame, assumed: SavingAssumptions) -> list[Opportunity]:
    """Vendors that charge more for a product than others do now. `prices`: `recent_prices` of three months."""
    found: list[Opportunity] = []
    for (product, currency), rows in frames.groups(prices, "product_id", "currency"):
        unit = _unit_prices(rows)
        for row in rows.sort_values(["entity_id", "vendor_id"]).to_dict("records"):
            others = {v: p for v, p in unit.items() if v != row["vendor_id"]}
            own = money.WIDE.divide(Decimal(row["amount"]), row["quantity"])
            if not others or own * 100 <= min(others.values()) * (100 + assumed.drift_from):
                continue
            least, middle = min(others.values()), min(own, median(others.values()))
            quantity = row["quantity"] * _QUARTERS
            low, high = (money.round_half_even(money.WIDE.multiply(own - p, quantity)) for p in (middle, least))
            found.append(
                Opportunity(
                    "peer_price", row["entity_id"], (product, row["vendor_id"]),
                    f"vendor {row['vendor_id']} charges {own / least - 1:.1%} more for {product} than the cheapest other",
                    [{"vendor_id": row["vendor_id"], "price": _price(own, currency),
                      "quantity_of_a_year": f"{quantity.normalize():f}",
                      "others": {v: _price(p, currency) for v, p in sorted(others.items())}}],
                    currency, low, high, 0.4,
                )
            )  # fmt: skip
    return found


def _unit_prices(rows: pd.DataFrame) -> dict[str, Decimal]:
    """The unit price of each vendor over all entities, in minor units."""
    sums: dict[str, tuple[int, Decimal]] = {}
    for vendor, amount, quantity in zip(rows["vendor_id"], rows["amount"], rows["quantity"], strict=True):
        before = sums.get(vendor, (0, Decimal(0)))
        sums[vendor] = (before[0] + int(amount), before[1] + quantity)
    return {vendor: money.WIDE.divide(Decimal(amount), quantity) for vendor, (amount, quantity) in sums.items()}


def _price(minor: Decimal, currency: str) -> str:
    return str(minor.scaleb(-money.exponent(currency), money.WIDE).quantize(Decimal("0.0001")))


def subscription_overlap(
    charged: pd.DataFrame, months: int, centers: Centers, assumed: SavingAssumptions
) -> list[Opportunity]:
    """Vendors that several cost centers of an entity subscribe to, each for itself. `charged`: `subscriptions`."""
    found: list[Opportunity] = []
    for (entity, vendor, currency), rows in frames.groups(charged, "entity_id", "vendor_id", "currency"):
        sums = rows.groupby("cost_center_id")["total"].sum().sort_values(ascending=False, kind="stable")
        if len(sums) < 2:
            continue
        others = int(sums.iloc[1:].sum()) * _YEAR // months
        department, owner = centers.get(str(sums.index[0]), (None, None))
        found.append(
            Opportunity(
                "subscription_overlap", entity, (vendor,),
                f"{len(sums)} cost centers of {entity} pay vendor {vendor} every month, each for itself",
                [{"cost_center_id": center, "account_ids": sorted(set(rows.loc[rows["cost_center_id"] == center, "account_id"])),
                  "charged": str(money.to_decimal(int(total), currency)), "months": months} for center, total in sums.items()],
                currency, others * assumed.overlap_low // 100, others * assumed.overlap_high // 100, 0.4, department, owner,
            )
        )  # fmt: skip
    return found
