"""The books of contracts: published positions, hand calculations, and a plain one-contract twin."""

from random import Random

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.revenue import revenue_rollforward, rollforward_findings
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, frame

QUARTER = ["2026-01", "2026-02", "2026-03"]
MOVES = ["billed", "recognized", "reclassified", "cash", "adjusted"]


def books(case: Deals, periods: list[str], as_of: str | None = None) -> pd.DataFrame:
    schedule = case.schedule(as_of or max(periods))
    assert schedule.findings == []
    rollforward = revenue_rollforward(schedule.lines, case.contracts, case.events, periods)
    assert_keeps("revenue_rollforward", rollforward)
    assert rollforward_findings(rollforward, schedule.lines, case.events, periods) == []
    return rollforward


def closings(rollforward: pd.DataFrame) -> list[tuple[str, int, int, int]]:
    """Period, contract asset, contract liability, receivable."""
    wide = rollforward.pivot_table(index="period", columns="balance", values="closing", aggfunc="sum")
    return list(wide[["contract_asset", "contract_liability", "receivable"]].itertuples(name=None))


DUE_JANUARY_DELIVERED_MARCH = (
    "contract_id signed_on \n C1 2026-01-01",
    "contract_id obligation_id stated_price \n C1 A 1000",
)


def test_cancellable_contract_has_a_liability_once_it_is_paid() -> None:
    # ASC 606-10-55-284 (Example 38 A): due Jan 31, paid Mar 1, delivered Mar 31; no unconditional right before payment.
    # The liability of Mar 1 is earned within March; seen without the delivery it stands at 1,000.
    paid = "contract_id event_date event_type amount \n C1 2026-03-01 payment 1000"
    assert closings(books(deals(*DUE_JANUARY_DELIVERED_MARCH, paid), QUARTER)) == [("2026-03", 0, 1000, 0)]
    delivered = paid + "\n C1 2026-03-31 delivery -"
    assert closings(books(deals(*DUE_JANUARY_DELIVERED_MARCH, delivered), QUARTER)) == [("2026-03", 0, 0, 0)]


def test_non_cancellable_contract_has_receivable_and_liability_when_due() -> None:
    # ASC 606-10-55-285 (Example 38 B): Jan 31 receivable 1,000 and liability 1,000; cash Mar 1; revenue Mar 31.
    events = """
        contract_id  event_date  event_type  amount
        C1           2026-01-31  invoice     1000
        C1           2026-03-01  payment     1000
        C1           2026-03-31  delivery    -
    """
    rollforward = books(deals(*DUE_JANUARY_DELIVERED_MARCH, events), QUARTER)
    assert closings(rollforward) == [("2026-01", 0, 1000, 1000), ("2026-02", 0, 1000, 1000), ("2026-03", 0, 0, 0)]
    march = rollforward[rollforward["period"] == "2026-03"].set_index("balance")
    assert list(march.loc["contract_liability", ["opening", *MOVES, "closing"]]) == [1000, 0, -1000, 0, 0, 0, 0]
    assert list(march.loc["receivable", ["opening", *MOVES, "closing"]]) == [1000, 0, 0, 0, -1000, 0, 0]


def test_contract_asset_until_both_products_are_delivered() -> None:
    # ASC 606-10-55-286 (Example 39): A for 400 delivered first, B for 600 later; payment is due once both are.
    rollforward = books(
        deals(
            "contract_id signed_on \n C1 2026-01-01",
            "contract_id obligation_id stated_price \n C1 A 400 \n C1 B 600",
            """
            contract_id  event_date  event_type  obligation_id  amount
            C1           2026-01-15  delivery    A              -
            C1           2026-02-15  delivery    B              -
            C1           2026-02-15  invoice     -              1000
            """,
        ),
        QUARTER,
    )
    assert closings(rollforward) == [("2026-01", 400, 0, 0), ("2026-02", 0, 0, 1000), ("2026-03", 0, 0, 1000)]
    moves = rollforward[rollforward["period"] < "2026-03"].set_index(["period", "balance"])[
        ["opening", *MOVES, "closing"]
    ]
    assert moves.apply(tuple, axis=1).to_dict() == {
        ("2026-01", "contract_asset"): (0, 0, 0, 400, 0, 0, 400),
        ("2026-01", "contract_liability"): (0, 0, -400, 400, 0, 0, 0),
        ("2026-01", "receivable"): (0, 0, 0, 0, 0, 0, 0),
        ("2026-02", "contract_asset"): (400, 0, 0, -400, 0, 0, 0),
        ("2026-02", "contract_liability"): (0, 1000, -600, -400, 0, 0, 0),
        ("2026-02", "receivable"): (0, 1000, 0, 0, 0, 0, 1000),
    }


def test_cash_before_the_invoice_is_a_liability_and_a_refund_takes_it_back() -> None:
    events = """
        contract_id  event_date  event_type  amount
        C1           2026-01-10  payment     300
        C1           2026-02-10  refund      100
        C1           2026-03-10  invoice     500
    """
    rollforward = books(deals(*DUE_JANUARY_DELIVERED_MARCH, events), QUARTER)
    assert closings(rollforward) == [("2026-01", 0, 300, 0), ("2026-02", 0, 200, 0), ("2026-03", 0, 500, 300)]
    receivable = rollforward[rollforward["balance"] == "receivable"]
    assert list(receivable["cash"]) == [-300, 100, 0]
    assert list(receivable["reclassified"]) == [300, -100, -200]  # into the liability, and back as invoices use it up


