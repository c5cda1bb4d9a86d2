"""The archive keeps the rows of a file as text, each under its number."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from finops_pipeline.storage.archive import Again, Archive, Kept, Place, declared
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.files import FileRejectedError, Layout, find_header

PLACE = Place("sap", "t001", ("bukrs", "butxt", "waers"), ("NULL",))


def keep(small_engine: Engine, home: Path, text: str, name: str = "f.csv") -> tuple[Archive, Kept]:
    file = home / name
    file.write_text(text)
    archive = Archive(home / "lake", small_engine)
    header, layout = find_header(file, small_engine, ["bukrs"])
    positions = {c: i for i, c in enumerate(header) if c in PLACE.columns}
    return archive, archive.keep(PLACE, "f1", file, header, positions, layout)


def rows(small_engine: Engine, archive: Archive) -> list[tuple]:
    return small_engine.rows(f"SELECT row_number, bukrs, butxt, waers FROM '{archive.path(PLACE, 'f1')}' ORDER BY 1")


def test_rows_are_kept_as_trimmed_text_and_missing_columns_are_null(small_engine: Engine, tmp_path: Path) -> None:
    archive, kept = keep(small_engine, tmp_path, "bukrs,waers,other\n0100, EUR ,x\n0200,NULL,y\n")
    assert kept == Kept(2)
    assert rows(small_engine, archive) == [(1, "0100", None, "EUR"), (2, "0200", None, None)]


def test_a_row_that_cannot_be_read_keeps_its_place(small_engine: Engine, tmp_path: Path) -> None:
    archive, kept = keep(small_engine, tmp_path, "title\n\nbukrs;waers\n0100;EUR\nbroken\n0300;EUR\n-----\n0400;USD\n")
    assert kept.rows == 4
    assert kept.short_rows == ((2, "broken"),)
    assert [number for number, *_ in rows(small_engine, archive)] == [1, 3, 4]
    assert json.loads(archive.texts(PLACE, "f1", {3})[3]) == {"bukrs": "0300", "waers": "EUR"}


LIST = """Table: T001

