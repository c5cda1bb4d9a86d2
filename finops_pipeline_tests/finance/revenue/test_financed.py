"""Financing components: examples by hand, against present values, in the books, and each proof on what it is for."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import money, periods
from finops_pipeline.finance.revenue import (
    journal_findings,
    revenue_journal,
    revenue_rollforward,
    rollforward_findings,
    schedule_findings,
)
from finops_pipeline.finance.revenue.explanation import explain
from finops_pipeline.finance.revenue.financed import Financed, with_financing
from finops_pipeline.finance.revenue.financing import instalment, present_value
from finops_pipeline.finance.revenue.financing_proofs import financing_findings
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.prepared import Beside
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, frame, read

SIGNED = "contract_id signed_on financing_rate \n C1 2026-01-01 0.1"
GOODS = "contract_id obligation_id stated_price end_date \n C1 A 12100 2026-01-31"
PLAN = "contract_id due_on amount \n C1 2028-01-31 12100"
EVENTS = """
    contract_id event_date event_type obligation_id amount
    C1          2026-01-31 delivery   A             -
    C1          2028-01-31 invoice    -             12100
    C1          2028-01-31 payment    -             12100
"""


def made(
    case: Deals, plan: str = PLAN, as_of: str = "2028-01", *, expedient: bool = True, proration: Any = "monthly"
) -> Financed:
    tables = Tables(case.contracts, case.obligations, case.events, case.entities)
    result = with_financing(tables, read("payment_plan", plan), as_of, proration, expedient=expedient)
    assert_keeps("financing_schedule", result.schedule)
    assert financing_findings(result.schedule, tables, result.tables, as_of) == []
    return result


def books(result: Financed, as_of: str = "2028-01") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Roll-forward and journal, proven."""
    case = Deals(*result.tables)
    months = periods.span("2026-01", as_of)
    lines = case.schedule(as_of, "monthly").lines
    rows = revenue_rollforward(lines, case.contracts, case.events, months, result.schedule)
    assert_keeps("revenue_rollforward", rows)
    assert rollforward_findings(rows, lines, case.events, months, result.schedule) == []
    wrong = result.schedule.assign(interest=result.schedule["interest"] * 2)
    assert {f.rule_id for f in rollforward_findings(rows, lines, case.events, months, wrong)} == {"REV-117"}
    journal = revenue_journal(rows)
    assert_keeps("revenue_journal", journal)
    assert journal_findings(journal, rows, lines, case.events, months) == []
    wrong = journal[~journal["account_role"].isin(["interest_income", "interest_expense"])]
    assert "REV-134" in {f.rule_id for f in journal_findings(wrong, rows, lines, case.events, months)}
    return rows, journal


def test_a_price_that_is_paid_two_years_later_is_worth_less_and_earns_interest() -> None:
    """121 in two years are 100 now at 10 %; 10 are the interest of the first year, 11 of the second."""
    result = made(deals(SIGNED, GOODS, EVENTS))
    assert result.tables.obligations["stated_price"].tolist() == [10_000]
    interest = result.schedule.set_index("period")["interest"]
    assert (interest["2026-02":"2027-01"].sum(), interest["2027-02":"2028-01"].sum()) == (-1_000, -1_100)
    assert result.schedule["closing"].iloc[[0, 12, -1]].tolist() == [-10_000, -11_000, 0]
    rows, journal = books(result)
    held = rows[rows["period"] == "2027-01"].set_index("balance")["closing"]
    assert held["contract_asset"] == 11_000
    final = rows[rows["period"] == "2028-01"].set_index("balance")["closing"]
    assert final.tolist() == [0, 0, 0], "what is paid is price and interest"
    assert journal.loc[journal["account_role"] == "interest_income", "credit"].sum() == 2_100
    assert journal.loc[journal["account_role"] == "revenue", "credit"].sum() == 10_000


