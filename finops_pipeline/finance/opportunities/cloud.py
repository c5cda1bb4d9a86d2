"""Cloud bills that could be less: usage that commitments could cover, what nobody uses, services off their history.

Here: the sums out of charges (engine-free), and the opportunities in them. Not here: commitments that are paid and not
used (`spending`), the savings that there are (`finance.cloud`).

| kind            | found where                                                         | low            | high                   |
|-----------------|---------------------------------------------------------------------|----------------|------------------------|
| commitment_gap  | least monthly usage at standard price of three months, times twelve | assumed, or half of the discount that the account's own commitments have | assumed, or that discount |
| idle_resource   | charged in each of three months, nothing metered (or reserved, Unused) | half of it   | twelve times the least month |
| cloud_anomaly   | a service above what its own history lets expect (`anomalies`)      | the month's excess if it stays, else nothing | twelve of them, or that one |

Source: FOCUS 1.2, PricingCategory, ConsumedQuantity, CapacityReservationStatus, CommitmentDiscountStatus.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from finops_pipeline.finance import anomalies, frames, money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.opportunities.register import Opportunity, SavingAssumptions

Lazy = nw.LazyFrame[Any]

_MONTHS, _YEAR = 3, 12
_STORED = Decimal(10) ** -15


def committable_usage(charges: Lazy, periods: Sequence[str], categories: Sequence[str]) -> Lazy:
    """Usage of services that commitments are sold for, with one and without.

    Shape: one row per billing account x service category x period x currency. Unit: major units; `standard` and `covered`
    at contracted cost, `committed` what the covered usage effectively cost.
    """
    is_used = _is("commitment_discount_status", "Used") | _is("pricing_category", "Committed")
    is_standard = _is("pricing_category", "Standard") & ~is_used
    is_covered = is_used & ~_is("commitment_discount_status", "Unused")
    rows = charges.filter(
        nw.col("charge_category") == "Usage",
        nw.col("period").is_in(list(periods)),
        nw.col("service_category").is_in(list(categories)),
    )
    parts = {
        "standard": nw.when(is_standard).then(nw.col("contracted_cost")),
        "covered": nw.when(is_covered).then(nw.col("contracted_cost")),
        "committed": nw.when(is_covered).then(nw.col("effective_cost")),
    }
    return (
        rows.with_columns(**parts)
        .group_by("billing_account_id", "service_category", "period", "currency")
        .agg(*(nw.col(name).sum() for name in parts))
    )


def _is(column: str, word: str) -> nw.Expr:
    """The column has this word; never unknown, as plain equality is where the column is missing."""
    return ~nw.col(column).is_null() & (nw.col(column) == word)


def idle(charges: Lazy, periods: Sequence[str]) -> Lazy:
    """What was charged in months in which nothing of it was metered, and capacity that was reserved and not used.

    A resource whose consumption the bill does not state is not idle: nothing is known of it.

    Shape: one row per billing account x what x name x service x period x currency. Unit: major units.
    """
    is_unused = _is("capacity_reservation_status", "Unused") & ~nw.col("capacity_reservation_id").is_null()
    name = nw.when(is_unused).then(nw.col("capacity_reservation_id")).otherwise(nw.col("resource_id"))
    what = nw.when(is_unused).then(nw.lit(_RESERVED)).otherwise(nw.lit("resource"))
    return (
        charges.filter(
            nw.col("charge_category") == "Usage",
            nw.col("period").is_in(list(periods)),
            ~_is("commitment_discount_status", "Unused"),
        )
        .with_columns(what=what, name=name)
        .filter(~nw.col("name").is_null())
        .group_by("billing_account_id", "what", "name", "service_name", "period", "currency")
        .agg(
            cost=nw.col("effective_cost").sum(),
            metered=nw.col("consumed_quantity").count(),
            consumed=nw.col("consumed_quantity").sum(),
            file_id=nw.col("file_id").min(),
        )
        .filter(
            nw.col("cost") > 0,
            (nw.col("what") == _RESERVED) | ((nw.col("metered") > 0) & (nw.col("consumed") == 0)),
        )
        .select("billing_account_id", "what", "name", "service_name", "period", "currency", "cost", "file_id")
    )


_RESERVED = "capacity reservation"


def months_until(period: str) -> list[str]:
    """The three months up to this one: what lasts as long counts as lasting."""
    return calendar.span(calendar.add(period, 1 - _MONTHS), period)


def commitment_gap(
    usage: pd.DataFrame, cloud_entities: Mapping[str, str], assumed: SavingAssumptions
) -> list[Opportunity]:
    """Services that are used every month at the standard price. `usage`: `committable_usage` of three months."""
    found: list[Opportunity] = []
    for (account, category, currency), rows in frames.groups(
        usage, "billing_account_id", "service_category", "currency"
    ):
        standard, covered, committed = (_exact(rows[c]) for c in ("standard", "covered", "committed"))
        used = sum(standard) + sum(covered)
        least = _YEAR * min(standard)
        if len(rows) < _MONTHS or least <= 0 or sum(covered) * 100 >= used * assumed.commitment_coverage:
            continue
        low, high = _discounts(sum(covered, Decimal(0)), sum(committed, Decimal(0)), assumed)
        saves = [money.from_decimal(money.WIDE.multiply(least, part), currency) for part in (low, high)]
        months = sorted(zip(rows["period"], standard, covered, strict=True))
        found.append(
            Opportunity(
                "commitment_gap", cloud_entities.get(account), (account, category),
                f"commitments cover {money.WIDE.divide(sum(covered), used):.0%} of {category} in billing account {account}: "
                f"usage of {money.from_decimal(least, currency) // 10 ** money.exponent(currency):,} {currency} a year is "
                f"there every month at the standard price",
                [{"period": p, "standard": f"{s.normalize():f}", "covered": f"{c.normalize():f}",
                  "discount": f"{low:.1%} to {high:.1%}"} for p, s, c in months],
                currency, saves[0], saves[1], 0.5,
            )
        )  # fmt: skip
    return found


def _discounts(covered: Decimal, committed: Decimal, assumed: SavingAssumptions) -> tuple[Decimal, Decimal]:
    """The discount that the account's own commitments have, half of it and all; what is assumed where there are none."""
    own = 1 - money.WIDE.divide(committed, covered) if covered > 0 else Decimal(0)
    if own > 0:
        return own / 2, own
    return Decimal(assumed.discount_low) / 100, Decimal(assumed.discount_high) / 100


