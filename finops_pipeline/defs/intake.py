"""Intake: landing files, the extracts read from them, and the records of what became of every file and row."""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import dagster as dg
import pandas as pd

from finops_pipeline.contracts.intake import INGESTED_FILES, LEFT_OUT, QUARANTINE, RECONCILIATION
from finops_pipeline.contracts.model import Table
from finops_pipeline.defs import judging
from finops_pipeline.defs.assets import described
from finops_pipeline.defs.failing import retrying_only_transient
from finops_pipeline.defs.house import House
from finops_pipeline.defs.judging import as_markdown
from finops_pipeline.defs.outbox import Outbox
from finops_pipeline.finance.findings import Finding
from finops_pipeline.intake.ingest import ingest
from finops_pipeline.sources import registry
from finops_pipeline.sources.options import Options

EXTRACTS = "extracts"
TOUCHED = "touched"
"""Metadata of the extracts: canonical table to the months that changed, as JSON."""
_SHOWN = [
    "dataset",
    "file_name",
    "rows_read",
    "rows_accepted",
    "rows_duplicate",
    "rows_quarantined",
    "rows_left_out",
    "status",
    "reason",
]


def landing_key(source: str, dataset: str) -> dg.AssetKey:
    """The landing folder of a dataset, as an asset."""
    return dg.AssetKey(["landing", source, dataset.replace("-", "_")])


def landing() -> list[dg.AssetSpec]:
    """One external asset for each landing folder: an ERP job fills it, nothing here makes it."""
    return [
        dg.AssetSpec(
            landing_key(source, name), group_name="landing", kinds={"csv"}, owners=["team:finance-data"],
            description=f"Extract files of {name} as {source} drops them in landing/{source}/{name}",
        )
        for source, name in registry.folders()
    ]  # fmt: skip


def upstream(table: Table) -> list[dg.AssetKey]:
    """What a canonical table comes from: the extracts, and the landing folders of its datasets."""
    datasets = [(d.source, d.name) for d in registry.DATASETS if d.table is table]
    datasets += [(d.source, d.rows.name) for d in registry.derivations(Options()) if d.table is table]
    return [dg.AssetKey(EXTRACTS), *(landing_key(*place) for place in dict.fromkeys(datasets))]


