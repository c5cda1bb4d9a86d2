"""Who belongs to a group, with what share, and in which currency it reports."""

from fractions import Fraction

import pandas as pd
import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.consolidation import Group, group_currency, group_findings, group_of, with_group_accounts
from finops_pipeline.finance.consolidation.group import with_group_entity
from finops_pipeline_tests.finance.consolidation.companies import ACCOUNTS, entities

CHAIN = entities("""
    A  EUR  -  -    7
    B  USD  A  0.8  -
    C  JPY  B  0.6  4
    D  EUR  A  -    -
""")


def test_the_group_reports_in_its_parents_currency_and_year() -> None:
    group = group_of(CHAIN, "GROUP")
    assert group == Group("GROUP", "EUR", 7, group.shares, "average")


def test_shares_multiply_down_the_chain_of_parents() -> None:
    """0.8 of B, and 0.6 of what B has: 0.48 of C. Where nothing is said, all of it."""
    assert group_of(CHAIN, "GROUP").shares == {
        "A": Fraction(1), "B": Fraction(4, 5), "C": Fraction(12, 25), "D": Fraction(1)
    }  # fmt: skip


def test_what_is_chosen_goes_before_what_is_found() -> None:
    group = group_of(CHAIN, "Konzern", "CHF", "closing")
    assert (group.entity_id, group.currency, group.historical) == ("Konzern", "CHF", "closing")


def test_parents_that_do_not_agree() -> None:
    several = entities("A EUR - - 7\nB USD - - 4")
    assert group_currency(several, None) is None
    assert group_of(several, "GROUP") is None
    assert group_of(several, "GROUP", "EUR").start_month == 1
    assert group_of(entities("A EUR - - 7\nB EUR - - 7"), "GROUP").start_month == 7


@pytest.mark.parametrize("name", ["", None])
def test_no_name_no_group(name: str | None) -> None:
    assert group_of(CHAIN, name, "EUR") is None


def test_one_entity_is_no_group_unless_a_currency_is_asked_for() -> None:
    alone = entities("A EUR - - -")
    assert group_of(alone, "GROUP") is None
    assert group_of(alone, "GROUP", "USD").currency == "USD"


def test_names_and_circles_that_cannot_be() -> None:
    with pytest.raises(ConfigurationError, match="an entity is called 'B'"):
        group_of(CHAIN, "B")
    circle = entities("A EUR - - -\nB EUR C 1 -\nC EUR B 1 -")
    with pytest.raises(ConfigurationError, match="B owns itself"):
        group_of(circle, "GROUP")


def test_con_010_shares_that_are_missing_or_give_no_control() -> None:
    findings = group_findings(CHAIN, group_of(CHAIN, "GROUP"))
    assert [(f.rule_id, f.subject, f.severity) for f in findings] == [
        ("CON-010", "C", "warning"),
        ("CON-010", "D", "warning"),
    ]
    assert "12/25" in findings[0].message
    assert "wholly owned" in findings[1].message


def test_the_group_has_a_chart_and_a_place_among_the_entities() -> None:
    chart = with_group_accounts(ACCOUNTS)
    assert chart["account_id"].is_unique
    assert set(ACCOUNTS["account_id"]) < set(chart["account_id"])
    assert str(chart["is_cash"].dtype) == "boolean"
    everybody = with_group_entity(CHAIN, group_of(CHAIN, "GROUP"))
    last = everybody.iloc[-1]
    assert (last["entity_id"], last["functional_currency"], last["fiscal_year_start_month"]) == ("GROUP", "EUR", 7)


def test_a_chart_with_the_groups_own_accounts_is_refused() -> None:
    own = ACCOUNTS.iloc[[0]].assign(account_id="INTERCOMPANY_RESULT")
    with pytest.raises(ConfigurationError, match="INTERCOMPANY_RESULT"):
        with_group_accounts(pd.concat([ACCOUNTS, own], ignore_index=True))
