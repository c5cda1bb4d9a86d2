"""The three methods of allocating service costs, in whole minor units that add up.

Here: direct, step-down and reciprocal allocation of pools over the shares of their receivers. Not here: which pools
there are and what they are shared by (`rules`, `trace`).

Worked example, units served and own cost:

    provider    to S1    to S2    to S3    to P1    to P2    own cost
    S1              -    1,000    2,000    4,000    3,000      92,400
    S2          2,000        -    4,000   10,000    4,000     184,800
    S3          4,500        0        -    1,500    9,000     138,600

*Direct* leaves other pools out: S1 gives 4/7 of 92,400 to P1 and 3/7 to P2. *Step-down* goes pool by pool, and one that
has given takes no more: S1 first, so that S2 has 184,800 + 9,240 to give and S3 then 200,200. *Reciprocal* lets pools
serve each other: S1 = 92,400 + 0.1 S2 + 0.3 S3, S2 = 184,800 + 0.1 S1, S3 = 138,600 + 0.2 S1 + 0.2 S2, so that S1 gives
177,000 in all, S2 202,500 and S3 214,500. Each way P1 and P2 bear the 415,800 between them.

How the reciprocal method stays exact. The gross amounts solve a linear system in floats. Each is rounded to minor units
and what it gives to other pools is split off in whole units; from there on everything is integer arithmetic: a pool has
its own cost and what others gave it, and what it has not given to other pools goes to its other receivers, again in
whole units. So pools end empty and the receivers bear the whole, whatever the rounding of the solution. A pool whose
receivers are pools alone hands its last units on to one that is nearer to an outlet.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from finops_pipeline.errors import PermanentError
from finops_pipeline.finance import money

Method = Literal["direct", "step_down", "reciprocal"]


class AllocationCycleError(PermanentError):
    """Pools that hand their cost only to each other: no amount would ever leave them."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What a cost center has to give, and to whom.

    `cost`: its own, in minor units; negative when credits exceed debits. `shares`: the weight of each receiver, none
    negative; the receiver None is what stays unallocated. A pool without positive weight keeps everything.
    """

    name: str
    cost: int
    shares: Mapping[str | None, int]


@dataclass(frozen=True, slots=True)
class Flow:
    """What one pool gives one receiver: `weight` of `whole` of its gross amount, up to a minor unit or a few."""

    source: str
    target: str | None
    weight: int
    whole: int
    amount: int


def allocate(method: Method, pools: Sequence[Pool], order: Sequence[str] = ()) -> list[Flow]:
    """The flows out of every pool; own cost and what comes in equal what goes out, pool by pool.

    `order` is of the step-down method: who gives first. Without it, the pool of which other pools take the largest
    share goes first, of equal ones the more costly, then the name. A pool whose receivers are all left out by the
    method keeps its cost unallocated (a flow to None).

    Raises: AllocationCycleError naming the pools that have no way out.
    """
    kept = [Pool(p.name, p.cost, {k: w for k, w in p.shares.items() if w and k != p.name}) for p in pools]
    ways: dict[Method, Callable[[], list[Flow]]] = {
        "direct": lambda: _direct(kept),
        "step_down": lambda: _step_down(kept, order),
        "reciprocal": lambda: _reciprocal(kept),
    }
    return ways[method]()


def _direct(pools: Sequence[Pool]) -> list[Flow]:
    names = {p.name for p in pools}
    return [f for p in pools for f in _flows(p.name, p.cost, _without(p.shares, names))]


def _without(shares: Mapping[str | None, int], names: set[str]) -> dict[str | None, int]:
    return {receiver: weight for receiver, weight in shares.items() if receiver not in names}


def _flows(source: str, amount: int, shares: Mapping[str | None, int]) -> list[Flow]:
    """An amount over shares; unallocated where there are none."""
    weights = shares or {None: 1}
    whole = sum(weights.values())
    parts = money.split_whole(amount, list(weights.values()))
    return [Flow(source, t, w, whole, part) for (t, w), part in zip(weights.items(), parts, strict=True)]


def _step_down(pools: Sequence[Pool], order: Sequence[str]) -> list[Flow]:
    waiting = {p.name: p for p in sorted(pools, key=_rank(pools, order))}
    received = dict.fromkeys(waiting, 0)
    flows: list[Flow] = []
    closed: set[str] = set()
    for name, pool in waiting.items():
        closed.add(name)
        given = _flows(name, pool.cost + received[name], _without(pool.shares, closed))
        for flow in given:
            if flow.target in received:
                received[flow.target] += flow.amount
        flows += given
    return flows


def _rank(pools: Sequence[Pool], order: Sequence[str]) -> Callable[[Pool], tuple[int, int, int, str]]:
    """The order of giving: the named ones as named, then by the share that other pools take."""
    place = {name: i for i, name in enumerate(order)}
    names = {p.name for p in pools}
    scale = 10**18  # shares are compared as whole numbers: no float decides an order

    def key(pool: Pool) -> tuple[int, int, int, str]:
        whole = sum(pool.shares.values()) or 1
        served = sum(w for receiver, w in pool.shares.items() if receiver in names)
        return place.get(pool.name, len(place)), -(served * scale // whole), -abs(pool.cost), pool.name

    return key


def _reciprocal(given: Sequence[Pool]) -> list[Flow]:
    pools = sorted(given, key=lambda p: p.name)  # a float solution depends on the order of its equations
    distance = outlet_distances(pools)
    gross = _gross(pools)
    received = {p.name: p.cost for p in pools}
    to_pools: dict[str, dict[str | None, int]] = {}
    for pool, amount in zip(pools, gross, strict=True):
        shares = pool.shares or {None: 1}
        parts = dict(zip(shares, money.split_whole(amount, list(shares.values())), strict=True))
        to_pools[pool.name] = {t: part for t, part in parts.items() if t in received}
    for served in to_pools.values():
        for target, part in served.items():
            received[str(target)] += part
    flows: dict[str, list[Flow]] = {}
    for pool in sorted(pools, key=lambda p: -distance[p.name]):
        left = received[pool.name] - sum(to_pools[pool.name].values())
        outlets = _without(pool.shares or {None: 1}, set(received))
        if not outlets:  # served to pools alone: the last units go on to the one nearest to an outlet
            nearest = min(to_pools[pool.name], key=lambda t: (distance[str(t)], -pool.shares[t], str(t)))
            to_pools[pool.name][nearest] += left
            received[str(nearest)] += left
        flows[pool.name] = _of_pool(pool, to_pools[pool.name], _parts(left, outlets))
    return [flow for pool in given for flow in flows[pool.name]]


def _parts(amount: int, shares: Mapping[str | None, int]) -> dict[str | None, int]:
    return dict(zip(shares, money.split_whole(amount, list(shares.values())), strict=True)) if shares else {}


def _of_pool(pool: Pool, to_pools: Mapping[str | None, int], to_others: Mapping[str | None, int]) -> list[Flow]:
    amounts = {**to_pools, **to_others}
    shares = pool.shares or {None: 1}
    whole = sum(shares.values())
    return [Flow(pool.name, target, weight, whole, amounts[target]) for target, weight in shares.items()]


def outlet_distances(pools: Sequence[Pool]) -> dict[str, int]:
    """How many steps each pool's cost is from leaving the pools: 1 for a pool that also serves others than pools.

    Shares are not negative and sum to the whole, so the system of gross amounts has exactly one solution if and only if
    every pool has a way out: this looks for the ways, and no determinant is judged by its size.

    Raises: AllocationCycleError naming a cycle of pools without a way out.
    """
    names = {p.name for p in pools}
    distance = {p.name: 1 for p in pools if not p.shares or any(t not in names for t in p.shares)}
    givers: dict[str, list[str]] = {}
    for pool in pools:
        for target in pool.shares:
            if target in names:
                givers.setdefault(str(target), []).append(pool.name)
    reached = list(distance)
    for name in reached:  # grows as it goes: breadth first
        for giver in givers.get(name, ()):
            if giver not in distance:
                distance[giver] = distance[name] + 1
                reached.append(giver)
    if len(distance) < len(pools):
        raise AllocationCycleError(
            f"the cost of {' → '.join(_cycle(pools, distance))} never leaves these pools: let one of them serve a cost "
            f"center that is no pool, or take it out of the cycle"
        )
    return distance


def _cycle(pools: Sequence[Pool], distance: Mapping[str, int]) -> list[str]:
    """A cycle among the pools without a way out: follow the first receiver until one comes again."""
    takers = {p.name: min(str(t) for t in p.shares) for p in pools if p.name not in distance}
    walk = [min(takers)]
    while (name := takers[walk[-1]]) not in walk:
        walk.append(name)
    return [*walk[walk.index(name) :], name]


def _gross(pools: Sequence[Pool]) -> list[int]:
    """What each pool gives in all, its own cost and what it takes from others: the solution, to the minor unit."""
    place = {p.name: i for i, p in enumerate(pools)}
    system = np.eye(len(pools))
    for pool in pools:
        whole = sum(pool.shares.values())
        for target, weight in pool.shares.items():
            if target in place:
                system[place[str(target)], place[pool.name]] -= weight / whole
    costs = np.array([p.cost for p in pools], dtype=np.float64)
    return [money.from_model(x) for x in np.linalg.solve(system, costs)] if len(pools) else []
