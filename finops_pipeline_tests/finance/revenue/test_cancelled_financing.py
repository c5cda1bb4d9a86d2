"""Financed contracts that are cancelled: by hand, with payments ahead and afterwards, and whatever is cancelled."""

from decimal import Decimal
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import money, periods
from finops_pipeline.finance.revenue import refunds, revenue_rollforward
from finops_pipeline.finance.revenue.financed import Financed
from finops_pipeline.finance.revenue.financing_proofs import financing_findings
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.refund_proofs import refund_findings
from finops_pipeline_tests.finance.revenue.deals import Deals, deals
from finops_pipeline_tests.finance.revenue.test_refinanced import AHEAD, CHANGE, PLAN, SIGNED, earned, made, settled

HEAD = "contract_id event_id event_date event_type obligation_id amount quantity \n"
TWO = "contract_id obligation_id product_id stated_price end_date \n C1 A P 10000 2028-01-31 \n C1 B Q 10000 2028-01-31"
PAID = "C1 P1 2026-01-31 payment - 10000 - \n"
SERVED = """
    contract_id obligation_id recognition   stated_price start_date end_date
    C1          A             point_in_time 12100        2026-01-31 2026-01-31
    C1          B             point_in_time 12100        2026-01-31 2028-01-31
"""
LATER = "contract_id due_on amount agreed_by_event_id \n C1 2028-01-31 24200 -"


TWO_PAID = "contract_id due_on amount \n C1 2026-01-31 20000"


def balances(result: Financed, period: str) -> dict[str, int]:
    """What stands on the books of C1 at the end of a month, without zeros; what is to be refunded is proven."""
    rows = proven(result)
    rows = rows[(rows["period"] == period) & (rows["closing"] != 0)]
    return dict(zip(rows["balance"], rows["closing"].tolist(), strict=True))


def proven(result: Financed) -> pd.DataFrame:
    """The roll-forward, with every proof of refund liabilities."""
    case, months = Deals(*result.tables), periods.span("2026-01", "2028-12")
    schedule = case.schedule(months[-1], "monthly")
    rows = revenue_rollforward(schedule.lines, case.contracts, case.events, months, result.schedule)
    states = refunds.refund_states(schedule.inputs, schedule.lines, "monthly")
    owed = refunds.refund_liability_rollforward(states, rows, case.events, months)
    assert refund_findings(owed, rows, schedule.lines, case.events, months) == []
    return rows


def test_without_an_agreement_what_was_paid_ahead_goes_back_with_its_interest() -> None:
    """10,000 at 10 % are 11,000 after a year: all of it goes back, and nothing was revenue."""
    events = HEAD + PAID + "C1 X1 2027-01-31 cancellation - - - \n C1 R1 2027-03-31 refund - 11000 -"
    result = made(deals(SIGNED, AHEAD, events))
    assert earned(result) == {"A": 0}
    assert result.schedule["interest"].sum() == 1_000
    assert result.schedule["paid"].tolist()[-1] == -11_000
    assert (result.schedule["period"].iloc[-1], result.schedule["closing"].iloc[-1]) == ("2027-02", 0)
    assert balances(result, "2027-02") == {"refund_liability": 11_000}
    assert balances(result, "2027-04") == {}


def test_what_is_kept_of_a_payment_ahead_is_revenue_with_its_interest() -> None:
    """Of 11,000 after a year 6,000 go back: 5,000 are revenue on that day."""
    events = HEAD + PAID + "C1 X1 2027-01-31 cancellation - 6000 - \n C1 R1 2027-01-31 refund - 6000 -"
    result = made(deals(SIGNED, AHEAD, events), PLAN + "\n C1 2027-01-31 -6000 X1")
    assert earned(result) == {"A": 5_000}
    assert earned(result, "2027-01") == {"A": 5_000}
    assert result.tables.events["amount"].tolist()[1] == 12_100 - 5_000
    assert balances(result, "2027-02") == {}


@pytest.mark.parametrize(("amount", "plan", "revenue"), [("-", "", 0), ("250000", "C1 2027-02-10 -250000 X1", 174_000)])
def test_example_29_cancelled_after_a_year(amount: str, plan: str, revenue: int) -> None:
    """4,000 at 6 % are 4,240: all of it goes back; or 2,500 do, and 1,740 are revenue."""
    events = HEAD + f"C1 P1 2026-01-31 payment - 400000 - \n C1 X1 2027-02-10 cancellation - {amount} -"
    case = deals(SIGNED.replace("0.1", "0.06"), AHEAD.replace("10000", "400000"), events)
    result = made(case, f"contract_id due_on amount agreed_by_event_id \n C1 2026-01-31 400000 - \n {plan}")
    assert earned(result) == {"A": revenue}
    assert balances(result, "2027-02") == {"refund_liability": 424_000 - revenue}


