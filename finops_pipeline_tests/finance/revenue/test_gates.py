"""Agreements that are no contract yet: hand calculations, contradictions, and properties of the whole engine."""

from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance import revenue as engine
from finops_pipeline.finance.revenue import gates
from finops_pipeline.finance.revenue.financed import with_financing
from finops_pipeline.finance.revenue.maturity import contract_balance_maturity
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.prepared import agreed
from finops_pipeline.finance.revenue.refunds import refund_states
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, read

HALF = calendar.span("2026-01", "2026-06")
GOODS = "contract_id obligation_id stated_price \n C1 A 600 \n C1 B 400"
HAPPENED = """
    contract_id  event_id  event_date  event_type  obligation_id  amount
    C1           P1        2026-01-10  payment     -              300
    C1           D1        2026-02-10  delivery    A              -
    C1           I1        2026-02-11  invoice     -              600
    C1           D2        2026-05-10  delivery    B              -
    C1           I2        2026-05-11  invoice     -              400
    C1           P2        2026-05-20  payment     -              50
    C1           P3        2026-06-20  refund      -              20
"""


def contract(gate: str, met: str = "-", kept: str = "-") -> Deals:
    header = "contract_id signed_on collectability criteria_met_on nonrefundable_on"
    return deals(f"{header} \n C1 2026-01-05 {gate} {met} {kept}", GOODS, HAPPENED)


def taken(case: Deals) -> Deals:
    one = agreed(case.contracts, case.obligations, case.events)
    return Deals(one.contracts, one.obligations, one.events, case.entities)


def proven(case: Deals, months: list[str]) -> tuple[engine.Schedule, pd.DataFrame]:
    """The schedule and the books, with every proof of them and of what stands on them."""
    schedule = case.schedule(months[-1])
    lines, booked, then = schedule.lines, case.booked(), case.then()
    assert_keeps("revenue_schedule", lines)
    assert engine.schedule_findings(schedule) == []
    books = engine.revenue_rollforward(lines, case.contracts, case.events, months)
    assert engine.rollforward_findings(books, lines, case.events, months) == []
    assert gates.gate_findings(books, lines, case.contracts, case.events, months) == []
    journal = engine.revenue_journal(books)
    assert engine.journal_findings(journal, books, lines, case.events, months) == []
    remaining = engine.remaining_obligations(lines, booked, months[::5], then)
    assert engine.remaining_findings(remaining, lines, booked, months[::5]) == []
    waterfall = engine.revenue_waterfall(lines, case.contracts, case.obligations, case.events)
    assert engine.waterfall_findings(waterfall, lines) == []
    return schedule, books


def earned(lines: pd.DataFrame) -> dict[tuple[str, str], int]:
    rows = lines[(lines["recognized"] != 0) & (lines["status"] == "actual")]
    return dict(zip(zip(rows["obligation_id"], rows["period"], strict=True), rows["recognized"], strict=True))


def closings(books: pd.DataFrame, balance: str) -> list[int]:
    return books.loc[books["balance"] == balance, "closing"].tolist()


def test_what_is_no_contract_has_no_revenue_and_owes_what_was_received() -> None:
    schedule, books = proven(taken(contract("not_probable")), HALF)
    assert [(f.rule_id, f.severity) for f in schedule.findings] == [("REV-041", "warning")]
    assert earned(schedule.lines) == {}
    assert closings(books, "contract_liability") == [300, 300, 300, 300, 350, 330]
    assert set(closings(books, "receivable")) == {0}


def test_once_it_is_a_contract_what_was_done_and_invoiced_is_caught_up() -> None:
    case = taken(contract("not_probable", met="2026-04-15"))
    schedule, books = proven(case, HALF)
    assert schedule.findings == []
    assert earned(schedule.lines) == {("A", "2026-04"): 600, ("B", "2026-05"): 400}
    assert closings(books, "contract_liability") == [300, 300, 300, 0, 0, 0]
    assert closings(books, "receivable") == [0, 0, 0, 300, 650, 650], "a refund takes back an invoice"
    split = contract_balance_maturity(books, schedule.lines, case.booked(), case.events, case.then())
    assert set(split["non_current"]) == {0}, "given back on demand, so current"
    assert earned(taken(contract("not_probable", met="2026-04-15")).schedule("2026-03").lines) == {}


def test_what_is_kept_is_revenue_from_the_day_it_is_nonrefundable() -> None:
    schedule, books = proven(taken(contract("not_probable", kept="2026-03-31")), HALF)
    assert schedule.findings == []
    assert earned(schedule.lines) == {
        ("A", "2026-03"): 180, ("B", "2026-03"): 120, ("A", "2026-05"): 30, ("B", "2026-05"): 20,
        ("A", "2026-06"): -12, ("B", "2026-06"): -8,
    }  # fmt: skip
    assert closings(books, "contract_liability") == [300, 300, 0, 0, 0]


def test_what_is_kept_without_any_stated_price_is_shared_evenly() -> None:
    case = deals(
        "contract_id signed_on collectability nonrefundable_on \n C1 2026-01-05 not_probable 2026-01-31",
        "contract_id obligation_id stated_price \n C1 A 0 \n C1 B 0",
        "contract_id event_date event_type amount \n C1 2026-01-10 payment 10",
    )
    schedule, _ = proven(taken(case), HALF)
    assert earned(schedule.lines) == {("A", "2026-01"): 5, ("B", "2026-01"): 5}


