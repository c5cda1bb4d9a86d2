"""Formats that files come in, and files that cannot be trusted."""

import gzip
import io

import openpyxl
import pandas as pd
import pytest

from finops_pipeline_tests.intake.nights import Night
from finops_pipeline_tests.intake.test_ingest import SALE


def _workbook(text: str) -> bytes:
    book = openpyxl.Workbook()
    for row in csv_cells(text):
        book.active.append([float(c) if c.replace(".", "").isdigit() and "." in c else c or None for c in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def csv_cells(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()]


def _parquet(text: str) -> bytes:
    header, *rows = csv_cells(text)
    frame = pd.DataFrame(rows, columns=header).replace("", None)
    frame["posting_date"] = pd.to_datetime(frame["posting_date"])
    frame["line_no"] = frame["line_no"].astype(int)
    frame["debit"] = frame["debit"].astype(float)
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("j.csv.gz", gzip.compress((SALE + "\n").encode(), mtime=0)),
        ("j.xlsx", _workbook(SALE)),
        ("j.parquet", _parquet(SALE)),
        ("J.CSV", ("\ufeff" + SALE.replace("\n", "\r\n").upper()).encode()),
    ],
)
def test_every_format_gives_the_same_rows(night: Night, name: str, content: bytes) -> None:
    night.put("journal_lines", name, content)
    night.run()
    assert night.quarantined() == []
    assert night.rows("journal_lines")[["debit", "credit"]].values.tolist() == [[10050, 0], [0, 10050]]


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("j.csv", SALE.replace(",currency", ",curr"), "FILE-COLUMN"),
        ("j.csv", "", "FILE-COLUMN"),
        ("j.csv", SALE.replace("line_no", "debit"), "FILE-COLUMN"),
        ("j.csv", (SALE + "\nDE01,J2,1,2026-0").encode(), "FILE-CUT"),
        ("j.csv.gz", gzip.compress((SALE + "\n").encode(), mtime=0)[:-9], "FILE-CUT"),
        ("j.parquet", _parquet(SALE)[:-20], "FILE-CUT"),
        ("j.xlsx", _workbook(SALE)[:-200], "FILE-CUT"),
        ("j.pdf", b"%PDF", "FILE-FORMAT"),
    ],
)
def test_a_file_that_cannot_be_trusted_stays_out_whole(
    night: Night, name: str, content: str | bytes, rule: str
) -> None:
    night.put("journal_lines", name, content)
    night.put("journal_lines", "good.csv", SALE.replace("J1", "J5"))
    night.run()
    assert night.quarantined() == [(name, 0, rule)]
    assert night.file(name)["status"] == "rejected"
    assert len(night.rows("journal_lines")) == 2, "the good file beside it enters"


def test_fields_that_nothing_separates_are_named(night: Night) -> None:
    night.put("journal_lines", "j.csv", SALE.replace(",", ";"))
    night.run()
    assert night.file("j.csv")["reason"].endswith("(are its fields separated by ';'? use commas)")


def test_sheets_that_are_not_read_are_named(night: Night) -> None:
    book = openpyxl.load_workbook(io.BytesIO(_workbook(SALE)))
    book.create_sheet("Notes").append(["x"])
    stream = io.BytesIO()
    book.save(stream)
    night.put("journal_lines", "j.xlsx", stream.getvalue())
    book.active.delete_rows(1, 9)
    book.active.append(["BUKRS", "BUTXT", "WAERS", "PERIV"])
    stream = io.BytesIO()
    book.save(stream)
    night.put("t001", "codes.xlsx", stream.getvalue(), source="sap")
    night.run()
    assert night.file("j.xlsx")["reason"] == "sheets left out: Notes"
    assert night.file("codes.xlsx")["reason"] == "sheets left out: Notes"


def test_a_folder_that_no_source_declares_is_named(night: Night) -> None:
    night.put("journals", "j.csv", SALE)
    night.run()
    assert night.quarantined() == [("j.csv", 0, "FILE-DATASET")]
    assert "native/journal_lines" in night.file("j.csv")["reason"]


def test_unknown_columns_are_reported_and_ignored(night: Night) -> None:
    night.put("accounts", "x.csv", "Account_ID,NAME,account_type,color\n7000,Paint,operating_expense,red")
    night.run()
    assert night.file("x.csv")["reason"] == "unknown columns left out: color"
    assert "7000" in set(night.rows("accounts")["account_id"])
