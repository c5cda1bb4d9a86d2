"""Screening: each kind of trouble leaves its contract out with the finding that says so, and touches no other."""

import pandas as pd
import pytest

from finops_pipeline.finance.revenue.screening import RULES, UNCHANGING_RULES
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, rows
from finops_pipeline_tests.finance.revenue.deals import frame as make

CONTRACTS = "contract_id signed_on \n BAD 2026-01-01 \n GOOD 2026-01-01"
GOOD = {
    "contract_id": "GOOD", "obligation_id": "A", "product_id": "P", "recognition": "point_in_time", "stated_price": 5,
    "contract_currency": "EUR",
}  # fmt: skip

MEASURED = "contract_id obligation_id recognition stated_price total_measure \n BAD A input 1 10"
TROUBLES = {
    "input without total": ("REV-020", "BAD / A", "contract_id obligation_id recognition stated_price \n BAD A input 1", ""),
    "output without total": ("REV-020", "BAD / A", "contract_id obligation_id recognition stated_price \n BAD A output 1", ""),
    "modification without method": ("REV-022", "BAD", "contract_id obligation_id stated_price \n BAD A 1",
                                    "contract_id event_date event_type \n BAD 2026-02-01 modification"),
    "service without end": ("REV-003", "BAD / A", ("contract_id obligation_id recognition stated_price start_date \n"
                            " BAD A straight_line 1 2026-01-01"), ""),
    "end before start": ("REV-004", "BAD / A", ("contract_id obligation_id stated_price start_date end_date \n"
                         " BAD A 1 2026-02-01 2026-01-31"), ""),
    "event before signing": ("REV-005", "BAD", "contract_id obligation_id stated_price \n BAD A 1",
                             "contract_id event_date event_type amount \n BAD 2025-12-31 invoice 1"),
    "obligation in another currency": ("REV-006", "BAD / A", ("contract_id obligation_id stated_price contract_currency \n"
                                       " BAD A 1 USD"), ""),
    "event in another currency": ("REV-006", "BAD", "contract_id obligation_id stated_price \n BAD A 1",
                                  ("contract_id event_date event_type amount contract_currency \n"
                                  " BAD 2026-01-31 invoice 1 USD")),
    "ssp of zero for a price": ("REV-008", "BAD / A", "contract_id obligation_id stated_price ssp \n BAD A 1 0", ""),
    "negative ssp": ("REV-008", "BAD / A", "contract_id obligation_id stated_price ssp \n BAD A 1 -1 \n BAD B 1 5", ""),
    "delivery of another obligation": ("REV-009", "BAD / Z", "contract_id obligation_id stated_price \n BAD A 1",
                                       "contract_id event_date event_type obligation_id \n BAD 2026-02-01 delivery Z"),
    "delivery beyond quantity": ("REV-010", "BAD / A", "contract_id obligation_id stated_price quantity \n BAD A 1 3",
                                 "contract_id event_date event_type obligation_id quantity \n BAD 2026-02-01 delivery A 3.1"),
    "delivery after everything": ("REV-010", "BAD / A", "contract_id obligation_id stated_price \n BAD A 1",
                                  ("contract_id event_date event_type obligation_id \n BAD 2026-02-01 delivery A \n"
                                  " BAD 2026-02-02 delivery A")),
    "promise of nothing": ("REV-011", "BAD / A", "contract_id obligation_id stated_price quantity \n BAD A 1 0", ""),
    "delivery of nothing": ("REV-011", "BAD / A", "contract_id obligation_id stated_price quantity \n BAD A 1 3",
                            "contract_id event_date event_type obligation_id quantity \n BAD 2026-02-01 delivery A 0"),
    "quantity of several obligations": ("REV-012", "BAD", ("contract_id obligation_id stated_price quantity \n"
                                        " BAD A 1 3 \n BAD B 1 3"),
                                        "contract_id event_date event_type quantity \n BAD 2026-02-01 delivery 1"),
    "payment without amount": ("REV-013", "BAD", "contract_id obligation_id stated_price \n BAD A 1",
                               "contract_id event_date event_type \n BAD 2026-02-01 payment"),
    "added by no modification": ("REV-023", "BAD / A", ("contract_id obligation_id stated_price added_by_event_id \n"
                                 " BAD A 1 E1"), ""),
    "group that is dearer together": ("REV-019", "BAD / A", ("contract_id obligation_id stated_price ssp discount_group \n"
                                      " BAD A 9 2 G \n BAD B 1 2 -"), ""),
    "some obligations without ssp": ("REV-007", "BAD", "contract_id obligation_id stated_price ssp \n BAD A 10 90 \n BAD B 20 -",
                                     ""),
    "ssp outside its range": ("REV-028", "BAD / A", "contract_id obligation_id stated_price ssp ssp_low \n BAD A 1 2 3", ""),
    "negative progress": ("REV-011", "BAD / A", MEASURED,
                          "contract_id event_date event_type obligation_id quantity \n BAD 2026-02-01 progress A -1"),
    "progress beyond the total": ("REV-010", "BAD / A", MEASURED,
                                  "contract_id event_date event_type quantity \n BAD 2026-02-01 progress 11"),
    "progress of goods": ("REV-031", "BAD / A", "contract_id obligation_id stated_price \n BAD A 1",
                          "contract_id event_date event_type obligation_id quantity \n BAD 2026-02-01 progress A 1"),
    "progress of nothing": ("REV-012", "BAD", "contract_id obligation_id stated_price \n BAD A 1",
                            "contract_id event_date event_type quantity \n BAD 2026-02-01 progress 1"),
    "write-off of what nobody owes": ("REV-029", "BAD", "contract_id obligation_id stated_price \n BAD A 1",
                                      ("contract_id event_date event_type amount \n BAD 2026-02-01 invoice 5 \n"
                                       " BAD 2026-02-02 write_off 6")),
}  # fmt: skip


