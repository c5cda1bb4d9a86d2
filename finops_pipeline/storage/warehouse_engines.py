"""Where SQLite and PostgreSQL differ: connecting, locking, bulk writing, exact comparison, and what their errors mean.

Here: everything of the warehouse that depends on the database engine. Not here: what is read or written (`warehouse`).
"""

import io
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.schema import CreateColumn

from finops_pipeline.contracts.projections import key_index_name
from finops_pipeline.errors import ConfigurationError, ContractError, FinopsError, TransientError

_CONNECT_SECONDS = 30
_SCHEMA_LOCK = 0x46494E4F
_WIDE = {"fine_money", "decimal"}


def engine(url: str, wait_seconds: float = 30) -> sa.Engine:
    """An engine for a SQLite file or a PostgreSQL database; nothing is opened yet.

    `wait_seconds`: how long a writer waits for another before it gives up, to be tried again.

    Raises: ConfigurationError.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigurationError(
            "the warehouse URL is no SQLAlchemy URL: write sqlite:///file or postgresql://…"
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        made = sa.create_engine(parsed, connect_args={"timeout": wait_seconds})
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        return made
    if backend in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")  # whatever driver it names: COPY is written for this one
        try:
            return sa.create_engine(
                parsed,
                pool_pre_ping=True,
                connect_args={"connect_timeout": _CONNECT_SECONDS},
                execution_options={"wait_seconds": wait_seconds},
            )
        except ModuleNotFoundError:
            raise ConfigurationError("PostgreSQL needs psycopg: install finops-pipeline[postgres]") from None
    raise ConfigurationError(f"the warehouse is SQLite or PostgreSQL, not {backend}")


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    connection.execute("PRAGMA journal_mode = WAL")  # readers keep the old rows while a writer works
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.create_function("decimal_compare", 2, _compare_text, deterministic=True)


def _compare_text(stored: str | None, given: str) -> int | None:
    if stored is None:
        return None
    left, right = Decimal(stored), Decimal(given)
    return (left > right) - (left < right)


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its lock at once: waiting helps then, while a reader that turns writer can only fail.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def lock(connection: sa.Connection, table: sa.Table) -> None:
    """Let no other writer at the table until the transaction ends; readers go on. SQLite has locked already."""
    if connection.dialect.name == "postgresql":
        _limit_waiting(connection)
        name = connection.dialect.identifier_preparer.format_table(table)
        connection.exec_driver_sql(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")


def lock_schema(connection: sa.Connection) -> None:
    """Let no other process create tables until the transaction ends."""
    if connection.dialect.name == "postgresql":
        _limit_waiting(connection)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))


def _limit_waiting(connection: sa.Connection) -> None:
    milliseconds = int(connection.get_execution_options()["wait_seconds"] * 1000)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")


def add_column(connection: sa.Connection, table: sa.Table, column: sa.Column[Any]) -> None:
    """Add a column to a table that is there; its rows have no value in it yet."""
    added = sa.Column(column.name, column.type)
    definition = CreateColumn(added).compile(dialect=connection.dialect)
    name = connection.dialect.identifier_preparer.format_table(table)
    connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {definition}")


def renew_key(connection: sa.Connection, table: sa.Table, present: Sequence[Any]) -> None:
    """Exchange our unique index over other columns than the table's key has today, else rows of the new key would be refused.

    Indexes that somebody else has made stay, whatever they are over.
    """
    own = key_index_name(table.name)
    new = next((index for index in table.indexes if index.name == own), None)
    for old in (index for index in present if index["name"] == own):
        if new is None or [c.name for c in new.columns] != old["column_names"]:
            connection.exec_driver_sql(f"DROP INDEX {connection.dialect.identifier_preparer.quote(own)}")
            if new is not None:
                new.create(connection)


def insert(connection: sa.Connection, table: str, rows: pa.RecordBatch) -> None:
    """Insert rows fast, inside the connection's transaction: COPY on PostgreSQL, one prepared statement on SQLite."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in rows.schema.names)
    cursor: Any = connection.connection.cursor()  # the driver's own, inside SQLAlchemy's transaction
    with closing(cursor):
        if connection.dialect.name == "postgresql":
            buffer = io.BytesIO()
            pa.csv.write_csv(rows, buffer, pa.csv.WriteOptions(include_header=False))  # "" is text, nothing is missing
            with cursor.copy(f"COPY {quote(table)} ({columns}) FROM STDIN WITH (FORMAT csv)") as copy:
                copy.write(buffer.getvalue())
        else:
            marks = ", ".join("?" * rows.num_columns)
            lists = (column.to_pylist() for column in rows.columns)
            cursor.executemany(f"INSERT INTO {quote(table)} ({columns}) VALUES ({marks})", zip(*lists, strict=True))


