"""Recognized revenue against postings, by hand: a cent, a month, a product and a currency on one side only are differences."""

from typing import Any

import narwhals as nw
import pandas as pd
import pytest

from finops_pipeline.errors import ConfigurationError, ContractError
from finops_pipeline.finance.revenue import ledger_tie
from finops_pipeline.finance.revenue.ledger_tie import RevenueRule
from finops_pipeline_tests.finance.revenue.deals import assert_keeps

ACCOUNTS = pd.DataFrame({"account_id": ["4010", "4020", "1000"], "account_type": ["revenue", "revenue", "asset"]})
ENTITIES = pd.DataFrame({"entity_id": ["DE", "US"]})
PRODUCTS = pd.DataFrame({"product_id": ["A", "B", "C"]})
RULES = [RevenueRule("DE", ("4010",), ("A",)), RevenueRule("DE", ("1000", "4020"), ("B",))]


def recognized(*rows: tuple[str, str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["entity_id", "period", "product_id", "currency", "recognized"])


def posted(*rows: tuple[str, str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["entity_id", "period", "account_id", "currency", "posted"])


OURS = recognized(
    ("DE", "2026-01", "A", "EUR", 100),
    ("DE", "2026-01", "B", "EUR", 50),
    ("DE", "2026-01", "C", "EUR", 7),
    ("DE", "2026-02", "A", "EUR", 100),
    ("DE", "2026-02", "B", "EUR", 0),
    ("US", "2026-01", "A", "USD", 30),
    ("US", "2026-01", "B", "USD", 12),
)
LEDGER = posted(
    ("DE", "2026-01", "4010", "EUR", 100),
    ("DE", "2026-01", "4020", "EUR", 40),
    ("DE", "2026-01", "1000", "EUR", 9),
    ("DE", "2026-01", "4010", "USD", 5),
    ("DE", "2026-01", "4030", "EUR", 77),
    ("US", "2026-01", "4010", "USD", 30),
    ("US", "2026-01", "4020", "USD", 12),
)


def shown(table: pd.DataFrame) -> list[list[Any]]:
    return table.astype(object).where(table.notna(), None).values.tolist()


def test_revenue_and_postings_meet_rule_by_rule() -> None:
    table = ledger_tie.revenue_tie_out(OURS, LEDGER, RULES)
    assert_keeps("revenue_tie_out", table)
    assert shown(table) == [
        ["DE", "2026-01", "EUR", "A", "4010", 100, 100, 0, "tied"],
        ["DE", "2026-01", "EUR", "B", "1000,4020", 50, 49, 1, "differs"],
        ["DE", "2026-01", "EUR", None, None, 7, None, 7, "unassigned"],
        ["DE", "2026-01", "USD", "A", "4010", None, 5, -5, "not_recognized"],
        ["DE", "2026-02", "EUR", "A", "4010", 100, None, 100, "not_posted"],
        ["US", "2026-01", "USD", None, None, 42, 42, 0, "tied"],
    ]


def test_a_rule_without_products_takes_all_that_no_other_rule_takes() -> None:
    rules = [RULES[0], RevenueRule("DE", ("4020",))]
    table = ledger_tie.revenue_tie_out(OURS[:3], LEDGER[:5], rules)
    rest = table[table["accounts"] == "4020"]
    assert rest[["recognized", "posted", "difference"]].values.tolist() == [[57, 40, 17]]
    assert rest["products"].isna().all()


def test_without_rules_an_entity_is_compared_as_a_whole() -> None:
    table = ledger_tie.revenue_tie_out(OURS, LEDGER, [])
    assert table[table["period"] == "2026-01"]["difference"].tolist() == [157 - 226, -5, 0]
    assert len(ledger_tie.revenue_tie_out(OURS[:0], LEDGER[:0], [])) == 0


def test_what_does_not_tie_is_a_warning_for_all_its_months_or_blocks() -> None:
    more = recognized(("DE", "2026-03", "B", "EUR", 20), ("DE", "2026-04", "B", "EUR", 3))
    paid = posted(("DE", "2026-04", "4020", "EUR", 3))
    table = ledger_tie.revenue_tie_out(pd.concat([OURS, more]), pd.concat([LEDGER, paid]), RULES)
    found = ledger_tie.tie_findings(table, is_blocking=False)
    assert {f.severity for f in found} == {"warning"}
    assert [(f.rule_id, f.subject, f.period) for f in found] == [
        ("REV-150", "DE EUR A 4010", "2026-02"),
        ("REV-150", "DE EUR B 1000,4020", "2026-03"),
        ("REV-150", "DE EUR", "2026-01"),
        ("REV-150", "DE USD A 4010", "2026-01"),
    ]
    assert "2 of 3 months do not tie, most of all 2026-03: recognized 20, posted nothing" in found[1].message
    assert "deliver the contracts" in found[3].message
    assert {f.severity for f in ledger_tie.tie_findings(table, is_blocking=True)} == {"error"}
    assert ledger_tie.tie_findings(table[table["status"] == "tied"], is_blocking=True) == []


def test_all_revenue_and_postings_are_compared_once() -> None:
    table = ledger_tie.revenue_tie_out(OURS, LEDGER, RULES)
    assert ledger_tie.completeness_findings(table, OURS, LEDGER, RULES) == []
    for broken in (
        table[1:],
        table.assign(recognized=table["recognized"] + 1),
        table.assign(posted=table["posted"] + 1),
    ):
        found = ledger_tie.completeness_findings(broken, OURS, LEDGER, RULES)
        assert {f.rule_id for f in found} == {"REV-151"}
    assert ledger_tie.completeness_findings(table[:0], OURS, LEDGER, RULES)
    assert ledger_tie.completeness_findings(table, OURS[:0], LEDGER[:0], RULES)


def test_postings_are_net_in_transaction_currency_and_of_revenue_accounts_or_those_of_rules() -> None:
    lines = pd.DataFrame(
        [
            ("2026-01", "DE", "4010", "EUR", 0, 500), ("2026-01", "DE", "4010", "EUR", 20, 0),
            ("2026-01", "DE", "4010", "USD", 0, 7), ("2026-01", "DE", "1000", "EUR", 480, 0),
        ],
        columns=["period", "entity_id", "account_id", "currency", "debit", "credit"],
    )  # fmt: skip
    lazy = nw.from_native(lines).lazy()
    found = ledger_tie.postings(lazy, ACCOUNTS, []).collect().to_native()
    assert sorted(found.values.tolist()) == [["2026-01", "DE", "4010", "EUR", 480], ["2026-01", "DE", "4010", "USD", 7]]
    assert len(ledger_tie.postings(lazy, ACCOUNTS, RULES).collect()) == 3


@pytest.mark.parametrize(
    ("rule", "error", "words"),
    [
        (RevenueRule("FR", ("4010",)), ContractError, "FR"),
        (RevenueRule("US", ("9999",)), ContractError, "9999"),
        (RevenueRule("US", ("4010",), ("Z",)), ContractError, "Z"),
        (RevenueRule("DE", ("4010",), ("C",)), ConfigurationError, "DE 4010 under two rules"),
        (RevenueRule("DE", (), ("A",)), ConfigurationError, "DE A under two rules"),
    ],
)
def test_rules_that_cannot_be_used_are_refused(rule: RevenueRule, error: type[Exception], words: str) -> None:
    ledger_tie.check_rules(RULES, ACCOUNTS, ENTITIES, PRODUCTS)
    ledger_tie.check_rules([], ACCOUNTS, ENTITIES, PRODUCTS)
    with pytest.raises(error, match=words):
        ledger_tie.check_rules([*RULES, rule], ACCOUNTS, ENTITIES, PRODUCTS)


def test_two_rules_for_all_other_products_are_refused() -> None:
    rules = [RevenueRule("DE", ("4010",)), RevenueRule("DE", ("4020",))]
    with pytest.raises(ConfigurationError, match="all other products"):
        ledger_tie.check_rules(rules, ACCOUNTS, ENTITIES, PRODUCTS)