def test_a_price_that_is_paid_ahead_makes_more_revenue_and_costs_interest() -> None:
    """Example 29: 4,000 are paid two years before delivery, at 6 %: 494.40 of interest, revenue 4,494.40."""
    promised = "contract_id obligation_id stated_price end_date \n C1 A 400000 2028-01-31"
    events = "contract_id event_date event_type amount \n C1 2026-01-10 payment 400000 \n C1 2028-01-31 delivery -"
    case = deals(SIGNED.replace("0.1", "0.06"), promised, events)
    result = made(case, "contract_id due_on amount \n C1 2026-01-10 400000")
    assert result.tables.obligations["stated_price"].tolist() == [449_440]
    rows, journal = books(result)
    liability = rows[rows["balance"] == "contract_liability"].set_index("period")["closing"]
    assert (liability["2026-01"], liability["2027-01"], liability["2028-01"]) == (400_000, 424_000, 0)
    assert journal.loc[journal["account_role"] == "interest_expense", "debit"].sum() == 49_440


@pytest.mark.parametrize(
    ("rate", "price"), [(Decimal("0.051161897881733"), 1_000_000), (Decimal("0.126825030131970"), 848_357)]
)
def test_example_28_instalments_at_the_rate_of_the_contract_and_at_that_of_the_market(
    rate: Decimal, price: int
) -> None:
    """60 instalments of 18,871.23 (1,000,000 at 5/12 % a month): at 5 % 1,000,000, at 1 % a month 848,357, in whole dollars."""
    payment = round(instalment(100_000_000, Decimal("0.05") / 12, 60))
    plan = "contract_id due_on amount \n" + "\n".join(
        f"C1 {periods.last_day(periods.add('2026-01', n))} {payment}" for n in range(1, 61)
    )
    promised = f"contract_id obligation_id stated_price start_date \n C1 A {60 * payment} 2026-01-31"
    case = deals(SIGNED.replace("0.1", str(rate)), promised)
    result = made(case, plan)
    assert round(int(result.tables.obligations["stated_price"].iloc[0]) / 100) == price
    assert result.schedule["interest"].sum() == result.tables.obligations["stated_price"].iloc[0] - 60 * payment


def test_each_obligation_has_its_part_of_the_cash_price() -> None:
    """Equipment of 60 at once, and service of 60 for three years, all paid at the end of them."""
    promised = """
        contract_id obligation_id recognition   stated_price start_date end_date
        C1          A             point_in_time 60000        2026-01-31 -
        C1          B             straight_line 60000        2026-01-01 2028-12-31
        C1          U             usage         0            -          -
    """
    plan = "contract_id due_on amount \n C1 2028-12-31 120000"
    monthly = made(deals(SIGNED, promised), plan, "2026-12")
    one, other = monthly.tables.obligations["stated_price"].tolist()[:2]
    assert one == other
    assert monthly.schedule["closing"].iloc[-1] == 0
    assert set(monthly.schedule["status"]) == {"actual", "planned"}
    daily = made(deals(SIGNED, promised), plan, "2026-12", proration="daily")
    assert abs(int(daily.tables.obligations["stated_price"].iloc[0]) - one) < 20


def test_measured_progress_is_expected_evenly_to_its_end() -> None:
    promised = (
        "contract_id obligation_id recognition stated_price total_measure end_date \n C1 A input 12100 100 2026-02-28"
    )
    result = made(deals(SIGNED, promised), "contract_id due_on amount \n C1 2028-02-29 12100")
    given = result.schedule.set_index("period")["transferred"]
    assert abs(given["2026-01"] - given["2026-02"]) <= 1
    assert given["2026-03":].sum() == 0


def test_what_is_free_may_come_at_any_time_and_what_is_over_is_transferred_on_signing() -> None:
    promised = """
        contract_id obligation_id recognition   stated_price total_measure end_date
        C1          A             input         12100        100           2025-11-30
        C1          B             point_in_time 0            -             -
    """
    result = made(deals(SIGNED, promised), "contract_id due_on amount \n C1 2028-01-31 12100")
    assert result.tables.obligations["stated_price"].tolist() == [10_000, 0]


def test_a_contract_in_other_trouble_is_left_to_the_schedule_to_name() -> None:
    promised = "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 12100 2026-05-01 2026-03-01"
    result = made(deals(SIGNED, promised))
    assert (len(result.schedule), result.findings) == (0, [])
    assert [f.rule_id for f in Deals(*result.tables).schedule("2026-01").findings] == ["REV-004"]


