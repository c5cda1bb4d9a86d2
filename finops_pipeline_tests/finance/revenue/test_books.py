"""Recognized revenue by month and fiscal year to date."""

import pandas as pd
import pytest

from finops_pipeline.errors import ContractError
from finops_pipeline.finance.revenue import recognized_revenue
from finops_pipeline_tests.finance.revenue.deals import assert_keeps, deals, frame, read, rows

LINES = """
    contract_id  obligation_id  period   entity_id  product_id  customer_id  currency  recognized  status
    C1           A              2025-12  DE         P1          K            EUR       10          actual
    C1           A              2026-01  DE         P1          K            EUR       20          actual
    C1           A              2026-03  DE         P1          K            EUR       30          actual
    C2           A              2026-01  DE         P1          K            EUR       1           actual
    C4           A              2026-01  DE         P1          K            USD       7           actual
    C3           A              2026-01  UK         P2          K            GBP       5           actual
    C3           A              2026-04  UK         P2          K            GBP       6           actual
    C3           A              2026-05  UK         P2          K            GBP       9           planned
"""
ENTITIES = frame("entities", [
    {"entity_id": "DE", "name": "DE", "functional_currency": "EUR"},
    {"entity_id": "UK", "name": "UK", "functional_currency": "GBP", "fiscal_year_start_month": 4},
])  # fmt: skip


def schedule_lines() -> pd.DataFrame:
    zeros = {"allocated_price": 0, "cumulative_recognized": 0, "remaining": 0, "expected_refund": 0}
    zeros["prior_period_adjustment"] = 0
    return frame("revenue_schedule", [{**row, **zeros} for row in rows("revenue_schedule", LINES)])


def test_months_and_fiscal_years_to_date_by_currency() -> None:
    books = recognized_revenue(schedule_lines(), ENTITIES, ["2026-01", "2026-02", "2026-03", "2026-04"])
    assert_keeps("recognized_revenue", books)
    # DE: calendar years, so December 2025 is not in 2026's total. UK: years from April; the plan for May is no revenue.
    expected = read("recognized_revenue", """
        entity_id  period   product_id  currency  recognized  prior_period_adjustment  recognized_ytd
        DE         2026-01  P1          EUR       21          0                        21
        DE         2026-01  P1          USD       7           0                        7
        DE         2026-02  P1          EUR       0           0                        21
        DE         2026-02  P1          USD       0           0                        7
        DE         2026-03  P1          EUR       30          0                        51
        DE         2026-03  P1          USD       0           0                        7
        DE         2026-04  P1          EUR       0           0                        51
        DE         2026-04  P1          USD       0           0                        7
        UK         2026-01  P2          GBP       5           0                        5
        UK         2026-02  P2          GBP       0           0                        5
        UK         2026-03  P2          GBP       0           0                        5
        UK         2026-04  P2          GBP       6           0                        6
    """)  # fmt: skip
    pd.testing.assert_frame_equal(books, expected, check_index_type=False)


def test_a_period_is_the_same_whatever_other_periods_are_asked_for() -> None:
    alone = recognized_revenue(schedule_lines()[::-1], ENTITIES, ["2026-02"])
    among = recognized_revenue(schedule_lines(), ENTITIES, ["2025-12", "2026-01", "2026-02"])
    pd.testing.assert_frame_equal(alone, among[among["period"] == "2026-02"].reset_index(drop=True))


def test_nothing_recognized() -> None:
    books = recognized_revenue(schedule_lines()[:0], ENTITIES, ["2026-01"])
    assert books.empty
    assert_keeps("recognized_revenue", books)


def test_an_entity_that_is_not_there_is_refused() -> None:
    lines = deals(
        "contract_id signed_on \n C1 2026-01-01",
        "contract_id obligation_id recognition stated_price start_date end_date \n"
        " C1 A straight_line 31 2026-01-01 2026-01-31",
    ).schedule("2026-01").lines  # fmt: skip
    with pytest.raises(ContractError, match="'DE'"):
        recognized_revenue(lines, ENTITIES[:0], ["2026-01"])
