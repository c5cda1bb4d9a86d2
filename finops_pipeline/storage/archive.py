"""The archive: the rows of a system's extracts as the text they came as, one Parquet file for each file read.

    <lake>/_extracts/<source>/<extract>/<file_id>.parquet      file_id, row_number, <the extract's columns>

What a system delivers on different nights belongs together (headers and lines, texts and keys), and rows that were
left out yesterday may belong to the books tomorrow. So the rows are kept, and canonical rows are derived from them
again whenever something they stand on has changed. Not here: deriving (`deriving`).
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from finops_pipeline.storage.engine import Engine, literal, name
from finops_pipeline.storage.files import FileRejectedError, Layout, ends_with_newline, first_line, row_numbers
from finops_pipeline.storage.reading import numbered, rejects

_FOLDER = "_extracts"
_DECLARED = ".declared"
_AGAIN = ".again.json"
_RULES_OF_A_LIST = "-|+= \t*"
"""What the lines between the parts of a printed list are made of: they are no rows."""


@dataclass(frozen=True, slots=True)
class Place:
    """The extract a file belongs to, as far as the archive needs it."""

    source: str
    extract: str
    columns: tuple[str, ...]
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the archive. `short_rows`: number and text of rows that could not be read."""

    rows: int
    short_rows: tuple[tuple[int, str], ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """A file that came again unchanged. `beside`: the new files of its extract that came in the same night."""

    file_id: str
    received_at: datetime
    file_name: str
    beside: tuple[str, ...]


class Archive:
    """The kept rows of all extracts."""

    def __init__(self, lake: Path, engine: Engine) -> None:
        self._root = lake / _FOLDER
        self._engine = engine

    def path(self, place: Place, file_id: str) -> Path:
        """Where the rows of a file are kept."""
        return self._root / place.source / place.extract / f"{file_id}.parquet"

    def keep(
        self,
        place: Place,
        file_id: str,
        file: Path,
        header: Sequence[str],
        positions: Mapping[str, int],
        layout: Layout,
    ) -> Kept:
        """Keep the rows of a file. Raises: FileRejectedError when it cannot be read to its end; then nothing is kept."""
        target = self.path(place, file_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f".{uuid.uuid4().hex}.tmp"
        try:
            read = self._copy(self._rows(place, file_id, file, header, positions, layout), temporary)
            short = self._short_rows(file, layout)
            _refuse_if_cut(file, read, short)
            if short:
                self._renumber(temporary, [number for number, _ in short])
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        note = None if not _is_text(file) or not read or ends_with_newline(file) else "the last row has no line end"
        return Kept(read + len(short), tuple(short), note)

    def _rows(
        self,
        place: Place,
        file_id: str,
        file: Path,
        header: Sequence[str],
        positions: Mapping[str, int],
        layout: Layout,
    ) -> str:
        cells = [
            f"{_cell(f'r{positions[c]}', place.nulls)} AS {name(c)}"
            if c in positions
            else f"NULL::VARCHAR AS {name(c)}"
            for c in place.columns
        ]
        source = numbered(self._engine, file, header, layout)
        return f"SELECT {literal(file_id)} AS file_id, row_number, {', '.join(cells)} FROM {source}"

    def _copy(self, query: str, target: Path) -> int:
        try:
            return int(self._engine.value(f"COPY ({query}) TO {literal(target)} (FORMAT parquet)"))
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
            rejects(self._engine)
            raise FileRejectedError("FILE-CUT", f"the file cannot be read to its end: {first_line(error)}") from error

    def _short_rows(self, file: Path, layout: Layout) -> list[tuple[int, str]]:
        broken = rejects(self._engine).get(str(file), [])
        numbers = row_numbers(file, [line for line, _ in broken], layout.skip) if broken else []
        ruled = [set(text) <= set(_RULES_OF_A_LIST) for _, text in broken]
        found = zip(numbers, broken, ruled, strict=True)
        return [(n - sum(ruled[:i]), text) for i, (n, (_, text), is_rule) in enumerate(found) if not is_rule]

    def _renumber(self, file: Path, short: Sequence[int]) -> None:
        """A row that could not be read shifts the numbers of those after it."""
        before = [number - i for i, number in enumerate(short, start=1)]
        shifted = f"row_number + len(list_filter({before}, lambda x : x < row_number))"
        again = file.with_suffix(".again")
        self._copy(f"SELECT * REPLACE ({shifted} AS row_number) FROM read_parquet({literal(file)})", again)
        again.replace(file)

    def again(self, place: Place) -> list[Again]:
        """The files of an extract that came again."""
        path = self._root / place.source / place.extract / _AGAIN
        rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return [Again(f, datetime.fromisoformat(at), name, tuple(beside)) for f, at, name, beside in rows]

    def note_again(self, place: Place, found: Sequence[Again]) -> None:
        """Keep which files of an extract came again: those known before and others."""
        path = self._root / place.source / place.extract / _AGAIN
        rows = [(one.file_id, one.received_at.isoformat(), one.file_name, one.beside) for one in found]
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(rows), encoding="utf-8")
        temporary.replace(path)

    def declare(self, source: str, declaration: str) -> None:
        """Note by which declaration the rows of a system are derived."""
        path = self._root / source / _DECLARED
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(declaration, encoding="utf-8")

    def texts(self, place: Place, file_id: str, numbers: set[int]) -> dict[int, str]:
        """The text of some rows of a file as JSON, by row number."""
        listed = ", ".join(map(str, sorted(numbers)))
        columns = ", ".join(map(name, place.columns))
        found = self._engine.rows(
            f"SELECT row_number, {columns} FROM read_parquet({literal(self.path(place, file_id))}) "
            f"WHERE row_number IN ({listed})"
        )
        return {
            number: json.dumps({c: v for c, v in zip(place.columns, cells, strict=True) if v is not None})
            for number, *cells in found
        }


def declared(lake: Path, source: str) -> str | None:
    """By which declaration the rows of a system were last derived; None before the first time."""
    path = lake / _FOLDER / source / _DECLARED
    return path.read_text(encoding="utf-8") if path.exists() else None


def _cell(cell: str, nulls: Sequence[str]) -> str:
    """The text of a cell without blanks around it; no text is no value."""
    trimmed = f"nullif(trim({cell}), '')"
    return f"CASE WHEN {trimmed} NOT IN ({', '.join(map(literal, nulls))}) THEN {trimmed} END" if nulls else trimmed


def _is_text(file: Path) -> bool:
    return file.suffix.lower() in (".csv", ".gz")


def _refuse_if_cut(file: Path, read: int, short: Sequence[tuple[int, str]]) -> None:
    """A text file whose last row is broken and has no line end was cut off while it was written."""
    rows = read + len(short)
    if short and _is_text(file) and short[-1][0] >= rows and not ends_with_newline(file):
        raise FileRejectedError("FILE-CUT", f"the file ends in the middle of row {rows}: deliver it again", rows)
