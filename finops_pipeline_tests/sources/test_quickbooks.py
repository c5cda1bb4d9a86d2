"""QuickBooks documents one by one: what they post, in their currency and at home, whatever their numbers are."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.sources.quickbooks import (
    adapter,
    budgets,
    controls,
    documents,
    homes,
    masters,
    posting,
    report,
    terms,
)
from finops_pipeline.sources.quickbooks.fields import Document, DocumentError, Fields
from finops_pipeline.sources.quickbooks.files import DOCUMENTS, JOURNAL_NAMES
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions
from finops_pipeline_tests.sources.derived import derive

OPTIONS = QuickBooksOptions()
CENTS = st.integers(1, 10_000_000).map(lambda n: Decimal(n) / 100)
RATES = st.integers(1, 200_000_000).map(lambda n: Decimal(n) / 1_000_000)


def ref(value: str) -> dict[str, str]:
    return {"value": value}


def line(kind: str, amount: Decimal, **detail: Any) -> dict[str, Any]:
    return {"DetailType": kind, "Amount": str(amount), kind: detail}


@st.composite
def invoices(draw: st.DrawFn) -> dict[str, Any]:
    """An invoice in euro whose lines, discount and taxes come to its total."""
    sold = draw(st.lists(CENTS, min_size=1, max_size=6))
    discount = draw(st.integers(0, int(sum(sold) * 100)).map(lambda n: Decimal(n) / 100))
    taxes = draw(st.lists(CENTS, max_size=3))
    total = sum(sold) - discount + sum(taxes)
    lines = [line("SalesItemLineDetail", amount, ItemAccountRef=ref("79")) for amount in sold]
    rates = [{"Amount": str(tax), "TaxLineDetail": {"TaxRateRef": ref("3")}} for tax in taxes]
    return {
        "TotalAmt": str(total), "CurrencyRef": ref("EUR"), "ExchangeRate": str(draw(RATES)),
        "Line": [*lines, line("DiscountLineDetail", discount), line("SubTotalLineDetail", total)],
        "TxnTaxDetail": {"TotalTax": str(sum(taxes)), "TaxLine": rates},
    }  # fmt: skip


@given(invoices(), st.sampled_from(["invoice", "creditmemo", "salesreceipt", "refundreceipt"]))
def test_whatever_the_numbers_both_sides_are_equal_in_both_currencies(values: dict[str, Any], kind: str) -> None:
    document = Document(values, "USD")
    entries = posting.post(kind, document)
    assert sum(e.amount for e in entries) == 0
    in_dollars = homes.in_home_currency(kind, document, entries)
    assert sum(in_dollars) == 0
    rate = Fraction(Decimal(values["ExchangeRate"]))
    for entry, home in zip(entries, in_dollars, strict=True):
        assert abs(home - Fraction(entry.amount) * 100 * rate) <= 1


@given(st.lists(CENTS, min_size=2, max_size=8), RATES)
def test_both_sides_of_a_foreign_journal_entry_come_to_its_home_total(amounts: list[Decimal], rate: Decimal) -> None:
    whole = sum(amounts, Decimal(0))
    lines = [line("JournalEntryLineDetail", a, PostingType="Debit", AccountRef=ref("1")) for a in amounts]
    lines.append(line("JournalEntryLineDetail", whole, PostingType="Credit", AccountRef=ref("2")))
    document = Document({"CurrencyRef": ref("EUR"), "ExchangeRate": str(rate), "Line": lines}, "USD")
    in_dollars = homes.in_home_currency("journalentry", document, posting.post("journalentry", document))
    total = homes.settled(str(whole), str(rate), None, None, "USD")
    assert total is not None
    assert (sum(in_dollars), -in_dollars[-1]) == (0, int(Decimal(total) * 100))


def test_tax_of_a_journal_entry_stands_on_the_side_that_is_open() -> None:
    lines = [line("JournalEntryLineDetail", Decimal(110), PostingType="Debit", AccountRef=ref("60")),
             line("JournalEntryLineDetail", Decimal(100), PostingType="Credit", AccountRef=ref("35"))]  # fmt: skip
    entries = posting.post("journalentry", Document({"Line": lines, "TxnTaxDetail": {"TotalTax": "10"}}, "USD"))
    assert [(e.place.role, e.amount) for e in entries] == [(None, 110), (None, -100), ("tax", -10)]


def test_the_stated_home_total_stands_where_the_rate_is_rounded() -> None:
    values = {"TotalAmt": "1000000", "CurrencyRef": ref("EUR"), "ExchangeRate": "1.123457", "HomeTotalAmt": "1123456.79",
              "Line": [line("SalesItemLineDetail", Decimal(1000000), ItemAccountRef=ref("79"))]}  # fmt: skip
    document = Document(values, "USD")
    found = homes.in_home_currency("invoice", document, posting.post("invoice", document))
    assert found == [112345679, -112345679]


def test_yen_have_no_decimals_at_home() -> None:
    columns = {"totalamt": "10.01", "currencyref": json.dumps(ref("EUR")), "exchangerate": "160.5",
               "line": json.dumps([line("SalesItemLineDetail", Decimal("10.01"), ItemAccountRef=ref("79"))])}  # fmt: skip
    made = json.loads(homes.entries("invoice", json.dumps(columns), "JPY"))
    assert [e["home"] for e in made] == ["1607", "-1607"]


@pytest.mark.parametrize(
    ("total", "home_total", "share"), [(None, None, "11.00"), ("30.00", "33.01", "11.00"), ("10.00", "11.01", "11.01")]
)
def test_an_open_item_is_settled_at_what_it_was_booked_at(
    total: str | None, home_total: str | None, share: str
) -> None:
    assert homes.settled("10.00", "1.1", total, home_total, "USD") == share


@pytest.mark.parametrize(("total", "settled"), [("60", []), ("100", ["JournalEntry-7"]), ("-100", ["JournalEntry-7"])])
def test_a_journal_entry_is_settled_where_the_total_shows_its_side(total: str, settled: list[str]) -> None:
    links = [{"Amount": "100", "LinkedTxn": [{"TxnId": "7", "TxnType": "JournalEntry"}]}]
    values = {
        "TotalAmt": total,
        "CurrencyRef": ref("EUR"),
        "Line": links,
        "CheckPayment": {"BankAccountRef": ref("35")},
    }
    for kind in ("payment", "billpayment"):
        entries = posting.post(kind, Document(values, "USD"))
        assert [e.settles for e in entries if e.settles] == settled
        assert sum(e.amount for e in entries) == 0


@pytest.mark.parametrize("rate", [None, "0", "x", "NaN", "1E400"])
def test_an_open_item_without_a_rate_is_not_guessed(rate: str | None) -> None:
    assert homes.settled("10.00", rate, None, None, "USD") is None


def test_fields_are_found_in_any_case_and_bad_numbers_are_refused() -> None:
    fields = Fields({"customerref": ref("7"), "Amount": "Infinity", "Active": False, "Line": "text"})
    assert (fields.ref("CustomerRef"), fields.text("active"), fields.parts("Line")) == ("7", "false", [])
    with pytest.raises(DocumentError, match="no number"):
        fields.number("Amount")
    with pytest.raises(DocumentError, match="VendorRef is missing"):
        fields.needed_ref("VendorRef")


def test_every_kind_of_document_has_an_extract_a_posting_and_a_name() -> None:
    assert set(DOCUMENTS) == set(posting.KINDS) == set(JOURNAL_NAMES)
    assert {d.rows.name for d in documents.documents(OPTIONS)} == set(DOCUMENTS)
    assert len(adapter.extracts()) == len({e.name for e in adapter.extracts()})
    assert {d.rows for d in adapter.derivations(OPTIONS)} <= set(adapter.extracts())


def test_a_type_that_quickbooks_does_not_have_is_refused_and_a_missing_one_is_its_classification() -> None:
    rows = [{"id": "1", "name": "A", "accounttype": "Crypto"}, {"id": "2", "name": "B", "classification": "Revenue"}]
    made = derive(masters.accounts(OPTIONS), rows)
    assert [(m["account_type"], m["verdict"]) for m in made] == [
        (None, "ROW-VOCABULARY|accounttype|Crypto"),
        ("revenue", None),
    ]


def test_a_month_that_is_none_is_refused() -> None:
    rows = [{"companyname": "C", "fiscalyearstartmonth": month} for month in ("July", "4", "Brumaire")]
    made = derive(masters.company(OPTIONS), rows)
    assert [(m["fiscal_year_start_month"], m["verdict"]) for m in made] == [
        ("7", None),
        ("4", None),
        (None, "ROW-VOCABULARY|fiscalyearstartmonth"),
    ]


@pytest.mark.parametrize(("sign", "closing"), [("debit", "-12.50"), ("natural", "12.50")])
def test_liabilities_stated_in_natural_sign_are_turned(sign: Any, closing: str) -> None:
    rows = [{"id": "33", "accounttype": "Accounts Payable", "currentbalance": "-12.50"}]
    bill = {"bill": [{"id": "1", "txndate": "2024-03-15"}]}
    (made,) = derive(controls.current_balances(QuickBooksOptions(balances=sign)), rows, bill)
    assert Decimal(str(made["closing"])) == Decimal(closing)


def test_a_report_is_read_by_names_that_differ_from_one_version_to_the_next() -> None:
    extract = report.general_ledger(OPTIONS).rows
    names = ["", "Date", "Transaction type", "No.", "Memo/Description", ""]
    assert extract.named(names) == ["section", "date", "type", "num", "memo", ""]


def test_a_year_is_planned_for_twelve_months() -> None:
    details = json.dumps(
        [{"BudgetDate": "2024-04-01", "Amount": "-100", "AccountRef": ref("60"), "ClassRef": ref("5")}]
    )
    made = json.loads(budgets.planned(details, "Annually", "class", "USD"))
    assert [m["period"] for m in made][-1] == "2025-03"
    assert sum(Decimal(m["amount"]) for m in made) == -100
    assert {m["center"] for m in made} == {"5"}


def test_words_of_the_options_are_quoted() -> None:
    assert terms.own_id("r.id", QuickBooksOptions(prefix="o'")) == "'o''' || r.id"
