"""Each kind of bad input leaves out the contract it is of, says what to do, and moves no number of any other contract."""

import pandas as pd
import pytest

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import revenue_journal, revenue_rollforward, rollforward_findings
from finops_pipeline_tests.finance.revenue.deals import Deals, deals

SIGNED = "contract_id signed_on \n GOOD 2026-01-01 \n PLAIN 2026-01-01"
HEAD = "contract_id obligation_id recognition stated_price ssp quantity total_measure start_date end_date contract_currency added_by_event_id"
GOODS = f"""
    {HEAD}
    GOOD  A point_in_time 12000 12000 120 -   -          -          EUR -
    GOOD  B point_in_time 2400  2850  30  -   -          -          EUR G2
    PLAIN A straight_line 3650  -     -   -   2026-01-01 2026-12-31 EUR -
"""
MORE = "event_id contract_id event_date event_type obligation_id quantity amount method contract_currency"
EVENTS = f"""
    {MORE}
    G1 GOOD  2026-02-10 delivery     A 60 -    -           EUR
    G2 GOOD  2026-03-15 modification - -  -    prospective EUR
    G3 GOOD  2026-04-10 delivery     A 45 -    -           EUR
    P1 PLAIN 2026-05-10 invoice      - -  1200 -           EUR
"""
MONTHS = periods.span("2026-01", "2026-12")

ONE = "BAD A point_in_time 100 - 10 - - - EUR -"
BAD = {
    "no standalone selling price": (
        f"{ONE} \n BAD B point_in_time 50 40 - - - - EUR -", "",
        "REV-007", "BAD", "1 of 2 obligations have a standalone selling price: fill in ssp of the others",
    ),
    "a standalone selling price of nothing": (
        "BAD A point_in_time 100 0 - - - - EUR -", "",
        "REV-008", "BAD / A", "standalone selling price 0 cannot share out a price: correct the ssp",
    ),
    "an obligation without contract": (
        ONE.replace("BAD", "NONE"), "",
        "REV-014", "NONE", "obligations or events name a contract that is not there: send the contract",
    ),
    "negative progress": (
        "BAD A input 100 - - 10 - - EUR -", "B1 BAD 2026-02-01 progress A -1 - - EUR",
        "REV-011", "BAD / A", "quantity -1 of progress B1 is not positive: correct it",
    ),
    "a delivery beyond the quantity": (
        ONE, "B1 BAD 2026-02-01 delivery A 10.1 - - EUR",
        "REV-010", "BAD / A",
        "delivery B1 of 2026-02-01 goes beyond what was promised: correct it or add a modification",
    ),
    "a delivery beyond the quantity of a contract that changes": (
        ONE, "B1 BAD 2026-02-01 modification A 5 20 prospective EUR \n B2 BAD 2026-03-01 delivery A 15.1 - - EUR",
        "REV-010", "BAD / A",
        "delivery B2 of 2026-03-01 goes beyond what was promised: correct it, or add a modification",
    ),
    "an event before the signature": (
        ONE, "B1 BAD 2025-12-31 delivery A 1 - - EUR",
        "REV-005", "BAD / A",
        "delivery B1 of 2025-12-31 is before the contract was signed on 2026-01-01: correct one of the days",
    ),
    "a modification without method": (
        ONE, "B1 BAD 2026-02-01 modification - - 5 - EUR",
        "REV-022", "BAD", "modification B1 has no method: fill it in",
    ),
    "an event in another currency": (
        ONE, "B1 BAD 2026-02-01 invoice - - 5 - USD",
        "REV-006", "BAD", "its event B1 is in USD, the contract in EUR: state both in one currency",
    ),
    "a promise in another currency": (
        ONE.replace("EUR", "USD"), "",
        "REV-006", "BAD / A", "its obligation is in USD, the contract in EUR: state both in one currency",
    ),
}  # fmt: skip


def case_of(obligations: str, events: str) -> Deals:
    signed = f"{SIGNED} \n BAD 2026-01-01" if "BAD" in obligations else SIGNED
    return deals(signed, f"{GOODS} {obligations}".rstrip(), f"{EVENTS} {events}".rstrip())


def books(case: Deals, lines: pd.DataFrame) -> pd.DataFrame:
    rows = revenue_rollforward(lines, case.contracts, case.events, MONTHS)
    assert rollforward_findings(rows, lines, case.events, MONTHS) == []
    return rows


@pytest.mark.parametrize("name", list(BAD))
def test_the_contract_is_named_with_what_to_do_and_all_others_keep_their_numbers(name: str) -> None:
    obligations, events, rule_id, subject, words = BAD[name]
    alone, beside = case_of("", ""), case_of(obligations, events)
    wanted, found = alone.schedule("2026-12"), beside.schedule("2026-12")
    assert wanted.findings == []
    assert [(f.rule_id, f.subject, f.severity) for f in found.findings] == [(rule_id, subject, "error")]
    assert found.findings[0].message == f"{words}; the contract is left out"
    pd.testing.assert_frame_equal(found.lines, wanted.lines)
    before, after = books(alone, wanted.lines), books(beside, found.lines)
    pd.testing.assert_frame_equal(after, before)
    pd.testing.assert_frame_equal(revenue_journal(after), revenue_journal(before))
