"""Single rows are found again in the file, whatever its format: their number is the one the engine gave them."""

import gzip
import io
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_pipeline.storage import files
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.files import FileRejectedError

HEADER = ["id", "name"]
PLAIN = "id,name\n1,one\n\n2,two\n3,\n"
QUOTED = 'id,name\n1,one\n\n2,"tw\no"\n3,\n'


def found(path: Path, content: bytes, numbers: set[int], engine: Engine) -> dict[int, dict[str, str | None]]:
    path.write_bytes(content)
    return {n: json.loads(text) for n, text in files.raw_rows(path, HEADER, numbers, engine).items()}


def workbook(*rows: list[object]) -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "second"),
    [
        ("plain.csv", PLAIN.encode(), "two"),
        ("crlf.csv", PLAIN.replace("\n", "\r\n").encode(), "two"),
        ("bom.csv", ("\ufeff" + PLAIN).encode(), "two"),
        ("open.csv", PLAIN.rstrip().encode(), "two"),
        ("quoted.csv", QUOTED.encode(), "tw\no"),
        ("plain.csv.gz", gzip.compress(PLAIN.encode(), mtime=0), "two"),
        ("sheet.xlsx", workbook(HEADER, [1, "one"], [], [2.0, "two"], [3, None]), "two"),
        ("table.parquet", parquet(pd.DataFrame({"id": [1, 2, 3], "name": ["one", "two", None]})), "two"),
    ],
)
def test_blank_lines_are_no_rows_in_any_format(
    tmp_path: Path, small_engine: Engine, name: str, content: bytes, second: str
) -> None:
    rows = found(tmp_path / name, content, {2, 3}, small_engine)
    assert rows == {2: {"id": "2", "name": second}, 3: {"id": "3", "name": None}}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=st.lists(st.sampled_from(["", "a,b", "a-long-field,with-a-tail", "ä,€"]), min_size=1, max_size=30),
    block=st.integers(1, 20),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_rows_are_found_wherever_a_block_ends(
    tmp_path: Path, small_engine: Engine, monkeypatch: pytest.MonkeyPatch, rows: list[str], block: int, end: str
) -> None:
    monkeypatch.setattr(files, "_BLOCK", block)
    wanted = [row for row in rows if row]
    content = end.join(["id,name", *rows, ""]).encode()
    texts = found(tmp_path / "x.csv", content, set(range(1, len(wanted) + 1, 2)) | {1}, small_engine)
    assert [",".join(texts[n].values()) for n in sorted(texts)] == wanted[::2]


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_lines_become_row_numbers(tmp_path: Path, name: str) -> None:
    """line: 1 header, 2 row 1, 3 blank, 4 row 2 (over two lines), 5 blank, 6 row 3"""
    text = b'id,name\n1,one\n\n2,"tw\n\no"\r\n\r\n3\n'
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert files.row_numbers(tmp_path / name, [2, 4, 6]) == [1, 2, 3]


def test_without_blank_lines_a_line_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,name\n1,one\n2\n")
    assert files.row_numbers(tmp_path / "x.csv", [3]) == [2]


def test_a_field_as_long_as_the_engine_reads_is_found_again(tmp_path: Path, small_engine: Engine) -> None:
    content = f'id,name\n1,"{"x" * 200_000}"\n2,two\n'.encode()
    assert found(tmp_path / "x.csv", content, {2}, small_engine) == {2: {"id": "2", "name": "two"}}


