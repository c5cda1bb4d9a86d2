"""Statements of the entities and of their group beside them: the group is one more entity, with one more ledger.

Here: income statement and balance sheet of all, and the trial balance and movements that the group's are made of. Not
here: lines and their order (`statements`, `cash_flow`), nor the ledger of the group (`worksheet`).

All are numbered by one chart, that of the group, so that a line has the same number in every entity. Below net income
the group shows whose it is, if anything belongs to others; `Net income of the year` in its balance sheet is the
owners' part, that of the others stands in `Non-controlling interests`.
"""

from collections.abc import Sequence

import pandas as pd

from finops_pipeline.finance import cash_flow as cash
from finops_pipeline.finance import frames, ledger, statements
from finops_pipeline.finance.consolidation.group import (
    CURRENCY_TRANSLATION,
    NON_CONTROLLING,
    NON_CONTROLLING_INCOME,
    NON_CONTROLLING_INCOME_LINE,
    Group,
    with_group_accounts,
    with_group_entity,
)
from finops_pipeline.finance.consolidation.rollforward import CASH
from finops_pipeline.finance.consolidation.worksheet import group_balances

_WITHIN_EQUITY = (CURRENCY_TRANSLATION, NON_CONTROLLING, NON_CONTROLLING_INCOME)
_AMOUNTS = ["amount", "ytd_amount", "prior_year_amount"]


def trial_balance(
    worksheet: pd.DataFrame, group: Group, accounts: pd.DataFrame, entities: pd.DataFrame, periods: Sequence[str]
) -> pd.DataFrame:
    """The group's trial balance; its retained earnings roll on the group's fiscal year.

    `worksheet` has all history. Periods after its last month are left out: the group is not known there.
    Shape and unit: as `ledger.trial_balance`, for the one entity that the group is.
    """
    balances, chart = group_balances(worksheet, group), with_group_accounts(accounts)
    return ledger.trial_balance(balances, chart, with_group_entity(entities, group), _known(worksheet, periods))


def _known(worksheet: pd.DataFrame, periods: Sequence[str]) -> list[str]:
    return [p for p in periods if p <= worksheet["period"].max()] if len(worksheet) else []


def balance_sheet(
    worksheet: pd.DataFrame,
    group: Group,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    tb: pd.DataFrame,
    periods: Sequence[str],
) -> pd.DataFrame:
    """The balance sheets of the entities (by their trial balance) and of the group. Shape: as `statements`."""
    of_group = trial_balance(worksheet, group, accounts, entities, periods)
    everybody = pd.concat([tb, of_group], ignore_index=True)
    return statements.balance_sheet(everybody, with_group_accounts(accounts), with_group_entity(entities, group))


def income_statement(
    worksheet: pd.DataFrame,
    group: Group,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    balances: pd.DataFrame,
    periods: Sequence[str],
) -> pd.DataFrame:
    """The income statements of the entities (by gl_balances) and of the group. Shape: as `statements`."""
    chart, everybody = with_group_accounts(accounts), with_group_entity(entities, group)
    moved, known = group_balances(worksheet, group), _known(worksheet, periods)
    is_others = moved["account_id"] == NON_CONTROLLING_INCOME
    parts = [
        statements.income_statement(balances, chart, everybody, periods),
        statements.income_statement(moved[~is_others], chart, everybody, known),
    ]
    if is_others.any():
        theirs = statements.income_statement(moved[is_others], chart, everybody, known)
        parts += _attributed(parts[-1], theirs)
    kinds = {str(name): str(kind) for name, kind in parts[0].dtypes.items()}
    return frames.arrange(pd.concat(parts, ignore_index=True), kinds, ("entity_id", "period", "line_no"))


def _attributed(whole: pd.DataFrame, others: pd.DataFrame) -> list[pd.DataFrame]:
    """Two lines below net income: the part of the others, and the part of the owners."""
    net = whole[(whole["line"] == "Net income") & (whole["line_kind"] == "subtotal")]
    rows = others[(others["line"] == NON_CONTROLLING_INCOME_LINE) & (others["line_kind"] == "detail")]
    theirs = rows.set_index("period")[_AMOUNTS].reindex(net["period"], fill_value=0).to_numpy()
    ours = net[_AMOUNTS].to_numpy() - theirs
    lines = ((1, NON_CONTROLLING_INCOME_LINE, theirs), (2, statements.NET_INCOME_OF_OWNERS, ours))
    return [
        net.assign(
            line=line, line_no=net["line_no"] + place,
            **{name: amounts[:, column] for column, name in enumerate(_AMOUNTS)},
        )
        for place, line, amounts in lines
    ]  # fmt: skip


def movements(worksheet: pd.DataFrame, group: Group, tb: pd.DataFrame) -> pd.DataFrame:
    """The group's movements for its cash flow, at the rates at which cash moved. `tb`: its trial balance.

    Shape: as `cash_flow.movements`. What moves within equity alone is left out.
    """
    keys = ["entity_id", "period", "account_id"]
    moves = group_balances(worksheet, group).set_index(keys)["cash_flow_amount"]
    moved = cash.movements(tb)
    moved["movement"] = moves.reindex(pd.MultiIndex.from_frame(moved[keys]), fill_value=0).to_numpy()
    return moved[~moved["account_id"].isin(_WITHIN_EQUITY)]


def exchange_effect(rollforward: pd.DataFrame, group: Group, tb: pd.DataFrame) -> pd.DataFrame:
    """The effect of exchange rates on the group's cash in the months of its trial balance `tb`.

    Shape: one row per period: entity_id, period, amount.
    """
    of_cash = rollforward[rollforward["measure"] == CASH]
    change = (of_cash["closing"] - of_cash["opening"]).groupby(of_cash["period"]).sum()
    effect = change.reindex(pd.Index(tb["period"].unique(), name="period"), fill_value=0).rename("amount").reset_index()
    return effect.assign(entity_id=pd.Series(group.entity_id, index=effect.index, dtype="str"))
