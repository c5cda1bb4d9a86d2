"""Allocated cost in the published tables: every pool ends empty, and departments bear the ledger's cost in full."""

import sqlite3
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest


@pytest.fixture(scope="module")
def trace(closed_home: Any) -> list[tuple[str, str, str, str | None, Decimal]]:
    query = (
        "SELECT entity_id, period, from_cost_center_id, to_cost_center_id, CAST(amount AS TEXT) FROM cost_allocation"
    )
    return [(*row[:4], Decimal(row[4])) for row in select(closed_home, query)]


def select(closed_home: Any, query: str) -> list[tuple]:
    connection = sqlite3.connect(closed_home.home / "warehouse.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def cents(amount: str) -> Decimal:
    """The amount as published, which SQLite may have kept as a float of fifteen digits."""
    return Decimal(amount).quantize(Decimal("0.01"))


def test_every_entity_shows_its_method_and_leaves_nothing_unallocated(closed_home: Any) -> None:
    query = "SELECT DISTINCT entity_id, method FROM cost_allocation ORDER BY 1, 2"
    assert select(closed_home, query) == [
        ("DE01", "step_down"),
        ("JP01", "direct"),
        ("JP01", "step_down"),
        ("US01", "reciprocal"),
    ]
    assert select(closed_home, "SELECT * FROM cost_allocation WHERE to_cost_center_id IS NULL") == []


def test_allocated_cost_sums_to_zero_in_every_month(closed_home: Any) -> None:
    query = "SELECT entity_id, period, origin, CAST(amount AS TEXT) FROM cost_breakdown"
    sums: dict[tuple, Decimal] = defaultdict(Decimal)
    for entity, period, origin, amount in select(closed_home, query):
        sums[entity, period, origin] += cents(amount)
    places = {key[:2] for key in sums}
    assert len(places) == 3 * 30
    assert {sums[(*place, "allocated")] for place in places} == {Decimal(0)}


def test_service_departments_cost_nothing_once_they_have_given(closed_home: Any) -> None:
    query = """SELECT entity_id, period, CAST(amount AS TEXT) FROM cost_breakdown
               WHERE department IN ('Finance', 'People', 'IT and Facilities')"""
    left: dict[tuple, Decimal] = defaultdict(Decimal)
    for entity, period, amount in select(closed_home, query):
        left[entity, period] += cents(amount)
    assert set(left.values()) == {Decimal(0)}


def test_what_receivers_bear_is_what_pools_cost(closed_home: Any, trace: list[tuple]) -> None:
    query = """SELECT entity_id, period, CAST(amount AS TEXT) FROM cost_breakdown
               WHERE department IN ('Finance', 'People', 'IT and Facilities') AND origin = 'direct'"""
    cost: dict[tuple, Decimal] = defaultdict(Decimal)
    for entity, period, amount in select(closed_home, query):
        cost[entity, period] += cents(amount)
    pools = {row[2] for row in trace}
    borne: dict[tuple, Decimal] = defaultdict(Decimal)
    for entity, period, _, target, amount in trace:
        if target not in pools:
            borne[entity, period] += cents(str(amount))
    assert borne == cost
