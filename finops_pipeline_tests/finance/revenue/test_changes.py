"""Contracts that change: each case worked out by hand beside the expected revenue, and each refusal with its rule."""

from datetime import date

import pytest

from finops_pipeline.finance import revenue as engine
from finops_pipeline.finance.revenue.changes import old_terms_end
from finops_pipeline_tests.finance.revenue.deals import Deals, deals

SIGNED = "contract_id signed_on \n C1 2026-01-01"
GOODS = "contract_id obligation_id product_id quantity stated_price \n C1 A P 10 1000"
SERVICE = "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 1200 2026-01-01 2026-12-31"
EVENTS = "contract_id event_id event_date event_type obligation_id quantity amount total_measure method recorded_on\n"


def case_of(obligations: str, events: str, contracts: str = SIGNED) -> Deals:
    return deals(contracts, obligations, EVENTS + "\n".join(f"C1 {line}" for line in events.strip().splitlines()))


def earned(case: Deals, as_of: str = "2026-12", proration: str = "monthly") -> list[tuple[str, str, int]]:
    schedule = case.schedule(as_of, proration)
    assert schedule.findings == []
    assert engine.schedule_findings(schedule) == []
    rows = schedule.lines[schedule.lines["recognized"] != 0]
    return list(zip(rows["obligation_id"], rows["period"], rows["recognized"], strict=True))


def refused(case: Deals) -> list[tuple[str, str]]:
    schedule = case.schedule("2026-12")
    assert schedule.lines.empty
    assert all(f.severity == "error" and f.message.endswith("; the contract is left out") for f in schedule.findings)
    return [(f.rule_id, f.subject) for f in schedule.findings]


def balances(case: Deals, period: str, as_of: str = "2026-12") -> dict[str, int]:
    lines = case.schedule(as_of, "monthly").lines
    books = engine.revenue_rollforward(lines, case.contracts, case.events, [period])
    assert engine.rollforward_findings(books, lines, case.events, [period]) == []
    return {b: int(c) for b, c in zip(books["balance"], books["closing"], strict=True) if c}


@pytest.mark.parametrize(
    ("day", "last"), [("2026-06-30", "2026-06-30"), ("2026-07-01", "2026-06-30"), ("2026-06-15", "2026-06-14")]
)
def test_a_change_takes_effect_in_the_morning_and_at_a_months_end_at_its_close(day: str, last: str) -> None:
    assert old_terms_end(date.fromisoformat(day)) == date.fromisoformat(last)


def test_cancellation_gives_up_what_is_not_earned_and_the_money_is_owed_back() -> None:
    # 100 a month; cancelled at the end of June: 600 are earned, 600 of the 1,200 paid go back.
    events = """
        I1 2026-01-01 invoice      - - 1200 - - -
        P1 2026-01-31 payment      - - 1200 - - -
        X1 2026-06-30 cancellation - - -    - - -
        R1 2026-08-15 refund       - - 600  - - -
    """
    case = case_of(SERVICE, events)
    assert [amount for _, _, amount in earned(case)] == [100] * 6
    assert balances(case, "2026-05") == {"contract_liability": 700}
    assert balances(case, "2026-06") == {"refund_liability": 600}
    assert balances(case, "2026-08") == {}


def test_cancellation_with_a_fee_earns_what_is_not_given_up() -> None:
    # Of the 600 not earned at the end of June, 450 are given up: 150 are earned in June.
    case = case_of(SERVICE, "X1 2026-06-30 cancellation - - 450 - - -")
    assert [amount for _, _, amount in earned(case)] == [100] * 5 + [250]


def test_cancellation_of_some_units_and_of_one_obligation() -> None:
    # 4 of 10 at 100 are delivered; of the 6 left, 2 are cancelled: 4 more at 100.
    events = """
        D1 2026-02-01 delivery     A 4 - - - -
        X1 2026-03-10 cancellation A 2 - - - -
        D2 2026-04-01 delivery     A 4 - - - -
    """
    assert earned(case_of(GOODS, events)) == [("A", "2026-02", 400), ("A", "2026-04", 400)]
    both = GOODS + "\n C1 B Q 1 500"
    case = case_of(both, "X1 2026-03-10 cancellation B - - - - - \n D1 2026-04-01 delivery A 10 - - - -")
    assert earned(case) == [("A", "2026-04", 1000)]
    assert case.schedule("2026-12").lines.groupby("obligation_id")["allocated_price"].last().to_dict() == {
        "A": 1000,
        "B": 0,
    }


