"""The archive: the rows of a system's extracts as they came, one Parquet file for each file read.

    <lake>/_extracts/<source>/<extract>/<file_id>.parquet         file_id, row_number, <the extract's columns>, all text
    <lake>/_extracts/<source>/<extract>/whole/<file_id>.parquet   a copy of the file

A Parquet file that can be read as it lies is copied; of every other file, and of one with blanks around its texts or
with many columns that nobody reads, the rows are kept as trimmed text. `rows` shows both alike. What a system delivers on different nights belongs together (headers and lines, texts and keys), and rows that were
left out yesterday may belong to the books tomorrow. So the rows are kept, and canonical rows are derived from them
again whenever something they stand on has changed. Not here: deriving (`deriving`).
"""

import json
import shutil
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from finops_pipeline.storage import numerals
from finops_pipeline.storage.engine import Engine, literal, name, parquet
from finops_pipeline.storage.files import FileRejectedError, Layout, ends_with_newline, first_line, row_numbers
from finops_pipeline.storage.reading import kinds, numbered, rejects

_FOLDER = "_extracts"
_DECLARED = ".declared"
_AGAIN = ".again.json"
_WHOLE = "whole"
_MOST_UNREAD = 2
"""A file is copied whole if it has at most so many times the columns that are read."""
_RULES_OF_A_LIST = "-|+= \t*"
"""What the lines between the parts of a printed list are made of: they are no rows."""


