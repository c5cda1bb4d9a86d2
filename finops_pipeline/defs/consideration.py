"""What customers are expected to pay, and what goes back to them: the tables for the engine, financing, refunds, returns."""

from typing import NamedTuple

import pandas as pd

from finops_pipeline.contracts.consideration import (
    FINANCING_SCHEDULE,
    REFUND_LIABILITY_ROLLFORWARD,
    RETURN_ASSET_ROLLFORWARD,
)
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance.revenue import refund_proofs, refunds
from finops_pipeline.finance.revenue.combination import Combined
from finops_pipeline.finance.revenue.financing_proofs import financing_findings, settlement_findings
from finops_pipeline.finance.revenue.inputs import gather
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.prepared import Beside, Prepared, agreed, prepared


class Given(NamedTuple):
    """What contracts are told by: the tables of the lake."""

    contracts: pd.DataFrame
    obligations: pd.DataFrame
    events: pd.DataFrame
    entities: pd.DataFrame
    outcomes: pd.DataFrame
    payments: pd.DataFrame


def as_one(run: Run, contracts: pd.DataFrame, obligations: pd.DataFrame, events: pd.DataFrame) -> Combined:
    """Contracts that are one as one, and what is booked of them, made once: every report of revenue stands on it."""
    one: Combined = run.house.once("contracts as agreed", lambda: agreed(contracts, obligations, events))
    return one


def known(run: Run, given: Given) -> Prepared:
    """The tables as the engine takes them, made once: every report of revenue stands on it."""

    def compute() -> Prepared:
        settings = run.house.settings
        beside = Beside(given.outcomes, given.payments, expedient=not settings.finance_short_payments)
        one = as_one(run, *given[:3])
        return prepared(one, given.entities, beside, run.current, settings.straight_line_proration)

    found: Prepared = run.house.once("tables of the revenue engine", compute)
    return found


@recipe(FINANCING_SCHEDULE, checks=["financing_adds_up"])
def financing_schedule(
    run: Run,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    entities: pd.DataFrame,
    estimate_outcomes: pd.DataFrame,
    payment_plan: pd.DataFrame,
) -> Made:
    """Part interest from revenue where a price is paid long before or after the transfer."""
    made = known(run, Given(contracts, obligations, contract_events, entities, estimate_outcomes, payment_plan))
    one = as_one(run, contracts, obligations, contract_events)
    stated = Tables(one.contracts, one.obligations, one.events, entities)
    settings, payments = run.house.settings, one.led(payment_plan)
    findings = financing_findings(made.financing, stated, made.tables, run.current)
    findings += settlement_findings(
        made.financing, stated, payments, run.current, settings.straight_line_proration,
        expedient=not settings.finance_short_payments,
    )  # fmt: skip
    return Made(made.financing, {"financing_adds_up": findings})


@recipe(REFUND_LIABILITY_ROLLFORWARD, monthly=True, checks=["refunds_tie"])
def refund_liability_rollforward(
    run: Run,
    revenue_rollforward: pd.DataFrame,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    entities: pd.DataFrame,
    estimate_outcomes: pd.DataFrame,
    payment_plan: pd.DataFrame,
) -> Made:
    """Roll what is expected to go back to customers forward, by what moves it."""
    made = known(run, Given(contracts, obligations, contract_events, entities, estimate_outcomes, payment_plan))
    states = refund_states(run, made.tables, revenue_schedule)
    happened = made.tables.events
    result = refunds.refund_liability_rollforward(states, revenue_rollforward, happened, run.periods)
    findings = refund_proofs.refund_findings(result, revenue_rollforward, revenue_schedule, happened, run.periods)
    return Made(result, {"refunds_tie": findings})


@recipe(RETURN_ASSET_ROLLFORWARD, monthly=True, checks=["return_assets_tie"])
def return_asset_rollforward(
    run: Run,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    entities: pd.DataFrame,
    estimate_outcomes: pd.DataFrame,
    payment_plan: pd.DataFrame,
) -> Made:
    """Roll the asset for goods that are expected back forward."""
    made = known(run, Given(contracts, obligations, contract_events, entities, estimate_outcomes, payment_plan))
    states = refund_states(run, made.tables, revenue_schedule)
    result = refunds.return_asset_rollforward(states, run.periods)
    doubts = refund_proofs.cost_warnings(states, made.tables.events, made.tables.obligations)
    findings = refund_proofs.return_asset_findings(result, run.periods)
    return Made(result, {"return_assets_tie": [*doubts, *findings]})


def refund_states(run: Run, tables: Tables, lines: pd.DataFrame) -> pd.DataFrame:
    """Where the obligations stood that something is expected back of: two roll-forwards stand on it."""

    def compute() -> pd.DataFrame:
        inputs = gather(*tables, run.current)
        return refunds.refund_states(inputs, lines, run.house.settings.straight_line_proration)

    found: pd.DataFrame = run.house.once("states of refunds", compute)
    return found


RECIPES = (financing_schedule, refund_liability_rollforward, return_asset_rollforward)
