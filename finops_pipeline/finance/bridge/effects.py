"""Effects: the arithmetic of a bridge on the cells of one version, exact in minor units.

Here: new and discontinued, volume, mix, efficiency, and price or spend as what they leave. Not here: exchange rates
(`foreign`), which cells there are (`cells`).

Every effect but price and spend is rounded by itself; the volume of an account is rounded once and shared out over its
products by largest remainder. Price and spend are what is left, so that a cell's effects always sum to its variance.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import frames, ledger
from finops_pipeline.finance.bridge.cells import Cells, Flags, Names, sums_by
from finops_pipeline.finance.revenue import exact

EFFECTS = ("discontinued", "efficiency", "fx", "mix", "new", "price", "spend", "volume")
"""Every effect, in the order of the report."""
SHARE_SCALE = 10**6
_SOLD_TYPES = ("revenue", "other_income")
_COST_TYPES = (*ledger.COST_TYPES, "income_tax")


@dataclass(frozen=True, slots=True, eq=False)
class Nature:
    """What each account is, by its number. `variable`: entity x account, millionths of a budget that move with the volume."""

    is_sold: Flags
    is_revenue: Flags
    is_cost: Flags
    variable: frames.Whole


def nature(
    names: Names,
    accounts: pd.DataFrame,
    variable_shares: Mapping[str, int],
    estimated: Mapping[tuple[str, str], int],
) -> Nature:
    """The nature of the named accounts.

    `variable_shares`: millionths by account, which go before the account's declared behavior. Declared variable is the
    whole, declared fixed nothing; of an account declared mixed without a share, or not declared, `estimated` says it, by
    entity and account, and without an estimate nothing is assumed.
    """
    ids = names.words["account_id"]
    account = frames.lookup(accounts, "account_id", ids.to_series(), where="accounts")
    declared = account["cost_behavior"].eq("variable").fillna(value=False).to_numpy(dtype=bool)
    shares = [variable_shares.get(name, SHARE_SCALE * int(flag)) for name, flag in zip(ids, declared, strict=True)]
    variable = np.tile(np.array(shares, dtype=np.int64), (len(names.words["entity_id"]), 1))
    is_stated = account["cost_behavior"].isin(["fixed", "variable"]).to_numpy(dtype=bool) | ids.isin(
        list(variable_shares)
    )
    rows, columns = ({word: at for at, word in enumerate(names.words[w])} for w in ("entity_id", "account_id"))
    for (entity, name), share in estimated.items():
        if entity in rows and name in columns and not is_stated[columns[name]]:
            variable[rows[entity], columns[name]] = share
    kind = account["account_type"]
    return Nature(
        kind.isin(_SOLD_TYPES).to_numpy(dtype=bool),
        kind.eq("revenue").to_numpy(dtype=bool),
        kind.isin(_COST_TYPES).to_numpy(dtype=bool),
        variable,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Cells gathered by month, by product of a month, and by account of a month."""

    month: npt.NDArray[np.intp]
    product: npt.NDArray[np.intp]
    account: npt.NDArray[np.intp]


def _groups(cells: Cells, names: Names) -> _Groups:
    _, periods, accounts, products = names.sizes
    month = cells.codes["entity_id"] * periods + cells.codes["period"]
    keys = (month, month * products + cells.codes["product_id"], month * accounts + cells.codes["account_id"])
    return _Groups(*(pd.factorize(key)[0] for key in keys))


def effects(
    cells: Cells, actual: frames.Whole, names: Names, account: Nature
) -> tuple[frames.Whole, frames.Whole, frames.Whole]:
    """The effects that are not zero, in order of cell and effect: the row of the cell, the place in EFFECTS, the amount.

    `actual` is the actual at budget rates; what lies between it and `cells.actual` is the effect of exchange rates.
    """
    groups = _groups(cells, names)
    is_sold, is_revenue, is_cost = (
        flags[cells.codes["account_id"]] for flags in (account.is_sold, account.is_revenue, account.is_cost)
    )
    is_new, is_gone = _comings_and_goings(cells, groups, names, is_sold, is_revenue)
    compared = is_sold & cells.has_plan & cells.knows_plan & (cells.knows_actual | ~cells.has_postings) & ~is_gone
    volume, flexed = _sales(cells, groups, compared)
    activity = _activity(cells, groups, _Sales(is_revenue, compared, is_new, is_gone), actual, flexed)
    steady = ~is_new & ~is_gone
    moved = _moved(cells, names, account, activity, is_cost & cells.has_plan & steady)
    measured = is_cost & steady & cells.knows_plan & cells.knows_actual
    efficiency = np.where(measured, _at_standard(cells, measured) - cells.budget - moved, 0)
    volume, mix = volume + moved, np.where(compared, flexed - cells.budget - volume, 0)
    left = np.where(steady, actual - cells.budget - volume - mix - efficiency, 0)
    columns = {
        "discontinued": np.where(is_gone, -cells.budget, 0),
        "efficiency": efficiency,
        "fx": cells.actual - actual,
        "mix": mix,
        "new": np.where(is_new, actual, 0),
        "price": np.where(is_sold, left, 0),
        "spend": np.where(is_sold, 0, left),
        "volume": volume,
    }
    matrix = np.stack([columns[name] for name in EFFECTS], axis=1)
    cell, effect = np.nonzero(matrix)
    return cell, effect, matrix[cell, effect]


