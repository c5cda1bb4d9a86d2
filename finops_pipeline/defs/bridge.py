"""Bridge: the plan by product, and the effects that make every variance."""

from decimal import Decimal

import pandas as pd

from finops_pipeline.contracts.budget import BUDGET_BY_PRODUCT, VARIANCE_BRIDGE
from finops_pipeline.defs import metadata
from finops_pipeline.defs.budget import by_month
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import behavior, bridge, budget, money
from finops_pipeline.finance.currency import Rates
from finops_pipeline.settings import Settings


@recipe(BUDGET_BY_PRODUCT, checks=["budget_by_product_is_the_budget"])
def budget_by_product(
    run: Run, budget_lines: pd.DataFrame, budget_balances: pd.DataFrame, entities: pd.DataFrame, fx_rates: pd.DataFrame
) -> Made:
    """Convert every budget line and sum by product and planned currency, with quantities."""
    lines = by_month(run.house.settings, budget_lines, entities)
    result = bridge.budget_by_product(lines, entities, Rates.of(fx_rates))
    findings = bridge.budget_by_product_findings(result, budget_balances)
    return Made(result, {"budget_by_product_is_the_budget": findings})


@recipe(VARIANCE_BRIDGE, monthly=True, checks=["effects_sum_to_the_variance"])
def variance_bridge(
    run: Run,
    budget_by_product: pd.DataFrame,
    gl_balances: pd.DataFrame,
    budget_variance: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    fx_rates: pd.DataFrame,
    cost_behavior: pd.DataFrame,
) -> Made:
    """Part the variance of every account and product into effects."""
    made = bridge.variance_bridge(
        budget_by_product, gl_balances, accounts, entities, run.periods, Rates.of(fx_rates), shares(run.house.settings),
        behavior.variable_shares(cost_behavior),
    )  # fmt: skip
    untied = bridge.bridge_findings(
        made.rows, budget_variance, budget_by_product, gl_balances, accounts, run.periods
    )  # fmt: skip
    findings = {"effects_sum_to_the_variance": [*untied, *made.findings]}
    return Made(made.rows, findings, {"waterfall": waterfalls(made.rows, budget_variance)})


def shares(settings: Settings) -> dict[str, Decimal]:
    """The variable share of accounts that the settings name."""
    return dict(settings.variable_share)


def waterfalls(effects: pd.DataFrame, variance: pd.DataFrame) -> str:
    """From planned to actual profit of each entity's last month, effect by effect, against its latest version."""
    month = variance[(variance["period"] == variance["period"].max()) & (variance["basis"] == "mtd")]
    pictures = []
    for entity, rows in month.groupby("entity_id"):
        last = rows[rows["version"] == rows["version"].max()]
        version, period, currency = (str(last[name].iloc[0]) for name in ("version", "period", "currency"))
        sign = budget.profit_signs(last.drop_duplicates("account_id").set_index("account_id")["account_type"])
        here = effects[(effects["entity_id"] == entity) & (effects["version"] == version)]
        here = here[here["period"] == period]
        by_effect = (here["amount"] * here["account_id"].map(sign)).groupby(here["effect"]).sum()
        planned = int((last["budget"] * last["account_id"].map(sign)).sum())
        steps = [float(money.to_decimal(int(v), currency)) for v in (planned, *by_effect)]
        title = f"{entity} {period}: profit planned in {version} to actual, {currency}"
        pictures.append(metadata.waterfall(title, ["budget", *by_effect.index, "actual"], steps))
    return "\n\n".join(pictures)


RECIPES = (budget_by_product, variance_bridge)
