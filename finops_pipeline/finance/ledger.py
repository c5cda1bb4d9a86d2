"""Ledger: signs of account types, the trial balance, and what must always be true of it.

Here: natural sign, the retained earnings account, opening and closing balances across fiscal years. Not here: how
journal lines become monthly balances (`balances`), nor how accounts are shown in statements (`statements`).

How a year closes. No closing entry is ever posted: the ledger holds activity alone, and the roll is arithmetic.
An income account's balance counts from the start of its entity's fiscal year; everything it gathered in the years
before stands in the opening balance of retained earnings. Worked example (fiscal year from January, debit-positive):

    December    cash +100, revenue -100    closing: cash 100, revenue -100
    January     no activity                opening: cash 100, revenue 0, retained earnings -100
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding

INCOME_TYPES = ("revenue", "cost_of_revenue", "operating_expense", "other_income", "other_expense", "income_tax")
BALANCE_SHEET_TYPES = ("asset", "liability", "equity")
COST_TYPES = ("cost_of_revenue", "operating_expense", "other_expense")
CREDIT_TYPES = ("liability", "equity", "revenue", "other_income")

RETAINED_EARNINGS = "RETAINED_EARNINGS"
RETAINED_EARNINGS_NAME = "Retained earnings"

_KINDS = {
    "entity_id": "str",
    "period": "str",
    "account_id": "str",
    "account_name": "str",
    "account_type": "str",
    "currency": "str",
    "opening_balance": "int64",
    "debit": "int64",
    "credit": "int64",
    "closing_balance": "int64",
}
_KEY = ("entity_id", "period", "account_id")


def natural_sign(account_type: pd.Series) -> pd.Series:
    """The factor that turns a debit-positive amount into natural sign: +1 for debit types, -1 for credit types.

    Raises: ContractError for a type that is not in the vocabulary.
    """
    frames.require_known(
        account_type.fillna("(empty)"), (*INCOME_TYPES, *BALANCE_SHEET_TYPES), what="account_type", where="accounts"
    )
    return (1 - 2 * account_type.isin(CREDIT_TYPES).astype("int64")).rename("natural_sign")


def retained_earnings_account(accounts: pd.DataFrame) -> str:
    """The account that takes the income of closed years.

    The equity account whose statement line, category or name says "retained earnings" (the lowest identifier, if
    several do); otherwise a synthetic account, `RETAINED_EARNINGS`.
    """
    says_so = np.zeros(len(accounts), dtype=bool)
    for column in ("statement_line", "category", "name"):
        text = accounts[column].astype("str").str.lower().str.replace("_", " ")
        says_so |= text.str.contains("retained earnings", regex=False).fillna(value=False).to_numpy(dtype=bool)
    found = accounts.loc[says_so & accounts["account_type"].eq("equity").to_numpy(dtype=bool), "account_id"]
    return str(found.min()) if len(found) else RETAINED_EARNINGS


def chart(accounts: pd.DataFrame) -> pd.DataFrame:
    """The chart of accounts with retained earnings in it, whether or not the extract had such an account."""
    own = accounts[["account_id", "name", "account_type", "statement_line"]]
    if retained_earnings_account(accounts) in set(accounts["account_id"]):
        return own
    added = {
        "account_id": [RETAINED_EARNINGS],
        "name": [RETAINED_EARNINGS_NAME],
        "account_type": ["equity"],
        "statement_line": [RETAINED_EARNINGS_NAME],
    }
    return pd.concat([own.astype("str"), pd.DataFrame(added, dtype="str")], ignore_index=True)


def with_retained_earnings(accounts: pd.DataFrame) -> pd.DataFrame:
    """The chart of accounts with every column it has, and retained earnings among its accounts."""
    full = chart(accounts)
    added = full[~full["account_id"].isin(accounts["account_id"])].reindex(columns=accounts.columns)
    return pd.concat([accounts, added.astype(accounts.dtypes.to_dict())], ignore_index=True) if len(added) else accounts


def trial_balance(
    balances: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame, periods: Sequence[str]
) -> pd.DataFrame:
    """The trial balance: opening balance, activity and closing balance of every account, debit-positive.

    `balances` is gl_balances with all history up to the last of `periods` (consecutive labels). Cost centers and
    products are summed away. An account appears from its first activity on, retained earnings from the first fiscal
    year that had income before it.

    Shape: one row per entity x period x account. Unit: minor units of the entity's functional currency.
    Raises: ContractError when balances use an entity or account that the master data do not have.
    """
    if not len(balances) or not periods:
        return frames.arrange(pd.DataFrame(columns=list(_KINDS)), _KINDS, _KEY)
    begin, last = calendar.index(periods[0]), calendar.index(periods[-1])
    first = min(begin, int(frames.month_numbers(balances["period"]).min()))
    table = _with_retained_earnings(balances, accounts)
    panel = frames.panel(table, ["entity_id", "account_id"], ["debit", "credit", "posted"], first, last)
    return _rows(panel, accounts, entities, begin - first)


def _with_retained_earnings(balances: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """The postings (`posted` 1) and, for every entity, a place for its retained earnings (`posted` 0)."""
    own = balances[["entity_id", "period", "account_id", "debit", "credit"]].assign(posted=1)
    places = own[["entity_id", "period"]].drop_duplicates()
    places = places.assign(account_id=retained_earnings_account(accounts), debit=0, credit=0, posted=0)
    return pd.concat([own, places], ignore_index=True)


def _rows(panel: frames.Panel, accounts: pd.DataFrame, entities: pd.DataFrame, skip: int) -> pd.DataFrame:
    """The trial balance of a panel, leaving out its first `skip` months (history)."""
    keys = panel.keys
    account = frames.lookup(chart(accounts), "account_id", keys["account_id"], where="gl_balances")
    starts = frames.fiscal_start_months(entities, keys["entity_id"])
    is_income = account["account_type"].isin(INCOME_TYPES).to_numpy(dtype=bool)
    takes_income = keys["account_id"].eq(retained_earnings_account(accounts)).to_numpy(dtype=bool)
    debit, credit, posted = panel.values["debit"], panel.values["credit"], panel.values["posted"]
    net = debit - credit
    before = frames.before_year(net, panel.first, starts)
    opening = frames.running(net)[:, :-1] - np.where(is_income[:, None], before, 0)
    opening += _closed_income(before, is_income, takes_income, keys["entity_id"])
    income_posted = _closed_income(
        frames.before_year(posted, panel.first, starts), is_income, takes_income, keys["entity_id"]
    )
    seen = (frames.running(posted)[:, 1:] + income_posted) > 0
    seen[:, :skip] = False
    series, month = np.nonzero(seen)
    entity = frames.lookup(entities, "entity_id", keys["entity_id"], where="gl_balances")
    table = pd.DataFrame(
        {
            "entity_id": keys["entity_id"].take(series).array,
            "period": frames.month_labels(panel.first, net.shape[1]).take(month),
            "account_id": keys["account_id"].take(series).array,
            "account_name": account["name"].take(series).array,
            "account_type": account["account_type"].take(series).array,
            "currency": entity["functional_currency"].take(series).array,
            "opening_balance": opening[series, month],
            "debit": debit[series, month],
            "credit": credit[series, month],
            "closing_balance": (opening + net)[series, month],
        }
    )
    return frames.arrange(table, _KINDS, _KEY)


def _closed_income(
    before: frames.Whole, is_income: np.ndarray, takes_income: np.ndarray, entity_ids: pd.Series
) -> frames.Whole:
    """What the years before have closed into retained earnings: a matrix that is zero in every other row."""
    code, names = pd.factorize(entity_ids)
    total = np.zeros((len(names), before.shape[1]), dtype=np.int64)
    np.add.at(total, code[is_income], before[is_income])
    return np.where(takes_income[:, None], total[code], 0)


def trial_balance_findings(tb: pd.DataFrame, entities: pd.DataFrame) -> list[Finding]:
    """Everything that a trial balance must satisfy and does not: LED-001, LED-002, LED-003."""
    if not len(tb):
        return []
    return [*_unbalanced(tb), *_broken_rows(tb), *_broken_chain(tb, entities)]


def _unbalanced(tb: pd.DataFrame) -> list[Finding]:
    """LED-001: debits equal credits, and opening and closing balances sum to zero, per entity and period."""
    sums = tb.groupby(["entity_id", "period"])[["opening_balance", "debit", "credit", "closing_balance"]].sum()
    sums["difference"] = sums["debit"] - sums["credit"]
    broken = sums[(sums[["difference", "opening_balance", "closing_balance"]] != 0).any(axis=1)]
    return [
        Finding(
            "LED-001",
            f"{entity} {period}",
            f"debits less credits are {row.difference}, opening balances sum to {row.opening_balance} and closing "
            f"balances to {row.closing_balance} minor units, not to zero: look for journals that do not balance",
            period=str(period),
        )
        for (entity, period), row in zip(broken.index, broken.itertuples(index=False), strict=True)
    ]


def _broken_rows(tb: pd.DataFrame) -> list[Finding]:
    """LED-002: closing balance = opening balance + debit - credit, row by row."""
    expected = tb["opening_balance"] + tb["debit"] - tb["credit"]
    broken = tb.assign(expected=expected)[tb["closing_balance"] != expected]
    return [
        Finding(
            "LED-002",
            f"{row.entity_id} {row.period} {row.account_id}",
            f"closing balance is {row.closing_balance} but opening, debit and credit give {row.expected} minor units",
            period=str(row.period),
        )
        for row in broken.itertuples(index=False)
    ]


def _broken_chain(tb: pd.DataFrame, entities: pd.DataFrame) -> list[Finding]:
    """LED-003: what an account closes with, it opens with a month later.

    A row may be missing only where its balance is zero on both sides. At the start of a fiscal year income accounts
    open at zero, and equity is left to LED-001, because it takes the income of the year before.
    """
    number = frames.month_numbers(tb["period"])
    table = tb[["entity_id", "account_id", "account_type"]].assign(month=number)
    after = table.assign(month=number + 1, closing=tb["closing_balance"].astype("Int64"))
    here = table.assign(opening=tb["opening_balance"].astype("Int64"))
    pairs = after[after["month"] <= number.max()].merge(here[here["month"] > number.min()], how="outer")
    new_year = pairs["month"] % 12 == frames.fiscal_start_months(entities, pairs["entity_id"]) - 1
    resets = new_year & pairs["account_type"].isin(INCOME_TYPES)
    expected = pairs["closing"].fillna(0).mask(resets, 0)
    free = new_year & pairs["account_type"].eq("equity")
    gone = pairs["opening"].isna()
    broken = pairs.assign(expected=expected)[gone | (~free & (pairs["opening"].fillna(0) != expected))]
    return [
        Finding(
            "LED-003",
            f"{row.entity_id} {calendar.label(row.month)} {row.account_id}",
            f"opens at {'nothing: the row is missing' if pd.isna(row.opening) else row.opening}; the month before "
            f"leaves {row.expected} minor units",
            period=calendar.label(row.month),
        )
        for row in broken.itertuples(index=False)
    ]
