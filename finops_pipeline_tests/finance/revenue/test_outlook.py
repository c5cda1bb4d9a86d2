"""What was to come of a contract at the end of months: by hand. `test_to_come` holds it to the lines of the plain engine."""

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue.inputs import gather
from finops_pipeline.finance.revenue.outlook import outlooks
from finops_pipeline.finance.revenue.terms import deals as read_deals
from finops_pipeline_tests.finance.revenue.deals import Deals, deals

YEAR = "contract_id obligation_id recognition stated_price ssp start_date end_date added_by_event_id"
SERVICE = f"{YEAR} \n C1 A straight_line 2400 2400 2026-01-01 2027-12-31 -"
EVENTS = "event_id contract_id event_date event_type method amount recorded_on obligation_id"


def seen(case: Deals, *asked: str) -> list[tuple[str, str, int, int, int]]:
    """Month, obligation, price, earned so far, and in twelve months; by equal months."""
    (deal,) = read_deals(gather(case.contracts, case.obligations, case.events, case.entities, "9998-12"))
    found = outlooks(deal, [periods.index(month) for month in asked], "monthly")
    return [(periods.label(month), *rest) for month, *rest in found]


def signed(on: str, events: str = "", promised: str = SERVICE) -> Deals:
    return deals(f"contract_id signed_on \n C1 {on}", promised, f"{EVENTS} \n {events}" if events else "")


def test_a_service_goes_on_with_time_and_nothing_is_known_before_it_is_signed() -> None:
    assert seen(signed("2026-02-10"), "2026-01", "2026-02", "2027-06", "2028-03") == [
        ("2026-02", "A", 2400, 200, 1400),
        ("2027-06", "A", 2400, 1800, 2400),
        ("2028-03", "A", 2400, 2400, 2400),
    ]


def test_a_month_knows_nothing_of_the_change_after_it() -> None:
    added = f"{SERVICE} \n C1 B point_in_time 600 600 - - M1"
    case = signed("2026-01-01", "M1 C1 2026-07-01 modification separate 600 - -", added)
    assert seen(case, "2026-06", "2026-07") == [
        ("2026-06", "A", 2400, 600, 1800),
        ("2026-07", "A", 2400, 700, 1900),
        ("2026-07", "B", 600, 0, 0),
    ]


def test_what_was_learned_late_counts_from_the_month_in_which_it_was() -> None:
    # a bonus of 240 from April on, which the books learn of in June: until then it is no part of the price
    case = signed("2026-01-01", "V1 C1 2026-04-30 variable_estimate - 240 2026-06-05 A")
    assert seen(case, "2026-05", "2026-06") == [
        ("2026-05", "A", 2400, 500, 1700),
        ("2026-06", "A", 2640, 660, 1980),
    ]
    assert seen(case, "2026-07") == [("2026-07", "A", 2640, 770, 2090)]


def test_usage_is_not_promised() -> None:
    case = signed("2026-01-01", promised=f"{SERVICE} \n C1 U usage 1 1 - - -")
    assert [name for _, name, *_ in seen(case, "2026-01")] == ["A"]


def test_nothing_from_the_month_on_in_which_it_cannot_be_accounted_for() -> None:
    case = signed("2026-01-01", "D1 C1 2026-03-05 cancellation - - - X")
    assert [month for month, *_ in seen(case, "2026-02", "2026-03", "2026-04")] == ["2026-02"]
