"""Rows of contracts that cannot enter stay out with file, row and reason, and what was accounted for stays as it is."""

import pytest

from finops_pipeline.finance.revenue import Schedule, revenue_schedule
from finops_pipeline_tests.intake.nights import Night

CONTRACTS = "contract_id,entity_id,customer_id,signed_on,currency\nC1,DE01,K1,2026-01-01,EUR\nC2,DE01,K1,2026-01-01,EUR"
OBLIGATIONS = """contract_id,obligation_id,product_id,recognition,stated_price,quantity,start_date,end_date
C1,A,P1,straight_line,3650.00,,2026-01-01,2026-12-31
C2,A,P1,point_in_time,100.00,10,,"""
EVENTS = "event_id,contract_id,event_date,event_type,obligation_id,amount,quantity,method"
DELIVERY = "D1,C2,2026-02-10,delivery,A,,4,"


@pytest.fixture
def signed(night: Night) -> Night:
    """Two contracts with their obligations, and a delivery."""
    night.put("products", "products.csv", "product_id,name,family\nP1,Thing,Goods")
    night.put("contracts", "contracts.csv", CONTRACTS)
    night.put("obligations", "obligations.csv", OBLIGATIONS)
    night.put("contract_events", "events.csv", f"{EVENTS}\n{DELIVERY}")
    return night


def schedule(night: Night) -> Schedule:
    night.run()
    tables = [night.rows(name) for name in ("contracts", "obligations", "contract_events", "entities")]
    return revenue_schedule(*tables, "2026-03")


def recognized(made: Schedule) -> dict[str, int]:
    lines = made.lines[made.lines["status"] == "actual"]
    return {str(name): int(amount) for name, amount in lines.groupby("contract_id")["recognized"].sum().items()}


WITHIN = {"C1": 90_000, "C2": 4_000}


@pytest.mark.parametrize(
    ("dataset", "row", "rule"),
    [
        ("contract_events", "M1,C2,2026-03-01,modification,,5.00,,retrospective", "ROW-VOCABULARY"),
        ("contract_events", "X1,C2,2026-03-01,handover,A,,1,", "ROW-VOCABULARY"),
        ("contract_events", "D2,C9,2026-03-01,delivery,A,,1,", "REF-CONTRACT-ID"),
        ("obligations", "C9,A,P1,point_in_time,100.00,10,,", "REF-CONTRACT-ID"),
    ],
)
def test_a_row_that_cannot_enter_stays_out_and_the_contracts_keep_their_revenue(
    signed: Night, dataset: str, row: str, rule: str
) -> None:
    head = EVENTS if dataset == "contract_events" else OBLIGATIONS.splitlines()[0]
    signed.put(dataset, "more.csv", f"{head}\n{row}")
    made = schedule(signed)
    assert signed.quarantined() == [("more.csv", 1, rule)]
    assert row.split(",")[1] in signed.report("quarantine").iloc[0]["raw"], "the row names its contract"
    assert (recognized(made), made.findings) == (WITHIN, [])


def test_an_obligation_enters_when_its_contract_does(signed: Night) -> None:
    signed.put(
        "obligations", "more.csv", f"{OBLIGATIONS.splitlines()[0]}\nC9,A,P1,straight_line,31.00,,2026-01-01,2026-01-31"
    )
    schedule(signed)
    signed.put(
        "contracts", "late.csv", "contract_id,entity_id,customer_id,signed_on,currency\nC9,DE01,K1,2026-01-01,EUR"
    )
    assert recognized(schedule(signed)) == {**WITHIN, "C9": 3_100}
    assert signed.quarantined() == []


def test_a_contract_whose_currency_changes_is_left_out_until_its_rows_say_it_too(signed: Night) -> None:
    assert recognized(schedule(signed)) == WITHIN
    signed.put("contracts", "again.csv", CONTRACTS.splitlines()[0] + "\nC2,DE01,K1,2026-01-01,JPY")
    made = schedule(signed)
    assert recognized(made) == {"C1": 90_000}
    assert {(f.rule_id, f.subject) for f in made.findings} == {("REV-006", "C2 / A")}
    assert "in EUR, the contract in JPY: state both in one currency" in made.findings[0].message
