"""The archive keeps the rows of a file as text, each under its number."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from finops_pipeline.storage.archive import Again, Archive, Kept, Place, declared
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.files import FileRejectedError, find_header

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


def test_a_file_cut_off_in_a_row_is_not_kept(small_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(FileRejectedError, match="ends in the middle of row 2"):
        keep(small_engine, tmp_path, "bukrs,butxt,waers\n0100,A,EUR\n02")
    assert list((tmp_path / "lake").rglob("*.parquet")) == []


def test_a_last_row_without_line_end_is_noted(small_engine: Engine, tmp_path: Path) -> None:
    _, kept = keep(small_engine, tmp_path, "bukrs,butxt,waers\n0100,A,EUR")
    assert kept == Kept(1, (), "the last row has no line end")


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
