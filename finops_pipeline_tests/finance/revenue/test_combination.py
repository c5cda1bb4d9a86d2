"""Contracts that are one contract: hand calculations, who cannot be one, and properties of the whole engine."""

from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.revenue.combination import combination_findings, combined, together
from finops_pipeline.finance.revenue.financing_proofs import financing_findings
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.prepared import Beside, agreed, prepared
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import Deals, deals, read
from finops_pipeline_tests.finance.revenue.test_gates import earned, proven, taken

MONTHS = calendar.span("2026-01", "2026-06")
TWO = "contract_id signed_on combination_id \n C1 2026-01-10 K \n C2 2026-01-05 K \n C3 2026-01-05 -"
SOLD = """
    contract_id obligation_id stated_price ssp
    C1          SETUP         20           50
    C2          LICENCE       100          100
    C3          A             7            7
"""
HAPPENED = """
    contract_id event_id event_date event_type obligation_id amount
    C1          E1       2026-01-20 delivery   -             -
    C1          E2       2026-01-20 invoice    -             20
    C2          E3       2026-03-05 delivery   LICENCE       -
    C2          E4       2026-03-05 payment    -             100
    C3          E5       2026-03-05 delivery   -             -
"""


def test_contracts_that_are_one_share_one_price() -> None:
    # 120 for what is worth 150: the licence gets 80 and the set-up 40, whatever each contract states.
    schedule, books = proven(taken(deals(TWO, SOLD, HAPPENED)), MONTHS)
    assert schedule.findings == []
    assert earned(schedule.lines) == {("C1:SETUP", "2026-01"): 40, ("LICENCE", "2026-03"): 80, ("A", "2026-03"): 7}
    assert set(schedule.lines["contract_id"]) == {"C2", "C3"}, "booked under the one signed first"
    january = books[(books["period"] == "2026-01") & (books["contract_id"] == "C2")].set_index("balance")["closing"]
    assert january.to_dict() == {"contract_asset": 20, "contract_liability": 0, "receivable": 20}


def test_without_combinations_everything_is_as_it_was() -> None:
    case = deals("contract_id signed_on \n C1 2026-01-10", "contract_id obligation_id stated_price \n C1 A 1")
    made = combined(case.contracts, case.obligations, case.events)
    assert made.obligations is case.obligations
    assert made.led(case.events) is case.events
    assert together("C1", case.contracts) == ["C1"]
    assert together("C1", deals(TWO, SOLD).contracts) == ["C1", "C2"]


def test_the_proof_says_what_is_lost_or_added() -> None:
    case = deals(f"{TWO} \n C4 2026-01-05 L \n C5 2026-06-05 L", f"{SOLD} C4 A 5 5", HAPPENED)
    tables = (case.contracts, case.obligations, case.events)
    made = combined(*tables)
    assert len(made.findings) == 2
    assert combination_findings(*tables, made) == []

    def broken(**wrong: pd.DataFrame) -> list[tuple[str, str]]:
        found = combination_findings(*tables, made._replace(**wrong))
        assert {f.rule_id for f in found} == {"REV-043"}
        return [(f.subject, f.message.split(":")[0]) for f in found]

    goods, events = made.obligations, made.events
    dear = goods.assign(stated_price=goods["stated_price"] + (goods["obligation_id"] == "LICENCE"))
    assert broken(obligations=dear) == [("K", "point_in_time amount 120 before and 121 after")]
    more = events.assign(quantity=events["quantity"].where(events["event_id"] != "E1", 3))
    assert broken(events=more) == [("K", "delivery quantity 0 before and 3 after")]
    said = "payment amount 100 before and 0 after; payment rows 1 before and 0 after"
    assert broken(events=events[events["event_id"] != "E4"]) == [("K", said)]
    assert broken(contracts=case.contracts[:3])[0] == ("K", "contracts 1 before and 2 after")
    assert broken(contracts=made.contracts[made.contracts["contract_id"] != "C2"])[0][0] == "K"
    assert [name for name, _ in broken(obligations=goods[goods["contract_id"] != "C3"])] == ["obligations"]
    assert [name for name, _ in broken(events=events[events["event_id"] != "E5"])] == ["events"]


