"""Files as they lie in landing: their header, their sheets, and single rows of their text.

Here: what Python reads by itself, a little at a time. Not here: reading whole files (`staging`, in the engine).
"""

import bisect
import codecs
import csv
import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import python_calamine

from finops_pipeline.storage.engine import Engine, literal

_BLOCK = 1 << 22
_PREAMBLE = 30
"""Up to so many lines a title may take before the names of the columns."""

csv.field_size_limit(10_000_000)  # as long as the engine's longest line: what it has read must be found again


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table lies in a file: what separates its fields, and how many lines (rows of a sheet) stand before it.

    `kind`: of a JSON file, the objects that are its rows. `is_ragged`: lines may have fewer fields than the header.
    """

    delimiter: str = ","
    skip: int = 0
    kind: str = ""
    is_ragged: bool = False


class FileRejectedError(Exception):
    """The file cannot enter as a whole. `rule` and the message say why."""

    def __init__(self, rule: str, message: str, rows: int = 0) -> None:
        super().__init__(message)
        self.rule = rule
        self.rows = rows


def read_header(path: Path, engine: Engine) -> list[str]:
    """The column names of a file. Raises: FileRejectedError when there are none."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        try:
            return [r[0] for r in engine.rows(f"DESCRIBE SELECT * FROM read_parquet({literal(path)})")]
        except duckdb.Error as error:
            raise FileRejectedError("FILE-CUT", f"not a complete Parquet file: {first_line(error)}") from error
    if suffix in (".xlsx", ".xls"):
        rows = sheet(path)
        return [str(c) for c in rows[0]] if rows else []
    if suffix not in (".csv", ".gz"):
        raise FileRejectedError("FILE-FORMAT", f"{path.suffix or 'no'} extension: use .csv, .csv.gz, .parquet or .xlsx")
    with _rejecting():
        _refuse_utf16(path)
        with _open_text(path) as stream:
            header = next(csv.reader(stream), [])
        "".join(header).encode()
    return header


@contextmanager
def _rejecting() -> Iterator[None]:
    """What goes wrong while the top of a text file is read concerns that file alone. Raises: FileRejectedError."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, OSError) as error:
        raise FileRejectedError("FILE-CUT", f"the file cannot be read to its end: {error}") from error
    except (UnicodeError, csv.Error) as error:
        raise FileRejectedError("FILE-FORMAT", f"not CSV in UTF-8: {error}") from error


def _refuse_utf16(path: Path) -> None:
    with _opener(path)(path, "rb") as stream:
        if stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise FileRejectedError("FILE-FORMAT", "the file is in UTF-16: save it as UTF-8")


Named = Callable[[Sequence[str]], list[str]]
"""The columns that the names of a header stand for."""


def in_lower_case(header: Sequence[str]) -> list[str]:
    """Names stand for themselves, in any case."""
    return [h.strip().lower() for h in header]


def find_header(
    path: Path, engine: Engine, wanted: Sequence[str], named: Named = in_lower_case
) -> tuple[list[str], Layout]:
    """The column names of a file that may begin with a title, and its layout: the line with most of what is wanted.

    Fields may be separated by comma, semicolon, tab or bar. What is missing in that line is then said of it; where no
    line has any of the names, of the first one. Raises: FileRejectedError as `read_header`.
    """
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xls"):
        rows = [[str(c or "") for c in row] for row in sheet(path)[:_PREAMBLE]]
        _, number, cells = _best(rows, wanted, named)
        return cells, Layout(skip=number)
    header = read_header(path, engine)
    if suffix == ".parquet":
        return header, Layout()
    most, found = 0, (header, Layout())
    with _rejecting(), _open_text(path) as stream:
        top = list(itertools.islice(stream, _PREAMBLE))
        for delimiter in (",", ";", "\t", "|"):
            lines = [next(csv.reader([line], delimiter=delimiter), []) for line in top]
            score, number, cells = _best(lines, wanted, named)
            if score > most:
                most, found = score, (cells, Layout(delimiter, number))
    return found


def _best(lines: Sequence[list[str]], wanted: Sequence[str], named: Named) -> tuple[int, int, list[str]]:
    """How many of the wanted names the line with most of them has, its number, and its cells; the first of equals."""
    scores = [len(set(wanted) & set(named(cells))) for cells in lines]
    best = max(range(len(lines)), key=scores.__getitem__, default=None)
    return (0, 0, []) if best is None else (scores[best], best, lines[best])


def sheets_left_out(path: Path) -> str | None:
    """What to note of a workbook with several sheets: the first is read."""
    if path.suffix.lower() not in (".xlsx", ".xls"):
        return None
    others = python_calamine.load_workbook(str(path)).sheet_names[1:]
    return f"sheets left out: {', '.join(others)}" if others else None


def sheet(path: Path) -> list[list[str | None]]:
    """The first sheet of a workbook as text, as a person would type it: dates in ISO form, numbers in plain digits.

    Raises: FileRejectedError.
    """
    try:
        book = python_calamine.load_workbook(str(path))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError) as error:
        raise FileRejectedError("FILE-CUT", f"not a complete workbook: {error}") from error
    return [[_cell_text(cell) for cell in row] for row in rows if any(cell != "" for cell in row)]


def _cell_text(cell: Any) -> str | None:
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return format(Decimal(repr(cell)).normalize(), "f")
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat()).removesuffix("T00:00:00")
    return str(cell)


def _open_text(path: Path) -> Any:
    """Bytes that are not UTF-8 become lone surrogates: they concern their row, not the file."""
    return _opener(path)(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")


def _opener(path: Path) -> Any:
    return gzip.open if path.suffix.lower() == ".gz" else open


def ends_with_newline(path: Path) -> bool:
    """Whether the last row of a text file has a line end."""
    if path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as stream:
            last = b""
            while block := stream.read(1 << 20):
                last = block
        return last.endswith(b"\n")
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read(1) == b"\n"


def first_line(error: Exception) -> str:
    """What an error says, without the engine's remarks on it."""
    return str(error).strip().splitlines()[0]


