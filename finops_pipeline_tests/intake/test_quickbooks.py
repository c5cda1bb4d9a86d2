"""QuickBooks' documents as they lie in landing: what enters the ledger, what is left out and why, on which night."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.sources.quickbooks.files import JOURNAL_NAMES
from finops_pipeline_tests.intake.conftest import Night

Lines = list[tuple[str, str, int]]


def account(number: str, name: str, kind: str, subtype: str = "", **more: Any) -> dict[str, Any]:
    return {"Id": number, "Name": name, "AccountType": kind, "AccountSubType": subtype, "Active": True, **more}


ACCOUNTS = [
    account("35", "Checking", "Bank", "Checking"),
    account("4", "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    account("84", "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    account("33", "Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
    account("41", "Mastercard", "Credit Card", "CreditCard"),
    account("90", "Board of Equalization Payable", "Other Current Liability", "GlobalTaxPayable"),
    account("79", "Sales", "Income", "SalesOfProductIncome"),
    account("86", "Discounts given", "Income", "DiscountsRefundsGiven"),
    account("60", "Rent", "Expense", "RentOrLeaseOfBuildings"),
    account("81", "Stock", "Other Current Asset", "Inventory"),
    account("95", "Exchange Gain or Loss", "Other Expense", "ExchangeGainOrLoss"),
]


def ref(value: str) -> dict[str, str]:
    return {"value": value}


ITEMS = [
    {"Id": "1", "Name": "Hours", "Type": "Service", "IncomeAccountRef": ref("79"), "ExpenseAccountRef": ref("60")},
    {"Id": "2", "Name": "Pump", "Type": "Inventory", "IncomeAccountRef": ref("79"), "AssetAccountRef": ref("81")},
]


def sold(amount: Any, item: str = "1", **more: Any) -> dict[str, Any]:
    return {"Id": "1", "Amount": amount, "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": ref(item), **more}}  # fmt: skip


def spent(amount: Any, to: str = "60", **more: Any) -> dict[str, Any]:
    return {"Id": "1", "Amount": amount, "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": ref(to), **more}}  # fmt: skip


def document(number: str, total: Any = None, lines: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    given = {} if total is None else {"TotalAmt": total}
    stamp = {"CreateTime": "2024-03-01T08:00:00-08:00", "LastUpdatedTime": "2024-03-01T08:00:00-08:00"}
    return {"Id": number, "SyncToken": "0", "TxnDate": "2024-03-15", "DocNumber": f"10{number}", "MetaData": stamp,
            **given, "Line": lines or [], **more}  # fmt: skip


class Books(Night):
    """A home into which QuickBooks' entities land."""

    def entity(self, name: str, *rows: dict[str, Any], file: str = "all.json") -> Path:
        return self.put(name, file, json.dumps(list(rows)).encode(), source="quickbooks")

    def lines(self) -> Lines:
        """(journal, account, functional amount in minor units) of every line."""
        rows = self.rows("journal_lines").sort_values(["journal_id", "line_no"])
        net = rows["functional_debit"] - rows["functional_credit"]
        return list(zip(rows["journal_id"], rows["account_id"], net, strict=True))

    def reasons(self) -> dict[str, int]:
        return self.report("left_out").groupby("reason")["rows"].sum().to_dict()

    def messages(self) -> list[str]:
        return sorted(self.report("quarantine")["message"])


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A company in US dollars with its chart of accounts and two items."""
    night = Books(tmp_path)
    night.entity("companyinfo", {"Id": "1", "CompanyName": "Craig's", "Country": "US", "FiscalYearStartMonth": "April"})
    night.entity("account", *ACCOUNTS)
    night.entity("item", *ITEMS)
    yield night
    totals = night.report("reconciliation")
    assert (totals["difference"].astype(float) == 0).all(), "every file must reconcile to the last digit"
    files = night.report("ingested_files")
    parts = ["rows_accepted", "rows_duplicate", "rows_quarantined", "rows_left_out"]
    assert (files["rows_read"] == files[parts].fillna(0).sum(axis=1)).all(), "every row has one fate"


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


def test_cents_that_percentages_lose_go_to_the_account_of_the_options(tmp_path: Path) -> None:
    books = Books(tmp_path, quickbooks={"rounding_account": "60", "home_currency": "USD"})
    books.entity("companyinfo", {"Id": "1", "CompanyName": "C"})
    books.entity("account", *ACCOUNTS)
    books.entity("item", *ITEMS)
    books.entity("invoice", document("1", 100.01, [sold(100)]))
    books.run()
    assert books.lines() == [("Invoice-1", "84", 10001), ("Invoice-1", "79", -10000), ("Invoice-1", "60", -1)]


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

EURO = {"CurrencyRef": ref("EUR"), "ExchangeRate": 1.1057}
EURO_ACCOUNTS = [
    account("184", "A/R - EUR", "Accounts Receivable", CurrencyRef=ref("EUR")),
    account("133", "A/P - EUR", "Accounts Payable", CurrencyRef=ref("EUR")),
]


def test_functional_amounts_sum_to_the_home_total_by_largest_remainder(books: Books) -> None:
    books.entity("account", *EURO_ACCOUNTS, file="b.json")
    books.entity("invoice", document("1", 10.01, [sold(3.33), sold(3.34), sold(3.34)], HomeTotalAmt=11.07, **EURO))
    books.run()
    # 10.01 x 1.1057 = 11.068057; the lines are 3.6821.., 3.6931.., 3.6931.. of 11.07: 3.68 + 3.69 + 3.69 and a cent over
    assert books.lines() == [
        ("Invoice-1", "184", 1107), ("Invoice-1", "79", -368), ("Invoice-1", "79", -370), ("Invoice-1", "79", -369)
    ]  # fmt: skip
    rows = books.rows("journal_lines")
    assert rows["currency"].unique().tolist() == ["EUR"]
    assert (rows["debit"] - rows["credit"]).tolist() == [1001, -333, -334, -334]


def test_a_payment_settles_at_the_rate_of_its_invoice_and_the_rest_is_exchange(books: Books) -> None:
    books.entity("account", *EURO_ACCOUNTS, file="b.json")
    links = [{"Amount": 100, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]},
             {"Amount": 20, "LinkedTxn": [{"TxnId": "5", "TxnType": "CreditMemo"}]}]  # fmt: skip
    foreign = {"CurrencyRef": ref("EUR")}
    books.entity("payment", document("2", 80, links, DepositToAccountRef=ref("35"), ExchangeRate=1.25, **foreign))
    books.run()
    assert books.lines() == [], "the rate of the invoice is not guessed"
    books.entity("invoice", document("1", 100, [sold(100)], ExchangeRate=1.10, **foreign))
    books.entity("creditmemo", document("5", 20, [sold(20)], ExchangeRate=1.20, **foreign))
    books.run()
    assert [line for line in books.lines() if line[0] == "Payment-2"] == [
        ("Payment-2", "35", 10000), ("Payment-2", "184", -11000), ("Payment-2", "184", 2400), ("Payment-2", "95", -1400)
    ]  # fmt: skip
    receivable = sum(amount for _, to, amount in books.lines() if to == "184")
    assert receivable == 0


def test_a_bill_paid_at_its_own_rate_has_no_exchange_difference(books: Books) -> None:
    books.entity("account", *EURO_ACCOUNTS, file="b.json")
    foreign = {"CurrencyRef": ref("EUR"), "ExchangeRate": 1.1}
    books.entity("bill", document("1", 100, [spent(100)], APAccountRef=ref("133"), **foreign))
    links = [{"Amount": 100, "LinkedTxn": [{"TxnId": "1", "TxnType": "Bill"}]}]
    books.entity(
        "billpayment", document("2", 100, links, PayType="Check", CheckPayment={"BankAccountRef": ref("35")}, **foreign)
    )
    books.run()
    assert books.lines()[2:] == [("BillPayment-2", "35", -11000), ("BillPayment-2", "133", 11000)]


def test_the_preferences_say_what_the_books_are_kept_in(books: Books) -> None:
    books.entity("invoice", document("1", 100, [sold(100)], CurrencyRef=ref("EUR"), ExchangeRate=1))
    books.entity("account", account("184", "A/R - EUR", "Accounts Receivable"), file="b.json")
    books.entity(
        "preferences", {"Id": "1", "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": ref("EUR")}}
    )
    books.run()
    assert books.rows("entities")["functional_currency"].tolist() == ["EUR"]
    assert books.rows("journal_lines")["functional_currency"].unique().tolist() == ["EUR"]


# -- files and dimensions --------------------------------------------------------------------------------------------

ANSWERS = {
    "list": json.dumps([TWO]),
    "answer to a query": json.dumps({"QueryResponse": {"Invoice": [TWO], "maxResults": 1}, "time": "2024-04-01"}),
    "single object": json.dumps({"Invoice": TWO, "time": "2024-04-01"}),
    "one a line": json.dumps(TWO) + "\n" + json.dumps(document("2", 5, [sold(5)])) + "\n",
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_objects_come_as_a_list_an_answer_or_one_a_line(books: Books, text: str) -> None:
    books.put("Invoice", "a.json", text.encode(), source="quickbooks")
    books.run()
    assert [line for line in books.lines() if line[0] == "Invoice-1"] == [
        ("Invoice-1", "84", 3000), ("Invoice-1", "79", -1000), ("Invoice-1", "79", -2000)
    ]  # fmt: skip


def test_an_answer_without_objects_is_a_file_without_rows(books: Books) -> None:
    books.put("invoice", "a.json", b'{"QueryResponse": {}, "time": "2024-04-01"}', source="quickbooks")
    books.run()
    assert books.file("a.json")[["status", "rows_read"]].tolist() == ["accepted", 0]


@pytest.mark.parametrize(
    ("text", "rule"),
    [(b'[{"Id": "1", "Tot', "FILE-CUT"), (b'[{"Id": NaN}]', "FILE-FORMAT"), (b"[1, 2]", "FILE-FORMAT"),
     (b'[{"Id": "\xff"}]', "FILE-FORMAT"), (b'{"Fault": {"Error": []}}', "FILE-COLUMN")],
)  # fmt: skip
def test_a_file_that_is_no_export_is_rejected_whole(books: Books, text: bytes, rule: str) -> None:
    books.put("invoice", "a.json", text, source="quickbooks")
    books.run()
    assert books.quarantined() == [("a.json", 0, rule)]


@pytest.mark.parametrize(("dimension", "centers"), [("class", ["5", "5"]), ("department", ["6", "7"])])
def test_classes_or_departments_become_cost_centers(tmp_path: Path, dimension: str, centers: list[str]) -> None:
    books = Books(tmp_path, quickbooks={"cost_centers": dimension, "prefix": "qb-"})
    books.entity("companyinfo", {"Id": "1", "CompanyName": "C"})
    books.entity("account", *ACCOUNTS)
    books.entity("class", {"Id": "5", "Name": "East", "FullyQualifiedName": "Regions:East"})
    books.entity("department", {"Id": "6", "Name": "Shop"}, {"Id": "7", "Name": "Yard"})
    books.entity("item", *ITEMS)
    books.entity("invoice", document("1", 30, [sold(30, ClassRef=ref("5"))], DepartmentRef=ref("6")))
    detail = {"PostingType": "Debit", "AccountRef": ref("60"), "ClassRef": ref("5"), "DepartmentRef": ref("7")}
    entry = {"Amount": 9, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}
    books.entity("journalentry", document("2", 0, [entry, credit(9, "35")]))
    books.run()
    assert books.messages() == []
    rows = books.rows("journal_lines").sort_values(["journal_id", "line_no"])
    found = rows[["account_id", "cost_center_id"]].dropna().to_numpy().tolist()
    assert found == [["qb-79", f"qb-{centers[0]}"], ["qb-60", f"qb-{centers[1]}"]]
    assert set(books.reasons()) == {"dimension that the options do not name"}


def test_customers_vendors_quantities_and_texts_come_along(books: Books) -> None:
    line = sold(30, Qty=3, UnitPrice=10) | {"Description": "Work"}
    books.entity("invoice", document("1", 30, [line], CustomerRef=ref("77"), PrivateNote="Thanks"))
    books.entity(
        "purchase", document("2", 5, [spent(5)], AccountRef=ref("35"), EntityRef={"value": "56", "type": "Vendor"})
    )
    rows = (books.run(), books.rows("journal_lines").sort_values(["journal_id", "line_no"]))[1]
    assert rows["customer_id"].tolist()[:2] == ["77", "77"]
    assert rows["description"].tolist()[:2] == ["Thanks", "Work"]
    assert rows["vendor_id"].tolist()[2:] == ["56", "56"]
    assert str(rows["quantity"].tolist()[1]).startswith("3")


# -- control figures -------------------------------------------------------------------------------------------------


def figures(books: Books) -> dict[str, tuple[str, Any]]:
    """Period and closing balance (minor units, debit positive) by account."""
    rows = books.rows("control_balances")
    closing = [None if pd.isna(value) else int(value) for value in rows["closing"]]
    return dict(zip(rows["account_id"], zip(rows["period"], closing, strict=True), strict=True))


def test_the_current_balance_of_the_latest_export_is_the_control_figure(books: Books) -> None:
    books.run()
    assert figures(books) == {}, "there is nothing to compare with"
    books.entity("account", account("35", "Checking", "Bank", CurrentBalance=-9.5),
                 account("33", "A/P", "Accounts Payable", CurrentBalance=-20),
                 account("184", "A/R - EUR", "Accounts Receivable", CurrentBalance=7, CurrencyRef=ref("EUR")),
                 account("3", "Retained Earnings", "Equity", "RetainedEarnings", CurrentBalance=1),
                 account("60", "Rent", "Expense", CurrentBalance=0), file="later.json")  # fmt: skip
    books.entity("bill", document("1", 20, [spent(20)], APAccountRef=ref("33")))
    books.entity("purchase", document("2", 9.5, [spent(9.5)], AccountRef=ref("35"), TxnDate="2024-04-02"))
    books.entity(
        "invoice", document("3", 5, [sold(5)], TxnDate="2024-09-01"), later(document("3"), 2, status="Deleted")
    )
    books.run()
    found = figures(books)
    assert {period for period, _ in found.values()} == {"2024-04"}
    assert {a: found[a][1] for a in ("35", "33", "184", "3", "60", "41")} == {
        "35": -950, "33": -2000, "184": None, "3": None, "60": None, "41": 0
    }  # fmt: skip
    books.entity("account", account("33", "A/P", "Accounts Payable", CurrentBalance=-25), file="last.json")
    books.run()
    assert figures(books)["33"] == ("2024-04", -2500)


def test_balances_may_be_in_natural_sign(tmp_path: Path) -> None:
    books = Books(tmp_path, quickbooks={"balances": "natural"})
    books.entity("account", account("33", "A/P", "Accounts Payable", CurrentBalance=20.25),
                 account("35", "Checking", "Bank", CurrentBalance=3))  # fmt: skip
    books.entity("bill", document("1", 20.25, [spent(20.25)]))
    books.run()
    assert figures(books) == {"33": ("2024-03", -2025), "35": ("2024-03", 300)}


# -- budgets ---------------------------------------------------------------------------------------------------------


def planned(day: str, amount: Any, to: str = "60", **more: Any) -> dict[str, Any]:
    return {"BudgetDate": day, "Amount": amount, "AccountRef": ref(to), **more}


def budget(*details: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Id": "9", "Name": "2024-original", "Active": True, "SyncToken": "0", "BudgetDetail": list(details), **more}


def lines_of(books: Books) -> list[tuple[str, str, str | None, int]]:
    rows = books.rows("budget_lines").sort_values(["period", "account_id", "cost_center_id"])
    centers = [None if pd.isna(center) else center for center in rows["cost_center_id"]]
    return list(zip(rows["period"], rows["account_id"], centers, rows["amount"], strict=True))


def test_a_budget_becomes_lines_by_month_in_natural_sign(books: Books) -> None:
    books.entity("class", {"Id": "5", "Name": "East"})
    sales = [planned("2024-01-01", amount, "79", CustomerRef=ref(who)) for amount, who in ((100, "1"), (50.5, "2"))]
    books.entity("budget", budget(*sales, planned("2024-01-01", 30, ClassRef=ref("5"))))
    books.run()
    assert books.messages() == []
    assert lines_of(books) == [("2024-01", "60", "5", 3000), ("2024-01", "79", None, 15050)]
    assert books.rows("budget_lines")["version"].unique().tolist() == ["2024-original"]


def test_a_quarter_is_shared_among_its_months_to_the_cent(books: Books) -> None:
    books.entity("budget", budget(planned("2024-11-01", 100), BudgetEntryType="Quarterly"))
    books.run()
    assert [(period, amount) for period, _, _, amount in lines_of(books)] == [
        ("2024-11", 3334), ("2024-12", 3333), ("2025-01", 3333)
    ]  # fmt: skip


def test_a_later_version_of_a_budget_stands_whole_and_a_deleted_one_is_gone(books: Books) -> None:
    books.entity("budget", budget(planned("2024-01-01", 100), planned("2024-02-01", 100)))
    books.run()
    books.entity("budget", later(budget(planned("2024-01-01", 90)), 1), file="b.json")
    books.run()
    assert lines_of(books) == [("2024-01", "60", None, 9000)]
    others = budget(planned("2024-01-01", 1), Id="8", Active=False), budget(Id="7", Name="empty")
    books.entity("budget", later({"Id": "9"}, 2, status="Deleted"), *others, file="c.json")
    books.run()
    assert lines_of(books) == []
    assert books.reasons() == {
        "earlier version of the budget": 2, "deleted budget": 1, "inactive budget": 1, "budget that plans nothing": 1
    }  # fmt: skip


def test_a_budget_that_cannot_be_read_is_refused_with_its_name(books: Books) -> None:
    weekly = budget(planned("2024-01-01", 1), Id="2", BudgetEntryType="Weekly")
    books.entity("budget", budget(planned("some day", 1), Id="1"), weekly)
    books.run()
    first, second = books.messages()
    assert first.startswith("Budget 2024-original: 'Weekly' is no rhythm of a budget")
    assert second.startswith("Budget 2024-original: BudgetDate is no day: 'some day'")
