"""A slow reference for revenue: one contract, event by event, month by month, in plain Python.

Written from ASC 606 and docs/revenue.md, another way than the engine, of which nothing is used. Where the standard leaves room
the conventions are the documented ones: that both agree does not prove a convention right. The books of a month know what was
recorded by its end: every month is replayed with what was known then, and what that changes in months before is its
prior-period adjustment.

Here: the tables as plain rows, the course of the months, and the balances of a contract. Not here: what an event does
(`reference_changes`), what an obligation earns (`reference_terms`).
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from finops_pipeline_tests.finance.revenue.reference_changes import Course
from finops_pipeline_tests.finance.revenue.reference_terms import CannotError, Duty, Row, last_day, month_number

DECIMALS = {"EUR": 2, "JPY": 0, "BHD": 3}
BALANCES = ("contract_asset", "contract_liability", "receivable", "refund_liability")


@dataclass
class Books:
    """What the reference says of one contract, by month number (and obligation)."""

    revenue: dict[tuple[str, int], int] = field(default_factory=dict)
    late: dict[tuple[str, int], int] = field(default_factory=dict)
    allocated: dict[tuple[str, int], int] = field(default_factory=dict)
    refund: dict[tuple[str, int], int] = field(default_factory=dict)
    planned: dict[tuple[str, int], int] = field(default_factory=dict)
    balances: dict[tuple[str, int], int] = field(default_factory=dict)
    moved: dict[tuple[str, int], int] = field(default_factory=dict)
    journal: dict[tuple[str, int], int] = field(default_factory=dict)


def plain(table: pd.DataFrame) -> dict[str, list[Row]]:
    """The rows of each contract without pandas: nothing is None, decimals are fractions, days are days."""
    found: dict[str, list[Row]] = {}
    for row in table.astype(object).to_dict("records"):
        found.setdefault(row["contract_id"], []).append({str(name): _plain(cell) for name, cell in row.items()})
    return found


def _plain(cell: Any) -> Any:
    if cell is None or pd.isna(cell):
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    return Fraction(cell) if isinstance(cell, Decimal) else cell


def known_in(event: Row) -> int:
    """The month in which the books know of an event: its own, or a later one in which it was recorded."""
    return max(month_number(event["event_date"]), month_number(event["recorded_on"] or event["event_date"]))


def books(contract: Row, promises: list[Row], events: list[Row], as_of: int, proration: str) -> Books:
    """Everything about one contract up to a month, and what is planned after it. Raises: CannotError."""
    found = Books()
    promises = sorted(promises, key=lambda p: p["obligation_id"])
    events = _named([e for e in events if known_in(e) <= as_of], promises)
    first = month_number(contract["signed_on"])
    before: dict[str, dict[str, int]] = {}
    course = None
    for month in range(first, as_of + 1):
        known = [e for e in events if known_in(e) <= month]
        if course is None or any(known_in(e) == month > month_number(e["event_date"]) for e in known):
            course, pending = _begin(contract, promises, [e for e in events if _is_told(e, month)], proration)
            then = _run(course, pending, first, month - 1)
        else:
            then = before
        now = _run(course, pending, month, month)
        for name, state in now.items():
            booked = before.get(name, {}).get("recognized", 0)
            late = then.get(name, {}).get("recognized", 0) - booked
            found.revenue[name, month] = state["recognized"] - booked
            found.late[name, month] = late
            found.allocated[name, month] = state["allocated"]
            found.refund[name, month] = state["refund"]
        before = now
    if course is None:
        course, pending = _begin(contract, promises, events, proration)
        for name, state in _run(course, pending, first, first).items():
            found.planned[name, first] = state["recognized"]
    for duty in course.duties.values():
        _plan(found.planned, duty, max(as_of, first), as_of + 1)
    _balance(found, events, first, as_of)
    return found


def _is_told(event: Row, month: int) -> bool:
    """Whether a replay that begins in a month may see the event: later ones only if they are not learned of too late."""
    return known_in(event) <= month or known_in(event) == month_number(event["event_date"])


def _named(events: list[Row], promises: list[Row]) -> list[Row]:
    """Progress, usage and returns that name nothing are of the only obligation that they can be of."""
    fitting = {"progress": ("output", "input"), "usage": ("usage",)}
    kinds = ("point_in_time", "output", "input", "straight_line", "usage")
    found = []
    for event in events:
        names = [p["obligation_id"] for p in promises if p["recognition"] in fitting.get(event["event_type"], kinds)]
        fills = event["event_type"] in ("progress", "usage", "return", "returns_estimate")
        alone = names[0] if fills and event["obligation_id"] is None and len(names) == 1 else event["obligation_id"]
        found.append({**event, "obligation_id": alone})
    return found


def _begin(contract: Row, promises: list[Row], told: list[Row], proration: str) -> tuple[Course, list[Row]]:
    ids = {e["event_id"] for e in told} | {None}
    there = [p for p in promises if p["added_by_event_id"] in ids]
    course = Course(contract, there, told, proration, 10 ** DECIMALS[contract["currency"]])
    return course, list(course.events)


def _run(course: Course, pending: list[Row], first: int, last: int) -> dict[str, dict[str, int]]:
    """Let the months from first to last pass; the state of every obligation at the end of the last one."""
    states: dict[str, dict[str, int]] = {}
    for month in range(first, last + 1):
        while pending and pending[0]["event_date"] <= last_day(month):
            course.apply(pending.pop(0))
        course.see(last_day(month))
        states = {name: duty.state() for name, duty in course.duties.items()}
        for state in states.values():
            low, high = sorted((0, state["allocated"]))
            if not low <= state["recognized"] <= high:
                raise CannotError("more revenue than price")
    return states


def _plan(planned: dict[tuple[str, int], int], duty: Duty, last: int, next_month: int) -> None:
    """Services go on; goods come when their dates say, or in the next month; what is measured comes evenly until its end."""
    row, now = duty.row, duty.state()
    end = row["end_date"] or (row["start_date"] if duty.kind == "point_in_time" else None)
    if end is None or duty.is_finished() or duty.kind == "usage":
        return
    if duty.kind == "straight_line":
        before = now["recognized"]
        for month in range(last + 1, month_number(end) + 1):
            duty.see(last_day(month))
            planned[duty.name, month] = duty.state()["recognized"] - before
            before = duty.state()["recognized"]
        return
    first = max(next_month, duty.born)
    final = max(month_number(end), first)
    if duty.kind == "point_in_time":
        duty.total = duty.before + duty.whole
        planned[duty.name, final] = duty.state()["recognized"] - now["recognized"]
        return
    rest, before = now["allocated"] - now["recognized"], 0
    for month in range(first, final + 1):
        so_far = round(Fraction(rest * (month - first + 1), final - first + 1))
        planned[duty.name, month] = so_far - before
        before = so_far


# --- What was invoiced, paid and owed


def _balance(found: Books, events: list[Row], first: int, as_of: int) -> None:
    billed = cash = written = credited = given = earned = 0
    before = dict.fromkeys([*BALANCES, "advance"], 0)
    for month in range(first, as_of + 1):
        moved: Counter[str] = Counter()
        for event in sorted((e for e in events if known_in(e) == month), key=_in_the_books):
            kind, amount = event["event_type"], event["amount"] or 0
            if kind == "invoice":
                billed, given, moved["billed"] = billed + amount, given + max(-amount, 0), moved["billed"] + amount
            elif kind == "payment":
                cash, moved["cash"] = cash + amount, moved["cash"] + amount
            elif kind == "write_off":
                written, moved["written"] = written + amount, moved["written"] + amount
            elif kind == "refund":
                ahead = max(cash + written - (billed - credited), 0)
                credit = max(amount - ahead, 0)
                cash, credited, given = cash - amount, credited + credit, given + credit
                moved["cash"], moved["credited"] = moved["cash"] - amount, moved["credited"] + credit
        moved["earned"] = sum(r for (_, m), r in found.revenue.items() if m == month)
        earned += moved["earned"]
        expected = sum(r for (_, m), r in found.refund.items() if m == month)
        after = _stand(billed - credited, cash + written, earned, max(expected - given, 0))
        found.balances |= {(name, month): after[name] for name in BALANCES}
        found.moved |= {(name, month): moved[name] for name in ("billed", "cash", "earned", "credited", "written")}
        found.journal |= {(role, month): amount for role, amount in _book(moved, before, after).items()}
        before = after


def _in_the_books(event: Row) -> tuple[Any, ...]:
    """Within a day everything comes in before a refund goes out."""
    return event["event_date"], event["event_type"] == "refund", event["event_id"]


def _stand(invoiced: int, received: int, earned: int, expected: int) -> dict[str, int]:
    """The balances of docs and 606-10-45-1 to 45-4: what one side has done beyond the other."""
    came_first = max(invoiced, received)
    over = max(came_first - earned, 0)
    refund = min(expected, over)
    return {
        "receivable": max(invoiced - received, 0), "contract_asset": max(earned - came_first, 0),
        "refund_liability": refund, "contract_liability": over - refund, "advance": max(received - invoiced, 0),
    }  # fmt: skip


def _book(moved: Counter[str], before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Debits less credits of each role: the change of each balance, and what went through cash, revenue and losses."""
    assets = {name: after[name] - before[name] for name in ("receivable", "contract_asset")}
    debts = {name: before[name] - after[name] for name in ("contract_liability", "refund_liability")}
    return {**assets, **debts, "cash": moved["cash"], "revenue": -moved["earned"], "credit_loss": moved["written"]}
