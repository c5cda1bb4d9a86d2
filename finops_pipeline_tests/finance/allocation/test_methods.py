"""The three methods against the textbook, numpy and plain fractions; what they must always keep."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.allocation.methods import (
    AllocationCycleError,
    Flow,
    Method,
    Pool,
    allocate,
    outlet_distances,
)

# Three service departments that serve each other, and two that they serve: the worked example of cost accounting books.
TEXTBOOK = [
    Pool("S1", 92_400, {"S2": 1_000, "S3": 2_000, "P1": 4_000, "P2": 3_000}),
    Pool("S2", 184_800, {"S1": 2_000, "S3": 4_000, "P1": 10_000, "P2": 4_000}),
    Pool("S3", 138_600, {"S1": 4_500, "S2": 0, "P1": 1_500, "P2": 9_000}),
]
METHODS: list[Method] = ["direct", "step_down", "reciprocal"]


def borne(flows: list[Flow], name: str | None) -> int:
    return sum(f.amount for f in flows if f.target == name)


def given_by(flows: list[Flow], name: str) -> int:
    return sum(f.amount for f in flows if f.source == name)


@pytest.mark.parametrize(
    ("method", "order", "p1", "p2"),
    [
        ("direct", (), 604_600, 711_200),
        ("step_down", ("S1", "S2", "S3"), 573_360, 742_440),
        ("reciprocal", (), 593_500, 722_300),
    ],
)
def test_the_textbook_case(method: Method, order: tuple[str, ...], p1: int, p2: int) -> None:
    flows = allocate(method, TEXTBOOK, order)
    assert (400_000 + borne(flows, "P1"), 500_000 + borne(flows, "P2")) == (p1, p2)


def test_the_pools_of_the_textbook_case() -> None:
    step = allocate("step_down", TEXTBOOK, ("S1", "S2", "S3"))
    assert [given_by(step, s) for s in ("S1", "S2", "S3")] == [92_400, 194_040, 200_200]
    both = allocate("reciprocal", TEXTBOOK)
    assert [given_by(both, s) for s in ("S1", "S2", "S3")] == [177_000, 202_500, 214_500]
    assert Flow("S1", "S2", 1_000, 10_000, 17_700) in both


def test_without_an_order_the_pool_that_serves_pools_most_goes_first() -> None:
    pools = [
        Pool("A", 100, {"B": 1, "X": 3}),
        Pool("B", 100, {"A": 3, "X": 1}),
        Pool("C", 200, {"B": 1, "X": 3}),
        Pool("D", 100, {"B": 1, "X": 3}),
    ]
    givers = list(dict.fromkeys(f.source for f in allocate("step_down", pools)))
    assert givers == ["B", "C", "A", "D"]  # B serves pools most; of the others C costs most; then by name
    assert next(iter(dict.fromkeys(f.source for f in allocate("step_down", pools, ["D"])))) == "D"


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_without_receivers_keeps_its_cost(method: Method) -> None:
    flows = allocate(method, [Pool("A", 70, {}), Pool("B", 30, {"B": 5, "X": 1})])
    assert flows[0] == Flow("A", None, 1, 1, 70)
    assert flows[1] == Flow("B", "X", 1, 1, 30)  # what a pool does for itself does not count


def test_a_pool_whose_receivers_the_method_leaves_out_keeps_its_cost() -> None:
    pools = [Pool("A", 70, {"B": 1}), Pool("B", 30, {"X": 1})]
    assert borne(allocate("direct", pools), None) == 70
    assert borne(allocate("step_down", pools, ["B", "A"]), None) == 70
    assert borne(allocate("reciprocal", pools), "X") == 100


def test_pools_that_serve_only_pools_hand_on_their_last_unit() -> None:
    pools = [
        Pool("A", 100, {"B": 1, "C": 1, "D": 1}),
        Pool("B", 0, {"C": 1, "D": 1}),
        Pool("C", 0, {"A": 1, "B": 1, "D": 5}),
        Pool("D", 1, {"A": 1, "X": 2, "Y": 1}),
    ]
    flows = allocate("reciprocal", pools)
    assert borne(flows, "X") + borne(flows, "Y") == 101
    for pool in pools:
        assert given_by(flows, pool.name) == pool.cost + borne(flows, pool.name)


def test_a_negative_pool_is_allocated_as_its_positive_twin() -> None:
    turned = [Pool(p.name, -p.cost, p.shares) for p in TEXTBOOK]
    for method in METHODS:
        expected = [f.amount for f in allocate(method, TEXTBOOK)]
        assert [-f.amount for f in allocate(method, turned)] == expected


def test_there_may_be_nothing_to_allocate() -> None:
    assert [allocate(m, []) for m in METHODS] == [[], [], []]


def test_a_cycle_without_a_way_out_is_refused_and_named() -> None:
    pools = [
        Pool("A", 1, {"B": 1}),
        Pool("B", 1, {"C": 2}),
        Pool("C", 1, {"B": 1}),
        Pool("D", 1, {"A": 1, "X": 1}),
    ]
    with pytest.raises(AllocationCycleError, match="the cost of B → C → B never leaves"):
        allocate("reciprocal", pools)
    assert borne(allocate("direct", pools), None) == 3  # a method without cycles says so with what is unallocated


def test_distances_count_the_steps_to_an_outlet() -> None:
    pools = [Pool("A", 1, {"B": 1}), Pool("B", 1, {"C": 1}), Pool("C", 1, {"X": 1, "A": 1}), Pool("D", 1, {})]
    assert outlet_distances(pools) == {"A": 3, "B": 2, "C": 1, "D": 1}


# --- What holds for every allocation

NAMES = [f"S{i}" for i in range(6)]
OUTSIDE = ["P0", "P1", "P2", None]


@st.composite
def systems(draw: st.DrawFn, *, least: int = 0) -> list[Pool]:
    """Pools that serve each other and at least one receiver outside; with `least`, costs are not negative."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    weights = st.integers(0, 10**6)
    pools = []
    for name in names:
        shares: dict[str | None, int] = {other: draw(weights) for other in [*names, *OUTSIDE]}
        shares[draw(st.sampled_from(OUTSIDE))] = draw(st.integers(1, 10**6))
        pools.append(Pool(name, draw(st.integers(least - 10**13 * (least == 0), 10**13)), shares))
    return pools


