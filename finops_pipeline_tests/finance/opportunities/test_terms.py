"""Invoices and their payments against the terms of the vendor: by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.finance.opportunities import terms
from finops_pipeline.finance.opportunities.register import Opportunity, SavingAssumptions

ASSUMED = SavingAssumptions()
YEAR = [f"2026-{m:02d}" for m in range(1, 13)]
CENTERS = {"A": ("Sales", "B. Osei")}
_COLUMNS = ["kind", "vendor_id", "amount", "posted_on", "reference", "journal_id"]


def documents(*rows: tuple[str, str, int, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    frame["posted_on"] = [date.fromisoformat(d) for d in frame["posted_on"]]
    return frame.assign(
        entity_id="DE", currency="EUR", description="invoice", cost_center_id="A", file_id="f1",
        row_number=range(1, len(frame) + 1),
    )  # fmt: skip


def agreed(
    vendor: str = "V1", net: int = 30, discount: str | None = None, days: int | None = None, late: str | None = None
) -> pd.DataFrame:
    row = (vendor, net, discount and Decimal(discount), days, late and Decimal(late))
    names = ["vendor_id", "net_days", "discount_pct", "discount_days", "late_interest_pct"]
    return pd.DataFrame([row], columns=names).astype({"discount_pct": object, "late_interest_pct": object})


def found(book: pd.DataFrame, known: pd.DataFrame, months: list[str] = YEAR) -> list[Opportunity]:
    pairs = terms.settled(book)
    return terms.terms_opportunities(pairs, terms.usable(known), months, {"f1": "jan.csv"}, CENTERS, ASSUMED)


LATE = documents(
    ("invoice", "V1", 100_000, "2026-01-10", "77", "J1"), ("payment", "V1", 100_000, "2026-03-01", "77", "J2")
)


def test_the_worked_example_paid_after_fifty_days() -> None:
    late, missed = found(LATE, agreed(discount="0.02", days=10, late="0.09"))
    assert (late.kind, late.low, late.high, late.about) == ("late_payment", 0, 493, ("V1", "EUR"))
    assert (missed.kind, missed.low, missed.high) == ("missed_discount", 2_000 - 877, 2_000)
    assert (late.department, late.owner) == ("Sales", "B. Osei")
    assert late.evidence == [
        {"invoices": 1},
        {"invoice": "J1", "paid_by": "J2", "amount": "1000.00", "posted_on": "2026-01-10", "paid_on": "2026-03-01",
         "file": "jan.csv", "row": 1, "days_late": 20, "cost": "4.93"},
    ]  # fmt: skip


def test_paid_in_time_or_without_interest_or_in_another_year_costs_nothing() -> None:
    assert found(LATE, agreed(net=50, late="0.09")) == []
    assert found(LATE, agreed()) == []
    assert found(LATE, agreed(late="0.09"), ["2026-01"]) == []
    assert found(LATE, agreed(late="0", discount="0", days=10)) == []


def test_a_full_payment_within_the_days_of_the_discount_has_missed_all_of_it() -> None:
    (missed,) = found(LATE, agreed(net=60, discount="0.02", days=55))
    assert (missed.low, missed.high) == (2_000, 2_000)
    (dear,) = found(LATE, agreed(net=60, discount="0.001", days=0))
    assert (dear.low, dear.high) == (0, 100)  # to pay 50 days earlier costs more than the discount brings


def test_invoices_of_one_vendor_are_one_opportunity_and_the_largest_are_shown() -> None:
    rows = [
        (kind, "V1", 1_000 * n, f"2026-0{m}-01", str(n), f"{kind}{n}")
        for n in range(1, 8)
        for kind, m in (("invoice", 1), ("payment", 3))
    ]
    book = documents(*rows).assign(cost_center_id=None, row_number=None)
    (late,) = found(book, agreed(late="0.10"))
    assert late.high == sum(round(1_000 * n * 29 * 0.10 / 365) for n in range(1, 8))
    assert [e.get("invoice") for e in late.evidence] == [
        None,
        "invoice7",
        "invoice6",
        "invoice5",
        "invoice4",
        "invoice3",
    ]
    assert (late.department, late.evidence[1]["row"]) == (None, None)


def matched(*rows: tuple[str, str, int, str, str, str]) -> list[tuple[str, str]]:
    pairs = terms.settled(documents(*rows))
    return list(zip(pairs["journal_id"], pairs["journal_id_paid"], strict=True))


def test_the_reference_decides_then_the_amount_if_there_is_one_of_each() -> None:
    assert matched(
        ("invoice", "V1", 500, "2026-01-01", "11", "I1"),
        ("invoice", "V1", 500, "2026-01-02", "12", "I2"),
        ("payment", "V1", 500, "2026-01-20", "12", "P2"),
        ("payment", "V1", 500, "2026-01-30", "", "P1"),
    ) == [("I1", "P1"), ("I2", "P2")]


def test_the_nth_invoice_of_a_reference_meets_its_nth_payment() -> None:
    assert matched(
        ("payment", "V1", 500, "2026-02-20", "11", "P2"),
        ("invoice", "V1", 500, "2026-01-01", "11", "I1"),
        ("invoice", "V1", 500, "2026-02-01", "11", "I2"),
        ("payment", "V1", 500, "2026-01-20", "11", "P1"),
    ) == [("I1", "P1"), ("I2", "P2")]


def test_what_is_not_clear_is_not_matched() -> None:
    two = [("invoice", "V1", 500, "2026-01-01", "", "I1"), ("invoice", "V1", 500, "2026-01-02", "", "I2")]
    paid = ("payment", "V1", 500, "2026-02-01", "", "P1")
    assert matched(*two, paid) == []
    assert matched(two[0], ("payment", "V1", 500, "2025-12-01", "", "P1")) == []  # before the invoice
    assert matched(two[0], ("payment", "V2", 500, "2026-02-01", "", "P1")) == []
    assert matched(two[0], ("payment", "V1", 490, "2026-02-01", "", "P1")) == []  # the discount was taken


def test_only_invoices_and_payments_of_vendors_with_terms_are_looked_at() -> None:
    book = documents(
        ("invoice", "V1", 5, "2026-01-01", "", "I1"),
        ("credit", "V1", 5, "2026-01-01", "", "C1"),
        ("invoice", "V2", 5, "2026-01-01", "", "I2"),
    )
    lazy: nw.LazyFrame[Any] = nw.from_native(book).lazy()
    assert terms.payable(lazy, ["V1"]).collect().to_native()["journal_id"].tolist() == ["I1"]


def test_opp_003_a_discount_needs_its_days() -> None:
    for known in (agreed(discount="0.02"), agreed(discount="0.02", days=31)):
        (finding,) = terms.terms_findings(known)
        assert (finding.rule_id, finding.subject, finding.severity) == ("OPP-003", "V1", "warning")
        assert found(LATE, known) == []
    assert terms.terms_findings(agreed(discount="0.02", days=30)) == []
    assert terms.terms_findings(agreed()) == []
