"""Recipes as Dagster assets: judged before they are published, with what the UI shows of them.

`made` turns a recipe into an asset that computes; `sealed` makes an asset of a table that the ingest has already
stored: it is read again, counted, summed and judged, so that everything downstream stands on a judged table.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg
import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.model import Table
from finops_pipeline.contracts.projections import conform, empty
from finops_pipeline.defs import judging, metadata
from finops_pipeline.defs.failing import retrying_only_transient
from finops_pipeline.defs.house import House
from finops_pipeline.defs.io_manager import EVERYTHING, WRITE
from finops_pipeline.defs.partitions import all_months_up_to, covered, same_month
from finops_pipeline.defs.recipes import Made, Recipe, Run

Months = dg.TimeWindowPartitionsDefinition
Progress = Callable[[str, int, int], None]
OWNERS = ("team:finance-data",)


def described(table: Table, *, monthly: Months | None) -> dict[str, Any]:
    """What every asset of a table says of itself."""
    return {
        "group_name": table.group,
        "owners": list(OWNERS),
        "kinds": {"parquet", "duckdb"} if table.home == "lake" else {"sql", "pandas"},
        "description": f"{table.description}. One row per {table.grain}.",
        "metadata": {"dagster/column_schema": metadata.column_schema(table), "dagster/table_name": table.name},
        "partitions_def": monthly,
        "backfill_policy": dg.BackfillPolicy.single_run() if monthly else None,
    }


def made(
    recipe: Recipe, months: Months, monthly: frozenset[str], condition: dg.AutomationCondition[Any]
) -> dg.AssetsDefinition:
    """The asset of a recipe. `monthly` names the tables that are partitioned by month."""
    table = recipe.table
    spec = described(table, monthly=months if recipe.monthly else None)
    spec["metadata"] |= {WRITE: recipe.write}
    asset: dg.AssetsDefinition = dg.asset(
        name=table.name,
        ins={name: _input(recipe, name, months if name in monthly else None) for name in recipe.inputs},
        deps=list(recipe.after),
        check_specs=judging.check_specs(table, recipe.checks),
        required_resource_keys={"house"},
        io_manager_key="io_manager",
        automation_condition=condition,
        **spec,
    )(_computation(recipe))
    return asset


def _input(recipe: Recipe, name: str, months: Months | None) -> dg.AssetIn:
    if not (recipe.monthly and months):
        return dg.AssetIn(metadata={EVERYTHING: True})
    mapping = all_months_up_to(months) if name in recipe.history else same_month()
    return dg.AssetIn(partition_mapping=mapping)


def _computation(recipe: Recipe) -> Any:
    """The generator Dagster runs: compute, judge, and only then publish."""

    def compute(context: dg.AssetExecutionContext, **frames: Any) -> Iterator[Any]:
        house: House = context.resources.house
        covers = covered(context.run.tags)
        wanted = tuple(context.partition_keys) if recipe.monthly else ()
        months = recipe.months(wanted, house.current)
        run = Run(months, covers or wanted, house.current, context.run.run_id, house.now, house)
        house.tell(recipe.table.name, len(context.job_def.asset_layer.selected_asset_keys))
        with retrying_only_transient():
            outcome = _nothing(recipe) if wanted and not months and recipe.wants_run else _made(recipe, run, frames)
            frame = _as_frame(house, recipe.table, outcome.frame)
            verdict = judging.judge(house, recipe.table, frame, wanted)
        results = [verdict, *judging.answers(recipe.checks, outcome.findings)]
        yield from results
        judging.stop_if_broken(recipe.table, results)
        _count_by_month(context, frame, wanted)
        yield dg.Output(frame, metadata=_shown(recipe.table, frame, outcome))

    compute.__name__ = recipe.table.name
    compute.__doc__ = recipe.make.__doc__
    annotations = {"context": dg.AssetExecutionContext, **recipe.inputs}
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind, annotation=given) for name, given in annotations.items()]
    compute.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    compute.__annotations__ = annotations
    return compute


def _made(recipe: Recipe, run: Run, frames: dict[str, Any]) -> Made:
    result = recipe.make(**({"run": run} if recipe.wants_run else {}), **frames)
    return result if isinstance(result, Made) else Made(result)


def _nothing(recipe: Recipe) -> Made:
    """Months after the last journals: there is nothing to say about them yet."""
    return Made(empty(recipe.table), dict.fromkeys(recipe.checks, ()))


def _as_frame(house: House, table: Table, result: Any) -> pd.DataFrame:
    if isinstance(result, nw.LazyFrame):
        return house.collect(result, table)
    return conform(result, table)


def _count_by_month(context: dg.AssetExecutionContext, frame: pd.DataFrame, wanted: Sequence[str]) -> None:
    """Row counts by month, which the UI plots."""
    counts = frame["period"].value_counts() if wanted else pd.Series(dtype="int64")
    for period in wanted:
        context.add_asset_metadata({"dagster/partition_row_count": int(counts.get(period, 0))}, partition_key=period)


def _shown(table: Table, frame: pd.DataFrame, outcome: Made) -> dict[str, Any]:
    notes = {name: dg.MetadataValue.md(text) for name, text in outcome.notes.items()}
    return {"preview": metadata.preview(table, frame), **notes}


def sealed(table: Table, months: Months | None, upstream: Sequence[str | dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset of a table that the ingest has stored: read again, counted, summed and judged."""

    def seal(context: dg.AssetExecutionContext) -> Iterator[Any]:
        house: House = context.resources.house
        wanted = tuple(context.partition_keys) if months else ()
        house.tell(table.name, len(context.job_def.asset_layer.selected_asset_keys))
        with retrying_only_transient():
            files = house.lake.files(table, wanted or None)
            verdict = judging.judge(house, table, files, wanted)
            totals = house.totals(table, files)
        yield verdict
        judging.stop_if_broken(table, [verdict])
        for period in wanted:
            rows = int(totals.loc[totals["period"] == period, "rows"].sum())
            context.add_asset_metadata({"dagster/partition_row_count": rows}, partition_key=period)
        yield dg.MaterializeResult(metadata=_sealed_metadata(table, totals))

    seal.__name__ = table.name
    asset: dg.AssetsDefinition = dg.asset(
        name=table.name,
        deps=list(upstream),
        check_specs=judging.check_specs(table),
        required_resource_keys={"house"},
        io_manager_key="io_manager",
        **described(table, monthly=months),
    )(seal)
    return asset


def _sealed_metadata(table: Table, totals: pd.DataFrame) -> dict[str, Any]:
    sums = {
        f"total {column.name} {currency}": str(metadata.major(column, values.sum(), str(currency)))
        for column in metadata.amounts(table)
        if column.name in totals.columns
        for currency, values in totals.groupby("currency")[column.name]
    }
    return {"dagster/row_count": int(totals["rows"].sum()), **sums}


def canonical() -> list[Table]:
    """The tables that the ingest fills from extracts."""
    made_here = {"gl_balances", "intercompany_balances", "budget_balances", "budget_by_product", "driver_monthly"}
    return [t for t in TABLES.values() if t.home == "lake" and t.name not in made_here]