def test_history_is_in_the_opening_and_quiet_months_have_no_rows() -> None:
    events = """
        contract_id  event_date  event_type  amount
        C1           2025-11-10  invoice     300
        C1           2026-02-10  payment     300
        C1           2026-03-31  delivery    -
    """
    case = deals("contract_id signed_on \n C1 2025-11-01", "contract_id obligation_id stated_price \n C1 A 300", events)
    months = [*QUARTER, "2026-04", "2026-05"]
    rollforward = books(case, months)
    assert closings(rollforward) == [("2026-01", 0, 300, 300), ("2026-02", 0, 300, 0), ("2026-03", 0, 0, 0)]
    assert list(rollforward["opening"][:3]) == [0, 300, 300]
    # A period says the same whichever periods are asked for with it.
    alone = books(case, ["2026-02"], as_of="2026-05")
    pd.testing.assert_frame_equal(alone, rollforward[rollforward["period"] == "2026-02"].reset_index(drop=True))


def test_a_contract_that_was_left_out_and_one_that_only_plans_have_no_rows() -> None:
    case = deals(
        "contract_id signed_on \n C1 2026-01-01 \n C2 2026-01-01",
        "contract_id obligation_id recognition stated_price end_date \n C1 A input 1 - \n C2 A point_in_time 1 2027-01-31",
        "contract_id event_date event_type amount \n C1 2026-01-01 invoice 1 \n C2 2026-04-01 invoice 1",
    )
    lines = case.schedule("2026-03").lines
    rollforward = revenue_rollforward(lines, case.contracts, case.events, QUARTER)
    assert rollforward.empty
    assert_keeps("revenue_rollforward", rollforward)
    assert rollforward_findings(rollforward, lines, case.events, QUARTER) == []


def test_no_contracts() -> None:
    case = deals("contract_id signed_on", "contract_id obligation_id stated_price")
    assert books(case, QUARTER).empty


def plain_twin(moves: list[tuple[str, int, int, int]], periods: list[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Opening and closing by period and balance, from (period, billed, paid, recognized) of one contract.

    Every month with moves ends with a payment of 7 more and its refund, which takes back an invoice if nothing is ahead.
    """
    found = {}
    before = {"contract_asset": 0, "contract_liability": 0, "receivable": 0}
    billed = cash = earned = 0
    for period in periods:
        is_moved = False
        for _, bill, paid, revenue in [m for m in moves if m[0] == period]:
            billed, cash, earned = billed + bill, cash + paid + 7, earned + revenue
            taken_back = 7 - min(max(cash - billed, 0), 7)
            billed, cash = billed - taken_back, cash - 7
            is_moved = is_moved or any((bill, paid, revenue, taken_back))
        due = max(billed, cash)
        after = {
            "contract_asset": max(earned - due, 0),
            "contract_liability": max(due - earned, 0),
            "receivable": max(billed - cash, 0),
        }
        if is_moved or any(before.values()) or any(after.values()):
            found |= {(period, name): (before[name], after[name]) for name in before}
        before = after
    return found


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32))
def test_agrees_with_the_plain_twin_and_adds_up(seed: int) -> None:
    rng, periods = Random(seed), calendar.span("2026-01", "2026-06")
    contracts, lines, events, moves = [], [], [], {}
    for c in range(20):
        name, total = f"C{c}", 0
        head = {"contract_id": name, "entity_id": "DE", "customer_id": "K", "currency": "EUR"}
        contracts.append({**head, "signed_on": calendar.first_day("2026-01")})
        moves[name] = [
            (p, *(rng.choice([0, 0, rng.randint(1, 500)]) for _ in range(3))) for p in periods if rng.random() < 0.7
        ]
        for p, billed, cash, earned in moves[name]:
            total += earned
            lines.append({**head, "obligation_id": "A", "product_id": "P", "period": p, "allocated_price": 0, "recognized":
                          earned, "cumulative_recognized": total, "remaining": -total, "status": "actual",
                          "prior_period_adjustment": 0, "expected_refund": 0})  # fmt: skip
            for kind, amount in (("invoice", billed), ("payment", cash + 7), ("refund", 7)):
                events.append({"event_id": f"{name}{p}{kind}", "contract_id": name, "event_date": calendar.last_day(p),
                               "event_type": kind, "amount": amount, "contract_currency": "EUR"})  # fmt: skip
    tables = [
        frame(n, v) for n, v in (("revenue_schedule", lines), ("contracts", contracts), ("contract_events", events))
    ]
    rollforward = revenue_rollforward(*tables, periods)
    assert rollforward_findings(rollforward, tables[0], tables[2], periods) == []
    for name, mine in moves.items():
        shown = rollforward[rollforward["contract_id"] == name].set_index(["period", "balance"])
        assert dict(zip(shown.index, zip(shown["opening"], shown["closing"], strict=True), strict=True)) == plain_twin(
            mine, periods
        )
    shuffled = [t[::-1] for t in tables]
    pd.testing.assert_frame_equal(revenue_rollforward(*shuffled, periods[::-1]), rollforward)


def test_reads_events_that_have_no_amount() -> None:
    delivered = "contract_id event_date event_type \n C1 2026-01-31 delivery"
    assert closings(books(deals(*DUE_JANUARY_DELIVERED_MARCH, delivered), ["2026-01"])) == [("2026-01", 1000, 0, 0)]
