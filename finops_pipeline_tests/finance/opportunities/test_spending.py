"""Vendors, prices, commitments, budgets and cost centers: each kind by hand."""

from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import periods
from finops_pipeline.finance.opportunities import spending
from finops_pipeline.finance.opportunities.register import SavingAssumptions
from finops_pipeline_tests.finance.books import ACCOUNTS, table

ASSUMED = SavingAssumptions(fewest_vendors=3)
DECIMAL = pd.ArrowDtype(pa.decimal128(38, 15))
CENTERS = {"A": ("Sales", "B. Osei")}


def lines(text: str) -> pd.DataFrame:
    frame = table(text)
    for name in ("functional_debit", "functional_credit"):
        frame[name] = pd.array([None if pd.isna(v) else int(v) for v in frame[name]], dtype="Int64")
    frame["quantity"] = pd.array([None if pd.isna(q) else Decimal(q) for q in frame["quantity"]], dtype=DECIMAL)
    return frame.assign(
        entity_id="DE", functional_currency="EUR", product_id=pd.Series(None, index=frame.index, dtype="str")
    )


def test_vendor_spending_is_net_and_knows_what_has_a_quantity() -> None:
    book = lines("""
        period   account_id  vendor_id  functional_debit  functional_credit  quantity
        2026-01  6000        V1         500               -                  5
        2026-01  6000        V1         -                 40                 -
        2026-01  6000        V1         70                -                  0
        2026-01  6100        V1         9                 -                  -
        2026-01  1000        V1         1000              -                  -
        2026-01  6000        -          1000              -                  -
        2025-12  6000        V1         1000              -                  -
    """)
    lazy = spending.vendor_spending(lazily(book), ["6000", "6100"], ["2026-01"])
    found = lazy.collect().to_native().sort_values("account_id")
    assert found[["account_id", "amount", "priced"]].to_numpy().tolist() == [["6000", 530, 500], ["6100", 9, 0]]
    assert found["quantity"].iloc[0] == 5


def lazily(frame: pd.DataFrame) -> nw.LazyFrame[Any]:
    return nw.from_native(frame).lazy()


def spent(rows: list[tuple]) -> pd.DataFrame:
    """vendor_spending from (period, account, vendor, amount, quantity)."""
    frame = pd.DataFrame(rows, columns=["period", "account_id", "vendor_id", "amount", "quantity"])
    priced = frame["amount"].where(frame["quantity"].notna(), 0)
    return frame.assign(entity_id="DE", currency="EUR", product_id=None, priced=priced)


def totals(amounts: dict[str, list[int]], account: str = "6000") -> pd.DataFrame:
    """vendor_totals of what vendors got in the months of 2026; what they got before does not count."""
    rows = [(f"2026-0{n}", account, v, a, None) for v, each in amounts.items() for n, a in enumerate(each, start=1)]
    before = ("2025-12", account, "V9", 99_999, None)
    return spending.vendor_totals(lazily(spent([*rows, before])), ["2026-01", "2026-02"]).collect().to_native()


def test_the_vendors_beyond_the_large_ones_are_the_tail() -> None:
    got = {"V1": [6000, 1000], "V2": [1500], "V3": [1000], "V4": [500], "V5": [-9]}
    (one,) = spending.fragmentation(totals(got), ACCOUNTS, ASSUMED)
    # V1 and V2 pass 80 % of 10,000 together; V3 and V4 share 1,500
    assert (one.low, one.high, one.about) == (30, 75, ("people",))
    assert one.evidence[0]["with_small_vendors"] == "15.00"
    assert list(one.evidence[0]["largest"]) == ["V1", "V2", "V3", "V4"]
    assert spending.fragmentation(totals(got), ACCOUNTS, SavingAssumptions()) == []  # four vendors are not many
    one_small = {v: got[v] for v in ("V1", "V2", "V3")}
    assert spending.fragmentation(totals(one_small), ACCOUNTS, ASSUMED) == []  # nothing to bundle
    assert spending.fragmentation(totals(got, "7500"), ACCOUNTS, ASSUMED) == []  # an account without category


def prices(recent: int, before: int = 100, months: int = 15, product: str | None = None) -> pd.DataFrame:
    """vendor_prices of ten units a month at these prices."""
    span = periods.span(periods.add("2026-03", 1 - months), "2026-03")
    rows = [(p, "6000", "V1", (recent if p >= "2026-01" else before) * 10, Decimal(10)) for p in span]
    bought = spent([*rows, ("2026-02", "6000", "V2", 5, None)])
    return spending.vendor_prices(lazily(bought.assign(product_id=product)), "2026-01").collect().to_native()


