"""Kept rows as the engine shows them: current ones, what lookups find, and what has changed since before the night."""

from pathlib import Path

import pytest

from finops_pipeline.contracts.catalog import table
from finops_pipeline.storage import deriving
from finops_pipeline.storage.archive import Archive, Place
from finops_pipeline.storage.deriving import Search, Shelf
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.files import Layout
from finops_pipeline.storage.reading import reader, rejects

PLACE = Place("erp", "heads", ("id", "status"))
SEARCH = Search("heads", ("id",), "FROM heads", is_unique=False)


@pytest.fixture
def archive(small_engine: Engine, tmp_path: Path) -> Archive:
    kept = Archive(tmp_path / "lake", small_engine)
    for name, text in {"a": "id,status\n1,open\n2,open\n", "b": "id,status\n2,posted\n3,open\n"}.items():
        file = tmp_path / f"{name}.csv"
        file.write_text(text)
        kept.keep(PLACE, name, file, ["id", "status"], {"id": 0, "status": 1}, Layout())
    deriving.expose(small_engine, kept, "erp", [Shelf(PLACE, ("id",), {"a": 0, "b": 1})])
    deriving.expose(small_engine, kept, "erp_before", [Shelf(PLACE, ("id",), {"a": 0})])
    return kept


def test_the_current_rows_are_those_of_the_latest_file(small_engine: Engine, archive: Archive) -> None:
    assert small_engine.rows("SELECT id, status FROM erp.heads ORDER BY id") == [
        ("1", "open"),
        ("2", "posted"),
        ("3", "open"),
    ]
    assert small_engine.value("SELECT count(*) FROM erp.heads_all") == 4


def test_a_lookup_has_one_row_for_each_key(small_engine: Engine, archive: Archive) -> None:
    deriving.look_up(small_engine, "erp", Search("all", ("status",), "FROM heads_all", is_unique=False))
    found = small_engine.rows(
        "SELECT status, min(id), count(*), bool_and(is_there) FROM lookup_all GROUP BY 1 ORDER BY 1"
    )
    assert found == [("open", "1", 1, True), ("posted", "2", 1, True)]


def test_what_changed_is_found_on_either_side(small_engine: Engine, archive: Archive) -> None:
    assert deriving.find_changed(small_engine, "erp", SEARCH)
    assert small_engine.rows("SELECT id FROM changed_heads ORDER BY 1") == [("2",), ("3",)]
    deriving.expose(small_engine, archive, "erp_before", [Shelf(PLACE, ("id",), {"a": 0, "b": 1})])
    assert not deriving.find_changed(small_engine, "erp", SEARCH)


def test_later_files_that_speak_of_the_same_rows_are_named(small_engine: Engine, archive: Archive) -> None:
    shelf = Shelf(PLACE, ("id",), {"a": 0, "b": 1})
    assert deriving.later_sharers(small_engine, archive, shelf, ["a"]) == {"b"}
    assert deriving.later_sharers(small_engine, archive, shelf, ["b"]) == set()


def test_a_canonical_table_that_is_not_there_has_its_columns_and_no_rows(small_engine: Engine) -> None:
    deriving.expose_lake(small_engine, {"accounts": deriving.nothing(table("accounts"))})
    assert small_engine.rows("SELECT account_id, is_cash FROM lake.accounts") == []


def test_a_reader_gives_text_and_tells_what_it_could_not_read(small_engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a|b\n1|2\n3\n")
    found = small_engine.rows(f"SELECT r0, r1 FROM {reader(small_engine, [file], ['a', 'b'], Layout('|'))}")
    assert found == [("1", "2")]
    assert rejects(small_engine) == {str(file): [(3, "3")]}
    assert rejects(small_engine) == {}


def test_rows_kept_before_an_extract_had_a_column_lack_its_value(small_engine: Engine, archive: Archive) -> None:
    wider = Place("erp", "heads", ("id", "status", "ledger"))
    new = archive.path(wider, "c")
    small_engine.run(
        f"COPY (SELECT 'c' AS file_id, 1 AS row_number, '4' AS id, 'open' AS status, 'L' AS ledger) TO '{new}'"
    )
    found = []
    for files in ({"a": 0}, {"a": 0, "c": 1}):
        rows = deriving.rows_of(archive, Shelf(wider, ("id",), files))
        found.append(small_engine.rows(f"SELECT file_seq, row_number, id, ledger FROM {rows} ORDER BY ALL"))
    assert found == [[(0, 1, "1", None), (0, 2, "2", None)], [(0, 1, "1", None), (0, 2, "2", None), (1, 1, "4", "L")]]
