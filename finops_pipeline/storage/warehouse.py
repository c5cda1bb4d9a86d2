"""The warehouse: report tables in SQLite or PostgreSQL, published whole or not at all.

Here: connections, transactions, and writing and reading tables by their contract. Not here: what a table is
(`contracts`), how a value looks in SQL (`warehouse_values`), nor which periods are published when (`defs`).

Every write is one transaction that first locks out other writers of the table and then deletes before it inserts:
whoever reads meanwhile sees all of the old rows, afterwards all of the new ones. A write that fails or is killed leaves
the old rows. The same write twice leaves the same rows as once.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace as with_changes
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from finops_pipeline.contracts.catalog import report_tables
from finops_pipeline.contracts.model import STAMPS, Column, Table
from finops_pipeline.contracts.projections import conform, sqlalchemy_table
from finops_pipeline.errors import ConfigurationError, ContractError
from finops_pipeline.storage import warehouse_engines as engines
from finops_pipeline.storage import warehouse_values as values

Condition = tuple[str, str, Any]
"""Column, operator and value (a sequence for `in` and `not in`; None for missing)."""

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "not in")
BATCH_ROWS = 50_000


class Warehouse:
    """Report tables behind one SQLAlchemy URL. Close it, or use it in a `with` statement."""

    def __init__(self, url: str, tables: Sequence[Table] | None = None, *, wait_seconds: float = 30) -> None:
        """Nothing is opened or created yet.

        `tables`: the contracts it holds; all report tables if not given. `wait_seconds`: how long a writer waits for
        another one before it raises TransientError.
        """
        self._engine = engines.engine(url, wait_seconds)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._metadata = sa.MetaData()
        self._contracts = {t.name: t for t in (report_tables() if tables is None else tables)}
        for table in self._contracts.values():
            sqlalchemy_table(table, self._metadata)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def create(self) -> None:
        """Create the tables that are missing and bring older ones up to their contract. Running it again is nothing.

        Columns that they lack are added; a unique index over a key that has grown since gives way to that of today. An added column may be missing in the rows already there, whatever the contract says of new ones.
        """
        if self._sqlite and self._engine.url.database:
            Path(self._engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self._write() as connection:
            engines.lock_schema(connection)
            self._metadata.create_all(connection)
            inspector = sa.inspect(connection)
            for table in self._metadata.tables.values():
                present = {c["name"] for c in inspector.get_columns(table.name)}
                for column in (c for c in table.columns if c.name not in present):
                    engines.add_column(connection, table, column)
                engines.renew_key(connection, table, inspector.get_indexes(table.name))

    def replace(
        self, table: Table, frame: pd.DataFrame, *, periods: Sequence[str] | None, run_id: str, loaded_at: datetime
    ) -> int:
        """Publish a table's rows of these periods (None: the whole table) in place of those there; the rows written.

        Raises: ContractError, also for rows outside the periods; TransientError.
        """
        rows = conform(frame, table)
        target = self._target(table)
        condition: sa.ColumnElement[bool] = sa.true()
        if periods is not None:
            _check_periods(rows, table, periods)
            condition = target.c.period.in_(list(periods))
        wire = self._wire(rows, table, run_id, loaded_at)
        with self._write(target) as connection:
            connection.execute(target.delete().where(condition))
            self._insert(connection, target, wire)
        return len(rows)

    def merge(self, table: Table, frame: pd.DataFrame, *, run_id: str, loaded_at: datetime) -> int:
        """Publish rows in place of those with the same key (missing values compare equal); the others stay.

        Raises: ContractError; TransientError.
        """
        rows = conform(frame, table)
        target = self._target(table)
        wire = self._wire(rows, table, run_id, loaded_at)
        with self._write(target) as connection, self._staged(connection, table, rows, _key(table)) as same_key:
            connection.execute(target.delete().where(same_key))
            self._insert(connection, target, wire)
        return len(rows)

    def append(self, table: Table, frame: pd.DataFrame, *, run_id: str, loaded_at: datetime) -> int:
        """Publish rows that are new. Raises: ContractError for a key that is already there; TransientError."""
        rows = conform(frame, table)
        target = self._target(table)
        wire = self._wire(rows, table, run_id, loaded_at)
        with self._write(target) as connection:
            if table.key:
                with self._staged(connection, table, rows, table.key) as same_key:
                    columns = [target.c[name] for name in table.key]
                    known = connection.execute(sa.select(*columns).where(same_key).limit(3)).all()
                if known:
                    raise ContractError(f"{table.name}: rows of key {table.key} are already there: {known}")
            self._insert(connection, target, wire)
        return len(rows)

    def delete(self, table: Table, key_frame: pd.DataFrame) -> int:
        """Take out the rows that agree with a row of `key_frame` in all of its columns; how many there were.

        Raises: ContractError; TransientError.
        """
        names = tuple(str(name) for name in key_frame.columns)
        if not names:
            raise ContractError(f"{table.name}: name the columns whose rows are to be deleted")
        target = self._target(table)
        part = _part(table, names)
        rows = conform(key_frame, part).drop_duplicates()
        with self._write(target) as connection, self._staged(connection, part, rows, names) as same_key:
            return int(connection.execute(target.delete().where(same_key)).rowcount)

    def read(
        self,
        table: Table,
        *,
        periods: Sequence[str] | None = None,
        where: Mapping[str, Any] | None = None,
        columns: Sequence[str] | None = None,
        stamps: bool = False,
    ) -> pd.DataFrame:
        """The rows of a table as its functions returned them: money in minor units, sorted by key, missing last.

        `where`: column to value, to a sequence of values, or to None for missing. `stamps`: with loaded_at and run_id.

        Raises: ConfigurationError for a column or value that the table cannot have; TransientError.
        """
        conditions: list[Condition] = []
        for name, value in (where or {}).items():
            many = isinstance(value, Sequence) and not isinstance(value, str)
            conditions.append((name, "in" if many else "=", value))
            if name in table.names and table.column(name).kind == "money":
                raise ConfigurationError(f"{table.name}.{name} is an amount: filter it with read_decimal")
        return self._read(table, conditions, periods=periods, columns=columns, stamps=stamps, limit=None)

    def read_decimal(
        self,
        table: Table,
        *,
        periods: Sequence[str] | None = None,
        where: Sequence[Condition] = (),
        columns: Sequence[str] | None = None,
        stamps: bool = False,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """The rows of a table as people read them: amounts as Decimal in major units with their currency's places.

        `where`: conditions that all hold; values may be given as text.

        Raises: ConfigurationError for a column, operator or value that the table cannot have; TransientError.
        """
        rows = self._read(table, where, periods=periods, columns=columns, stamps=stamps, limit=limit, currencies=True)
        shown = values.in_major_units(rows, table)
        return shown if columns is None else shown[list(columns)]

    def _read(
        self,
        table: Table,
        where: Sequence[Condition],
        *,
        periods: Sequence[str] | None,
        columns: Sequence[str] | None,
        stamps: bool,
        limit: int | None,
        currencies: bool = False,
    ) -> pd.DataFrame:
        target = self._target(table)
        whole = _published(table)
        wanted = list(columns if columns is not None else (whole if stamps else table).names)
        fetched = [*wanted]
        for name in wanted:
            column = _column(whole, name)
            if column.kind == "money" and column.currency not in fetched:
                fetched.append(column.currency)
        if periods is not None:
            where = [*where, ("period", "in", list(periods))]
        conditions = [self._condition(target, whole, *condition) for condition in where]
        query = (
            sa.select(*(_selected(target.c[name], whole.column(name).kind) for name in fetched))
            .where(*conditions)
            .order_by(*(engines.sort_key(target.c[name], self._engine) for name in table.key))
            .limit(limit)
        )
        with engines.translated(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        by_column: list[Any] = list(zip(*rows, strict=True)) or [[] for _ in fetched]
        frame = values.from_wire(dict(zip(fetched, map(list, by_column), strict=True)), whole)
        return frame[fetched if currencies else wanted]

    def _condition(
        self, target: sa.Table, table: Table, name: str, operator: str, value: Any
    ) -> sa.ColumnElement[bool]:
        column = _column(table, name)
        if operator not in OPERATORS:
            raise ConfigurationError(f"there is no operator {operator!r}; the operators are: {', '.join(OPERATORS)}")
        if operator in ("in", "not in"):
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise ConfigurationError(f"{operator!r} takes several values, not {value!r}")
            alternatives = [self._condition(target, table, name, "=", v) for v in value]
            either = sa.or_(sa.false(), *alternatives)
            return either if operator == "in" else sa.not_(either)
        if value is None:
            if operator not in ("=", "!="):
                raise ConfigurationError(f"a missing value can be compared by = and != only, not by {operator!r}")
            return target.c[name].is_(None) if operator == "=" else target.c[name].is_not(None)
        bound = values.comparable(value, column, text=self._sqlite)
        return engines.compare(target.c[name], operator, bound, column.kind, self._engine)

    def _target(self, table: Table) -> sa.Table:
        if self._contracts.get(table.name) != table:
            raise ConfigurationError(f"{table.name} is no table of this warehouse, or another version of its contract")
        return self._metadata.tables[table.name]

    def _wire(self, rows: pd.DataFrame, table: Table, run_id: str, loaded_at: datetime) -> pa.Table:
        return values.stamped(self._text(rows, table), run_id, loaded_at)

    def _text(self, rows: pd.DataFrame, table: Table) -> pa.Table:
        return values.to_wire(rows, table, max_digits=values.SQLITE_DIGITS if self._sqlite else None)

    @contextmanager
    def _write(self, target: sa.Table | None = None) -> Iterator[sa.Connection]:
        writer = self._engine.execution_options(writes=True)
        with engines.translated(), writer.begin() as connection:
            if target is not None:
                engines.lock(connection, target)
            yield connection

    def _insert(self, connection: sa.Connection, target: sa.Table, wire: pa.Table) -> None:
        for batch in batches(wire):
            engines.insert(connection, target.name, batch)

    @contextmanager
    def _staged(
        self, connection: sa.Connection, table: Table, rows: pd.DataFrame, key: Sequence[str]
    ) -> Iterator[sa.ColumnElement[bool]]:
        """The keys of a frame in a temporary table, and the condition that a row of the table has one of them."""
        target = self._metadata.tables[table.name]
        stage = sa.Table(
            f"{table.name}__keys",
            sa.MetaData(),
            *(sa.Column(name, target.c[name].type) for name in key),
            sa.Index(f"ix_{table.name}__keys", *key),
            prefixes=["TEMPORARY"],
        )
        stage.create(connection)
        part = _part(table, key)
        self._insert(connection, stage, self._text(rows[list(key)], part))
        same = [
            target.c[name].is_not_distinct_from(stage.c[name])
            if table.column(name).nullable
            else target.c[name] == stage.c[name]
            for name in key
        ]
        yield sa.exists(sa.select(sa.literal(1)).select_from(stage).where(*same).correlate(target))
        stage.drop(connection)


def batches(wire: pa.Table) -> Iterator[pa.RecordBatch]:
    """The rows of one write, in pieces small enough to hold as Python values."""
    yield from wire.to_batches(max_chunksize=BATCH_ROWS)


def _published(table: Table) -> Table:
    return with_changes(table, columns=table.columns + STAMPS)


def _part(table: Table, names: Sequence[str]) -> Table:
    """Some of a table's columns, to name rows by. Amounts name none: they mean nothing without their currency."""
    columns = tuple(_column(table, name) for name in names)
    amounts = [c.name for c in columns if c.kind == "money"]
    if amounts:
        raise ContractError(f"{table.name}: rows cannot be named by amounts ({', '.join(amounts)})")
    return with_changes(table, columns=columns, key=())


def _key(table: Table) -> tuple[str, ...]:
    if not table.key:
        raise ContractError(f"{table.name}: rows without a key cannot be merged: replace the table instead")
    return table.key


def _column(table: Table, name: str) -> Column:
    try:
        return table.column(name)
    except KeyError:
        raise ConfigurationError(
            f"{table.name} has no column {name!r}; the columns are: {', '.join(table.names)}"
        ) from None


def _selected(column: sa.Column[Any], kind: str) -> sa.ColumnElement[Any]:
    exact = kind in ("money", "fine_money", "decimal")
    return sa.cast(column, sa.Text()) if exact else column


def _check_periods(rows: pd.DataFrame, table: Table, periods: Sequence[str]) -> None:
    if "period" not in table.names:
        raise ContractError(f"{table.name} has no periods: replace it whole")
    outside = sorted(set(rows["period"].fillna("no period").unique()) - set(periods))
    if outside:
        raise ContractError(f"{table.name}: rows of {', '.join(outside)} are outside the periods replaced: {periods}")
