"""Reciprocal allocation of many pools that serve each other, and whether every pool ends empty.

    python benchmarks/allocation.py [--pools 2000]

Each pool serves 20 other pools and 50 cost centers by weights of its own; printed are seconds from rules of weights to
flows in minor units, and what is lost: nothing may be.
"""

import argparse
import time

import numpy as np

from finops_pipeline.finance.allocation.methods import Pool, allocate

_TARGET_SECONDS = 2.0


def company(size: int, rng: np.random.Generator) -> list[Pool]:
    """Pools with a cost of up to a million and weights like hours, areas and heads."""
    pools = []
    for n in range(size):
        others = rng.choice(size, 20, replace=False)
        shares = {f"S{o}": int(w) for o, w in zip(others, rng.integers(1, 500, 20), strict=True) if o != n}
        shares |= {f"P{t}": int(w) for t, w in enumerate(rng.integers(1, 500, 50))}
        pools.append(Pool(f"S{n}", int(rng.integers(10**4, 10**8)), dict(shares)))
    return pools


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=int, default=2_000)
    size = parser.parse_args().pools
    pools = company(size, np.random.default_rng(7))
    begun = time.perf_counter()
    flows = allocate("reciprocal", pools)
    seconds = time.perf_counter() - begun
    own = {pool.name: pool.cost for pool in pools}
    left = dict(own)
    for flow in flows:
        left[flow.source] -= flow.amount
        if flow.target in left:
            left[flow.target] += flow.amount
    lost = sum(own.values()) - sum(flow.amount for flow in flows if flow.target not in own)
    print(f"{size:,} pools, {len(flows):,} flows: {seconds:.2f} s (aim: {_TARGET_SECONDS} s)")
    print(f"lost: {lost} minor units; pools that do not end empty: {sum(1 for rest in left.values() if rest)}")


if __name__ == "__main__":
    main()