def test_a_price_that_rose_against_the_year_before() -> None:
    (one,) = spending.price_drift(prices(120), "2026-03", ASSUMED)
    assert (one.low, one.high) == (1_200, 2_400)  # 20 cents more for 120 units a year
    assert one.evidence[0]["price_before"] == "1.0000"
    assert one.evidence[0]["price_now"] == "1.2000"
    assert one.evidence[0]["quantity_of_a_year"] == "120"
    assert "20.0% more by unit" in one.subject
    assert "product P1" in spending.price_drift(prices(120, product="P1"), "2026-03", ASSUMED)[0].subject


def test_a_price_that_did_not_rise_enough_or_is_not_known_long_enough() -> None:
    assert spending.price_drift(prices(105), "2026-03", ASSUMED) == []
    assert spending.price_drift(prices(80), "2026-03", ASSUMED) == []
    assert len(prices(120, months=5)) == 0


def charges(rows: list[tuple]) -> pd.DataFrame:
    names = [
        "billing_account_id",
        "commitment_discount_id",
        "period",
        "currency",
        "commitment_discount_status",
        "effective_cost",
        "file_id",
    ]
    frame = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[:5], "str"))
    frame["effective_cost"] = pd.array([Decimal(c) for c in frame["effective_cost"]], dtype=DECIMAL)
    return frame


BILL = charges(
    [
        ("A1", "C1", "2026-01", "USD", "Unused", "10.005", "f1"),
        ("A1", "C1", "2026-01", "USD", "Unused", "0.5", "f1"),
        ("A1", "C1", "2026-02", "USD", "Unused", "4", "f2"),
        ("A1", "C1", "2026-02", "USD", "Used", "99", "f2"),
        ("A1", "C1", "2025-01", "USD", "Unused", "99", "f0"),
        ("A2", None, "2026-02", "USD", "Unused", "1", "f2"),
        ("A2", "C9", "2026-02", "USD", "Unused", "-1", "f2"),
    ]
)


def test_commitments_that_were_not_used() -> None:
    lazy = spending.unused_commitments(lazily(BILL), ["2026-01", "2026-02"])
    unused = lazy.collect().to_native()
    found = spending.commitments(unused, {"A1": "DE"}, {"f1": "january.csv"}, ASSUMED)
    assert [(o.entity_id, o.about, o.low, o.high) for o in found] == [
        ("DE", ("A1", "C1"), 725, 1450),  # 14.505 to the even cent
        (None, ("A2", "(without identifier)"), 50, 100),
    ]
    assert found[0].evidence == [
        {"period": "2026-01", "unused": "10.505", "file": "january.csv"},
        {"period": "2026-02", "unused": "4", "file": None},
    ]


def variance(**changes: Any) -> pd.DataFrame:
    row = {
        "version": "2026-b", "entity_id": "DE", "period": "2026-03", "basis": "ytd", "account_id": "6000",
        "account_name": "Wages", "account_type": "operating_expense", "cost_center_id": "A", "currency": "EUR",
        "actual": 5000, "material": True, "status": "unbudgeted",
    }  # fmt: skip
    other = row | {"version": "2026-a", "account_id": "6100"}
    return pd.DataFrame([row | changes, other])


def test_material_cost_without_a_budget_line_in_the_latest_version() -> None:
    (one,) = spending.unbudgeted(variance(), "2026-03", CENTERS)
    assert (one.low, one.high, one.department, one.owner) == (0, 5000, "Sales", "B. Osei")
    assert one.about == ("6000", "A", "2026-b")
    (without,) = spending.unbudgeted(variance(cost_center_id=None), "2026-03", CENTERS)
    assert (without.department, without.subject) == (None, "Wages: 50.00 EUR this fiscal year without a budget line")
    for change in (
        {"material": False},
        {"actual": -1},
        {"status": "favorable"},
        {"basis": "mtd"},
        {"account_type": "income_tax"},
        {"period": "2026-02"},
    ):
        assert [o for o in spending.unbudgeted(variance(**change), "2026-03", CENTERS) if o.about[0] == "6000"] == []


def efficiency(scores: list[float]) -> pd.DataFrame:
    rows = [
        (p, "DE", "A", driver, 1000, score, score, 1000 - round(1000 * score), "EUR", '{"B": 1.0}')
        for p, score in zip(periods.span("2026-01", "2026-12"), scores, strict=False)
        for driver in ("calls", "deals")
    ]
    names = ["period", "entity_id", "cost_center_id", "driver", "amount", "efficiency_score", "pure_efficiency_score",
             "improvement_potential", "currency", "peers"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def test_cost_centers_that_stay_off_the_best() -> None:
    (one,) = spending.inefficient(efficiency([0.1, 0.8, 0.9, 0.7]), "2026-04", CENTERS)
    assert (one.low, one.high, one.owner) == (1200, 1200, "B. Osei")  # twelve times the least of three months
    assert one.evidence[1] == {"period": "2026-03", "score": 0.9, "peers": {"B": 1.0}}
    assert spending.inefficient(efficiency([0.8, 1.0, 0.7]), "2026-03", CENTERS) == []
    assert spending.inefficient(efficiency([0.8, 0.7]), "2026-02", CENTERS) == []
