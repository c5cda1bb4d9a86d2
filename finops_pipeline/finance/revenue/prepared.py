"""What the engine is given: contracts that are one as one, estimates made of their outcomes, cash prices where a part finances.

Here: these steps, one after the other. Not here: what each of them does (`combination`, `gates`, `outcomes`, `financed`).
"""

from typing import NamedTuple

import pandas as pd

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import gates
from finops_pipeline.finance.revenue.combination import Combined, combined
from finops_pipeline.finance.revenue.financed import with_financing
from finops_pipeline.finance.revenue.inputs import Proration
from finops_pipeline.finance.revenue.outcomes import with_outcomes
from finops_pipeline.finance.revenue.parts import Tables


class Beside(NamedTuple):
    """What else is told of contracts: outcomes of estimates, payment plans, and whether a short wait finances nothing."""

    outcomes: pd.DataFrame
    payments: pd.DataFrame
    expedient: bool = True


class Prepared(NamedTuple):
    """The tables for the engine, the schedule of financing components, and what is wrong with what was given."""

    tables: Tables
    financing: pd.DataFrame
    findings: list[Finding]


def agreed(contracts: pd.DataFrame, obligations: pd.DataFrame, events: pd.DataFrame) -> Combined:
    """Step 1: contracts that are one as one, and events as they enter the books once an agreement is a contract."""
    made = combined(contracts, obligations, events)
    return made._replace(events=gates.booked(made.contracts, made.events))


def prepared(
    one: Combined, entities: pd.DataFrame, beside: Beside, as_of_period: str, proration: Proration
) -> Prepared:
    """The tables as the engine takes them, of contracts as `agreed`."""
    events, doubts = with_outcomes(one.events, beside.outcomes)
    estimated = Tables(one.contracts, one.obligations, events, entities)
    payments = one.led(beside.payments)
    made = with_financing(estimated, payments, as_of_period, proration, expedient=beside.expedient)
    return Prepared(made.tables, made.schedule, [*one.findings, *doubts, *made.findings])
