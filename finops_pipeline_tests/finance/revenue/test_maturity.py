"""Contract balances split at twelve months: by hand, against a slow form, and the proof on what it is for."""

from fractions import Fraction
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import revenue_rollforward
from finops_pipeline.finance.revenue.maturity import contract_balance_maturity, maturity_findings
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals
from finops_pipeline_tests.finance.revenue.test_to_come import planned_then

ONE = "contract_id signed_on \n C1 2026-01-01"
THREE_YEARS = "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 36000 2026-01-01 2028-12-31"


def split(case: Deals, months: list[str], proration: str = "monthly") -> tuple[pd.DataFrame, pd.DataFrame]:
    lines = case.schedule(months[-1], proration).lines
    books = revenue_rollforward(lines, case.contracts, case.events, months)
    parts = contract_balance_maturity(books, lines, case.booked(), case.events, case.then(proration))
    assert_keeps("contract_balance_maturity", parts)
    assert maturity_findings(parts, books) == []
    return parts, books


def amounts(parts: pd.DataFrame) -> list[list[object]]:
    return parts[["period", "balance", "current", "non_current"]].values.tolist()


def test_a_liability_is_worked_off_by_the_revenue_that_comes_next() -> None:
    case = deals(ONE, THREE_YEARS, "contract_id event_date event_type amount \n C1 2026-01-05 invoice 36000")
    parts, _ = split(case, ["2026-01", "2026-02"])
    assert amounts(parts) == [
        ["2026-01", "contract_liability", 12_000, 23_000],
        ["2026-02", "contract_liability", 12_000, 22_000],
    ]
    late, _ = split(case, periods.span("2026-01", "2027-12"))
    assert amounts(late)[-1] == ["2027-12", "contract_liability", 12_000, 0]


def test_what_is_paid_beyond_all_revenue_to_come_is_current() -> None:
    case = deals(ONE, THREE_YEARS, "contract_id event_date event_type amount \n C1 2026-01-05 payment 40000")
    parts, _ = split(case, ["2026-01"])
    assert amounts(parts) == [["2026-01", "contract_liability", 39_000 - 23_000, 23_000]]


def test_an_asset_is_parted_like_the_revenue_to_come_and_due_when_none_is() -> None:
    promised = THREE_YEARS + "\n C1 B point_in_time 7000 - -"
    done = "contract_id event_date event_type obligation_id \n C1 2026-01-05 delivery B"
    parts, _ = split(deals(ONE, promised, done), periods.span("2026-01", "2028-12"))
    # January: 8,000 earned, 12,000 of 35,000 to come within a year: 8,000 x 23 / 35 = 5,257.14
    assert amounts(parts)[0] == ["2026-01", "contract_asset", 8_000 - 5_257, 5_257]
    assert amounts(parts)[-1] == ["2028-12", "contract_asset", 43_000, 0]


def test_what_nobody_knows_when_is_later_and_usage_counts_for_nothing() -> None:
    promised = """
        contract_id obligation_id recognition   stated_price
        C1          A             point_in_time 500
        C1          U             usage         0
    """
    happened = """
        contract_id event_date event_type amount obligation_id
        C1          2026-01-05 invoice    500    -
        C1          2026-02-28 usage      60     U
    """
    parts, _ = split(deals(ONE, promised, happened), ["2026-01", "2026-02"])
    assert amounts(parts) == [
        ["2026-01", "contract_liability", 0, 500],
        ["2026-02", "contract_liability", 0, 440],
    ]


def test_a_contract_that_grows_is_split_by_what_was_known_then() -> None:
    promised = """
        contract_id obligation_id recognition   stated_price start_date end_date   added_by_event_id
        C1          A             straight_line 36000        2026-01-01 2028-12-31 -
        C1          B             straight_line 36000        2026-03-01 2026-08-31 M1
    """
    happened = """
        contract_id event_id event_date event_type   amount method
        C1          I1       2026-01-05 invoice      36000  -
        C1          M1       2026-03-01 modification -      separate
        C1          I2       2026-03-01 invoice      36000  -
    """
    parts, _ = split(deals(ONE, promised, happened), ["2026-02", "2026-03"])
    # February knows nothing of B. March: 63,000 in advance, 12,000 + 30,000 of it revenue of the coming year.
    assert amounts(parts) == [
        ["2026-02", "contract_liability", 12_000, 22_000],
        ["2026-03", "contract_liability", 42_000, 21_000],
    ]


def test_no_balances_have_no_split() -> None:
    parts, books = split(deals(ONE, THREE_YEARS), ["2025-12"])
    assert parts.empty
    assert books.empty


@settings(max_examples=4)
@given(seed=st.integers(0, 10_000))
def test_the_split_is_the_one_that_is_made_contract_by_contract(seed: int) -> None:
    case = by_chance(Random(seed), 12, changes=False)
    months = periods.span("2026-01", "2027-12")[::5]
    lines = case.schedule(months[-1]).lines
    books = revenue_rollforward(lines, case.contracts, case.events, periods.span("2026-01", "2027-12"))
    books = books[books["period"].isin(months)]  # months between are not made: openings stand alone
    parts = contract_balance_maturity(books, lines, case.booked(), case.events, case.then())
    assert maturity_findings(parts, books) == []
    there = lines["contract_id"].unique().tolist()
    planned = {month: planned_then(case, there, month, "daily") for month in months}
    for row in parts.itertuples():
        soon, later = planned[row.period][row.contract_id]
        if row.balance == "contract_liability":
            expected = min(max(row.closing - soon, 0), later)
        else:
            expected = round(Fraction(row.closing * later, soon + later)) if later else 0
        assert row.non_current == expected


@pytest.mark.parametrize("column", ["current", "non_current"])
def test_the_proof_fails_on_a_wrong_part_a_missing_row_and_a_negative_one(column: str) -> None:
    case = deals(ONE, THREE_YEARS, "contract_id event_date event_type amount \n C1 2026-01-05 invoice 36000")
    parts, books = split(case, ["2026-01"])
    for broken in (parts.assign(**{column: parts[column] + 1}), parts[:0]):
        assert [f.rule_id for f in maturity_findings(broken, books)] == ["REV-161"]
    assert maturity_findings(parts, books[:0])
    swapped = parts.assign(current=parts["current"] + 30_000, non_current=parts["non_current"] - 30_000)
    assert ["negative" in f.message for f in maturity_findings(swapped, books)] == [True]