def row_numbers(path: Path, lines: Sequence[int], skip: int = 0) -> list[int]:
    """The row numbers of lines as the engine counts them: the header is a line, a row over several lines is one line.

    Blank lines are lines, but no rows; nor are the `skip` lines before the header.
    """
    below = [line - skip for line in lines]
    with _opener(path)(path, "rb") as stream:
        if not any(line in (b"\n", b"\r\n") for line in itertools.islice(stream, skip, None)):
            return [line - 1 for line in below]
    with _open_text(path) as stream:
        # The last line is a row; it is not read, because its quotes may be open to the end of the file.
        before = itertools.islice(csv.reader(itertools.islice(stream, skip, None)), max(below, default=1) - 1)
        blank = [number for number, cells in enumerate(before, start=1) if not cells]
    return [line - 1 - bisect.bisect(blank, line) for line in below]


def raw_rows(path: Path, header: Sequence[str], numbers: set[int], engine: Engine) -> dict[int, str]:
    """The text of some rows as JSON, by row number; blank lines are no rows."""
    if path.suffix.lower() == ".csv" and not _has_quotes(path):
        found = _plain_lines(path, numbers)
    else:
        rows = itertools.islice(_rows(path, engine), max(numbers))
        found = {number: cells for number, cells in enumerate(rows, start=1) if number in numbers}
    return {
        number: json.dumps(dict(zip(header, (c or None for c in cells), strict=False)), ensure_ascii=False)
        for number, cells in found.items()
    }


def _plain_lines(path: Path, numbers: set[int]) -> dict[int, Sequence[str | None]]:
    """Rows of a text file without quotes: a row is a line. Blocks without a wanted row are only counted through."""
    found: dict[int, Sequence[str | None]] = {}
    wanted = sorted(numbers)
    with path.open("rb") as stream:
        stream.readline()
        before = 0
        while wanted and (block := stream.read(_BLOCK)):
            block += stream.readline()
            has_blanks = b"\n\n" in block or b"\n\r\n" in block or block.startswith((b"\n", b"\r\n"))
            lines = [line for line in block.splitlines() if line] if has_blanks or not block.endswith(b"\n") else None
            rows = block.count(b"\n") if lines is None else len(lines)
            if wanted[0] <= before + rows:
                lines = lines or block.splitlines()
                while wanted and wanted[0] <= before + rows:
                    number = wanted.pop(0)
                    found[number] = lines[number - before - 1].decode().split(",")
            before += rows
    return found


def _rows(path: Path, engine: Engine) -> Iterator[Sequence[str | None]]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        for row in engine.rows(f"SELECT * FROM read_parquet({literal(path)})"):
            yield [None if cell is None else str(cell) for cell in row]
    elif suffix in (".xlsx", ".xls"):
        yield from sheet(path)[1:]
    else:
        with _open_text(path) as stream:
            yield from (cells for cells in itertools.islice(csv.reader(stream), 1, None) if cells)


def _has_quotes(path: Path) -> bool:
    with path.open("rb") as stream:
        return any(b'"' in block for block in iter(lambda: stream.read(_BLOCK), b""))
