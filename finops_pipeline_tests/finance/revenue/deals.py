"""Contracts written as text, and the slow revenue engine: one contract at a time, in plain Python, as the oracle.

In text tables columns are parted by spaces and `-` is null; amounts are whole minor units. Columns left out take the
defaults below. `oracle` says what `revenue_schedule` must return for contracts without trouble.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from finops_pipeline.contracts import catalog, projections
from finops_pipeline.finance import money, periods
from finops_pipeline.finance.revenue import Schedule, Tables, Then, obligation_months, revenue_schedule

_READ: dict[str, Callable[[str], Any]] = {
    "money": int, "integer": int, "decimal": Decimal, "date": date.fromisoformat, "boolean": "true".__eq__,
}  # fmt: skip
_DEFAULTS = {
    "contracts": {"entity_id": "DE", "customer_id": "K1", "currency": "EUR"},
    "obligations": {"product_id": "P1", "recognition": "point_in_time", "contract_currency": "EUR"},
    "contract_events": {"contract_currency": "EUR"},
    "contract_costs": {"contract_currency": "EUR"},
    "estimate_outcomes": {"contract_currency": "EUR"},
    "payment_plan": {"contract_currency": "EUR"},
    "revenue_rollforward": {"interest": 0},
    "entities": {"functional_currency": "EUR", "name": "-"},
    "revenue_schedule": {"prior_period_adjustment": 0, "expected_refund": 0},
}


def rows(table_name: str, text: str) -> list[dict[str, Any]]:
    table = catalog.table(table_name)
    header, *lines = [line.split() for line in text.strip().splitlines()] or [[]]
    found = []
    for number, line in enumerate(lines, 1):
        cells = {
            name: None if cell == "-" else _READ.get(table.column(name).kind, str)(cell.replace(",", ""))
            for name, cell in zip(header, line, strict=True)
        }
        found.append({"event_id": f"E{number}", **_DEFAULTS.get(table_name, {}), **cells})
    return found


def frame(table_name: str, values: list[dict[str, Any]]) -> pd.DataFrame:
    table = catalog.table(table_name)
    return projections.conform(pd.DataFrame({n: [v.get(n) for v in values] for n in table.names}, dtype=object), table)


def read(table_name: str, text: str) -> pd.DataFrame:
    return frame(table_name, rows(table_name, text))


def assert_keeps(table_name: str, result: pd.DataFrame) -> None:
    """Columns, dtypes, vocabulary, nulls and key are the contract's, and rows are sorted by key."""
    conformed = projections.conform(result, catalog.table(table_name))
    in_order = conformed.sort_values(list(catalog.table(table_name).key), na_position="last", ignore_index=True)
    pd.testing.assert_frame_equal(result, in_order, check_index_type=False)


@dataclass(frozen=True)
class Deals:
    """The four tables the engine reads."""

    contracts: pd.DataFrame
    obligations: pd.DataFrame
    events: pd.DataFrame
    entities: pd.DataFrame

    def schedule(self, as_of_period: str, proration: Any = "daily") -> Schedule:
        return revenue_schedule(
            self.contracts, self.obligations, self.events, self.entities, as_of_period, proration=proration
        )

    def booked(self) -> pd.DataFrame:
        return obligation_months(self.contracts, self.obligations, self.events)

    def then(self, proration: Any = "daily") -> Any:
        return Then(Tables(self.contracts, self.obligations, self.events, self.entities), proration)


def deals(contracts: str, obligations: str, events: str = "", fiscal_year_start_month: int = 1) -> Deals:
    entity = {"entity_id": "DE", "name": "DE", "functional_currency": "EUR"}
    return Deals(
        read("contracts", contracts),
        read("obligations", obligations),
        read("contract_events", events),
        frame("entities", [{**entity, "fiscal_year_start_month": fiscal_year_start_month}]),
    )


def oracle(case: Deals, as_of_period: str, proration: str) -> pd.DataFrame:
    found = []
    obligations = _records(case.obligations.sort_values(["contract_id", "obligation_id"]))
    known = [e for e in _records(case.events) if periods.of(e["event_date"]) <= as_of_period]
    for contract in _records(case.contracts):
        mine = [o for o in obligations if o["contract_id"] == contract["contract_id"]]
        events = [e for e in known if e["contract_id"] == contract["contract_id"] and e["event_type"] == "delivery"]
        for obligation, price in zip(mine, _allocate(mine), strict=True):
            signed = periods.of(contract["signed_on"])
            if obligation["recognition"] == "straight_line":
                parts = _service(obligation["start_date"].date(), obligation["end_date"].date(), signed, proration)
            else:
                parts = _goods(obligation, signed, events, as_of_period)
            found += list(_lines({**contract, **obligation}, price, parts, as_of_period))
    return frame("revenue_schedule", sorted(found, key=lambda r: (r["contract_id"], r["obligation_id"], r["period"])))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.astype(object).to_dict("records")


def _allocate(obligations: list[dict[str, Any]]) -> list[int]:
    stated = [int(o["stated_price"]) for o in obligations]
    ssp = [o["ssp"] for o in obligations]
    return stated if any(pd.isna(s) for s in ssp) else money.split(sum(stated), [int(s) for s in ssp])


def _lines(
    terms: Mapping[str, Any], price: int, parts: Mapping[str, Fraction], as_of_period: str
) -> Iterator[dict[str, Any]]:
    copied = ("contract_id", "obligation_id", "entity_id", "product_id", "customer_id", "currency")
    before = 0
    for period in sorted(parts):
        cumulative = round(price * parts[period])  # Python rounds a fraction half to even
        yield {
            **{name: terms[name] for name in copied}, "period": period, "allocated_price": price,
            "recognized": cumulative - before, "cumulative_recognized": cumulative, "remaining": price - cumulative,
            "status": "actual" if period <= as_of_period else "planned",
            "prior_period_adjustment": 0, "expected_refund": 0,
        }  # fmt: skip
        before = cumulative


def _service(start: date, end: date, signed: str, proration: str) -> dict[str, Fraction]:
    first, last = periods.of(start), periods.of(end)
    parts = {}
    for period in periods.span(max(first, signed), max(last, signed)):
        if proration == "daily":
            elapsed, total = (min(periods.last_day(period), end) - start).days + 1, (end - start).days + 1
        else:
            total = periods.months_between(first, last) + 1
            elapsed = min(periods.months_between(first, period) + 1, total)
        parts[period] = Fraction(elapsed, total)
    return parts


def _goods(
    obligation: Mapping[str, Any], signed: str, events: list[dict[str, Any]], as_of_period: str
) -> dict[str, Fraction]:
    parts: dict[str, Fraction] = {}
    done = Fraction(0)
    mine = [e for e in events if pd.isna(e["obligation_id"]) or e["obligation_id"] == obligation["obligation_id"]]
    for event in sorted(mine, key=lambda e: (e["event_date"], pd.isna(e["quantity"]))):
        if pd.isna(event["quantity"]) or pd.isna(obligation["quantity"]):
            done = Fraction(1)
        else:
            done += Fraction(event["quantity"]) / Fraction(obligation["quantity"])
        parts[periods.of(event["event_date"])] = done
    expected = obligation["start_date"] if pd.isna(obligation["end_date"]) else obligation["end_date"]
    if done < 1 and not pd.isna(expected):
        parts[max(periods.of(expected), periods.add(as_of_period, 1), signed)] = Fraction(1)
    return parts or {signed: Fraction(0)}
