"""The live pull in Dagster: the landing folders that are filled by it are assets that are made, one for each table.

dagster-dlt runs the pull and shows what came of each table. It may drop what dlt left half loaded, and dlt's own memory of
how far it came; so that memory is kept by `pull.kept`, after everything has landed. Imported only where a system is
configured: the extra `pull` may not be installed.
"""

import warnings
from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
from dagster_dlt import DagsterDltResource, DagsterDltTranslator, dlt_assets
from dagster_dlt.translator import DltResourceTranslatorData
from pydantic import Field

from finops_pipeline.defs.failing import retrying_only_transient
from finops_pipeline.defs.intake import landing_key
from finops_pipeline.pull import loading, pulling
from finops_pipeline.pull.kept import alone
from finops_pipeline.settings import Settings

PULL = "pull"


class PullConfig(dg.Config):
    """How far back one run asks."""

    since: str | None = Field(None, description="Also what changed from this day on (YYYY-MM-DD)")
    whole: bool = Field(default=False, description="Everything again, not only what has changed")


class _Landing(DagsterDltTranslator):
    """A table of a system is the landing folder that the intake reads."""

    def get_asset_spec(self, data: DltResourceTranslatorData) -> dg.AssetSpec:
        source, table = str(data.resource.source_name), str(data.resource.name)
        return dg.AssetSpec(
            landing_key(source, table), group_name="landing", kinds={"dlt"}, owners=["team:finance-data"],
            description=f"What {source} holds of {table}, asked for over its interface: landing/{source}/{table}",
        )  # fmt: skip


def assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The tables of every configured system. Raises: ConfigurationError for a system of which settings are missing."""
    loading.settle(settings.pull_path)
    return [_asset(name, settings) for name in settings.pull.configured]


def _asset(name: str, settings: Settings) -> dg.AssetsDefinition:
    options, places = settings.pull, pulling.Places(settings.pull_path, settings.landing_path)
    shown, aside = pulling.connect(name, options, places.folder, pulling.asking(options)), places.folder / "shown"
    landing = _Landing()

    @dlt_assets(
        dlt_source=loading.source(shown),
        dlt_pipeline=loading.pipeline(shown, aside, places.landing, "shown"),  # it never runs, and disturbs no pull
        name=f"pull_{name}",
        dagster_dlt_translator=landing,
    )
    def pull(context: dg.AssetExecutionContext, config: PullConfig) -> Iterator[Any]:
        asked = pulling.asking(options, date.fromisoformat(config.since) if config.since else None, whole=config.whole)
        with retrying_only_transient(), alone(places.folder), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # dagster-dlt leans on what dlt and pydantic will drop
            loading.settle(places.folder)
            with pulling.opened(name, options, places, asked) as (tables, way, _):
                yield from DagsterDltResource().run(context, tables, way, landing)

    return pull


def job(pulled: list[dg.AssetsDefinition]) -> Any:
    """`pull` from every configured system."""
    keys = [key for asset in pulled for key in asset.keys]
    return dg.define_asset_job(
        PULL, dg.AssetSelection.assets(*keys), description="Ask QuickBooks Online and NetSuite for what is new"
    )


def schedule(settings: Settings, pull: Any) -> dg.ScheduleDefinition:
    """Before the nightly close, so that it takes in what was pulled."""
    return dg.ScheduleDefinition(
        name=PULL, job=pull, cron_schedule=settings.pull.schedule, execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )  # fmt: skip
