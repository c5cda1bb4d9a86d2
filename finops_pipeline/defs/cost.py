"""Costs: the cloud bill of a month, who bears what by allocation, and the breakdown of what was spent."""

from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.cost import (
    CLOUD_COST_MONTHLY,
    COST_ALLOCATION,
    COST_BEHAVIOR,
    COST_BREAKDOWN,
    COST_BY_PRODUCT,
    COST_EFFICIENCY,
)
from finops_pipeline.defs import cost_pictures
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import balances, behavior, cost, product_cost
from finops_pipeline.finance.allocation import proofs, trace
from finops_pipeline.finance.efficiency import table as efficiency
from finops_pipeline.finance.efficiency import targets
from finops_pipeline.storage import tagging


@recipe(CLOUD_COST_MONTHLY, monthly=True, beyond=True)
def cloud_cost_monthly(run: Run, cloud_costs: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Sum the charges of cloud bills by the keys that the tag rules give them, exact to the last decimal."""
    return balances.cloud_cost_monthly(tagging.keyed(cloud_costs, run.house.settings.cloud_tags))


@recipe(COST_ALLOCATION, monthly=True, checks=["allocation_loses_nothing"])
def cost_allocation(
    run: Run,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    driver_monthly: pd.DataFrame,
    cloud_cost_monthly: pd.DataFrame,
) -> Made:
    """Allocate service costs by the rules of the settings."""
    chosen = run.house.settings
    keys = trace.cloud_by_cost_center(cloud_cost_monthly, cost_centers, chosen.cloud_entities, chosen.cloud_keys)
    rules = chosen.allocation
    result = trace.cost_allocation(
        gl_balances, accounts, cost_centers, driver_monthly, keys, run.periods, rules
    )  # fmt: skip
    findings = proofs.cost_allocation_findings(result, gl_balances, accounts, cost_centers, run.periods, rules)
    return Made(result, {"allocation_loses_nothing": findings}, {"flow": cost_pictures.flow(result, cost_centers)})


@recipe(
    COST_BREAKDOWN,
    monthly=True,
    history=["gl_balances", "cloud_cost_monthly", "cost_allocation"],
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
    cost_allocation: pd.DataFrame,
) -> Made:
    """Break costs down by department, category, behavior and origin."""
    owners, keys = run.house.settings.cloud_entities, run.house.settings.cloud_keys
    result = cost.cost_breakdown(
        gl_balances, accounts, cost_centers, cloud_cost_monthly, entities, run.periods, owners, cost_allocation, keys
    )  # fmt: skip
    findings = cost.cost_breakdown_findings(
        result, gl_balances, accounts, cloud_cost_monthly, run.periods, owners, cost_allocation, cost_centers
    )  # fmt: skip
    return Made(result, {"costs_tie_to_their_origin": findings}, {"pareto": cost_pictures.pareto(result)})


@recipe(COST_BY_PRODUCT, monthly=True, history=["gl_balances"], checks=["product_costs_tie_to_the_ledger"])
def cost_by_product(run: Run, gl_balances: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame) -> Made:
    """Break direct costs down by product."""
    result = product_cost.cost_by_product(gl_balances, accounts, entities, run.periods)
    findings = product_cost.product_cost_findings(result, gl_balances, accounts, run.periods)
    return Made(result, {"product_costs_tie_to_the_ledger": findings})


@recipe(
    COST_EFFICIENCY,
    monthly=True,
    history=["gl_balances", "driver_monthly"],
    checks=["unit_costs_tie_to_the_ledger", "targets_have_drivers"],
)
def cost_efficiency(
    run: Run,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    driver_monthly: pd.DataFrame,
    entities: pd.DataFrame,
    efficiency_targets: pd.DataFrame,
) -> Made:
    """Set costs against drivers and their targets, and cost centers against the best of them."""
    outputs = run.house.settings.efficiency_outputs
    result = efficiency.cost_efficiency(
        gl_balances, accounts, cost_centers, driver_monthly, entities, efficiency_targets, run.periods, outputs
    )  # fmt: skip
    findings = efficiency.cost_efficiency_findings(result, gl_balances, accounts, driver_monthly, run.periods)
    idle = targets.target_findings(result, efficiency_targets)
    return Made(result, {"unit_costs_tie_to_the_ledger": findings, "targets_have_drivers": idle})


@recipe(COST_BEHAVIOR, checks=["fits_tie_to_the_ledger"])
def cost_behavior(
    run: Run,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    driver_monthly: pd.DataFrame,
    entities: pd.DataFrame,
) -> Made:
    """Estimate how costs of which nobody says it move with what the business does."""
    result = behavior.cost_behavior(gl_balances, accounts, driver_monthly, entities, run.current)
    return Made(result, {"fits_tie_to_the_ledger": behavior.behavior_findings(result, gl_balances, driver_monthly)})


RECIPES = (cloud_cost_monthly, cost_allocation, cost_breakdown, cost_by_product, cost_efficiency, cost_behavior)
