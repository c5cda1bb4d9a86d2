"""What goes back: the liability by what moves it and the asset for goods, by hand, against a slow form, and each proof alone."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import journal_findings, revenue_journal, revenue_rollforward
from finops_pipeline.finance.revenue.explanation import explain
from finops_pipeline.finance.revenue.refund_proofs import cost_warnings, refund_findings, return_asset_findings
from finops_pipeline.finance.revenue.refunds import (
    beside,
    refund_liability_rollforward,
    refund_states,
    return_asset_rollforward,
)
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals

ONE = "contract_id signed_on \n C1 2026-01-01"
GOODS = "contract_id obligation_id quantity stated_price goods_cost \n C1 A 100 10000 6000"
MONTHS = periods.span("2026-01", "2026-06")
HEAD = "contract_id event_date event_type obligation_id quantity amount"
SOLD = f"""
    {HEAD}
    C1 2026-01-10 delivery         A 100 -
    C1 2026-01-10 returns_estimate A 3   -
    C1 2026-01-10 invoice          - -   10000
    C1 2026-01-20 payment          - -   10000
    C1 2026-02-10 return           A 2   -
    C1 2026-02-12 refund           - -   200
    C1 2026-03-31 returns_estimate A 2   -
"""


class Made:
    """Everything that stands on the refunds of one case, proven."""

    def __init__(self, case: Deals, wanted: list[str]) -> None:
        self.case, self.wanted = case, wanted
        schedule = case.schedule(wanted[-1])
        self.lines = schedule.lines
        self.states = refund_states(schedule.inputs, self.lines, "daily")
        self.books = revenue_rollforward(self.lines, case.contracts, case.events, wanted)
        self.owed = refund_liability_rollforward(self.states, self.books, case.events, wanted)
        self.assets = return_asset_rollforward(self.states, wanted)
        assert_keeps("refund_liability_rollforward", self.owed)
        assert_keeps("return_asset_rollforward", self.assets)
        assert self.broken() == set()
        assert return_asset_findings(self.assets, wanted) == []
        every = beside(self.books, self.assets)
        self.journal = revenue_journal(every)
        assert_keeps("revenue_journal", self.journal)
        assert journal_findings(self.journal, every, self.lines, case.events, wanted) == []

    def broken(self, **wrong: pd.DataFrame) -> set[str]:
        tables = {"owed": self.owed, "books": self.books, "lines": self.lines, "events": self.case.events, **wrong}
        return {f.rule_id for f in refund_findings(*tables.values(), self.wanted)}

    def liability(self) -> dict[str, list[int]]:
        columns = ["opening", "returns", "concessions", "cancellations", "settled", "not_due", "closing"]
        return dict(zip(self.owed["period"], self.owed[columns].values.tolist(), strict=True))

    def asset(self) -> dict[str, list[int]]:
        columns = ["opening", "expected", "came_back", "closing"]
        return dict(zip(self.assets["period"], self.assets[columns].values.tolist(), strict=True))


def test_returns_as_they_are_expected_and_come() -> None:
    """Three of 100 are expected back, two come and are refunded, and then no more is expected."""
    made = Made(deals(ONE, GOODS, SOLD), MONTHS)
    assert made.liability() == {
        "2026-01": [0, 300, 0, 0, 0, 0, 300],
        "2026-02": [300, 0, 0, 0, -200, 0, 100],
        "2026-03": [100, -100, 0, 0, 0, 0, 0],
    }
    assert made.asset() == {"2026-01": [0, 180, 0, 180], "2026-02": [180, 0, -120, 60], "2026-03": [60, -60, 0, 0]}
    rows = made.journal[made.journal["entry"].isin(["return_asset", "goods_returned"])]
    columns = ["period", "account_role", "debit", "credit"]
    assert list(rows[columns].itertuples(index=False, name=None)) == [
        ("2026-01", "return_asset", 180, 0), ("2026-01", "cost_of_sales", 0, 180),
        ("2026-02", "inventory", 120, 0), ("2026-02", "return_asset", 0, 120),
        ("2026-03", "return_asset", 0, 60), ("2026-03", "cost_of_sales", 60, 0),
    ]  # fmt: skip


def test_getting_goods_back_costs_something() -> None:
    """The same, but 30 for the freight of the three: 10 off each, so that one is worth 50."""
    events = SOLD.replace("quantity amount", "quantity amount recovery_cost").replace("A 3   -", "A 3 - 30")
    lines = [
        line + " -" if line.count(" C1") or line.strip().startswith("C1") else line for line in events.splitlines()
    ]
    made = Made(deals(ONE, GOODS, "\n".join(lines).replace("A 3 - 30 -", "A 3 - 30")), MONTHS)
    assert made.asset()["2026-01"] == [0, 150, 0, 150]
    assert made.asset()["2026-02"] == [150, 0, -100, 50]


def test_what_comes_back_beyond_what_is_expected_passes_through_the_asset() -> None:
    events = f"{HEAD} \n C1 2026-01-10 delivery A 100 - \n C1 2026-02-10 return A 5 -"
    made = Made(deals(ONE, GOODS, events), MONTHS)
    assert made.asset() == {"2026-02": [0, 300, -300, 0]}


def test_goods_are_due_back_only_once_they_are_handed_over() -> None:
    events = f"{HEAD} \n C1 2026-01-10 returns_estimate A 30 - \n C1 2026-02-10 delivery A 20 - \n C1 2026-03-10 delivery A 80 -"
    made = Made(deals(ONE, GOODS, events), MONTHS)
    assert made.asset() == {"2026-02": [0, 1200, 0, 1200], "2026-03": [1200, 600, 0, 1800], "2026-04": [1800, 0, 0, 1800],
                            "2026-05": [1800, 0, 0, 1800], "2026-06": [1800, 0, 0, 1800]}  # fmt: skip


def test_a_concession_is_a_liability_as_far_as_it_was_invoiced() -> None:
    """10 % less is expected; half is earned before its invoice comes, and the customer is credited in June."""
    events = f"""
        {HEAD}
        C1 2026-01-02 variable_estimate A -  -1000
        C1 2026-02-10 delivery          A 50 -
        C1 2026-03-10 invoice           - -  5000
        C1 2026-06-10 invoice           - -  -500
    """
    made = Made(deals(ONE, GOODS, events), MONTHS)
    assert made.liability() == {
        "2026-02": [0, 0, 500, 0, 0, -500, 0],
        "2026-03": [0, 0, 0, 0, 0, 500, 500],
        "2026-04": [500, 0, 0, 0, 0, 0, 500],
        "2026-05": [500, 0, 0, 0, 0, 0, 500],
        "2026-06": [500, 0, 0, 0, -500, 0, 0],
    }
    assert made.asset() == {}


def test_a_cancelled_contract_owes_what_was_paid_and_not_earned() -> None:
    service = "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 1200 2026-01-01 2026-12-31"
    events = (
        f"{HEAD} \n C1 2026-01-02 payment - - 1200 \n C1 2026-03-31 cancellation - - - \n C1 2026-05-10 refund - - 296"
    )
    made = Made(deals(ONE, service, events), MONTHS)
    # 90 of 365 days are earned: 296 of 1,200
    assert made.liability()["2026-03"] == [0, 0, 0, 904, 0, 0, 904]
    assert made.owed["not_due"].tolist()[2:] == [-296, 0], "the refund of what was paid ahead is no liability any more"


def test_a_window_of_months_shows_what_all_months_show() -> None:
    case = deals(ONE, GOODS, SOLD.replace("refund           - -   200", "invoice          - -   -200"))
    whole, part = Made(case, MONTHS), Made(case, MONTHS[2:])
    for one, other in ((whole.owed, part.owed), (whole.assets, part.assets)):
        pd.testing.assert_frame_equal(one[one["period"] >= MONTHS[2]].reset_index(drop=True), other)


def test_a_return_that_is_learned_of_late_is_booked_when_it_is() -> None:
    events = SOLD.replace("quantity amount", "quantity amount recorded_on")
    late = [line + " -" if line.strip().startswith("C1") else line for line in events.splitlines()]
    made = Made(deals(ONE, GOODS, "\n".join(late).replace("A 2   - -", "A 2 - 2026-04-03", 1)), MONTHS)
    assert made.asset()["2026-03"] == [180, -60, 0, 120], "two are expected, and none is known to have come"
    assert made.asset()["2026-04"] == [120, 0, -120, 0]


def test_nothing_is_expected_back() -> None:
    made = Made(deals(ONE, GOODS, f"{HEAD} \n C1 2026-01-10 delivery A 100 -"), MONTHS)
    assert (len(made.owed), len(made.assets), len(made.states)) == (0, 0, 0)


def test_goods_without_a_cost_are_named() -> None:
    case = deals(ONE, GOODS.replace("6000", "-"), SOLD)
    made = Made(case, MONTHS)
    assert made.asset() == {}
    found = cost_warnings(made.states, case.events, case.obligations)
    assert [(f.rule_id, f.subject, f.severity) for f in found] == [("REV-185", "C1 / A", "warning")]
    assert cost_warnings(made.states, case.events, deals(ONE, GOODS).obligations) == []


def test_the_explanation_says_what_goes_back() -> None:
    case = deals(ONE, GOODS, SOLD)
    text = "\n".join(explain("C1", case.contracts, case.obligations, case.events, case.entities, date(2026, 2, 28)))
    for said in ("3.00  A: expected to go back in all, 3.00 for returns (606-10-32-10)",
                 "0.60  A: asset for goods that come back at 0.60 each", "goods_returned"):  # fmt: skip
        assert said in text, said


def test_each_proof_fails_on_what_it_is_for() -> None:
    made = Made(deals(ONE, GOODS, SOLD), MONTHS)
    owed, first = made.owed, made.owed["period"] == "2026-01"
    assert made.broken(owed=owed.assign(returns=owed["returns"] + first)) == {"REV-180", "REV-181"}
    assert made.broken(owed=owed.assign(settled=owed["settled"] + first, not_due=owed["not_due"] - first)) == {
        "REV-181"
    }
    assert made.broken(owed=owed.assign(closing=owed["closing"] + first)) == {"REV-180", "REV-182"}
    assert made.broken(owed=owed[first]) == {"REV-180", "REV-181", "REV-182"}
    books = made.books.assign(closing=made.books["closing"] + (made.books["balance"] == "refund_liability"))
    assert made.broken(books=books) == {"REV-182"}
    assert made.broken(lines=made.lines.assign(expected_refund=0)) == {"REV-181", "REV-182"}
    assets, second = made.assets, made.assets["period"] == "2026-02"

    def lost(wrong: pd.DataFrame) -> set[str]:
        return {f.rule_id for f in return_asset_findings(wrong, MONTHS)}

    assert lost(assets.assign(expected=assets["expected"] + second)) == {"REV-183"}
    assert lost(assets[~second]) == {"REV-183"}
    assert lost(assets.assign(closing=-assets["closing"])) == {"REV-183", "REV-184"}
    every = beside(made.books, assets)
    wrong = made.journal.assign(debit=made.journal["debit"] + (made.journal["account_role"] == "return_asset"))
    found = journal_findings(wrong, every, made.lines, made.case.events, MONTHS)
    assert {f.rule_id for f in found} == {"REV-130", "REV-131"}


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32), changes=st.booleans())
def test_whatever_happens_the_proofs_hold_and_the_asset_is_that_of_the_slow_form(seed: int, *, changes: bool) -> None:
    rng = Random(seed)
    case = by_chance(rng, 10, changes=changes)
    goods = case.obligations["quantity"].notna()
    cost = [rng.randint(1, 10**6) if is_goods else None for is_goods in goods]
    case.obligations["goods_cost"] = pd.array(cost, "Int64")
    backs = [
        {"contract_id": row.contract_id, "event_id": f"{row.contract_id}-{row.obligation_id}-R{n}", "event_type": kind,
         "event_date": pd.Timestamp(2026, rng.randint(8, 12), rng.randint(1, 28)), "obligation_id": row.obligation_id,
         "quantity": Decimal(rng.randint(0, 9)), "contract_currency": "EUR", "recovery_cost": rng.choice([None, 500])}
        for row in case.obligations[goods].itertuples()
        for n, kind in enumerate(["returns_estimate"] * rng.randint(1, 3))
    ]  # fmt: skip
    more = pd.DataFrame(backs, columns=case.events.columns).astype(case.events.dtypes)
    events = pd.concat([case.events, more], ignore_index=True)
    made = Made(Deals(case.contracts, case.obligations, events, case.entities), periods.span("2026-01", "2027-12"))
    closing = made.assets[made.assets["period"] == "2027-12"].set_index(["contract_id", "obligation_id"])["closing"]
    special = set(events.loc[events["event_type"].isin(["modification", "cancellation"]), "contract_id"])
    checked, known = 0, set(made.lines["contract_id"]) - special
    for row in made.case.obligations[goods].itertuples():
        if row.contract_id in known:
            assert closing.get((row.contract_id, row.obligation_id), 0) == _slow(row, events), row
            checked += 1
    assert checked or changes


def _slow(row: Any, events: pd.DataFrame) -> int:
    """The asset at the end of one obligation that was never modified, from its events alone."""
    mine = events[(events["contract_id"] == row.contract_id) & (events["obligation_id"] == row.obligation_id)]
    mine = mine.sort_values(["event_date", "event_id"])
    estimates = mine[mine["event_type"] == "returns_estimate"]
    if not len(estimates) or pd.notna(estimates["amount"].iloc[-1]):
        return 0
    delivered = mine[mine["event_type"] == "delivery"]["quantity"]
    done = sum((Fraction(q) for q in delivered), Fraction(0))
    expected, recovery = Fraction(estimates["quantity"].iloc[-1]), estimates["recovery_cost"].iloc[-1]
    if not expected:
        return 0
    worth = Fraction(int(row.goods_cost)) / Fraction(row.quantity)
    worth -= 0 if pd.isna(recovery) else Fraction(int(recovery)) / expected
    return round(max(worth, Fraction(0)) * min(expected, done))


@pytest.mark.parametrize("amount", [2**60])
def test_amounts_beyond_2_53_keep_every_minor_unit(amount: int) -> None:
    goods = f"contract_id obligation_id quantity stated_price goods_cost \n C1 A 4 {amount + 4} {amount + 4}"
    events = f"{HEAD} \n C1 2026-01-10 delivery A 4 - \n C1 2026-01-10 returns_estimate A 1 - \n C1 2026-01-10 invoice - - {amount + 4}"
    made = Made(deals(ONE, goods, events), MONTHS[:2])
    assert made.liability()["2026-01"][-1] == amount // 4 + 1
    assert made.asset()["2026-02"][-1] == amount // 4 + 1
