"""KPIs and alerts: the scorecard of every month, and what asks for attention now."""

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.kpis import ALERTS, KPI_SCORECARD
from finops_pipeline.defs import kpi_pictures
from finops_pipeline.defs.house import House
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import alerts as alarm
from finops_pipeline.finance import kpis
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis import proofs


@recipe(
    KPI_SCORECARD,
    monthly=True,
    history=["budget_variance", "trial_balance", "cost_allocation", "driver_monthly", "recognized_revenue"],
    checks=["every_kpi_explains_itself"],
    after=["journal_lines"],
)
def kpi_scorecard(
    run: Run,
    budget_variance: pd.DataFrame,
    trial_balance: pd.DataFrame,
    cost_allocation: pd.DataFrame,
    driver_monthly: pd.DataFrame,
    recognized_revenue: pd.DataFrame,
    forecast_accuracy: pd.DataFrame,
    ingested_files: pd.DataFrame,
    reconciliation: pd.DataFrame,
    risks: pd.DataFrame,
    kpi_targets: pd.DataFrame,
    entities: pd.DataFrame,
    fx_rates: pd.DataFrame,
) -> Made:
    """Compute every KPI of every month against its baseline and target, and what its improvement is worth."""
    sources = kpis.KpiSources(
        budget_variance, trial_balance, cost_allocation, driver_monthly, recognized_revenue, forecast_accuracy,
        arrivals(run.house, ingested_files), ingested_files, reconciliation, risks, kpi_targets,
    )  # fmt: skip
    chosen = run.house.settings
    result = kpis.kpi_scorecard(
        sources, run.periods, as_of_period=run.current, group_currency=group_currency(run.house, entities),
        rates=Rates.of(fx_rates), goals=chosen.kpi_goals, assumptions=chosen.kpi_values,
    )  # fmt: skip
    findings = proofs.kpi_findings(result, run.periods)
    notes = {"chart": kpi_pictures.chart(result), "month": kpi_pictures.month(result)}
    return Made(result, {"every_kpi_explains_itself": findings}, notes)


def group_currency(house: House, entities: pd.DataFrame) -> str | None:
    """The currency of group-wide KPIs: the setting, else that of the one entity that has no parent."""
    parents = entities.loc[entities["parent_entity_id"].isna(), "functional_currency"].unique()
    return house.settings.group_currency or (str(parents[0]) if len(parents) == 1 else None)


def arrivals(house: House, files: pd.DataFrame) -> pd.DataFrame:
    """Which accepted file brought rows of which month. Shape: file_id x period, with received_at."""
    found = [pd.DataFrame({"file_id": pd.Series(dtype="str"), "period": pd.Series(dtype="str")})]
    for name in ("journal_lines", "cloud_costs", "drivers"):
        if house.lake.files(TABLES[name]):
            lines = house.scan(TABLES[name]).group_by("file_id", "period").agg(nw.len().alias("rows"))
            found.append(house.rows(lines.select("file_id", "period")))
    brought = pd.concat(found).drop_duplicates().astype("str")
    return brought.merge(files[["file_id", "received_at"]], on="file_id").sort_values(
        ["file_id", "period"], ignore_index=True
    )


@recipe(ALERTS, write="merge")
def alerts(run: Run, budget_variance: pd.DataFrame) -> pd.DataFrame:
    """Raise and close the alerts of the current month, and of every month of the run that has open ones."""
    known = run.house.read(ALERTS)
    ended = (known["kind"] == "run_failure") & (known["status"] == "open")
    known = known.assign(status=known["status"].mask(ended, "closed"))
    again = set(known.loc[known["status"] == "open", "period"].dropna()) & set(run.covers)
    limits = {kind: rule.amount for kind, rule in run.house.settings.materiality.items() if rule.amount is not None}
    for period in sorted({run.current, *again}):
        known = alarm.variance_alerts(budget_variance, known, run.now, period, thresholds=limits)
    return known


def raise_failure(house: House, job: str, run_id: str, message: str) -> None:
    """Publish the alert of a failed run."""
    new = alarm.run_failure_alert(run_id, job, message, house.now)
    house.warehouse.merge(
        ALERTS, alarm.merged_alerts(house.warehouse.read(ALERTS), new), run_id=run_id, loaded_at=house.now
    )


RECIPES = (kpi_scorecard, alerts)