def exact_gross(pools: list[Pool]) -> dict[str, Fraction]:
    """The reciprocal equations in fractions, by elimination: the plain form."""
    size = len(pools)
    names = [p.name for p in pools]
    rows = [[Fraction(i == j) for j in range(size)] + [Fraction(p.cost)] for i, p in enumerate(pools)]
    for j, pool in enumerate(pools):
        whole = sum(w for t, w in pool.shares.items() if t != pool.name)
        for target, weight in pool.shares.items():
            if target in names and target != pool.name:
                rows[names.index(target)][j] -= Fraction(weight, whole)
    for i in range(size):
        pivot = next(r for r in range(i, size) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for r in range(size):
            if r != i:
                rows[r] = [x - rows[r][i] * y for x, y in zip(rows[r], rows[i], strict=True)]
    return {name: rows[i][-1] for i, name in enumerate(names)}


@settings(max_examples=150)
@given(pools=systems(), method=st.sampled_from(METHODS))
def test_nothing_is_lost_at_any_pool(pools: list[Pool], method: Method) -> None:
    flows = allocate(method, pools)
    names = {p.name for p in pools}
    for pool in pools:
        assert given_by(flows, pool.name) == pool.cost + borne(flows, pool.name)
    assert sum(f.amount for f in flows if f.target not in names) == sum(p.cost for p in pools)
    assert all(f.target != f.source for f in flows)


@settings(max_examples=100)
@given(pools=systems(), method=st.sampled_from(METHODS), randomizer=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(pools: list[Pool], method: Method, randomizer: Random) -> None:
    mixed = [
        Pool(p.name, p.cost, dict(sorted(p.shares.items(), key=repr))) for p in randomizer.sample(pools, len(pools))
    ]
    straight = [Pool(p.name, p.cost, dict(sorted(p.shares.items(), key=repr))) for p in pools]
    flows = (sorted(allocate(method, given_), key=repr) for given_ in (mixed, straight))
    first, second = flows
    assert first == second


@settings(max_examples=100)
@given(pools=systems(least=0))
def test_the_reciprocal_flows_are_those_of_the_exact_solution(pools: list[Pool]) -> None:
    gross = exact_gross(pools)
    scale = max([abs(p.cost) for p in pools] + [1])
    for flow in allocate("reciprocal", pools):
        due = gross[flow.source] * Fraction(flow.weight, flow.whole)
        # whole units at every pool that feeds it, and what floats cannot tell apart in amounts of this size
        assert abs(flow.amount - due) <= 2 * len(pools) + Fraction(scale, 10**9)


@settings(max_examples=60)
@given(pools=systems(), method=st.sampled_from(METHODS), factor=st.sampled_from([10, 100, 1000]))
def test_scaling_the_currency_scales_the_result(pools: list[Pool], method: Method, factor: int) -> None:
    small = allocate(method, pools)
    large = allocate(method, [Pool(p.name, p.cost * factor, p.shares) for p in pools])
    for a, b in zip(small, large, strict=True):
        assert (a.source, a.target, a.weight) == (b.source, b.target, b.weight)
        tolerance = Fraction(max(abs(p.cost) for p in pools), 10**9) + 4 * len(pools)
        assert abs(Fraction(b.amount, factor) - a.amount) <= tolerance


def test_numpy_solves_the_textbook_case_the_same_way() -> None:
    served = np.array([[0, 0.1, 0.3], [0.1, 0, 0], [0.2, 0.2, 0]])
    gross = np.linalg.solve(np.eye(3) - served, [92_400, 184_800, 138_600])
    assert gross == pytest.approx([given_by(allocate("reciprocal", TEXTBOOK), s) for s in ("S1", "S2", "S3")])
