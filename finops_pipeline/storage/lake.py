"""The lake: canonical tables and facts as Parquet files, one file a month.

    <root>/<table>/period=YYYY-MM/data.parquet      partitioned tables
    <root>/<table>/data.parquet                     the others

A write replaces a whole partition or changes nothing: a temporary file beside it is renamed into place.
"""

import uuid
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from finops_pipeline.contracts.model import LINEAGE, Column, Table
from finops_pipeline.contracts.projections import arrow_schema, conform, empty, from_arrow, to_arrow
from finops_pipeline.errors import ContractError
from finops_pipeline.storage.engine import Engine, literal, name, parquet
from finops_pipeline.storage.parsing import sql_type

_FILE = "data.parquet"


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

    def add_missing_columns(self, engine: Engine, table: Table) -> int:
        """Give the columns that older files of a table lack to them, empty. Returns how many files were written anew.

        Raises: ContractError for a column that may not be empty.
        """
        lacking = [(f, pq.read_schema(f).names) for f in self.files(table)]
        lacking = [(f, present) for f, present in lacking if not set(table.names) <= set(present)]
        for file, present in lacking:
            needed = [c.name for c in table.columns if c.name not in present and not c.nullable]
            if needed:
                raise ContractError(
                    f"{file} was written before {table.name} had {', '.join(needed)}: take its extracts in again in an empty "
                    "home folder"
                )
            own = [
                name(c.name) if c.name in present else f"NULL::{sql_type(c)} AS {name(c.name)}" for c in table.columns
            ]
            others = [name(c) for c in present if c not in table.names]
            temporary = self._temporary(file)
            query = f"SELECT {', '.join([*own, *others])} FROM {parquet([file])}"
            engine.run(f"COPY ({query}) TO {literal(temporary)} (FORMAT parquet)")
            temporary.replace(file)
        return len(lacking)

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
