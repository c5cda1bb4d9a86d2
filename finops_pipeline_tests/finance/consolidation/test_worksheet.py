"""The worksheet: what it holds, and the group's ledger that is made of it."""

from finops_pipeline.contracts.statements import CONSOLIDATION
from finops_pipeline.finance.consolidation.worksheet import STEPS, group_balances
from finops_pipeline_tests.finance.books import assert_keeps
from finops_pipeline_tests.finance.consolidation.companies import consolidated, held, sources
from finops_pipeline_tests.finance.consolidation.test_minority import MASTERS, POSTED, RATES


def test_every_row_says_whose_it_is_and_where_it_comes_from() -> None:
    _, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-01")
    assert_keeps(CONSOLIDATION, made.worksheet)
    assert set(made.worksheet["step"]) == set(STEPS) == set(CONSOLIDATION.column("step").allowed)
    named = made.worksheet.drop_duplicates("account_id").set_index("account_id")
    assert named.loc["4000", ["account_name", "account_type"]].tolist() == ["Sales", "revenue"]
    assert named.loc["NON_CONTROLLING_INTERESTS", "account_type"] == "equity"


def test_the_groups_ledger_has_debits_and_credits() -> None:
    group, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-01")
    ledger = group_balances(made.worksheet, group)
    assert set(ledger["entity_id"]) == {"GROUP"}
    assert (ledger[["debit", "credit"]] >= 0).all().all()
    assert (ledger.groupby("period")["debit"].sum() == ledger.groupby("period")["credit"].sum()).all()
    net = (ledger["debit"] - ledger["credit"]).groupby(ledger["account_id"]).sum()
    assert net[net != 0].to_dict() == held(made.worksheet, "2026-01")
