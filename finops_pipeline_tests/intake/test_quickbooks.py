"""QuickBooks' documents as they lie in landing: what enters the ledger, what is left out and why, on which night."""

import json
from pathlib import Path
from typing import Any

import pytest

from finops_pipeline.sources.quickbooks.files import JOURNAL_NAMES
from finops_pipeline_tests.intake.quickbooks import ACCOUNTS, ITEMS, Books, account, document, ref, sold, spent

DISCOUNT = {"Amount": 14, "DetailType": "DiscountLineDetail", "DiscountLineDetail": {"DiscountAccountRef": ref("86")}}
TAX = {"TotalTax": 8, "TaxLine": [{"Amount": 5, "TaxLineDetail": {"TaxRateRef": ref("3")}},
                                  {"Amount": 3, "TaxLineDetail": {"TaxRateRef": ref("4")}}]}  # fmt: skip
GROUP = {"Id": "1", "Amount": 112, "DetailType": "GroupLineDetail",
         "GroupLineDetail": {"GroupItemRef": ref("9"), "Line": [sold(80), sold(32)]}}  # fmt: skip


def debit(amount: Any, to: str, side: str = "Debit") -> dict[str, Any]:
    return {"Id": "0", "Amount": amount, "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": ref(to)}}  # fmt: skip


def credit(amount: Any, to: str) -> dict[str, Any]:
    return debit(amount, to, "Credit")


def banked(amount: Any, **detail: Any) -> dict[str, Any]:
    return {"Amount": amount, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}


LINKED = [{"TxnId": "7", "TxnType": "Payment"}]
POSTED = [
    # an invoice of 80 + 32, 14 discount written without its sign, a subtotal that repeats, and 8 tax of two rates
    ("invoice", document("1", 106, [sold(80), sold(32), DISCOUNT, {"Amount": 112, "DetailType": "SubTotalLineDetail"}],
                         TxnTaxDetail=TAX), {"84": 10600, "79": -11200, "86": 1400, "90": -800}),
    ("invoice", document("1", 112, [GROUP]), {"84": 11200, "79": -11200}),
    ("invoice", document("1", 100, [sold(100)], Deposit=30, DepositToAccountRef=ref("35")),
     {"84": 7000, "35": 3000, "79": -10000}),
    ("invoice", document("1", 108, [sold(100)], TxnTaxDetail={"TotalTax": 8}), {"84": 10800, "79": -10000, "90": -800}),
    ("creditmemo", document("1", 108, [sold(100)], TxnTaxDetail={"TotalTax": 8}),
     {"84": -10800, "79": 10000, "90": 800}),
    ("salesreceipt", document("1", 98, [sold(112), DISCOUNT]), {"4": 9800, "79": -11200, "86": 1400}),
    ("salesreceipt", document("1", 50, [sold(50)], DepositToAccountRef=ref("35")), {"35": 5000, "79": -5000}),
    ("refundreceipt", document("1", 98, [sold(112), DISCOUNT], DepositToAccountRef=ref("35")),
     {"35": -9800, "79": 11200, "86": -1400}),
    ("payment", document("1", 40, DepositToAccountRef=ref("35")), {"35": 4000, "84": -4000}),
    ("payment", document("1", 40), {"4": 4000, "84": -4000}),
    ("bill", document("1", 110, [spent(100)], APAccountRef=ref("33"), TxnTaxDetail={"TotalTax": 10}),
     {"33": -11000, "60": 10000, "90": 1000}),
    ("bill", document("1", 70, [{"Amount": 70, "DetailType": "ItemBasedExpenseLineDetail",
                                 "ItemBasedExpenseLineDetail": {"ItemRef": ref("2"), "Qty": 7, "UnitPrice": 10}}]),
     {"33": -7000, "81": 7000}),
    ("vendorcredit", document("1", 20, [spent(20)], APAccountRef=ref("33")), {"33": 2000, "60": -2000}),
    ("billpayment", document("1", 90, PayType="Check", CheckPayment={"BankAccountRef": ref("35")}),
     {"33": 9000, "35": -9000}),
    ("billpayment", document("1", 90, PayType="CreditCard", CreditCardPayment={"CCAccountRef": ref("41")}),
     {"33": 9000, "41": -9000}),
    ("purchase", document("1", 33, [spent(33)], PaymentType="Cash", AccountRef=ref("35")), {"35": -3300, "60": 3300}),
    ("purchase", document("1", 33, [spent(33)], PaymentType="CreditCard", AccountRef=ref("41")),
     {"41": -3300, "60": 3300}),
    ("purchase", document("1", 33, [spent(33)], PaymentType="CreditCard", AccountRef=ref("41"), Credit=True),
     {"41": 3300, "60": -3300}),
    ("creditcardpayment", document("1", Amount=60, CreditCardAccountRef=ref("41"), BankAccountRef=ref("35")),
     {"41": 6000, "35": -6000}),
    ("deposit", document("1", 95, [banked(100, AccountRef=ref("79")), banked(-5, AccountRef=ref("60"))],
                         DepositToAccountRef=ref("35")), {"35": 9500, "79": -10000, "60": 500}),
    ("deposit", document("1", 90, [{"Amount": 100, "LinkedTxn": LINKED}], DepositToAccountRef=ref("35"),
                         CashBack={"AccountRef": ref("60"), "Amount": 10}), {"35": 9000, "4": -10000, "60": 1000}),
    ("transfer", document("1", Amount=15, FromAccountRef=ref("35"), ToAccountRef=ref("41")), {"41": 1500, "35": -1500}),
    ("journalentry", document("1", 0, [debit(25.5, "60"), credit(25.5, "35"), {"DetailType": "DescriptionOnly"}]),
     {"60": 2550, "35": -2550}),
]  # fmt: skip


