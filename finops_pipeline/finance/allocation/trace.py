"""The trace of allocated cost: from each pool to each cost center that bears it, month by month.

Here: pool costs out of the ledger, weights out of drivers, and the report table `cost_allocation`. Not here: the
arithmetic of the methods (`methods`), what may be written in rules (`rules`).

Nothing is allocated by a guess: a pool whose driver has no quantity in a month keeps its cost, in a row of its own
without receiver and with the reason.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import frames, ledger
from finops_pipeline.finance.allocation.methods import Flow, Pool, allocate
from finops_pipeline.finance.allocation.rules import CLOUD_DRIVER, Cycle, PoolRule, Rules, pools_of

USUAL_DRIVER = "headcount"
FIXED = "fixed_shares"

Place = tuple[str, str]  # entity, period
Quantities = dict[str, dict[str, Decimal]]  # driver: cost center: quantity

_KINDS: dict[str, Any] = {
    "entity_id": "str",
    "period": "str",
    "method": "str",
    "from_cost_center_id": "str",
    "to_cost_center_id": "str",
    "driver": "str",
    "driver_quantity": pd.ArrowDtype(pa.decimal128(38, 15)),
    "share_pct": "float64",
    "currency": "str",
    "amount": "int64",
    "cycle": "str",
    "reason": "str",
}
KEY = ("entity_id", "period", "from_cost_center_id", "to_cost_center_id")


def cost_allocation(
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    drivers: pd.DataFrame,
    cloud_keys: pd.DataFrame,
    periods: Sequence[str],
    rules: Rules,
) -> pd.DataFrame:
    """What every pool gave to whom, by which method, driver and share.

    `drivers` is driver_monthly; `cloud_keys` is `cloud_by_cost_center`, the quantities of the driver `cloud_cost`.

    Shape: one row per entity x period x pool x receiver; the receiver is null for what stays unallocated, and `reason`
    says why. Pools without cost have no rows. Unit: minor units of the entity's functional currency. What comes into a
    pool and its own cost equal what goes out of it, to the minor unit.
    Raises: ContractError for a cost center that the master data do not have; ConfigurationError for rules that name
    one; AllocationCycleError for pools without a way out.
    """
    costs, currency = pool_costs(balances, accounts, periods)
    known = dict(zip(cost_centers["cost_center_id"], zip(*_centers(cost_centers), strict=True), strict=True))
    quantities = _quantities(drivers, cloud_keys, known)
    rows: list[dict[str, object]] = []
    for place, own in sorted(costs.items()):
        desk = _Desk(place, known, quantities.get(place, {}), dict(own))
        for cycle in rules.cycles:
            if cycle.covers(*place):
                rows += [{**row, "currency": currency[place]} for row in desk.carry_out(cycle)]
    table = pd.DataFrame({name: pd.Series([r[name] for r in rows], dtype=_KINDS[name]) for name in _KINDS})
    return frames.arrange(table, _KINDS, KEY)


def pool_costs(
    balances: pd.DataFrame, accounts: pd.DataFrame, periods: Sequence[str]
) -> tuple[dict[Place, dict[str, int]], dict[Place, str]]:
    """The ledger's cost by entity and month: of each cost center, in minor units; and the currency it is in.

    Raises: ContractError for an account that the master data do not have.
    """
    kinds = frames.lookup(accounts, "account_id", balances["account_id"], where="gl_balances")["account_type"]
    chosen = kinds.isin(ledger.COST_TYPES).to_numpy(dtype=bool) & balances["period"].isin(list(periods)).to_numpy()
    posted = balances[chosen & balances["cost_center_id"].notna().to_numpy()]
    posted = posted.assign(amount=posted["debit"] - posted["credit"])
    costs: dict[Place, dict[str, int]] = {}
    sums: Any = posted.groupby(["entity_id", "period", "cost_center_id"])["amount"].sum()
    for (entity, period, center), amount in sums.items():
        costs.setdefault((entity, period), {})[center] = int(amount)
    places = zip(posted["entity_id"], posted["period"], posted["currency"], strict=True)
    return costs, {(entity, period): currency for entity, period, currency in places}


def cloud_by_cost_center(
    cloud: pd.DataFrame, cost_centers: pd.DataFrame, cloud_entities: Mapping[str, str], keys: Mapping[str, str]
) -> pd.DataFrame:
    """Effective cloud cost by entity, month and the cost center that the allocation key names.

    A key names a cost center by its identifier, or by way of `keys`. Bills in several currencies are not added: each
    currency is a unit of its own. Shape: one row per period x entity x cost center x currency, like driver_monthly.
    Unit: major units of `unit`.
    Raises: ContractError when `keys` names a cost center that the master data do not have.
    """
    frames.require_known(
        pd.Series(dict(keys), dtype="str"), cost_centers["cost_center_id"], what="cost_center_id", where="cloud_keys"
    )
    named = {center: center for center in cost_centers["cost_center_id"]} | dict(keys)
    found = pd.DataFrame(
        {
            "period": cloud["period"],
            "entity_id": cloud["billing_account_id"].map(dict(cloud_entities)),
            "cost_center_id": cloud["allocation_key"].map(named),
            "driver": CLOUD_DRIVER,
            "unit": cloud["currency"],
            "quantity": cloud["effective_cost"].astype(object),
        }
    ).dropna()
    sums: pd.DataFrame = found.groupby(list(found.columns[:-1]))["quantity"].sum().reset_index()
    return sums


def _centers(cost_centers: pd.DataFrame) -> tuple[list[str], list[str | None]]:
    roles = [None if pd.isna(role) else str(role) for role in cost_centers["role"]]
    return cost_centers["department"].tolist(), roles


def _quantities(
    drivers: pd.DataFrame, cloud_keys: pd.DataFrame, centers: Mapping[str, object]
) -> dict[Place, Quantities]:
    """Quantities by place, driver and cost center. A driver in several units at one place is left out: it has no sum."""
    found: dict[Place, Quantities] = {}
    units: dict[tuple[Place, str], set[str]] = {}
    for frame, where in ((drivers, "driver_monthly"), (cloud_keys, "the cloud bills")):
        rows = frame[frame["cost_center_id"].notna()]
        frames.require_known(rows["cost_center_id"], centers, what="cost_center_id", where=where)
        columns = (rows[c] for c in ("entity_id", "period", "driver", "unit", "cost_center_id", "quantity"))
        for entity, period, driver, unit, center, quantity in zip(*columns, strict=True):
            found.setdefault((entity, period), {}).setdefault(driver, {})[center] = quantity
            units.setdefault(((entity, period), driver), set()).add(unit)
    for (place, driver), seen in units.items():
        if len(seen) > 1:
            found[place][driver] = {}
    return found


@dataclass
class _Desk:
    """One entity's month: what each cost center bears by now, and which pools have given."""

    place: Place
    centers: Mapping[str, tuple[str, str | None]]
    quantities: Quantities
    costs: dict[str, int]
    closed: set[str] = field(default_factory=set)

    def carry_out(self, cycle: Cycle) -> list[dict[str, object]]:
        """The rows of one cycle; what it moved is part of the costs from then on."""
        rules = {c: rule for c, rule in pools_of(cycle, self.centers).items() if self._takes_part(c, cycle)}
        drivers = {c: self._driver(rule, rules) for c, rule in rules.items()}
        pools = [Pool(c, self.costs.get(c, 0), self._shares(rules[c], drivers[c])) for c in sorted(rules)]
        shares = {pool.name: pool.shares for pool in pools}
        flows = allocate(cycle.method, pools, cycle.order)
        self.closed |= rules.keys()
        gross: dict[str, int] = {}
        for flow in flows:
            gross[flow.source] = gross.get(flow.source, 0) + flow.amount
            if flow.target is not None:
                self.costs[flow.target] = self.costs.get(flow.target, 0) + flow.amount
                self.costs[flow.source] = self.costs.get(flow.source, 0) - flow.amount
        return [
            self._row(cycle, flow, drivers[flow.source], shares[flow.source]) for flow in flows if gross[flow.source]
        ]

    def _takes_part(self, center: str, cycle: Cycle) -> bool:
        """Whether a pool has something to do with this entity's month: cost, a quantity, or a fixed share to take."""
        return center not in self.closed and (
            center in self.costs
            or any(center in given for given in self.quantities.values())
            or any(center in rule.shares for rule in cycle.pools)
        )

    def _driver(self, rule: PoolRule, pools: Mapping[str, PoolRule]) -> str | None:
        if rule.shares:
            return FIXED
        return rule.driver or usual_driver(self.quantities, pools.keys() | self.closed)

    def _shares(self, rule: PoolRule, driver: str | None) -> dict[str | None, int]:
        """The weight of every receiver; none where the driver has nothing to say."""
        if rule.shares:
            fixed: dict[str | None, Decimal] = {c: s for c, s in sorted(rule.shares.items()) if c not in self.closed}
            return whole(fixed | {None: 1 - sum(fixed.values(), Decimal(0))})
        given = self.quantities.get(driver or "", {})
        if any(q < 0 for q in given.values()):
            return {}
        served: dict[str | None, Decimal] = {
            center: rule.weight(quantity)
            for center, quantity in sorted(given.items())
            if center not in self.closed and (not rule.serves or self.centers[center][0] in rule.serves)
        }
        return whole(served)

    def _row(
        self, cycle: Cycle, flow: Flow, driver: str | None, shares: Mapping[str | None, int]
    ) -> dict[str, object]:  # fmt: skip
        of_driver = self.quantities.get(driver or "", {})
        return {
            "entity_id": self.place[0], "period": self.place[1], "method": cycle.method,
            "from_cost_center_id": flow.source, "to_cost_center_id": flow.target, "driver": driver,
            "driver_quantity": of_driver.get(flow.target) if flow.target is not None else None,
            "share_pct": flow.weight / flow.whole, "amount": flow.amount, "cycle": cycle.name,
            "reason": None if flow.target is not None else self._reason(driver, shares),
        }  # fmt: skip

    def _reason(self, driver: str | None, shares: Mapping[str | None, int]) -> str:
        """Why an amount stays where it is."""
        given = self.quantities.get(driver or "")
        reasons = (
            (driver is None, f"no driver has quantities of cost centers of {self.place[0]} in {self.place[1]}"),
            (driver == FIXED, "the fixed shares leave a rest"),
            (given is None, f"no quantity of driver {driver} in {self.place[1]}"),
            (given == {}, f"driver {driver} is given in several units"),
            (any(q < 0 for q in (given or {}).values()), f"a quantity of driver {driver} is negative"),
            (not shares, f"driver {driver} has no quantity at any receiver"),
            (True, f"only other pools have a quantity of driver {driver}, and the method serves none of them"),
        )
        return next(words for holds, words in reasons if holds)


def usual_driver(quantities: Quantities, pools: set[str]) -> str | None:
    """The driver that pools are shared by when no rule says it: headcount, else the one most receivers have.

    Receivers are cost centers with a positive quantity that are no pools; of equal drivers the first by name; none
    where no driver has a receiver.
    """
    reach = {
        driver: sum(q > 0 for center, q in given.items() if center not in pools) for driver, given in quantities.items()
    }
    usable = [driver for driver, count in reach.items() if count]
    return USUAL_DRIVER if USUAL_DRIVER in usable else min(usable, key=lambda d: (-reach[d], d), default=None)


def whole(weights: Mapping[str | None, Decimal]) -> dict[str | None, int]:
    """Weights as whole numbers in the same proportion; those of zero are left out.

    >>> whole({"A": Decimal("1.5"), "B": Decimal("0.25"), "C": Decimal(0)})
    {'A': 6, 'B': 1}
    """
    ratios = {name: weight.as_integer_ratio() for name, weight in weights.items() if weight}
    scale = math.lcm(*(d for _, d in ratios.values()))
    return {name: n * (scale // d) for name, (n, d) in ratios.items()}
