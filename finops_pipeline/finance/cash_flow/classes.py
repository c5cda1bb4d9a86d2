"""The cash class of every account: what its movements are in the cash flow statement.

Here: classes, the words by which they are recognized in a chart of accounts, and overrides. Not here: the statement.

Classes of the balance sheet:

    cash         cash and cash equivalents: what the statement explains
    operating    working capital: receivables, inventories, payables, accruals, taxes
    capital      long-lived assets: property, equipment, intangible assets, goodwill, with their depreciation
    investing    other investments: loans given, securities, shares
    financing    borrowings, leases, and all of equity

Classes of income and expense:

    earnings     paid sooner or later: stays in net income
    depreciation depreciation, amortization, impairment of long-lived assets: never paid, taken back from `capital`
    disposal     gains and losses on disposal: part of what the disposal brought, moved to `capital`
    share_based  paid in the entity's own equity: taken back from `financing`

Expenses for provisions, doubtful accounts and deferred tax stay in net income, and the liability or allowance they
build stands in the change of working capital: both are operating, so that no section is wrong by it.

An account's class is, in this order: what the settings say of the account, of its statement line, of its category;
`cash` where the chart says `is_cash`; else the first class whose words are in its category, its statement line or its
name, looked at in this order. Equity is financing whatever it is called. An asset or liability that no word recognizes
is operating (IAS 7.6: activities that are not investing or financing) in a line of its own, `Not classified`, and is
named by a finding. Source: IAS 7.6, 7.10-7.20.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import ledger

CashClass = Literal[
    "cash", "operating", "capital", "investing", "financing", "earnings", "depreciation", "disposal", "share_based"
]
INCOME_CLASSES: tuple[CashClass, ...] = ("earnings", "depreciation", "disposal", "share_based")
BALANCE_CLASSES: tuple[CashClass, ...] = tuple(c for c in get_args(CashClass) if c not in INCOME_CLASSES)

_Words = tuple[tuple[CashClass, str], ...]
_ASSET_WORDS: _Words = (
    ("operating", r"prepaid|deposit paid|deposits paid"),
    ("capital", r"right of use|accumulated (?:depreciation|amorti[sz]ation|impairment)"),
    ("investing", r"\bloans?\b|invest|securit|\bshares\b|\bbonds?\b|participation|associate|financial assets?"),
    (
        "operating",
        (
            r"receivable|acctrec|unbilled|inventor|stock|goods|spare parts|tax|\bvat\b|advance|deferexpense|current asset"
            r"|othcurrasset|contract (?:asset|cost)|accrued|deferred (?:cost|expense)|doubtful|in transit|clearing|suspense"
        ),
    ),
    (
        "capital",
        (
            r"property|plant|equipment|fixed ?assets?|intangible|goodwill|capitali[sz]ed|development|software|leasehold"
            r"|vehicle|construction|furniture|fixtures|machine|building|\bland\b|patent|licen[cs]e|trademark|depreciation"
            r"|amorti[sz]ation"
        ),
    ),
)
_LIABILITY_WORDS: _Words = (
    (
        "financing",
        (
            r"\bloans?\b|borrowing|\bdebt|credit (?:facilit|line)|overdraft|\bleases?\b|\bbonds?\b|debenture|mortgage"
            r"|\bnotes? payable|dividend|longtermliab|long term liabilit"
        ),
    ),
    (
        "operating",
        (
            r"payable|acctpay|accru|tax|\bvat\b|deferred|deferrevenue|unearned|contract liabilit|customer|deposit|provision"
            r"|wage|salar|payroll|pension|vacation|bonus|warrant|refund|invoiced|credit ?card|credcard|current liabilit"
            r"|othcurrliab|advance|clearing|suspense|creditor"
        ),
    ),
)
_INCOME_WORDS: _Words = (
    ("earnings", r"receivable|doubtful|inventor"),
    ("disposal", r"disposal"),
    ("depreciation", r"depreciation|amorti[sz]ation|impairment"),
    ("share_based", r"(?:share|stock) ?based|stock options?|share options?"),
)
_EVIDENCE = ("category", "statement_line", "name")
"""Where words are looked for, best first."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What the settings say: classes by account, by statement line and by category, in the order of their weight."""

    accounts: Mapping[str, CashClass] = field(default_factory=dict)
    lines: Mapping[str, CashClass] = field(default_factory=dict)
    categories: Mapping[str, CashClass] = field(default_factory=dict)


def classified(accounts: pd.DataFrame, chosen: Classification | None = None) -> pd.DataFrame:
    """The cash class of every account.

    Shape: one row per account, in the chart's order (retained earnings last, where the chart has no such account):
    account_id, cash_class, is_recognized (false: by default alone).
    Raises: ConfigurationError for a chosen class that the account's type cannot have.
    """
    accounts = ledger.with_retained_earnings(accounts)
    said = _chosen(accounts, chosen or Classification())
    words = _by_words(accounts)
    is_cash = accounts["is_cash"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    is_asset = accounts["account_type"].isin(["asset", "liability"]).to_numpy(dtype=bool)
    result = np.where(said != "", said, np.where(is_cash & is_asset, "cash", words))
    is_recognized = result != ""
    is_income = accounts["account_type"].isin(ledger.INCOME_TYPES).to_numpy(dtype=bool)
    result = np.where(is_recognized, result, np.where(is_income, "earnings", "operating"))
    return pd.DataFrame(
        {
            "account_id": accounts["account_id"].astype("str").array,
            "cash_class": pd.array(result.tolist(), dtype="str"),
            "is_recognized": is_recognized | is_income,
        }
    )


def _chosen(accounts: pd.DataFrame, chosen: Classification) -> np.ndarray:
    """The class that the settings give each account, empty where they say nothing."""
    found = np.full(len(accounts), "", dtype=object)
    by_weight = ((chosen.categories, "category"), (chosen.lines, "statement_line"), (chosen.accounts, "account_id"))
    for classes, column in by_weight:
        given = accounts[column].map(dict(classes)).astype(object)
        found = np.where(given.notna(), given, found)
    is_income = accounts["account_type"].isin(ledger.INCOME_TYPES)
    for account_id, cash_class, income in zip(accounts["account_id"], found, is_income, strict=True):
        allowed = INCOME_CLASSES if income else BALANCE_CLASSES
        if cash_class and cash_class not in allowed:
            raise ConfigurationError(
                f"account {account_id} cannot have the cash class {cash_class!r}, which the settings give it, its "
                f"statement line or its category: its account type allows {', '.join(allowed)}"
            )
    return found


def _by_words(accounts: pd.DataFrame) -> np.ndarray:
    """The class that the chart's own words give each account, empty where none is recognized."""
    kind = accounts["account_type"]
    found = np.full(len(accounts), "", dtype=object)
    found[kind.eq("equity").to_numpy(dtype=bool)] = "financing"
    for types, words in ((("asset",), _ASSET_WORDS), (("liability",), _LIABILITY_WORDS), (_EARNED, _INCOME_WORDS)):
        of_type = kind.isin(types).to_numpy(dtype=bool)
        for column in _EVIDENCE:
            text = accounts[column].astype("str").str.lower().str.replace(r"[_\-/]", " ", regex=True)
            for cash_class, pattern in words:
                says_so = text.str.contains(pattern, regex=True).fillna(value=False).to_numpy(dtype=bool)
                found[of_type & says_so & (found == "")] = cash_class
    return found


_EARNED = tuple(t for t in ledger.INCOME_TYPES if t not in ("revenue", "income_tax"))
"""Types among which an amount that is not paid is looked for: a revenue called "amortization" is a customer's."""
