"""What is written down about a batch: files, quarantined rows, control totals. And the rows held back earlier."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd

from finops_pipeline.contracts.intake import INGESTED_FILES, LEFT_OUT, QUARANTINE, RECONCILIATION
from finops_pipeline.contracts.model import Table
from finops_pipeline.contracts.projections import conform, empty
from finops_pipeline.intake import messages
from finops_pipeline.intake.known import NewFile
from finops_pipeline.sources.derivation import Extract
from finops_pipeline.sources.model import Dataset
from finops_pipeline.storage.accepting import Rejected, Totals
from finops_pipeline.storage.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Records:
    """Rows to write.

    To be deleted first: the quarantine rows of the keys `released`, and all that is written down of the files
    `rewritten`.
    """

    files: pd.DataFrame
    quarantine: pd.DataFrame = field(default_factory=lambda: empty(QUARANTINE))
    reconciliation: pd.DataFrame = field(default_factory=lambda: empty(RECONCILIATION))
    released: pd.DataFrame = field(default_factory=lambda: empty(QUARANTINE)[["file_id", "row_number"]])
    left_out: pd.DataFrame = field(default_factory=lambda: empty(LEFT_OUT))
    rewritten: tuple[str, ...] = ()


def rejection(file: NewFile, rule: str, reason: str, rows: int, header: list[str] | None = None) -> Records:
    """A file that stays out whole: one quarantine row, number 0, speaks for all of its rows."""
    source, dataset = folder(file)
    raw = json.dumps({"file": file.file_name, "header": header or []}, ensure_ascii=False)
    quarantine = [(file.file_id, 0, source, dataset, rule, None, reason, raw)]
    return Records(
        frame(INGESTED_FILES, [file_row(file, "rejected", rows, 0, 0, rows, reason)]), frame(QUARANTINE, quarantine)
    )


def folder(file: NewFile) -> tuple[str, str]:
    """Source and dataset as they are written down."""
    return file.landing.source, file.dataset.name if file.dataset else file.landing.dataset


def file_row(
    file: NewFile,
    status: str,
    read: int,
    accepted: int,
    duplicate: int,
    quarantined: int,
    reason: str | None,
    left_out: int = 0,
) -> tuple[Any, ...]:
    """One row of `ingested_files`."""
    source, dataset = folder(file)
    return (
        file.file_id, source, dataset, file.file_name, file.landing.received_at,
        read, accepted, duplicate, quarantined, status, reason, left_out,
    )  # fmt: skip


def quarantine_rows(dataset: Dataset, rejected: list[Rejected], file_ids: Mapping[int, str]) -> pd.DataFrame:
    """Rows of `quarantine` for rows that stay out."""
    rows = []
    for row in rejected:
        fields = json.loads(row.raw)
        shown = dataset.header_of(row.column) if row.column else None
        value = fields.get(shown or "line")
        message = messages.explain(dataset.table, row.rule, row.column, value, row.detail)
        rows.append(
            (file_ids[row.file_seq], row.row_number, dataset.source, dataset.name, row.rule, shown, message, row.raw)
        )
    return frame(QUARANTINE, rows)


def reconciliation_rows(
    dataset: str,
    file_ids: Mapping[int, str],
    source: Totals,
    accepted: Totals,
    duplicate: Totals,
    out: Totals,
    left_out: Totals | None = None,
) -> pd.DataFrame:
    """Rows of `reconciliation`: what the file says against what became of it."""
    parts = (source, accepted, duplicate, out, left_out or {})
    keys = sorted({key for part in parts for key in part}, key=lambda k: (k[0], k[1] or "", k[2]))
    zero = Decimal(0)
    rows = []
    for key in keys:
        seq, currency, measure = key
        totals = [part.get(key, zero) for part in parts]
        difference = totals[0] - sum(totals[1:], zero)
        rows.append((file_ids[seq], dataset, currency, measure, *totals[:4], difference, totals[4]))
    return frame(RECONCILIATION, rows)


def held_rows(warehouse: Warehouse, dataset: Dataset | Extract | None = None) -> pd.DataFrame:
    """The quarantined rows that may still enter."""
    where = {"source": dataset.source, "dataset": dataset.name} if dataset else None
    rows = warehouse.read(QUARANTINE, where=where)
    return rows[rows["rule_id"].map(messages.is_held).astype(bool)]


def frame(table: Table, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows as a frame that keeps its contract."""
    return conform(pd.DataFrame(rows, columns=list(table.names), dtype=object), table) if rows else empty(table)
