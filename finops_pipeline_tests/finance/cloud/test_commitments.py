"""Commitments against the examples of the FOCUS specification: a dollar an hour, here for a day instead of a year."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.finance.cloud import commitments
from finops_pipeline_tests.finance.cloud.charges import COMMITTED, START, collected, lazy

HOURS = 24


def bought(billed: str, hour: int = 0, hours: int = HOURS, file_id: str = "F1") -> dict[str, Any]:
    return COMMITTED | {
        "charge_category": "Purchase", "commitment_discount_status": None, "billed_cost": Decimal(billed),
        "effective_cost": Decimal(0), "charge_period_start": START + timedelta(hours=hour),
        "charge_period_end": START + timedelta(hours=hour + hours), "file_id": file_id,
    }  # fmt: skip


def used(effective: str, hour: int, status: str = "Used") -> dict[str, Any]:
    return COMMITTED | {
        "commitment_discount_status": status, "billed_cost": Decimal(0), "effective_cost": Decimal(effective),
        "charge_period_start": START + timedelta(hours=hour), "charge_period_end": START + timedelta(hours=hour + 1),
    }  # fmt: skip


ALL_UPFRONT = [bought("24")]
NO_UPFRONT = [bought("1", hour, 1) for hour in range(HOURS)]
PARTIAL = [bought("12"), *(bought("0.5", hour, 1) for hour in range(HOURS))]
FULLY_USED = [used("1", hour) for hour in range(HOURS)]
UNUSED = [used("1", hour, "Unused") for hour in range(HOURS)]
THREE_QUARTERS = [used(*c) for hour in range(HOURS) for c in (("0.75", hour, "Used"), ("0.25", hour, "Unused"))]
OVERAGE = [{"effective_cost": Decimal("0.5"), "billed_cost": Decimal("0.5")}] * 3


def conserved(charges: list[dict[str, Any]]) -> pd.DataFrame:
    return commitments.conservation(collected(commitments.commitment_monthly(lazy(*charges))))


@pytest.mark.parametrize("purchase", [ALL_UPFRONT, NO_UPFRONT, PARTIAL])
@pytest.mark.parametrize("usage", [FULLY_USED, UNUSED, THREE_QUARTERS])
def test_what_was_bought_is_what_its_term_costs(purchase: list[Any], usage: list[Any]) -> None:
    (row,) = conserved([*purchase, *usage, *OVERAGE]).to_dict("records")
    charges = len(purchase) + len(usage)
    assert (row["rule_id"], row["rows_checked"], row["rows_broken"]) == ("FOC-155", charges, 0)


def test_an_hour_that_is_missing_or_costs_too_much_breaks_it() -> None:
    (row,) = conserved([*ALL_UPFRONT, *FULLY_USED[:5], *FULLY_USED[6:]]).to_dict("records")
    assert (row["rows_broken"], row["example"]) == (
        24,
        "SP1: effective cost 23.000000000000000, billed 24.000000000000000",
    )
    (row,) = conserved([*ALL_UPFRONT, *FULLY_USED, used("0.006", 3)]).to_dict("records")
    assert row["rows_broken"] == 26


def test_rounding_by_the_provider_is_tolerated() -> None:
    thirds = [used("0.333333333333333", hour) for hour in range(HOURS)]
    assert conserved([bought("8"), *thirds])["rows_broken"].tolist() == [0]


def test_a_term_that_the_bills_do_not_hold_whole_is_not_judged() -> None:
    for usage in (FULLY_USED[:-1], FULLY_USED[1:], []):
        (row,) = conserved([*ALL_UPFRONT, *usage]).to_dict("records")
        assert (row["rows_checked"], row["rows_broken"]) == (0, 0)
    assert len(conserved(FULLY_USED)) == 0
    assert len(conserved([{}])) == 0


def test_it_is_the_file_of_the_last_purchase_that_answers() -> None:
    assert conserved([bought("12"), bought("11", file_id="F2"), *FULLY_USED])["file_id"].tolist() == ["F2"]


def test_the_monthly_fact_keeps_purchases_and_uses_apart() -> None:
    rows = collected(commitments.commitment_monthly(lazy(*ALL_UPFRONT, *THREE_QUARTERS, {})))
    shown = rows[["charge_category", "commitment_discount_status", "charges", "billed_cost", "effective_cost"]]
    assert shown.astype(object).where(shown.notna(), None).values.tolist() == [
        ["Purchase", None, 1, Decimal(24), Decimal(0)],
        ["Usage", "Unused", 24, Decimal(0), Decimal(6)],
        ["Usage", "Used", 24, Decimal(0), Decimal(18)],
    ]
