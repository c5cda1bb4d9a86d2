"""Step 4, allocation, of one contract: relative standalone selling prices, ranges, residual prices, discounts of a group.

In this order (ASC 606-10-32-28 to 32-41; IFRS 15.73-86):

* A standalone selling price is given, or found within its range: the stated price if it lies there, else the middle.
* A `discount_group` is regularly sold together for less: the discount is its alone (32-37), so the others stand at their
  standalone selling prices and the group takes the rest of the price.
* A `residual` price is what the others leave (32-34 c). It must lie within its range, or it is not admissible. A group
  beside it stands at its stated prices, because its discount is known only from them (Example 34 B).
* Everything else shares the price in proportion to standalone selling prices, by largest remainder.

Usage is outside: its variable amounts belong to it alone (32-40). Without any standalone selling price the stated prices
stand. `allocation` is the set-wise form of the plain case.
"""

from collections.abc import Sequence
from typing import NamedTuple

from finops_pipeline.finance import money
from finops_pipeline.finance.revenue.terms import CannotAccountError, Promise


class Allocation(NamedTuple):
    """By obligation: its part of the price, and its standalone selling price if there is one. Unit: minor units."""

    prices: dict[str, int]
    worths: dict[str, int | None]


def allocate(promises: Sequence[Promise]) -> Allocation:
    """The stated prices of these obligations, allocated anew so that the parts sum to them exactly.

    Raises: CannotAccountError.
    """
    worths = {p.obligation_id: standalone_price(p) for p in promises}
    residual = [p for p in promises if p.ssp_method == "residual" and p.ssp is None]
    missing = [p for p in promises if worths[p.obligation_id] is None and p not in residual]
    total = sum(p.stated_price for p in promises)
    if missing and (len(missing) < len(promises)):
        raise CannotAccountError(
            "REV-007", missing[0].obligation_id,
            f"{len(missing)} of {len(promises)} obligations have no standalone selling price: fill in ssp",
        )  # fmt: skip
    if missing or len(promises) == len(residual) == 1:
        return Allocation({p.obligation_id: p.stated_price for p in promises}, worths)
    known = {name: worth for name, worth in worths.items() if worth is not None}
    groups = _groups(promises)
    if not residual and not groups:
        return Allocation(dict(zip(known, _shares(total, list(known.values())), strict=True)), worths)
    prices = _group_prices(groups, promises, known, total, is_residual=bool(residual))
    alone = {p.obligation_id: known[p.obligation_id] for p in promises if p not in residual and not _grouped(p, groups)}
    prices |= alone
    rest = total - sum(prices.values())
    if residual:
        prices |= _residual(residual, rest)
        worths |= {p.obligation_id: prices[p.obligation_id] for p in residual}
    elif rest:
        raise CannotAccountError(
            "REV-019", None, f"discounts of groups leave {rest} (minor units) of the price: correct stated_price or ssp"
        )
    return Allocation({p.obligation_id: prices[p.obligation_id] for p in promises}, worths)


def standalone_price(promise: Promise) -> int | None:
    """The standalone selling price, given or found within its range. Raises: CannotAccountError."""
    low, high = promise.ssp_low, promise.ssp_high
    if promise.ssp is not None:
        if (low is not None and promise.ssp < low) or (high is not None and promise.ssp > high):
            raise CannotAccountError(
                "REV-028", promise.obligation_id, "its ssp is outside of its range: correct one of them"
            )
        return promise.ssp
    if low is None or high is None or promise.ssp_method == "residual":
        return None
    return promise.stated_price if low <= promise.stated_price <= high else (low + high) // 2


def _shares(price: int, worths: Sequence[int]) -> list[int]:
    if any(w < 0 for w in worths) or (price and not sum(worths)):
        raise CannotAccountError(
            "REV-008", None, "standalone selling prices cannot share out the price: correct the ssp"
        )
    return money.split(price, worths)


def _groups(promises: Sequence[Promise]) -> dict[str, list[Promise]]:
    """Obligations by their discount group; one group of everything is no group."""
    groups: dict[str, list[Promise]] = {}
    for promise in promises:
        if promise.discount_group is not None:
            groups.setdefault(promise.discount_group, []).append(promise)
    return {} if any(len(g) == len(promises) for g in groups.values()) else groups


def _grouped(promise: Promise, groups: dict[str, list[Promise]]) -> bool:
    return promise.discount_group in groups


def _group_prices(
    groups: dict[str, list[Promise]],
    promises: Sequence[Promise],
    known: dict[str, int],
    total: int,
    *,
    is_residual: bool,
) -> dict[str, int]:
    others = sum(known[p.obligation_id] for p in promises if not _grouped(p, groups) and p.obligation_id in known)
    prices: dict[str, int] = {}
    for group, members in groups.items():
        names = [p.obligation_id for p in members]
        if any(name not in known for name in names):
            raise CannotAccountError("REV-019", names[0], f"group {group} holds a residual price: take that out of it")
        by_itself = is_residual or len(groups) > 1
        price = sum(p.stated_price for p in members) if by_itself else total - others
        if not 0 <= price <= sum(known[name] for name in names):
            raise CannotAccountError(
                "REV-019",
                names[0],
                f"{price} (minor units) for group {group} is no discount: correct the ssp or the group",
            )
        prices |= dict(zip(names, _shares(price, [known[name] for name in names]), strict=True))
    return prices


def _residual(residual: Sequence[Promise], rest: int) -> dict[str, int]:
    promise = residual[0]
    if len(residual) > 1:
        raise CannotAccountError(
            "REV-024", promise.obligation_id, "only one price can be the residual: give the others an ssp"
        )
    low = 1 if promise.ssp_low is None else promise.ssp_low
    high = rest if promise.ssp_high is None else promise.ssp_high
    if not low <= rest <= high:
        raise CannotAccountError(
            "REV-024",
            promise.obligation_id,
            f"the residual {rest} (minor units) is not between {low} and {high}: give it an ssp",
        )
    return {promise.obligation_id: rest}
