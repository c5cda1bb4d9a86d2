"""The engine is the slow reference, to the minor unit, for contracts to which much happens.

Every amount is compared: revenue, what of it corrects months before, prices and expected refunds by obligation and month, what
is planned, each balance at the end of each month, and the sums of the journal. By hand: `compare(eventful(Random(n), 1000), ...)`.
"""

from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance import revenue as engine
from finops_pipeline_tests.finance.revenue.chance import by_chance, eventful
from finops_pipeline_tests.finance.revenue.deals import Deals, deals
from finops_pipeline_tests.finance.revenue.reference import Books, books, plain
from finops_pipeline_tests.finance.revenue.reference_terms import CannotError

Amounts = dict[tuple[str, int], int]
KINDS = ("modification", "cancellation", "variable_estimate", "return", "returns_estimate")


def by_reference(case: Deals, as_of: str, proration: str) -> dict[str, Books | None]:
    """The books of every contract, None of one that cannot be accounted for."""
    promises, events, found = plain(case.obligations), plain(case.events), {}
    for name, [contract] in plain(case.contracts).items():
        try:
            found[name] = books(contract, promises[name], events.get(name, []), calendar.index(as_of), proration)
        except CannotError:
            found[name] = None
    return found


def by_engine(case: Deals, as_of: str, proration: str) -> dict[str, dict[str, Amounts]]:
    """What the engine says of each contract that it does not leave out, under the names of the reference."""
    lines = case.schedule(as_of, proration).lines
    rollforward = engine.revenue_rollforward(lines, case.contracts, case.events, calendar.span("2026-01", as_of))
    journal = engine.revenue_journal(rollforward)
    sums = journal.assign(net=journal["debit"] - journal["credit"])
    sums = sums.groupby(["contract_id", "account_role", "period"], as_index=False)["net"].sum()
    actual = lines["status"] == "actual"
    shown = {
        "revenue": (lines[actual], "obligation_id", "recognized"),
        "late": (lines[actual], "obligation_id", "prior_period_adjustment"),
        "allocated": (lines[actual], "obligation_id", "allocated_price"),
        "refund": (lines[actual], "obligation_id", "expected_refund"),
        "planned": (lines[~actual], "obligation_id", "recognized"),
        "balances": (rollforward, "balance", "closing"),
        "journal": (sums, "account_role", "net"),
    }
    found: dict[str, dict[str, Amounts]] = {name: {what: {} for what in shown} for name in set(lines["contract_id"])}
    for what, (table, by, amount) in shown.items():
        rows = zip(table["contract_id"], table[by], table["period"], table[amount], strict=True)
        for name, key, period, value in rows:
            found[name][what][key, calendar.index(period)] = int(value)
    return found


def differences(shown: dict[str, Amounts], told: Books) -> dict[str, Any]:
    """What the engine and the reference do not agree on; a state is compared in the months that have a line."""
    found = {}
    for what, amounts in shown.items():
        mine: Amounts = getattr(told, what)
        keys = set(amounts) if what in ("allocated", "refund") else {*amounts, *mine}
        wrong = {k: (amounts.get(k, 0), mine.get(k, 0)) for k in sorted(keys) if amounts.get(k, 0) != mine.get(k, 0)}
        found |= {what: wrong} if wrong else {}
    return found


def compare(case: Deals, as_of: str, proration: str) -> int:
    """How many contracts both account for, in the same way; both leave out the others."""
    shown, told = by_engine(case, as_of, proration), by_reference(case, as_of, proration)
    assert set(shown) == {name for name, of in told.items() if of is not None}
    for name, amounts in shown.items():
        of = told[name]
        assert of is not None
        assert differences(amounts, of) == {}, name
    return len(shown)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**32),
    proration=st.sampled_from(["daily", "monthly"]),
    as_of=st.sampled_from(["2026-05", "2026-11", "2027-12"]),
)
def test_the_engine_is_the_reference_for_contracts_that_change(seed: int, proration: str, as_of: str) -> None:
    assert compare(eventful(Random(seed), 40), as_of, proration) > 10


@pytest.mark.parametrize("changes", [False, True])
def test_and_for_those_of_the_other_properties(*, changes: bool) -> None:
    assert compare(by_chance(Random(7), 40, changes=changes), "2027-03", "daily") > 20


def test_everything_that_can_happen_happens_in_what_is_compared() -> None:
    """Each kind of change, beside each other kind of change, in a contract that is accounted for."""
    met: set[tuple[str, str]] = set()
    for seed in range(3):
        case = eventful(Random(seed), 60)
        kept = set(case.schedule("2027-12").lines["contract_id"])
        for _, rows in case.events[case.events["contract_id"].isin(kept)].groupby("contract_id"):
            told = rows.sort_values(["event_date", "event_id"])
            kinds = [k if pd.isna(m) else m for k, m in zip(told["event_type"], told["method"], strict=True)]
            met |= {(one, other) for place, one in enumerate(kinds) for other in kinds[place:]}
    changes = ("separate", "prospective", "cumulative", "variable_estimate", "returns_estimate", "cancellation")
    assert {(one, other) for one in changes for other in changes if one != "cancellation" or other == one} <= met


def test_the_comparison_finds_a_minor_unit() -> None:
    """A reference that is told of one unit less differs from the engine in everything that follows from it."""
    goods = "contract_id obligation_id stated_price \n C1 A {}"
    events = (
        "contract_id event_id event_date event_type amount \n C1 I 2026-01-05 invoice 100 \n C1 D 2026-02-05 delivery -"
    )
    case, other = (deals("contract_id signed_on \n C1 2026-01-01", goods.format(p), events) for p in (100, 99))
    assert compare(case, "2026-02", "daily") == 1
    told = by_reference(other, "2026-02", "daily")["C1"]
    assert told is not None
    wrong = differences(by_engine(case, "2026-02", "daily")["C1"], told)
    assert set(wrong) == {"revenue", "allocated", "balances", "journal"}