def test_every_document_becomes_a_balanced_journal(books: Books) -> None:
    given: dict[str, list[dict[str, Any]]] = {}
    expected = {}
    for number, (kind, one, posted) in enumerate(POSTED, start=1):
        given.setdefault(kind, []).append(one | {"Id": str(number)})
        expected[JOURNAL_NAMES[kind] + f"-{number}"] = posted
    for kind, documents in given.items():
        books.entity(kind, *documents)
    books.run()
    assert books.messages() == []
    found: dict[str, dict[str, int]] = {}
    for journal, to, amount in books.lines():
        found.setdefault(journal, {}).setdefault(to, 0)
        found[journal][to] += amount
    assert found == expected
    assert {sum(posted.values()) for posted in found.values()} == {0}


def test_the_company_starts_its_year_where_it_says(books: Books) -> None:
    books.run()
    found = books.rows("entities")[["entity_id", "name", "functional_currency", "fiscal_year_start_month"]]
    assert found.to_numpy().tolist() == [["quickbooks", "Craig's", "USD", 4]]


def test_accounts_have_the_type_that_quickbooks_gives_them(books: Books) -> None:
    old = account("99", "Old (deleted)", "Bank", FullyQualifiedName="Checking:Old (deleted)", ParentRef=ref("35"))
    books.entity(
        "account", old, account("98", "Estimates", "Non-Posting"), account("97", "Odd", "Crypto"), file="b.json"
    )
    books.run()
    rows = books.rows("accounts").set_index("account_id")
    types = rows["account_type"].to_dict()
    assert {types[n] for n in ("35", "84", "81")} == {"asset"}
    assert [types[n] for n in ("33", "79", "60", "95")] == [
        "liability",
        "revenue",
        "operating_expense",
        "other_expense",
    ]
    assert rows.loc["99", ["name", "parent_account_id", "is_cash"]].tolist() == ["Checking:Old", "35", True]
    assert books.reasons() == {"account that does not post": 1}
    assert [rule for *_, rule in books.quarantined()] == ["ROW-VOCABULARY"]


def test_two_receivables_in_one_currency_do_not_fan_out(books: Books) -> None:
    books.entity("account", account("85", "A/R other", "Accounts Receivable"), account("34", "A/P other", "Accounts Payable"),
                 account("83", "A/R euro", "Accounts Receivable", CurrencyRef=ref("EUR")), file="b.json")  # fmt: skip
    books.entity("invoice", document("1", 10, [sold(10)]))
    books.entity("bill", document("2", 20, [spent(20)]))
    books.run()
    assert books.lines() == [
        ("Bill-2", "33", -2000),
        ("Bill-2", "60", 2000),
        ("Invoice-1", "84", 1000),
        ("Invoice-1", "79", -1000),
    ]


def test_the_options_name_another_receivable_and_everything_is_derived_again(books: Books) -> None:
    books.entity("account", account("85", "A/R other", "Accounts Receivable"), file="b.json")
    books.entity("invoice", document("1", 10, [sold(10)]))
    books.run()
    given = books.settings.quickbooks.model_copy(update={"receivable_accounts": {"USD": "85"}})
    books.settings = books.settings.model_copy(update={"quickbooks": given})
    books.entity("class", {"Id": "5", "Name": "East"})
    books.run()
    assert books.lines() == [("Invoice-1", "85", 1000), ("Invoice-1", "79", -1000)]


# -- versions --------------------------------------------------------------------------------------------------------


def later(given: dict[str, Any], version: int, **more: Any) -> dict[str, Any]:
    stamp = {"LastUpdatedTime": f"2024-04-{version:02d}T08:00:00-08:00"}
    return given | {"SyncToken": str(version), "MetaData": stamp} | more


