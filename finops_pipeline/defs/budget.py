"""Budgets: the plan by month, and the variance of actuals against it."""

import pandas as pd

from finops_pipeline.contracts.budget import BUDGET_BALANCES, BUDGET_VARIANCE
from finops_pipeline.defs import metadata
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import budget, money, phasing
from finops_pipeline.finance.currency import Rates
from finops_pipeline.settings import Settings

_CHARTED = 8


@recipe(BUDGET_BALANCES, checks=["phasing_keeps_every_amount"])
def budget_balances(run: Run, budget_lines: pd.DataFrame, entities: pd.DataFrame, fx_rates: pd.DataFrame) -> Made:
    """Spread annual lines over their year, convert every line to the entity's currency and sum by month."""
    lines = by_month(run.house.settings, budget_lines, entities)
    findings = phasing.phasing_findings(budget_lines, lines)
    result = budget.budget_balances(lines, entities, Rates.of(fx_rates))
    return Made(result, {"phasing_keeps_every_amount": findings})


def by_month(settings: Settings, lines: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """The budget lines with those that the settings call annual spread over the months of their year."""
    rules = {
        version: phasing.Phasing(rule.method, rule.curve, rule.holidays) for version, rule in settings.phasing.items()
    }
    return phasing.phased(lines, entities, rules)


@recipe(BUDGET_VARIANCE, monthly=True, history=["gl_balances"], checks=["variances_tie_to_their_sources"])
def budget_variance(
    run: Run,
    budget_balances: pd.DataFrame,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
) -> Made:
    """Set actuals against every budget version, month to date, year to date and full year."""
    result = budget.budget_variance(
        budget_balances,
        gl_balances,
        accounts,
        cost_centers,
        entities,
        run.periods,
        materiality(run.house.settings),
        run.house.today,
    )
    findings = budget.budget_variance_findings(
        result, budget_balances, gl_balances, accounts, entities, run.periods
    )  # fmt: skip
    return Made(result, {"variances_tie_to_their_sources": findings}, {"chart": chart(result)})


def materiality(settings: Settings) -> budget.Materiality:
    """The thresholds of the settings; the built-in default where they say nothing."""
    given = {
        kind: budget.Threshold(rule.amount, rule.pct, both=rule.require == "all")
        for kind, rule in settings.materiality.items()
    }
    default = given.pop("default", budget.Materiality().default)
    return budget.Materiality(default, given)


def chart(variance: pd.DataFrame) -> str:
    """The largest effects on profit of each entity's last month, month to date, against its latest version.

    One picture per entity: amounts of different currencies have no common scale.
    """
    month = variance[(variance["period"] == variance["period"].max()) & (variance["basis"] == "mtd")]
    pictures = []
    for entity, rows in month.groupby("entity_id"):
        last = rows[rows["version"] == rows["version"].max()]
        order = last["profit_effect"].abs().sort_values(ascending=False, kind="stable").index[:_CHARTED]
        largest = last.loc[order]
        places = zip(largest["account_name"], largest["cost_center_id"], strict=True)
        labels = [account if pd.isna(center) else f"{account} {center}" for account, center in places]
        values = [float(money.to_decimal(int(r.profit_effect), str(r.currency))) for r in largest.itertuples()]
        title = f"{entity}: effect on profit against {last['version'].iloc[0]}, {last['currency'].iloc[0]}"
        pictures.append(metadata.bars(title, labels, values))
    return "\n\n".join(pictures)


RECIPES = (budget_balances, budget_variance)
