"""A company that keeps its books in QuickBooks: exports of its entities land, one command, statements tie to its balances."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from finops_pipeline.cli import main

Entity = dict[str, Any]


def ref(value: str) -> dict[str, str]:
    return {"value": value}


def account(number: str, name: str, kind: str, subtype: str, balance: float = 0, **more: Any) -> Entity:
    return {
        "Id": number,
        "Name": name,
        "AccountType": kind,
        "AccountSubType": subtype,
        "CurrentBalance": balance,
        **more,
    }


def document(number: str, day: str, total: float, *lines: Entity, **more: Any) -> Entity:
    return {"Id": number, "SyncToken": "0", "TxnDate": day, "TotalAmt": total, "Line": list(lines),
            "MetaData": {"LastUpdatedTime": f"{day}T12:00:00-08:00"}, **more}  # fmt: skip


def detail(kind: str, amount: float, **fields: Any) -> Entity:
    return {"Amount": amount, "DetailType": kind, kind: fields}


EURO = {"CurrencyRef": ref("EUR")}
LANDED: dict[str, list[Entity]] = {
    "companyinfo": [{"Id": "1", "CompanyName": "Craig's Landscaping", "Country": "US", "FiscalYearStartMonth": "January"}],
    "preferences": [{"Id": "1", "CurrencyPrefs": {"HomeCurrency": ref("USD")}}],
    # balances by hand: see the documents below
    "account": [
        account("35", "Checking", "Bank", "Checking", 5987.5),
        account("4", "Undeposited Funds", "Other Current Asset", "UndepositedFunds", 0),
        account("84", "Accounts Receivable", "Accounts Receivable", "AccountsReceivable", 58),
        account("184", "Accounts Receivable - EUR", "Accounts Receivable", "AccountsReceivable", 0, **EURO),
        account("33", "Accounts Payable", "Accounts Payable", "AccountsPayable", -150),
        account("41", "Mastercard", "Credit Card", "CreditCard", -20),
        account("90", "Board of Equalization Payable", "Other Current Liability", "GlobalTaxPayable", -8),
        account("3", "Retained Earnings", "Equity", "RetainedEarnings", 0),
        account("34", "Opening Balance Equity", "Equity", "OpeningBalanceEquity", -5000),
        account("79", "Services", "Income", "ServiceFeeIncome"),
        account("86", "Discounts given", "Income", "DiscountsRefundsGiven"),
        account("60", "Rent", "Expense", "RentOrLeaseOfBuildings"),
        account("95", "Exchange Gain or Loss", "Other Expense", "ExchangeGainOrLoss"),
    ],
    "item": [{"Id": "1", "Name": "Hours", "Type": "Service", "IncomeAccountRef": ref("79")}],
    "class": [{"Id": "5", "Name": "East"}],
    "journalentry": [
        document(
            "1", "2024-01-01", 0,
            detail("JournalEntryLineDetail", 5000, PostingType="Debit", AccountRef=ref("35")),
            detail("JournalEntryLineDetail", 5000, PostingType="Credit", AccountRef=ref("34")),
        )
    ],
    # 80 + 32 less 14, and 8 tax: 106, of which 48 are paid; then 1000 EUR at 1.10, paid at 1.0875
    "invoice": [
        document(
            "2", "2024-01-10", 106,
            detail("SalesItemLineDetail", 80, ItemRef=ref("1"), ClassRef=ref("5")),
            detail("SalesItemLineDetail", 32, ItemRef=ref("1")),
            detail("DiscountLineDetail", 14, DiscountAccountRef=ref("86")),
            TxnTaxDetail={"TotalTax": 8},
        ),
        document("3", "2024-01-20", 1000, detail("SalesItemLineDetail", 1000, ItemRef=ref("1")), ExchangeRate=1.1, **EURO),
    ],
    "payment": [
        document("4", "2024-02-01", 48),
        document("5", "2024-02-10", 1000, {"Amount": 1000, "LinkedTxn": [{"TxnId": "3", "TxnType": "Invoice"}]},
                 DepositToAccountRef=ref("35"), ExchangeRate=1.0875, **EURO),
    ],
    "deposit": [
        document("6", "2024-02-02", 48, {"Amount": 48, "LinkedTxn": [{"TxnId": "4", "TxnType": "Payment"}]},
                 DepositToAccountRef=ref("35"))
    ],
    "bill": [document("7", "2024-01-31", 250, detail("AccountBasedExpenseLineDetail", 250, AccountRef=ref("60")),
                      APAccountRef=ref("33"))],
    "billpayment": [
        document("8", "2024-02-05", 100, PayType="CreditCard", CreditCardPayment={"CCAccountRef": ref("41")})
    ],
    "purchase": [
        document("9", "2024-02-06", 20, detail("AccountBasedExpenseLineDetail", 20, AccountRef=ref("60"), ClassRef=ref("5")),
                 AccountRef=ref("41"), PaymentType="CreditCard"),
        document("10", "2024-02-07", 48, detail("AccountBasedExpenseLineDetail", 48, AccountRef=ref("60")),
                 AccountRef=ref("35"), PaymentType="Check"),
    ],
    "transfer": [
        document("11", "2024-02-08", 0, Amount=100, FromAccountRef=ref("35"), ToAccountRef=ref("41")),
        document("12", "2024-02-09", 0, Amount=900, FromAccountRef=ref("35"), ToAccountRef=ref("41")),
        {"Id": "12", "status": "Deleted", "MetaData": {"LastUpdatedTime": "2024-02-20T12:00:00Z"}},
    ],
}  # fmt: skip


def land(home: Path, entities: dict[str, list[Entity]], file: str) -> None:
    for name, rows in entities.items():
        path = home / "landing" / "quickbooks" / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"QueryResponse": {name.capitalize(): rows}}))


def close(home: Path) -> Result:
    return CliRunner().invoke(
        main, ["run", "--landing", str(home / "landing"), "--home", str(home), "--as-of", "2024-02-29"]
    )


def rows(home: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(home / "warehouse.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    home = tmp_path_factory.mktemp("quickbooks")
    land(home, LANDED, "all.json")
    return home, close(home)


def test_the_trial_balance_is_zero_and_that_of_quickbooks(closed: tuple[Path, Result]) -> None:
    home, result = closed
    assert result.exit_code == 0, result.output
    assert rows(home, "SELECT message FROM quarantine") == []
    balances = {
        a: float(b)
        for a, b in rows(home, "SELECT account_id, closing_balance FROM trial_balance WHERE period = '2024-02'")
    }
    assert sum(balances.values()) == 0
    # bank 5000 + 48 + 1087.50 - 48 - 100 (the transfer of 900 is deleted); 1000 EUR left the receivable at 1.10
    assert balances == {
        "35": 5987.5, "84": 58, "184": 0, "33": -150, "41": -20, "90": -8, "34": -5000, "4": 0,
        "79": -1212, "86": 14, "60": 318, "95": 12.5,
    }  # fmt: skip


def test_the_statements_are_published(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    query = "SELECT amount, ytd_amount FROM income_statement WHERE period = '2024-02' AND line = 'Net income'"
    # the year: 1212 - 14 - 318 - 12.50; February: -20 - 48 - 12.50
    assert rows(home, query) == [(-80.5, 867.5)]
    sheet = "SELECT amount FROM balance_sheet WHERE period = '2024-02' AND line = 'Total assets'"
    assert rows(home, sheet) == [(6045.5,)]


def test_every_balance_that_quickbooks_states_ties(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    found = rows(home, "SELECT source, period, account_id, ours, theirs, difference FROM tie_out ORDER BY account_id")
    assert {(source, period) for source, period, *_ in found} == {("quickbooks", "2024-02")}
    assert {a for _, _, a, *_ in found} == {"35", "4", "84", "33", "41", "90", "34"}
    assert {difference for *_, difference in found} == {0}


def test_running_twice_is_running_once(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    query = "SELECT entity_id, period, account_id, closing_balance FROM trial_balance ORDER BY 1, 2, 3"
    before = rows(home, query)
    assert close(home).exit_code == 0
    assert rows(home, query) == before


def test_a_missing_document_is_a_difference_that_stops_the_night(tmp_path: Path) -> None:
    land(tmp_path, LANDED | {"purchase": LANDED["purchase"][:1]}, "all.json")
    result = close(tmp_path)
    said = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "the_books_tie_to_their_systems" in said
    assert "the books say 603550, quickbooks says 598750" in said
    assert rows(tmp_path, "SELECT COUNT(*) FROM tie_out") == [(0,)]
