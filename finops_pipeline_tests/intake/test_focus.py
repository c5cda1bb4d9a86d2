"""Cloud bills: exact to the last decimal, without keys, replaced whole by a later file of the same name."""

import csv
import os
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from finops_pipeline.contracts.cost import CLOUD_COST_MONTHLY
from finops_pipeline.finance import balances
from finops_pipeline.storage.engine import Engine
from finops_pipeline_tests.intake.nights import Night

_SHARED = Path(os.environ.get("FINOPS_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = _SHARED / "focus" / "focus_1_0_sample_500.csv"

COLUMNS = (
    "BilledCost,EffectiveCost,ContractedCost,ListCost,BillingAccountId,BillingAccountName,BillingCurrency,"
    "BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ChargeClass,"
    "ChargeDescription,InvoiceIssuerName,PricingQuantity,PricingUnit,ProviderName,PublisherName,ServiceCategory,"
    "ServiceName,Tags"
)


def charge(billed: str, tags: str = "NULL", start: str = "2024-09-01 00:00:00", contracted: str = "NULL") -> str:
    return (
        f"{billed},{billed},{contracted},{billed},A1,NULL,USD,{start},2024-10-01T00:00:00Z,2024-09-03T00:00:00Z,"
        f"2024-09-04T00:00:00Z,Usage,null,NULL,Cloud Inc.,NULL,NULL,Cloud,Cloud Inc.,Compute,Machines,{tags}"
    )


def monthly(night: Night) -> list[dict[str, object]]:
    table = night.lake.files(__import__("finops_pipeline.contracts.focus", fromlist=["x"]).CLOUD_COSTS)
    with Engine("300MB") as engine:
        return engine.collect(balances.cloud_cost_monthly(engine.scan(table))).to_pylist()


def test_fifteen_decimals_survive_and_identical_charges_both_count(empty_night: Night) -> None:
    empty_night.put(
        "",
        "bill.csv",
        "\n".join([COLUMNS, *[charge("123456789.000000000000001")] * 2, charge("-0.000000000000002")]),
        "focus",
    )
    empty_night.run()
    assert [row["billed_cost"] for row in monthly(empty_night)] == [Decimal("246913578.000000000000000")]
    totals = empty_night.report("reconciliation")
    assert set(totals["measure"]) == {"cost", "effective_cost", "list_cost"}
    assert (totals["difference"].astype(float) == 0).all()


def test_a_sixteenth_decimal_is_not_rounded_away(empty_night: Night) -> None:
    empty_night.put("", "bill.csv", f"{COLUMNS}\n{charge('0.0000000000000001')}", "focus")
    empty_night.run()
    assert empty_night.quarantined() == [("bill.csv", 1, "ROW-DECIMALS")]
    assert empty_night.report("quarantine")["column_name"].tolist() == ["BilledCost"]


def test_a_later_file_of_the_same_name_replaces_the_earlier_one(empty_night: Night) -> None:
    for folder, billed in (("aws", "1.00"), ("azure", "10.00"), ("aws", "2.00")):
        empty_night.put(folder, "bill.csv", f"{COLUMNS}\n{charge(billed)}", "focus")
        empty_night.run()
    assert sum(row["billed_cost"] for row in monthly(empty_night)) == Decimal("12.00")


def test_a_bill_that_comes_back_after_another_of_its_name_stands_again(empty_night: Night) -> None:
    for billed in ("1.00", "2.00", "1.00"):
        empty_night.put("aws", "bill.csv", f"{COLUMNS}\n{charge(billed)}", "focus")
        empty_night.run()
    assert sum(row["billed_cost"] for row in monthly(empty_night)) == Decimal("1.00")
    empty_night.put("aws", "copy.csv", f"{COLUMNS}\n{charge('1.00')}", "focus")
    assert empty_night.run().new_files == 0, "the same content under another name is the same file"


def test_cost_that_no_charge_states_is_unknown_not_zero(empty_night: Night) -> None:
    empty_night.put("", "a.csv", f"{COLUMNS}\n{charge('1.00')}", "focus")
    empty_night.run()
    assert [row["contracted_cost"] for row in monthly(empty_night)] == [None]


def test_the_allocation_key_is_the_first_tag_present(empty_night: Night) -> None:
    tags = '"{""application"": ""Shop"", ""team"": ""Web""}"'
    empty_night.put("", "a.csv", f"{COLUMNS}\n{charge('1.00', tags)}\n{charge('2.00', 'not json')}", "focus")
    empty_night.run()
    assert [row["allocation_key"] for row in monthly(empty_night)] == ["Web"]
    assert empty_night.quarantined() == [("a.csv", 2, "ROW-JSON")]


@pytest.mark.skipif(not REAL.exists(), reason="the public FOCUS sample is not beside the project")
def test_the_real_bill_adds_up_provider_by_provider(empty_night: Night) -> None:
    empty_night.put("cost_and_usage", "real.csv", REAL.read_bytes(), "focus")
    empty_night.run()
    assert empty_night.quarantined() == []
    expected: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    with REAL.open(newline="") as stream:
        for row in csv.DictReader(stream):
            sums = expected[row["ProviderName"], row["ServiceName"]]
            sums[0] += Decimal(row["BilledCost"])
            sums[1] += Decimal(row["EffectiveCost"])
    found: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in monthly(empty_night):
        assert list(row) == list(CLOUD_COST_MONTHLY.names)
        sums = found[row["provider"], row["service_name"]]
        sums[0] += row["billed_cost"]
        sums[1] += row["effective_cost"]
    assert found == expected
