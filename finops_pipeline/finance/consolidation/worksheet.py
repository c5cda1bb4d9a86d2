"""The worksheet of the consolidation: every movement of the group's ledger, with the entity and the step it comes from.

Here: the steps put together, and the group's ledger made of them. Not here: the steps themselves.

    translated    the entity's own ledger in the group's currency
    adjustment    its translation adjustment
    eliminated    what it has with other entities of the group
    minority      what of it belongs to others

Each step of an entity balances (CON-001; translated and adjustment together), so their sum does, whatever the rates,
the shares and the counterparties say: the assets of the group equal its liabilities and equity because those of every
entity do. The group is then one more ledger, and its statements are made by what makes those of an entity.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames, ledger
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.consolidation import elimination, minority, rollforward
from finops_pipeline.finance.consolidation.group import CURRENCY_TRANSLATION, Group, with_group_accounts
from finops_pipeline.finance.consolidation.translation import Books, books
from finops_pipeline.finance.currency import Rates

STEPS = ("translated", "adjustment", "eliminated", "minority")
_KINDS = {
    "entity_id": "str",
    "period": "str",
    "account_id": "str",
    "account_name": "str",
    "account_type": "str",
    "step": "str",
    "currency": "str",
    "amount": "int64",
    "cash_flow_amount": "int64",
}
_KEY = ("entity_id", "period", "account_id", "step")
_FLAT = list(_KINDS)


@dataclass(frozen=True, slots=True)
class Sources:
    """The ledger that is consolidated: balances and intercompany balances with all history, and master data."""

    balances: pd.DataFrame
    intercompany: pd.DataFrame
    accounts: pd.DataFrame
    entities: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Consolidation:
    """The three tables of a consolidation, from the first month of the books to the last one asked for."""

    worksheet: pd.DataFrame
    rollforward: pd.DataFrame
    unmatched: pd.DataFrame


def consolidate(
    sources: Sources,
    group: Group,
    rates: Rates,
    last: str,
    cash: Collection[str],
    shares: Collection[str] = (),
) -> Consolidation:
    """Consolidate all months up to `last`. `cash`: cash accounts; `shares`: accounts of shares in group entities.

    Shape: worksheet: entity x period x account x step, movements debit-positive; `cash_flow_amount` is the movement at
    the rate at which cash moved. Unit: minor units of the group's currency.
    Raises: MissingRateError naming pair, type and period; ContractError for strangers among entities and accounts.
    """
    span = _span(sources.balances, last)
    if span is None:
        return _nothing()
    accounts, entities = sources.accounts, sources.entities
    own = books(sources.balances, ["entity_id", "account_id"], accounts, entities, group, rates, span, cash)
    inside = elimination.eliminable(sources.intercompany, cash)
    within = books(inside, elimination.KEYS, accounts, entities, group, rates, span, cash)
    kind = elimination.kinds(within.keys["account_id"], accounts, shares)
    adjustment = _adjustment(own)
    parts = [
        _flat(own.keys["entity_id"], own.keys["account_id"], "translated", own.amount, own.flow, own.first),
        _moves("adjustment", [(e, CURRENCY_TRANSLATION, moved) for e, moved in adjustment.items()], own.first),
        *_eliminated(within, kind),
        _moves("minority", minority.minority(own, _is_equity(own, accounts), adjustment, group.shares), own.first),
    ]
    return Consolidation(
        _worksheet(pd.concat(parts, ignore_index=True), accounts, group),
        rollforward.rollforward(own, group, rates, cash),
        elimination.unmatched(within, kind, group),
    )


def _span(balances: pd.DataFrame, last: str) -> tuple[int, int] | None:
    """First month of the books and the last one asked for; none where nothing was posted by then."""
    months = frames.month_numbers(balances["period"])
    end = calendar.index(last)
    return (int(months.min()), end) if len(months) and months.min() <= end else None


def _nothing() -> Consolidation:
    empty = pd.DataFrame(columns=_FLAT)
    return Consolidation(
        frames.arrange(empty, _KINDS, _KEY), rollforward.nothing(), elimination.nothing()
    )  # fmt: skip


def _adjustment(own: Books) -> Mapping[str, frames.Whole]:
    """What each entity's translated movements leave open, as the movement of its translation adjustment."""
    entities = own.keys["entity_id"]
    sums = {}
    for entity in entities.unique():
        sums[str(entity)] = -own.amount[entities.eq(entity).to_numpy(dtype=bool)].sum(axis=0)
    return sums


def _is_equity(own: Books, accounts: pd.DataFrame) -> pd.Series:
    account = frames.lookup(
        ledger.with_retained_earnings(accounts), "account_id", own.keys["account_id"], where="gl_balances"
    )
    return account["account_type"].eq("equity")


def _eliminated(within: Books, kind: pd.Series) -> list[pd.DataFrame]:
    """Each account loses what it has with others, and the group's account for that kind takes it."""
    entity, into = within.keys["entity_id"], kind.map(elimination.DIFFERENCE)
    return [
        _flat(entity, within.keys["account_id"], "eliminated", -within.amount, -within.flow, within.first),
        _flat(entity, into, "eliminated", within.amount, within.flow, within.first),
    ]


def _moves(step: str, moves: list[tuple[str, str, frames.Whole]], first: int) -> pd.DataFrame:
    """Movements within equity: no cash moves with them."""
    names = pd.DataFrame([(entity, account) for entity, account, _ in moves], columns=["entity_id", "account_id"])
    amount = np.array([moved for _, _, moved in moves] or np.zeros((0, 1)), dtype=np.int64)
    return _flat(names["entity_id"], names["account_id"], step, amount, np.zeros_like(amount), first)


def _flat(
    entity: pd.Series, account: pd.Series, step: str, amount: frames.Whole, flow: frames.Whole, first: int
) -> pd.DataFrame:
    series, month = np.nonzero((amount != 0) | (flow != 0))
    return pd.DataFrame(
        {
            "entity_id": entity.astype("str").take(series).array,
            "period": frames.month_labels(first, amount.shape[1]).take(month),
            "account_id": account.astype("str").take(series).array,
            "step": step,
            "amount": amount[series, month],
            "cash_flow_amount": flow[series, month],
        }
    )


def _worksheet(rows: pd.DataFrame, accounts: pd.DataFrame, group: Group) -> pd.DataFrame:
    sums = rows.groupby(list(_KEY))[["amount", "cash_flow_amount"]].sum().reset_index()
    sums = sums[(sums[["amount", "cash_flow_amount"]] != 0).any(axis=1)]
    account = frames.lookup(with_group_accounts(accounts), "account_id", sums["account_id"], where="the worksheet")
    named = sums.assign(
        account_name=account["name"].array, account_type=account["account_type"].array, currency=group.currency
    )
    return frames.arrange(named, _KINDS, _KEY)


def group_balances(worksheet: pd.DataFrame, group: Group) -> pd.DataFrame:
    """The group's ledger: what every account of it moved by, as balances of the entity that the group is.

    Shape: one row per period x account, with debit, credit and `cash_flow_amount`.
    """
    keys = ["period", "account_id", "currency"]
    sums = worksheet.groupby(keys)[["amount", "cash_flow_amount"]].sum().reset_index()
    sums.insert(0, "entity_id", pd.Series(group.entity_id, index=sums.index, dtype="str"))
    amount = sums.pop("amount")
    return sums.assign(debit=amount.clip(lower=0), credit=(-amount).clip(lower=0))
