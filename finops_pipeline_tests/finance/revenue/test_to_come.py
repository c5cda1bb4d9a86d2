"""The revenue to come at the end of a month: by hand, and as the plain engine planned it on that day."""

from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue.months import numbers
from finops_pipeline.finance.revenue.to_come import revenue_to_come
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import Deals, deals

ONE = "contract_id signed_on \n C1 2026-01-01"


def to_come(case: Deals, asked: list[tuple[str, str]], as_of: str, proration: str = "daily") -> list[tuple[int, int]]:
    names, labels = zip(*asked, strict=True)
    rows = pd.DataFrame({"contract_id": pd.Series(names, dtype="str"), "month": numbers(list(labels))})
    lines, then = case.schedule(as_of, proration).lines, case.then(proration)
    soon, later = revenue_to_come(rows, lines, case.booked(), case.events, then)
    return list(zip(soon.tolist(), later.tolist(), strict=True))


def planned_then(case: Deals, contracts: list[str], month: str, proration: str) -> dict[str, tuple[int, int]]:
    """What contracts had to come at the end of a month by the plain engine, with nothing that was learned later."""
    lines = case.then(proration).lines(sorted(contracts), month)
    usage = case.obligations.loc[case.obligations["recognition"] == "usage", ["contract_id", "obligation_id"]]
    of_usage = set(usage.itertuples(index=False, name=None))
    year = periods.add(month, 12)
    found = {}
    for contract in contracts:
        mine = [
            line
            for line in lines[lines["contract_id"] == contract].itertuples()
            if (contract, line.obligation_id) not in of_usage
        ]
        price = {line.obligation_id: int(line.allocated_price) for line in mine}
        soon = sum(line.recognized for line in mine if month < line.period <= year)
        later = sum(price.values()) - sum(line.recognized for line in mine if line.period <= year)
        found[contract] = max(soon, 0), max(later, 0)
    return found


@settings(max_examples=6)
@given(seed=st.integers(0, 10_000), proration=st.sampled_from(["daily", "monthly"]), changes=st.booleans())
def test_what_is_to_come_is_what_the_plain_engine_planned_on_that_day(seed: int, proration: str, changes: bool) -> None:
    case = by_chance(Random(seed), 8, changes=changes)
    there = case.schedule("2027-12", proration).lines["contract_id"].unique().tolist()
    months = periods.span("2025-12", "2027-12")
    asked = [(name, month) for month in months for name in there]
    found = to_come(case, asked, "2027-12", proration)
    expected = [sums for month in months for sums in planned_then(case, there, month, proration).values()]
    wrong = [(what, one, other) for what, one, other in zip(asked, found, expected, strict=True) if one != other]
    assert wrong == []


@pytest.mark.parametrize(
    ("promise", "happened", "expected"),
    [
        # goods for 500 without a date: nobody knows when; delivered in March, which January did not know
        ("point_in_time 500 - - -", "delivery -", [(0, 500), (0, 500), (0, 0)]),
        # due in February: in January the next month, in February (late) the month after
        ("point_in_time 500 - 2026-02-10 -", "delivery -", [(500, 0), (500, 0), (0, 0)]),
        # due in March 2027, 14 months after January, 13 after February
        ("point_in_time 500 - 2027-03-10 -", "delivery -", [(0, 500), (0, 500), (0, 0)]),
        # a quarter is done in March; the rest is spread to June 2027: 17, 16 and 15 months, 12 of them within the year
        ("output 1700 100 - 2027-06-30", "progress 25", [(1200, 500), (1275, 425), (1020, 255)]),
    ],
)
def test_a_month_keeps_what_was_planned_in_it(promise: str, happened: str, expected: list[tuple[int, int]]) -> None:
    case = deals(
        ONE,
        f"contract_id obligation_id recognition stated_price total_measure start_date end_date \n C1 A {promise}",
        f"contract_id event_date event_type quantity obligation_id \n C1 2026-03-10 {happened} A",
    )
    asked = [("C1", month) for month in ("2026-01", "2026-02", "2026-03")]
    assert to_come(case, asked, "2026-03") == expected
    assert to_come(case, asked[:1], "2026-01") == expected[:1]


def test_nothing_is_to_come_of_a_contract_that_is_not_there() -> None:
    case = deals(ONE, "contract_id obligation_id stated_price \n C1 A 100")
    assert to_come(case, [("C2", "2026-01"), ("C1", "2025-12"), ("C1", "2026-01")], "2026-01") == [
        (0, 0),
        (0, 0),
        (0, 100),
    ]
    none = pd.DataFrame({"contract_id": pd.Series([], dtype="str"), "month": np.zeros(0, np.int64)})
    assert [
        len(s) for s in revenue_to_come(none, case.schedule("2026-01").lines, case.booked(), case.events, case.then())
    ] == [0, 0]
