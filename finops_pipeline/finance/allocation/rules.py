"""Rules of allocation: which pools there are, by what they are shared, and from when to when.

Here: the words of `allocation.toml`, checked when they are read. Not here: amounts (`methods`), nor the quantities of
drivers (`trace`).

Cycles are carried out in the order given. What a cycle hands to a cost center is part of that center's cost in the
cycles after it: that is how pools are chained. A pool that has given takes nothing in later cycles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import ClassVar

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.allocation.methods import Method

CLOUD_DRIVER = "cloud_cost"
"""The driver that is no extract: the month's effective cloud cost by the cost center its allocation key names."""


@dataclass(frozen=True, slots=True)
class Tier:
    """So many units of a driver, counted with a weight; without `up_to`, all units beyond."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    weight: Decimal
    up_to: Decimal | None = None

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        if self.weight < 0 or (self.up_to is not None and self.up_to <= 0):
            raise ConfigurationError(f"a tier's weight is not negative and its bound is positive: {self}")


@dataclass(frozen=True, slots=True)
class PoolRule:
    """Some pools and what they are shared by: a driver, or fixed shares.

    `cost_centers` or `departments` name the pools; with neither, they are the service cost centers that no other rule
    of the cycle names. With neither `driver` nor `shares`, the usual driver of the month (see `trace.usual_driver`).
    `serves`: only receivers of these departments. `tiers`: units of the driver count with the weight of their tier.
    Fixed shares may sum to less than 1: the rest stays unallocated.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    cost_centers: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    driver: str | None = None
    shares: dict[str, Decimal] = field(default_factory=dict)
    serves: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        if self.shares and (self.driver or self.tiers or self.serves):
            raise ConfigurationError(f"pools have fixed shares, or a driver with what belongs to it, not both: {self}")
        if any(s <= 0 for s in self.shares.values()) or sum(self.shares.values()) > 1:
            raise ConfigurationError(
                f"fixed shares are positive and sum to no more than 1, or the costs would never run out: {self.shares}"
            )
        bounds = [t.up_to for t in self.tiers]
        if None in bounds[:-1] or any(a >= b for a, b in pairwise(bounds) if a and b):
            raise ConfigurationError(f"tiers go up, and only the last has no bound: {self.tiers}")

    @property
    def takes_the_rest(self) -> bool:
        """Whether its pools are the service cost centers that no other rule names."""
        return not self.cost_centers and not self.departments

    def weight(self, quantity: Decimal) -> Decimal:
        """What a quantity of the driver counts: each unit with the weight of its tier.

        >>> tiers = (Tier(Decimal(1), Decimal(10)), Tier(Decimal("0.5")))
        >>> PoolRule(driver="seats", tiers=tiers).weight(Decimal(16))
        Decimal('13.0')
        """
        if not self.tiers:
            return quantity
        counted, below = Decimal(0), Decimal(0)
        for tier in self.tiers:
            top = quantity if tier.up_to is None else min(quantity, tier.up_to)
            counted += max(top - below, Decimal(0)) * tier.weight
            below = top
        return counted


@dataclass(frozen=True, slots=True)
class Cycle:
    """One pass of allocation by one method. `entities`: all of them when empty. `order`: of the step-down method."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    method: Method = "direct"
    effective_from: str | None = None
    effective_until: str | None = None
    entities: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    pools: tuple[PoolRule, ...] = (PoolRule(),)

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        dates = [p for p in (self.effective_from, self.effective_until) if p is not None]
        if not all(calendar.is_label(p) for p in dates) or sorted(dates) != dates:
            raise ConfigurationError(f"cycle {self.name!r} is effective from one month YYYY-MM to a later one: {dates}")
        if self.order and self.method != "step_down":
            raise ConfigurationError(f"cycle {self.name!r} has an order, which only the step-down method follows")
        if not self.pools or sum(p.takes_the_rest for p in self.pools) > 1:
            raise ConfigurationError(f"cycle {self.name!r} has pools, and one rule at most for all that are not named")

    def covers(self, entity_id: str, period: str) -> bool:
        """Whether the cycle is carried out for an entity in a month."""
        return (
            (not self.entities or entity_id in self.entities)
            and (self.effective_from or period) <= period <= (self.effective_until or period)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """Every cycle, in order. The default: service cost centers, directly, by the usual driver of the month."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    cycles: tuple[Cycle, ...] = (Cycle("default"),)


def pools_of(cycle: Cycle, centers: Mapping[str, tuple[str, str | None]]) -> dict[str, PoolRule]:
    """The pools of a cycle with their rules. `centers`: department and role of every cost center.

    Raises: ConfigurationError for a cost center or department that the master data do not have, and for a pool that two
    rules name.
    """
    departments = {department for department, _ in centers.values()}
    found: dict[str, PoolRule] = {}
    for rule in cycle.pools:
        _require(cycle, "cost center", (*rule.cost_centers, *rule.shares, *cycle.order), centers)
        _require(cycle, "department", (*rule.departments, *rule.serves), departments)
        named = [c for c, (d, _) in centers.items() if c in rule.cost_centers or d in rule.departments]
        twice = sorted(found.keys() & set(named)) + sorted(set(named) & rule.shares.keys())
        if twice:
            raise ConfigurationError(f"cycle {cycle.name!r} names {twice[0]!r} as a pool twice, or as its own receiver")
        found |= dict.fromkeys(named, rule)
    for rule in cycle.pools:
        if rule.takes_the_rest:
            rest = [c for c, (_, role) in centers.items() if role == "service" and c not in found]
            found |= {c: rule for c in rest if c not in rule.shares}
    return found


def _require(cycle: Cycle, what: str, names: Sequence[str], known: Mapping[str, object] | set[str]) -> None:
    strangers = sorted(set(names) - set(known))
    if strangers:
        raise ConfigurationError(
            f"allocation cycle {cycle.name!r} names {what} {strangers[0]!r}, which the master data do not have: "
            f"correct the rule or add the {what}"
        )