def test_all_that_was_paid_is_kept_where_nothing_goes_back() -> None:
    events = HEAD + PAID + "C1 X1 2027-01-31 cancellation - 0 -"
    result = made(deals(SIGNED, AHEAD, events))
    assert earned(result) == {"A": 11_000}
    assert balances(result, "2027-02") == {}


def test_without_an_agreement_what_was_delivered_is_still_owed_and_earns_no_more_interest() -> None:
    """A and B are 10,000 each now; only A is delivered, and 11,000 of it are owed after a year."""
    events = HEAD + "C1 D1 2026-01-31 delivery A - - \n C1 X1 2027-01-31 cancellation - - -"
    goods = SERVED.replace("2028-01-31", "2026-01-31")
    result = made(deals(SIGNED, goods, events), LATER)
    assert earned(result) == {"A": 10_000, "B": 0}
    assert result.schedule["interest"].sum() == -2_000, "of both, as planned"


def test_what_is_not_paid_any_more_for_what_was_delivered_is_revenue_taken_back() -> None:
    """12,100 in two years for A, 10,000 now: 11,000 are owed after a year, of which 8,000 are still paid, at once.

    Of the rest, 3,000 are a price concession; B, paid after delivery, is given up.
    """
    events = HEAD + (
        "C1 D1 2026-01-31 delivery A - - \n C1 X1 2027-01-31 cancellation - 16200 - \n C1 I1 2027-02-15 invoice - 8000 -"
        "\n C1 P1 2027-02-15 payment - 8000 -"
    )
    result = made(deals(SIGNED, SERVED, events), LATER + "\n C1 2027-02-15 8000 X1")
    interest = int(result.schedule["interest"].sum())
    assert interest < 0
    assert sum(earned(result).values()) == 8_000 + interest
    assert balances(result, "2027-02") == {}


def test_an_obligation_that_is_cancelled_leaves_the_price_of_the_other() -> None:
    """20,000 paid ahead for A and B: 22,000 after a year. For B 10,000 go back at the end of the month after: the rest is kept.

    That is the interest of B until then (11,000 x 1.1^(1/12) - 10,000), which is revenue; A stays at 12,100.
    """
    events = HEAD + (
        "C1 P1 2026-01-31 payment - 20000 - \n C1 X1 2027-02-10 cancellation B 10000 - \n C1 R1 2027-02-28 refund - 10000 -"
        "\n C1 D1 2028-01-31 delivery A - -"
    )
    plan = "contract_id due_on amount agreed_by_event_id \n C1 2026-01-31 20000 - \n C1 2027-02-28 -10000 X1"
    result = made(deals(SIGNED, TWO, events), plan)
    kept = round(11_000 * Decimal("1.1") ** (Decimal(1) / 12) - 10_000)
    assert earned(result) == {"A": 12_100, "B": kept}
    revenue = Deals(*result.tables).schedule("2028-12", "monthly").lines
    assert revenue.loc[revenue["period"] == "2027-02", "recognized"].sum() == kept
    assert balances(result, "2028-02") == {}


def test_an_obligation_that_is_cancelled_on_the_last_day_of_a_month_has_its_interest_until_then() -> None:
    """20,000 paid ahead are 22,000 after a year to the day; 10,000 of B's 11,000 go back, 1,000 are revenue of that day.

    What is left is A's 11,000, and 1,100 of interest come in its second year: none of February's is of B.
    """
    events = HEAD + (
        "C1 P1 2026-01-31 payment - 20000 - \n C1 X1 2027-01-31 cancellation B 10000 - \n C1 R1 2027-01-31 refund - 10000 -"
        "\n C1 D1 2028-01-31 delivery A - -"
    )
    plan = "contract_id due_on amount agreed_by_event_id \n C1 2026-01-31 20000 - \n C1 2027-01-31 -10000 X1"
    result = made(deals(SIGNED, TWO, events), plan)
    assert earned(result) == {"A": 12_100, "B": 1_000}
    lines = Deals(*result.tables).schedule("2028-12", "monthly").lines
    assert lines.loc[lines["period"] == "2027-01", "recognized"].sum() == 1_000
    assert balances(result, "2027-01") == {"contract_liability": 11_000}
    interest = result.schedule.set_index("period")["interest"]
    assert (interest[:"2027-01"].sum(), interest["2027-02":].sum()) == (2_000, 1_100)
    assert balances(result, "2028-01") == {}


