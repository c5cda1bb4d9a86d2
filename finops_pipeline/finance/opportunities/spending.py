"""Spending that could be less: many small vendors, rising prices, unused commitments, cost without budget or off the best.

Here: vendor spending and unused commitments out of ledger-size tables (engine-free), and the opportunities in them and in
reports that are there already. Not here: documents booked twice (`duplicates`).

Savings are ranges, and what they assume is stated (`register.SavingAssumptions`):

| kind                     | low                                   | high                                             |
|--------------------------|---------------------------------------|--------------------------------------------------|
| vendor_fragmentation     | 2 % of what the small vendors got     | 5 % of it; small: beyond the 80 % of the largest |
| price_drift              | half of the rise                      | the rise, times the quantity of the year         |
| unused_commitment        | half of what was not used in the year | all of it                                        |
| unbudgeted_spend         | nothing: it may be right              | what was spent this fiscal year without budget   |
| inefficient_cost_center  | twelve months of the least distance to the best of its size in three months | likewise, at any scale  |
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.finance import frames, ledger, money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.opportunities.register import Opportunity, SavingAssumptions

Lazy = nw.LazyFrame[Any]
Centers = Mapping[str, tuple[str, str | None]]

_LARGE = 80  # percent of a category's spending that its large vendors have together
_RECENT, _YEAR = 3, 12
_SHOWN = 5


def vendor_spending(lines: Lazy, cost_accounts: Sequence[str], periods: Sequence[str]) -> Lazy:
    """What each vendor got by account, product and month.

    Shape: one row per entity x period x account x product x vendor x currency. Unit: `amount` in minor units of the
    functional currency, `quantity` where lines have one, with the amount of those lines in `priced`.
    """
    net = nw.col("functional_debit").fill_null(0) - nw.col("functional_credit").fill_null(0)
    has = ~nw.col("quantity").is_null() & (nw.col("quantity") > 0)
    zero = nw.lit(0)
    return (
        lines.filter(
            ~nw.col("vendor_id").is_null(),
            nw.col("account_id").is_in(list(cost_accounts)),
            nw.col("period").is_in(list(periods)),
        )
        .with_columns(
            net=net, priced=nw.when(has).then(net).otherwise(zero), bought=nw.when(has).then(nw.col("quantity"))
        )
        .group_by("entity_id", "period", "account_id", "product_id", "vendor_id", "functional_currency")
        .agg(amount=nw.col("net").sum(), priced=nw.col("priced").sum(), quantity=nw.col("bought").sum())
        .with_columns(nw.col("amount", "priced").cast(nw.Int64))
        .rename({"functional_currency": "currency"})
    )


def vendor_totals(spending: Lazy, periods: Sequence[str]) -> Lazy:
    """`vendor_spending` of some months together. Shape: one row per entity x account x vendor x currency."""
    return (
        spending.filter(nw.col("period").is_in(list(periods)))
        .group_by("entity_id", "account_id", "vendor_id", "currency")
        .agg(nw.col("amount").sum())
        .with_columns(nw.col("amount").cast(nw.Int64))
    )


def vendor_prices(spending: Lazy, recent: str) -> Lazy:
    """What was bought by quantity from `recent` on and before, where there are three months on either side.

    Shape: one row per entity x account x product x vendor x currency. Unit: minor units and quantities.
    """
    is_now, zero = nw.col("period") >= recent, nw.lit(0)
    counted = spending.filter(nw.col("priced") > 0).with_columns(
        months_now=nw.when(is_now).then(nw.lit(1)).otherwise(zero),
        months_before=nw.when(is_now).then(zero).otherwise(nw.lit(1)),
        amount_now=nw.when(is_now).then(nw.col("priced")).otherwise(zero),
        amount_before=nw.when(is_now).then(zero).otherwise(nw.col("priced")),
        quantity_now=nw.when(is_now).then(nw.col("quantity")),
        quantity_before=nw.when(~is_now).then(nw.col("quantity")),
    )
    sums = [nw.col(f"{what}_{when}").sum() for what in ("months", "amount", "quantity") for when in ("now", "before")]
    return (
        counted.group_by(*_BOUGHT)
        .agg(*sums)
        .filter(nw.col("months_now") >= _RECENT, nw.col("months_before") >= _RECENT)
        .with_columns(nw.col("months_now", "months_before", "amount_now", "amount_before").cast(nw.Int64))
    )


_BOUGHT = ("entity_id", "account_id", "product_id", "vendor_id", "currency")


def unused_commitments(charges: Lazy, periods: Sequence[str]) -> Lazy:
    """What commitments cost in months in which they were not used.

    Shape: one row per billing account x commitment x period x currency. Unit: major units of `currency`.
    Source: FOCUS 1.0, CommitmentDiscountStatus.
    """
    return (
        charges.filter(nw.col("commitment_discount_status") == "Unused", nw.col("period").is_in(list(periods)))
        .group_by("billing_account_id", "commitment_discount_id", "period", "currency")
        .agg(cost=nw.col("effective_cost").sum(), file_id=nw.col("file_id").min(), charges=nw.len())
    )


def fragmentation(totals: pd.DataFrame, accounts: pd.DataFrame, assumed: SavingAssumptions) -> list[Opportunity]:
    """Categories of an entity in which many small vendors share what the large ones leave. `totals`: `vendor_totals`."""
    category = dict(zip(accounts["account_id"], accounts["category"], strict=True))
    named = totals.assign(category=totals["account_id"].map(category)).dropna(subset=["category"])
    sums = named.groupby(["entity_id", "category", "currency", "vendor_id"])["amount"].sum().reset_index()
    found: list[Opportunity] = []
    for (entity, group, currency), rows in frames.groups(sums[sums["amount"] > 0], "entity_id", "category", "currency"):
        ordered = rows.sort_values(["amount", "vendor_id"], ascending=[False, True])
        total, reached = int(ordered["amount"].sum()), ordered["amount"].cumsum() - ordered["amount"]
        small = ordered[reached * 100 >= total * _LARGE]
        tail = int(small["amount"].sum())
        if len(ordered) < assumed.fewest_vendors or len(small) < 2:
            continue
        largest = [(str(v), int(a)) for v, a in zip(ordered["vendor_id"], ordered["amount"], strict=True)][:_SHOWN]
        found.append(
            Opportunity(
                "vendor_fragmentation", entity, (group,),
                f"{len(ordered)} vendors for {group}: {len(small)} of them share {_shown(tail, currency)}",
                [{"vendors": len(ordered), "small_vendors": len(small), "spent": _text(total, currency),
                  "with_small_vendors": _text(tail, currency), "largest": {v: _text(a, currency) for v, a in largest}}],
                currency, tail * assumed.consolidation_low // 100, tail * assumed.consolidation_high // 100, 0.3,
            )
        )  # fmt: skip
    return found


def price_drift(prices: pd.DataFrame, period: str, assumed: SavingAssumptions) -> list[Opportunity]:
    """Vendors whose price of the last three months is above that of the year before them. `prices`: `vendor_prices`."""
    recent = recent_months(period)[0]
    found: list[Opportunity] = []
    for row in prices.sort_values(list(_BOUGHT)).to_dict("records"):
        new, old = (money.WIDE.divide(Decimal(row[f"amount_{w}"]), row[f"quantity_{w}"]) for w in ("now", "before"))
        if new * 100 <= old * (100 + assumed.drift_from):
            continue
        vendor, currency = row["vendor_id"], row["currency"]
        product = row["product_id"] if isinstance(row["product_id"], str) else ""
        quantity = row["quantity_now"] * (_YEAR // _RECENT)
        rise = money.round_half_even(money.WIDE.multiply(new - old, quantity))
        of = f"account {row['account_id']}" + (f" and product {product}" if product else "")
        shown = [str(p.scaleb(-money.exponent(currency), money.WIDE).quantize(Decimal("0.0001"))) for p in (old, new)]
        found.append(
            Opportunity(
                "price_drift", row["entity_id"], (row["account_id"], product, vendor),
                f"vendor {vendor} charges {new / old - 1:.1%} more by unit than in the year before ({of})",
                [{"vendor_id": vendor, "price_before": shown[0], "price_now": shown[1], "since": recent,
                  "quantity_of_a_year": f"{quantity.normalize():f}"}],
                currency, rise // 2, rise, 0.5,
            )
        )  # fmt: skip
    return found


def recent_months(period: str) -> list[str]:
    """The three months up to this one."""
    return calendar.span(calendar.add(period, 1 - _RECENT), period)


def commitments(
    unused: pd.DataFrame, cloud_entities: Mapping[str, str], files: Mapping[str, str], assumed: SavingAssumptions
) -> list[Opportunity]:
    """Commitments that were not used in some of the months given, which are a year at most."""
    found: list[Opportunity] = []
    for (account, commitment, currency), rows in frames.groups(
        unused, "billing_account_id", "commitment_discount_id", "currency"
    ):
        cost = money.from_decimal(sum(rows["cost"], Decimal(0)), currency)
        if cost <= 0:
            continue
        name = commitment if isinstance(commitment, str) else "(without identifier)"
        months = sorted(zip(rows["period"], rows["cost"], rows["file_id"], strict=True))
        found.append(
            Opportunity(
                "unused_commitment", cloud_entities.get(account), (account, name),
                f"commitment {name} of billing account {account} was not used for {_shown(cost, currency)} in "
                f"{len(months)} months",
                [{"period": p, "unused": str(c.normalize()), "file": files.get(f)} for p, c, f in months],
                currency, cost * assumed.commitment_low // 100, cost, 0.8,
            )
        )  # fmt: skip
    return found


def unbudgeted(variance: pd.DataFrame, period: str, centers: Centers) -> list[Opportunity]:
    """Material cost of the fiscal year to date for which the latest version of the budget has no line."""
    cost = variance[
        (variance["period"] == period) & (variance["basis"] == "ytd") & (variance["status"] == "unbudgeted")
        & variance["material"] & variance["account_type"].isin(ledger.COST_TYPES) & (variance["actual"] > 0)
    ]  # fmt: skip
    latest = variance[variance["period"] == period].groupby("entity_id")["version"].max()
    found: list[Opportunity] = []
    for row in cost[cost["version"] == cost["entity_id"].map(latest)].to_dict("records"):
        center = row["cost_center_id"] if isinstance(row["cost_center_id"], str) else None
        department, owner = centers.get(center or "", (None, None))
        found.append(
            Opportunity(
                "unbudgeted_spend", row["entity_id"], (row["account_id"], center or "", row["version"]),
                f"{row['account_name']}{f' of {center}' if center else ''}: {_shown(row['actual'], row['currency'])} this "
                f"fiscal year without a budget line",
                [{"account_id": row["account_id"], "cost_center_id": center, "version": row["version"], "period": period,
                  "actual": _text(row["actual"], row["currency"])}],
                row["currency"], 0, int(row["actual"]), 0.4, department, owner,
            )
        )  # fmt: skip
    return found


def inefficient(efficiency: pd.DataFrame, period: str, centers: Centers) -> list[Opportunity]:
    """Cost centers that were off the best of their department in each of the last three months."""
    scored = efficiency[efficiency["period"].isin(recent_months(period)) & efficiency["efficiency_score"].notna()]
    each = scored.drop_duplicates(["entity_id", "cost_center_id", "period"])
    found: list[Opportunity] = []
    for (entity, center), rows in frames.groups(each.sort_values("period"), "entity_id", "cost_center_id"):
        if len(rows) < _RECENT or (rows["efficiency_score"] >= 1).any():
            continue
        pure = [
            int(a) - money.from_model(int(a) * s)
            for a, s in zip(rows["amount"], rows["pure_efficiency_score"], strict=True)
        ]
        high, currency = _YEAR * int(rows["improvement_potential"].min()), str(rows["currency"].iloc[0])
        department, owner = centers[center]
        columns = (rows[c] for c in ("period", "efficiency_score", "peers"))
        found.append(
            Opportunity(
                "inefficient_cost_center", entity, (center,),
                f"{center} could work for {_shown(high, currency)} a year less if it were as efficient as its peers",
                [{"period": p, "score": round(s, 4), "peers": json.loads(peers)} for p, s, peers in zip(*columns, strict=True)],
                currency, min(_YEAR * min(pure), high), high, 0.4, department, owner,
            )
        )  # fmt: skip
    return found


def _text(minor: int, currency: str) -> str:
    return str(money.to_decimal(int(minor), currency))


def _shown(minor: int, currency: str) -> str:
    return f"{money.to_decimal(int(minor), currency):,} {currency}"
