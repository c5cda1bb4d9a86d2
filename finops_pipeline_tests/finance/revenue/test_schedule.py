"""The revenue schedule: hand calculations, published examples, and the plain one-contract engine as the oracle."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.revenue import schedule_findings
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, frame, oracle

SIGNED = "contract_id signed_on \n C1 2026-01-01"


def lines(case: Deals, as_of: str, proration: str = "daily") -> list[tuple[Any, ...]]:
    schedule = case.schedule(as_of, proration)
    assert schedule.findings == []
    assert_keeps("revenue_schedule", schedule.lines)
    return list(
        schedule.lines[["obligation_id", "period", "recognized", "remaining", "status"]].itertuples(False, None)
    )


def test_service_by_days_from_mid_july_to_mid_january() -> None:
    # 184 days: Jul 17, Aug 31, Sep 30, Oct 31, Nov 30, Dec 31, Jan 14; 1,840.00 is 10.00 a day.
    case = deals(
        "contract_id signed_on \n C1 2026-07-01",
        """
        contract_id  obligation_id  recognition    stated_price  start_date  end_date
        C1           A              straight_line  184000        2026-07-15  2027-01-14
        """,
    )
    assert lines(case, "2026-08") == [
        ("A", "2026-07", 17000, 167000, "actual"),
        ("A", "2026-08", 31000, 136000, "actual"),
        ("A", "2026-09", 30000, 106000, "planned"),
        ("A", "2026-10", 31000, 75000, "planned"),
        ("A", "2026-11", 30000, 45000, "planned"),
        ("A", "2026-12", 31000, 14000, "planned"),
        ("A", "2027-01", 14000, 0, "planned"),
    ]


def test_days_round_cumulatively_half_to_even() -> None:
    # 1.00 over 59 days from Jan 1: 31/59 = 52.54 -> 53; Feb takes the other 47.  0.05 over 2 days: 2.5 -> 2, then 3.
    case = deals(
        SIGNED,
        """
        contract_id  obligation_id  recognition    stated_price  start_date  end_date
        C1           A              straight_line  100           2026-01-01  2026-02-28
        C1           B              straight_line  5             2026-01-31  2026-02-01
        """,
    )
    assert [row[2] for row in lines(case, "2026-02")] == [53, 47, 2, 3]


def test_service_by_months_gives_every_month_touched_an_equal_part() -> None:
    # 100 over 7 months: cumulative 14.29, 28.57, 42.86, 57.14, 71.43, 85.71, 100.
    case = deals(
        "contract_id signed_on \n C1 2026-07-01",
        """
        contract_id  obligation_id  recognition    stated_price  start_date  end_date
        C1           A              straight_line  100           2026-07-15  2027-01-14
        """,
    )
    assert [row[2] for row in lines(case, "2026-07", "monthly")] == [14, 15, 14, 14, 14, 15, 14]


def test_service_before_signing_is_caught_up_when_the_contract_is_signed() -> None:
    # 90 days from Jan 1 to Mar 31 at 1 a day; signed in February: 31 + 28 then.
    case = deals(
        "contract_id signed_on \n C1 2026-02-10 \n C2 2026-05-10",
        """
        contract_id  obligation_id  recognition    stated_price  start_date  end_date
        C1           A              straight_line  90            2026-01-01  2026-03-31
        C2           B              straight_line  90            2026-01-01  2026-03-31
        """,
    )
    assert lines(case, "2026-05") == [
        ("A", "2026-02", 59, 31, "actual"),
        ("A", "2026-03", 31, 0, "actual"),
        ("B", "2026-05", 90, 0, "actual"),
    ]


def test_delivery_in_parts_and_the_rest_where_it_is_expected() -> None:
    # 1.00 for 3 units: 33.33 -> 33 after one, 66.67 -> 67 after two, the last takes the remainder.
    case = deals(
        SIGNED,
        """
        contract_id  obligation_id  stated_price  quantity  start_date  end_date
        C1           A              100           3         2026-02-01  2026-06-30
        """,
        """
        contract_id  event_date  event_type  obligation_id  quantity
        C1           2026-02-03  delivery    A              1
        C1           2026-03-03  delivery    A              0.5
        C1           2026-03-04  delivery    A              0.5
        C1           2026-04-01  delivery    A              1
        """,
    )
    assert lines(case, "2026-03") == [
        ("A", "2026-02", 33, 67, "actual"),
        ("A", "2026-03", 34, 33, "actual"),
        ("A", "2026-06", 33, 0, "planned"),  # the delivery in April is not known yet
    ]
    assert lines(case, "2026-04")[2] == ("A", "2026-04", 33, 0, "actual")


def test_delivery_overdue_is_planned_for_the_month_after_the_reporting_period() -> None:
    text = """
        contract_id  obligation_id  stated_price  start_date  end_date
        C1           A              100           2026-02-01  -
        C1           B              100           2026-02-01  2026-05-31
    """
    assert lines(deals(SIGNED, text), "2026-05") == [
        ("A", "2026-06", 100, 0, "planned"),
        ("B", "2026-06", 100, 0, "planned"),
    ]


def test_undated_goods_have_one_line_of_zero_in_the_month_of_signing() -> None:
    assert lines(deals(SIGNED, "contract_id obligation_id stated_price \n C1 A 100"), "2026-05") == [
        ("A", "2026-01", 0, 100, "actual")
    ]


def test_contract_not_signed_yet_is_planned() -> None:
    case = deals(
        "contract_id signed_on \n C1 2026-09-01",
        """
        contract_id  obligation_id  stated_price  end_date
        C1           A              100           2026-07-31
        C1           B              100           -
        """,
    )
    assert lines(case, "2026-05") == [("A", "2026-09", 100, 0, "planned"), ("B", "2026-09", 0, 100, "planned")]


def test_delivery_without_quantity_delivers_everything_open() -> None:
    case = deals(
        SIGNED,
        """
        contract_id  obligation_id  stated_price  quantity
        C1           A              100           4
        C1           B              50            -
        C1           C              30            2
        """,
        """
        contract_id  event_date  event_type  obligation_id  quantity
        C1           2026-02-03  delivery    A              1
        C1           2026-02-04  delivery    B              7
        C1           2026-03-03  delivery    -              -
        """,
    )
    assert lines(case, "2026-03") == [
        ("A", "2026-02", 25, 75, "actual"),
        ("A", "2026-03", 75, 0, "actual"),
        ("B", "2026-02", 50, 0, "actual"),
        ("B", "2026-03", 0, 0, "actual"),
        ("C", "2026-03", 30, 0, "actual"),
    ]


def test_quantities_with_fifteen_decimals_and_beyond_64_bits() -> None:
    # Half of 20,000,000.000000000000002 units, which as an integer of scale 15 needs more than 64 bits.
    case = deals(
        SIGNED,
        """
        contract_id  obligation_id  stated_price  quantity
        C1           A              100           20000000.000000000000002
        """,
        """
        contract_id  event_date  event_type  obligation_id  quantity
        C1           2026-02-03  delivery    A              10000000.000000000000001
        """,
    )
    assert lines(case, "2026-03") == [("A", "2026-02", 50, 50, "actual")]


def test_quantities_as_plain_decimals_and_sums_beyond_64_bits() -> None:
    case = deals(
        SIGNED,
        "contract_id obligation_id stated_price quantity \n C1 A 100 8000000000000000000 \n C1 B 100 -",
        """
        contract_id  event_date  event_type  obligation_id  quantity
        C1           2026-02-03  delivery    A              4000000000000000000
        C1           2026-03-03  delivery    A              4000000000000000000
        C1           2026-03-03  delivery    B              -
        """,
    )
    obligations = case.obligations.assign(quantity=np.array([Decimal("8e18"), None], dtype=object))
    case = Deals(case.contracts, obligations, case.events, case.entities)
    assert [row[2] for row in lines(case, "2026-03")] == [50, 50, 100]


def test_nothing_in_nothing_out() -> None:
    empty = deals("contract_id signed_on", "contract_id obligation_id stated_price")
    assert lines(empty, "2026-01") == []
    assert schedule_findings(empty.schedule("2026-01")) == []


def _random_deals(rng: Random) -> Deals:
    """Forty contracts at once: they do not touch each other, so one mistake shows as one contract's difference."""
    heads, goods, events = [], [], []
    for c in range(40):
        name, signed, with_ssp = f"C{c}", _day(rng), rng.random() < 0.5
        heads.append(
            {"contract_id": name, "entity_id": "DE", "customer_id": "K", "signed_on": signed, "currency": "EUR"}
        )
        for o in range(rng.randint(1, 3)):
            is_service = rng.random() < 0.5
            start = _day(rng) if is_service or rng.random() < 0.6 else None
            is_counted = rng.random() < 0.6
            quantity = Decimal(rng.randint(3, 50_000)) / rng.choice([1, 1000]) if is_counted else None
            goods.append({
                "contract_id": name, "obligation_id": f"O{o}", "product_id": "P",
                "recognition": "straight_line" if is_service else "point_in_time",
                "stated_price": rng.choice([rng.randint(-1000, 1000), rng.randint(0, 10**12)]),
                "ssp": rng.randint(1, 10**11) if with_ssp else None, "quantity": quantity, "start_date": start,
                "end_date": start and start + timedelta(rng.randint(0, 500)), "contract_currency": "EUR",
            })  # fmt: skip
            share = quantity and (quantity / 3).quantize(Decimal("0.001"), rounding="ROUND_DOWN")  # three stay within
            days = [rng.randint(0, 700) for _ in range(rng.randint(0, 3 if share else 1))] if not is_service else []
            events += [
                {"event_id": f"{name}-{o}-{i}", "contract_id": name, "event_date": signed + timedelta(d), "quantity": share,
                 "event_type": "delivery", "obligation_id": f"O{o}", "contract_currency": "EUR"}
                for i, d in enumerate(days)
            ]  # fmt: skip
    return Deals(
        frame("contracts", heads),
        frame("obligations", goods),
        frame("contract_events", events),
        frame("entities", [{"entity_id": "DE", "name": "DE", "functional_currency": "EUR"}]),
    )


