"""The catalog as a whole: what every contract must be so that the rooms can rely on it."""

import pytest

from finops_pipeline.contracts.catalog import TABLES, report_tables, table
from finops_pipeline.contracts.model import STAMPS
from finops_pipeline.errors import ConfigurationError

ALL = pytest.mark.parametrize("name", TABLES)


def test_a_table_is_found_by_its_name() -> None:
    assert table("budget_variance") is TABLES["budget_variance"]


def test_an_unknown_table_says_which_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"no table 'budgets'; the tables are: accounts, .*trial_balance"):
        table("budgets")


def test_report_tables_are_those_of_the_warehouse() -> None:
    names = {t.name for t in report_tables()}
    assert {"budget_variance", "trial_balance", "quarantine"} <= names
    assert "journal_lines" not in names


@ALL
def test_column_names_are_unique_and_not_the_stamps(name: str) -> None:
    names = TABLES[name].names
    assert len(set(names)) == len(names)
    assert not {c.name for c in STAMPS} & set(names)


@ALL
def test_the_key_is_made_of_columns(name: str) -> None:
    contract = TABLES[name]
    assert set(contract.key) <= set(contract.names)
    assert len(set(contract.key)) == len(contract.key)


@ALL
def test_every_amount_has_a_currency_in_its_row(name: str) -> None:
    contract = TABLES[name]
    for column in contract.columns:
        if column.kind == "money":
            currency = contract.column(column.currency)
            assert currency.kind == "code"
            assert column.nullable or not currency.nullable


@ALL
def test_references_lead_to_a_key(name: str) -> None:
    for column in TABLES[name].columns:
        if column.reference:
            assert TABLES[column.reference.table].key == (column.reference.column,)


@ALL
def test_a_partitioned_table_has_a_period(name: str) -> None:
    contract = TABLES[name]
    assert not contract.partitioned or contract.column("period").kind == "period"


TWO_MEANINGS = {
    "baseline": {"decimal", "ratio"},  # given exactly in kpi_targets, compared as a statistic in kpi_scorecard
    "target": {"decimal", "ratio"},
    "measure": {"code", "decimal"},  # what is summed or forecast; in alerts, the number that passed the threshold
    "difference": {"fine_money", "money"},  # of control totals as files give them; of balances in the ledger's currency
}


def test_the_same_name_is_the_same_kind_everywhere() -> None:
    """But for the words that are listed with their two meanings, and for words and identifiers, which are both text."""
    kinds: dict[str, set[str]] = {}
    for contract in TABLES.values():
        for column in contract.columns:
            kinds.setdefault(column.name, set()).add(column.kind)
    several = {name: found for name, found in kinds.items() if len(found) > 1 and found != {"code", "text"}}
    assert several == TWO_MEANINGS
