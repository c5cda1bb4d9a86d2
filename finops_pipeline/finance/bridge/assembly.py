"""Assembly: the bridge of every version as a report.

Here: one version after the other, cut, computed and put into rows. Not here: the arithmetic (`effects`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pandas as pd

from finops_pipeline.finance import currency as exchange
from finops_pipeline.finance import frames
from finops_pipeline.finance.bridge import cells as cutting
from finops_pipeline.finance.bridge import effects, foreign
from finops_pipeline.finance.findings import Finding

_KINDS = {
    "version": "str",
    "entity_id": "str",
    "period": "str",
    "product_id": "str",
    "account_id": "str",
    "effect": "str",
    "currency": "str",
    "amount": "int64",
}
_KEY = ("version", "entity_id", "period", "product_id", "account_id", "effect")


@dataclass(frozen=True, slots=True)
class Bridge:
    """The effects, and what could not be told apart: BUD-004 for an exchange rate that is missing."""

    rows: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)


def variance_bridge(
    plan: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    periods: Sequence[str],
    rates: exchange.Rates,
    variable_shares: Mapping[str, Decimal] | None = None,
) -> Bridge:
    """The effects that make each month's variance, by product and account; effects of zero are left out.

    `plan` is budget_by_product with every line of every version, `balances` gl_balances of the periods, `variable_shares`
    the share of an account's budget that moves with sales, for accounts whose behavior is not all of it or nothing.

    Shape: one row per version x entity x period x product x account x effect. Unit: minor units of the entity's
    functional currency, in natural sign: the effects of a place sum to actual less budget.
    Raises: ContractError when a row uses an account or entity that the master data do not have; ValueError for a share
    that is not between 0 and 1.
    """
    if not len(plan):
        return Bridge(frames.arrange(pd.DataFrame(columns=list(_KINDS)), _KINDS, _KEY))
    books = cutting.books(plan, balances, accounts, entities, periods)
    account = effects.nature(books.names, accounts, _millionths(variable_shares or {}))
    exposed = foreign.exposure(plan, books.rows, rates)
    parts: list[_Part] = []
    for version, rows, cut in books.cut():
        of_version = (books.place[rows], books.amount[rows], exposed.pair[rows])
        actual = foreign.at_budget_rates(cut, *of_version, exposed.factors)
        parts.append(_part(version, cut, effects.effects(cut, actual, books.names, account)))
    findings = [
        Finding("BUD-004", "variance_bridge", f"{text}; until then its effect is part of price and spend", "warning")
        for text in exposed.missing
    ]
    return Bridge(_report(parts, books, entities), findings)


def _millionths(shares: Mapping[str, Decimal]) -> dict[str, int]:
    for account, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"the variable share of account {account} is {share}: give a fraction between 0 and 1")
    return {account: int((share * effects.SHARE_SCALE).to_integral_value()) for account, share in shares.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The effects of one version that are not zero, in numbers."""

    version: int
    codes: dict[str, frames.Whole]
    effect: frames.Whole
    amount: frames.Whole


def _part(version: int, cut: cutting.Cells, amounts: frames.Whole) -> _Part:
    cell, effect = np.nonzero(amounts)
    at = {name: numbers[cell] for name, numbers in cut.codes.items()}
    order = np.lexsort((effect, at["account_id"], at["product_id"], at["period"], at["entity_id"]))
    in_order = {name: numbers[order] for name, numbers in at.items()}
    return _Part(version, in_order, effect[order], amounts[cell, effect][order])


def _report(parts: Sequence[_Part], books: cutting.Books, entities: pd.DataFrame) -> pd.DataFrame:
    """The parts in the words of the report; parts and their rows are in the order of the key already."""
    words = {name: index.append(pd.Index([None], dtype="str")).array for name, index in books.names.words.items()}
    columns: dict[str, object] = {
        name: words[name].take(np.concatenate([part.codes[name] for part in parts])) for name in words
    }
    owner = frames.lookup(entities, "entity_id", books.names.words["entity_id"].to_series(), where="budget_by_product")
    currency = owner["functional_currency"].astype("str").array
    version = np.repeat([part.version for part in parts], [len(part.effect) for part in parts])
    columns |= {
        "version": books.versions.astype("str").array.take(version),
        "effect": pd.array(list(effects.EFFECTS), dtype="str").take(np.concatenate([p.effect for p in parts])),
        "currency": currency.take(np.concatenate([part.codes["entity_id"] for part in parts])),
        "amount": np.concatenate([part.amount for part in parts]),
    }
    return pd.DataFrame(columns)[list(_KINDS)]
