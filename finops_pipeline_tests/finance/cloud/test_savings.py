"""Savings by hand, negative ones and those without a price included, and against the plain sum over charges."""

from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.cloud import savings
from finops_pipeline_tests.finance.cloud.charges import COMMITTED, collected, lazy


def charge(listed: str | None, contracted: str | None, effective: str, **said: Any) -> dict[str, Any]:
    costs = {"list_cost": listed, "contracted_cost": contracted, "effective_cost": effective, "billed_cost": effective}
    return {k: None if v is None else Decimal(v) for k, v in costs.items()} | said


def saved(*charges: dict[str, Any]) -> pd.DataFrame:
    return savings.cloud_savings(collected(savings.savings_monthly(lazy(*charges))))


def only(*charges: dict[str, Any]) -> dict[str, Any]:
    (row,) = saved(*charges).to_dict("records")
    return row


def test_negotiation_and_commitment_are_told_apart() -> None:
    row = only(charge("100", "90", "60"))
    assert (row["negotiated_savings"], row["commitment_savings"], row["total_savings"]) == (10, 30, 40)
    assert row["effective_savings_rate_pct"] == 0.4
    assert pd.isna(row["cause"])


def test_a_negative_saving_is_shown() -> None:
    row = only(charge("100", "100", "120"))
    assert (row["total_savings"], row["effective_savings_rate_pct"]) == (-20, -0.2)


def test_a_missing_price_is_a_saving_of_zero_with_its_cause() -> None:
    for listed, contracted, cause in (
        (None, "5", "list_cost_missing"), ("0", "5", "list_cost_missing"),
        ("9", None, "contracted_cost_missing"), ("9", "0", "contracted_cost_missing"), (None, None, "list_cost_missing"),
    ):  # fmt: skip
        row = only(charge(listed, contracted, "4"), charge("10", "9", "8"))
        assert (row["negotiated_savings"], row["commitment_savings"], row["total_savings"]) == (1, 1, 2)
        assert (row["cause"], row["charges"], row["charges_without_savings"]) == (cause, 2, 1)
        assert row["effective_cost"] == 12, "the charge stays in the costs"
        assert row["priced_list_cost"] == 10


def test_free_usage_has_prices_of_zero() -> None:
    row = only(charge("1", "0", "0"), charge("0", "0", "0"))
    assert row["negotiated_savings"] == 1
    assert pd.isna(row["cause"])


def test_commitments_bought_taxes_and_credits_are_no_savings() -> None:
    row = only(
        charge("8760", "8760", "0", **COMMITTED | {"charge_category": "Purchase", "commitment_discount_status": None}),
        charge("1.5", "1.5", "1", **COMMITTED),
        charge("7", "7", "7", charge_category="Tax"),
        charge("-3", "-3", "-3", charge_category="Credit"),
        charge("5", "4", "4", charge_category="Purchase"),
    )
    assert (row["total_savings"], row["priced_list_cost"]) == (Decimal("1.5"), Decimal("6.5"))
    assert row["cause"] == "commitment_purchase,not_priced"
    assert row["list_cost"] == Decimal("8770.5")


def test_utilization_and_coverage() -> None:
    row = only(
        charge("3", "3", "1.5", **COMMITTED),
        charge("1", "1", "0.5", **COMMITTED | {"commitment_discount_status": "Unused"}),
        charge("6", "6", "6"),
        charge("9", "9", "9", pricing_category="Dynamic"),
        charge("9", "9", "9", pricing_category=None),
    )
    assert row["commitment_utilization_pct"] == 0.75
    assert row["commitment_coverage_pct"] == 3 / 9
    assert row["unused_commitment_cost"] == Decimal("0.5")


def test_a_ratio_without_a_base_and_a_cost_that_nobody_states_are_unknown() -> None:
    row = only(charge(None, None, "4", pricing_category=None))
    unknown = ("list_cost", "contracted_cost", "effective_savings_rate_pct", "commitment_utilization_pct",
               "commitment_coverage_pct")  # fmt: skip
    assert all(pd.isna(row[c]) for c in unknown)


COST = st.integers(-(10**16), 10**16).map(lambda n: Decimal(n).scaleb(-15))
CHARGES = st.lists(
    st.fixed_dictionaries({
        "list_cost": st.none() | COST, "contracted_cost": st.none() | COST, "effective_cost": COST,
        "charge_category": st.sampled_from(["Usage", "Purchase", "Tax", "Credit", "Adjustment"]),
        "commitment_discount_id": st.sampled_from([None, "SP"]), "service_category": st.sampled_from(["Compute", "Web"]),
    }),
    min_size=1, max_size=8,
)  # fmt: skip


def plainly(charges: list[dict[str, Any]]) -> Decimal:
    """One charge at a time: what was saved in all."""
    total = Decimal(0)
    for c in charges:
        bought = c["charge_category"] == "Purchase" and c["commitment_discount_id"]
        prices = [c["list_cost"], c["contracted_cost"]]
        known = all(p is not None and (p != 0 or c["effective_cost"] == 0) for p in prices)
        if c["charge_category"] in ("Usage", "Purchase") and not bought and known:
            total += c["list_cost"] - c["effective_cost"]
    return total


@settings(max_examples=30)
@given(CHARGES)
def test_exact_to_the_last_digit_whatever_the_charges(charges: list[dict[str, Any]]) -> None:
    table = saved(*charges)
    assert sum(table["total_savings"]) == plainly(charges)
    assert savings.savings_findings(table, table) == []


def bill(*rows: tuple[str, str]) -> pd.DataFrame:
    keys = {"period": "2026-01", "provider": "Cloud", "billing_account_id": "A1", "currency": "USD"}
    made = [keys | dict.fromkeys(savings.COSTS, Decimal(cost)) | {"service_category": s} for s, cost in rows]
    return pd.DataFrame(made).astype({"list_cost": pd.ArrowDtype(pa.decimal128(38, 15))})


def test_costs_that_are_not_the_bills_are_found() -> None:
    table = saved(charge("5", "5", "5"))
    assert savings.savings_findings(table, bill(("Compute", "2"), ("Compute", "3"))) == []
    for due in (bill(("Compute", "5.000000000000001")), bill(("Compute", "5"), ("Web", "1")), bill(("Web", "5"))):
        assert {f.rule_id for f in savings.savings_findings(table, due)} == {"CLD-002"}
    assert "missing in cloud_cost_monthly" in savings.savings_findings(table, bill(("Web", "5")))[0].message


def test_savings_that_do_not_sum_are_found() -> None:
    table = saved(charge("5", "5", "5")).assign(total_savings=[Decimal("0.000000000000001")])
    assert [f.rule_id for f in savings.savings_findings(table, bill(("Compute", "5")))] == ["CLD-003"]