def idle_resources(
    rows: pd.DataFrame, cloud_entities: Mapping[str, str], files: Mapping[str, str]
) -> list[Opportunity]:
    """What was paid for and not used in each of three months. `rows`: `idle` of three months."""
    found: list[Opportunity] = []
    for (account, what, name, currency), each in frames.groups(rows, "billing_account_id", "what", "name", "currency"):
        by_month = each.groupby("period")["cost"].sum()
        cost = _YEAR * money.from_decimal(min(_exact(by_month)), currency)
        if len(by_month) < _MONTHS or cost <= 0:
            continue
        service = str(each["service_name"].iloc[0])
        lines = sorted(zip(each["period"], each["service_name"], _exact(each["cost"]), each["file_id"], strict=True))
        found.append(
            Opportunity(
                "idle_resource", cloud_entities.get(account), (account, what, name),
                f"{what} {name} ({service}) of billing account {account} is paid for and was not used in {_MONTHS} months",
                [{"period": p, "service": s, "effective_cost": f"{c.normalize():f}", "file": files.get(f)}
                 for p, s, c, f in lines],
                currency, cost // 2, cost, 0.6,
            )
        )  # fmt: skip
    return found


def unusual_services(monthly: pd.DataFrame, period: str, cloud_entities: Mapping[str, str]) -> list[Opportunity]:
    """Services that cost more in the month than their history lets expect. `monthly`: cloud_cost_monthly, all months.

    Only usage is looked at: what is bought once is no habit. A series begins in its first month; a month without charges
    after that is a zero.
    """
    usage = monthly[(monthly["charge_category"] == "Usage") & (monthly["period"] <= period)]
    found: list[Opportunity] = []
    for (account, service, currency), rows in frames.groups(usage, "billing_account_id", "service_name", "currency"):
        costs = rows.groupby("period")["effective_cost"].sum()
        months = calendar.span(str(costs.index.min()), period)
        series = [money.from_decimal(Decimal(costs.get(m, 0)), currency) for m in months]
        judged = anomalies.judge(np.array(series[:-1], dtype=np.int64), series[-1])
        if judged is None or judged.kind is None or series[-1] <= judged.expected:
            continue
        excess, stays = series[-1] - judged.expected, judged.kind == "level_shift"
        now, usual = (f"{money.to_decimal(a, currency):,}" for a in (series[-1], judged.expected))
        found.append(
            Opportunity(
                "cloud_anomaly", cloud_entities.get(account), (account, service),
                f"{service} of billing account {account} cost {now} {currency} in {period}; its history lets expect {usual}",
                [{"period": period, "service": service, "amount": now, "expected": usual,
                  "score": round(judged.score, 2), "anomaly": judged.kind}],
                currency, excess if stays else 0, _YEAR * excess if stays else excess, 0.6 if stays else 0.4,
            )
        )  # fmt: skip
    return found


def _exact(values: pd.Series) -> list[Decimal]:
    """Decimals; a sum over no charge is zero."""
    return [v.quantize(_STORED, context=money.WIDE) if isinstance(v, Decimal) else Decimal(0) for v in values]