@pytest.mark.parametrize(
    ("contracts", "events", "words"),
    [
        ("contract_id signed_on combination_id \n C1 2026-01-10 K", "", "no other contract has it"),
        ("contract_id signed_on combination_id currency \n C1 2026-01-10 K USD \n C2 2026-01-05 K EUR", "", "differ in currency"),
        ("contract_id signed_on combination_id customer_id \n C1 2026-01-10 K 1 \n C2 2026-01-05 K 2", "", "differ in customer_id"),
        ("contract_id signed_on combination_id entity_id \n C1 2026-01-10 K DE \n C2 2026-01-05 K X", "", "differ in entity_id"),
        ("contract_id signed_on combination_id financing_rate \n C1 2026-01-10 K 0.1 \n C2 2026-01-05 K -", "", "differ in financing_rate"),
        ("contract_id signed_on combination_id collectability \n C1 2026-01-10 K not_probable \n C2 2026-01-05 K -", "",
         "differ in collectability"),
        ("contract_id signed_on combination_id \n C1 2026-02-10 K \n C2 2026-01-05 K", "", "signed 36 days apart, more than 31"),
        ("contract_id signed_on combination_id \n C1 2026-01-10 K \n C2 2026-01-05 K",
         "contract_id event_date event_type \n C1 2026-02-01 delivery", "delivery E1 does not say what it is of"),
    ],
)  # fmt: skip
def test_what_cannot_be_one_is_left_out_with_the_reason(contracts: str, events: str, words: str) -> None:
    goods = "contract_id obligation_id stated_price \n C1 A 1 \n C1 B 2 \n C2 A 3 \n C9 A 4"
    columns = contracts.splitlines()[0].split()[3:]
    other = " ".join({"currency": "EUR", "entity_id": "DE", "customer_id": "1"}.get(name, "-") for name in columns)
    case = deals(f"{contracts} \n C9 2026-01-01 - {other}", goods, events)
    made = combined(case.contracts, case.obligations, case.events)
    members = [name for name in case.contracts["contract_id"] if name != "C9"]
    assert sorted(f.subject for f in made.findings) == members
    assert all(f.rule_id == "REV-040" and words in f.message for f in made.findings)
    assert made.contracts["contract_id"].tolist() == ["C9"]
    assert not {*made.obligations["contract_id"], *made.events["contract_id"]} & set(members)


def test_what_is_paid_for_one_of_them_is_paid_for_all() -> None:
    case = deals(
        "contract_id signed_on combination_id financing_rate \n C1 2026-01-10 K 0.1 \n C2 2026-01-05 K 0.1",
        "contract_id obligation_id stated_price end_date \n C1 A 100 2026-01-31 \n C2 B 110 2026-01-31",
    )
    plan = read("payment_plan", "contract_id due_on amount \n C1 2028-01-31 100 \n C2 2028-01-31 110")
    outcomes = read("estimate_outcomes", "event_id outcome_id")
    one = agreed(case.contracts, case.obligations, case.events)
    ready = prepared(one, case.entities, Beside(outcomes, plan), "2026-06", "daily")
    assert ready.findings == []
    assert ready.financing["paid"].sum() == 210
    stated = Tables(one.contracts, one.obligations, one.events, case.entities)
    assert financing_findings(ready.financing, stated, ready.tables, "2026-06") == []
    assert ready.tables.obligations["stated_price"].sum() == 174  # 210 / 1.1^2 = 173.55


@settings(max_examples=2)
@given(seed=st.integers(0, 2**32))
def test_one_price_is_conserved_and_every_proof_holds_in_any_order(seed: int) -> None:
    rng, months = Random(seed), calendar.span("2026-01", "2027-12")
    case = by_chance(rng, 8, changes=True)
    near = case.contracts["signed_on"].dt.to_period("M").dt.to_timestamp().astype(case.contracts["signed_on"].dtype)
    number = case.contracts.groupby(near)["contract_id"].transform("size")
    names = pd.Series([f"K{day:%Y%m}" for day in near], dtype="str").where(number > 1)
    chosen = Deals(case.contracts.assign(combination_id=names), case.obligations, case.events, case.entities)
    made = combined(chosen.contracts, chosen.obligations, chosen.events)
    gone = {f.subject for f in made.findings}
    before = chosen.obligations[~chosen.obligations["contract_id"].isin(gone)]
    assert made.obligations["stated_price"].sum() == before["stated_price"].sum()
    assert len(made.obligations) == len(before)
    assert combination_findings(chosen.contracts, chosen.obligations, chosen.events, made) == []
    schedule, books = proven(taken(chosen), months)
    mixed = [t.iloc[rng.sample(range(len(t)), len(t))] for t in (chosen.contracts, case.obligations, case.events)]
    pd.testing.assert_frame_equal(schedule.lines, taken(Deals(*mixed, case.entities)).schedule(months[-1]).lines)
    assert set(books["contract_id"]) <= set(schedule.lines["contract_id"])


def test_two_obligations_of_one_name_are_left_out_with_the_reason() -> None:
    case = deals(
        "contract_id signed_on combination_id \n C1 2026-01-10 K \n C2 2026-01-12 K",
        "contract_id obligation_id stated_price \n C1 C2:A 1 \n C2 A 2",
    )
    made = combined(case.contracts, case.obligations, case.events)
    assert [f.subject for f in made.findings] == ["C1", "C2"]
    assert "two of its obligations would be called C2:A" in made.findings[0].message
    assert made.contracts.empty
    assert made.obligations.empty
