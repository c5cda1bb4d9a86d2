"""What holds for every contract, whatever happens to it: properties of the whole engine on contracts made by chance."""

from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance import revenue as engine
from finops_pipeline.finance.revenue import schedule as setwise
from finops_pipeline.finance.revenue.inputs import changing, gather
from finops_pipeline.finance.revenue.screening import screen
from finops_pipeline.finance.revenue.terms import deals
from finops_pipeline_tests.finance.revenue.chance import by_chance, eventful
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps

MONTHS = calendar.span("2026-01", "2027-12")
seeds = st.integers(0, 2**32)


def changing_by_chance(rng: Random) -> Deals:
    return by_chance(rng, 20, changes=True) if rng.random() < 0.5 else eventful(rng, 30)


@settings(max_examples=4)
@given(
    seed=seeds,
    proration=st.sampled_from(["daily", "monthly"]),
    as_of=st.sampled_from(["2026-02", "2026-11", "2028-01"]),
)
def test_the_set_wise_engine_is_the_plain_one(seed: int, proration: str, as_of: str) -> None:
    case = by_chance(Random(seed), 40, changes=False)
    inputs, _ = screen(gather(case.contracts, case.obligations, case.events, case.entities, as_of))
    inputs = inputs.without(changing(inputs))
    fast = setwise._unchanging(inputs, proration)
    slow = setwise._with_changes(inputs, deals(inputs), as_of, proration)
    assert slow.findings == []
    assert len(fast) > 20
    pd.testing.assert_frame_equal(fast, slow.lines.sort_values(list(fast.columns[:3]), ignore_index=True))


@settings(max_examples=4)
@given(seed=seeds, proration=st.sampled_from(["daily", "monthly"]))
def test_every_proof_holds_whatever_happens(seed: int, proration: str) -> None:
    case = changing_by_chance(Random(seed))
    schedule = case.schedule("2027-12", proration)
    lines, booked = schedule.lines, case.booked()
    assert_keeps("revenue_schedule", lines)
    assert lines["contract_id"].nunique() > 3
    assert engine.schedule_findings(schedule) == []
    books = engine.revenue_rollforward(lines, case.contracts, case.events, MONTHS)
    assert_keeps("revenue_rollforward", books)
    assert engine.rollforward_findings(books, lines, case.events, MONTHS) == []
    journal = engine.revenue_journal(books)
    assert_keeps("revenue_journal", journal)
    assert engine.journal_findings(journal, books, lines, case.events, MONTHS) == []
    waterfall = engine.revenue_waterfall(lines, case.contracts, case.obligations, case.events)
    assert_keeps("revenue_waterfall", waterfall)
    assert engine.waterfall_findings(waterfall, lines) == []
    remaining = engine.remaining_obligations(lines, booked, MONTHS[::5], case.then(proration))
    assert_keeps("remaining_obligations", remaining)
    assert engine.remaining_findings(remaining, lines, booked, MONTHS[::5]) == []


@settings(max_examples=4)
@given(seed=seeds, as_of=st.sampled_from(["2026-03", "2026-08", "2027-02"]))
def test_the_books_of_a_day_are_those_of_the_events_up_to_it(seed: int, as_of: str) -> None:
    case = changing_by_chance(Random(seed))
    now, later = case.schedule(as_of), case.schedule("2028-01")
    kept = set(now.lines["contract_id"]) & set(later.lines["contract_id"])
    columns = [
        "contract_id",
        "obligation_id",
        "period",
        "recognized",
        "cumulative_recognized",
        "prior_period_adjustment",
    ]
    then, again = (
        s.lines[s.lines["contract_id"].isin(kept) & (s.lines["period"] <= as_of) & (s.lines["recognized"] != 0)][
            columns
        ]
        for s in (now, later)
    )
    pd.testing.assert_frame_equal(then.reset_index(drop=True), again.reset_index(drop=True))
    told = case.events[
        case.events[["event_date", "recorded_on"]].max(axis=1)
        < pd.Timestamp(calendar.first_day(calendar.add(as_of, 1)))
    ]
    balances_then, balances_again = (
        engine.revenue_rollforward(
            lines[lines["contract_id"].isin(kept)], case.contracts, events, calendar.span("2026-01", as_of)
        )
        for lines, events in ((now.lines, told), (later.lines, case.events))
    )
    pd.testing.assert_frame_equal(balances_then, balances_again)


@settings(max_examples=4)
@given(seed=seeds)
def test_the_order_in_which_rows_arrive_means_nothing(seed: int) -> None:
    rng = Random(seed)
    case = changing_by_chance(rng)
    mixed = [t.iloc[rng.sample(range(len(t)), len(t))] for t in (case.contracts, case.obligations, case.events)]
    one, other = case.schedule("2027-06"), Deals(*mixed, case.entities).schedule("2027-06")
    pd.testing.assert_frame_equal(one.lines, other.lines)
    assert one.findings == other.findings


@settings(max_examples=4)
@given(seed=seeds)
def test_one_contract_alone_is_as_among_others(seed: int) -> None:
    case = by_chance(Random(seed), 6, changes=True)
    together = case.schedule("2027-06")
    for name in case.contracts["contract_id"]:
        mine = [t[t["contract_id"] == name] for t in (case.contracts, case.obligations, case.events)]
        alone = Deals(*mine, case.entities).schedule("2027-06").lines
        expected = together.lines[together.lines["contract_id"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, expected)


@pytest.mark.parametrize("seed", range(2))
def test_revenue_is_never_more_than_price_and_never_taken_back_without_a_reason(seed: int) -> None:
    case = by_chance(Random(seed), 20, changes=True)
    lines = case.schedule("2027-12").lines
    assert (lines["cumulative_recognized"] <= lines["allocated_price"].clip(lower=0)).all()
    gives_back = case.events[case.events["event_type"].isin(["return", "returns_estimate", "variable_estimate", "cancellation",
                                                             "modification", "progress", "usage"])]  # fmt: skip
    taken = lines[lines["recognized"] < 0]
    assert set(taken["contract_id"]) <= set(gives_back["contract_id"])
