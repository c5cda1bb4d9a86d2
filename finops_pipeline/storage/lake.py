"""The lake: canonical tables and facts as Parquet files, one file a month.

    <root>/<table>/period=YYYY-MM/data.parquet      partitioned tables
    <root>/<table>/data.parquet                     the others

A write replaces a whole partition or changes nothing: a temporary file beside it is renamed into place.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from finops_pipeline.contracts.model import LINEAGE, Column, Table
from finops_pipeline.contracts.projections import arrow_schema, conform, empty, from_arrow, to_arrow
from finops_pipeline.errors import ContractError
from finops_pipeline.storage.engine import Engine, literal

_FILE, _COLUMNS = "data.parquet", ".columns.json"


class Lake:
    """Parquet files under one folder, addressed by contract and period."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, table: Table, period: str | None = None) -> Path:
        """Where a partition is, or would be, stored."""
        folder = self.root / table.name
        return folder / f"period={period}" / _FILE if period else folder / _FILE

    def periods(self, table: Table) -> list[str]:
        """The periods a partitioned table has data for."""
        return sorted(p.parent.name.removeprefix("period=") for p in (self.root / table.name).glob(f"period=*/{_FILE}"))

    def files(self, table: Table, periods: Sequence[str] | None = None) -> list[Path]:
        """The files of a table, or of some of its periods; those that do not exist are left out."""
        if not table.partitioned:
            return [p for p in [self.path(table)] if p.exists()]
        wanted = self.periods(table) if periods is None else sorted(set(periods))
        return [p for p in (self.path(table, period) for period in wanted) if p.exists()]

    def read(self, table: Table, periods: Sequence[str] | None = None) -> pd.DataFrame:
        """A table as its contract describes it. Meant for fact-size tables."""
        files = self.files(table, periods)
        names = list(table.names)
        if not files:
            return empty(table)
        schema = arrow_schema(table)
        parts = [pq.read_table(f, columns=names, partitioning=None).cast(schema) for f in files]
        return from_arrow(pa.concat_tables(parts), table)

    def replace(self, table: Table, frame: pd.DataFrame, periods: Sequence[str] | None = None) -> None:
        """Store a frame in place of whole partitions: of exactly these periods, or of the whole table.

        Raises: ContractError when rows lie outside the periods.
        """
        frame = conform(frame, table)
        if not table.partitioned:
            self._write(table, frame, self.path(table))
            return
        wanted = sorted(set(periods if periods is not None else [*self.periods(table), *frame["period"].unique()]))
        outside = sorted(set(frame["period"].unique()) - set(wanted))
        if outside:
            raise ContractError(f"{table.name}: rows of {', '.join(outside)} do not belong to the periods written")
        by_period = dict(list(frame.groupby("period")))
        for period in wanted:
            if period in by_period:
                self._write(table, by_period[period], self.path(table, period))
            else:
                self.path(table, period).unlink(missing_ok=True)

    def replace_by_query(self, engine: Engine, table: Table, period: str | None, query: str) -> int:
        """Store the result of an engine query as one partition; an empty result removes it. Returns the rows."""
        target = self.path(table, period)
        temporary = self._temporary(target)
        rows = int(engine.value(f"COPY ({query}) TO {literal(temporary)} (FORMAT parquet)"))
        if rows:
            temporary.replace(target)
        else:
            temporary.unlink(missing_ok=True)
            target.unlink(missing_ok=True)
        return rows

    def bring_up_to_date(self, tables: Iterable[Table]) -> int:
        """Give the columns that files of an older version lack to them, empty. Returns how many files were written anew.

        What the files have is noted beside them, so that they are looked at once after an update.

        Raises: ContractError for a column that may not be empty.
        """
        known = list(tables)
        declared = json.dumps({t.name: t.names for t in known}, indent=1)
        note = self.root / _COLUMNS
        if not self.root.exists() or (note.exists() and note.read_text(encoding="utf-8") == declared):
            return 0
        written = sum(self._complete(table, file) for table in known for file in self.files(table))
        temporary = self._temporary(note)
        temporary.write_text(declared, encoding="utf-8")
        temporary.replace(note)
        return written

    def _complete(self, table: Table, file: Path) -> bool:
        """Add the columns that a file lacks. Returns whether it lacked any."""
        stored = pq.ParquetFile(file)
        missing = [c for c in table.columns if c.name not in stored.schema_arrow.names]
        if any(not c.nullable for c in missing):
            raise ContractError(
                f"{file} was written before {table.name} had {', '.join(c.name for c in missing if not c.nullable)}: "
                "take the extracts in again in an empty home folder"
            )
        if not missing:
            return False
        wanted, there = arrow_schema(table), stored.schema_arrow
        others = [f for f in there if f.name not in table.names]  # lineage stays last
        schema = pa.schema([*(there.field(n) if n in there.names else wanted.field(n) for n in table.names), *others])
        temporary = self._temporary(file)
        with pq.ParquetWriter(temporary, schema) as sink:
            for batch in stored.iter_batches():
                columns = {name: batch[name] for name in there.names}
                empty_ones = {c.name: pa.nulls(batch.num_rows, schema.field(c.name).type) for c in missing}
                sink.write_table(pa.table(columns | empty_ones).select(schema.names).cast(schema))
        temporary.replace(file)
        return True

    def _write(self, table: Table, frame: pd.DataFrame, target: Path) -> None:
        temporary = self._temporary(target)
        pq.write_table(to_arrow(frame, table), temporary)
        temporary.replace(target)

    def _temporary(self, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.parent / f".{uuid.uuid4().hex}.tmp"


def stored_columns(table: Table) -> tuple[Column, ...]:
    """The columns of an ingested table in the lake: its contract and where each row came from."""
    return (*table.columns, *LINEAGE)
