"""Financed contracts that are modified: by hand, against a slow reference, and in the books."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

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
from finops_pipeline.finance.revenue.expectations import longest_wait
from finops_pipeline.finance.revenue.financed import Financed, with_financing
from finops_pipeline.finance.revenue.financing_course import Terms, course
from finops_pipeline.finance.revenue.financing_proofs import financing_findings, settlement_findings
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, read

SIGNED = "contract_id signed_on financing_rate \n C1 2026-01-01 0.1"
AHEAD = "contract_id obligation_id product_id stated_price end_date added_by_event_id \n C1 A P 10000 2028-01-31 -"
PLAN = "contract_id due_on amount agreed_by_event_id \n C1 2026-01-31 10000 -"
CHANGE = "contract_id event_id event_date event_type obligation_id amount method financing_rate \n"


def made(case: Deals, plan: str = PLAN, as_of: str = "2028-12", *, expedient: bool = True) -> Financed:
    """The tables at cash prices; financing, revenue, roll-forward and journal are proven."""
    tables = Tables(case.contracts, case.obligations, case.events, case.entities)
    result = with_financing(tables, read("payment_plan", plan), as_of, "monthly", expedient=expedient)
    assert_keeps("financing_schedule", result.schedule)
    assert financing_findings(result.schedule, tables, result.tables, as_of) == []
    assert settled(result.schedule, case, plan, as_of, expedient=expedient) == set()
    schedule = Deals(*result.tables).schedule(as_of, "monthly")
    assert schedule_findings(schedule) == []
    lines, events, months = schedule.lines, result.tables.events, periods.span("2026-01", as_of)
    due = result.schedule[result.schedule["contract_id"].isin(lines["contract_id"])]
    books = revenue_rollforward(lines, case.contracts, events, months, due)
    assert rollforward_findings(books, lines, events, months, due) == []
    assert journal_findings(revenue_journal(books), books, lines, events, months) == []
    return result


def settled(
    schedule: pd.DataFrame, case: Deals, plan: str, as_of: str = "2028-12", *, expedient: bool = True
) -> set[str]:
    """What is found wrong with what goes back without an agreement."""
    tables, payments = Tables(case.contracts, case.obligations, case.events, case.entities), read("payment_plan", plan)
    found = settlement_findings(schedule, tables, payments, as_of, "monthly", expedient=expedient)
    return {f.rule_id for f in found}


def earned(result: Financed, as_of: str = "2028-12") -> dict[str, int]:
    schedule = Deals(*result.tables).schedule(as_of, "monthly")
    assert schedule.findings == []
    found = schedule.lines.groupby("obligation_id")["recognized"].sum()
    return {str(name): int(amount) for name, amount in found.items()}


def test_a_prospective_modification_takes_the_rate_of_its_day() -> None:
    """10,000 paid two years ahead at 10 % are 12,100; 11,000 after a year, and at 5 % from then on 11,550."""
    events = CHANGE + "C1 M1 2027-01-31 modification - - prospective 0.05 \n C1 D1 2028-01-31 delivery A - - -"
    before = made(deals(SIGNED, AHEAD), as_of="2026-12")
    after = made(deals(SIGNED, AHEAD, events))
    assert before.tables.obligations["stated_price"].tolist() == [12_100]
    assert after.tables.obligations["stated_price"].tolist() == [12_100], "what was agreed on at first stays"
    assert after.tables.events["amount"].tolist()[0] == -550
    assert earned(after) == {"A": 11_550}
    then, now = (r.schedule.set_index("period")["interest"] for r in (before, after))
    assert then[:"2027-01"].tolist() == now[:"2027-01"].tolist(), "the interest of closed months stays"
    assert (int(now[:"2027-01"].sum()), int(now["2027-02":].sum())) == (1_000, 550)


def test_a_prospective_modification_shares_the_new_price_over_what_remains() -> None:
    """B is added for 5,000, paid with it: worth 5,000 then. Both are one price, shared by their standalone selling prices."""
    goods = "contract_id obligation_id product_id stated_price ssp end_date added_by_event_id"
    goods += "\n C1 A P 10000 1 2028-01-31 - \n C1 B Q 5000 1 2028-01-31 M1"
    events = CHANGE + "C1 M1 2027-01-31 modification - - prospective - \n C1 D1 2028-01-31 delivery - - - -"
    result = made(deals(SIGNED, goods, events), PLAN + "\n C1 2028-01-31 5000 M1")
    assert earned(result) == {"A": 8_550, "B": 8_550}
    assert result.schedule["paid"].sum() == 15_000


def test_a_separate_modification_is_financed_by_itself() -> None:
    """10,000 in advance as before; B for 10,500, paid a year and a month after it is delivered, at 5 %: 9,958."""
    goods = AHEAD + "\n C1 B Q 10500 2027-01-31 M1"
    events = CHANGE + (
        "C1 M1 2027-01-15 modification - - separate 0.05 \n C1 D1 2027-01-31 delivery B - - - \n C1 D2 2028-01-31 delivery A - - -"
    )
    result = made(deals(SIGNED, goods, events), PLAN + "\n C1 2028-02-29 10500 M1")
    apart = round(Decimal(10_500) / Decimal("1.05") ** (Decimal(13) / 12))
    assert earned(result) == {"A": 12_100, "B": apart}
    alone = made(deals(SIGNED.replace("0.1", "0.05"), AHEAD.replace("A P 10000 2028", "B Q 10500 2027")),
                 "contract_id due_on amount \n C1 2028-02-29 10500")  # fmt: skip
    both, first = result.schedule.set_index("period")["interest"], made(deals(SIGNED, AHEAD)).schedule
    sums = first.set_index("period")["interest"].add(alone.schedule.set_index("period")["interest"], fill_value=0)
    assert both.tolist() == sums.tolist()


def test_a_separate_modification_that_is_paid_at_once_is_not_financed() -> None:
    goods = AHEAD + "\n C1 B Q 500 2027-01-31 M1 \n C1 F Q 0 2027-01-31 M1"
    events = CHANGE + "C1 M1 2027-01-15 modification - 500 separate - \n C1 M2 2027-02-15 modification - - separate -"
    with_usage = goods + "\n C1 U Q 3 2027-12-31 M2"
    result = made(deals(SIGNED, goods, events.split("\n C1 M2")[0]), PLAN + "\n C1 2027-01-31 500 M1")
    assert result.tables.obligations["stated_price"].tolist() == [12_100, 500, 0]
    usage = deals(SIGNED, with_usage, events)
    usage.obligations.loc[usage.obligations["obligation_id"] == "U", "recognition"] = "usage"
    assert made(usage, PLAN + "\n C1 2027-01-31 500 M1").findings == []


def test_a_cumulative_modification_catches_revenue_up_and_keeps_the_rate() -> None:
    """Half is done in the first month and all after two years, paid then: the price of 12,100 at the end becomes 24,200."""
    measured = "contract_id obligation_id recognition stated_price total_measure start_date end_date \n C1 A input 12100 100 2026-01-01 2028-01-31"
    events = """
        contract_id event_id event_date event_type   obligation_id amount quantity method
        C1          W1       2026-01-31 progress     A             -      50       -
        C1          M1       2027-01-31 modification A             12100  -        cumulative
        C1          W2       2028-01-31 progress     A             -      50       -
    """
    result = made(deals(SIGNED, measured, events),
                  "contract_id due_on amount agreed_by_event_id \n C1 2028-01-31 12100 - \n C1 2028-01-31 24200 M1")  # fmt: skip
    price = int(result.tables.obligations["stated_price"].iloc[0])
    change = int(result.tables.events["amount"].dropna().iloc[0])
    assert earned(result) == {"A": price + change}
    caught_up = Deals(*result.tables).schedule("2028-12", "monthly").lines.set_index("period")["recognized"]["2027-01"]
    assert caught_up == round(Fraction(price + change, 2)) - round(Fraction(price, 2))
    assert price < price + change < 24_200


def test_a_contract_that_finances_nothing_may_begin_to_by_a_modification() -> None:
    """Paid with the delivery; then the delivery's payment is put off by two years. Half of the goods is still to come."""
    goods = "contract_id obligation_id product_id stated_price end_date added_by_event_id"
    goods += "\n C1 A P 6000 2026-01-31 - \n C1 B Q 6000 2026-09-30 -"
    plan = "contract_id due_on amount agreed_by_event_id \n C1 2026-01-31 6000 - \n C1 2026-09-30 6000 -"
    events = (
        CHANGE
        + "C1 D1 2026-01-31 delivery A - - - \n C1 M0 2026-06-30 modification - - prospective -"
        + "\n C1 M1 2026-06-30 modification - - prospective - \n C1 D2 2026-09-30 delivery B - - -"
    )
    quiet = made(deals(SIGNED, goods, events), plan)
    assert quiet.schedule.empty
    result = made(deals(SIGNED, goods, events), plan + "\n C1 2028-09-30 6000 M1")
    assert earned(result) == {"A": 6_000, "B": round(Decimal(6_000) / Decimal("1.21"))}


