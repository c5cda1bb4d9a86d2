"""Proofs: a bridge loses nothing, whether it is read by account or by product.

Here: the blocking rules of `variance_bridge`, computed from its sources in plain sums. Not here: the bridge.
"""

from collections.abc import Sequence

import pandas as pd

from finops_pipeline.finance import ledger
from finops_pipeline.finance.findings import Finding

_BY_ACCOUNT = ["version", "entity_id", "period", "account_id"]
_BY_PRODUCT = [*_BY_ACCOUNT, "product_id"]


def bridge_findings(
    bridge: pd.DataFrame,
    variance: pd.DataFrame,
    plan: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    periods: Sequence[str],
) -> list[Finding]:
    """BUD-003: the effects of each account sum to its variance of the month, and those of each product to its own.

    The variance of an account is that of `budget_variance`, over its cost centers. The variance of a product is what the
    ledger has posted of it less what the plan has, in the accounts and months that `budget_variance` compares. A place
    that only one side has must be zero.
    """
    wanted = variance[(variance["basis"] == "mtd") & variance["period"].isin(list(periods))]
    due = wanted.groupby(_BY_ACCOUNT)["variance"].sum()
    return [
        *_untied("account", due, bridge.groupby(_BY_ACCOUNT)["amount"].sum()),
        *_untied(
            "product",
            _by_product(wanted, plan, balances, accounts, periods),
            bridge.groupby(_BY_PRODUCT, dropna=False)["amount"].sum(),
        ),
    ]


def _by_product(
    variance: pd.DataFrame, plan: pd.DataFrame, balances: pd.DataFrame, accounts: pd.DataFrame, periods: Sequence[str]
) -> pd.Series:
    """Posted less planned of every product, where the variance report compares its account."""
    compared = variance[_BY_ACCOUNT].drop_duplicates()
    sign = ledger.natural_sign(accounts.set_index("account_id")["account_type"])
    natural = balances["account_id"].map(sign).to_numpy()
    posted = balances[_BY_PRODUCT[1:]].assign(amount=(balances["debit"] - balances["credit"]) * natural)
    posted = compared.merge(posted, on=_BY_ACCOUNT[1:])
    planned = plan.loc[plan["period"].isin(list(periods)), [*_BY_PRODUCT, "amount"]]
    both = pd.concat([posted, planned.assign(amount=-planned["amount"])], ignore_index=True)
    sums: pd.Series = both.groupby(_BY_PRODUCT, dropna=False)["amount"].sum()
    return sums


def _untied(level: str, due: pd.Series, said: pd.Series) -> list[Finding]:
    both = pd.concat([due.rename("due").reset_index().assign(said=0), said.rename("said").reset_index().assign(due=0)])
    sums = both.groupby([c for c in both.columns if c not in ("due", "said")], dropna=False)[["due", "said"]].sum()
    broken = sums[sums["due"] != sums["said"]].reset_index()
    return [
        Finding(
            "BUD-003",
            " ".join(str(row[name]) for name in _BY_PRODUCT if name in row and not pd.isna(row[name])),
            f"effects of the {level} sum to {row['said']} and its variance is {row['due']} (minor units)",
            period=str(row["period"]),
        )
        for row in broken.to_dict("records")
    ]