def test_what_is_due_in_the_month_at_whose_end_an_obligation_is_cancelled_has_been_due() -> None:
    """5,000 of 20,000 are due in the January of the cancellation, and 10,000 go back in March: 10,000 are left to be paid in all."""
    events = (
        HEAD
        + "C1 P1 2026-01-31 payment - 15000 - \n C1 P2 2027-01-15 payment - 5000 - \n C1 X1 2027-01-31 cancellation B 10000 -"
    )
    plan = "contract_id due_on amount agreed_by_event_id \n C1 2026-01-31 15000 - \n C1 2027-01-15 5000 - \n C1 2027-03-31 -10000 X1"
    result = made(deals(SIGNED, TWO, events), plan)
    paid = result.schedule.set_index("period")["paid"]
    assert paid[paid != 0].to_dict() == {"2026-01": 15_000, "2027-01": 5_000, "2027-03": -10_000}


def test_a_contract_that_is_cancelled_on_the_last_day_of_a_month_has_all_interest_of_that_month_and_no_more() -> None:
    """10,000 at 10 % are 11,000 a year to the day later; 6,000 go back, and 5,000 are revenue: nothing is left that night."""
    events = HEAD + PAID + "C1 X1 2027-01-31 cancellation - 6000 - \n C1 R1 2027-01-31 refund - 6000 -"
    result = made(deals(SIGNED, AHEAD, events), PLAN + "\n C1 2027-01-31 -6000 X1")
    interest = result.schedule.set_index("period")["interest"]
    assert (interest[:"2027-01"].sum(), interest["2027-02":].sum()) == (1_000, 0)
    assert interest["2027-01"] > 80
    assert earned(result, "2027-01") == {"A": 5_000}
    assert balances(result, "2027-01") == {}


@pytest.mark.parametrize("first", ["2026-07-31", "2027-01-10", "2027-01-31"])
def test_one_obligation_after_another_and_then_the_rest(first: str) -> None:
    """Nothing goes back: 20,000 and their interest of a year are revenue, then nothing is left."""
    events = HEAD + (
        f"C1 P1 2026-01-31 payment - 20000 - \n C1 X1 {first} cancellation B 0 - \n C1 X2 2027-01-31 cancellation A 0 -"
    )
    result = made(deals(SIGNED, TWO, events), "contract_id due_on amount \n C1 2026-01-31 20000")
    interest = int(result.schedule["interest"].sum())
    assert interest == {"2026-07-31": 1_000 + round(10_000 * Decimal("1.1") ** (Decimal(1) / 2) - 10_000)}.get(
        first, 2_000
    )
    assert sum(earned(result).values()) == 20_000 + interest
    assert balances(result, "2027-01") == {}


def test_instalments_that_are_still_to_come_stand_where_an_obligation_is_given_up() -> None:
    """A at once and B after two years, 12,100 each; B is cancelled after days, and 12,100 are still paid after two years."""
    events = HEAD + (
        "C1 D1 2026-01-31 delivery A - - \n C1 X1 2026-02-10 cancellation B 12100 - \n C1 I1 2028-01-31 invoice - 12100 -"
        "\n C1 P1 2028-01-31 payment - 12100 -"
    )
    result = made(deals(SIGNED, SERVED, events), LATER + "\n C1 2028-01-31 12100 X1")
    interest = int(result.schedule["interest"].sum())
    assert sum(earned(result).values()) == 12_100 + interest
    assert balances(result, "2028-02") == {}


def test_a_contract_within_the_expedient_is_cancelled_as_any_other() -> None:
    plan = "contract_id due_on amount \n C1 2028-01-31 10000"
    result = made(deals(SIGNED, AHEAD, HEAD + "C1 X1 2027-01-31 cancellation - - -"), plan)
    assert result.schedule.empty
    assert earned(result) == {"A": 0}


