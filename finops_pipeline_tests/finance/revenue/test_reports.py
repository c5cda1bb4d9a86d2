"""Journal, waterfall, bookings, settlements and proofs of the schedule: by hand, and each proof on what it is for."""

import pandas as pd
import pytest

from finops_pipeline.finance.revenue import (
    revenue_rollforward,
    schedule_findings,
)
from finops_pipeline.finance.revenue.bookings import obligation_months
from finops_pipeline.finance.revenue.journal import journal_findings, revenue_journal
from finops_pipeline.finance.revenue.measures import expected_progress, measured
from finops_pipeline.finance.revenue.months import NEVER, labels
from finops_pipeline.finance.revenue.price import transaction_prices
from finops_pipeline.finance.revenue.schedule import Schedule
from finops_pipeline.finance.revenue.schedule_proofs import _lost
from finops_pipeline.finance.revenue.settlements import settlements
from finops_pipeline.finance.revenue.waterfall import revenue_waterfall, waterfall_findings
from finops_pipeline_tests.finance.revenue.deals import assert_keeps, deals, read

# 1,200 for the year, paid at once; a bonus product of 300 is added in March and delivered in May.
CASE = deals(
    "contract_id signed_on \n C1 2026-01-01",
    """
    contract_id obligation_id product_id recognition   stated_price start_date end_date   added_by_event_id
    C1          A             PA         straight_line 1200         2026-01-01 2026-12-31 -
    C1          B             PB         point_in_time 300          -          -          M1
    """,
    """
    contract_id event_id event_date event_type   obligation_id amount method
    C1          I1       2026-01-05 invoice      -             1200   -
    C1          P1       2026-02-05 payment      -             1200   -
    C1          M1       2026-03-10 modification -             -      separate
    C1          D1       2026-05-10 delivery     B             -      -
    """,
)
MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]


def made() -> tuple[Schedule, pd.DataFrame, pd.DataFrame]:
    schedule = CASE.schedule("2026-05", "monthly")
    books = revenue_rollforward(schedule.lines, CASE.contracts, CASE.events, MONTHS)
    return schedule, books, revenue_journal(books)


def test_the_journal_line_by_line() -> None:
    _, _, journal = made()
    assert_keeps("revenue_journal", journal)
    january = journal[journal["period"] == "2026-01"]
    columns = ["journal_id", "line_no", "entry", "account_role", "debit", "credit"]
    assert list(january[columns].itertuples(index=False, name=None)) == [
        ("RR-C1-2026-01", 1, "billing", "receivable", 1200, 0),
        ("RR-C1-2026-01", 2, "billing", "contract_liability", 0, 1200),
        ("RR-C1-2026-01", 3, "revenue", "contract_liability", 100, 0),
        ("RR-C1-2026-01", 4, "revenue", "revenue", 0, 100),
    ]


def test_no_journal_of_no_books() -> None:
    _, books, _ = made()
    assert_keeps("revenue_journal", revenue_journal(books[:0]))


@pytest.mark.parametrize(
    ("column", "role", "rules"),
    [
        ("debit", "receivable", {"REV-130", "REV-131"}),
        ("credit", "contract_liability", {"REV-130", "REV-131"}),
        ("credit", "revenue", {"REV-130", "REV-132"}),
        ("debit", "cash", {"REV-130", "REV-133"}),
    ],
)
def test_each_proof_of_the_journal_fails_on_what_it_is_for(column: str, role: str, rules: set[str]) -> None:
    schedule, books, journal = made()
    assert journal_findings(journal, books, schedule.lines, CASE.events, MONTHS) == []
    first = journal.index[(journal["account_role"] == role) & (journal[column] > 0)][0]
    wrong = journal.copy()
    wrong.loc[first, column] += 1
    found = journal_findings(wrong, books, schedule.lines, CASE.events, MONTHS)
    assert {f.rule_id for f in found} == rules
    assert journal_findings(journal[:0], books, schedule.lines, CASE.events, MONTHS) != []


def test_the_waterfall_by_booking() -> None:
    schedule, _, _ = made()
    waterfall = revenue_waterfall(schedule.lines, CASE.contracts, CASE.obligations, CASE.events)
    assert_keeps("revenue_waterfall", waterfall)
    by_booking = waterfall.groupby("booked_period")["amount"].agg(["sum", "size"]).to_dict("index")
    assert by_booking == {"2026-01": {"sum": 1200, "size": 12}, "2026-03": {"sum": 300, "size": 1}}
    assert waterfall_findings(waterfall, schedule.lines) == []
    wrong = waterfall.assign(amount=waterfall["amount"] + (waterfall["booked_period"] == "2026-03"))
    assert [(f.rule_id, f.period) for f in waterfall_findings(wrong, schedule.lines)] == [("REV-140", "2026-05")]
    early = waterfall.assign(booked_period="2026-02")
    assert {(f.rule_id, f.period) for f in waterfall_findings(early, schedule.lines)} == {("REV-141", "2026-01")}
    assert [f.rule_id for f in waterfall_findings(waterfall[1:], schedule.lines)] == ["REV-140"]


