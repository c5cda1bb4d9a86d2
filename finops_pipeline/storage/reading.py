"""Whole files as engine queries: text, Parquet and workbooks alike become columns r0, r1, … of text.

Here: how the engine reads a file, and which rows of it it could not read. Not here: headers and single rows (`files`),
what the columns mean (`staging`, `deriving`).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from finops_pipeline.storage import numerals
from finops_pipeline.storage.engine import Engine, literal, name
from finops_pipeline.storage.files import Layout, Named, find_header, sheet
from finops_pipeline.storage.objects import SUFFIXES, header_of, objects


def layout_of(
    path: Path, engine: Engine, wanted: Sequence[str], kind: str, named: Named, *, is_ragged: bool
) -> tuple[list[str], Layout]:
    """The column names of a file of a system, and how its table lies in it. Raises: FileRejectedError."""
    if path.suffix.lower() in SUFFIXES:
        return header_of(objects(path, kind)) or list(wanted), Layout(kind=kind)
    header, layout = find_header(path, engine, wanted, named)
    return header, replace(layout, is_ragged=is_ragged)


def reader(
    engine: Engine,
    paths: Sequence[Path],
    header: Sequence[str],
    layout: Layout | None = None,
    *,
    fine: bool = False,
    as_is: Collection[int] = (),
) -> str:
    """SQL source of the rows of files with one header. Only text files may be several.

    `fine`: costs are kept to 15 decimals. `as_is`: positions of Parquet columns that are not turned into text.
    """
    path, suffix = paths[0], paths[0].suffix.lower()
    layout = layout or Layout()
    if suffix == ".parquet":
        return f"(SELECT {_fields(engine, path, fine=fine, as_is=as_is)} FROM read_parquet({literal(path)}))"
    if suffix in (".xlsx", ".xls"):
        rows = sheet(path)[layout.skip + 1 :]
        return _registered(engine, [[row[i] if i < len(row) else None for row in rows] for i in range(len(header))])
    if suffix in SUFFIXES:
        found = objects(path, layout.kind)
        return _registered(engine, [[row.get(key) for row in found] for key in header])
    listed = ", ".join(literal(p) for p in paths)
    columns_sql = ", ".join(f"{literal(f'r{i}')}: 'VARCHAR'" for i in range(len(header)))
    skip = f"skip = {layout.skip}, " if layout.skip else ""
    skip += "null_padding = true, parallel = false, " if layout.is_ragged else ""
    return (
        f"read_csv([{listed}], header = true, {skip}delim = {literal(layout.delimiter)}, quote = '\"', escape = '\"', "
        f"auto_detect = false, nullstr = '', store_rejects = true, max_line_size = 10000000, filename = true, "
        f"columns = {{{columns_sql}}})"
    )


def numbered(engine: Engine, path: Path, header: Sequence[str], layout: Layout) -> str:
    """SQL source of the rows of a file as text, with `row_number` from 1.

    A Parquet file knows the numbers of its rows, so that several threads may read it; others are counted row after row.
    """
    if path.suffix.lower() != ".parquet":
        return f"(SELECT row_number() OVER () AS row_number, * FROM {reader(engine, [path], header, layout)})"
    source = f"read_parquet({literal(path)}, file_row_number = true)"
    return f"(SELECT file_row_number + 1 AS row_number, {_fields(engine, path)} FROM {source})"


def _fields(engine: Engine, path: Path, *, fine: bool = False, as_is: Collection[int] = ()) -> str:
    """SQL of the columns of a Parquet file, named r0, r1 and so on."""
    cells = [
        name(c) if i in as_is else numerals.parquet_text(name(c), kind, fine=fine)
        for i, (c, kind) in enumerate(kinds(engine, path))
    ]
    return ", ".join(f"{cell} AS {name(f'r{i}')}" for i, cell in enumerate(cells))


def kinds(engine: Engine, path: Path) -> list[tuple[str, str]]:
    """Columns of a Parquet file and their engine types."""
    return [(column, kind) for column, kind, *_ in engine.rows(f"DESCRIBE SELECT * FROM read_parquet({literal(path)})")]


def float_columns(engine: Engine, path: Path) -> list[str]:
    """The columns of a file that hold binary floats: those of Parquet may."""
    return numerals.float_columns(kinds(engine, path)) if path.suffix.lower() == ".parquet" else []


def _registered(engine: Engine, columns: Sequence[Sequence[str | None]]) -> str:
    arrays = [pa.array(c, pa.string()) for c in columns]
    engine.register("sheet", pa.table(arrays, names=[f"r{i}" for i in range(len(columns))]))
    return "sheet"


def rejects(engine: Engine) -> dict[str, list[tuple[int, str]]]:
    """Rows with the wrong number of fields or broken quoting since the last call, by path: (line, text)."""
    if not engine.value("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'"):
        return {}
    found: dict[str, list[tuple[int, str]]] = {}
    for path, line, text_of_row in engine.rows(
        "SELECT s.file_path, e.line, any_value(e.csv_line) FROM reject_errors AS e "
        "JOIN reject_scans AS s ON s.scan_id = e.scan_id AND s.file_id = e.file_id GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        found.setdefault(path, []).append((int(line), str(text_of_row).strip("\r\n")))
    engine.run("DROP TABLE reject_errors")
    engine.run("DROP TABLE reject_scans")
    return found
