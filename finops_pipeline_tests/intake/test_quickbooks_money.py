"""QuickBooks beyond a document: other currencies, answers of the interface, dimensions, control figures, budgets."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from finops_pipeline_tests.intake.quickbooks import ACCOUNTS, ITEMS, Books, account, document, ref, sold, spent
from finops_pipeline_tests.intake.test_quickbooks import TWO, credit, later

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


def opening(number: str, side: str, other: str, rate: float) -> dict[str, Any]:
    """A foreign receivable that was entered by hand."""
    lines = [
        {"Id": str(i), "Amount": 100, "DetailType": "JournalEntryLineDetail",
         "JournalEntryLineDetail": {"PostingType": posting, "AccountRef": ref(to)}}
        for i, (posting, to) in enumerate(((side, "184"), (other, "79")))
    ]  # fmt: skip
    return document(number, None, lines, CurrencyRef=ref("EUR"), ExchangeRate=rate)


@pytest.mark.parametrize(
    ("total", "invoice", "unapplied", "sides", "gain"),
    [
        (100, 0, {}, ("Debit", "Credit"), -500),  # owed: received 115 for what was booked at 110
        (130, 0, {"UnappliedAmt": 30}, ("Debit", "Credit"), -500),
        (50, 150, {}, ("Credit", "Debit"), 1250),  # received 57.50 for an invoice of 180 less a credit of 110
    ],
)
def test_a_journal_entry_is_settled_at_its_own_rate_on_the_side_that_the_total_shows(
    books: Books, total: int, invoice: int, unapplied: dict[str, int], sides: tuple[str, str], gain: int
) -> None:
    books.entity("account", *EURO_ACCOUNTS, file="b.json")
    books.entity("journalentry", opening("7", *sides, 1.10))
    links = [{"Amount": 100, "LinkedTxn": [{"TxnId": "7", "TxnType": "JournalEntry"}]}]
    if invoice:
        foreign = {"CurrencyRef": ref("EUR"), "ExchangeRate": 1.20}
        books.entity("invoice", document("1", invoice, [sold(invoice)], **foreign))
        links.append({"Amount": invoice, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]})
    paid = {"CurrencyRef": ref("EUR"), "ExchangeRate": 1.15, "DepositToAccountRef": ref("35"), **unapplied}
    books.entity("payment", document("9", total, links, **paid))
    books.run()
    assert books.messages() == []
    rows = books.rows("journal_lines").query("account_id == '184'")
    euros, dollars = (
        (rows["debit"] - rows["credit"]).sum(),
        (rows["functional_debit"] - rows["functional_credit"]).sum(),
    )
    assert (euros, dollars) == (-100 * unapplied.get("UnappliedAmt", 0), -115 * unapplied.get("UnappliedAmt", 0))
    assert sum(amount for _, to, amount in books.lines() if to == "95") == gain


def test_the_preferences_say_what_the_books_are_kept_in(books: Books) -> None:
    books.entity("invoice", document("1", 100, [sold(100)], CurrencyRef=ref("EUR"), ExchangeRate=1))
    books.entity("account", account("184", "A/R - EUR", "Accounts Receivable"), file="b.json")
    books.entity(
        "preferences", {"Id": "1", "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": ref("EUR")}}
    )
    books.run()
    assert books.rows("entities")["functional_currency"].tolist() == ["EUR"]
    assert books.rows("journal_lines")["functional_currency"].unique().tolist() == ["EUR"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("Line", "x", "line is no object or list: 'x'"),
        ("CurrencyRef", "EUR", "currencyref is no object or list: 'EUR'"),
        ("MetaData", "now", "metadata is no object or list: 'now'"),
        ("TotalAmt", "1E30", "TotalAmt is no number"),
        ("ExchangeRate", "1E300", "ExchangeRate is no number"),
    ],
)
def test_a_document_of_another_shape_is_refused_and_the_others_enter(
    books: Books, field: str, value: str, said: str
) -> None:
    """One of them stopped the night, and every night after it."""
    currency = {"CurrencyRef": ref("EUR")} if field == "ExchangeRate" else {}
    books.entity("invoice", document("1", 5, [sold(5)]), document("2", 5, [sold(5)], **currency | {field: value}))
    books.run()
    assert {journal for journal, *_ in books.lines()} == {"Invoice-1"}
    assert [said in message for message in books.messages()] == [True]


def test_references_and_budgets_of_another_shape_stop_nothing(books: Books) -> None:
    books.entity("account", account("36", "Till", "Bank", CurrencyRef="EUR", ParentRef="1"), file="odd.json")
    books.entity("preferences", {"Id": "1", "CurrencyPrefs": "USD"})
    books.entity("budget", {"Id": "1", "Name": "Plan", "BudgetDetail": "none"})
    books.entity("invoice", document("1", 5, [sold(5)]))
    books.run()
    assert {journal for journal, *_ in books.lines()} == {"Invoice-1"}
    assert [m[:50] for m in books.messages()] == ["Budget Plan: BudgetDetail is no object or list: 'n"]


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