def test_a_changed_price_is_never_taken_for_a_repetition_of_what_is_added() -> None:
    """11,000 at 17.04 % and 500 are 13,374: 1,274 more than before, of which 637 would be of B and 637 of A."""
    goods = AHEAD + "\n C1 B Q 500 2028-01-31 M1"
    events = CHANGE + "C1 M1 2027-01-31 modification - - prospective 0.170363636 \n C1 D1 2028-01-31 delivery - - - -"
    result = made(deals(SIGNED, goods, events), PLAN + "\n C1 2028-01-31 500 M1")
    assert result.tables.obligations["stated_price"].tolist() == [12_100, 636]
    assert result.tables.events["amount"].dropna().tolist() == [638]
    assert sum(earned(result).values()) == 13_374


@pytest.mark.parametrize(
    ("events", "goods", "plan", "words"),
    [
        ("C1 M1 2027-01-31 modification - 500 prospective -", "", "", "makes the price 10500 (minor units), and 10000 were due"),
        ("C1 M1 2027-01-31 modification - 500 prospective -", "", "C1 2026-05-31 500 M1", "a payment due before it"),
        ("C1 M1 2027-01-31 modification - 500 prospective -", "", "C1 2027-05-31 600 M1 \n C1 2027-06-30 -100 M1", "below nothing"),
        ("C1 M1 2027-01-31 modification - - prospective 0", "", "", "a financing_rate of 0 is not positive"),
        ("C1 M1 2027-01-31 modification - - cumulative 0.05", "", "", "M1 is cumulative and keeps the rate"),
        ("C1 M1 2027-01-31 modification - - prospective -", "", "C1 2027-06-30 1 M7", "names M7, which is no modification"),
        ("C1 M1 2027-01-31 modification - - prospective -", "C1 B P -5 2028-01-31 M1", "", "adds a price below nothing"),
        ("C1 M1 2027-01-31 modification - - separate -", "C1 B P 50 2028-01-31 M1", "", "which its own payments must sum to"),
        ("C1 M1 2027-01-31 modification - - separate - \n C1 M2 2027-05-31 modification - - prospective -",
         "C1 B P 50 2028-01-31 M1", "C1 2028-01-31 50 M1", "comes after a separate one"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_left_out_and_named(events: str, goods: str, plan: str, words: str) -> None:
    case = deals(SIGNED + "\n C2 2026-01-01 -", f"{AHEAD} \n C2 A P 500 2026-01-31 - \n {goods}", CHANGE + events)
    result = made(case, f"{PLAN} \n {plan}")
    assert [(f.rule_id, f.subject, f.severity) for f in result.findings] == [("REV-036", "C1", "error")]
    assert words in result.findings[0].message
    assert set(result.tables.contracts["contract_id"]) == {"C2"}


def test_a_modification_that_was_learned_of_too_late_is_named() -> None:
    events = "contract_id event_id event_date event_type method recorded_on \n C1 M1 2027-01-31 modification prospective 2027-03-15"
    assert "was learned of in a later month" in made(deals(SIGNED, AHEAD, events)).findings[0].message
    assert made(deals(SIGNED, AHEAD, events), as_of="2027-02").findings == [], "nobody knows of it yet"


def test_who_is_paid_nothing_waits_for_nothing() -> None:
    assert longest_wait({3: 0}, {40: Fraction(1)}) == 0


@settings(max_examples=25)
@given(data=st.data())
def test_the_course_is_that_of_a_plain_account_month_by_month(data: st.DataObject) -> None:
    """The price is found by running an account twice, with prices of nothing and of one, as its end depends on it linearly."""
    number = data.draw(st.integers(1, 3))
    starts = sorted(data.draw(st.lists(st.integers(0, 30), min_size=number, max_size=number, unique=True)))
    terms = []
    for position, start in enumerate(starts):
        weights = data.draw(st.dictionaries(st.integers(start, start + 40), st.integers(1, 9), min_size=1, max_size=4))
        payments = data.draw(st.dictionaries(st.integers(start, start + 40), st.integers(0, 10**9), max_size=4))
        is_catch_up = bool(position) and data.draw(st.booleans())
        if is_catch_up:
            weights |= {starts[0]: 3}
        pattern = {month: Fraction(weight, sum(weights.values())) for month, weight in weights.items()}
        rate = Decimal(data.draw(st.integers(0, 30))) / 100
        terms.append(Terms(start, rate, payments, pattern, is_catch_up))
    made = course(terms)
    balance, given = Decimal(0), Decimal(0)
    for position, now in enumerate(terms):
        end = max([now.start, *now.payments, *now.pattern]) + 1
        left = [_account(now, balance, given, Decimal(price), end)[0] for price in (0, 1)]
        exact = left[0] / (left[0] - left[1])
        total = exact if now.is_catch_up else given + exact
        assert abs(made.prices[position] - total) < Decimal("0.51")
        until = terms[position + 1].start if position + 1 < number else end
        balance, given = _account(now, balance, given, exact, until)
        closing = dict(made.rows).get(until - 1, [0] * 5)[4]
        assert abs(closing - balance) <= 2
    paid = sum(amounts[2] for _, amounts in made.rows)
    assert made.rows[-1][1][4] == 0
    assert sum(amounts[1] for _, amounts in made.rows) == made.prices[-1] - paid
    assert sum(amounts[3] for _, amounts in made.rows) == made.prices[-1]


def _account(terms: Terms, balance: Decimal, given: Decimal, price: Decimal, end: int) -> tuple[Decimal, Decimal]:
    """Balance and what is transferred at the end of the month before `end`."""
    growth = (1 + terms.rate) ** (Decimal(1) / 12)
    before = given
    for month in range(terms.start, end):
        done = sum((p for m, p in terms.pattern.items() if m <= month), Fraction(0))
        reached = price * done.numerator / done.denominator + (0 if terms.is_catch_up else before)
        balance = balance * growth + terms.payments.get(month, 0) - (reached - given)
        given = reached
    return balance, given


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32))
def test_every_proof_holds_whatever_is_changed(seed: int) -> None:
    """Contracts of goods and services by chance, each with up to two modifications; those that cannot be made are named."""
    rng = Random(seed)
    heads, goods, events, plans = ["contract_id signed_on financing_rate"], [], [], []
    for name in (f"C{n}" for n in range(8)):
        heads.append(f"{name} 2026-01-01 0.{rng.randint(1, 25):02d}")
        price = rng.randint(1_000, 10**7)
        goods.append(f"{name} A P straight_line {price} 2026-01-01 {_day(rng, 2027)} -")
        goods.append(f"{name} B Q point_in_time {price} - {_day(rng, 2028)} -")
        for due, part in zip((2026, 2028), money.split(2 * price, [1, rng.randint(0, 3)]), strict=True):
            plans.append(f"{name} {_day(rng, due)} {part} -")
        if rng.random() < 0.8:
            more = rng.randint(1, price)
            method = rng.choice(["separate", "prospective", "cumulative"])
            rate = "-" if method == "cumulative" or rng.random() < 0.5 else f"0.{rng.randint(1, 25):02d}"
            day = date(2026, rng.randint(3, 11), rng.choice([1, 15, 30]))
            events.append(f"{name} {name}M {day} modification - - {method} {rate}")
            goods.append(f"{name} C R point_in_time {more} - {_day(rng, 2028)} {name}M")
            late = sum(int(row.split()[2]) for row in plans[-2:] if row.split()[1] >= f"{day:%Y-%m}" or day.day == 30)
            plans.append(f"{name} 2028-11-30 {more + (0 if method == 'separate' else late)} {name}M")
    columns = "contract_id obligation_id product_id recognition stated_price start_date end_date added_by_event_id"
    case = deals("\n".join(heads), "\n".join([columns, *goods]), CHANGE + "\n".join(events))
    result = made(case, "\n".join(["contract_id due_on amount agreed_by_event_id", *plans]), expedient=False)
    named = {f.subject.split(" / ")[0] for f in result.findings}
    assert named | set(result.schedule["contract_id"]) == set(case.contracts["contract_id"])
    assert len(named) < 6
    pd.testing.assert_frame_equal(result.tables.contracts, case.contracts[~case.contracts["contract_id"].isin(named)])


def _day(rng: Random, year: int) -> date:
    return date(year, rng.randint(1, 12), rng.randint(1, 28))
