"""Revenue by days inside a month: hand calculations of each way of satisfying an obligation."""

import numpy as np
import pytest

from finops_pipeline.finance.revenue.earned_days import earned_before
from finops_pipeline.finance.revenue.settlements import settlements
from finops_pipeline_tests.finance.revenue.deals import Deals, deals, read

SIGNED = "contract_id signed_on \n C1 2026-01-01"


def asked(case: Deals, period: str, *days: int) -> list[int]:
    """What is earned before invoices on these days of the month."""
    text = "contract_id event_date event_type amount" + "".join(f"\n C1 {period}-{d:02} invoice 1" for d in days)
    flows = settlements(read("contract_events", text))
    lines = case.schedule("2026-03").lines
    return earned_before(flows, lines, case.contracts, case.obligations, case.events).tolist()


@pytest.mark.parametrize(
    ("signed", "start", "end", "price", "earned"),
    [
        ("2026-01-01", "2026-01-01", "2026-01-31", 310, {1: 0, 11: 100, 30: 290, 31: 310}),  # 31 days of 10
        ("2026-01-01", "2026-01-11", "2026-01-20", 100, {1: 0, 11: 0, 15: 40, 21: 100, 31: 100}),
        ("2026-01-06", "2026-01-01", "2026-01-10", 100, {1: 0, 6: 0, 7: 20, 11: 100}),  # five days are left on signing
        (
            "2026-01-01",
            "2025-12-01",
            "2026-01-31",
            620,
            {11: 200, 31: 620},
        ),  # all is revenue of January, when it was signed
        ("2026-01-20", "2025-12-01", "2025-12-31", 310, {31: 0}),  # no day of service is left: earned last
    ],
)
def test_services_accrue_evenly_and_what_comes_in_on_the_last_day_comes_after_them(
    signed: str, start: str, end: str, price: int, earned: dict[int, int]
) -> None:
    case = deals(
        f"contract_id signed_on \n C1 {signed}",
        f"contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line {price} {start} {end}",
    )
    assert asked(case, "2026-01", *earned) == list(earned.values())


def test_goods_are_earned_on_the_days_of_their_deliveries_after_what_comes_in_on_them() -> None:
    # 2 of 10 on the 5th, the rest without a quantity on the 20th; B with it, as the delivery of the 20th names no obligation
    case = deals(
        SIGNED,
        "contract_id obligation_id stated_price quantity \n C1 A 100 10 \n C1 B 7 -",
        """
        contract_id event_date event_type obligation_id quantity
        C1          2026-01-05 delivery   A             2
        C1          2026-01-20 delivery   -             -
        """,
    )
    assert asked(case, "2026-01", 4, 5, 6, 20, 21) == [0, 0, 20, 20, 107]
    assert asked(case, "2026-02", 21) == [0]


def test_progress_is_earned_by_what_was_done_and_what_is_known_late_when_it_is_known() -> None:
    # 30 of 100 on the 10th, 20 on the 20th, of which the books learn on the 25th: 500 of the month are 300 and 200
    case = deals(
        SIGNED,
        "contract_id obligation_id recognition stated_price total_measure \n C1 A input 1000 100",
        """
        contract_id event_date event_type obligation_id quantity recorded_on
        C1          2026-01-10 progress   A             30       -
        C1          2026-01-20 progress   A             20       2026-01-25
        """,
    )
    assert asked(case, "2026-01", 10, 11, 21, 25, 26) == [0, 300, 300, 300, 500]


def test_usage_is_earned_by_amount_or_by_quantity_where_one_has_no_amount() -> None:
    case = deals(
        SIGNED,
        """
        contract_id obligation_id recognition stated_price quantity
        C1          A             usage       0            -
        C1          B             usage       1000         100
        """,
        """
        contract_id event_date event_type obligation_id amount quantity
        C1          2026-01-10 usage      A             70     -
        C1          2026-01-20 usage      A             -20    -
        C1          2026-02-10 usage      B             30     3
        C1          2026-02-20 usage      B             -      4
        """,
    )
    assert asked(case, "2026-01", 11, 21) == [70, 50]
    lines = case.schedule("2026-03").lines.query("obligation_id == 'B' and period == '2026-02'")
    (month,) = lines["recognized"].tolist()
    assert asked(case, "2026-02", 11, 21) == [round(month * 3 / 7), month]


def test_usage_that_takes_back_more_than_it_brings_is_negative_and_one_that_cancels_out_is_earned_last() -> None:
    case = deals(
        SIGNED,
        "contract_id obligation_id recognition stated_price \n C1 A usage 0",
        """
        contract_id event_date event_type obligation_id amount
        C1          2026-01-10 usage      A             20
        C1          2026-01-20 usage      A             -50
        C1          2026-02-10 usage      A             20
        C1          2026-02-20 usage      A             -20
        """,
    )
    assert asked(case, "2026-01", 11, 21) == [20, -30]
    assert asked(case, "2026-02", 11, 21) == [0, 0]


def test_what_has_no_event_of_its_own_is_earned_last() -> None:
    case = deals(
        SIGNED,
        "contract_id obligation_id stated_price \n C1 A 100",
        """
        contract_id event_date event_type        obligation_id amount
        C1          2026-01-05 delivery          A             -
        C1          2026-02-05 variable_estimate A             40
        """,
    )
    lines = case.schedule("2026-03").lines.set_index("period")["recognized"]
    assert lines["2026-02"] == 40
    assert asked(case, "2026-02", 6, 28) == [0, 0]


def test_parts_of_amounts_beyond_doubles_are_exact() -> None:
    price = 31 * (2**53 + 1)
    case = deals(
        SIGNED,
        f"contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line {price} 2026-01-01 2026-01-31",
    )
    assert asked(case, "2026-01", 2, 12) == [2**53 + 1, 11 * (2**53 + 1)]


def test_no_flows_ask_for_nothing() -> None:
    case = deals(SIGNED, "contract_id obligation_id stated_price \n C1 A 100")
    none = settlements(read("contract_events", "contract_id event_date event_type amount"))
    lines = case.schedule("2026-03").lines
    found = earned_before(none, lines, case.contracts, case.obligations, case.events)
    assert found.dtype == np.int64
    assert found.tolist() == []
