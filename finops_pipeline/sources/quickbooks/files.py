"""The extracts of QuickBooks that are read, and which of their fields: everything else is left out with a note."""

from finops_pipeline.sources.derivation import Extract


def _entity(name: str, fields: str, required: str = "id", key: str = "") -> Extract:
    needed = tuple(required.split())
    return Extract("quickbooks", name, needed, tuple(f for f in fields.split() if f not in needed), tuple(key.split()))


ACCOUNT = _entity(
    "account",
    "name fullyqualifiedname acctnum classification accounttype accountsubtype currentbalance active parentref "
    "currencyref metadata",
    key="id",
)
COMPANYINFO = _entity("companyinfo", "legalname country fiscalyearstartmonth", "companyname")
PREFERENCES = _entity("preferences", "", "currencyprefs")
DEPARTMENT = _entity("department", "name fullyqualifiedname active", key="id")
CLASS = _entity("class", "name fullyqualifiedname active", key="id")
ITEM = _entity("item", "name type incomeaccountref expenseaccountref assetaccountref", key="id")
TAXRATE = _entity("taxrate", "name agencyref", key="id")
TAXAGENCY = _entity("taxagency", "displayname", key="id")

_COMMON = (
    "synctoken metadata status txndate docnumber privatenote currencyref exchangerate totalamt hometotalamt line "
    "txntaxdetail classref departmentref "
)
_OWN = {
    "invoice": "customerref deposit deposittoaccountref araccountref",
    "creditmemo": "customerref araccountref",
    "salesreceipt": "customerref deposittoaccountref",
    "refundreceipt": "customerref deposittoaccountref",
    "payment": "customerref deposittoaccountref araccountref unappliedamt",
    "bill": "vendorref apaccountref",
    "vendorcredit": "vendorref apaccountref",
    "billpayment": "vendorref apaccountref paytype checkpayment creditcardpayment",
    "purchase": "accountref entityref credit",
    "creditcardpayment": "amount creditcardaccountref bankaccountref vendorref",
    "deposit": "deposittoaccountref cashback",
    "transfer": "amount fromaccountref toaccountref",
    "journalentry": "adjustment",
}
DOCUMENTS: dict[str, Extract] = {name: _entity(name, _COMMON + own) for name, own in _OWN.items()}
"""The documents that post. A later version stands in place of an earlier one, whatever the order of the files."""

JOURNAL_NAMES = {
    "invoice": "Invoice", "creditmemo": "CreditMemo", "salesreceipt": "SalesReceipt", "refundreceipt": "RefundReceipt",
    "payment": "Payment", "bill": "Bill", "vendorcredit": "VendorCredit", "billpayment": "BillPayment",
    "purchase": "Purchase", "creditcardpayment": "CreditCardPayment", "deposit": "Deposit", "transfer": "Transfer",
    "journalentry": "JournalEntry",
}  # fmt: skip
"""How a document is called in the number of its journal."""

BUDGET = _entity("budget", "name budgetentrytype active budgetdetail synctoken metadata status")
GENERAL_LEDGER = Extract(
    "quickbooks",
    "general_ledger",
    ("date", "type"),
    ("section", "account", "num", "name", "memo", "split", "amount", "debit", "credit", "balance"),
    spellings={
        "": "section", "transaction type": "type", "no.": "num", "transaction no.": "num", "memo/description": "memo",
        "description": "memo", "transaction date": "date", "distribution account": "account", "full name": "account",
    },
    is_printed=True,
)  # fmt: skip
"""The report as it is printed: sections of accounts, with their opening balances and totals between the lines."""

ALL = (
    GENERAL_LEDGER,
    COMPANYINFO,
    PREFERENCES,
    ACCOUNT,
    DEPARTMENT,
    CLASS,
    ITEM,
    TAXRATE,
    TAXAGENCY,
    *DOCUMENTS.values(),
    BUDGET,
)