def _day(rng: Random) -> date:
    return date(2025, 1, 1) + timedelta(rng.randint(0, 1000))


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32), as_of=st.sampled_from(["2025-01", "2026-02", "2027-06"]), monthly=st.booleans())
def test_agrees_with_the_plain_engine(seed: int, as_of: str, monthly: bool) -> None:
    case = _random_deals(Random(seed))
    proration = "monthly" if monthly else "daily"
    schedule = case.schedule(as_of, proration)
    assert schedule.findings == []
    pd.testing.assert_frame_equal(schedule.lines, oracle(case, as_of, proration), check_index_type=False)
    assert schedule_findings(schedule) == []
    shuffled = Deals(case.contracts[::-1], case.obligations[::-1], case.events[::-1], case.entities)
    pd.testing.assert_frame_equal(schedule.lines, shuffled.schedule(as_of, proration).lines)


@pytest.mark.parametrize("proration", ["daily", "monthly"])
def test_the_oracle_itself_on_the_mid_july_service(proration: str) -> None:
    case = deals(
        "contract_id signed_on \n C1 2026-07-01",
        """
        contract_id  obligation_id  recognition    stated_price  start_date  end_date
        C1           A              straight_line  18400         2026-07-15  2027-01-14
        """,
    )
    first = {"daily": 1700, "monthly": 2629}[proration]  # 17 of 184 days; 18400 / 7 = 2628.57
    assert oracle(case, "2026-12", proration)["recognized"].iloc[0] == first
