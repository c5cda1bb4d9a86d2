"""When and to what part obligations are satisfied: days and quantities counted by hand, before any price."""

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import months, satisfaction
from finops_pipeline.finance.revenue.inputs import Inputs, gather
from finops_pipeline.finance.revenue.satisfaction import Progress
from finops_pipeline_tests.finance.revenue.deals import deals

SIGNED = "contract_id signed_on \n C1 2026-01-01"


def inputs(obligations: str, events: str = "", contracts: str = SIGNED, as_of_period: str = "2026-12") -> Inputs:
    case = deals(contracts, obligations, events)
    return gather(case.contracts, case.obligations, case.events, case.entities, as_of_period)


def shown(progress: Progress) -> list[tuple[int, str, int, int]]:
    """Row, period, part, whole."""
    periods_ = months.labels(progress.month).tolist()
    return list(zip(progress.row.tolist(), periods_, progress.part.tolist(), progress.whole.tolist(), strict=True))


def service(signed: date, start: date, end: date) -> pd.DataFrame:
    return inputs(
        f"contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 1 {start} {end}",
        contracts=f"contract_id signed_on \n C1 {signed}",
    ).obligations


# --- Services


@pytest.mark.parametrize(
    ("proration", "parts", "whole"),
    [
        # Jul 15-31 is 17 days, then 31, 30, 31, 30, 31 and 14 in January.
        ("daily", [17, 48, 78, 109, 139, 170, 184], 184),
        ("monthly", [1, 2, 3, 4, 5, 6, 7], 7),
    ],
)
def test_seven_months_from_mid_july_to_mid_january(proration: str, parts: list[int], whole: int) -> None:
    terms = service(date(2026, 7, 1), date(2026, 7, 15), date(2027, 1, 14))
    span = periods.span("2026-07", "2027-01")
    assert shown(satisfaction.elapsed_service(terms, proration)) == [
        (0, period, part, whole) for period, part in zip(span, parts, strict=True)
    ]


@pytest.mark.parametrize(
    ("signed", "expected"),
    [
        (date(2026, 2, 10), [(0, "2026-02", 59, 90), (0, "2026-03", 90, 90)]),  # 31 + 28 days at once
        (date(2026, 5, 10), [(0, "2026-05", 90, 90)]),  # all of it is past
    ],
)
def test_service_before_signing_counts_in_the_month_of_signing(signed: date, expected: list[tuple]) -> None:
    terms = service(signed, date(2026, 1, 1), date(2026, 3, 31))
    assert shown(satisfaction.elapsed_service(terms, "daily")) == expected


def test_one_day_is_a_service_and_goods_are_none() -> None:
    day = date(2024, 2, 29)
    assert shown(satisfaction.elapsed_service(service(day, day, day), "daily")) == [(0, "2024-02", 1, 1)]
    goods = inputs("contract_id obligation_id stated_price start_date end_date \n C1 A 1 2026-01-01 2026-02-01")
    assert shown(satisfaction.elapsed_service(goods.obligations, "daily")) == []


days = st.integers(0, 1500).map(lambda n: date(2024, 1, 1) + timedelta(n))


@settings(max_examples=25)
@given(signed=days, start=days, length=st.integers(0, 800), proration=st.sampled_from(["daily", "monthly"]))
def test_progress_grows_with_every_month_until_it_is_whole(
    signed: date, start: date, length: int, proration: str
) -> None:
    end = start + timedelta(length)
    progress = satisfaction.elapsed_service(service(signed, start, end), proration)
    first, last = max(periods.of(start), periods.of(signed)), max(periods.of(end), periods.of(signed))
    assert months.labels(progress.month).tolist() == periods.span(first, last)
    assert (np.diff(progress.part, prepend=0) > 0).all()
    assert progress.part[-1] == progress.whole[-1]
    assert len(set(progress.whole)) == 1


# --- Deliveries


def applied(obligations: str, events: str) -> tuple[Inputs, pd.DataFrame]:
    known = inputs(obligations, events)
    return known, satisfaction.deliveries(known.obligations, known.events)


def listed(rows: pd.DataFrame) -> list[tuple[str, str, Fraction, bool]]:
    """Obligation, event, part delivered so far, excess."""
    parts = [Fraction(int(d), int(p)) for d, p in zip(rows["delivered"], rows["promised"], strict=True)]
    return list(zip(rows["obligation_id"], rows["event_id"], parts, rows["excess"].tolist(), strict=True))