@dataclass(frozen=True, slots=True)
class Place:
    """The extract a file belongs to, as far as the archive needs it.

    `numbers`: columns that are read as numbers alone. `named`: the columns that the names of a header stand for.
    """

    source: str
    extract: str
    columns: tuple[str, ...]
    nulls: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    named: Callable[[Sequence[str]], list[str]] = list


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
        self._kinds: dict[Path, tuple[tuple[str, str], ...]] = {}

    def path(self, place: Place, file_id: str) -> Path:
        """Where the rows of a file are kept."""
        copy = self._copy_of(place, file_id)
        return copy if copy.exists() else copy.parent.parent / copy.name

    def _copy_of(self, place: Place, file_id: str) -> Path:
        return self._root / place.source / place.extract / _WHOLE / f"{file_id}.parquet"

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
        copied = self._keep_whole(place, file_id, file, header, positions)
        if copied is not None:
            return copied
        target = self._copy_of(place, file_id).parent.parent / f"{file_id}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f".{uuid.uuid4().hex}.tmp"
        try:
            read = self._copy(self._rows(place, file_id, file, header, positions, layout), temporary)
            short = self._short_rows(file, layout)
            last = int(
                self._engine.value(f"SELECT coalesce(max(row_number), 0) FROM read_parquet({literal(temporary)})")
            )
            _refuse_if_cut(file, last, short)
            if short:
                self._renumber(temporary, [number for number, _ in short])
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        skipped = self._skipped(file, header, layout) if layout.delimiter == "|" or last > read else 0
        notes = [f"{skipped} headings of pages and sums skipped"] if skipped else []
        if _is_text(file) and read and not ends_with_newline(file):
            notes.append("the last row has no line end")
        return Kept(read + len(short), tuple(short), "; ".join(notes) or None)

    def _skipped(self, file: Path, header: Sequence[str], layout: Layout) -> int:
        source = numbered(self._engine, file, header, layout)
        found = self._engine.value(f"SELECT count(*) FROM {source} WHERE {_is_furniture(header, layout)}")
        rejects(self._engine)
        return int(found)

    def _keep_whole(
        self, place: Place, file_id: str, file: Path, header: Sequence[str], positions: Mapping[str, int]
    ) -> Kept | None:
        """Copy a Parquet file that can be read as it lies; None when it cannot."""
        if file.suffix.lower() != ".parquet" or len(header) > _MOST_UNREAD * len(positions):
            return None
        copy = self._copy_of(place, file_id)
        copy.parent.mkdir(parents=True, exist_ok=True)
        temporary = copy.parent / f".{uuid.uuid4().hex}.tmp"
        try:
            shutil.copyfile(file, temporary)
            rows = self._rows_as_they_lie(temporary, {positions[c] for c in place.numbers if c in positions})
            if rows is None:
                return None
            temporary.replace(copy)
        finally:
            temporary.unlink(missing_ok=True)
        self._kinds.pop(copy, None)
        return Kept(rows)

    def _rows_as_they_lie(self, file: Path, numbers: Collection[int]) -> int | None:
        """How many rows a file has; None when a text has blanks around it, or a number has no room where it is read."""
        wrong = []
        for i, (column, kind) in enumerate(kinds(self._engine, file)):
            cell = name(column)
            if kind == "VARCHAR":
                wrong.append(f"bool_or({_has_blanks(cell)})")
            elif i in numbers and kind.startswith("DECIMAL"):
                wrong.append(f"NOT ({numerals.has_room(cell, kind)})")
        found = ", ".join(f"coalesce({w}, false)" for w in wrong)
        try:
            rows, *flaws = self._engine.rows(f"SELECT count(*), {found or 'false'} FROM read_parquet({literal(file)})")[
                0
            ]
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
            raise FileRejectedError("FILE-CUT", f"the file cannot be read to its end: {first_line(error)}") from error
        return None if any(flaws) else int(rows)

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
        rows = f"SELECT {literal(file_id)} AS file_id, row_number, {', '.join(cells)} FROM {source}"
        return rows if file.suffix.lower() == ".parquet" else f"{rows} WHERE NOT ({_is_furniture(header, layout)})"

    def _copy(self, query: str, target: Path) -> int:
        try:
            return int(self._engine.value(f"COPY ({query}) TO {literal(target)} (FORMAT parquet)"))
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
            rejects(self._engine)
            raise FileRejectedError("FILE-CUT", f"the file cannot be read to its end: {first_line(error)}") from error

    def _short_rows(self, file: Path, layout: Layout) -> list[tuple[int, str]]:
        broken = rejects(self._engine).get(str(file), [])
        numbers = row_numbers(file, [line for line, _ in broken], layout.skip) if broken else []
        ruled = [_is_rule(text, layout) for _, text in broken]
        found = zip(numbers, broken, ruled, strict=True)
        return [(n - sum(ruled[:i]), text) for i, (n, (_, text), is_rule) in enumerate(found) if not is_rule]

    def _renumber(self, file: Path, short: Sequence[int]) -> None:
        """A row that could not be read shifts the numbers of those after it."""
        before = [number - i for i, number in enumerate(short, start=1)]
        shifted = f"row_number + len(list_filter({before}, lambda x : x < row_number))"
        again = file.with_suffix(".again")
        self._copy(f"SELECT * REPLACE ({shifted} AS row_number) FROM read_parquet({literal(file)})", again)
        again.replace(file)

    def rows(
        self, place: Place, file_ids: Sequence[str], *, numbers: bool = False, only: Sequence[int] | None = None
    ) -> str:
        """SQL query of the kept rows of some files: file_id, row_number and the extract's columns, as text.

        `numbers`: columns that hold exact numbers in every one of the files come as numbers. `only`: rows of these
        numbers.
        """
        paths = [self.path(place, f) for f in file_ids]
        copies = [p for p in paths if p.parent.name == _WHOLE]
        alike: dict[tuple[tuple[str, str], ...], list[Path]] = {}
        for copy in copies:
            alike.setdefault(self._kinds_of(copy), []).append(copy)
        is_exact = numbers and len(copies) == len(paths) and all(_holds_numbers(place, k) for k in alike)
        # a filter on what the file itself has lets the engine pass over everything else
        of_copy, of_text = (_only(n, only) for n in ("file_row_number + 1", "row_number"))
        found = [_as_they_lie(place, same, files, is_exact=is_exact) + of_copy for same, files in alike.items()]
        # files that were kept before the extract had some column lack it: there it is empty
        columns = ", ".join(f"NULL::VARCHAR AS {name(c)}" for c in ("file_id", *place.columns))
        texts = [p for p in paths if p.parent.name != _WHOLE and p.exists()]
        if texts:
            found += [f"SELECT * FROM {parquet(texts)}{of_text}", f"SELECT {columns} WHERE false"]
        return " UNION ALL BY NAME ".join(found) or f"SELECT 0::BIGINT AS row_number, {columns} WHERE false"

    def _kinds_of(self, copy: Path) -> tuple[tuple[str, str], ...]:
        if copy not in self._kinds:
            self._kinds[copy] = tuple(kinds(self._engine, copy))
        return self._kinds[copy]

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
        columns = ", ".join(map(name, place.columns))
        query = self.rows(place, [file_id], only=sorted(numbers))
        found = self._engine.rows(f"SELECT row_number, {columns} FROM ({query})")
        return {
            number: json.dumps({c: v for c, v in zip(place.columns, cells, strict=True) if v is not None})
            for number, *cells in found
        }


