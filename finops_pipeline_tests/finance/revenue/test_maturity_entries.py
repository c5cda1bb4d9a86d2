"""The entries between current and non-current accounts: a ledger of three years by hand, and the running sums of any contract."""

from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import journal_findings, revenue_journal, revenue_rollforward
from finops_pipeline.finance.revenue.maturity import (
    contract_balance_maturity,
    maturity_findings,
    reclassification_findings,
)
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals

# 36,000 for three years, paid in January of the first: 1,000 are revenue each month.
THREE_YEARS = deals(
    "contract_id signed_on \n C1 2026-01-01",
    """
    contract_id obligation_id recognition   stated_price start_date end_date
    C1          A             straight_line 36000        2026-01-01 2028-12-31
    """,
    "contract_id event_date event_type amount \n C1 2026-01-05 payment 36000",
)
# Net of each account, debits above zero, and what stands on it after the month, credits above zero. From January 2028 on all
# is revenue of the coming year.
LEDGER = """
    period  cash  revenue current non_current closing_current closing_non_current
    2026-01 36000 -1000   -12000  -23000      12000           23000
    2026-02 0     -1000   0       1000        12000           22000
    2026-03 0     -1000   0       1000        12000           21000
    2026-12 0     -1000   0       1000        12000           12000
    2027-01 0     -1000   0       1000        12000           11000
    2027-11 0     -1000   0       1000        12000           1000
    2027-12 0     -1000   0       1000        12000           0
    2028-01 0     -1000   1000    0           11000           0
    2028-11 0     -1000   1000    0           1000            0
    2028-12 0     -1000   1000    0           0               0
"""
ACCOUNTS = ["cash", "revenue", "contract_liability", "contract_liability_non_current"]
Books = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]


def books_of(case: Deals, months: list[str], as_of: str | None = None) -> Books:
    """Roll-forward, split, journal and schedule of these months, with every proof of them."""
    lines = case.schedule(as_of or months[-1], "monthly").lines
    books = revenue_rollforward(lines, case.contracts, case.events, months)
    parts = contract_balance_maturity(books, lines, case.booked(), case.events, case.then("monthly"))
    journal = revenue_journal(books, parts)
    assert_keeps("contract_balance_maturity", parts)
    assert_keeps("revenue_journal", journal)
    assert maturity_findings(parts, books) == []
    assert journal_findings(journal, books, lines, case.events, months) == []
    assert reclassification_findings(journal, parts) == []
    return books, parts, journal, lines


def nets(journal: pd.DataFrame) -> pd.DataFrame:
    """Debits less credits by month and account."""
    net = journal.assign(net=journal["debit"] - journal["credit"])
    return net.pivot_table("net", "period", "account_role", "sum", fill_value=0).astype("int64")


def test_three_years_month_by_month_down_to_nothing() -> None:
    months = periods.span("2026-01", "2028-12")
    *_, journal, _ = books_of(THREE_YEARS, months)
    net = nets(journal)[ACCOUNTS]
    shown = pd.concat([net, -net[ACCOUNTS[2:]].cumsum()], axis=1)
    assert len(shown) == 36
    for line in LEDGER.split("\n")[2:-1]:
        period, *amounts = line.split()
        assert shown.loc[period].tolist() == [int(amount) for amount in amounts], period


def test_the_entries_of_a_month_line_by_line() -> None:
    *_, journal, _ = books_of(THREE_YEARS, ["2026-01", "2026-02"])
    moved = journal[journal["entry"] == "liability_maturity"]
    assert moved[["journal_id", "line_no", "account_role", "debit", "credit"]].values.tolist() == [
        ["RR-C1-2026-01", 7, "contract_liability", 23_000, 0],
        ["RR-C1-2026-01", 8, "contract_liability_non_current", 0, 23_000],
        ["RR-C1-2026-02", 3, "contract_liability", 0, 1_000],
        ["RR-C1-2026-02", 4, "contract_liability_non_current", 1_000, 0],
    ]


def test_months_that_begin_later_move_the_change_since_the_month_before() -> None:
    _, parts, journal, _ = books_of(THREE_YEARS, ["2026-06", "2026-07"])
    assert parts[["opening_non_current", "non_current"]].values.tolist() == [[19_000, 18_000], [18_000, 17_000]]
    assert nets(journal)["contract_liability_non_current"].tolist() == [1_000, 1_000]


def test_an_asset_that_is_invoiced_leaves_the_non_current_account() -> None:
    case = deals(
        "contract_id signed_on \n C1 2026-01-01",
        """
        contract_id obligation_id recognition   stated_price start_date end_date
        C1          A             straight_line 36000        2026-01-01 2028-12-31
        C1          B             point_in_time 7000         -          -
        """,
        """
        contract_id event_date event_type amount obligation_id
        C1          2026-01-05 delivery   -      B
        C1          2026-02-05 invoice    9000   -
        """,
    )
    # January: 8,000 earned, 23,000 of 35,000 to come are later: 5,257. February: all of it is invoiced.
    _, parts, journal, _ = books_of(case, ["2026-01", "2026-02"])
    assert parts[["closing", "non_current", "opening_non_current"]].values.tolist() == [
        [8_000, 5_257, 0],
        [0, 0, 5_257],
    ]
    moved = journal[journal["entry"] == "asset_maturity"]
    assert moved[["period", "account_role", "debit", "credit"]].values.tolist() == [
        ["2026-01", "contract_asset_non_current", 5_257, 0],
        ["2026-01", "contract_asset", 0, 5_257],
        ["2026-02", "contract_asset_non_current", 0, 5_257],
        ["2026-02", "contract_asset", 5_257, 0],
    ]