@pytest.mark.parametrize(
    ("event", "plan", "words"),
    [
        ("X1 2027-01-31 cancellation - - 3", "", "gives up units"),
        ("X1 2027-01-31 cancellation A - -", "", "and no amount: state the stated price"),
        ("X1 2027-01-31 cancellation - - -", "C1 2027-02-28 -5 X1", "and no amount: state the stated price"),
        ("X1 2027-01-31 cancellation - 500 -", "", "leaves 9500 (minor units) of the price, and 10000 were due before it and 0"),
        ("X1 2027-01-31 cancellation - 10500 -", "C1 2027-02-28 -10500 X1", "leaves -500 (minor units)"),
        ("X1 2027-01-31 cancellation - 500 -", "C1 2026-02-28 -500 X1", "a payment due before it"),
        ("X1 2027-01-31 cancellation - - - \n C1 M2 2027-05-31 modification - - -", "", "M2 of a financed contract comes after a cancellation"),
        ("X1 2027-01-31 cancellation - - - \n C1 X2 2027-05-31 cancellation - - -", "", "X2 of a financed contract comes after a canc"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_left_out_and_named(event: str, plan: str, words: str) -> None:
    result = made(deals(SIGNED, AHEAD, f"{HEAD} C1 {event}"), f"{PLAN} \n {plan}")
    assert [(f.rule_id, f.subject) for f in result.findings] == [("REV-036", "C1")]
    assert words in result.findings[0].message
    assert result.schedule.empty


def test_an_obligation_is_not_parted_from_what_a_modification_made_one() -> None:
    events = CHANGE + "C1 M1 2026-06-30 modification - - prospective - \n C1 X1 2027-01-31 cancellation A 0 - -"
    assert "after a modification" in made(deals(SIGNED, AHEAD, events)).findings[0].message


def test_a_cancellation_has_no_rate_of_its_own() -> None:
    events = CHANGE + "C1 X1 2027-01-31 cancellation - - - 0.05"
    assert "X1 of a financed contract has a financing_rate" in made(deals(SIGNED, AHEAD, events)).findings[0].message


def test_what_is_still_paid_in_full_at_once_is_no_financing() -> None:
    events = HEAD + "C1 X1 2026-02-10 cancellation - 0 -"
    plan = "contract_id due_on amount agreed_by_event_id \n C1 2028-01-31 24200 - \n C1 2026-03-31 24200 X1"
    assert "lets more be paid than its cash price" in made(deals(SIGNED, SERVED, events), plan).findings[0].message


def test_the_proof_of_prices_counts_what_is_given_up() -> None:
    events = HEAD + PAID + "C1 X1 2027-01-31 cancellation - 6000 -"
    case = deals(SIGNED, AHEAD, events)
    result = made(case, PLAN + "\n C1 2027-01-31 -6000 X1")
    stated = Tables(case.contracts, case.obligations, case.events, case.entities)
    first = result.schedule["period"] == "2026-02"
    wrong = result.schedule.assign(
        paid=result.schedule["paid"] + first, transferred=result.schedule["transferred"] + first
    )
    assert {f.rule_id for f in financing_findings(wrong, stated, result.tables, "2028-12")} == {"REV-191"}


ENDED = HEAD + PAID + "C1 X1 2027-01-31 cancellation - - -"


def test_the_proof_of_what_goes_back_without_an_agreement_fails_on_other_interest_and_other_cash() -> None:
    """11,000 go back in February: 10,000 and their interest of a year, not 5 more, nor later, nor with interest of that month."""
    case = deals(SIGNED, AHEAD, ENDED)
    rows = made(case).schedule
    last, month = rows["period"] == "2027-02", rows["period"] == "2026-07"
    later = rows["period"] > "2026-07"
    more_interest = rows.assign(
        interest=rows["interest"] + 5 * month, paid=rows["paid"] - 5 * last, opening=rows["opening"] + 5 * later,
        closing=rows["closing"] + 5 * (month | later & ~last),
    )  # fmt: skip
    stated = Tables(case.contracts, case.obligations, case.events, case.entities)
    assert financing_findings(more_interest, stated, made(case).tables, "2028-12") == [], (
        "no price is left to compare with"
    )
    assert settled(more_interest, case, PLAN) == {"REV-191"}
    more_cash = rows.assign(paid=rows["paid"] + month, transferred=rows["transferred"] + month)
    assert settled(more_cash, case, PLAN) == {"REV-191"}
    goes_on = rows.assign(interest=rows["interest"] + last, paid=rows["paid"] - last)
    assert settled(goes_on, case, PLAN) == {"REV-191"}
    assert settled(rows[rows["period"] != "2026-07"], case, PLAN) == {"REV-191"}
    assert settled(rows, case, PLAN.replace("2026-01-31", "2026-03-31")) == {"REV-191"}
    assert settled(rows, case, PLAN.replace("10000", "9999")) == {"REV-191"}, (
        "as if not cancelled it cannot be financed"
    )
    assert settled(rows, case, PLAN) == set()
    assert settled(more_interest, case, PLAN, "2027-01") == {"REV-191"}
    assert settled(more_interest, case, PLAN, "2026-12") == set(), "not yet known"


@pytest.mark.parametrize(
    ("goods", "changes", "plan"),
    [
        (AHEAD, ["X1 2026-01-10 cancellation - - -"], PLAN.replace("2026-01-31", "2026-03-31")),  # before anything
        (AHEAD, ["M1 2026-06-30 modification - - prospective", "X1 2027-01-31 cancellation - - -"], PLAN),
        (TWO, ["X1 2026-06-30 cancellation B 0 -", "X2 2027-01-31 cancellation - - -"], TWO_PAID),
        # nothing is left to end
        (TWO, ["X1 2026-06-30 cancellation B 0 -", "X2 2026-07-31 cancellation A 0 -", "X3 2027-01-31 cancellation - - -"], TWO_PAID),
        (AHEAD, ["X1 2028-06-30 cancellation - - -"], PLAN),
    ],
)  # fmt: skip
def test_the_proof_of_what_goes_back_holds_whenever_it_ends(goods: str, changes: list[str], plan: str) -> None:
    head = "contract_id event_id event_date event_type obligation_id amount method"
    case = deals(SIGNED, goods, "\n".join([head, *(f"C1 {change}" for change in changes)]))
    assert len(made(case, plan).schedule)


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32))
def test_every_proof_holds_whatever_is_cancelled(seed: int) -> None:
    """Contracts of two goods by chance, cancelled as a whole or in part; in the end nothing is left that nobody owes."""
    rng = Random(seed)
    heads, goods, events, plans, paid = ["contract_id signed_on financing_rate"], [], [], [], {}
    for name in (f"C{n}" for n in range(8)):
        heads.append(f"{name} 2026-01-01 0.{rng.randint(1, 25):02d}")
        price = rng.randint(1_000, 10**7)
        goods += [f"{name} {letter} P {price} {rng.choice(['2026-05-31', '2027-11-30'])}" for letter in "AB"]
        parts = money.split(2 * price, [1, rng.randint(1, 3)])
        for due, part in zip(("2026-02-28", "2028-06-30"), parts, strict=True):
            plans.append(f"{name} {due} {part} -")
        back = rng.randint(0, parts[0])
        what, amount = rng.choice([("-", "-"), ("-", parts[1] + back), ("B", back)])
        month = f"2026-{rng.randint(3, 12):02d}"
        day = rng.choice([f"{month}-15", periods.last_day(month)])
        events.append(f"{name} {name}P 2026-02-28 payment - {parts[0]} -")
        events.append(f"{name} {name}X {day} cancellation {what} {amount} -")
        if amount != "-":
            plans.append(f"{name} 2027-01-31 {-back} {name}X")
            plans += [f"{name} 2028-06-30 {parts[1]} {name}X"] if what == "B" else []
            paid[name] = 2 * price - int(amount)
    case = deals(
        "\n".join(heads),
        "\n".join(["contract_id obligation_id product_id stated_price end_date", *goods]),
        HEAD + "\n".join(events),
    )
    result = made(case, "\n".join(["contract_id due_on amount agreed_by_event_id", *plans]), expedient=False)
    named = {f.subject.split(" / ")[0] for f in result.findings}
    assert named | set(result.schedule["contract_id"]) == set(case.contracts["contract_id"])
    assert len(named) < 8
    assert all("lets more be paid" in f.message for f in result.findings)
    proven(result)
    lines = Deals(*result.tables).schedule("2028-12", "monthly").lines
    for name in set(lines["contract_id"]) & set(paid):
        interest = result.schedule.loc[result.schedule["contract_id"] == name, "interest"].sum()
        price = (
            lines[lines["contract_id"] == name].drop_duplicates("obligation_id", keep="last")["allocated_price"].sum()
        )
        assert price == paid[name] + interest