def test_more_units_of_the_same_obligation_at_another_price() -> None:
    # Example 5 B without its own obligation: 5 of 10 delivered, 5 more for 400: 500 + 400 over 10 units.
    events = """
        D1 2026-02-01 delivery     A 5  -   - -           -
        M1 2026-03-10 modification A 5  400 - prospective -
        D2 2026-04-01 delivery     A 10 -   - -           -
    """
    assert earned(case_of(GOODS, events)) == [("A", "2026-02", 500), ("A", "2026-04", 900)]
    delivered = """
        D1 2026-02-01 delivery     A 10 -   - -           -
        M1 2026-03-10 modification A 5  400 - prospective -
        D2 2026-04-01 delivery     A 5  -   - -           -
    """
    assert earned(case_of(GOODS, delivered)) == [("A", "2026-02", 1000), ("A", "2026-04", 400)]


def test_a_later_estimate_of_the_total_catches_up() -> None:
    # 40 of 100 is 40 %; 20 more and a total of 120 is 60 / 120.
    measured = "contract_id obligation_id recognition stated_price total_measure \n C1 A input 1000 100"
    events = "W1 2026-02-01 progress - 40 - - - - \n W2 2026-03-01 progress - 20 - 120 - -"
    assert earned(case_of(measured, events)) == [("A", "2026-02", 400), ("A", "2026-03", 100)]
    # A modification sets the total to 200 and goes on from what is earned: 700 + 100 for 160 more.
    events = """
        W1 2026-02-01 progress     - 40  -   -   -           -
        M1 2026-02-28 modification A -   200 200 prospective -
        W2 2026-03-01 progress     - 80  -   -   -           -
    """
    assert earned(case_of(measured, events)) == [("A", "2026-02", 400), ("A", "2026-03", 400)]


def test_cumulative_with_an_addition_shares_the_whole_price_anew() -> None:
    # A 1,000 and B 500 with standalone selling prices 1,000 each: 750 each; A was half delivered.
    goods = "contract_id obligation_id product_id quantity stated_price ssp added_by_event_id\n C1 A P 10 1000 1000 - \n C1 B Q 1 500 1000 M1"
    events = """
        D1 2026-02-01 delivery          A 5 -   - -          -
        V1 2026-02-01 variable_estimate A - 100 - -          -
        M1 2026-03-10 modification      - - -   - cumulative -
        D2 2026-04-01 delivery          A 5 -   - -          -
    """
    assert earned(case_of(goods, events)) == [("A", "2026-02", 550), ("A", "2026-03", -125), ("A", "2026-04", 425)]


def test_cumulative_after_prospective_looks_at_the_whole_again() -> None:
    # 1,200 over the year; from July 1,800 remain instead of 600; then as if it had always been 2,400: 200 a month.
    events = """
        M1 2026-06-30 modification A - 1200 - prospective -
        M2 2026-09-30 modification A - -    - cumulative  -
    """
    assert [amount for _, _, amount in earned(case_of(SERVICE, events))] == [100] * 6 + [300, 300, 600, 200, 200, 200]


def test_an_addition_without_ssp_takes_that_of_the_same_product() -> None:
    # A is 10 at 100 with a standalone selling price of 120 each; 5 more units for 400: 1,400 over 15 units.
    goods = "contract_id obligation_id product_id quantity stated_price ssp added_by_event_id\n C1 A P 10 1000 1200 - \n C1 B P 5 400 - M1"
    case = case_of(goods, "M1 2026-03-10 modification - - - - prospective - \n D1 2026-04-01 delivery - - - - - -")
    assert earned(case) == [("A", "2026-04", 933), ("B", "2026-04", 467)]
    other = goods.replace("B P 5", "B Q 5")
    assert refused(case_of(other, "M1 2026-03-10 modification - - - - prospective -")) == [("REV-007", "C1 / B")]
    assert earned(
        case_of(other, "M1 2026-03-10 modification B - - - separate - \n D1 2026-04-01 delivery - - - - - -")
    ) == [
        ("A", "2026-04", 1000),
        ("B", "2026-04", 400),
    ]


def test_years_added_to_a_service_share_what_remains_by_time() -> None:
    service = "contract_id obligation_id product_id recognition quantity stated_price ssp start_date end_date added_by_event_id"
    rows = "\n C1 A P straight_line 2 1200 2400 2026-01-01 2026-12-31 - \n C1 B P straight_line 2 600 - 2027-01-01 2027-12-31 M1"
    # At the end of June 600 + 600 remain for 18 months: 66.67 each; A's six months have 400.
    lines = (
        case_of(service + rows, "M1 2026-06-30 modification - - - - prospective -").schedule("2027-12", "monthly").lines
    )
    assert lines.groupby("obligation_id")["allocated_price"].last().to_dict() == {"A": 1000, "B": 800}


