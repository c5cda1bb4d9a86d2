"""Cost by product, by hand, and its tie to the ledger."""

import pandas as pd
import pytest

from finops_pipeline.contracts.cost import COST_BY_PRODUCT
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import product_cost
from finops_pipeline_tests.finance.books import ACCOUNTS, ENTITIES, assert_keeps, balances, shuffled

BOOKS = balances("""
    entity_id  period   account_id  product_id  debit  credit
    DE         2026-01  6000        P1          100    0
    DE         2026-01  6000        -           300    0
    DE         2026-02  6000        P1          150    30
    DE         2026-02  6000        P2          80     0
    DE         2026-02  4000        P1          0      999
    UK         2026-02  6000        -           5      0
""")
MONTHS = ["2026-01", "2026-02"]


def by_product(books: pd.DataFrame = BOOKS, months: list[str] = MONTHS) -> pd.DataFrame:
    found = product_cost.cost_by_product(books, ACCOUNTS, ENTITIES, months)
    assert_keeps(COST_BY_PRODUCT, found)
    assert product_cost.product_cost_findings(found, books, ACCOUNTS, months) == []
    return found


def test_costs_stand_with_the_product_of_their_postings() -> None:
    found = by_product()
    assert found[["entity_id", "period", "amount"]].to_numpy().tolist() == [
        ["DE", "2026-01", 100], ["DE", "2026-01", 300], ["DE", "2026-02", 120], ["DE", "2026-02", 80], ["UK", "2026-02", 5],
    ]  # fmt: skip
    assert found["product_id"].fillna("-").tolist() == ["P1", "-", "P1", "P2", "-"]
    assert found["share_pct"].tolist() == [0.25, 0.75, 0.6, 0.4, 1.0]
    assert found["mom_pct"].iloc[2] == pytest.approx(0.2)


def test_only_the_periods_asked_for_are_shown_and_know_what_was_before() -> None:
    found = by_product(months=["2026-02"])
    assert found["period"].unique().tolist() == ["2026-02"]
    assert found["mom_pct"].iloc[0] == pytest.approx(0.2)


def test_nothing_spent_is_no_row_and_order_changes_nothing() -> None:
    assert len(by_product(BOOKS.head(0))) == 0
    assert len(by_product(months=[])) == 0
    pd.testing.assert_frame_equal(by_product(shuffled(BOOKS)), by_product())
    with pytest.raises(ContractError):
        by_product(BOOKS.assign(account_id="9999"))


def test_cst_005_what_does_not_tie_or_is_left_out_is_found() -> None:
    sound = by_product()
    for broken in (sound.assign(amount=sound["amount"] + (sound.index == 0)), sound.iloc[1:]):
        (finding,) = product_cost.product_cost_findings(broken, BOOKS, ACCOUNTS, MONTHS)
        assert (finding.rule_id, finding.subject) == ("CST-005", "DE 2026-01 P1")
