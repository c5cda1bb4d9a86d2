"""Terms that follow on each other, and what the books knew when: each case worked out by hand beside what is expected."""

import pytest

from finops_pipeline_tests.finance.revenue.deals import Deals, deals
from finops_pipeline_tests.finance.revenue.test_changes import GOODS, SIGNED, balances, earned, refused

EVENTS = "contract_id event_id event_date event_type obligation_id quantity amount method component recorded_on\n"
HALF = "D1 2026-02-01 delivery A 5 - - - -\n"


def case_of(obligations: str, events: str) -> Deals:
    return deals(SIGNED, obligations, EVENTS + "\n".join(f"C1 {line}" for line in events.splitlines() if line.strip()))


def prices(case: Deals) -> dict[str, int]:
    return case.schedule("2026-12").lines.groupby("obligation_id")["allocated_price"].last().to_dict()


@pytest.mark.parametrize("method", ["prospective", "cumulative"])
def test_an_estimate_of_the_contract_is_of_all_its_obligations_after_one_was_modified(method: str) -> None:
    # Twice 1,000; A becomes 1,100, with something added to it 1,600. Then 200 are expected for the contract: 100 for each of the two.
    both = "contract_id obligation_id quantity stated_price ssp \n C1 A 10 1000 1000 \n C1 B 10 1000 1000"
    events = f"""
        M1 2026-02-28 modification      A - 100 {method} - -
        V1 2026-03-10 variable_estimate - - 200 -        - -
    """
    assert prices(case_of(both, events)) == {"A": 1200, "B": 1100}
    three = (
        both.replace("ssp \n", "ssp added_by_event_id \n").replace("1000 \n", "1000 - \n") + " - \n C1 Z 10 500 1100 M1"
    )
    found = prices(case_of(three, events))
    assert (found["A"] + found["Z"], found["B"]) == (1700, 1100)


@pytest.mark.parametrize("named", ["-", "A"])
def test_a_component_is_promised_with_its_first_estimate_whatever_others_there_are(named: str) -> None:
    # Half of 1,000 less 100 is earned: 450. A bonus that comes after the modification is of what remains: 450 + 60.
    events = f"""
        V1 2026-01-10 variable_estimate {named} - -100 -           rebate -
        M1 2026-02-28 modification      -       - -    prospective -      -
        V2 2026-03-10 variable_estimate {named} - 60   -           bonus  -
        D2 2026-04-01 delivery          A       5 -    -           -      -
    """
    assert earned(case_of(GOODS, HALF + events)) == [("A", "2026-02", 450), ("A", "2026-04", 510)]
    # Promised before, with an estimate of nothing, half of it is for what was done (606-10-32-45 a).
    promised = f"V0 2026-01-10 variable_estimate {named} - 0 - bonus -\n"
    expected = [("A", "2026-02", 450), ("A", "2026-03", 30), ("A", "2026-04", 480)]
    assert earned(case_of(GOODS, HALF + promised + events)) == expected


@pytest.mark.parametrize("again", ["", "M3 2026-03-02 modification - - - prospective - -"])
@pytest.mark.parametrize("named", ["-", "A"])
def test_after_a_cumulative_modification_estimates_of_earlier_terms_are_of_the_whole_again(
    named: str, again: str
) -> None:
    # 1,000 + 100, half done: 550. The terms change twice, the second time as if they had always been so (25-13 b): with 300
    # instead of 100 half of 1,300 is earned, 100 more.
    events = f"""
        V1 2026-01-10 variable_estimate -       - 100 -           - -
        M1 2026-02-28 modification      -       - -   prospective - -
        M2 2026-03-01 modification      {named} - -   cumulative  - -
        {again}
        V2 2026-03-10 variable_estimate -       - 300 -           - -
        D2 2026-04-01 delivery          A       5 -   -           - -
    """
    expected = [("A", "2026-02", 550), ("A", "2026-03", 100), ("A", "2026-04", 650)]
    assert earned(case_of(GOODS, HALF + events)) == expected


