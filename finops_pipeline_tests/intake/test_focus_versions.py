"""FOCUS 1.0, 1.1 and 1.2 in CSV and Parquet become the same rows, and no digit is lost on the way."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finops_pipeline_tests.intake.nights import Night
from finops_pipeline_tests.intake.test_focus import COLUMNS, charge

NEW_IN_1_1 = "CapacityReservationId,CapacityReservationStatus,ServiceSubcategory,SkuMeter,SkuPriceDetails"
NEW_IN_1_2 = "InvoiceId,BillingAccountType,SubAccountType,PricingCurrency,PricingCurrencyEffectiveCost"
LATER = {
    "1.0": ("", ""),
    "1.1": (f",{NEW_IN_1_1}", ',NULL,NULL,Virtual Machines,Hours,"{""Cores"": 4}"'),
    "1.2": (f",{NEW_IN_1_1},{NEW_IN_1_2}", ",R1,Used,Virtual Machines,Hours,NULL,INV-7,Subscription,null,Credits,1.5"),
}


@pytest.mark.parametrize("version", LATER)
def test_the_columns_of_a_file_tell_its_version(empty_night: Night, version: str) -> None:
    header, cells = LATER[version]
    empty_night.put("", "bill.csv", f"{COLUMNS}{header}\n{charge('1.000000000000001')}{cells}", "focus")
    empty_night.run()
    row = empty_night.rows("cloud_costs").iloc[0]
    assert row["focus_version"] == version
    assert row["billed_cost"] == Decimal("1.000000000000001")
    shown = [
        row[c] if isinstance(row[c], str) else None for c in ("service_subcategory", "invoice_id", "sub_account_type")
    ]
    assert (
        shown
        == {
            "1.0": [None, None, None],
            "1.1": ["Virtual Machines", None, None],
            "1.2": ["Virtual Machines", "INV-7", None],
        }[version]
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("35.2E-7", "0.00000352"),
        ("-1.5e-15", None),  # 16 decimals
        ("1.50E-14", "0.000000000000015"),
        ("1.23456789E-10", None),  # 18 decimals
        ("1E3", "1000"),
        ("2.000000000000000E+00", "2"),
        ("1E99", None),
        ("E3", None),
        ("1e", None),
    ],
)
def test_e_notation_is_written_out_or_refused_but_never_rounded(
    empty_night: Night, written: str, meant: str | None
) -> None:
    empty_night.put("", "bill.csv", f"{COLUMNS}\n{charge(written)}", "focus")
    empty_night.run()
    found = empty_night.rows("cloud_costs")["billed_cost"].tolist() if not empty_night.quarantined() else []
    assert found == ([] if meant is None else [Decimal(meant)])
    assert len(empty_night.quarantined()) == (meant is None)


def parquet(cost: pa.Array, **columns: pa.Array) -> bytes:
    """One charge a value, with the types a provider's Parquet export has."""
    rows = len(cost)
    month = [datetime(2024, 9, 1, tzinfo=UTC), datetime(2024, 10, 1, tzinfo=UTC)]
    values = dict(zip(COLUMNS.split(","), charge("0").split(","), strict=True))
    made = {name: pa.array([None if v.lower() == "null" else v] * rows, pa.string()) for name, v in values.items()}
    for kind in ("Billing", "Charge"):
        for end, moment in zip(("Start", "End"), month, strict=True):
            made[f"{kind}Period{end}"] = pa.array([moment] * rows, pa.timestamp("ms", tz="UTC"))
    made |= dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost"), cost) | columns
    buffer = BytesIO()
    pq.write_table(pa.table(made), buffer)
    return buffer.getvalue()


def test_parquet_decimals_are_kept_to_the_last_digit(empty_night: Night) -> None:
    costs = [Decimal("123456789.000000000000001"), Decimal("-0.000000000000001")]
    empty_night.put("", "bill.parquet", parquet(pa.array(costs, pa.decimal128(38, 18))), "focus")
    empty_night.run()
    assert empty_night.quarantined() == []
    assert empty_night.rows("cloud_costs")["billed_cost"].tolist() == costs
    assert not isinstance(empty_night.file("bill.parquet")["reason"], str)


