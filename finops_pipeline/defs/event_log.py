"""Dagster's own event log on SQLite, without opening a database for every event.

Dagster's `SqliteEventLogStorage` builds an engine, opens, commits with a full disk sync and closes for each event: about
15 ms. A close of 30 months over 45 assets writes some 3,000 events, which took 45 s; with one connection kept per
database it takes 12 s. What is stored, and where, is the same: the folder can be read by Dagster's own class.

It overrides a private method of a pinned release (see pyproject); `finops_pipeline_tests/defs/test_event_log.py` says
when that stops to hold. Production uses PostgreSQL and does not come here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import StaticPool


class KeptOpenEventLog(SqliteEventLogStorage):
    """Dagster's event log with one open connection per database and the sync that write-ahead logging needs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sa.Engine] = {}
        self._has_index_columns: bool | None = None
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Made by Dagster from `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _has_asset_key_index_cols_on_connection(self, connection: sa.Connection) -> bool:
        """Asked for each event, and the answer never changes."""
        if self._has_index_columns is None:
            self._has_index_columns = super()._has_asset_key_index_cols_on_connection(connection)
        return self._has_index_columns

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._engines:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            sa.event.listen(engine, "connect", _sync_when_checkpointing)
            self._initdb(engine)
            self._initialized_dbs.add(shard)
            self._engines[shard] = engine
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        """Asked for each materialization, each time by a connection of its own; a table that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close every database."""
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


def _sync_when_checkpointing(connection: Any, _record: Any) -> None:
    """A power cut may take the last events of a run with it, but never the database."""
    connection.execute("PRAGMA synchronous=NORMAL")
