"""Contracts in parts: what is made of the parts is what is made of the whole."""

from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance import revenue as engine
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import deals

MONTHS = calendar.span("2026-01", "2027-06")


@settings(max_examples=2)
@given(seed=st.integers(0, 2**32), at_once=st.integers(1, 12))
def test_parts_make_the_whole(seed: int, at_once: int) -> None:
    rng = Random(seed)
    case = by_chance(rng, 10, changes=True)
    events = case.events.iloc[rng.sample(range(len(case.events)), len(case.events))]
    tables = engine.Tables(case.contracts, case.obligations, events, case.entities)
    whole = engine.revenue_schedule(*tables, "2027-06")
    made = [(part, engine.revenue_schedule(*part, "2027-06")) for part in engine.in_parts(tables, at_once)]
    lines = pd.concat([schedule.lines for _, schedule in made], ignore_index=True)
    pd.testing.assert_frame_equal(lines, whole.lines)
    findings = [finding for _, schedule in made for finding in schedule.findings]
    assert sorted(findings, key=str) == sorted(whole.findings, key=str)
    books = [engine.revenue_rollforward(s.lines, part.contracts, part.events, MONTHS) for part, s in made]
    expected = engine.revenue_rollforward(whole.lines, tables.contracts, tables.events, MONTHS)
    pd.testing.assert_frame_equal(pd.concat(books, ignore_index=True), expected)
    journals = pd.concat([engine.revenue_journal(rows) for rows in books], ignore_index=True)
    pd.testing.assert_frame_equal(journals, engine.revenue_journal(expected))


def test_rows_of_a_contract_that_is_not_there_come_along_and_nothing_is_one_empty_part() -> None:
    case = deals(
        "contract_id signed_on \n C2 2026-01-01",
        "contract_id obligation_id stated_price \n C1 A 100 \n C2 A 100",
        "contract_id event_date event_type amount \n C3 2026-02-01 invoice 100 \n C1 2026-02-01 invoice 7",
    )
    parts = list(engine.in_parts(engine.Tables(case.contracts, case.obligations, case.events, case.entities), 1))
    found = [[sorted(set(table["contract_id"])) for table in part[:3]] for part in parts]
    assert found == [[[], ["C1"], ["C1"]], [["C2"], ["C2"], []], [[], [], ["C3"]]]
    empty = engine.Tables(case.contracts[:0], case.obligations[:0], case.events[:0], case.entities)
    assert [[len(table) for table in part] for part in engine.in_parts(empty, 5)] == [[0, 0, 0, 1]]
    with pytest.raises(ValueError, match="ask for at least 1"):
        next(engine.in_parts(empty, 0))


def test_contracts_that_are_one_are_in_one_part() -> None:
    case = by_chance(Random(1), 6, changes=False)
    contracts = case.contracts.assign(combination_id=pd.Series([None, "K", None, None, "K", "L"], dtype="str"))
    tables = engine.Tables(contracts, case.obligations, case.events, case.entities)
    parts = list(engine.in_parts(tables, 2))
    assert [part.contracts["contract_id"].tolist() for part in parts] == [["C0", "C1", "C4"], ["C2", "C3"], ["C5"]]
    for part in parts:
        assert set(part.obligations["contract_id"]) == set(part.contracts["contract_id"])
