"""Intercompany: what the entities of the group owe, charge and own among themselves, taken out of the group.

Here: the elimination of lines that name a counterparty, and what is left of each pair. Not here: translation.

A line counts as intercompany when it names another entity as its counterparty. It is taken out of its account as it
was translated there, and put into one of three accounts of the group, by kind:

    balances   assets and liabilities                 Unmatched intercompany balances
    income     income and expense                     Unmatched intercompany result
    equity     shares in group entities, and equity   Shares in group entities less their capital

If both sides say the same, these three are zero. What is in them is the difference between what the two sides say: it
stays visible in the group's statements, and `intercompany_unmatched` says between whom. Eliminations move no profit:
the net income of the group is that of its entities. Profit in goods sold within the group and still in stock is not
eliminated: no ledger says how much it is.

Cash is never taken out, though its line may name a counterparty: it has been paid. Source: IFRS 10.B86.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames, ledger
from finops_pipeline.finance.consolidation.group import (
    UNMATCHED_BALANCES,
    UNMATCHED_EQUITY,
    UNMATCHED_RESULT,
    Group,
)
from finops_pipeline.finance.consolidation.translation import Books
from finops_pipeline.finance.findings import Finding

DIFFERENCE = {"balances": UNMATCHED_BALANCES, "income": UNMATCHED_RESULT, "equity": UNMATCHED_EQUITY}
"""The group's account that takes what is eliminated, by kind."""
KEYS = ("entity_id", "account_id", "counterparty_entity_id")
_SHARES = r"\bshares in|investments? in|subsidiar|participation"
_KINDS = {
    "period": "str",
    "entity_id": "str",
    "counterparty_entity_id": "str",
    "kind": "str",
    "currency": "str",
    "entity_amount": "int64",
    "counterparty_amount": "int64",
    "unmatched_amount": "int64",
    "status": "str",
}


def eliminable(intercompany: pd.DataFrame, cash: Collection[str]) -> pd.DataFrame:
    """The lines to eliminate: those with another entity, on accounts that are not cash."""
    other = intercompany["counterparty_entity_id"] != intercompany["entity_id"]
    return intercompany[other & ~intercompany["account_id"].isin(list(cash))]


def own_counterparty_findings(intercompany: pd.DataFrame) -> list[Finding]:
    """CON-011: an entity that names itself as its counterparty: the line is left where it is. Warnings."""
    own = intercompany[intercompany["counterparty_entity_id"] == intercompany["entity_id"]]
    return [
        Finding("CON-011", f"{entity} {account}", "names its own entity as counterparty: not eliminated", "warning")
        for entity, account in sorted(set(zip(own["entity_id"], own["account_id"], strict=True)))
    ]


def kinds(account_ids: pd.Series, accounts: pd.DataFrame, shares: Collection[str]) -> pd.Series:
    """The kind of intercompany relation that each account holds.

    `shares` are accounts of shares in group entities; others are recognized by category, statement line or name.
    """
    account = frames.lookup(
        ledger.with_retained_earnings(accounts), "account_id", account_ids, where="intercompany_balances"
    )
    text = account["category"].astype("str").fillna("")
    for column in ("statement_line", "name"):
        text = text + " " + account[column].astype("str").fillna("")
    says_so = text.str.lower().str.replace("_", " ").str.contains(_SHARES, regex=True).to_numpy(dtype=bool)
    kind = account["account_type"]
    is_share = kind.eq("asset").to_numpy(dtype=bool) & (says_so | account_ids.isin(list(shares)).to_numpy(dtype=bool))
    found = np.select(
        [kind.isin(ledger.INCOME_TYPES), kind.eq("equity") | is_share], ["income", "equity"], "balances"
    )  # fmt: skip
    return pd.Series(found, index=account_ids.index, dtype="str")


def nothing() -> pd.DataFrame:
    """The table of what is unmatched, without rows."""
    return pd.DataFrame(columns=list(_KINDS)).astype(_KINDS)


def unmatched(within: Books, kind: pd.Series, group: Group) -> pd.DataFrame:
    """What the two sides of every pair say, where they do not say the same.

    Balances and equity stand as at the end of the month, income as of the month. Amounts are debit-positive: a
    receivable on one side and a payable on the other sum to zero. `status`: `one_sided` where the other side says
    nothing, `rounding` where the difference can come from rounding translated amounts, else `differs`.

    Shape: one row per period x pair x kind with a difference. Unit: minor units of the group's currency.
    """
    is_income = kind.eq("income").to_numpy(dtype=bool)[:, None]
    said = np.where(is_income, within.amount, frames.running(within.amount)[:, 1:])
    is_foreign = (within.currencies != group.currency)[:, None]
    moved = (within.net != 0) & is_foreign
    roundings = np.where(
        is_income | within.is_balance[:, None], said != 0, frames.running(moved.astype(np.int64))[:, 1:]
    )
    roundings = np.where(is_foreign, roundings, 0)
    sides = within.keys[["entity_id", "counterparty_entity_id"]]
    first, second = sides.min(axis=1), sides.max(axis=1)
    series, month = np.nonzero((said != 0) | (roundings != 0))
    is_first = sides["entity_id"].eq(first).to_numpy(dtype=bool)[series]
    amounts = said[series, month]
    rows = pd.DataFrame(
        {
            "period": frames.month_labels(within.first, said.shape[1]).take(month),
            "entity_id": first.take(series).array,
            "counterparty_entity_id": second.take(series).array,
            "kind": kind.take(series).array,
            "entity_amount": np.where(is_first, amounts, 0),
            "counterparty_amount": np.where(is_first, 0, amounts),
            "roundings": roundings[series, month],
        }
    )
    pairs = rows.groupby(["period", "entity_id", "counterparty_entity_id", "kind"]).sum().reset_index()
    pairs["unmatched_amount"] = pairs["entity_amount"] + pairs["counterparty_amount"]
    pairs = pairs[pairs["unmatched_amount"] != 0]
    one_sided = (pairs["entity_amount"] == 0) | (pairs["counterparty_amount"] == 0)
    is_rounding = pairs["unmatched_amount"].abs() * 2 <= pairs["roundings"]
    status = np.select([one_sided, is_rounding], ["one_sided", "rounding"], "differs")
    return frames.arrange(pairs.assign(currency=group.currency, status=status), _KINDS, list(_KINDS)[:4])
