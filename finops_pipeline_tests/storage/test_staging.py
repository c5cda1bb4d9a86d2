"""Rows of a file, each with its number and the first rule it breaks."""

import gzip

import pytest

from finops_pipeline.storage import files, staging
from finops_pipeline.storage.files import FileRejectedError
from finops_pipeline_tests.storage.stages import LINES, Desk

SALE = "DE01,J1,{n},2026-01-15,1000,EUR,{n}.00,"


def numbered(desk: Desk) -> dict[int, int]:
    """Line number of the journal (as in the row's text) by the row number it got."""
    return dict(desk.engine.rows(f"SELECT line_no, {desk.stage.row_number('s')} FROM stage AS s"))


SHORT = {2, 3, 6}
ROWS = [SALE.format(n=n) if n not in SHORT else f"DE01,J1,{n}" for n in range(1, 8)]
"""Rows 2, 3 and 6 are too short."""


@pytest.mark.parametrize("blank", ["", "\n", "\n\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_after_a_short_row_keep_their_number(journal: Desk, blank: str, end: str) -> None:
    """Blank lines before, between and after rows count for nothing."""
    text = "\n".join([LINES, *(blank + row for row in ROWS), "", ""]).replace("\n", end)
    file = journal.put(1, text)
    assert numbered(journal) == {n: n for n in (1, 4, 5, 7)}
    assert file.short_rows == [(n, f"DE01,J1,{n}") for n in sorted(SHORT)]
    assert file.rows == 7


def test_a_short_row_after_a_quoted_line_end_keeps_its_number(journal: Desk) -> None:
    rows = [SALE.format(n=1).replace("J1", '"J\n\n1"'), "", "DE01,J1,2", SALE.format(n=3)]
    file = journal.put(1, "\n".join([LINES, *rows, ""]))
    assert (numbered(journal), [n for n, _ in file.short_rows]) == ({1: 1, 3: 3}, [2])


def test_a_row_of_one_empty_field_in_quotes_is_a_short_row(journal: Desk) -> None:
    file = journal.lines(1, SALE.format(n=1), '""', SALE.format(n=3))
    assert (numbered(journal), [n for n, _ in file.short_rows]) == ({1: 1, 3: 3}, [2])
    texts = files.raw_rows(file.landing.path, journal.headers[1], {3}, journal.engine)
    assert '"line_no": "3"' in texts[3]


def test_numbers_hold_where_entities_are_joined(journal: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many entities their currency comes by a join, which numbers the rows first."""
    monkeypatch.setattr(staging, "_INLINE_LOOKUPS", 0)
    journal.lines(1, *ROWS)
    assert numbered(journal) == {n: n for n in (1, 4, 5, 7)}


def test_each_of_several_files_has_its_own_numbers(journal: Desk) -> None:
    journal.lines(1, "DE01", SALE.format(n=2))
    journal.lines(2, SALE.format(n=1), "DE01", SALE.format(n=3))
    assert sorted(
        journal.engine.rows(f"SELECT file_seq, line_no, {journal.stage.row_number('s')} FROM stage AS s")
    ) == [
        (1, 2, 2),
        (2, 1, 1),
        (2, 3, 3),
    ]


def test_a_dropped_file_leaves_nothing_behind(journal: Desk) -> None:
    first = journal.lines(1, SALE.format(n=1))
    journal.lines(2, SALE.format(n=2))
    journal.stage.drop(first)
    assert numbered(journal) == {2: 1}
    assert list(journal.stage.files) == [2]


def test_a_row_names_the_first_rule_it_breaks_and_keeps_its_text(journal: Desk) -> None:
    journal.lines(1, SALE.format(n=1), "DE01,J1,2,2026-02-30,1000,EUR,1.00,")
    assert journal.engine.rows("SELECT fail, raw ->> 'posting_date' FROM stage ORDER BY rowid") == [
        (None, None),
        ("ROW-DATE|posting_date", "2026-02-30"),
    ]


def test_amounts_are_minor_units_of_the_row_s_currency(journal: Desk) -> None:
    journal.lines(1, "DE01,J1,1,2026-01-15,1000,EUR,1.5,", "JP01,J2,1,2026-01-15,1000,JPY,150,")
    assert journal.engine.rows("SELECT debit, functional_debit, functional_currency FROM stage ORDER BY rowid") == [
        (150, 150, "EUR"),
        (150, 150, "JPY"),
    ]


@pytest.mark.parametrize(
    ("text", "note"),
    [("\n".join([LINES, SALE.format(n=1)]), "the last row has no line end"), (f"{LINES}\n{SALE.format(n=1)}\n", None)],
)
def test_a_whole_last_row_without_line_end_is_noted(journal: Desk, text: str, note: str | None) -> None:
    file = journal.put(1, text)
    journal.stage.refuse_if_cut(file)
    assert file.note == note


@pytest.mark.parametrize("blank", ["", "\n"])
def test_a_broken_last_row_without_line_end_was_cut_off(journal: Desk, blank: str) -> None:
    file = journal.put(1, f"{LINES}\n{blank}{SALE.format(n=1)}\nDE01,J1,2,2026-0")
    with pytest.raises(FileRejectedError, match="in the middle of row 2"):
        journal.stage.refuse_if_cut(file)


def test_a_file_that_ends_too_early_is_not_staged_in_part(journal: Desk) -> None:
    content = gzip.compress("\n".join([LINES, *(SALE.format(n=n) for n in range(1, 2000))]).encode())
    with pytest.raises(FileRejectedError, match="cannot be read to its end"):
        journal.put(1, content[: len(content) // 2], "cut.csv.gz")
    assert journal.engine.value("SELECT count(*) FROM stage") == 0
