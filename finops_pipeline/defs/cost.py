"""Costs: the cloud bill of a month, and the breakdown of what was spent."""

from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.cost import CLOUD_COST_MONTHLY, COST_BREAKDOWN
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import balances, cost
from finops_pipeline.storage import tagging


@recipe(CLOUD_COST_MONTHLY, monthly=True, beyond=True)
def cloud_cost_monthly(run: Run, cloud_costs: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Sum the charges of cloud bills by the keys that the tag rules give them, exact to the last decimal."""
    return balances.cloud_cost_monthly(tagging.keyed(cloud_costs, run.house.settings.cloud_tags))


@recipe(
    COST_BREAKDOWN,
    monthly=True,
    history=["gl_balances", "cloud_cost_monthly"],
    checks=["costs_tie_to_their_origin"],
    beyond=True,
)
def cost_breakdown(
    run: Run,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    cloud_cost_monthly: pd.DataFrame,
    entities: pd.DataFrame,
) -> Made:
    """Break costs down by department, category, behavior and origin."""
    owners = run.house.settings.cloud_entities
    result = cost.cost_breakdown(
        gl_balances, accounts, cost_centers, cloud_cost_monthly, entities, run.periods, owners
    )  # fmt: skip
    findings = cost.cost_breakdown_findings(result, gl_balances, accounts, cloud_cost_monthly, run.periods, owners)
    return Made(result, {"costs_tie_to_their_origin": findings})


RECIPES = (cloud_cost_monthly, cost_breakdown)
