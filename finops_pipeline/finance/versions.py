"""Versions: budget versions beside each other, and what must hold of the register of versions.

Here: each version against every earlier one, and the proof that nothing was lost. Not here: actuals (`budget`), nor that a
locked version refuses changes (the intake keeps such lines out, with a reason).

A version is earlier than another if it is effective earlier, by the register, else by its name. Two versions are compared,
entity by entity, in the fiscal years in which both have a line; there, what only one of them plans is zero in the other.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from finops_pipeline.finance import budget as budgets
from finops_pipeline.finance import frames
from finops_pipeline.finance.findings import Finding

_PLACE = ["entity_id", "period", "account_id", "cost_center_id"]
_YEAR = ["entity_id", "year"]
_KINDS = {
    "base_version": "str", "version": "str", "entity_id": "str", "period": "str", "account_id": "str", "account_name": "str",
    "account_type": "str", "cost_center_id": "str", "department": "str", "currency": "str", "base_amount": "int64",
    "amount": "int64", "change": "int64", "change_pct": "float64", "profit_effect": "int64",
}  # fmt: skip
_KEY = ("base_version", "version", *_PLACE)


def in_order(names: Sequence[str], versions: pd.DataFrame) -> list[str]:
    """The versions from the earliest on; those that the register does not have come last, by name."""
    effective = dict(zip(versions["version"], versions["effective_period"], strict=True))
    return sorted(names, key=lambda name: (name not in effective, effective.get(name, ""), name))


def budget_version_variance(
    budget: pd.DataFrame,
    versions: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
) -> pd.DataFrame:
    """Each version against every earlier one. `budget`: budget_balances; `versions`: budget_versions.

    Shape: one row per base version x version x entity x period x account x cost center that one of the two plans. Unit:
    minor units of the entity's functional currency, in natural sign.
    Raises: ContractError when a row uses an entity, account or cost center that the master data do not have.
    """
    dated = _with_year(budget, entities)
    rows = {str(name): table for name, table in dated.groupby("version", sort=True)}
    pairs = [
        _beside(rows[base], rows[version]).assign(base_version=base, version=version)
        for base, version in combinations(in_order(list(rows), versions), 2)
    ]
    empty = dated.head(0).assign(base_version=pd.Series(dtype="str"), base_amount=pd.Series(dtype="int64"))
    return _described(pd.concat([empty, *pairs], ignore_index=True), accounts, cost_centers, entities)


def _with_year(table: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """The table with the number of the month in which each row's fiscal year starts."""
    number, start = frames.month_numbers(table["period"]), frames.fiscal_start_months(entities, table["entity_id"])
    return table.assign(year=number - (number - (start - 1)) % 12)


def _beside(base: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The places of two versions in the fiscal years that both plan."""
    both = base[_YEAR].drop_duplicates().merge(other[_YEAR].drop_duplicates(), on=_YEAR)
    sums = {
        name: table.merge(both, on=_YEAR).groupby(_PLACE, dropna=False)["amount"].sum()
        for name, table in (("base_amount", base), ("amount", other))
    }
    return frames.side_by_side(sums).reset_index()


def _described(
    rows: pd.DataFrame, accounts: pd.DataFrame, cost_centers: pd.DataFrame, entities: pd.DataFrame
) -> pd.DataFrame:
    account = frames.lookup(accounts, "account_id", rows["account_id"], where="budget_balances")
    center = frames.lookup(cost_centers, "cost_center_id", rows["cost_center_id"], where="budget_balances")
    entity = frames.lookup(entities, "entity_id", rows["entity_id"], where="budget_balances")
    change = (rows["amount"] - rows["base_amount"]).to_numpy(dtype=np.int64)
    found = rows.assign(
        account_name=account["name"].to_numpy(), account_type=account["account_type"].to_numpy(),
        department=center["department"].to_numpy(), currency=entity["functional_currency"].to_numpy(),
        change=change, change_pct=frames.fraction(change, rows["base_amount"].abs()),
    )  # fmt: skip
    signs = budgets.profit_signs(found["account_type"]).to_numpy(dtype=np.int64)
    return frames.arrange(found.assign(profit_effect=change * signs), _KINDS, _KEY)


def version_variance_findings(table: pd.DataFrame, budget: pd.DataFrame, entities: pd.DataFrame) -> list[Finding]:
    """BUD-007: both sides of each pair tie to budget_balances, by entity and fiscal year that both versions plan.

    A pair of versions that plan the same fiscal year of an entity and are not beside each other is a finding too.
    """
    planned = _with_year(budget, entities).groupby(["version", *_YEAR])["amount"].sum()
    shown = _with_year(table, entities).groupby(["base_version", "version", *_YEAR])[["base_amount", "amount"]].sum()
    by_year: Any = planned.reset_index().groupby(_YEAR)
    due = {
        (frozenset(pair), entity, year) for (entity, year), rows in by_year for pair in combinations(rows["version"], 2)
    }
    found = [
        Finding("BUD-007", f"{base} {version} {entity}", f"{side} of the year is {said}, in budget_balances {known} (minor units)")
        for (base, version, entity, year), sums in zip(shown.index, shown.itertuples(index=False, name=None), strict=True)
        for side, name, said in (("base_amount", base, sums[0]), ("amount", version, sums[1]))
        if (known := planned.get((name, entity, year))) != said
    ]  # fmt: skip
    beside = {(frozenset((base, version)), entity, year) for base, version, entity, year in shown.index}
    missing = sorted((*sorted(pair), entity, frames.month_labels(year, 1)[0]) for pair, entity, year in due - beside)
    return found + [Finding("BUD-007", " ".join(place), "both plan the year and are not compared") for place in missing]


def version_warnings(versions: pd.DataFrame, budget: pd.DataFrame) -> list[Finding]:
    """BUD-008: where versions are registered, all are. BUD-009: a locked version was approved, no later than locked."""
    registered = set(versions["version"])
    unknown = sorted(set(budget["version"]) - registered) if registered else []
    found = [
        Finding("BUD-008", name, "has budget lines and is not in budget_versions: register it", "warning")
        for name in unknown
    ]
    locked = versions[versions["locked_on"].notna()].sort_values("version")
    for name, approved, day in zip(locked["version"], locked["approved_on"], locked["locked_on"], strict=True):
        if pd.isna(approved) or approved > day:
            said = "nobody approved it" if pd.isna(approved) else f"it was approved on {approved:%Y-%m-%d} only"
            found.append(Finding("BUD-009", name, f"is locked since {day:%Y-%m-%d}, and {said}", "warning"))
    return found