def test_only_the_last_estimate_counts_not_the_way_to_it() -> None:
    # Half is done when the terms change; of 4 more, 2 are for that half, in however many steps they come.
    head = "V0 2026-01-10 variable_estimate - - 0 - - - \n M1 2026-02-28 modification - - - prospective - - \n"
    steps = "\n".join(f"V{n} 2026-03-1{n} variable_estimate - - {n} - - -" for n in (1, 2, 3, 4))
    once = "V4 2026-03-14 variable_estimate - - 4 - - -"
    expected = [("A", "2026-02", 500), ("A", "2026-03", 2)]
    assert earned(case_of(GOODS, HALF + head + steps)) == earned(case_of(GOODS, HALF + head + once)) == expected


def test_later_terms_do_not_change_what_goods_that_come_back_were_sold_for() -> None:
    # 5 at 100, 2 of them expected back: 300. For the other 5 the price becomes 1,000: nothing of the 300 changes.
    head = HALF + "R1 2026-02-01 returns_estimate A 2 - - - - \n"
    dearer = "M1 2026-03-10 modification A - 500 prospective - - \n D2 2026-04-01 delivery A 5 - - - -"
    # In the end 10 are sold for 1,500, 2 of them come back: 1,200.
    assert earned(case_of(GOODS, head + dearer)) == [("A", "2026-02", 300), ("A", "2026-04", 900)]
    # 200 of the 500 that are not earned are not given up: they are the price of no goods.
    kept = "X1 2026-03-10 cancellation A - 300 - - -"
    assert earned(case_of(GOODS, head + kept)) == [("A", "2026-02", 300), ("A", "2026-03", 200)]


def test_returns_that_are_expected_before_anything_was_handed_over_take_nothing_back() -> None:
    case = case_of(GOODS, "R1 2026-01-20 returns_estimate A 2 - - - - \n" + HALF)
    assert earned(case) == [("A", "2026-02", 300)]
    assert prices(case) == {"A": 800}


def test_a_service_that_has_ended_is_done_whatever_its_month_is() -> None:
    # 1,200 for January to 15 June, 200 a month. On 20 June there is nothing left to cancel.
    service = "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 1200 2026-01-01 2026-06-15"
    case = case_of(service, "X1 2026-06-20 cancellation - - - - - -")
    assert [amount for _, _, amount in earned(case)] == [200] * 6
    running = case_of(service, "X1 2026-06-14 cancellation - - - - - -")
    assert [amount for _, _, amount in earned(running)] == [200] * 5


def test_what_a_separate_modification_adds_stands_at_its_own_prices() -> None:
    goods = (
        "contract_id obligation_id product_id quantity stated_price added_by_event_id \n"
        " C1 A P 10 1000 - \n C1 B P 10 100 M1 \n C1 C P 10 80 M1"
    )
    case = case_of(goods, "M1 2026-03-10 modification - - - separate - -")
    assert prices(case) == {"A": 1000, "B": 100, "C": 80}


def test_one_obligation_has_the_whole_price_even_if_only_success_is_paid() -> None:
    success = "contract_id obligation_id stated_price \n C1 A 0"
    events = "V1 2026-02-10 variable_estimate - - 500 - - - \n D1 2026-03-01 delivery A - - - - -"
    assert earned(case_of(success, events)) == [("A", "2026-03", 500)]


def test_what_was_done_for_an_obligation_in_the_month_in_which_the_books_learned_of_it() -> None:
    # B was added in March, which the books learned of in April; its delivery in April is no mistake.
    goods = "contract_id obligation_id stated_price added_by_event_id \n C1 A 10 - \n C1 B 5 M1"
    events = """
        M1 2026-03-10 modification - - - separate - 2026-04-20
        D1 {day} delivery          B - - -        - -
    """
    assert earned(case_of(goods, events.format(day="2026-04-10"))) == [("B", "2026-04", 5)]
    early = case_of(goods, events.format(day="2026-03-31"))
    assert refused(early) == [("REV-009", "C1 / B")], "in March nobody knew of B"


