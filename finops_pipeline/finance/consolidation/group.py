"""The group: which entities it has, in which currency it reports, and the accounts that only a group has.

Here: who belongs to the group and with what share, and the group as one more entity with one more chart of accounts.
Not here: any amount.

Every entity of the master data belongs to the group and is consolidated in full, whatever its share: control is not
decided here. A share is the product of the shares along the chain of parents; an entity with a parent and without a
share is taken as wholly owned, and a finding says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import pandas as pd

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import ledger
from finops_pipeline.finance.findings import Finding

CURRENCY_TRANSLATION = "CURRENCY_TRANSLATION"
UNMATCHED_BALANCES = "INTERCOMPANY_BALANCES"
UNMATCHED_EQUITY = "INTERCOMPANY_EQUITY"
UNMATCHED_RESULT = "INTERCOMPANY_RESULT"
NON_CONTROLLING = "NON_CONTROLLING_INTERESTS"
NON_CONTROLLING_INCOME = "NON_CONTROLLING_INCOME"
NON_CONTROLLING_INCOME_LINE = "Net income of non-controlling interests"

_ACCOUNTS = (  # account, type, line, category
    (CURRENCY_TRANSLATION, "equity", "Currency translation adjustment", "translation"),
    (UNMATCHED_BALANCES, "asset", "Unmatched intercompany balances", "intercompany receivables"),
    (UNMATCHED_EQUITY, "equity", "Shares in group entities less their capital", "consolidation"),
    (UNMATCHED_RESULT, "other_expense", "Unmatched intercompany result", "intercompany"),
    (NON_CONTROLLING, "equity", "Non-controlling interests", "minority"),
    (NON_CONTROLLING_INCOME, "other_expense", NON_CONTROLLING_INCOME_LINE, "minority"),
)
RateType = Literal["average", "closing", "spot"]


@dataclass(frozen=True, slots=True)
class Group:
    """A group that reports as the entity `entity_id` in `currency`, on a fiscal year that starts in `start_month`.

    `shares`: the part of each entity that belongs to the parent's owners. `historical`: the type of rate that stands
    for the rate of the day on which equity was posted.
    """

    entity_id: str
    currency: str
    start_month: int
    shares: Mapping[str, Fraction]
    historical: RateType = "average"


def group_currency(entities: pd.DataFrame, chosen: str | None) -> str | None:
    """The currency of the group: the one chosen, else that of the entities without a parent, if they have the same."""
    parents = entities.loc[entities["parent_entity_id"].isna(), "functional_currency"].unique()
    return chosen or (str(parents[0]) if len(parents) == 1 else None)


def group_of(
    entities: pd.DataFrame, name: str | None, currency: str | None = None, historical: RateType = "average"
) -> Group | None:
    """The group that these entities are; none without a name, without a currency, or for one entity by itself.

    Its fiscal year is that of the entities without a parent, January's where they do not agree.
    Raises: ConfigurationError for a name that an entity has, and for entities that own each other in a circle.
    """
    own = group_currency(entities, currency)
    if not name or own is None or (len(entities) < 2 and currency is None):
        return None
    if name in set(entities["entity_id"]):
        raise ConfigurationError(f"an entity is called {name!r}, as the group is: choose another name in group_entity")
    starts = entities.loc[entities["parent_entity_id"].isna(), "fiscal_year_start_month"].fillna(1).unique()
    return Group(name, own, int(starts[0]) if len(starts) == 1 else 1, _shares(entities), historical)


def _shares(entities: pd.DataFrame) -> dict[str, Fraction]:
    """The part of each entity that belongs to the group's owners, down the chain of parents."""
    parent: dict[str, Any] = dict(zip(entities["entity_id"], entities["parent_entity_id"], strict=True))
    owned: dict[str, Any] = dict(zip(entities["entity_id"], entities["ownership_pct"], strict=True))
    shares: dict[str, Fraction] = {}
    for entity in parent:
        share, seen, at = Fraction(1), {entity}, entity
        while not pd.isna(parent[at]):
            share *= Fraction(1) if pd.isna(owned[at]) else Fraction(str(owned[at]))
            at = parent[at]
            if at in seen:
                raise ConfigurationError(f"entity {entity} owns itself by way of its parents: correct parent_entity_id")
            seen.add(at)
        shares[entity] = share
    return shares


def group_findings(entities: pd.DataFrame, group: Group) -> list[Finding]:
    """CON-010: shares that are missing or do not give control. Warnings."""
    findings = []
    owned = entities[entities["parent_entity_id"].notna()]
    for entity, share in zip(owned["entity_id"], owned["ownership_pct"], strict=True):
        if pd.isna(share):
            message = "has a parent and no ownership_pct: it is consolidated as wholly owned"
            findings.append(Finding("CON-010", str(entity), message, "warning"))
        elif group.shares[entity] * 2 <= 1:
            message = f"{group.shares[entity]} of it belongs to the group's owners, and it is consolidated in full"
            findings.append(Finding("CON-010", str(entity), message, "warning"))
    return findings


def with_group_accounts(accounts: pd.DataFrame) -> pd.DataFrame:
    """The chart of accounts, with the accounts that only a group has.

    Raises: ConfigurationError for a chart that has one of them.
    """
    added = pd.DataFrame(_ACCOUNTS, columns=["account_id", "account_type", "statement_line", "category"])
    taken = sorted(set(added["account_id"]) & set(accounts["account_id"]))
    if taken:
        raise ConfigurationError(f"the chart has accounts of its own called {', '.join(taken)}: rename them")
    added = added.assign(name=added["statement_line"]).reindex(columns=accounts.columns)
    return pd.concat(
        [ledger.with_retained_earnings(accounts), added.astype(accounts.dtypes.to_dict())], ignore_index=True
    )


def with_group_entity(entities: pd.DataFrame, group: Group) -> pd.DataFrame:
    """The entities, with the group as the last of them."""
    added = pd.DataFrame(
        {
            "entity_id": [group.entity_id],
            "name": [group.entity_id],
            "functional_currency": [group.currency],
            "fiscal_year_start_month": [group.start_month],
        }
    ).reindex(columns=entities.columns)
    return pd.concat([entities, added.astype(entities.dtypes.to_dict())], ignore_index=True)
