"""The engine's side of derivations: the kept rows as tables, what a lookup finds, and what has changed in it.

Each system has a schema of its own in the engine while its files are taken in, `<source>`, and `<source>_before` with
the rows as they were before this night. In it, `<extract>_all` is every row kept, and `<extract>` the current ones: of
rows with the same key, that of the latest file. `<extract>_again` are files that came again. `lake.<table>` are the canonical tables a derivation may ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from finops_pipeline.contracts.model import Table
from finops_pipeline.storage.archive import Archive, Place
from finops_pipeline.storage.engine import Engine, literal, name, parquet
from finops_pipeline.storage.matching import has_any
from finops_pipeline.storage.parsing import sql_type
from finops_pipeline.storage.staging import Stage, is_left_out

BEFORE = "_before"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The kept files of one extract, by number in order of arrival.

    `again`: files that came again, each with its place between those numbers and a new file that came beside it.
    """

    place: Place
    key: tuple[str, ...]
    files: Mapping[str, int]
    again: Sequence[tuple[str, float, str]] = ()


def rows_of(archive: Archive, shelf: Shelf, wanted: Sequence[str] | None = None, *, numbers: bool = False) -> str:
    """SQL source of the kept rows of all files of a shelf, or of some, with `file_seq`.

    `numbers`: as numbers, where every file holds some (see `Archive.rows`).
    """
    files = [f for f in (shelf.files if wanted is None else wanted) if archive.path(shelf.place, f).exists()]
    rows = archive.rows(shelf.place, files, numbers=numbers)
    if len(files) < 2:
        return f"(SELECT {shelf.files[files[0]] if files else 0} AS file_seq, * FROM ({rows}))"
    order = ", ".join(f"({literal(f)}, {shelf.files[f]})" for f in files)
    return f"(SELECT o.file_seq, a.* FROM ({rows}) AS a JOIN (VALUES {order}) AS o(file_id, file_seq) ON o.file_id = a.file_id)"


def expose(engine: Engine, archive: Archive, schema: str, shelves: Sequence[Shelf]) -> None:
    """Make the rows of a system's extracts known to the engine under one schema."""
    engine.run(f"CREATE SCHEMA IF NOT EXISTS {name(schema)}")
    for shelf in shelves:
        every, current = (f"{name(schema)}.{name(shelf.place.extract + end)}" for end in ("_all", ""))
        engine.run(f"CREATE OR REPLACE VIEW {every} AS SELECT * FROM {rows_of(archive, shelf)}")
        engine.run(f"CREATE OR REPLACE VIEW {name(schema)}.{name(shelf.place.extract + '_again')} AS {_again(shelf)}")
        keys = ", ".join(map(name, shelf.key))
        latest = f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY file_seq DESC, row_number) = 1"
        engine.run(f"CREATE OR REPLACE VIEW {current} AS SELECT * FROM {every} {latest if shelf.key else ''}")


def _again(shelf: Shelf) -> str:
    rows = ", ".join(f"({literal(file)}, {place}, {literal(beside)})" for file, place, beside in shelf.again)
    values = f"VALUES {rows}" if rows else "SELECT NULL, NULL, NULL WHERE false"
    return f"SELECT CAST(f AS VARCHAR) AS file_id, CAST(p AS DOUBLE) AS file_seq, CAST(b AS VARCHAR) AS beside FROM ({values}) AS t(f, p, b)"


def expose_lake(engine: Engine, tables: Mapping[str, str]) -> None:
    """Make canonical tables known as `lake.<table>`. `tables`: SQL source of each."""
    engine.run("CREATE SCHEMA IF NOT EXISTS lake")
    for table, source in tables.items():
        engine.run(f"CREATE OR REPLACE VIEW lake.{name(table)} AS SELECT * FROM {source}")


def nothing(table: Table) -> str:
    """SQL source of a canonical table that has no rows yet."""
    columns = ", ".join(f"NULL::{sql_type(c)} AS {name(c.name)}" for c in table.columns)
    return f"(SELECT {columns} WHERE false)"


@contextmanager
def within(engine: Engine, schema: str) -> Iterator[None]:
    """Names without a schema mean those of this one."""
    engine.run(f"SET search_path = {literal(schema + ',main')}")
    try:
        yield
    finally:
        engine.run("SET search_path = 'main'")


@dataclass(frozen=True, slots=True)
class Search:
    """A lookup as the engine carries it out. `is_unique`: the query itself gives one row for each key."""

    name: str
    keys: tuple[str, ...]
    query: str
    is_unique: bool


def look_up(engine: Engine, schema: str, search: Search) -> None:
    """Fill `lookup_<name>`: what the query finds, one row for each key."""
    with within(engine, schema):
        engine.run(f"CREATE OR REPLACE TEMP TABLE {name(f'lookup_{search.name}')} AS {_unique(search)}")