@pytest.mark.parametrize(("due", "waits"), [("2027-01-31", True), ("2027-02-28", False)])
def test_with_the_expedient_what_is_paid_within_a_year_finances_nothing(due: str, waits: bool) -> None:
    plan = f"contract_id due_on amount \n C1 {due} 12100"
    assert made(deals(SIGNED, GOODS), plan).schedule.empty == waits
    assert not made(deals(SIGNED, GOODS), plan, expedient=False).schedule.empty


def test_the_first_payment_is_for_the_first_transfer() -> None:
    """Two years of service, paid in two halves each in the middle of its year: nothing waits a year."""
    promised = "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 24000 2026-01-01 2027-12-31"
    plan = "contract_id due_on amount \n C1 2026-07-01 12000 \n C1 2027-07-01 12000"
    assert made(deals(SIGNED, promised), plan).schedule.empty


def test_without_a_rate_nothing_changes() -> None:
    case = deals(SIGNED.replace("0.1", "-"), GOODS, EVENTS)
    result = made(case)
    pd.testing.assert_frame_equal(result.tables.obligations, case.obligations)
    assert (len(result.schedule), result.findings) == (0, [])


@pytest.mark.parametrize(
    ("signed", "goods", "plan", "events", "words"),
    [
        ("0", GOODS, PLAN, EVENTS, "a financing_rate of 0"),
        ("0.1", GOODS, "contract_id due_on amount", EVENTS, "send its payment_plan"),
        ("0.1", GOODS, PLAN.replace("12100", "12000"), EVENTS, "sums to 12000, its stated prices to 12100"),
        ("0.1", GOODS.replace("12100", "0"), PLAN.replace("12100", "0"), EVENTS, "or all are nothing"),
        ("0.1", GOODS.replace("2026-01-31", "-"), PLAN, EVENTS, "nothing says when it is transferred"),
    ],
)
def test_what_cannot_be_financed_is_left_out_and_named(
    signed: str, goods: str, plan: str, events: str, words: str
) -> None:
    case = deals(SIGNED.replace("0.1", signed) + "\n C2 2026-01-01 -", goods + "\n C2 A 500 2026-01-31", events)
    result = made(case, plan)
    assert [(f.rule_id, f.severity) for f in result.findings] == [("REV-036", "error")]
    assert words in result.findings[0].message
    assert [set(table["contract_id"]) for table in result.tables[:3]] == [{"C2"}, {"C2"}, set()]
    assert result.schedule.empty


def test_the_explanation_parts_interest_from_the_price() -> None:
    case = deals(SIGNED, GOODS, EVENTS)
    tables = (case.contracts, case.obligations, case.events, case.entities)
    more = Beside(read("estimate_outcomes", "event_id"), read("payment_plan", PLAN))
    text = "\n".join(explain("C1", *tables, date(2027, 1, 31), more=more))
    for said in (
        "-21.00  interest of the financing component, income",
        "100.00  A: the stated price stands",
        "interest_income",
    ):
        assert said in text, said
    late = deals(SIGNED, GOODS.replace("2026-01-31", "-"), EVENTS)
    told = "\n".join(
        explain("C1", late.contracts, late.obligations, late.events, late.entities, date(2027, 1, 31), more=more)
    )
    assert "REV-036 C1 / A: nothing says when it is transferred" in told


def test_each_proof_fails_on_what_it_is_for() -> None:
    case = deals(SIGNED, GOODS, EVENTS)
    result = made(case)
    rows, first = result.schedule, result.schedule["period"] == "2026-02"

    def broken(wrong: pd.DataFrame) -> set[str]:
        stated = Tables(case.contracts, case.obligations, case.events, case.entities)
        return {f.rule_id for f in financing_findings(wrong, stated, result.tables, "2028-01")}

    assert broken(rows.assign(interest=rows["interest"] + first)) == {"REV-190"}
    assert broken(rows.assign(opening=rows["opening"] + first, closing=rows["closing"] + first)) == {"REV-190"}
    assert broken(rows[:-1]) == {"REV-190", "REV-191"}
    both = rows.assign(paid=rows["paid"] + first, transferred=rows["transferred"] + first)
    assert broken(both) == {"REV-191"}