def test_a_row_that_is_not_utf_8_does_not_hide_the_others(tmp_path: Path, small_engine: Engine) -> None:
    content = b'id,name\n1,"M\xfcller"\n2,two\n'
    assert found(tmp_path / "x.csv", content, {2}, small_engine) == {2: {"id": "2", "name": "two"}}
    assert files.read_header(tmp_path / "x.csv", small_engine) == HEADER


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("latin.csv", "id,größe\n".encode("latin-1"), "FILE-FORMAT"),
        ("wide.csv", "id,name\n".encode("utf-16"), "FILE-FORMAT"),
        ("x.txt", b"id,name\n", "FILE-FORMAT"),
        ("x", b"id,name\n", "FILE-FORMAT"),
        ("x.csv.gz", b"id,name\n", "FILE-CUT"),
        ("x.csv.gz", gzip.compress(b"id,name\n", mtime=0)[:12], "FILE-CUT"),
        ("x.parquet", b"PAR1", "FILE-CUT"),
        ("x.xlsx", b"PK", "FILE-CUT"),
    ],
)
def test_a_header_that_cannot_be_read_says_why(
    tmp_path: Path, small_engine: Engine, name: str, content: bytes, rule: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileRejectedError) as told:
        files.read_header(tmp_path / name, small_engine)
    assert told.value.rule == rule


def test_utf_16_is_named(tmp_path: Path, small_engine: Engine) -> None:
    for name, content in (("x.csv", "id,name\n".encode("utf-16")), ("y.csv.gz", gzip.compress(b"\xfe\xff\x00i"))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileRejectedError, match="UTF-16: save it as UTF-8"):
            files.read_header(tmp_path / name, small_engine)


def test_a_cut_file_whose_header_can_be_read_is_rejected_too(tmp_path: Path, small_engine: Engine) -> None:
    """A row below the header cannot be read: that concerns this file, and not the night."""
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"id,name\n1,one\n", mtime=0)[:-10])
    with pytest.raises(FileRejectedError, match="cannot be read to its end"):
        files.find_header(tmp_path / "x.csv.gz", small_engine, ["no such column"])


TITLED = "Table: T001\n\nbukrs;waers;land1\n0100;EUR;DE\n"


@pytest.mark.parametrize(
    ("name", "content", "layout"),
    [
        ("x.csv", TITLED.encode(), files.Layout(";", 2)),
        ("x.xlsx", workbook(["Table: T001"], ["bukrs", "waers", "land1"], ["0100", "EUR", "DE"]), files.Layout(skip=1)),
    ],
)
def test_a_header_that_lacks_a_column_is_found_below_its_title(
    tmp_path: Path, small_engine: Engine, name: str, content: bytes, layout: files.Layout
) -> None:
    """What is missing is said of it, and not of the title, which lacks everything."""
    (tmp_path / name).write_bytes(content)
    found = files.find_header(tmp_path / name, small_engine, ["bukrs", "butxt", "waers"])
    assert found == (["bukrs", "waers", "land1"], layout)
    assert files.find_header(tmp_path / name, small_engine, ["none", "of", "these"])[0][0] == "Table: T001"


def test_sheets_after_the_first_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.save(tmp_path / "one.xlsx")
    book.create_sheet("February").append(HEADER)
    book.save(tmp_path / "two.xlsx")
    assert files.sheets_left_out(tmp_path / "one.xlsx") is None
    assert files.sheets_left_out(tmp_path / "two.xlsx") == "sheets left out: February"
    assert files.sheets_left_out(tmp_path / "x.csv") is None


def test_an_empty_file_has_no_header(tmp_path: Path, small_engine: Engine) -> None:
    (tmp_path / "x.csv").write_bytes(b"")
    (tmp_path / "x.xlsx").write_bytes(workbook())
    assert files.read_header(tmp_path / "x.csv", small_engine) == []
    assert files.read_header(tmp_path / "x.xlsx", small_engine) == []


def test_cells_of_a_workbook_read_as_a_person_types_them(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(workbook([pd.Timestamp("2026-01-31").to_pydatetime(), 1e7, 0.1, True, "text"]))
    assert files.sheet(path) == [["2026-01-31", "10000000", "0.1", "true", "text"]]


@pytest.mark.parametrize(("name", "pack"), [("x.csv", bytes), ("x.csv.gz", gzip.compress)])
def test_the_last_line_end_is_seen(tmp_path: Path, name: str, pack: object) -> None:
    for text, answer in ((b"id\n1\n", True), (b"id\n1", False)):
        (tmp_path / name).write_bytes(pack(text))
        assert files.ends_with_newline(tmp_path / name) is answer