def _comings_and_goings(
    cells: Cells, groups: _Groups, names: Names, is_sold: Flags, is_revenue: Flags
) -> tuple[Flags, Flags]:
    """New and discontinued cells.

    Income of a product is new if the version plans no revenue of it in the month, its cost if the version plans nothing
    of it at all; discontinued the other way round, by what is posted.
    """
    count = int(groups.product.max(initial=-1)) + 1

    def anywhere(flags: Flags) -> Flags:
        found = np.zeros(count, dtype=bool)
        found[groups.product[flags]] = True
        return found[groups.product]

    is_product = cells.codes["product_id"] < names.sizes[3] - 1
    planned = np.where(is_sold, anywhere(cells.has_plan & is_revenue), anywhere(cells.has_plan))
    posted = np.where(is_sold, anywhere(cells.has_postings & is_revenue), anywhere(cells.has_postings))
    is_new = is_product & cells.has_postings & ~cells.has_plan & ~planned
    is_gone = is_product & cells.has_plan & ~cells.has_postings & ~posted
    return is_new, is_gone


def _sales(cells: Cells, groups: _Groups, compared: Flags) -> tuple[frames.Whole, frames.Whole]:
    """Volume of each compared cell, and its budget at actual quantities; zero elsewhere."""
    volume, flexed = np.zeros_like(cells.budget), np.zeros_like(cells.budget)
    rows = np.flatnonzero(compared)
    group, _ = pd.factorize(groups.account[rows])
    size = int(group.max(initial=-1)) + 1
    budget, planned, sold = cells.budget[rows], cells.planned[rows], cells.sold[rows]
    flexed[rows] = exact.proportion(budget, sold, planned)
    all_planned, all_sold = sums_by(group, size, planned), sums_by(group, size, sold)
    whole = exact.proportion(sums_by(group, size, budget).astype(np.int64), all_sold, all_planned)
    base, remainder = exact.quotient_and_remainder(budget, all_sold[group], all_planned[group])
    left = whole - sums_by(group, size, base).astype(np.int64)
    volume[rows] = base + _largest(remainder, group, left) - budget
    return volume, flexed


def _largest(remainder: exact.AnyIntegers, group: npt.NDArray[np.intp], left: frames.Whole) -> frames.Whole:
    """One more for as many cells of each group as it has left over, largest remainders first, ties to the earlier."""
    order = np.lexsort((np.arange(len(group)), _descending(remainder), group))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    rank = np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))
    more = np.zeros(len(group), dtype=np.int64)
    more[order] = rank < left[group[order]]
    return more


def _descending(values: exact.AnyIntegers) -> frames.Whole:
    """Numbers that sort the other way round."""
    if values.dtype != object:
        return -values
    _, rank = np.unique(values, return_inverse=True)
    return -rank


@dataclass(frozen=True, slots=True, eq=False)
class _Sales:
    """Which cells are revenue, and what each of them says about the volume sold."""

    is_revenue: Flags
    compared: Flags
    is_new: Flags
    is_gone: Flags


@dataclass(frozen=True, slots=True, eq=False)
class _Activity:
    """What was sold and what was planned, for each cell; where planned is 0 the volume is not known."""

    sold: exact.AnyIntegers
    planned: exact.AnyIntegers


def _activity(
    cells: Cells, groups: _Groups, sales: _Sales, actual: frames.Whole, flexed: frames.Whole
) -> tuple[_Activity, _Activity]:
    """The sales volume that costs move with: of the cell's own product in units, and of its entity at planned prices.

    Units of different products have no common measure, so the entity's volume is valued at planned prices; a new product
    counts with its revenue. An entity without any product planned and sold in units has no volume.
    """
    counted = sales.is_revenue & (sales.compared | (sales.is_gone & cells.knows_plan))
    size = int(groups.product.max(initial=-1)) + 1
    rows = np.flatnonzero(counted)
    units = [sums_by(groups.product[rows], size, q[rows])[groups.product] for q in (cells.sold, cells.planned)]
    months = int(groups.month.max(initial=-1)) + 1
    is_known = np.zeros(months, dtype=bool)
    is_known[groups.month[sales.is_revenue & sales.compared]] = True
    in_plan = sales.is_revenue & (sales.compared | sales.is_gone)
    value = np.where(sales.is_revenue & sales.is_new, actual, np.where(in_plan, flexed, 0))
    sold, planned = (sums_by(groups.month, months, v) for v in (value, np.where(in_plan, cells.budget, 0)))
    planned = np.where(is_known & (planned > 0), planned, 0)
    return _Activity(*units), _Activity(sold[groups.month], planned[groups.month])


def _moved(
    cells: Cells, names: Names, account: Nature, activity: tuple[_Activity, _Activity], moves: Flags
) -> frames.Whole:
    """What the sales volume adds to the variable part of a planned cost."""
    of_product, of_entity = activity
    is_product = cells.codes["product_id"] < names.sizes[3] - 1
    planned = np.where(is_product, of_product.planned, of_entity.planned)
    sold = np.where(is_product, of_product.sold, of_entity.sold)
    share = account.variable[cells.codes["entity_id"], cells.codes["account_id"]]
    rows = np.flatnonzero(moves & (planned > 0) & (share > 0))
    scale = np.full(len(rows), SHARE_SCALE)
    part = exact.proportion(cells.budget[rows], share[rows], scale)
    moved = np.zeros_like(cells.budget)
    moved[rows] = exact.proportion(part, sold[rows], planned[rows]) - part
    return moved


def _at_standard(cells: Cells, measured: Flags) -> frames.Whole:
    """What the actual quantity costs at the planned price, where both are known."""
    result = np.zeros_like(cells.budget)
    rows = np.flatnonzero(measured)
    result[rows] = exact.proportion(cells.budget[rows], cells.sold[rows], cells.planned[rows])
    return result
