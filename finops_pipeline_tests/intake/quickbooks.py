"""A home into which QuickBooks objects land, and how to write accounts, items and documents."""

import json
from pathlib import Path
from typing import Any

from finops_pipeline_tests.intake.nights import Night

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