def test_obligations_are_booked_with_their_contract_or_their_modification_and_not_without() -> None:
    rows = obligation_months(CASE.contracts, CASE.obligations, CASE.events)
    assert labels(rows["booked"].to_numpy()).tolist() == ["2026-01", "2026-03"]
    assert labels(rows["expected"].to_numpy()[:1]).tolist() == ["2026-12"]
    assert rows["expected"].iloc[1] == NEVER, "B has no dates"
    assert len(obligation_months(CASE.contracts, CASE.obligations, CASE.events[:0])) == 1
    assert obligation_months(CASE.contracts[:0], CASE.obligations, CASE.events).empty


def test_a_refund_gives_back_what_was_paid_ahead_and_then_takes_back_invoices() -> None:
    events = read(
        "contract_events",
        """
        contract_id event_id event_date event_type amount recorded_on
        C1          E1       2026-01-01 payment    300    -
        C1          E2       2026-01-02 refund     100    -
        C1          E3       2026-01-03 invoice    500    -
        C1          E4       2026-01-04 payment    300    -
        C1          E5       2026-01-05 refund     250    2026-03-01
        C2          E6       2026-01-06 invoice    9      -
        C3          E7       2026-01-06 refund     9      -
        """,
    )
    rows = settlements(events[::-1])
    assert rows["credited"].tolist() == [0, 0, 0, 0, 250, 0, 9]
    assert rows["cash"].tolist() == [300, -100, 0, 300, -250, 0, -9]
    assert labels(rows["month"].to_numpy()).tolist()[3:5] == ["2026-01", "2026-03"]


def test_the_price_of_a_contract_from_its_rows_alone() -> None:
    obligations = read("obligations", """
        contract_id obligation_id recognition   stated_price quantity added_by_event_id
        C1          A             point_in_time 100          -        -
        C1          B             point_in_time 40           -        M1
        C1          U             usage         3            2        -
    """)  # fmt: skip
    events = read("contract_events", """
        contract_id event_id event_date event_type        obligation_id amount quantity component
        C1          V1       2026-01-01 variable_estimate -             9      -        bonus
        C1          V2       2026-01-02 variable_estimate -             7      -        bonus
        C1          V3       2026-01-02 variable_estimate A             1      -        -
        C1          V4       2026-01-03 variable_estimate -             -3     -        rebate
        C1          M1       2026-01-03 modification      -             40     -        -
        C1          M2       2026-01-04 modification      -             -5     -        -
        C1          U1       2026-01-05 usage             U             -      4        -
        C1          U2       2026-01-05 usage             U             11     -        -
    """)  # fmt: skip
    # 100 + 40, the latest estimates 7 + 1 - 3, the modification of -5, usage 4 x 3 / 2 + 11; M1 only repeats B.
    assert transaction_prices(obligations, events).to_dict() == {"C1": 100 + 40 + 5 - 5 + 17}


def test_each_proof_of_the_schedule_fails_on_what_it_is_for() -> None:
    schedule, _, _ = made()
    lines = schedule.lines

    def found(wrong: pd.DataFrame) -> set[tuple[str, str]]:
        return {(f.rule_id, f.subject) for f in schedule_findings(Schedule(wrong, schedule.findings, schedule.inputs))}

    assert found(lines) == set()
    first = lines.index == 0
    assert found(lines.assign(recognized=lines["recognized"] + first)) == {("REV-101", "C1 / A")}
    more = lines["obligation_id"] == "B"
    dearer = lines.assign(allocated_price=lines["allocated_price"] + more, remaining=lines["remaining"] + more)
    assert found(dearer) == {("REV-102", "C1")}
    beyond = lines.assign(
        **{
            c: lines[c] + more * 400 * s
            for c, s in (("recognized", 1), ("cumulative_recognized", 1), ("remaining", -1))
        }
    )
    assert ("REV-103", "C1 / B") in found(beyond)
    assert found(lines[:0]) == {("REV-104", "C1")}
    assert len(_lost(schedule)) == 0


def test_measures_are_planned_evenly_to_their_end() -> None:
    case = deals(
        "contract_id signed_on \n C1 2026-01-01",
        """
        contract_id obligation_id recognition stated_price total_measure end_date
        C1          A             output      100          10            2026-05-31
        C1          B             input       100          10            2026-01-31
        C1          C             input       100          10            -
        """,
        "contract_id event_date event_type obligation_id quantity \n C1 2026-02-01 progress A 4",
    )
    lines = case.schedule("2026-02").lines
    rows = lines[lines["recognized"] != 0]
    assert list(zip(rows["obligation_id"], rows["period"], rows["recognized"], strict=True)) == [
        ("A", "2026-02", 40),
        ("A", "2026-03", 20),
        ("A", "2026-04", 20),
        ("A", "2026-05", 20),
        ("B", "2026-03", 100),  # it should have been done in January
    ]
    done = measured(case.obligations, case.events[:0])
    assert expected_progress(
        case.obligations.assign(signed_on=case.contracts["signed_on"][0]), done, "2026-04"
    ).row.tolist() == [0, 1]