def find_changed(engine: Engine, schema: str, search: Search) -> bool:
    """Fill `changed_<name>` with the keys for which a lookup finds something else than before; whether there are any."""
    with within(engine, schema):
        engine.run(f"CREATE OR REPLACE TEMP TABLE found_now AS {_unique(search)}")
    with within(engine, schema + BEFORE):
        engine.run(f"CREATE OR REPLACE TEMP TABLE found_before AS {_unique(search)}")
    changed = name(f"changed_{search.name}")
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {changed} AS SELECT DISTINCT {', '.join(map(name, search.keys))} FROM ("
        "(FROM found_now EXCEPT FROM found_before) UNION ALL (FROM found_before EXCEPT FROM found_now))"
    )
    return has_any(engine, changed)


def _unique(search: Search) -> str:
    listed = ", ".join(map(name, search.keys))
    found = f"SELECT COLUMNS(lambda c : c NOT IN ('file_id', 'file_seq', 'row_number')) FROM ({search.query})"
    if search.is_unique:
        return f"SELECT *, true AS is_there FROM ({found})"
    nth = f"row_number() OVER (PARTITION BY {listed} ORDER BY CAST(t AS VARCHAR))"
    return f"SELECT *, true AS is_there FROM ({found}) AS t QUALIFY {nth} = 1"


def later_sharers(engine: Engine, archive: Archive, shelf: Shelf, files: Sequence[str]) -> set[str]:
    """The later files that speak of rows of these files again: whether those stand is known only together."""
    first = min((shelf.files[f] for f in files), default=0)
    later = [f for f, seq in shelf.files.items() if seq > first]
    if not shelf.key or not files or not later:
        return set()
    same = _same(shelf)
    found = engine.rows(
        f"SELECT DISTINCT b.file_id FROM {rows_of(archive, shelf, later)} AS b JOIN {rows_of(archive, shelf, files)} AS a "
        f"ON {same} AND b.file_seq > a.file_seq"
    )
    return {file_id for (file_id,) in found} - set(files)


def _same(shelf: Shelf) -> str:
    """SQL condition that a and b are the same row of the system; a part of the key may be empty."""
    return " AND ".join(f"a.{name(c)} IS NOT DISTINCT FROM b.{name(c)}" for c in shelf.key)


def take_back(stage: Stage, archive: Archive, shelf: Shelf, files: Sequence[str], lake: Sequence[Path]) -> None:
    """Fill `gone`: rows of the lake that stem from the staged files, or that a staged row leaves out from now on.

    A row of an earlier file in the same stage that is left out from now on is marked as superseded. `lake`: the
    files of the table there. New files have no rows in it, unless a night broke off.
    """
    listed = ", ".join(map(literal, files))
    engine = stage.engine
    if lake:
        engine.run(f"INSERT INTO gone SELECT file_id, row_number FROM {parquet(lake)} WHERE file_id IN ({listed})")
    outs = f"(SELECT DISTINCT file_seq, row_number FROM stage WHERE {is_left_out('fail')})"
    if not shelf.key or len(shelf.files) < 2 or not has_any(engine, outs):
        return
    same = _same(shelf)
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE overruled AS SELECT DISTINCT b.file_id, b.file_seq, b.row_number "
        f"FROM {rows_of(archive, shelf)} AS b JOIN (SELECT k.* FROM {rows_of(archive, shelf, files)} AS k "
        f"SEMI JOIN {outs} AS o ON o.file_seq = k.file_seq AND o.row_number = k.row_number) AS a "
        f"ON {same} AND b.file_seq < a.file_seq"
    )
    engine.run(f"INSERT INTO gone SELECT file_id, row_number FROM overruled WHERE file_id NOT IN ({listed})")
    engine.run(
        "INSERT INTO marks SELECT s.rowid, 'KEY-SUPERSEDED', NULL, NULL FROM stage AS s SEMI JOIN overruled AS o "
        "ON o.file_seq = s.file_seq AND o.row_number = s.row_number WHERE s.fail IS NULL"
    )


def mark_siblings(stage: Stage) -> None:
    """A row of a file that makes several lines enters whole or not at all."""
    stage.engine.run(
        "INSERT INTO marks SELECT s.rowid, any_value(b.rule), any_value(b.column_name), any_value(b.message) "
        "FROM stage AS s JOIN ("
        f"SELECT file_seq, row_number, split_part(fail, '|', 1) AS rule, split_part(fail, '|', 2) AS column_name, "
        f"NULL AS message FROM stage WHERE fail IS NOT NULL AND NOT {is_left_out('fail')} UNION ALL "
        "SELECT k.file_seq, k.row_number, m.rule, m.column_name, m.message FROM marks AS m JOIN stage AS k "
        "ON k.rowid = m.rid WHERE m.rule NOT IN ('KEY-DUPLICATE', 'KEY-SUPERSEDED')) AS b "
        "ON b.file_seq = s.file_seq AND b.row_number = s.row_number "
        "WHERE s.fail IS NULL AND s.rowid NOT IN (SELECT rid FROM marks) GROUP BY s.rowid"
    )
