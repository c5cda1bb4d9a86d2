"""Commitments: what was paid for a promised use, and what of it the charges of its term account for.

A commitment (a reservation, a savings plan) is bought once or month by month; its cost is then spread over the usage it
covers, used or unused. Over the whole term both are the same amount. Worked example: 8,760 paid up front for a year is
an effective cost of 1.00 in each of its 8,760 hours, be the hour used, unused, or both in part.

Source: FinOps Open Cost and Usage Specification 1.2, EffectiveCost, and its examples of commitment discounts.
"""

from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.finance.cloud.sums import total

Lazy = nw.LazyFrame[Any]
RULE_ID = "FOC-155"
DEMANDS = "Over its term, the effective cost of a commitment is what was billed for it"
TOLERANCE = Decimal("0.005")
"""Half of the smallest amount of most currencies: hourly costs are rounded by the provider, and their sum is off by so much."""

_KEY = (
    "period", "file_id", "provider", "billing_account_id", "commitment_discount_id", "currency", "charge_category",
    "commitment_discount_status",
)  # fmt: skip
_COMMITMENT = ["provider", "billing_account_id", "commitment_discount_id", "currency"]


def commitment_monthly(charges: Lazy) -> Lazy:
    """What commitments cost and covered, by month.

    Shape: one row per period x file x commitment x charge category x status. Unit: major units of `currency`, exact.
    """
    return (
        charges.filter(~nw.col("commitment_discount_id").is_null())
        .group_by(*_KEY)
        .agg(
            nw.len().cast(nw.Int64).alias("charges"),
            nw.col("billed_cost", "effective_cost").sum(),
            nw.col("charge_period_start").min().alias("first_start"),
            nw.col("charge_period_end").max().alias("last_end"),
        )
        .sort(*_KEY, nulls_last=True)
    )


def conservation(monthly: pd.DataFrame) -> pd.DataFrame:
    """FOC-155 by file: commitments whose purchase and whole term the bills hold cost what was billed for them.

    A commitment stands with the file of its last purchase; one whose usage does not reach from the start of its term to
    the end is not judged. Shape: one row per file that holds a purchase, in the columns of `focus_conformance`.
    """
    rows = [row for _, group in monthly.groupby(_COMMITMENT, dropna=False) if (row := _judged(group)) is not None]
    columns = ["file_id", "charges", "broken", "example"]
    table = pd.DataFrame(rows, columns=columns)
    for name in ("charges", "broken"):
        table[name] = table[name].astype("int64")
    by_file = table.groupby("file_id", as_index=False).agg(
        rows_checked=("charges", "sum"), rows_broken=("broken", "sum"), example=("example", "first")
    )
    return by_file.assign(rule_id=RULE_ID, column_name="effective_cost")


def _judged(group: pd.DataFrame) -> tuple[str, int, int, str | None] | None:
    """A commitment's file, its charges, those of a broken one, and what is broken; none without a purchase."""
    bought = group[group["charge_category"] == "Purchase"]
    used = group[group["charge_category"] == "Usage"]
    if bought.empty:
        return None
    file_id = str(bought.sort_values(["period", "file_id"])["file_id"].iloc[-1])
    starts_late = used.empty or used["first_start"].min() > bought["first_start"].min()
    if starts_late or used["last_end"].max() < bought["last_end"].max():
        return file_id, 0, 0, None
    billed, effective = total(bought["billed_cost"]), total(used["effective_cost"])
    charges = int(group["charges"].sum())
    if abs(billed - effective) <= TOLERANCE:
        return file_id, charges, 0, None
    name = str(bought["commitment_discount_id"].iloc[0])
    return file_id, charges, charges, f"{name}: effective cost {effective:f}, billed {billed:f}"