TWO = document("1", 30, [sold(10), sold(20)])
ONE = later(document("1", 12, [sold(12)]), 1)


@pytest.mark.parametrize("order", [(TWO, ONE), (ONE, TWO)], ids=["in order", "the earlier one arrives later"])
def test_the_latest_version_stands_whole_whatever_arrives_first(
    books: Books, order: tuple[dict[str, Any], ...]
) -> None:
    for number, one in enumerate(order):
        books.entity("invoice", one, file=f"{number}.json")
        books.run()
    assert books.lines() == [("Invoice-1", "84", 1200), ("Invoice-1", "79", -1200)]
    assert books.reasons() == {"earlier version of the document": 1}


def test_versions_in_one_file_and_one_night(books: Books) -> None:
    books.entity("invoice", TWO, ONE)
    books.entity("invoice", ONE, file="again.json")
    books.run()
    assert books.lines() == [("Invoice-1", "84", 1200), ("Invoice-1", "79", -1200)]
    assert books.run().new_files == 0
    assert books.lines() == [("Invoice-1", "84", 1200), ("Invoice-1", "79", -1200)]


def test_of_one_version_said_twice_the_later_file_stands(books: Books) -> None:
    books.entity("invoice", TWO, file="a.json")
    books.run()
    books.entity("invoice", document("1", 12, [sold(12)]), file="b.json")
    books.run()
    assert books.lines() == [("Invoice-1", "84", 1200), ("Invoice-1", "79", -1200)]


DELETED = {"domain": "QBO", "status": "Deleted", "Id": "1", "MetaData": {"LastUpdatedTime": "2024-05-01T00:00:00Z"}}


def test_a_deleted_document_is_taken_out_and_an_older_export_does_not_bring_it_back(books: Books) -> None:
    books.entity("invoice", TWO, document("2", 5, [sold(5)]))
    books.run()
    answer = {"CDCResponse": [{"QueryResponse": [{"Invoice": [DELETED]}, {"Bill": [{"Id": "9"}]}]}]}
    books.put("invoice", "cdc.json", json.dumps(answer).encode(), source="quickbooks")
    books.run()
    assert books.lines() == [("Invoice-2", "84", 500), ("Invoice-2", "79", -500)]
    books.entity("invoice", TWO, file="late.json")
    books.run()
    assert {journal for journal, *_ in books.lines()} == {"Invoice-2"}
    assert books.reasons() == {"deleted document": 1, "earlier version of the document": 2}


def test_a_voided_document_posts_nothing_any_more(books: Books) -> None:
    books.entity("invoice", TWO)
    books.run()
    books.entity("invoice", later(document("1", 0, [sold(0)]), 1, PrivateNote="Voided"), file="b.json")
    books.run()
    assert books.lines() == []
    assert books.reasons() == {"document that posts nothing": 1, "earlier version of the document": 1}


# -- what cannot be posted -------------------------------------------------------------------------------------------


REFUSED = [
    ("invoice", document("1", 99, [sold(100)]), "its lines, taxes and total do not add up"),
    ("invoice", document("1", 100.01, [sold(100)]), "differs by -0.01 from its lines and taxes: name a rounding_account"),
    ("invoice", document("1", 10, [{"Id": "3", "Amount": 10, "DetailType": "SalesItemLineDetail"}]), "line 3 names neither"),
    ("invoice", document("1", 10, [{"Id": "3", "Amount": 10, "DetailType": "GroupLineDetail"}]), "without its members"),
    ("invoice", document("1", None, [sold(10)]), "TotalAmt is missing"),
    ("invoice", document("1", 10.001, [sold(10.001)]), "10.001 has more decimals than USD"),
    ("invoice", document("1", 10, [sold("ten")]), "Amount is no number: 'ten'"),
    ("invoice", document("1", 10, [sold(10)], CurrencyRef=ref("XYZ")), "'XYZ' is no currency"),
    ("invoice", document("1", 10, [sold(10)], CurrencyRef=ref("EUR")), "has no ExchangeRate to USD"),
    ("invoice", document("1", 10, [sold(10)], CurrencyRef=ref("EUR"), ExchangeRate=1.1, HomeTotalAmt=12), "HomeTotalAmt 12"),
    ("invoice", document("1", 112, [sold(100)], TxnTaxDetail=TAX | {"TotalTax": 12}), "its tax lines come to 8, its tax to 12"),
    ("journalentry", document("1", 0, [debit(25, "60"), credit(24.99, "35")]), "do not add up"),
    ("journalentry", document("1", 0, [debit(25, "60", "Both")]), "neither debit nor credit"),
    ("bill", document("1", 5, [{"Id": "1", "Amount": 5, "DetailType": "Unheard"}]), "line 1 (Unheard) names no account"),
    ("billpayment", document("1", 5, PayType="Check"), "neither a bank account nor a credit card"),
    ("deposit", document("1", 5, [banked(5)], DepositToAccountRef=ref("35")), "neither an account nor a payment"),
    ("transfer", document("1", Amount=5, FromAccountRef=ref("35")), "ToAccountRef is missing"),
]  # fmt: skip


