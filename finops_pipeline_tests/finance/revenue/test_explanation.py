"""A contract explained: every step is there, every number is that of the schedule, and who is left out is told why."""

from datetime import date

import pytest

from finops_pipeline.errors import ContractError
from finops_pipeline.finance.revenue.explanation import explain
from finops_pipeline.finance.revenue.replay import month_of
from finops_pipeline_tests.finance.revenue.deals import Deals, deals

CASE = deals(
    "contract_id signed_on \n C1 2026-01-01",
    """
    contract_id obligation_id product_id recognition   stated_price ssp    quantity start_date end_date   total_measure added_by_event_id
    C1          A             PA         straight_line 120000       150000 -        2026-01-01 2026-12-31 -             -
    C1          B             PB         point_in_time 30000        50000  10       -          -          -             -
    C1          I             PI         input         100000       100000 -        -          -          4000          -
    C1          M             PB         point_in_time 2000         2500   1        -          -          -             M1
    C1          U             PU         usage         0            -      -        -          -          -             -
    """,
    """
    contract_id event_id event_date event_type        obligation_id amount quantity method      recorded_on
    C1          E1       2026-01-05 invoice           -             150000 -        -           -
    C1          E2       2026-02-03 delivery          B             -      7.5      -           -
    C1          E3       2026-02-04 return            B             -      1        -           -
    C1          E4       2026-02-05 usage             U             77     -        -           -
    C1          E5       2026-02-06 variable_estimate -             5000   -        -           -
    C1          E6       2026-02-07 progress          I             -      100      -           2026-03-02
    C1          E7       2026-02-08 delivery          I             70000  -        -           -
    C1          M1       2026-03-31 modification      -             -      -        prospective -
    C1          X1       2026-05-31 cancellation      A             6000   -        -           -
    C1          X2       2026-06-30 cancellation      -             -      -        -           -
    """,
)


def told(case: Deals, day: str, contract: str = "C1") -> str:
    tables = (case.contracts, case.obligations, case.events, case.entities)
    return "\n".join(explain(contract, *tables, date.fromisoformat(day)))


def test_the_steps_and_where_each_number_comes_from() -> None:
    february = told(CASE, "2026-02-28")
    for said in (
        "signed on 2026-01-01; 6 events", "A: PA by straight_line, 2026-01-01 to 2026-12-31; promised on signing",
        "1,200.00  stated price of A", "50.00  variable_estimate E5 of 2026-02-06", "0.77  usage E4 of 2026-02-05 of U",
        "standalone selling price 1,500.00 (given)", "U: usage, as invoiced", "x 59 / 365", "x 7.5000 / 10, less",
        "700.00 materials at cost", "2026-01 billing", "Schedule", "Journal",
    ):  # fmt: skip
        assert said in february, said
    assert "M1" not in february
    assert "E6" not in february, "learned of in March"
    march = told(CASE, "2026-03-31")
    for said in ("M: PB by point_in_time, 1 units; added by M1", "change by modification M1 of 2026-03-31, prospective",
                 "its part of the modification", "settled before its present terms", "of months before"):  # fmt: skip
        assert said in march, said
    june = told(CASE, "2026-06-30")
    assert "-60.00  given up by cancellation X1" in june
    assert "settled, cancelled" in june


def test_the_journal_shows_what_becomes_current() -> None:
    case = deals(
        "contract_id signed_on \n C1 2026-01-01",
        "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 109600 2026-01-01 2028-12-31",
        "contract_id event_date event_type amount \n C1 2026-01-05 payment 109600",
    )
    lines = [line.split() for line in told(case, "2026-02-28").splitlines() if "liability_maturity" in line]
    # by days, 1.00 each: revenue of 366 + 365 days less January's 31 comes after a year, in February 28 less
    assert lines == [
        ["2026-01", "liability_maturity", "contract_liability", "700.00"],
        ["2026-01", "liability_maturity", "contract_liability_non_current", "700.00"],
        ["2026-02", "liability_maturity", "contract_liability", "28.00"],
        ["2026-02", "liability_maturity", "contract_liability_non_current", "28.00"],
    ]


def test_the_recognized_amounts_are_those_of_the_schedule() -> None:
    lines = CASE.schedule("2026-06").lines
    total = lines.loc[(lines["obligation_id"] == "B") & (lines["status"] == "actual"), "recognized"].sum()
    text = told(CASE, "2026-06-30").split("5  Satisfaction")[1].split("Schedule")[0]
    assert f"{total / 100:,.2f}  B:" in text


def test_stated_prices_stand_and_contracts_that_are_left_out_say_why() -> None:
    plain = deals("contract_id signed_on \n C1 2026-01-01", "contract_id obligation_id stated_price \n C1 A 100")
    assert "1.00  A: the stated price stands, 1.00 on signing" in told(plain, "2026-01-31")
    broken = deals(
        "contract_id signed_on \n C1 2026-01-01", "contract_id obligation_id recognition stated_price \n C1 A input 100"
    )
    assert "REV-020 C1 / A: its progress by input has no total" in told(broken, "2026-01-31")


@pytest.mark.parametrize(("contract", "day"), [("C9", "2026-02-28"), ("C1", "2025-12-31")])
def test_a_contract_that_is_not_there_is_said_so(contract: str, day: str) -> None:
    with pytest.raises(ContractError, match=f"contract '{contract}' is not there on {day}"):
        told(CASE, day, contract)


def test_months_are_counted_as_everywhere() -> None:
    assert month_of(date(2026, 3, 1)) == 2026 * 12 + 2


ONE = "contract_id signed_on combination_id \n C1 2026-01-05 K \n C2 2026-01-10 K"
SOLD = "contract_id obligation_id stated_price ssp \n C1 A 100 100 \n C2 B 20 50"


def test_contracts_that_are_one_are_told_as_one() -> None:
    case = deals(ONE, SOLD, "contract_id event_date event_type obligation_id \n C2 2026-01-20 delivery B")
    text = told(case, "2026-01-31", "C2")
    assert "combination K: C1, C2 are one contract, all is booked under the first signed (606-10-25-9)" in text
    assert "0.40  C2:B:" in text
    wrong = deals("contract_id signed_on combination_id \n C1 2026-01-05 K", SOLD)
    assert "REV-040 C1: combination K: no other contract has it" in told(wrong, "2026-01-31")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("- -", "no contract: it is not probable that it is paid; what was received is a liability (606-10-25-8)"),
        ("2026-02-03 -", "a contract since 2026-02-03, when it became probable that it is paid (606-10-25-6)"),
        ("- 2026-02-03", "no contract, and over on 2026-02-03: what was received is kept, and revenue (606-10-25-7)"),
        ("- 2026-04-03", "no contract: it is not probable that it is paid"),
    ],
)
def test_the_gate_says_what_an_agreement_is(days: str, said: str) -> None:
    case = deals(
        f"contract_id signed_on collectability criteria_met_on nonrefundable_on \n C1 2026-01-05 not_probable {days}",
        "contract_id obligation_id stated_price \n C1 A 100",
    )
    text = told(case, "2026-02-28")
    assert said in text
    assert ("5  Satisfaction" in text) == ("a contract since" in text)
