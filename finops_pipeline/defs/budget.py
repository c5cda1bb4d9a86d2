"""Budgets: the plan by month, and the variance of actuals against it."""

import pandas as pd

from finops_pipeline.contracts.budget import BUDGET_BALANCES, BUDGET_VARIANCE, BUDGET_VERSION_VARIANCE
from finops_pipeline.defs import metadata
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import budget, money, outlook, phasing, versions
from finops_pipeline.finance import commentary as words
from finops_pipeline.finance.currency import Rates
from finops_pipeline.settings import Settings

_CHARTED = 8
_CHARTED_MONTHS = 12


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


@recipe(
    BUDGET_VARIANCE,
    monthly=True,
    history=["gl_balances"],
    checks=["variances_tie_to_their_sources", "outlooks_have_all_their_parts", "commentary_stands_beside_a_variance"],
)
def budget_variance(
    run: Run,
    budget_balances: pd.DataFrame,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
    commentary: pd.DataFrame,
    forecast: pd.DataFrame,
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
    result = outlook.with_forecast(result, forecast, entities)
    incomplete = outlook.outlook_findings(result, forecast, entities)
    unheard = words.commentary_findings(result, commentary, run.periods)
    checks = {
        "variances_tie_to_their_sources": findings,
        "outlooks_have_all_their_parts": incomplete,
        "commentary_stands_beside_a_variance": unheard,
    }
    return Made(words.with_commentary(result, commentary), checks, {"chart": chart(result), "heat": heat(result)})


@recipe(BUDGET_VERSION_VARIANCE, checks=["versions_tie_to_the_budget", "versions_are_registered_and_approved"])
def budget_version_variance(
    budget_balances: pd.DataFrame,
    budget_versions: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
) -> Made:
    """Set every budget version against the earlier ones."""
    result = versions.budget_version_variance(budget_balances, budget_versions, accounts, cost_centers, entities)
    findings = versions.version_variance_findings(result, budget_balances, entities)
    warned = versions.version_warnings(budget_versions, budget_balances)
    return Made(result, {"versions_tie_to_the_budget": findings, "versions_are_registered_and_approved": warned})


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


def heat(variance: pd.DataFrame) -> str:
    """Effect on profit as a fraction of the budget, by department and month, of each entity against its latest version.

    What has no department is a row of its own; what has no budget has no fraction. The last twelve months of the run.
    """
    months = sorted(variance["period"].unique())[-_CHARTED_MONTHS:]
    mtd = variance[(variance["basis"] == "mtd") & variance["period"].isin(months)]
    pictures = []
    for entity, rows in mtd.groupby("entity_id"):
        version = rows.loc[rows["period"] == rows["period"].max(), "version"].max()
        last = rows[rows["version"] == version].fillna({"department": "(no department)"})
        sums = last.groupby(["department", "period"])[["profit_effect", "budget"]].sum()
        cells = {(str(d), str(p)): (int(e), abs(int(b))) for (d, p), e, b in sums.itertuples(name=None)}
        departments = sorted({department for department, _ in cells})
        values = [[_fraction(*cells.get((d, p), (0, 0))) for p in months] for d in departments]
        title = f"{entity}: effect on profit against {version}, of the budget"
        pictures.append(metadata.heat(title, departments, [p[2:] for p in months], values))
    return "\n\n".join(pictures)


def _fraction(effect: int, planned: int) -> float | None:
    return effect / planned if planned else None


RECIPES = (budget_balances, budget_variance, budget_version_variance)
