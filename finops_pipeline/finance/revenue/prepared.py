"""What the engine is given: estimates made of their outcomes, and cash prices where there is a financing component.

Here: both steps, one after the other. Not here: what each of them does (`outcomes`, `financed`).
"""

from typing import NamedTuple

import pandas as pd

from finops_pipeline.finance.findings import Finding
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


def prepared(tables: Tables, beside: Beside, as_of_period: str, proration: Proration) -> Prepared:
    """The tables as the engine takes them."""
    events, doubts = with_outcomes(tables.events, beside.outcomes)
    estimated = tables._replace(events=events)
    made = with_financing(estimated, beside.payments, as_of_period, proration, expedient=beside.expedient)
    return Prepared(made.tables, made.schedule, [*doubts, *made.findings])