def test_usage_by_quantity_has_the_stated_price_of_one_and_can_be_added() -> None:
    usage = (
        "contract_id obligation_id product_id recognition quantity stated_price added_by_event_id \n"
        " C1 A P point_in_time - 500 - \n C1 U Q usage 100 25 M1"
    )
    events = """
        M1 2026-02-01 modification - -   -  - prospective -
        U1 2026-03-05 usage        U 250 -  - -           -
        U2 2026-03-06 usage        U -   11 - -           -
    """
    assert earned(case_of(usage, events)) == [("U", "2026-03", 73)]  # 62.5 rounds to 62, and 11


def test_an_estimate_for_what_was_cancelled_is_earned_at_once() -> None:
    events = """
        X1 2026-03-31 cancellation      A - -  - - -
        V1 2026-04-10 variable_estimate A - 50 - - -
    """
    assert earned(case_of(SERVICE, events)) == [("A", f"2026-0{m}", 100) for m in (1, 2, 3)] + [("A", "2026-04", 50)]
    events = """
        V1 2026-01-10 variable_estimate - - 120 - - -
        X1 2026-03-31 cancellation      A - -   - - -
        V2 2026-04-10 variable_estimate - - 170 - - -
    """
    assert earned(case_of(SERVICE, events))[3:] == [("A", "2026-04", 50)]


def test_what_was_learned_too_late_is_a_correction_in_the_month_in_which_it_was_learned() -> None:
    # 4 of 10 were delivered in January, but the books learned of it in March, with 1 more of March.
    events = "D1 2026-01-20 delivery A 4 - - - 2026-03-03 \n D2 2026-03-20 delivery A 1 - - - -"
    case = case_of(GOODS, events)
    lines = case.schedule("2026-12").lines
    rows = lines[lines["recognized"] != 0]
    assert list(rows[["period", "recognized", "prior_period_adjustment"]].itertuples(index=False, name=None)) == [
        ("2026-03", 500, 400)
    ]
    books = engine.recognized_revenue(lines, case.entities, ["2026-01", "2026-03"])
    assert list(books["prior_period_adjustment"]) == [0, 400]
    assert case.schedule("2026-02").lines["recognized"].sum() == 0, "in February nobody knew"


def test_returns_use_up_what_was_expected_and_more_reduces_revenue() -> None:
    # 10 at 100, 2 expected back: 800. 1 comes back: nothing new. 2 more: 700.
    events = """
        D1 2026-01-20 delivery         A 10 -   - - -
        R1 2026-01-20 returns_estimate A 2  -   - - -
        I1 2026-01-20 invoice          - -  1000 - - -
        B1 2026-02-10 return           A 1  -   - - -
        B2 2026-03-10 return           A 2  -   - - -
    """
    case = case_of(GOODS, events)
    assert earned(case) == [("A", "2026-01", 800), ("A", "2026-03", -100)]
    assert balances(case, "2026-03") == {"receivable": 1000, "refund_liability": 300}
    everything = "D1 2026-01-20 delivery A 10 - - - - \n B1 2026-02-10 return A - - - - -"
    assert earned(case_of(GOODS, everything)) == [("A", "2026-01", 1000), ("A", "2026-02", -1000)]
    thing = "contract_id obligation_id stated_price \n C1 A 70"
    assert earned(case_of(thing, everything.replace("A 10", "A -"))) == [("A", "2026-01", 70), ("A", "2026-02", -70)]


def test_a_write_off_takes_the_receivable_and_no_revenue() -> None:
    events = """
        D1 2026-01-20 delivery  A 10 -    - - -
        I1 2026-01-20 invoice   - -  1000 - - -
        W1 2026-03-10 write_off - -  400  - - -
    """
    case = case_of(GOODS, events)
    assert earned(case) == [("A", "2026-01", 1000)]
    assert balances(case, "2026-03") == {"receivable": 600}


