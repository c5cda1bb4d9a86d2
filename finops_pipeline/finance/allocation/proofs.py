"""Proofs of an allocation: nothing is lost between pools and receivers, and what is odd is said.

Here: findings on `cost_allocation` against the ledger and the rules. Not here: the breakdown that shows allocated cost
(`cost`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from finops_pipeline.finance.allocation.rules import Rules, pools_of
from finops_pipeline.finance.allocation.trace import Place, pool_costs
from finops_pipeline.finance.findings import Finding


def cost_allocation_findings(
    trace: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    periods: Sequence[str],
    rules: Rules,
) -> list[Finding]:
    """ALC-001: each pool gives what it has. ALC-002: receivers and what is unallocated bear what the pools cost.

    Warnings: ALC-010 for what stays unallocated, ALC-011 for pools with a negative cost.
    """
    costs, _ = pool_costs(balances, accounts, periods)
    given, received = _moved(trace, "from_cost_center_id"), _moved(trace, "to_cost_center_id")
    kept = _moved(trace[trace["to_cost_center_id"].isna()], "from_cost_center_id")
    centers = {c: (d, r) for c, d, r in zip(*(cost_centers[n] for n in _CENTER), strict=True)}
    found: list[Finding] = []
    for place in sorted({*costs, *given}):
        own, out, into = costs.get(place, {}), given.get(place, {}), received.get(place, {})
        named = {p for cycle in rules.cycles if cycle.covers(*place) for p in pools_of(cycle, centers)}
        found += _broken_pools(place, sorted({*named, *out}), own, out, into)
        found += _unbalanced(place, own, out, into, sum(kept.get(place, {}).values()))
        found += [
            Finding(
                "ALC-011", f"{place[0]} {place[1]} {pool}",
                f"the pool's own cost is negative ({own[pool]} minor units): receivers are credited; look for cost booked "
                f"elsewhere", "warning", place[1],
            )
            for pool in sorted(named)
            if own.get(pool, 0) < 0
        ]  # fmt: skip
    return found + list(_unallocated(trace))


_CENTER = ("cost_center_id", "department", "role")
_Amounts = dict[str, int]


def _moved(trace: pd.DataFrame, side: str) -> dict[Place, _Amounts]:
    sums: Any = trace.groupby(["entity_id", "period", side])["amount"].sum()
    moved: dict[Place, _Amounts] = {}
    for (entity, period, center), amount in sums.items():
        moved.setdefault((entity, period), {})[center] = int(amount)
    return moved


def _broken_pools(
    place: Place, pools: Sequence[str], own: _Amounts, out: _Amounts, into: _Amounts
) -> Iterator[Finding]:
    for pool in pools:
        due = own.get(pool, 0) + into.get(pool, 0)
        if due != out.get(pool, 0):
            yield Finding(
                "ALC-001", f"{place[0]} {place[1]} {pool}",
                f"the pool has {due} (own cost {own.get(pool, 0)}) and gives {out.get(pool, 0)} (minor units)",
                period=place[1],
            )  # fmt: skip


def _unbalanced(place: Place, own: _Amounts, out: _Amounts, into: _Amounts, kept: int) -> Iterator[Finding]:
    borne = kept + sum(amount for center, amount in into.items() if center not in out)
    cost = sum(own.get(pool, 0) for pool in out)
    if cost != borne:
        yield Finding(
            "ALC-002", f"{place[0]} {place[1]}",
            f"the pools cost {cost} in gl_balances, and receivers bear {borne}, unallocated amounts included (minor units)",
            period=place[1],
        )  # fmt: skip


def _unallocated(trace: pd.DataFrame) -> Iterator[Finding]:
    rows = trace[trace["to_cost_center_id"].isna() & (trace["amount"] != 0)]
    columns = (rows[c] for c in ("entity_id", "period", "from_cost_center_id", "currency", "amount", "reason"))
    for entity, period, pool, currency, amount, reason in zip(*columns, strict=True):
        message = f"{amount} minor units of {currency} stay unallocated: {reason}"
        yield Finding("ALC-010", f"{entity} {period} {pool}", message, "warning", period)