@settings(max_examples=2)
@given(seed=st.integers(0, 2**32), proration=st.sampled_from(["daily", "monthly"]))
def test_every_proof_holds_whatever_is_financed(seed: int, proration: str) -> None:
    """Contracts by chance, all with a rate and paid whenever; those that cannot be financed are named."""
    rng = Random(seed)
    case = by_chance(rng, 12, changes=False)
    shared = case.obligations[case.obligations["recognition"] != "usage"]
    rows = []
    for contract, stated in shared.groupby("contract_id")["stated_price"].sum().items():
        days = sorted(rng.sample(range(900), rng.randint(1, 3)))
        for day, part in zip(days, money.split(int(stated), [1] * len(days)), strict=True):
            rows.append(
                {
                    "contract_id": contract,
                    "due_on": date(2025, 9, 1) + timedelta(day),
                    "amount": part,
                    "contract_currency": "EUR",
                }
            )
    rates = [Decimal(rng.randint(1, 300)) / 1000 for _ in range(len(case.contracts))]
    rated = frame(
        "contracts",
        [{**head, "financing_rate": rate} for head, rate in zip(case.contracts.to_dict("records"), rates, strict=True)],
    )
    case = Deals(rated, case.obligations, case.events, case.entities)
    tables = Tables(rated, case.obligations, case.events, case.entities)
    result = with_financing(tables, frame("payment_plan", rows), "2027-12", proration, expedient=False)
    assert financing_findings(result.schedule, tables, result.tables, "2027-12") == []
    named = {f.subject.split(" / ")[0] for f in result.findings}
    assert named.isdisjoint(result.schedule["contract_id"])
    assert named | set(result.schedule["contract_id"]) == set(rated["contract_id"])
    schedule = Deals(*result.tables).schedule("2027-12", proration)
    assert schedule_findings(schedule) == []
    events, months = result.tables.events, periods.span("2026-01", "2027-12")
    books = revenue_rollforward(schedule.lines, rated, events, months, result.schedule)
    due = result.schedule[result.schedule["contract_id"].isin(schedule.lines["contract_id"])]
    assert rollforward_findings(books, schedule.lines, events, months, due) == []
    journal = revenue_journal(books)
    assert journal_findings(journal, books, schedule.lines, events, months) == []


@settings(max_examples=6)
@given(
    amounts=st.lists(st.integers(0, 10**15), min_size=1, max_size=4).filter(lambda found: sum(found) > 0),
    months=st.lists(st.integers(0, 60), min_size=4, max_size=4, unique=True),
    percent=st.integers(1, 40),
    delivered=st.integers(0, 60),
)
def test_the_cash_price_is_worth_what_is_paid(
    amounts: list[int], months: list[int], percent: int, delivered: int
) -> None:
    """On the day of the transfer, by the present values of `financing`, at the monthly rate that compounds to that of the year."""
    label = periods.add("2026-01", delivered)
    plan = "contract_id due_on amount \n" + "\n".join(
        f"C1 {periods.last_day(periods.add('2026-01', m))} {a}" for m, a in zip(months, amounts, strict=False)
    )
    promised = f"contract_id obligation_id stated_price end_date \n C1 A {sum(amounts)} {periods.last_day(label)}"
    case = deals(SIGNED.replace("0.1", str(Decimal(percent) / 100)), promised)
    result = made(case, plan, expedient=False)
    growth = (1 + Decimal(percent) / 100) ** (Decimal(1) / 12)
    line = [Decimal(0)] * 61
    for month, amount in zip(months, amounts, strict=False):
        line[month] += amount
    now = line[0] + present_value(line[1:], growth - 1)
    price = int(result.tables.obligations["stated_price"].iloc[0])
    assert abs(price - now * growth**delivered) <= 2 * growth**delivered
    assert result.schedule["interest"].sum() == price - sum(amounts)