def extracts() -> dg.AssetsDefinition:
    """Every new file of the landing folder, read, checked row by row, and stored."""

    @dg.asset(
        name=EXTRACTS, group_name="intake", owners=["team:finance-data"], kinds={"duckdb", "parquet"},
        deps=[spec.key for spec in landing()], required_resource_keys={"house"},
        description="New landing files: rows checked one by one, accepted into the lake or quarantined with the reason",
    )  # fmt: skip
    def read(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        house: House = context.resources.house
        with retrying_only_transient():
            result = ingest(
                house.settings, house.lake, house.engine, house.warehouse,
                run_id=context.run.run_id, now=house.now, progress=house.progress,
            )  # fmt: skip
        Outbox.of(house.settings).add(result.touched)
        return dg.MaterializeResult(metadata=_told(result.files, result.touched))

    return read


def _told(files: pd.DataFrame, touched: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    counts = {name: int(files[name].sum()) for name in files.columns if name.startswith("rows_")}
    return {
        "files": len(files),
        **counts,
        TOUCHED: dg.MetadataValue.json({table: list(months) for table, months in touched.items()}),
        "read": dg.MetadataValue.md(as_markdown(files[_SHOWN]) if len(files) else "nothing new"),
    }


def touched_in(metadata: Any) -> dict[str, list[str]]:
    """The touched months in the metadata of a materialization of the extracts."""
    value = metadata[TOUCHED].value
    found: dict[str, list[str]] = json.loads(value) if isinstance(value, str) else dict(value)
    return found


def every_row_is_accounted_for(files: pd.DataFrame) -> list[Finding]:
    """INT-001: rows read = accepted + duplicate + quarantined + left out, file by file."""
    known = files[files["status"] == "accepted"]
    rows: list[Any] = list(known.assign(rows_left_out=known["rows_left_out"].fillna(0).astype("int64")).itertuples())
    parts = [row.rows_accepted + row.rows_duplicate + row.rows_quarantined + row.rows_left_out for row in rows]
    return [
        Finding("INT-001", row.file_name, f"{row.rows_read} rows read, but {part} accounted for: read the file again")
        for row, part in zip(rows, parts, strict=True)
        if row.rows_read != part
    ]


def every_total_reconciles(totals: pd.DataFrame) -> list[Finding]:
    """INT-002: source total = accepted + duplicate + quarantined + left out, to the last digit, file by file."""
    nothing = totals["left_out_total"].isna()
    known = totals.assign(left_out_total=totals["left_out_total"].astype(object).mask(nothing, Decimal(0)))
    rows: list[Any] = list(known.itertuples())
    parts = [row.accepted_total + row.duplicate_total + row.quarantined_total + row.left_out_total for row in rows]
    return [
        Finding(
            "INT-002", f"{row.dataset} {row.file_id[:12]} {row.currency}",
            f"{row.measure}: source {row.source_total} less accepted {row.accepted_total}, duplicate "
            f"{row.duplicate_total}, quarantined {row.quarantined_total} and left out {row.left_out_total} leaves "
            f"{row.difference}, not zero",
        )
        for row, part in zip(rows, parts, strict=True)
        if Decimal(str(row.difference)) != 0 or row.source_total != part
    ]  # fmt: skip


_RULES: dict[str, Any] = {
    INGESTED_FILES.name: {"every_row_is_accounted_for": every_row_is_accounted_for},
    QUARANTINE.name: {},
    RECONCILIATION.name: {"every_difference_is_zero": every_total_reconciles},
    LEFT_OUT.name: {},
}


RECORDS = (INGESTED_FILES, QUARANTINE, RECONCILIATION, LEFT_OUT)
"""What the intake itself publishes."""


def rules(table: str) -> tuple[str, ...]:
    """The cross-row checks of a table that the intake publishes."""
    return tuple(_RULES.get(table, {}))


def record(table: Table) -> dg.AssetsDefinition:
    """The asset of a record that the intake itself publishes: read again, counted and judged."""
    checks = _RULES[table.name]

    def recorded(context: dg.AssetExecutionContext) -> Iterator[Any]:
        house: House = context.resources.house
        with retrying_only_transient():
            rows = house.read(table)
            results = [judging.judge(house, table, rows)]
            results += [judging.answer(name, rule(rows)) for name, rule in checks.items()]
        yield from results
        judging.stop_if_broken(table, results)
        yield dg.MaterializeResult(metadata={"dagster/row_count": len(rows), **_summary(table, rows)})

    recorded.__name__ = table.name
    asset: dg.AssetsDefinition = dg.asset(
        name=table.name, deps=[EXTRACTS], check_specs=judging.check_specs(table, list(checks)),
        required_resource_keys={"house"}, io_manager_key="io_manager", **described(table, monthly=None),
    )(recorded)  # fmt: skip
    return asset


def _summary(table: Table, rows: pd.DataFrame) -> dict[str, Any]:
    if table is LEFT_OUT and len(rows):
        left = rows.groupby(["source", "dataset", "reason"])["rows"].sum().reset_index()
        return {"by reason": dg.MetadataValue.md(as_markdown(left))}
    if table is QUARANTINE and len(rows):
        counts = rows.groupby(["dataset", "rule_id"]).size().rename("rows").reset_index()
        return {"by rule": dg.MetadataValue.md(as_markdown(counts))}
    if table is RECONCILIATION and len(rows):
        totals = rows.groupby(["dataset", "currency", "measure"], dropna=False)[["source_total", "difference"]].sum()
        return {"totals": dg.MetadataValue.md(as_markdown(totals.reset_index()))}
    return {}


def records() -> Sequence[dg.AssetsDefinition]:
    """The records of the intake."""
    return [record(t) for t in RECORDS]