GOODS = """
    contract_id  obligation_id  recognition    stated_price  quantity  start_date  end_date
    C1           A              point_in_time  1             3         2026-04-01  2026-06-30
    C1           B              point_in_time  1             -         2026-05-31  -
    C1           C              point_in_time  1             2         -           -
    C1           D              straight_line  1             -         2026-01-01  2026-12-31
"""


def test_deliveries_add_up_in_order_of_days() -> None:
    events = """
        contract_id  event_id  event_date  event_type  obligation_id  quantity
        C1           E2        2026-02-20  delivery    A              1
        C1           E1        2026-02-28  delivery    A              0.5
        C1           E3        2026-03-03  delivery    C              0.25
    """
    known, rows = applied(GOODS, events)
    assert listed(rows) == [
        ("A", "E2", Fraction(1, 3), False),
        ("A", "E1", Fraction(1, 2), False),  # 1.5 of 3
        ("C", "E3", Fraction(1, 8), False),
    ]
    # A month ends with its last delivery: 1,500 of 3,000 thousandths.
    assert shown(satisfaction.delivered_goods(rows)) == [(0, "2026-02", 1500, 3000), (2, "2026-03", 250, 2000)]
    # What is open is expected at the end date, else the start date; of C nobody knows.
    assert shown(satisfaction.expected_goods(known.obligations, rows, "2026-03")) == [
        (0, "2026-06", 1, 1),
        (1, "2026-05", 1, 1),
    ]


def test_a_delivery_of_everything_closes_all_goods_and_no_service() -> None:
    everything = "contract_id event_date event_type \n C1 2026-02-28 delivery"
    known, rows = applied(GOODS, everything)
    assert [(o, float(part), excess) for o, _, part, excess in listed(rows)] == [
        ("A", 1, False),
        ("B", 1, False),
        ("C", 1, False),
    ]
    assert shown(satisfaction.expected_goods(known.obligations, rows, "2026-03")) == []


def test_more_than_promised_and_again_after_everything_are_excess() -> None:
    events = """
        contract_id  event_id  event_date  event_type  obligation_id  quantity
        C1           E1        2026-02-01  delivery    A              2
        C1           E2        2026-02-02  delivery    A              2
        C1           E3        2026-02-03  delivery    B              -
        C1           E4        2026-02-04  delivery    B              -
        C1           E5        2026-02-05  delivery    -              -
    """
    assert [(o, e) for o, e, _, excess in listed(applied(GOODS, events)[1]) if excess] == [
        ("A", "E2"),  # 4 of 3
        ("A", "E5"),  # still 4
        ("B", "E4"),  # there was nothing left; E5 names nothing, so it says only "the rest"
    ]


def test_overdue_goods_are_expected_in_the_month_after_the_reporting_period_and_not_before_signing() -> None:
    known, rows = applied(GOODS, "")
    assert [period for _, period, _, _ in shown(satisfaction.expected_goods(known.obligations, rows, "2026-08"))] == [
        "2026-09",
        "2026-09",
    ]
    later = inputs(GOODS, "", "contract_id signed_on \n C1 2026-10-15").obligations
    assert [period for _, period, _, _ in shown(satisfaction.expected_goods(later, rows, "2026-08"))] == [
        "2026-10",
        "2026-10",
    ]


def test_what_has_not_begun_is_nothing_in_the_month_of_signing() -> None:
    obligations = inputs(GOODS).obligations
    assert shown(satisfaction.not_begun(obligations, np.array([0, 1, 3, 3]))) == [(2, "2026-01", 0, 1)]
    assert shown(satisfaction.not_begun(obligations[:0], np.array([], dtype=np.int64))) == []


@settings(max_examples=30)
@given(halves=st.lists(st.integers(1, 9), min_size=1, max_size=6), promised=st.integers(1, 20))
def test_what_is_delivered_is_the_sum_of_the_quantities_and_excess_what_passes_the_promise(
    halves: list[int], promised: int
) -> None:
    lines = [f"C1 2026-02-{day:02d} delivery A {half / 2}" for day, half in enumerate(halves, 1)]
    _, rows = applied(
        f"contract_id obligation_id stated_price quantity \n C1 A 1 {promised}",
        "\n".join(["contract_id event_date event_type obligation_id quantity", *lines]),
    )
    sums = [Fraction(sum(halves[: i + 1]), 2 * promised) for i in range(len(halves))]
    assert [(part, excess) for _, _, part, excess in listed(rows)] == [(total, total > 1) for total in sums]
