"""What a refund takes back: a payment ahead or an invoice, by what was known and whatever events are called."""

import pytest

from finops_pipeline.finance.revenue.settlements import settlements
from finops_pipeline_tests.finance.revenue.deals import read

HEAD = "contract_id event_id event_date event_type amount recorded_on\n"


def credited(events: str) -> list[tuple[str, int]]:
    """What each event credited, by kind."""
    rows = settlements(read("contract_events", HEAD + events.strip()))
    kinds = ["refund" if cash < 0 else "other" for cash in rows["cash"]]
    return [(kind, amount) for kind, amount in zip(kinds, rows["credited"], strict=True) if kind == "refund"]


@pytest.mark.parametrize("refund", ["A", "Z"])
def test_a_refund_comes_last_in_its_day_whatever_it_is_called(refund: str) -> None:
    # 100 were paid ahead. An invoice of 100 and a refund of 100 of one day: the refund takes back the invoice.
    events = f"C1 P 2026-01-05 payment 100 - \n C1 M 2026-02-10 invoice 100 - \n C1 {refund} 2026-02-10 refund 100 -"
    assert credited(events) == [("refund", 100)]
    # A payment and a refund of one day: what was paid goes back.
    assert credited(f"C1 M 2026-02-10 payment 100 - \n C1 {refund} 2026-02-10 refund 100 -") == [("refund", 0)]


def test_an_invoice_that_is_learned_of_later_does_not_change_what_a_refund_took_back() -> None:
    events = """
        C1 P 2026-01-05 payment 100 -
        C1 I 2026-01-31 invoice 100 {}
        C1 R 2026-02-10 refund  100 -
        C2 J 2026-01-31 invoice 100 -
        C2 S 2026-02-10 refund  30  -
    """
    assert credited(events.format("-")) == [("refund", 100), ("refund", 30)]
    assert credited(events.format("2026-02-05")) == [("refund", 100), ("refund", 30)], (
        "known in the month of the refund"
    )
    assert credited(events.format("2026-03-05")) == [("refund", 0), ("refund", 30)]
