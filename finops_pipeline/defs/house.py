"""The house: everything a run works with, made once from the settings and closed when the run ends.

Not here: what is done with it (recipes), nor Dagster's instance.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.model import Table
from finops_pipeline.contracts.projections import arrow_schema, conform, from_arrow
from finops_pipeline.finance import periods
from finops_pipeline.settings import Settings
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.keeping import Keeping
from finops_pipeline.storage.lake import Lake, stored_columns
from finops_pipeline.storage.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Published:
    """What a run wrote of one table."""

    table: str
    rows: int
    first: str | None
    last: str | None


@dataclass
class House:
    """Lake, warehouse and engine, the frames already read, and what has been published so far.

    Frames are kept because ten reports read the same balances; recipes never change a frame they are given.
    """

    settings: Settings
    progress: Callable[[str, int, int], None] | None = None
    begun: int = 0
    published: dict[str, Published] = field(default_factory=dict)
    _shared: dict[str, Any] = field(default_factory=dict)
    _frames: dict[tuple[str, tuple[str, ...] | None], pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def lake(self) -> Lake:
        """Ledger-size tables and facts; those of an older version get the columns that they lack."""
        lake = Lake(self.settings.lake_path)
        lake.bring_up_to_date(t for t in TABLES.values() if t.home == "lake")
        return lake

    @property
    def keeping(self) -> Keeping:
        """What is kept from one night to the next."""
        return Keeping(self.settings.kept_path)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The published tables; created if they are not there."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        warehouse = Warehouse(self.settings.url)
        warehouse.create()
        return warehouse

    @cached_property
    def engine(self) -> Engine:
        """The engine; one connection for the whole run."""
        spill = self.settings.home / "spill"
        spill.mkdir(parents=True, exist_ok=True)
        return Engine(self.settings.engine_memory_limit, self.settings.engine_threads, spill)

    def close(self) -> None:
        """Give everything back."""
        self._frames.clear()
        if "engine" in self.__dict__:
            self.engine.close()
        if "warehouse" in self.__dict__:
            self.warehouse.close()

    @cached_property
    def now(self) -> datetime:
        """The moment of this run, the same for everything it writes."""
        return datetime.now(tz=UTC).replace(microsecond=0)

    @property
    def today(self) -> date:
        """The day the reports are made for."""
        return self.settings.as_of or self.now.date()

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """What two tables of a run share, computed by the first of them."""
        if name not in self._shared:
            self._shared[name] = compute()
        return self._shared[name]

    def tell(self, what: str, total: int) -> None:
        """Say which table is made now, to whoever watches."""
        self.begun += 1
        if self.progress:
            self.progress(what, self.begun - 1, total)

    def months(self) -> list[str]:
        """Every month there is data for, without gaps: from the first of journals and bills to the last."""
        stored = [p for name in ("journal_lines", "cloud_costs") for p in self.lake.periods(TABLES[name])]
        first = self.settings.first_period or min(stored, default=None)
        return periods.span(first, self.last) if first else []

    @property
    def current(self) -> str:
        """The last month reported: that of the day the reports are made for, but none without actuals."""
        month = periods.of(self.today)
        stored = self.lake.periods(TABLES["journal_lines"]) or self.lake.periods(TABLES["cloud_costs"])
        return min(month, max(stored, default=month))

    @property
    def last(self) -> str:
        """The last month anything is published for: the current one, or a later one that a cloud bill has come for."""
        billed = max(self.lake.periods(TABLES["cloud_costs"]), default=self.current)
        return max(self.current, min(periods.of(self.today), billed))

    def read(self, table: Table, wanted: Sequence[str] | None = None) -> pd.DataFrame:
        """A fact or report table, whole or of some months."""
        key = (table.name, None if wanted is None else tuple(wanted))
        if key not in self._frames:
            stored = (
                self.lake.read(table, wanted) if table.home == "lake" else self.warehouse.read(table, periods=wanted)
            )
            self._frames[key] = stored
        return self._frames[key]

    def scan(self, table: Table, wanted: Sequence[str] | None = None) -> nw.LazyFrame[Any]:
        """A ledger-size table with the lineage of its rows, lazily; an empty one where nothing is stored."""
        files = self.lake.files(table, wanted)
        if files:
            return self.engine.scan(files)
        nothing = f"nothing_{table.name}"
        stored = replace(table, columns=stored_columns(table))
        self.engine.register(nothing, arrow_schema(stored).empty_table())
        return nw.from_native(self.engine.connection.table(nothing))

    def collect(self, lazy: nw.LazyFrame[Any], table: Table) -> pd.DataFrame:
        """A lazy frame computed, as the contract describes it."""
        return conform(from_arrow(self.engine.collect(lazy), table), table)

    def rows(self, lazy: nw.LazyFrame[Any]) -> pd.DataFrame:
        """A small lazy frame computed, as pandas reads it."""
        rows: pd.DataFrame = self.engine.collect(lazy).to_pandas()
        return rows

    def totals(self, table: Table, files: Sequence[Path]) -> pd.DataFrame:
        """Rows and sums of every measure in files of the lake.

        Shape: one row per period x currency; columns period, currency, rows and the measures. Unit: as stored.
        """
        measures = [c for c in table.columns if c.measure]
        named = {"currency": measures[0].currency} if measures else {}
        if table.partitioned:
            named["period"] = "period"
        empty = pd.DataFrame({name: [] for name in ("period", "currency", "rows", *(m.name for m in measures))})
        if not files:
            return empty
        lazy = self.engine.scan(files)
        sums = [nw.col(m.name).sum() for m in measures]
        if named:
            summed = lazy.group_by(*named.values()).agg(nw.len().alias("rows"), *sums)
        else:
            summed = lazy.select(nw.len().alias("rows"))
        rows = self.rows(summed).rename(columns={v: k for k, v in named.items()})
        return rows.reindex(columns=empty.columns)

    def forget(self, table: Table) -> None:
        """Drop kept frames of a table that has just been written."""
        for key in [k for k in self._frames if k[0] == table.name]:
            del self._frames[key]

    @staticmethod
    def new_id() -> str:
        """An identifier for something that happens outside a Dagster run."""
        return str(uuid.uuid4())