@settings(max_examples=4)
@given(seed=st.integers(0, 10_000), first=st.integers(0, 20))
def test_the_running_sums_are_the_parts_of_the_balance(seed: int, first: int) -> None:
    case = by_chance(Random(seed), 10, changes=True)
    months = periods.span("2026-01", "2027-12")
    books, parts, journal, _ = books_of(case, months)
    per_journal = journal.groupby(["contract_id", "period"])[["debit", "credit"]].sum()
    assert (per_journal["debit"] == per_journal["credit"]).all()
    running: dict[tuple[str, str], int] = {}
    closing = {(r.contract_id, r.period, r.balance): int(r.closing) for r in books.itertuples()}
    split = {(r.contract_id, r.period, r.balance): (int(r.current), int(r.non_current)) for r in parts.itertuples()}
    for month in months:
        for line in journal[journal["period"] == month].itertuples():
            place = (line.contract_id, line.account_role)
            running[place] = running.get(place, 0) + line.debit - line.credit
        for contract in case.contracts["contract_id"]:
            for balance, sign in (("contract_asset", 1), ("contract_liability", -1)):
                sums = tuple(sign * running.get((contract, balance + end), 0) for end in ("", "_non_current"))
                assert sums == split.get((contract, month, balance), (0, 0))
                assert sum(sums) == closing.get((contract, month, balance), 0)
    _, later, journal_later, _ = books_of(case, months[first:])
    pd.testing.assert_frame_equal(later, parts[parts["period"] >= months[first]].reset_index(drop=True))
    pd.testing.assert_frame_equal(journal_later, journal[journal["period"] >= months[first]].reset_index(drop=True))


@settings(max_examples=3)
@given(seed=st.integers(0, 10_000))
def test_a_later_night_goes_on_from_what_the_earlier_one_published(seed: int) -> None:
    case = by_chance(Random(seed), 10, changes=True)
    _, before, *_ = books_of(case, periods.span("2026-01", "2026-09"))
    _, after, *_ = books_of(case, periods.span("2026-10", "2027-12"))
    place = ["contract_id", "balance"]
    closed = before[(before["period"] == "2026-09") & (before["non_current"] != 0)].set_index(place)["non_current"]
    opened = after[(after["period"] == "2026-10") & (after["opening_non_current"] != 0)]
    there = closed.index.get_level_values("contract_id").isin(after["contract_id"])  # not left out by what came later
    assert opened.set_index(place)["opening_non_current"].to_dict() == closed[there].to_dict()


@pytest.mark.parametrize("role", ["contract_liability_non_current", "contract_liability"])
def test_the_proof_fails_on_a_wrong_entry_and_on_none(role: str) -> None:
    months = ["2026-01", "2026-02"]
    books, parts, journal, lines = books_of(THREE_YEARS, months)
    at = journal.index[(journal["entry"] == "liability_maturity") & (journal["account_role"] == role)][0]
    wrong = journal.assign(credit=journal["credit"] + (journal.index == at))
    found = {f.rule_id for f in reclassification_findings(wrong, parts)}
    assert found == ({"REV-162"} if role.endswith("non_current") else set())
    assert {f.rule_id for f in journal_findings(wrong, books, lines, THREE_YEARS.events, months)} == {
        "REV-130",
        "REV-131",
    }
    without = journal[journal["entry"] != "liability_maturity"]
    assert [(f.rule_id, f.subject) for f in reclassification_findings(without, parts)] == [
        ("REV-162", "C1 2026-01 contract_liability"), ("REV-162", "C1 2026-02 contract_liability"),
    ]  # fmt: skip
    assert reclassification_findings(journal, parts[:0]) != []


def test_the_proof_fails_where_an_opening_is_not_what_was_non_current_before() -> None:
    books, parts, *_ = books_of(THREE_YEARS, ["2026-01", "2026-02"])
    later = parts["period"] == "2026-02"
    wrong = parts.assign(opening_non_current=parts["opening_non_current"] - later)
    assert [(f.rule_id, f.period) for f in maturity_findings(wrong, books)] == [("REV-162", "2026-02")]
    assert [(f.rule_id, f.period) for f in maturity_findings(parts[~later], books)] == [
        ("REV-161", "2026-02"), ("REV-162", "2026-02"),
    ]  # fmt: skip
    more = parts.assign(opening_non_current=parts["opening_non_current"] + 50_000 * ~later)
    assert [(f.rule_id, f.period) for f in maturity_findings(more, books)] == [("REV-161", "2026-01")]


def test_without_a_split_nothing_is_non_current() -> None:
    books, parts, journal, _ = books_of(THREE_YEARS, ["2026-01"])
    plain = journal[journal["entry"] != "liability_maturity"].reset_index(drop=True)
    pd.testing.assert_frame_equal(revenue_journal(books), plain)
    pd.testing.assert_frame_equal(revenue_journal(books, parts[:0]), plain)