def declared(lake: Path, source: str) -> str | None:
    """By which declaration the rows of a system were last derived; None before the first time."""
    path = lake / _FOLDER / source / _DECLARED
    return path.read_text(encoding="utf-8") if path.exists() else None


def _only(number: str, wanted: Sequence[int] | None) -> str:
    column, _, shift = number.partition(" + ")
    return "" if wanted is None else f" WHERE {column} IN ({', '.join(str(n - int(shift or 0)) for n in wanted)})"


def _holds_numbers(place: Place, found: Sequence[tuple[str, str]]) -> bool:
    """Whether a copied file holds exact numbers wherever numbers are read."""
    columns = place.named([column for column, _ in found])
    return all(kind.startswith("DECIMAL") for c, (_, kind) in zip(columns, found, strict=True) if c in place.numbers)


def _as_they_lie(place: Place, found: Sequence[tuple[str, str]], files: Sequence[Path], *, is_exact: bool) -> str:
    """Query of the rows of copied files that have the same columns. `found`: those and their engine types."""
    position = {n: i for i, n in reversed(list(enumerate(place.named([column for column, _ in found]))))}
    cells = []
    for c in place.columns:
        column, kind = found[position[c]] if c in position else ("", "")
        if is_exact and c in place.numbers:
            cell = numerals.exact(name(column)) if column else numerals.exact("NULL")
        elif column:
            cell = _given(numerals.parquet_text(name(column), kind, fine=False), place.nulls)
        else:
            cell = "NULL::VARCHAR"
        cells.append(f"{cell} AS {name(c)}")
    listed = ", ".join(map(literal, files))
    options = "hive_partitioning = false, file_row_number = true, filename = true"
    file_id = literal(files[0].stem) if len(files) == 1 else "parse_filename(filename, true)"
    return (
        f"SELECT {file_id} AS file_id, file_row_number + 1 AS row_number, {', '.join(cells)} "
        f"FROM read_parquet([{listed}], {options})"
    )


def _is_rule(text: str, layout: Layout) -> bool:
    """Whether a line stands between the parts of a printed list: dashes, or the title of a page without any bar."""
    return set(text) <= set(_RULES_OF_A_LIST) or (layout.delimiter == "|" and "|" not in text)


def _is_furniture(header: Sequence[str], layout: Layout) -> str:
    """SQL condition on rows that are none: the heading of another page, and in lists with bars a line of sums (`|**  |`)."""
    named = [(i, name.strip()) for i, name in enumerate(header) if name.strip()]
    again = " AND ".join(f"trim(coalesce(r{i}, '')) = {literal(name)}" for i, name in named) or "false"
    marks = f"coalesce(nullif(trim(r0), ''), trim(r{named[0][0]}), '')" if named else "''"
    return f"{again} OR regexp_full_match({marks}, '\\*+')" if layout.delimiter == "|" else again


def _has_blanks(cell: str) -> str:
    """SQL condition: there are blanks around a text. Only where there may be some is it trimmed, which takes longer."""
    may_have = (
        f"{cell} < '!' OR ends_with({cell}, ' ') OR strlen({cell}) <> length({cell})"  # or any that are not ASCII
    )
    return f"CASE WHEN {may_have} THEN trim({cell}) <> {cell} END"


def _cell(cell: str, nulls: Sequence[str]) -> str:
    """The text of a cell without blanks around it; no text is no value."""
    return _given(f"trim({cell})", nulls)


def _given(text: str, nulls: Sequence[str]) -> str:
    """A text that says something; no text is no value."""
    given = f"nullif({text}, '')"
    return f"CASE WHEN {given} NOT IN ({', '.join(map(literal, nulls))}) THEN {given} END" if nulls else given


def _is_text(file: Path) -> bool:
    return file.suffix.lower() in (".csv", ".gz")


def _refuse_if_cut(file: Path, read: int, short: Sequence[tuple[int, str]]) -> None:
    """A text file whose last row is broken and has no line end was cut off while it was written."""
    rows = read + len(short)
    if short and _is_text(file) and short[-1][0] >= rows and not ends_with_newline(file):
        raise FileRejectedError("FILE-CUT", f"the file ends in the middle of row {rows}: deliver it again", rows)