def sort_key(column: sa.Column[Any], engine: sa.Engine) -> sa.ColumnElement[Any]:
    """Order by code points, missing last, the same on every engine and in every locale."""
    text = isinstance(column.type, sa.Text) and engine.dialect.name == "postgresql"
    return (sa.collate(column, "C") if text else column).asc().nulls_last()


def compare(column: sa.Column[Any], operator: str, value: Any, kind: str, engine: sa.Engine) -> sa.ColumnElement[bool]:
    """One comparison with a bound value; exact for decimals that SQLite keeps as text."""
    sqlite = engine.dialect.name == "sqlite"
    if sqlite and kind in _WIDE:
        return sa.func.decimal_compare(column, sa.literal(value, sa.Text())).op(operator, is_comparison=True)(0)
    if sqlite and kind == "money":  # as text: SQLite turns it into the number the column holds, SQLAlchemy into a float
        return column.op(operator, is_comparison=True)(sa.literal(value, sa.Text()))
    return column.op(operator, is_comparison=True)(value)


@contextmanager
def translated() -> Iterator[None]:
    """Say what a database error means for the caller.

    Raises: TransientError for locks, time-outs and lost connections; ContractError for rows the database refuses;
    ConfigurationError for a database, user or table that is not there. Any other error is a bug and stays as it is.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _meaning(error, error.orig) from error
    except Exception as error:  # bulk writing speaks to the driver itself
        if isinstance(error, sqlite3.Error) or type(error).__module__.startswith("psycopg"):
            raise _meaning(error, error) from error
        raise


def _meaning(error: Exception, cause: BaseException | None) -> Exception:
    said = str(cause).strip()
    kind = _sqlite_meaning(cause, said) if isinstance(cause, sqlite3.Error) else _postgres_meaning(cause, said)
    return error if kind is None else kind(f"{_SAYS[kind]}: {said}")


_SAYS: dict[type[FinopsError], str] = {
    TransientError: "the warehouse is locked, busy or out of reach; try again",
    ConfigurationError: "the warehouse cannot be used as it is; check FINOPS_WAREHOUSE_URL",
    ContractError: "the warehouse refuses the rows",
}


def _sqlite_meaning(cause: sqlite3.Error, said: str) -> type[FinopsError] | None:
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if "no such table" in said:
        return ConfigurationError
    return {
        sqlite3.SQLITE_BUSY: TransientError,
        sqlite3.SQLITE_LOCKED: TransientError,
        sqlite3.SQLITE_CANTOPEN: ConfigurationError,
        sqlite3.SQLITE_NOTADB: ConfigurationError,
        sqlite3.SQLITE_READONLY: ConfigurationError,
        sqlite3.SQLITE_CONSTRAINT: ContractError,
    }.get(code)


def _postgres_meaning(cause: BaseException | None, said: str) -> type[FinopsError] | None:
    state = getattr(cause, "sqlstate", None)
    if state is None:  # no session, so the server's refusal is known by its words alone
        refused = ("authentication failed", "does not exist", "no password supplied")
        return ConfigurationError if any(words in said for words in refused) else TransientError
    if state in ("42P01", "3F000", "42501"):  # no such table, no such schema, no privilege
        return ConfigurationError
    if state[:2] in ("08", "40", "53", "55", "57", "58"):  # connection, rollback, resources, locks, operator, system
        return TransientError
    return ContractError if state[:2] in ("22", "23") else None