@pytest.mark.parametrize("named", ["-", "U"])
def test_usage_after_the_cancellation_is_refused(named: str) -> None:
    usage = "contract_id obligation_id recognition stated_price \n C1 U usage 5"
    before = "U1 2026-02-01 usage U - 7 - - - \n X1 2026-03-01 cancellation {} - - - - - \n"
    assert earned(case_of(usage, before.format(named))) == [("U", "2026-02", 7)]
    assert refused(case_of(usage, before.format(named) + "U2 2026-03-02 usage U - 7 - - -")) == [("REV-025", "C1 / U")]


def test_materials_of_earlier_terms_are_at_cost_again_after_a_cumulative_modification() -> None:
    # 1,000 for costs of 5.00, of it materials of 3.00; half of the other 2.00 is done: 300 + half of 700. A prospective and then
    # a cumulative modification that change nothing change no revenue.
    measured = "contract_id obligation_id recognition stated_price total_measure \n C1 A input 1000 5"
    events = """
        D1 2026-02-01 delivery     A - 300 -           - -
        W1 2026-02-02 progress     A 1 -   -           - -
        M1 2026-03-10 modification A - -   prospective - -
        M2 2026-04-10 modification A - -   cumulative  - -
    """
    assert earned(case_of(measured, events)) == [("A", "2026-02", 650)]


def test_obligations_that_are_cancelled_one_by_one_are_owed_back_once_nothing_is_left() -> None:
    # 600 and 400 are paid. A is cancelled: 400 may be asked back, or pay for more. Then B, 4 of 10 units first: all goes back.
    both = "contract_id obligation_id quantity stated_price \n C1 A 10 600 \n C1 B 10 400"
    events = """
        P1 2026-01-05 payment      - - 1000 - - -
        X1 2026-02-10 cancellation A - -    - - -
        X2 2026-03-10 cancellation B 4 -    - - -
        X3 2026-04-10 cancellation B - -    - - -
    """
    case = case_of(both, events)
    assert balances(case, "2026-03") == {"contract_liability": 1000}
    assert balances(case, "2026-04") == {"refund_liability": 1000}
    with_usage = case_of(both.replace("quantity", "recognition quantity").replace("A 10", "A point_in_time 10").replace(
        "B 10", "B point_in_time 10") + "\n C1 U usage - 0", events)  # fmt: skip
    assert balances(with_usage, "2026-04") == {"contract_liability": 1000}, "there may be usage to pay for"
    # With 6 of B delivered nothing is left once the other 4 are cancelled.
    delivered = events.replace("X3 2026-04-10 cancellation B -", "D1 {} delivery     B 6")
    assert balances(case_of(both, delivered.format("2026-02-01")), "2026-02") == {"contract_liability": 760}
    assert balances(case_of(both, delivered.format("2026-02-01")), "2026-03") == {"refund_liability": 760}
    later = case_of(both, delivered.format("2026-05-01"))
    assert [balances(later, month) for month in ("2026-04", "2026-05")] == [
        {"contract_liability": 1000},
        {"refund_liability": 760},
    ]


def test_what_was_given_up_is_owed_back_when_a_service_that_goes_on_has_ended() -> None:
    # A is cancelled, which 600 were paid for. The service ends in May, in which nothing else happens.
    both = (
        "contract_id obligation_id recognition stated_price start_date end_date \n"
        " C1 A point_in_time 600 - - \n C1 B straight_line 500 2026-01-01 2026-05-31"
    )
    case = case_of(both, "P1 2026-01-05 payment - - 1100 - - - \n X1 2026-02-10 cancellation A - - - - -")
    assert [balances(case, month) for month in ("2026-04", "2026-05", "2026-06")] == [
        {"contract_liability": 700},
        {"refund_liability": 600},
        {"refund_liability": 600},
    ]
