"""The table of the standards' examples, against the ledgers and tests that it names."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "revenue_examples.md"
TESTS = ROOT / "finops_pipeline_tests" / "finance" / "revenue"
LEDGERS = {path.stem: path for path in (TESTS / "examples").glob("*.txt")}


class Row(NamedTuple):
    """A line of the table."""

    example: str
    topic: str
    computed: str
    held_by: str
    inputs: str
    rounds: str

    @property
    def tests(self) -> list[str]:
        return re.findall(r"`([^`]+)`", self.held_by)


def table() -> list[Row]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if re.match(r"\| (ASC )?\d", line)]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]


ROWS = table()


def test_every_example_is_listed_once_and_in_order() -> None:
    examples = [row.example for row in ROWS]
    assert len(set(examples)) == len(examples)
    official = [int(re.findall(r"\d+", name)[0]) for name in examples if not name.startswith("ASC")]
    assert official == sorted(official)
    assert set(official) == set(range(1, 64))


def test_every_ledger_is_in_the_table() -> None:
    named = [name for row in ROWS for name in row.tests if "::" not in name]
    assert sorted(named) == sorted(LEDGERS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.example)
def test_what_is_computed_has_a_test_and_what_is_not_says_why(row: Row) -> None:
    assert row.computed in {"yes", "own amounts", "no"}
    assert row.inputs
    assert bool(row.tests) == (row.computed != "no")
    assert bool(row.rounds) or row.computed != "yes"
    for name in row.tests:
        if "::" in name:
            module, test = name.split("::")
            assert f"\ndef {test}(" in (TESTS / module).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("row", [row for row in ROWS if row.tests], ids=lambda row: row.example)
def test_a_ledger_says_what_the_table_says_about_its_inputs(row: Row) -> None:
    """Which example it is, whether the inputs are from memory, and where something is rounded."""
    for name in row.tests:
        if name in LEDGERS:
            told = " ".join(LEDGERS[name].read_text(encoding="utf-8").split("\n[", 1)[0].split())
            number = re.search(r"\d+", row.example)
            assert number
            assert told.startswith(f"Example {number[0]} ")
            assert ("from memory" in told) == ("from memory" in row.inputs), name
            assert re.search(r"\b[Ee]xact|round(s|ed)\b", told), name
