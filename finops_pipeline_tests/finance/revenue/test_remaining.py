"""Remaining performance obligations by band."""

import pandas as pd
import pytest

from finops_pipeline.finance.revenue import remaining_findings, remaining_obligations
from finops_pipeline_tests.finance.revenue.deals import assert_keeps, deals

# C1: 36 a year for three years from 2026 on, by months 3 each: 108.  C2: 50 undated and 20 due in April 2027, signed in
# February. C3 in another currency does not exist: amounts are EUR throughout.
CASE = deals(
    "contract_id signed_on \n C1 2026-01-01 \n C2 2026-02-28",
    """
    contract_id  obligation_id  recognition    stated_price  start_date  end_date
    C1           A              straight_line  108           2026-01-01  2028-12-31
    C2           A              point_in_time  50            -           -
    C2           B              point_in_time  20            2027-04-01  -
    """,
)
PERIODS = ["2026-01", "2026-02"]


def bands(frame: pd.DataFrame) -> list[tuple[str, str, int]]:
    return list(frame[["period", "band", "amount"]].itertuples(index=False, name=None))


def test_bands_by_the_month_revenue_is_expected_in() -> None:
    lines = CASE.schedule("2026-02", "monthly").lines
    remaining = remaining_obligations(lines, CASE.booked(), PERIODS, CASE.then())
    assert_keeps("remaining_obligations", remaining)
    # January: 105 left of C1, 12 x 3 in each of the next two years and 33 after; C2 is not signed.
    # February: 102 left of C1: 36, 36, 30; C2: 20 in 14 months, 50 nobody knows when.
    assert bands(remaining) == [
        ("2026-01", "0-12m", 36),
        ("2026-01", "13-24m", 36),
        ("2026-01", ">24m", 33),
        ("2026-02", "0-12m", 36),
        ("2026-02", "13-24m", 56),
        ("2026-02", ">24m", 80),
    ]
    assert remaining_findings(remaining, lines, CASE.booked(), PERIODS) == []
    reversed_rows = remaining_obligations(lines[::-1], CASE.booked()[::-1], PERIODS[::-1], CASE.then())
    pd.testing.assert_frame_equal(reversed_rows, remaining)


def test_satisfied_contracts_leave_bands_of_zero() -> None:
    lines = CASE.schedule("2026-02").lines
    remaining = remaining_obligations(
        lines[lines["obligation_id"] == "A"][:-1], CASE.booked(), ["2030-01"], CASE.then()
    )
    assert bands(remaining) == [("2030-01", "0-12m", 0), ("2030-01", "13-24m", 0), ("2030-01", ">24m", 0)]


@pytest.mark.parametrize("period", PERIODS)
def test_the_proof_fails_on_a_wrong_amount_and_on_missing_rows(period: str) -> None:
    lines = CASE.schedule("2026-02").lines
    remaining = remaining_obligations(lines, CASE.booked(), PERIODS, CASE.then())
    missing = remaining[remaining["period"] != period]
    wrong = remaining.assign(amount=remaining["amount"] + (remaining["period"] == period))
    for broken in (missing, wrong):
        found = remaining_findings(broken, lines, CASE.booked(), PERIODS)
        assert [(f.rule_id, f.period, f.subject) for f in found] == [("REV-120", period, f"DE {period} EUR")]


def test_nothing_signed() -> None:
    lines = CASE.schedule("2026-02").lines
    for periods, rows in ((["2025-12"], lines), (PERIODS, lines[:0])):
        remaining = remaining_obligations(rows, CASE.booked(), periods, CASE.then())
        assert remaining.empty
        assert_keeps("remaining_obligations", remaining)
        assert remaining_findings(remaining, rows, CASE.booked(), periods) == []