def test_a_sixteenth_decimal_of_parquet_is_refused(empty_night: Night) -> None:
    costs = pa.array([Decimal("0.0000000000000001")], pa.decimal128(38, 18))
    empty_night.put("", "bill.parquet", parquet(costs), "focus")
    empty_night.run()
    assert empty_night.quarantined() == [("bill.parquet", 1, "ROW-DECIMALS")]


def test_a_float_is_the_shortest_decimal_that_denotes_it_and_the_file_says_so(empty_night: Night) -> None:
    costs = pa.array([0.1, 2.7e-9, 0.1 + 0.2, 1 / 3, 123456789.123456, float("nan"), 1e30])
    empty_night.put("", "bill.parquet", parquet(costs), "focus")
    empty_night.run()
    expected = ["0.1", "0.0000000027", "0.3", "0.333333333333333", "123456789.123456"]
    assert empty_night.rows("cloud_costs")["billed_cost"].tolist() == [Decimal(c) for c in expected]
    refused = [("bill.parquet", n, "ROW-NUMBER") for n in (6, 7)]
    assert empty_night.quarantined() == refused
    assert empty_night.file("bill.parquet")["reason"] == (
        "binary floats, rounded at 15 decimals: BilledCost, EffectiveCost, ListCost"
    )


def test_tags_are_json_whatever_type_parquet_gives_them(empty_night: Night) -> None:
    costs = pa.array([Decimal(1)] * 3, pa.decimal128(20, 10))
    tags = pa.array([[("team", "Web"), ("note", None)], [], None], pa.map_(pa.string(), pa.string()))
    empty_night.put("", "bill.parquet", parquet(costs, Tags=tags), "focus")
    empty_night.run()
    rows = empty_night.rows("cloud_costs")
    assert rows["tags"].astype(object).where(rows["tags"].notna(), None).tolist() == [
        '{"team":"Web","note":null}', "{}", None,
    ]  # fmt: skip
    assert rows["allocation_key"].tolist()[0] == "Web"


def test_a_correction_stays_in_the_month_that_invoices_it(empty_night: Night) -> None:
    late = charge("-5.00").replace("Usage,null", "Usage,Correction").replace("2024-09-03T", "2024-08-03T")
    empty_night.put("", "bill.csv", f"{COLUMNS}\n{late.replace('2024-09-04T', '2024-08-04T')}", "focus")
    empty_night.run()
    row = empty_night.rows("cloud_costs").iloc[0]
    assert (row["period"], row["charge_class"], row["charge_period_start"].month) == ("2024-09", "Correction", 8)


def test_a_time_without_a_zone_is_utc_wherever_the_machine_stands(
    empty_night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    empty_night.put("", "bill.csv", f"{COLUMNS}\n{charge('1.00', start='2024-09-01 00:00:00')}", "focus")
    empty_night.run()
    assert empty_night.rows("cloud_costs")["period"].tolist() == ["2024-09"]


def test_every_spelling_of_nothing_is_nothing(empty_night: Night) -> None:
    rows = [charge("1.00").replace("A1,NULL", f"A1,{spelled}") for spelled in ("NULL", "null", "", "N/A", "Null")]
    empty_night.put("", "bill.csv", "\n".join([COLUMNS, *rows]), "focus")
    empty_night.run()
    assert empty_night.rows("cloud_costs")["billing_account_name"].isna().all()
    assert len(empty_night.rows("cloud_costs")) == 5


def test_a_bad_row_of_parquet_keeps_its_text_and_its_costs_are_accounted_for(empty_night: Night) -> None:
    costs = pa.array([Decimal("1.10"), Decimal("2.25")], pa.decimal128(20, 10))
    currencies = pa.array(["USD", "DOLLARS"])
    empty_night.put("", "bill.parquet", parquet(costs, BillingCurrency=currencies), "focus")
    empty_night.run()
    assert empty_night.quarantined() == [("bill.parquet", 2, "ROW-CURRENCY")]
    assert '"BilledCost":"2.2500000000"' in empty_night.report("quarantine")["raw"].iloc[0]
    totals = empty_night.report("reconciliation").set_index(["measure", "currency"])
    assert totals.loc[("cost", "DOLLARS"), "quarantined_total"] == Decimal("2.25")
    assert not totals["difference"].astype(bool).any()
    assert empty_night.rows("cloud_costs")["charge_period_start"].tolist() == [datetime(2024, 9, 1, tzinfo=UTC)]