@pytest.mark.parametrize(("met", "kept"), [("2026-04-15", "-"), ("-", "2026-04-15"), ("-", "-")])
def test_the_proof_fails_where_something_is_not_held_back(met: str, kept: str) -> None:
    """As if it had been a contract from the start: revenue in February, and 300 invoiced and not received."""
    held, open_ = taken(contract("not_probable", met=met, kept=kept)), taken(contract("probable"))
    lines = open_.schedule("2026-06").lines
    books = engine.revenue_rollforward(lines, open_.contracts, open_.events, HALF)
    found = gates.gate_findings(books, lines, held.contracts, held.events, HALF[:3])
    assert {f.rule_id for f in found} == {"REV-044"}
    assert [(f.period, "are revenue" in f.message) for f in found][:3] == [
        ("2026-02", True), *([("2026-05", True)] if met == kept else []), ("2026-02", False), ("2026-03", False),
    ][:3]  # fmt: skip
    assert "300 (minor units) were received, 0 are a liability and 300 a receivable" in found[-1].message
    right = held.schedule("2026-06").lines
    books = engine.revenue_rollforward(right, held.contracts, held.events, HALF)
    assert gates.gate_findings(books, right, held.contracts, held.events, HALF) == []
    lost = books[books["period"] != "2026-01"]
    assert [f.period for f in gates.gate_findings(lost, right, held.contracts, held.events, HALF)] == ["2026-01"]


@pytest.mark.parametrize(
    ("gate", "met", "kept", "words"),
    [
        ("probable", "2026-02-01", "-", "a contract from the start"),
        ("-", "-", "2026-02-01", "a contract from the start"),
        ("not_probable", "2026-02-01", "2026-03-01", "cannot become a contract and end"),
        ("not_probable", "2026-01-04", "-", "before it was signed on 2026-01-05"),
    ],
)
def test_what_contradicts_itself_leaves_the_contract_out(gate: str, met: str, kept: str, words: str) -> None:
    schedule = taken(contract(gate, met, kept)).schedule("2026-06")
    assert [f.rule_id for f in schedule.findings if f.severity == "error"] == ["REV-042"]
    assert words in schedule.findings[-1].message
    assert schedule.lines.empty


def test_a_wrong_price_of_what_is_no_contract_is_found() -> None:
    schedule = taken(contract("not_probable", kept="2026-03-31")).schedule("2026-06")
    wrong = schedule.lines.assign(allocated_price=schedule.lines["allocated_price"] * 2)
    found = engine.schedule_findings(engine.Schedule(wrong, schedule.findings, schedule.inputs))
    assert {"REV-102"} <= {f.rule_id for f in found}


def test_goods_that_come_back_are_no_asset_before_there_is_a_contract() -> None:
    def states(met: str) -> pd.DataFrame:
        case = deals(
            f"contract_id signed_on collectability criteria_met_on \n C1 2026-01-05 not_probable {met}",
            "contract_id obligation_id stated_price quantity goods_cost \n C1 A 1000 10 500",
            """
            contract_id event_date event_type       obligation_id quantity
            C1          2026-01-10 delivery         A             10
            C1          2026-01-10 returns_estimate A             2
            C1          2026-02-10 return           A             1
            """,
        )
        schedule = taken(case).schedule("2026-06")
        return refund_states(schedule.inputs, schedule.lines, "daily")

    assert states("-").empty
    late = states("2026-04-01")
    assert calendar.label(int(late["month"].iloc[0])) == "2026-04"
    assert late[["returned", "goods_due", "goods_back"]].to_numpy().tolist() == [[200, 50, 50]]


def test_a_financing_component_needs_a_contract() -> None:
    case = deals(
        "contract_id signed_on financing_rate collectability \n C1 2026-01-05 0.1 not_probable",
        "contract_id obligation_id stated_price \n C1 A 100",
    )
    plan = read("payment_plan", "contract_id due_on amount \n C1 2028-01-05 100")
    made = with_financing(
        Tables(case.contracts, case.obligations, case.events, case.entities), plan, "2026-06", "daily", expedient=True
    )
    assert [(f.rule_id, f.subject) for f in made.findings] == [("REV-036", "C1")]
    assert made.tables.contracts.empty


@settings(max_examples=2)
@given(seed=st.integers(0, 2**32))
def test_every_proof_holds_behind_the_gate_and_in_any_order(seed: int) -> None:
    rng, months = Random(seed), calendar.span("2026-01", "2027-12")
    case = by_chance(rng, 8, changes=True)
    signed = case.contracts["signed_on"]
    gate = [rng.choice(["met", "kept", "never", "probable"]) for _ in signed]
    later = [day + pd.Timedelta(days=rng.randint(0, 300)) for day in signed]
    days = {
        name: pd.Series(
            [day if g == wanted else pd.NaT for g, day in zip(gate, later, strict=True)], dtype=signed.dtype
        )
        for name, wanted in (("criteria_met_on", "met"), ("nonrefundable_on", "kept"))
    }
    collectability = pd.Series(["probable" if g == "probable" else "not_probable" for g in gate], dtype="str")
    contracts = case.contracts.assign(collectability=collectability, **days)
    chosen = Deals(contracts, case.obligations, case.events, case.entities)
    schedule, books = proven(taken(chosen), months)
    none = gates.unmet(contracts, months[-1])
    lines = schedule.lines[schedule.lines["contract_id"].isin(none)]
    assert (lines["remaining"] == 0).all()
    mixed = [t.iloc[rng.sample(range(len(t)), len(t))] for t in (contracts, case.obligations, case.events)]
    pd.testing.assert_frame_equal(schedule.lines, taken(Deals(*mixed, case.entities)).schedule(months[-1]).lines)
    assert set(books["contract_id"]) <= set(schedule.lines["contract_id"])