--------------------
|bukrs|butxt|waers|
--------------------
|0100 |One  |EUR  |
|*    |     |     |
--------------------
31.01.2026  Page 2
--------------------
|bukrs|butxt|waers|
--------------------
|0200 |bukrs |waers|
|0300 |broken|
|0400 |Two  |EUR  |
|**   |     |     |
"""


def test_what_a_list_repeats_on_every_page_is_no_row(small_engine: Engine, tmp_path: Path) -> None:
    """Headings would be held for ever as companies called BUKRS, page titles be quarantined by the hundred."""
    archive, kept = keep(small_engine, tmp_path, LIST)
    assert kept == Kept(4, ((5, "|0300 |broken|"),), "3 headings of pages and sums skipped")
    assert [(code, name) for _, code, name, _ in rows(small_engine, archive)] == [
        ("0100", "One"), ("0200", "bukrs"), ("0400", "Two")
    ]  # fmt: skip


def test_a_list_without_bars_repeats_its_heading_too_and_stars_are_values_there(
    small_engine: Engine, tmp_path: Path
) -> None:
    archive, kept = keep(small_engine, tmp_path, "bukrs;waers\n*;EUR\nbukrs; waers\n0300;EUR\n02;")
    assert kept == Kept(3, (), "1 headings of pages and sums skipped; the last row has no line end")
    assert [number for number, *_ in rows(small_engine, archive)] == [1, 3, 4]


def test_a_cut_row_below_a_repeated_heading_is_seen(small_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(FileRejectedError, match="ends in the middle of row 3"):
        keep(small_engine, tmp_path, "bukrs,butxt,waers\nbukrs,butxt,waers\n0100,A,EUR\n02")
    _, kept = keep(small_engine, tmp_path, "bukrs,butxt,waers\nbukrs,butxt,waers\n02\n0100,A,EUR")
    assert kept.short_rows == ((2, "02"),), "a row before the last is broken, and the file is whole"


def test_a_file_cut_off_in_a_row_is_not_kept(small_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(FileRejectedError, match="ends in the middle of row 2"):
        keep(small_engine, tmp_path, "bukrs,butxt,waers\n0100,A,EUR\n02")
    assert list((tmp_path / "lake").rglob("*.parquet")) == []


def test_a_last_row_without_line_end_is_noted(small_engine: Engine, tmp_path: Path) -> None:
    _, kept = keep(small_engine, tmp_path, "bukrs,butxt,waers\n0100,A,EUR")
    assert kept == Kept(1, (), "the last row has no line end")


NUMBERS = Place(
    "sap", "acdoca", ("belnr", "hsl", "msl"), ("NULL",), ("hsl", "msl"), lambda header: [h.lower() for h in header]
)


def keep_parquet(engine: Engine, home: Path, query: str, name: str = "f1") -> tuple[Archive, Kept]:
    file = home / f"{name}.parquet"
    engine.run(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
    header, layout = find_header(file, engine, ["belnr"])
    positions = {c.lower(): i for i, c in enumerate(header) if c.lower() in NUMBERS.columns}
    archive = Archive(home / "lake", engine)
    return archive, archive.keep(NUMBERS, name, file, header, positions, layout)


def shown(engine: Engine, archive: Archive, files: Sequence[str], *, numbers: bool = False) -> list[tuple]:
    query = archive.rows(NUMBERS, files, numbers=numbers)
    return engine.rows(f"SELECT file_id, row_number, belnr, hsl, msl FROM ({query}) ORDER BY ALL")


def test_a_parquet_file_is_copied_and_read_as_it_lies(small_engine: Engine, tmp_path: Path) -> None:
    query = "SELECT '' AS \"BELNR\", 1.50::DECIMAL(23, 2) AS \"HSL\" UNION ALL SELECT 'NULL', -2.00"
    archive, kept = keep_parquet(small_engine, tmp_path, query)
    assert kept == Kept(2)
    assert archive.path(NUMBERS, "f1").read_bytes() == (tmp_path / "f1.parquet").read_bytes()
    assert shown(small_engine, archive, ["f1"]) == [("f1", 1, None, "1.50", None), ("f1", 2, None, "-2.00", None)]
    exact = [("f1", 1, None, Decimal("1.5"), None), ("f1", 2, None, Decimal(-2), None)]
    assert shown(small_engine, archive, ["f1"], numbers=True) == exact
    assert json.loads(archive.texts(NUMBERS, "f1", {2})[2]) == {"hsl": "-2.00"}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ' 7' AS belnr, 1.5::DECIMAL(23, 2) AS hsl",
        "SELECT chr(160) || '7' AS belnr, 1.5::DECIMAL(23, 2) AS hsl",
        "SELECT '7 ' AS belnr, 1.5::DECIMAL(23, 2) AS hsl",
        "SELECT '7' || chr(12288) AS belnr, 1.5::DECIMAL(23, 2) AS hsl",
        "SELECT '7' AS belnr, 1234567890123.00::DECIMAL(23, 2) AS hsl",
        "SELECT '7' AS belnr, 0.0001::DECIMAL(23, 4) AS hsl",
        "SELECT '7' AS belnr, 1.5::DECIMAL(23, 2) AS hsl, 1 AS a, 2 AS b, 3 AS c",
    ],
)
def test_a_parquet_file_that_cannot_be_read_as_it_lies_is_kept_as_text(
    small_engine: Engine, tmp_path: Path, query: str
) -> None:
    archive, _ = keep_parquet(small_engine, tmp_path, query)
    assert list((tmp_path / "lake").rglob("whole/*")) == []
    (row,) = small_engine.rows(f"SELECT belnr, hsl FROM '{archive.path(NUMBERS, 'f1')}'")
    assert (row[0], isinstance(row[1], str)) == ("7", True)


def test_letters_that_are_not_ascii_are_no_blanks(small_engine: Engine, tmp_path: Path) -> None:
    archive, _ = keep_parquet(small_engine, tmp_path, "SELECT 'É ü' AS belnr UNION ALL SELECT '' UNION ALL SELECT NULL")
    assert archive.path(NUMBERS, "f1").parent.name == "whole"


def test_files_of_any_form_are_read_together(small_engine: Engine, tmp_path: Path) -> None:
    exact, text = "SELECT '1' AS belnr, 1.50::DECIMAL(23, 2) AS hsl", "SELECT ' 2' AS belnr, '2.5' AS hsl"
    for name, query in (("f1", exact), ("f2", exact), ("f3", exact.replace("hsl", "msl")), ("f4", text)):
        archive, _ = keep_parquet(small_engine, tmp_path, query, name)
    firsts = [("f1", 1, "1", Decimal("1.5"), None), ("f2", 1, "1", Decimal("1.5"), None)]
    assert shown(small_engine, archive, ["f1", "f2", "f3"], numbers=True) == [
        *firsts, ("f3", 1, "1", None, Decimal("1.5")),
    ]  # fmt: skip
    assert shown(small_engine, archive, ["f1", "f4"], numbers=True) == [
        ("f1", 1, "1", "1.50", None), ("f4", 1, "2", "2.5", None),
    ]  # fmt: skip
    assert shown(small_engine, archive, []) == []


def test_a_parquet_file_that_is_cut_is_not_kept(small_engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "f1.parquet"
    small_engine.run(f"COPY (SELECT range::VARCHAR AS belnr FROM range(90000)) TO '{file}' (FORMAT parquet)")
    whole = bytearray(file.read_bytes())
    whole[1000:200_000] = bytes(199_000)
    file.write_bytes(whole)
    with pytest.raises(FileRejectedError, match="cannot be read to its end"):
        Archive(tmp_path / "lake", small_engine).keep(NUMBERS, "f1", file, ["belnr"], {"belnr": 0}, Layout())
    assert [f for f in (tmp_path / "lake").rglob("*") if f.is_file()] == []


def test_a_declaration_is_remembered(small_engine: Engine, tmp_path: Path) -> None:
    archive = Archive(tmp_path, small_engine)
    assert declared(tmp_path, "sap") is None
    archive.declare("sap", "one")
    assert declared(tmp_path, "sap") == "one"


def test_what_came_again_is_remembered(tmp_path: Path, small_engine: Engine) -> None:
    kept = Archive(tmp_path, small_engine)
    assert kept.again(PLACE) == []
    found = [Again("f1", datetime(2026, 7, 1, 2, tzinfo=UTC), "page.csv", ("f2", "f3"))]
    kept.note_again(PLACE, found)
    assert Archive(tmp_path, small_engine).again(PLACE) == found
