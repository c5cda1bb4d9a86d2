"""The page of traps names tests that exist, and every trap has one."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "sources" / "traps.md"
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
][1:]


@cache
def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[-1])
def test_a_trap_is_held_by_a_test_that_there_is(row: list[str]) -> None:
    assert len(row) == 4, "trap, source, handling, test"
    named = re.fullmatch(r"`(?P<file>[\w/]+\.py)::(?P<test>test_\w+)`", row[3])
    assert named, "a test is named as file::test"
    assert named["test"] in functions_of(TESTS / named["file"])


def test_every_system_has_traps() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(system in text for system in ("SAP", "Oracle", "NetSuite", "QuickBooks", "FOCUS"))
