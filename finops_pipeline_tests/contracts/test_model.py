"""Contracts are frozen values that know their columns by name."""

from dataclasses import FrozenInstanceError

import pytest

from finops_pipeline.contracts.model import LINEAGE, STAMPS, Column, Table

TABLE = Table("t", "test", "A table", "row", (Column("a", "code", "A"), Column("b", "money", "B")), ("a",))


def test_a_column_is_found_by_its_name() -> None:
    assert TABLE.column("b").kind == "money"
    assert TABLE.names == ("a", "b")


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="t has no column 'c'"):
        TABLE.column("c")


def test_a_contract_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        TABLE.name = "other"  # type: ignore[misc]


def test_derived_columns_are_not_read_from_files() -> None:
    assert [c.name for c in LINEAGE + STAMPS if c.in_file] == []
