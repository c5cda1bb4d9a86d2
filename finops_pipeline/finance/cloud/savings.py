"""Savings: what negotiation and commitments took off the list price of cloud services, and how well commitments are used.

Three prices of one charge: at list, as contracted, and effective, with commitments spread over the time they cover.
Negotiated savings are list less contracted, commitment savings are contracted less effective, and their sum is the
total. A saving may be negative (a commitment dearer than what it replaces) and is shown so. Where a price is missing,
the saving of the charge counts as zero, and the row says why; nothing is left out of the four costs. Worked example:
list 100, contracted 90, effective 60 saves 10 by negotiation and 30 by commitment, an effective savings rate of 40 %.

A charge counts for savings when it is usage or a purchase of what is used at once, and both of its prices are known.
A price of zero beside a cost is a price that the provider did not state. The purchase of a commitment is no use of
anything: the charges it covers carry its cost. Billed cost stands beside the others and is never added to them.

Utilization is the part of the cost of commitments that was used; cost weighs commitments of different units. Coverage
is the part of what commitments could cover (usage at standard or committed prices, at contracted cost) that they did.

Source: FinOps Framework, Rate Optimization; FinOps Open Cost and Usage Specification, ListCost (what to exclude).
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.finance.cloud import sums as sums_of
from finops_pipeline.finance.findings import Finding

Lazy = nw.LazyFrame[Any]
KEY = ("period", "provider", "billing_account_id", "service_category", "currency")
COSTS = ("list_cost", "contracted_cost", "effective_cost", "billed_cost")
CAUSES = ("commitment_purchase", "contracted_cost_missing", "list_cost_missing", "not_priced")
"""Why the saving of a charge counts as zero: it buys a commitment, a price is missing, or nothing priced is used."""

_PARTS = (*(f"priced_{c}" for c in COSTS[:3]), "used_cost", "unused_cost", "covered_cost", "eligible_cost")


def savings_monthly(charges: Lazy) -> Lazy:
    """The sums that savings are made of, over every charge. Shape: one row per `KEY`. Unit: major units, exact."""
    is_usage = nw.col("charge_category") == "Usage"
    is_used, is_unused = (_is("commitment_discount_status", word) for word in ("Used", "Unused"))
    is_covered = is_usage & (is_used | _is("pricing_category", "Committed")) & ~is_unused
    is_eligible = is_covered | (is_usage & _is("pricing_category", "Standard"))
    reasons = _reasons()
    chosen = {
        **{f"priced_{c}": (reasons[None], c) for c in COSTS[:3]},
        "used_cost": (is_usage & is_used, "effective_cost"),
        "unused_cost": (is_usage & is_unused, "effective_cost"),
        "covered_cost": (is_covered, "contracted_cost"),
        "eligible_cost": (is_eligible, "contracted_cost"),
    }
    return charges.group_by(*KEY).agg(
        nw.len().alias("charges"),
        *(nw.col(c).sum() for c in COSTS),
        *(nw.col(c).count().alias(f"{c}_known") for c in COSTS),
        *(nw.when(rows).then(nw.col(c)).sum().alias(name) for name, (rows, c) in chosen.items()),
        *(nw.when(reasons[cause]).then(nw.lit(1)).sum().alias(cause) for cause in CAUSES),
    )


def _is(column: str, word: str) -> nw.Expr:
    """The column has this word; never unknown, as plain equality is where the column is missing."""
    return ~nw.col(column).is_null() & (nw.col(column) == word)


def _reasons() -> dict[str | None, nw.Expr]:
    """Why the saving of a charge counts as zero, each charge under one cause; None: it counts as it is."""
    category = nw.col("charge_category")
    not_priced = ~category.is_in(["Usage", "Purchase"])
    buys_commitment = (category == "Purchase") & ~nw.col("commitment_discount_id").is_null()
    out = not_priced | buys_commitment
    costs_something = nw.col("effective_cost") != 0
    no_list, no_contracted = (
        nw.col(c).is_null() | ((nw.col(c) == 0) & costs_something) for c in ("list_cost", "contracted_cost")
    )
    return {
        "not_priced": not_priced,
        "commitment_purchase": buys_commitment,
        "list_cost_missing": ~out & no_list,
        "contracted_cost_missing": ~out & ~no_list & no_contracted,
        None: ~out & ~no_list & ~no_contracted,
    }


def cloud_savings(sums: pd.DataFrame) -> pd.DataFrame:
    """Savings by provider, billing account and service category, from the sums of `savings_monthly`.

    Shape: one row per period x provider x billing account x service category x currency. Unit: major units of
    `currency`, exact; a cost that no charge states is null. `cause` names, by comma, why charges count as zero.
    """
    table = sums[list(KEY)].astype("str")
    for cost in COSTS:
        table[cost] = _exact(sums[cost]).where(sums[f"{cost}_known"] > 0, None)
    parts = {name: _exact(sums[name]) for name in _PARTS}
    table["negotiated_savings"] = sums_of.less(parts["priced_list_cost"], parts["priced_contracted_cost"])
    table["commitment_savings"] = sums_of.less(parts["priced_contracted_cost"], parts["priced_effective_cost"])
    table["total_savings"] = sums_of.less(parts["priced_list_cost"], parts["priced_effective_cost"])
    table["effective_savings_rate_pct"] = _pct(table["total_savings"], parts["priced_list_cost"])
    table["commitment_utilization_pct"] = _pct(parts["used_cost"], parts["used_cost"] + parts["unused_cost"])
    table["commitment_coverage_pct"] = _pct(parts["covered_cost"], parts["eligible_cost"])
    causes = sums[list(CAUSES)].fillna(0).astype("int64")
    words = [",".join(c for c in CAUSES if row[c]) or None for row in causes.to_dict("records")]
    table["cause"] = pd.Series(words, index=table.index, dtype="str")
    table["charges"] = sums["charges"].astype("int64")
    table["charges_without_savings"] = causes.sum(axis=1).astype("int64")
    table["priced_list_cost"] = parts["priced_list_cost"]
    table["unused_commitment_cost"] = parts["unused_cost"]
    return table.sort_values(list(KEY), ignore_index=True)


def _exact(values: pd.Series) -> pd.Series:
    """Decimals as objects; a sum over no charge is zero."""
    return pd.Series([v if isinstance(v, Decimal) else Decimal(0) for v in values], index=values.index, dtype=object)


def _pct(part: pd.Series, whole: pd.Series) -> pd.Series:
    """The fraction; null where its base is zero."""
    pct = [float(p / w) if w else None for p, w in zip(part, whole, strict=True)]
    return pd.Series(pct, index=part.index, dtype="float64")


def savings_findings(savings: pd.DataFrame, monthly: pd.DataFrame) -> list[Finding]:
    """CLD-002: the four costs are those of the monthly bill. CLD-003: the two kinds of savings sum to the total.

    `monthly` is cloud_cost_monthly of the same months; a place that only one side has is a finding.
    """
    findings = [
        Finding(
            "CLD-003", " ".join(place), "negotiated and commitment savings do not sum to the total", period=place[0]
        )
        for place, row in _by_place(savings, ("negotiated_savings", "commitment_savings", "total_savings"))
        if row[0] + row[1] != row[2]
    ]
    made, due = dict(_by_place(savings, COSTS)), dict(_by_place(monthly, COSTS))
    for place in sorted(made.keys() | due.keys()):
        if made.get(place) != due.get(place):
            message = f"costs (list, contracted, effective, billed) are {_said(made.get(place))} in cloud_savings and "
            message += f"{_said(due.get(place))} in cloud_cost_monthly"
            findings.append(Finding("CLD-002", " ".join(place), message, period=place[0]))
    return findings


def _by_place(table: pd.DataFrame, amounts: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[Decimal, ...]]]:
    """Exact sums of the amounts by the key of savings."""
    for place, rows in table.groupby(list(KEY)):
        yield tuple(map(str, place)), tuple(sums_of.total(rows[name]) for name in amounts)


def _said(costs: tuple[Decimal, ...] | None) -> str:
    return "missing" if costs is None else ", ".join(f"{c.normalize():f}" for c in costs)
