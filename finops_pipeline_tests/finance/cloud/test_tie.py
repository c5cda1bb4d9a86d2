"""Bills against postings, by hand: a cent, a month and a currency on one side only are differences."""

from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd
import pytest

from finops_pipeline.errors import ConfigurationError, ContractError
from finops_pipeline.finance.cloud import tie
from finops_pipeline.finance.cloud.tie import LedgerRule

ACCOUNTS = pd.DataFrame({"account_id": ["5010", "5020", "1000"]})
ENTITIES = pd.DataFrame({"entity_id": ["US01", "DE01"]})
RULES = [
    LedgerRule("US01", ("5010", "5020"), provider="AWS"),
    LedgerRule("DE01", ("5010",), billing_account_id="B7"),
]


def bills(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["period", "provider", "billing_account_id", "currency", "billed_cost"])
    return table.assign(billed_cost=[Decimal(c) for c in table["billed_cost"]])


def posted(*rows: tuple[str, str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["period", "entity_id", "account_id", "currency", "posted"])


def shown(table: pd.DataFrame) -> list[list[Any]]:
    columns = [
        "period",
        "entity_id",
        "provider",
        "billing_account_id",
        "currency",
        "billed",
        "posted",
        "difference",
        "status",
    ]
    return table[columns].astype(object).where(table[columns].notna(), None).values.tolist()


BILLS = bills(
    ("2026-01", "AWS", "A1", "USD", "100.004"),
    ("2026-01", "AWS", "A2", "USD", "20.004"),
    ("2026-01", "Azure", "B7", "EUR", "7.125"),
    ("2026-01", "GCP", "G1", "JPY", "300.4"),
    ("2026-02", "AWS", "A1", "USD", "9"),
)
POSTED = posted(
    ("2026-01", "US01", "5010", "USD", 10_001),
    ("2026-01", "US01", "5020", "USD", 2_000),
    ("2026-01", "DE01", "5010", "EUR", 700),
    ("2026-01", "DE01", "5020", "EUR", 999),
    ("2026-03", "US01", "5010", "USD", 55),
)


def test_bills_and_postings_meet_rule_by_rule() -> None:
    assert shown(tie.cloud_ledger_tie(BILLS, POSTED, RULES)) == [
        ["2026-01", "DE01", None, "B7", "EUR", 712, 700, 12, "differs"],
        ["2026-01", "US01", "AWS", None, "USD", 12_001, 12_001, 0, "tied"],
        ["2026-01", None, "GCP", "G1", "JPY", 300, None, 300, "unassigned"],
        ["2026-02", "US01", "AWS", None, "USD", 900, None, 900, "not_posted"],
        ["2026-03", "US01", "AWS", None, "USD", None, 55, -55, "not_billed"],
    ]


def test_what_does_not_tie_is_a_warning_that_says_what_to_do() -> None:
    found = tie.tie_warnings(tie.cloud_ledger_tie(BILLS, POSTED, RULES))
    assert [(f.rule_id, f.severity, f.subject) for f in found] == [
        ("CLD-010", "warning", "2026-01 DE01 B7"),
        ("CLD-010", "warning", "2026-01 GCP G1"),
        ("CLD-010", "warning", "2026-02 US01 AWS"),
        ("CLD-010", "warning", "2026-03 US01 AWS"),
    ]
    assert "difference 12 minor units of EUR; compare the invoice" in found[0].message


def test_a_posting_in_another_currency_is_not_the_bill() -> None:
    table = tie.cloud_ledger_tie(BILLS[:1], posted(("2026-01", "US01", "5010", "EUR", 10_000)), RULES)
    assert sorted(table["status"]) == ["not_billed", "not_posted"]


def test_without_rules_every_bill_is_unassigned_and_without_bills_there_is_nothing() -> None:
    assert set(tie.cloud_ledger_tie(BILLS, POSTED[:0], [])["status"]) == {"unassigned"}
    assert len(tie.cloud_ledger_tie(BILLS[:0], POSTED[:0], RULES)) == 0


def test_postings_are_net_and_in_transaction_currency() -> None:
    lines = pd.DataFrame(
        [
            ("2026-01", "US01", "5010", "USD", 500, 0), ("2026-01", "US01", "5010", "USD", 0, 20),
            ("2026-01", "US01", "5010", "EUR", 7, 0), ("2026-01", "US01", "1000", "USD", 0, 480),
            ("2026-01", "JP01", "5010", "JPY", 9, 0),
        ],
        columns=["period", "entity_id", "account_id", "currency", "debit", "credit"],
    )  # fmt: skip
    found = tie.postings(nw.from_native(lines).lazy(), RULES).collect().to_native()
    assert sorted(found.values.tolist()) == [
        ["2026-01", "US01", "5010", "EUR", 7],
        ["2026-01", "US01", "5010", "USD", 480],
    ]


def test_every_bill_and_posting_is_compared_once() -> None:
    table = tie.cloud_ledger_tie(BILLS, POSTED, RULES)
    assert tie.tie_findings(table, BILLS, POSTED, RULES) == []
    for broken in (table[1:], table.assign(billed=table["billed"] + 5), table.assign(posted=table["posted"] + 1)):
        assert {f.rule_id for f in tie.tie_findings(broken, BILLS, POSTED, RULES)} == {"CLD-011"}
    assert tie.tie_findings(table[:0], BILLS, POSTED, RULES)
    assert tie.tie_findings(table, BILLS[:0], POSTED[:0], RULES)


def test_rules_that_cannot_be_used_are_refused() -> None:
    tie.check_rules(RULES, ACCOUNTS, ENTITIES)
    tie.check_rules([], ACCOUNTS, ENTITIES)
    with pytest.raises(ContractError, match="9999"):
        tie.check_rules([LedgerRule("US01", ("9999",))], ACCOUNTS, ENTITIES)
    with pytest.raises(ContractError, match="FR01"):
        tie.check_rules([LedgerRule("FR01", ("5010",))], ACCOUNTS, ENTITIES)
    with pytest.raises(ConfigurationError, match="US01 5010 under two rules"):
        tie.check_rules([*RULES, LedgerRule("US01", ("5010",))], ACCOUNTS, ENTITIES)
