"""Consolidation: the worksheet of the group, the proof of its translation, and what its entities do not agree on."""

from dataclasses import dataclass

import pandas as pd

from finops_pipeline.contracts.projections import empty
from finops_pipeline.contracts.statements import CONSOLIDATION, INTERCOMPANY_UNMATCHED, TRANSLATION_ROLLFORWARD
from finops_pipeline.defs.house import House
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import cash_flow, consolidation, periods
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.findings import Finding
from finops_pipeline.settings import Settings

_HISTORY = ["gl_balances", "intercompany_balances"]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A consolidation, what is wrong with it, and what its reader should know."""

    made: consolidation.Consolidation
    broken: list[Finding]
    told: list[Finding]


@recipe(CONSOLIDATION, monthly=True, history=_HISTORY, checks=["the_group_ties", "rates_and_shares_are_there"])
def consolidation_worksheet(
    run: Run,
    gl_balances: pd.DataFrame,
    intercompany_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    fx_rates: pd.DataFrame,
) -> Made:
    """Translate every entity, take out what entities have with each other and what belongs to others."""
    sources = consolidation.Sources(gl_balances, intercompany_balances, accounts, entities)
    outcome = _consolidated(run, sources, fx_rates)
    findings = {"the_group_ties": outcome.broken, "rates_and_shares_are_there": outcome.told}
    return Made(_of_run(outcome.made.worksheet, run), findings)


@recipe(TRANSLATION_ROLLFORWARD, monthly=True, history=_HISTORY, after=[CONSOLIDATION.name])
def translation_rollforward(
    run: Run,
    gl_balances: pd.DataFrame,
    intercompany_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    fx_rates: pd.DataFrame,
) -> pd.DataFrame:
    """Explain translation adjustments and the effect of rates on cash by exact totals."""
    sources = consolidation.Sources(gl_balances, intercompany_balances, accounts, entities)
    return _of_run(_consolidated(run, sources, fx_rates).made.rollforward, run)


@recipe(INTERCOMPANY_UNMATCHED, monthly=True, history=_HISTORY, after=[CONSOLIDATION.name])
def intercompany_unmatched(
    run: Run,
    gl_balances: pd.DataFrame,
    intercompany_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    fx_rates: pd.DataFrame,
) -> pd.DataFrame:
    """Name the pairs of entities that do not say the same of each other."""
    sources = consolidation.Sources(gl_balances, intercompany_balances, accounts, entities)
    return _of_run(_consolidated(run, sources, fx_rates).made.unmatched, run)


def _of_run(table: pd.DataFrame, run: Run) -> pd.DataFrame:
    return table[table["period"].isin(run.periods)]


def _consolidated(run: Run, sources: consolidation.Sources, fx_rates: pd.DataFrame) -> _Outcome:
    outcome: _Outcome = run.house.once("consolidation", lambda: _outcome(run, sources, Rates.of(fx_rates)))
    return outcome


def _outcome(run: Run, sources: consolidation.Sources, rates: Rates) -> _Outcome:
    """The consolidation up to the last month of the run, or up to the month before the first rate that is missing."""
    settings, group = run.house.settings, the_group(run.house, sources.entities)
    if group is None:
        return _Outcome(_nothing(), [], [])
    last = run.periods[-1]
    missing = consolidation.rate_findings(sources.balances, sources.entities, group, rates, last)
    told = [
        *missing,
        *consolidation.group_findings(sources.entities, group),
        *consolidation.own_counterparty_findings(sources.intercompany),
    ]
    upto = min([last, *(periods.add(str(f.period), -1) for f in missing)])
    cash = cash_accounts(sources.accounts, settings)
    made = consolidation.consolidate(sources, group, rates, upto, cash, settings.group_share_accounts)
    return _Outcome(made, consolidation.consolidation_findings(made, group.shares, cash), told)


def _nothing() -> consolidation.Consolidation:
    return consolidation.Consolidation(*map(empty, (CONSOLIDATION, TRANSLATION_ROLLFORWARD, INTERCOMPANY_UNMATCHED)))


def the_group(house: House, entities: pd.DataFrame) -> consolidation.Group | None:
    """The group by the settings, if there is one."""
    given = house.settings
    return consolidation.group_of(entities, given.group_entity, given.group_currency, given.historical_rate)


def classification(settings: Settings) -> cash_flow.Classification:
    """The cash classes that the settings give."""
    given = settings.cash_flow
    return cash_flow.Classification(given.accounts, given.lines, given.categories)


def cash_accounts(accounts: pd.DataFrame, settings: Settings) -> set[str]:
    """The accounts that are cash, by chart and settings."""
    classes = cash_flow.classified(accounts, classification(settings))
    return set(classes.loc[classes["cash_class"] == "cash", "account_id"])


RECIPES = (consolidation_worksheet, translation_rollforward, intercompany_unmatched)
