"""Estimates made of their outcomes: what they come to, what is not used, what is refused, and that they change with their event."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.revenue.explanation import explain
from finops_pipeline.finance.revenue.outcomes import with_outcomes
from finops_pipeline.finance.revenue.prepared import Beside
from finops_pipeline_tests.finance.revenue.deals import Deals, deals, frame, read

EVENTS = """
    contract_id event_id event_date event_type        amount component estimate_method constraint_confidence
    C1          V1       2026-01-10 variable_estimate -      bonus     most_likely     -
    C1          V2       2026-01-10 variable_estimate -      rebate    expected_value  0.8
    C1          V3       2026-01-11 variable_estimate 70     -         -               -
    C1          D1       2026-01-12 delivery          -      -         -               -
"""
OUTCOMES = """
    event_id outcome_no contract_id amount probability
    V1       1          C1          100    0.6
    V1       2          C1          0      0.4
    V2       1          C1          -10    0.5
    V2       2          C1          -20    0.3
    V2       3          C1          -90    0.2
"""
CASE = deals("contract_id signed_on \n C1 2026-01-01", "contract_id obligation_id stated_price \n C1 A 1000", EVENTS)


def test_each_estimate_has_its_method_and_its_constraint() -> None:
    events, findings = with_outcomes(CASE.events, read("estimate_outcomes", OUTCOMES))
    # most likely 100; expected -5 - 6 - 18 = -29, and -20 or more has 80 %, so -29 stays; a given amount stays too
    assert events["amount"].tolist() == [100, -29, 70, pd.NA]
    assert findings == []
    lines = Deals(CASE.contracts, CASE.obligations, events, CASE.entities).schedule("2026-01").lines
    assert lines["recognized"].tolist() == [1000 + 100 - 29 + 70], "components add up"


def test_the_constraint_takes_the_lower_amount() -> None:
    strict = EVENTS.replace("0.8", "0.9")
    events, _ = with_outcomes(read("contract_events", strict), read("estimate_outcomes", OUTCOMES))
    assert events["amount"].iloc[1] == -90


def test_without_outcomes_events_are_as_they_were() -> None:
    events, findings = with_outcomes(CASE.events, read("estimate_outcomes", OUTCOMES)[:0])
    pd.testing.assert_frame_equal(events, CASE.events)
    assert findings == []


@pytest.mark.parametrize(
    ("wrong", "to", "words"),
    [
        ("V1       1          C1          100    0.6", "V1 1 C1 100 0.5", "sum to 0.9, not to 1"),
        ("V1       2          C1          0      0.4", "V1 2 C1 0 -0.4 \n V1 3 C1 0 0.8", "not to 1 of positive ones"),
        ("V1       1          C1", "V1 1 C2", "they name another contract"),
        ("bonus     most_likely     -", "bonus - -", "fill in estimate_method"),
        ("bonus     most_likely     -", "bonus most_likely 1.5", "a confidence of 1.5"),
    ],
)
def test_an_estimate_that_cannot_be_made_leaves_its_contract_out(wrong: str, to: str, words: str) -> None:
    events = read("contract_events", EVENTS.replace(wrong, to))
    events, findings = with_outcomes(events, read("estimate_outcomes", OUTCOMES.replace(wrong, to)))
    assert [(f.rule_id, f.subject, f.severity) for f in findings] == [("REV-034", "C1", "error")]
    assert words in findings[0].message
    schedule = Deals(CASE.contracts, CASE.obligations, events, CASE.entities).schedule("2026-01")
    assert (len(schedule.lines), [f.rule_id for f in schedule.findings]) == (0, ["REV-013"])


@pytest.mark.parametrize("event_id", ["V3", "D1", "V9"])
def test_outcomes_that_nothing_asks_for_are_named(event_id: str) -> None:
    outcomes = read("estimate_outcomes", f"event_id outcome_no contract_id amount probability \n {event_id} 1 C1 5 1")
    events, findings = with_outcomes(CASE.events, outcomes)
    assert events["amount"].tolist() == CASE.events["amount"].tolist()
    assert [(f.rule_id, f.subject, f.severity) for f in findings] == [("REV-035", f"C1 / {event_id}", "warning")]


def test_the_explanation_shows_how_the_estimate_was_made() -> None:
    outcomes = read("estimate_outcomes", OUTCOMES)
    tables = (CASE.contracts, CASE.obligations, CASE.events, CASE.entities)
    text = "\n".join(
        explain("C1", *tables, date(2026, 1, 31), more=Beside(outcomes, read("payment_plan", "contract_id")))
    )
    for said in ("1.00  variable_estimate V1 of 2026-01-10, bonus", "most likely 1.00", "-0.29  variable_estimate V2",
                 "-0.90 with probability 0.2", "expected value -0.29", "with confidence 0.8: -0.29"):  # fmt: skip
        assert said in text, said


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(-(10**17), 10**17), st.integers(1, 100)), min_size=1, max_size=6))
def test_an_expected_value_lies_between_its_outcomes_and_a_constraint_only_lowers_it(
    drawn: list[tuple[int, int]],
) -> None:
    whole = sum(weight for _, weight in drawn)
    scale = Decimal(10) ** -15
    parts = [(Decimal(weight) / whole).quantize(scale) for _, weight in drawn]
    parts[0] += 1 - sum(parts)
    rows = [
        {"event_id": event, "outcome_no": n, "contract_id": "C1", "amount": amount, "probability": part, "contract_currency": "EUR"}
        for event in ("V1", "V2")
        for n, ((amount, _), part) in enumerate(zip(drawn, parts, strict=True))
    ]  # fmt: skip
    asked = EVENTS.replace("bonus     most_likely ", "bonus expected_value ")
    events, findings = with_outcomes(read("contract_events", asked), frame("estimate_outcomes", rows))
    free, constrained = events["amount"].iloc[0], events["amount"].iloc[1]
    assert findings == []
    assert min(a for a, _ in drawn) <= free <= max(a for a, _ in drawn)
    assert constrained <= free
