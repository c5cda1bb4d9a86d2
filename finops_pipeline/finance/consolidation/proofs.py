"""Proofs of the consolidation, from its published tables alone.

Here: CON-001 to CON-004. Not here: how the tables come about. A row that is missing on one side counts as zero, so
that a missing row with an amount on the other side fails.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction

import pandas as pd

from finops_pipeline.finance import frames
from finops_pipeline.finance.consolidation.elimination import DIFFERENCE
from finops_pipeline.finance.consolidation.group import CURRENCY_TRANSLATION, NON_CONTROLLING
from finops_pipeline.finance.consolidation.rollforward import CASH, TRANSLATION
from finops_pipeline.finance.consolidation.worksheet import Consolidation
from finops_pipeline.finance.findings import Finding

_PLACE = ["entity_id", "period"]


def consolidation_findings(made: Consolidation, shares: Mapping[str, Fraction], cash: set[str]) -> list[Finding]:
    """Everything that is wrong with a consolidation, its whole history given.

    CON-001: every step of an entity balances. CON-002: unmatched lines of the group are those of the pairs. CON-003:
    translation adjustments and the effect of rates on cash are explained. CON-004: others have their share of net assets.
    """
    return [
        *_unbalanced(made.worksheet),
        *_untied_pairs(made.worksheet, made.unmatched),
        *_unexplained(made.worksheet, made.rollforward, cash),
        *_wrong_shares(made.worksheet, shares),
    ]


def _unbalanced(worksheet: pd.DataFrame) -> Iterator[Finding]:
    # translated amounts leave open what the adjustment then takes: these two balance together
    step = worksheet["step"].replace({"adjustment": "translated and adjusted", "translated": "translated and adjusted"})
    sums = worksheet["amount"].groupby([*(worksheet[k] for k in _PLACE), step]).sum().reset_index()
    for entity, period, name, gap in sums[sums["amount"] != 0].itertuples(index=False, name=None):
        message = f"what was {name} does not balance: debits less credits are {gap} minor units"
        yield Finding("CON-001", f"{entity} {period}", message, period=str(period))


def _untied_pairs(worksheet: pd.DataFrame, unmatched: pd.DataFrame) -> Iterator[Finding]:
    """The group's three accounts of differences against the differences of the pairs."""
    for kind, account in DIFFERENCE.items():
        moved = worksheet[worksheet["account_id"] == account].groupby("period")["amount"].sum()
        said = unmatched[unmatched["kind"] == kind].groupby("period")["unmatched_amount"].sum()
        months = sorted({*worksheet["period"], *unmatched["period"]})
        held = moved.reindex(months, fill_value=0)
        held = held if kind == "income" else held.cumsum()
        gaps = held - said.reindex(months, fill_value=0)
        for period, gap in gaps[gaps != 0].items():
            message = f"{account} and the pairs in intercompany_unmatched differ by {gap} minor units"
            yield Finding("CON-002", f"{kind} {period}", message, period=str(period))


def _unexplained(worksheet: pd.DataFrame, rolled: pd.DataFrame, cash: set[str]) -> Iterator[Finding]:
    """Every row adds up, goes on from the month before, and is rounded by no more than its amounts can be."""
    terms = rolled[["opening", "on_opening", "on_income", "on_other_movements", "rounding"]].sum(axis=1)
    before = rolled.groupby(["entity_id", "measure"])["closing"].shift(fill_value=0)
    facts = rolled.assign(
        adds_up=rolled["closing"] - terms,
        goes_on=rolled["opening"] - before,
        beyond=(rolled["rounding"].abs() * 2 - rolled["rounded_amounts"]).clip(lower=0),
        ties=rolled["closing"] - rolled["opening"],
    )
    broken = facts[(facts[["adds_up", "goes_on", "beyond"]] != 0).any(axis=1)]
    for row in broken.itertuples(index=False):
        message = (
            f"{row.measure}: closing is {row.closing}; opening, terms and rounding leave {row.adds_up} open, the month "
            f"before leaves {row.goes_on}; rounding is {row.rounding} with {row.rounded_amounts} roundings of a half"
        )
        yield Finding("CON-003", f"{row.entity_id} {row.period}", message, period=str(row.period))
    own = worksheet[worksheet["step"] == "translated"]
    is_cash = own["account_id"].isin(list(cash))
    flows = own["amount"].where(is_cash, own["cash_flow_amount"])
    adjusted = worksheet[(worksheet["step"] == "adjustment") & (worksheet["account_id"] == CURRENCY_TRANSLATION)]
    books = {
        TRANSLATION: -adjusted.groupby(_PLACE)["amount"].sum(),
        CASH: flows.groupby([own[k] for k in _PLACE]).sum(),
    }
    for measure, made in books.items():
        told = facts[facts["measure"] == measure].groupby(_PLACE)["ties"].sum()
        sides = frames.side_by_side({"made": made, "told": told})
        gaps = (sides["made"] - sides["told"]).rename("gap").reset_index()
        for entity, period, gap in gaps[gaps["gap"] != 0].itertuples(index=False, name=None):
            message = f"{measure}: the worksheet and the roll-forward differ by {int(gap)} minor units"
            yield Finding("CON-003", f"{entity} {period}", message, period=str(period))


def _wrong_shares(worksheet: pd.DataFrame, shares: Mapping[str, Fraction]) -> Iterator[Finding]:
    """Non-controlling interests are the share of others in net assets, up to half a unit for each part of equity."""
    months = sorted(worksheet["period"].unique())
    for entity, share in shares.items():
        mine = worksheet[worksheet["entity_id"] == entity]
        own = mine[mine["step"].isin(["translated", "adjustment"])]
        is_held = own["account_type"].isin(["asset", "liability"])
        assets = own[is_held].groupby("period")["amount"].sum().reindex(months, fill_value=0).cumsum()
        taken = mine[mine["step"] == "minority"]
        others = -taken[taken["account_id"] == NON_CONTROLLING].groupby("period")["amount"].sum()
        others = others.reindex(months, fill_value=0).cumsum()
        equity = own.loc[own["account_type"] == "equity", "account_id"].nunique() + 2 if share != 1 else 0
        for period, net, theirs in zip(months, assets, others, strict=True):
            if abs(theirs - (1 - share) * int(net)) * 2 > equity:
                message = f"non-controlling interests are {theirs}, {1 - share} of net assets of {net} is not that"
                yield Finding("CON-004", f"{entity} {period}", message, period=str(period))