MEASURED = "contract_id obligation_id recognition stated_price total_measure \n C1 A input 1000 100"
TROUBLES = {
    "delivery after the cancellation": ("REV-025", GOODS, "X1 2026-02-01 cancellation - - - - - - \n D1 2026-03-01 delivery A 1 - - - -"),
    "modification after the cancellation": ("REV-025", GOODS, ("X1 2026-02-01 cancellation A - - - - - \n"
                                            "M1 2026-03-01 modification A - 5 - cumulative -")),
    "prospective though nothing remains": ("REV-026", GOODS, ("D1 2026-02-01 delivery A 10 - - - - \n"
                                           "M1 2026-03-01 modification - - 5 - prospective -")),
    "a price cut beyond what remains": ("REV-026", GOODS, ("D1 2026-02-01 delivery A 9 - - - - \n"
                                        "M1 2026-03-01 modification - - -101 - prospective -")),
    "separate without additions": ("REV-022", GOODS, "M1 2026-03-01 modification - - 5 - separate -"),
    "more returned than delivered": ("REV-021", GOODS, "D1 2026-02-01 delivery A 1 - - - - \n B1 2026-03-01 return A 2 - - - -"),
    "a service returned without amount": ("REV-013", SERVICE, "B1 2026-03-01 return A 2 - - - -"),
    "materials without cost": ("REV-013", MEASURED, "D1 2026-02-01 delivery A - - - - -"),
    "usage without a price": ("REV-027", "contract_id obligation_id recognition stated_price \n C1 A usage 0",
                              "U1 2026-02-01 usage A 2 - - - -"),
    "an estimate of usage": ("REV-027", "contract_id obligation_id recognition stated_price \n C1 A usage 1",
                             "V1 2026-02-01 variable_estimate A - 5 - - -"),
    "fewer units than delivered": ("REV-010", GOODS, ("D1 2026-02-01 delivery A 9 - - - - \n"
                                   "M1 2026-03-01 modification A -2 - - prospective -")),
    "more units cancelled than are left": ("REV-010", GOODS, "X1 2026-03-01 cancellation A 11 - - - -"),
    "delivered beyond a smaller promise": ("REV-010", GOODS, ("M1 2026-01-05 modification A -2 - - prospective - \n"
                                           "D1 2026-02-01 delivery A 9 - - - -")),
    "units cancelled of a service": ("REV-012", SERVICE, "X1 2026-03-01 cancellation A 3 - - - -"),
    "variable consideration of nothing": ("REV-008", "contract_id obligation_id stated_price \n C1 A 0 \n C1 B 0",
                                          "V1 2026-02-01 variable_estimate - - 5 - - -"),
    "an estimate below what is earned": ("REV-033", GOODS, ("D1 2026-02-01 delivery A 9 - - - - \n"
                                         "M1 2026-02-05 modification A - - - prospective - \n"
                                         "V1 2026-03-01 variable_estimate A - -5000 - - -")),
}  # fmt: skip


@pytest.mark.parametrize("name", list(TROUBLES))
def test_what_cannot_be_accounted_for_is_refused(name: str) -> None:
    rule_id, obligations, events = TROUBLES[name]
    assert [rule for rule, _ in refused(case_of(obligations, events))] == [rule_id]


def test_an_event_of_an_obligation_that_comes_later_is_refused() -> None:
    goods = "contract_id obligation_id stated_price added_by_event_id \n C1 A 10 - \n C1 B 5 M1"
    modification = "M1 2026-03-10 modification - - - - separate -"
    for early in ("D1 2026-02-01 delivery B - - - - -", "V1 2026-02-01 variable_estimate B - 1 - - -",
                  "X1 2026-02-01 cancellation B - - - - -"):  # fmt: skip
        assert refused(case_of(goods, f"{early}\n{modification}")) == [("REV-009", "C1 / B")]
    same_day = "D1 2026-03-10 delivery B - - - - -"
    assert earned(case_of(goods, f"{same_day}\n{modification}"))[0] == ("B", "2026-03", 5)


def test_a_lower_price_for_goods_of_one_product_is_shared_by_what_each_is_worth() -> None:
    # 10 and 5 units of one product at 100; 300 less for all: 1,200 by 1,000 : 500.
    goods = "contract_id obligation_id product_id quantity stated_price ssp \n C1 A P 10 1000 1000 \n C1 B P 5 500 500"
    events = "M1 2026-03-10 modification - - -300 - prospective - \n D1 2026-04-01 delivery - - - - - -"
    assert earned(case_of(goods, events)) == [("A", "2026-04", 800), ("B", "2026-04", 400)]


def test_what_is_measured_in_a_contract_that_changes_is_planned_to_its_end() -> None:
    # 20 of 50 done, 40 % of 1,000 with a bonus of 100; then the total becomes 44 and the rest comes in three months.
    measured = (
        "contract_id obligation_id recognition stated_price total_measure end_date \n C1 A output 1000 50 2026-05-31"
    )
    events = """
        V1 2026-01-10 variable_estimate - -  100 -  - -
        W1 2026-01-20 progress          - 20 -   -  - -
        W2 2026-02-20 progress          - 2  -   44 - -
    """
    assert earned(case_of(measured, events), "2026-02") == [
        ("A", "2026-01", 440),
        ("A", "2026-02", 110),
        ("A", "2026-03", 183),
        ("A", "2026-04", 184),
        ("A", "2026-05", 183),
    ]


def test_what_remained_before_a_cancellation_is_what_was_planned_then() -> None:
    case = case_of(SERVICE, "X1 2026-06-30 cancellation - - - - - -")
    lines, months = case.schedule("2026-12", "monthly").lines, ["2026-05", "2026-06"]
    remaining = engine.remaining_obligations(lines, case.booked(), months, case.then("monthly"))
    assert engine.remaining_findings(remaining, lines, case.booked(), months) == []
    near = remaining[remaining["band"] == "0-12m"]
    assert dict(zip(near["period"], near["amount"], strict=True)) == {"2026-05": 700, "2026-06": 0}
