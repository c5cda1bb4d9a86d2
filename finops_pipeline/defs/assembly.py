"""All definitions for given settings: every recipe, sealed table, job, sensor, schedule and resource together."""

import warnings
from collections.abc import Iterator
from typing import Any

import dagster as dg

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.defs import (
    assets,
    automation,
    bridge,
    budget,
    cloud,
    consideration,
    consolidation,
    cost,
    forecasting,
    intake,
    judging,
    kpis,
    ledger,
    operations,
    opportunities,
    records,
    revenue,
    savings,
    statements,
    tie_out,
)
from finops_pipeline.defs.house import House
from finops_pipeline.defs.io_manager import ContractIO
from finops_pipeline.defs.partitions import months
from finops_pipeline.defs.recipes import Recipe
from finops_pipeline.pull.extra import needing
from finops_pipeline.settings import Settings

RECIPES: tuple[Recipe, ...] = (
    *ledger.RECIPES,
    *tie_out.RECIPES,
    *operations.RECIPES,
    *cost.RECIPES,
    *consolidation.RECIPES,
    *cloud.RECIPES,
    *statements.RECIPES,
    *budget.RECIPES,
    *bridge.RECIPES,
    *savings.RECIPES,
    *opportunities.RECIPES,
    *revenue.RECIPES,
    *consideration.RECIPES,
    *forecasting.RECIPES,
    *kpis.RECIPES,
    *records.RECIPES,
)
SEALED_MONTHLY = frozenset({"journal_lines", "cloud_costs", "drivers"})


def build_definitions(settings: Settings, progress: assets.Progress | None = None) -> dg.Definitions:
    """Assets, checks, jobs, sensors and the schedule for these settings."""
    with warnings.catch_warnings():
        # Single-run backfills and mappings to months that do not exist are beta in the release we pin, and tested here.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return _assembled(settings, progress)


def _assembled(settings: Settings, progress: assets.Progress | None) -> dg.Definitions:
    def open_house() -> House:
        return House(settings, progress=progress)

    with_house = open_house()
    monthly = months(with_house)
    with_house.close()
    by_month = SEALED_MONTHLY | {r.table.name for r in RECIPES if r.monthly}
    made = [assets.made(r, monthly, by_month, automation.when_inputs_change(monthly=r.monthly)) for r in RECIPES]
    sealed = [
        assets.sealed(t, monthly if t.name in SEALED_MONTHLY else None, intake.upstream(t)) for t in assets.canonical()
    ]
    jobs = automation.jobs()
    pulled, pull_jobs, pull_schedules = _pulled(settings)
    filled = {key for asset in pulled for key in asset.keys}
    landing = [spec for spec in intake.landing() if spec.key not in filled]
    return dg.Definitions(
        assets=[*landing, *pulled, intake.extracts(), *intake.records(), *sealed, *made],
        jobs=[*jobs, *pull_jobs],
        sensors=[
            automation.new_extracts(open_house),
            automation.ingested(open_house, [jobs[0], jobs[2]], jobs[1]),
            automation.failed_runs(open_house, kpis.raise_failure),
            automation.automation_sensor(),
        ],
        schedules=[automation.nightly(open_house), *pull_schedules],
        resources={"house": _house(settings, progress), "io_manager": _io_manager(blocking_checks())},
        executor=dg.in_process_executor,
    )


def _pulled(settings: Settings) -> tuple[list[dg.AssetsDefinition], list[Any], list[dg.ScheduleDefinition]]:
    """Assets, job and schedule of the live pull; nothing where no system is configured."""
    if not settings.pull.configured:
        return [], [], []
    pulling = needing("finops_pipeline.defs.pulling")
    pulled = pulling.assets(settings)
    job = pulling.job(pulled)
    return pulled, [job], [pulling.schedule(settings, job)]


def _house(settings: Settings, progress: assets.Progress | None) -> dg.ResourceDefinition:
    @dg.resource
    def opened(_context: dg.InitResourceContext) -> Iterator[House]:
        house = House(settings, progress=progress)
        try:
            yield house
        finally:
            house.close()

    return opened


def blocking_checks() -> dict[str, tuple[str, ...]]:
    """The names of the checks of every table: its contract, and its cross-row rules."""
    rules = {name: intake.rules(name) for name in TABLES} | {r.table.name: r.checks for r in RECIPES}
    return {name: (judging.CONTRACT_CHECK, *checks) for name, checks in rules.items()}


def _io_manager(checks: dict[str, tuple[str, ...]]) -> dg.IOManagerDefinition:
    @dg.io_manager(required_resource_keys={"house"})
    def contract_io(context: dg.InitResourceContext) -> ContractIO:
        return ContractIO(context.resources.house, checks)

    return contract_io