def test_a_document_that_does_not_balance_is_refused_whole_with_its_number(books: Books) -> None:
    given: dict[str, list[dict[str, Any]]] = {}
    for number, (kind, one, _) in enumerate(REFUSED, start=1):
        given.setdefault(kind, []).append(one | {"Id": str(number)})
    for kind, documents in given.items():
        books.entity(kind, *documents)
    books.run()
    assert books.lines() == []
    assert {rule for *_, rule in books.quarantined()} == {"JRN-DOCUMENT"}
    messages = books.messages()
    assert len(messages) == len(REFUSED)
    for number, (kind, _, said) in enumerate(REFUSED, start=1):
        (message,) = [m for m in messages if m.startswith(f"{JOURNAL_NAMES[kind]} 101 (Id {number}): ")]
        assert said in message


def test_a_line_on_an_unknown_account_keeps_the_whole_document_out(books: Books) -> None:
    books.entity("bill", document("1", 30, [spent(10), spent(20, "777")]))
    books.run()
    assert books.lines() == []
    books.entity("account", account("777", "New", "Expense"), file="b.json")
    books.run()
    assert len(books.lines()) == 3


def test_an_item_that_has_not_come_is_waited_for(books: Books) -> None:
    books.entity("invoice", document("1", 30, [sold(10), sold(20, "8")]))
    books.run()
    assert books.lines() == []
    assert [rule for *_, rule in books.quarantined()] == ["REF-EXTRACT"]
    books.entity("item", {"Id": "8", "IncomeAccountRef": ref("86")}, file="b.json")
    books.run()
    assert books.lines() == [("Invoice-1", "84", 3000), ("Invoice-1", "79", -1000), ("Invoice-1", "86", -2000)]


def test_cents_that_percentages_lose_and_shipping_go_to_the_accounts_of_the_options(tmp_path: Path) -> None:
    books = Books(tmp_path, quickbooks={
        "rounding_account": "60", "home_currency": "USD", "item_accounts": {"SHIPPING_ITEM_ID": "86"},
    })  # fmt: skip
    books.entity("companyinfo", {"Id": "1", "CompanyName": "C"})
    books.entity("account", *ACCOUNTS)
    books.entity("item", *ITEMS)
    books.entity("invoice", document("1", 100.01, [sold(100)]), document("2", 9, [sold(9, "SHIPPING_ITEM_ID")]))
    books.run()
    assert books.lines() == [
        ("Invoice-1", "84", 10001), ("Invoice-1", "79", -10000), ("Invoice-1", "60", -1),
        ("Invoice-2", "84", 900), ("Invoice-2", "86", -900),
    ]  # fmt: skip


# -- taxes -----------------------------------------------------------------------------------------------------------


def test_a_tax_goes_to_the_account_of_its_agency(books: Books) -> None:
    books.entity(
        "account", account("91", "Arizona Payable", "Other Current Liability", "GlobalTaxPayable"), file="b.json"
    )
    books.entity("invoice", document("1", 108, [sold(100)], TxnTaxDetail=TAX))
    books.run()
    assert books.lines() == [], "two tax accounts and nothing that says which"
    books.entity(
        "taxagency", {"Id": "1", "DisplayName": "Arizona"}, {"Id": "2", "DisplayName": "Board of Equalization"}
    )
    books.entity("taxrate", {"Id": "3", "AgencyRef": ref("1")}, {"Id": "4", "AgencyRef": ref("2")})
    books.run()
    assert books.lines()[2:] == [("Invoice-1", "91", -500), ("Invoice-1", "90", -300)]


def test_the_options_name_tax_accounts(tmp_path: Path) -> None:
    books = Books(tmp_path, quickbooks={"tax_accounts": {"3": "33"}, "tax_account": "41"})
    books.entity("companyinfo", {"Id": "1", "CompanyName": "C"})
    books.entity("account", *ACCOUNTS)
    books.entity("item", *ITEMS)
    books.entity("invoice", document("1", 108, [sold(100)], TxnTaxDetail=TAX))
    books.run()
    assert books.lines()[2:] == [("Invoice-1", "33", -500), ("Invoice-1", "41", -300)]


# -- foreign currency ------------------------------------------------------------------------------------------------
