"""KPIs and alerts: the scorecard of every month, and what asks for attention now."""

from decimal import Decimal

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.kpis import ALERTS, KPI_SCORECARD
from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.defs import kpi_pictures
from finops_pipeline.defs.budget import materiality
from finops_pipeline.defs.house import House
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import alerts as alarm
from finops_pipeline.finance import causes as causing
from finops_pipeline.finance import consolidation, kpis, triggers
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis import proofs
from finops_pipeline.settings import Settings

_JOURNALS = 3


@recipe(
    KPI_SCORECARD,
    monthly=True,
    history=[
        "budget_variance",
        "trial_balance",
        "cost_allocation",
        "driver_monthly",
        "recognized_revenue",
        "cost_efficiency",
    ],
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
    cost_efficiency: pd.DataFrame,
    cost_opportunities: pd.DataFrame,
    entities: pd.DataFrame,
    fx_rates: pd.DataFrame,
) -> Made:
    """Compute every KPI of every month against its baseline and target, and what its improvement is worth."""
    sources = kpis.KpiSources(
        budget_variance, trial_balance, cost_allocation, driver_monthly, recognized_revenue, forecast_accuracy,
        arrivals(run.house, ingested_files), ingested_files, reconciliation, risks, kpi_targets,
        cost_efficiency=cost_efficiency, cost_opportunities=cost_opportunities,
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
    """The currency of group-wide KPIs: the setting, else that of the entities without a parent."""
    return consolidation.group_currency(entities, house.settings.group_currency)


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


@recipe(ALERTS, write="merge", after=["journal_lines"])
def alerts(
    run: Run,
    budget_variance: pd.DataFrame,
    variance_bridge: pd.DataFrame,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
) -> pd.DataFrame:
    """Raise and close the alerts of the current month, and of every month of the run that has open ones."""
    known = run.house.read(ALERTS)
    ended = (known["kind"] == "run_failure") & (known["status"] == "open")
    known = known.assign(status=known["status"].mask(ended, "closed"))
    again = set(known.loc[known["status"] == "open", "period"].dropna()) & set(run.covers)
    found = triggers.breaches(
        rules(run.house.settings), budget_variance, gl_balances, accounts, entities, run.current
    )  # fmt: skip
    owners, limits = causing.owners_of(cost_centers), thresholds(run.house.settings)
    for period in sorted({run.current, *again}):
        rows = alarm.alarming(budget_variance, period)
        places = {breach.place for breach in found if period == run.current} | places_of(rows)
        postings = causing.postings_of(largest_journals(run.house, places, period))
        causes = causing.Causes(causing.effects_of(variance_bridge, period), postings, owners)
        known = alarm.variance_alerts(budget_variance, known, run.now, period, thresholds=limits, causes=causes)
        if period == run.current:
            known = alarm.trigger_alerts(found, known, run.now, causes)
    return known


def rules(settings: Settings) -> list[triggers.Rule]:
    """The triggers of the settings."""
    return [triggers.Rule(name, **rule.model_dump()) for name, rule in settings.triggers.items()]


def thresholds(settings: Settings) -> dict[str, Decimal | None]:
    """The amount from which on a variance is material, by account type and for all others."""
    limits = materiality(settings)
    return {"default": limits.default.amount, **{kind: limit.amount for kind, limit in limits.by_type.items()}}


def places_of(rows: pd.DataFrame) -> set[causing.Place]:
    """Entity, account and cost center of each row."""
    places = rows[["entity_id", "account_id", "cost_center_id"]].astype(object)
    return set(places.where(places.notna(), None).itertuples(index=False, name=None))


def largest_journals(house: House, places: set[causing.Place], period: str) -> pd.DataFrame:
    """The largest journals of a month behind each place. Shape: at most three rows a place; amounts debit-positive."""
    keys = ["entity_id", "account_id", "cost_center_id"]
    journals = (
        house.scan(JOURNAL_LINES, [period])
        .filter(nw.col("account_id").is_in(sorted({account for _, account, _ in places})))
        .group_by(*keys, "journal_id")
        .agg(
            (nw.col("functional_debit") - nw.col("functional_credit")).sum().alias("amount"),
            nw.col("description").max(),
        )
    )
    size = nw.col("amount").abs().rank("ordinal", descending=True).over(*keys)
    rows = house.rows(journals.with_columns(place=size).filter(nw.col("place") <= _JOURNALS).drop("place"))
    wanted = pd.DataFrame(sorted(places, key=str), columns=keys).astype("str")
    return rows.astype(dict.fromkeys([*keys, "journal_id", "description"], "str")).merge(wanted, on=keys)


def raise_failure(house: House, job: str, run_id: str, message: str) -> None:
    """Publish the alert of a failed run."""
    new = alarm.run_failure_alert(run_id, job, message, house.now)
    house.warehouse.merge(
        ALERTS, alarm.merged_alerts(house.warehouse.read(ALERTS), new), run_id=run_id, loaded_at=house.now
    )


RECIPES = (kpi_scorecard, alerts)