def with_good(obligations: str, events: str) -> Deals:
    case = deals(CONTRACTS, "contract_id obligation_id stated_price", events)
    return Deals(
        case.contracts, make("obligations", [*rows("obligations", obligations), GOOD]), case.events, case.entities
    )


@pytest.mark.parametrize("name", list(TROUBLES))
def test_trouble_leaves_the_contract_out(name: str) -> None:
    rule_id, subject, obligations, events = TROUBLES[name]
    schedule = with_good(obligations, events).schedule("2026-12")
    assert [(f.rule_id, f.subject, f.severity) for f in schedule.findings] == [(rule_id, subject, "error")]
    assert schedule.findings[0].message.endswith("; the contract is left out")
    assert list(schedule.lines["contract_id"]) == ["GOOD"]
    assert_keeps("revenue_schedule", schedule.lines)


def test_trouble_of_the_future_is_not_known_yet() -> None:
    obligations = "contract_id obligation_id stated_price \n BAD A 1"
    case = with_good(obligations, "contract_id event_date event_type \n BAD 2026-02-01 modification")
    assert case.schedule("2026-01").findings == []
    assert [f.rule_id for f in case.schedule("2026-02").findings] == ["REV-022"]


def test_obligations_and_events_of_a_contract_that_is_not_there() -> None:
    events = "contract_id event_date event_type amount \n NONE 2026-02-01 invoice 1"
    schedule = with_good("contract_id obligation_id stated_price \n NONE A 1 \n BAD A 1", events).schedule("2026-12")
    assert [(f.rule_id, f.subject) for f in schedule.findings] == [("REV-014", "NONE")]
    assert list(schedule.lines["contract_id"]) == ["BAD", "GOOD"]


def test_contract_of_an_entity_that_is_not_there() -> None:
    case = deals(
        "contract_id entity_id signed_on \n BAD XX 2026-01-01", "contract_id obligation_id stated_price \n BAD A 1"
    )
    schedule = case.schedule("2026-12")
    assert [(f.rule_id, f.subject) for f in schedule.findings] == [("REV-015", "BAD")]
    assert schedule.lines.empty


def test_a_price_said_twice_is_a_warning_and_counts_once() -> None:
    case = with_good(
        "contract_id obligation_id stated_price added_by_event_id \n BAD A 10 - \n BAD B 20 E1",
        "contract_id event_id event_date event_type amount method \n BAD E1 2026-02-01 modification 20 prospective",
    )
    schedule = case.schedule("2026-12")
    assert [(f.rule_id, f.subject, f.severity) for f in schedule.findings] == [("REV-030", "BAD", "warning")]
    assert schedule.lines.drop_duplicates(["contract_id", "obligation_id"], keep="last")["allocated_price"].sum() == 35


def test_contract_without_obligations_is_a_warning() -> None:
    schedule = deals(CONTRACTS, "contract_id obligation_id stated_price \n GOOD A 1").schedule("2026-12")
    assert [(f.rule_id, f.subject, f.severity) for f in schedule.findings] == [("REV-016", "BAD", "warning")]


def test_delivery_of_a_service_is_ignored_with_a_warning() -> None:
    case = with_good(
        "contract_id obligation_id recognition stated_price start_date end_date \n"
        " BAD A straight_line 1 2026-01-01 2026-01-31",
        "contract_id event_date event_type obligation_id \n BAD 2026-02-01 delivery A \n BAD 2026-02-01 delivery -",
    )
    schedule = case.schedule("2026-12")
    assert [(f.rule_id, f.subject, f.severity) for f in schedule.findings] == [
        ("REV-017", "BAD / A", "warning"),
        ("REV-017", "BAD", "warning"),
    ]
    assert list(schedule.lines["contract_id"]) == ["BAD", "GOOD"]


def test_every_rule_is_tested() -> None:
    tested = {rule_id for rule_id, *_ in TROUBLES.values()} | {"REV-014", "REV-015", "REV-016", "REV-017", "REV-030"}
    tested |= {"REV-041", "REV-042"}  # test_gates
    assert {*RULES, *UNCHANGING_RULES} <= tested


def test_invoices_payments_and_refunds_are_no_trouble() -> None:
    case = with_good(
        "contract_id obligation_id stated_price \n BAD A 1",
        """
        contract_id  event_date  event_type  amount
        BAD          2026-02-01  invoice     1
        BAD          2026-02-01  payment     1
        BAD          2026-02-01  refund      1
        """,
    )
    assert case.schedule("2026-12").findings == []
    assert isinstance(case.schedule("2026-12").lines, pd.DataFrame)


@pytest.mark.parametrize("name", ["A", "Z"])
def test_what_is_invoiced_and_written_off_on_one_day_is_owed_whatever_the_events_are_called(name: str) -> None:
    events = f"contract_id event_id event_date event_type amount \n BAD M 2026-02-01 invoice 5 \n BAD {name} 2026-02-01 write_off 5"
    case = deals("contract_id signed_on \n BAD 2026-01-01", "contract_id obligation_id stated_price \n BAD A 5", events)
    assert case.schedule("2026-12").findings == []
