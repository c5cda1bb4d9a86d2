"""What the engine reads: the join with the contracts, the cut-off at the end of the period, and a fixed order."""

from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.revenue.inputs import Inputs, gather
from finops_pipeline_tests.finance.revenue.deals import Deals, deals

CASE = deals(
    """
    contract_id  customer_id  signed_on
    C2           K2           2026-02-01
    C1           K1           2026-01-01
    """,
    """
    contract_id  obligation_id  stated_price
    C2           A              30
    C1           B              20
    C1           A              10
    C9           A              90
    """,
    """
    contract_id  event_id  event_date  event_type
    C2           E4        2026-02-28  delivery
    C1           E3        2026-03-01  delivery
    C1           E2        2026-02-28  delivery
    C1           E1        2026-02-28  delivery
    C9           E9        2026-01-15  delivery
    """,
)


def gathered(case: Deals, as_of_period: str = "2026-02") -> Inputs:
    return gather(case.contracts, case.obligations, case.events, case.entities, as_of_period)


def listed(frame: pd.DataFrame, *columns: str) -> list[tuple]:
    chosen = frame[list(columns)].astype(object)
    return list(chosen.where(chosen.notna(), None).itertuples(index=False, name=None))


def test_obligations_carry_their_contract_in_order_of_key() -> None:
    inputs = gathered(CASE)
    assert listed(inputs.contracts, "contract_id", "customer_id") == [("C1", "K1"), ("C2", "K2")]
    january, february = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")
    assert listed(inputs.obligations, "contract_id", "obligation_id", "stated_price", "customer_id", "signed_on") == [
        ("C1", "A", 10, "K1", january),
        ("C1", "B", 20, "K1", january),
        ("C2", "A", 30, "K2", february),
        ("C9", "A", 90, None, None),  # a contract that is not there is for the screening to judge
    ]


@pytest.mark.parametrize(
    ("as_of_period", "known"),
    [
        ("2025-12", []),
        ("2026-01", [("C9", "E9")]),
        ("2026-02", [("C1", "E1"), ("C1", "E2"), ("C2", "E4"), ("C9", "E9")]),  # the last day is in
        ("2026-03", [("C1", "E1"), ("C1", "E2"), ("C1", "E3"), ("C2", "E4"), ("C9", "E9")]),
    ],
)
def test_events_end_with_the_reporting_period(as_of_period: str, known: list[tuple[str, str]]) -> None:
    inputs = gathered(CASE, as_of_period)
    assert listed(inputs.events, "contract_id", "event_id") == known
    assert inputs.as_of_period == as_of_period


def test_a_contract_is_left_out_whole() -> None:
    inputs = gathered(CASE)
    rest = inputs.without(["C1", "C9"])
    assert [listed(f, "contract_id") for f in (rest.contracts, rest.obligations, rest.events)] == [[("C2",)]] * 3
    assert list(rest.obligations.index) == [0]
    assert (rest.entities is inputs.entities, rest.as_of_period) == (True, "2026-02")
    assert len(inputs.obligations) == 4  # the original is as it was


def test_a_contract_that_is_there_twice_is_refused_rather_than_counted_twice() -> None:
    twice = Deals(pd.concat([CASE.contracts, CASE.contracts]), CASE.obligations, CASE.events, CASE.entities)
    with pytest.raises(ValueError, match="is there twice"):
        gathered(twice)


def test_nothing() -> None:
    inputs = gathered(deals("contract_id signed_on", "contract_id obligation_id stated_price"))
    assert [len(f) for f in (inputs.contracts, inputs.obligations, inputs.events)] == [0, 0, 0]


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_what_arrives_means_nothing(seed: int) -> None:
    rng = Random(seed)
    tables = (CASE.contracts, CASE.obligations, CASE.events)
    mixed = [table.iloc[rng.sample(range(len(table)), len(table))] for table in tables]
    one, other = gathered(CASE), gathered(Deals(*mixed, CASE.entities))
    for name in ("contracts", "obligations", "events"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_an_obligation_is_not_there_before_the_modification_of_its_own_contract() -> None:
    case = deals(
        "contract_id signed_on \n C1 2026-01-01 \n C2 2026-01-01",
        "contract_id obligation_id stated_price added_by_event_id \n C1 A 10 - \n C1 B 10 E1 \n C2 A 10 E1",
        "contract_id event_id event_date event_type \n C1 E1 2026-03-01 modification",
    )
    found = [list(gathered(case, period).obligations[["contract_id", "obligation_id"]].itertuples(index=False, name=None))
             for period in ("2026-02", "2026-03")]  # fmt: skip
    assert found == [[("C1", "A"), ("C2", "A")], [("C1", "A"), ("C1", "B"), ("C2", "A")]]
