"""The table of efficiency: unit costs by cost center and driver, how they move, and who does it for less.

Here: which costs and drivers belong together, which cost centers are comparable, and the report table
`cost_efficiency`. Not here: the estimates (`elasticity`, `frontier`).

The cost of a cost center is what the ledger has for it, before allocation: what it answers for itself. Comparable are
cost centers of the same department whose costs are in the same currency, in the same month.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import frames, ledger, money
from finops_pipeline.finance.efficiency import elasticity
from finops_pipeline.finance.efficiency.frontier import Matrix, frontier
from finops_pipeline.finance.efficiency.targets import with_targets
from finops_pipeline.finance.findings import Finding

FEWEST_PEERS = 3
"""Cost centers that a comparison needs; among two, one is always best at something."""
_PLACES = Decimal(1).scaleb(-15)
_EXACT = pd.ArrowDtype(pa.decimal128(38, 15))

_KINDS: dict[str, Any] = {
    "entity_id": "str",
    "period": "str",
    "cost_center_id": "str",
    "driver": "str",
    "unit_cost": _EXACT,
    "unit_cost_change_pct": "float64",
    "correlation": "float64",
    "elasticity": "float64",
    "efficiency_score": "float64",
    "peer_best_unit_cost": _EXACT,
    "currency": "str",
    "amount": "int64",
    "driver_quantity": _EXACT,
    "elasticity_low": "float64",
    "elasticity_high": "float64",
    "months": "int64",
    "pure_efficiency_score": "float64",
    "peers": "str",
    "improvement_potential": "Int64",
    "target_unit_cost": _EXACT,
    "target_since": "str",
    "target_attainment_pct": "float64",
    "is_target_met": "boolean",
    "amount_above_target": "Int64",
}
KEY = ("entity_id", "period", "cost_center_id", "driver")
_SERIES = ["entity_id", "cost_center_id", "driver"]


def cost_efficiency(
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    drivers: pd.DataFrame,
    entities: pd.DataFrame,
    targets: pd.DataFrame,
    periods: Sequence[str],
    outputs: Sequence[str] = (),
) -> pd.DataFrame:
    """What a unit of each driver costs each cost center, with the estimates that explain and compare it.

    `balances` is gl_balances and `drivers` is driver_monthly, both with their history; `targets` is
    efficiency_targets. `outputs`: the drivers that cost centers are compared by; all that each of them has when empty.

    Shape: one row per entity x period x cost center x driver with a quantity in one unit of measure. Unit: unit costs in
    major units of `currency`, `amount` (the cost) and `improvement_potential` in minor units.
    Raises: ContractError for a cost center, account or entity that the master data do not have.
    """
    known = drivers[drivers["cost_center_id"].notna()]
    frames.require_known(
        known["cost_center_id"], cost_centers["cost_center_id"], what="cost_center_id", where="drivers"
    )
    frames.require_known(known["entity_id"], entities["entity_id"], what="entity_id", where="drivers")
    if known.empty or not periods:
        return frames.arrange(pd.DataFrame(columns=list(_KINDS)), _KINDS, KEY)
    table = _estimated(known, center_costs(balances, accounts), list(periods))
    currency = dict(zip(entities["entity_id"], entities["functional_currency"], strict=True))
    department = dict(zip(cost_centers["cost_center_id"], cost_centers["department"], strict=True))
    table = table.assign(currency=table["entity_id"].map(currency), department=table["cost_center_id"].map(department))
    amounts = zip(table["cost"], table["driver_quantity"], table["currency"], strict=True)
    table["unit_cost"] = pd.Series([unit_cost(int(c), q, str(k)) for c, q, k in amounts], dtype=object)
    compared = _compared(table, outputs).rename(columns={"cost": "amount"})
    return frames.arrange(with_targets(compared, targets), _KINDS, KEY)


def unit_cost(cost: int, quantity: Decimal, currency: str) -> Decimal | None:
    """Cost by unit in major units, to 15 decimals; null where there is no unit.

    >>> unit_cost(1000, Decimal(3), "EUR"), unit_cost(1000, Decimal(0), "EUR")
    (Decimal('3.333333333333333'), None)
    """
    if quantity <= 0:
        return None
    exact = money.WIDE.divide(money.to_decimal(cost, currency), quantity)
    return exact.quantize(_PLACES, context=money.WIDE)


def center_costs(balances: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """The ledger's cost of every cost center and month. Shape: entity x period x cost center. Unit: minor units."""
    kinds = frames.lookup(accounts, "account_id", balances["account_id"], where="gl_balances")["account_type"]
    posted = balances[
        kinds.isin(ledger.COST_TYPES).to_numpy(dtype=bool) & balances["cost_center_id"].notna().to_numpy()
    ]
    posted = posted.assign(cost=posted["debit"] - posted["credit"])
    sums: pd.DataFrame = posted.groupby(["entity_id", "period", "cost_center_id"])["cost"].sum().reset_index()
    return sums


def _estimated(drivers: pd.DataFrame, costs: pd.DataFrame, periods: list[str]) -> pd.DataFrame:
    """Quantities with the cost of their cost center and what their history says, for the months asked for."""
    place = [*_SERIES, "period"]
    single = drivers[~drivers.duplicated(place, keep=False)]  # several units of measure at one place have no sum
    center = ["entity_id", "period", "cost_center_id"]
    rows = single[[*place, "quantity"]].reset_index(drop=True)
    posted = costs.set_index(center)["cost"].reindex(pd.MultiIndex.from_frame(rows[center]), fill_value=0)
    rows["cost"] = posted.to_numpy(dtype=np.int64)
    rows["series"] = rows.groupby(_SERIES, sort=True).ngroup()
    number = frames.month_numbers(rows["period"])
    first = int(number.min())
    at = (rows["series"].to_numpy(), number - first)
    cost, quantity = (np.full((rows["series"].max() + 1, int(number.max()) - first + 1), np.nan) for _ in range(2))
    cost[at], quantity[at] = rows["cost"].to_numpy(dtype=np.float64), rows["quantity"].astype("float64").to_numpy()
    fit = elasticity.fit(cost, quantity)
    each = np.divide(cost, quantity, out=np.full(cost.shape, np.nan), where=quantity > 0)
    before = np.hstack([np.full((len(each), 1), np.nan), each[:, :-1]])
    change = np.divide(each - before, np.abs(before), out=np.full(each.shape, np.nan), where=np.abs(before) > 0)
    columns = {
        "unit_cost_change_pct": change, "correlation": fit.correlation, "elasticity": fit.slope,
        "elasticity_low": fit.low, "elasticity_high": fit.high, "months": fit.months,
    }  # fmt: skip
    rows = rows.assign(**{name: matrix[at] for name, matrix in columns.items()}, driver_quantity=rows["quantity"])
    return rows[rows["period"].isin(periods)].reset_index(drop=True)


@dataclass(slots=True)
class _Member:
    """A cost center among its like: its cost, its quantities, and its rows of the table."""

    name: str
    cost: int
    quantities: dict[str, float] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)


def _compared(table: pd.DataFrame, outputs: Sequence[str]) -> pd.DataFrame:
    """The table with the best unit cost of comparable cost centers, and with their scores."""
    group = ["department", "currency", "period"]
    best: list[Decimal | None] = [None] * len(table)
    scores, pure = (np.full(len(table), np.nan) for _ in range(2))
    peers: list[str | None] = [None] * len(table)
    potential: list[int | None] = [None] * len(table)
    comparable = (table["unit_cost"].notna() & (table["cost"] > 0)).to_numpy(dtype=bool)
    for rows in table.groupby(group, sort=True).indices.values():
        members = _members(table, [int(i) for i in rows if comparable[i]])
        for i, least in _least_costs(table, members).items():
            best[i] = least
        for member, score, other, mixed in _scored(members, outputs):
            for i in member.rows:
                scores[i], pure[i], peers[i] = score, other, mixed
                potential[i] = member.cost - money.from_model(member.cost * score)
    return table.assign(
        peer_best_unit_cost=pd.Series(best, dtype=object), efficiency_score=scores, pure_efficiency_score=pure,
        peers=pd.Series(peers, dtype="str"), improvement_potential=pd.array(potential, dtype="Int64"),
    )  # fmt: skip


def _members(table: pd.DataFrame, rows: Sequence[int]) -> list[_Member]:
    part = table.iloc[list(rows)]
    columns = (part[c] for c in ("entity_id", "cost_center_id", "cost", "driver", "driver_quantity"))
    found: dict[tuple[str, str], _Member] = {}
    for i, entity, center, cost, driver, quantity in zip(rows, *columns, strict=True):
        member = found.setdefault((entity, center), _Member(center, int(cost)))
        member.quantities[driver] = float(quantity)
        member.rows.append(i)
    return [found[key] for key in sorted(found)]


def _least_costs(table: pd.DataFrame, members: Sequence[_Member]) -> dict[int, Decimal]:
    """The least unit cost of each row's driver, where several cost centers have it."""
    by_driver: dict[str, list[int]] = {}
    for i in (i for member in members for i in member.rows):
        by_driver.setdefault(str(table["driver"].iloc[i]), []).append(i)
    costs = table["unit_cost"]
    return {i: min(costs.iloc[j] for j in rows) for rows in by_driver.values() if len(rows) > 1 for i in rows}


def _scored(members: Sequence[_Member], outputs: Sequence[str]) -> Iterator[tuple[_Member, float, float, str]]:
    """Each member's scores and peers; nothing where members are too few or have no driver in common."""
    shared = sorted(set.intersection(*(set(m.quantities) for m in members))) if members else []
    shared = [driver for driver in shared if not outputs or driver in outputs]
    if len(members) < FEWEST_PEERS or not shared:
        return
    x = np.array([[m.cost] for m in members], dtype=np.float64)
    y = np.array([[m.quantities[driver] for driver in shared] for m in members])
    constant, variable = frontier(x, y), frontier(x, y, "variable")
    for i, member in enumerate(members):
        yield member, constant.scores[i], variable.scores[i], _peers([m.name for m in members], constant.weights[i])


def _peers(names: Sequence[str], weights: Matrix) -> str:
    """The cost centers that a score is measured by, with their weights, as JSON."""
    return json.dumps({name: round(float(w), 4) for name, w in zip(names, weights, strict=True) if w > 0})


def cost_efficiency_findings(
    table: pd.DataFrame, balances: pd.DataFrame, accounts: pd.DataFrame, drivers: pd.DataFrame, periods: Sequence[str]
) -> list[Finding]:
    """EFF-001: costs are the ledger's. EFF-002: unit cost times quantity is the cost. EFF-003: quantities are all there.

    EFF-004: cost is what the target allows for the quantity, and what lies above it.
    """
    costs = center_costs(balances, accounts).set_index(["entity_id", "period", "cost_center_id"])["cost"]
    due = costs.reindex(pd.MultiIndex.from_frame(table[["entity_id", "period", "cost_center_id"]]), fill_value=0)
    found = [
        Finding("EFF-001", subject, f"cost is {said} and {owed} in gl_balances (minor units)", period=period)
        for subject, period, said, owed in zip(_subjects(table), table["period"], table["amount"], due, strict=True)
        if said != owed
    ]
    columns = (table[c] for c in ("period", "amount", "unit_cost", "driver_quantity", "currency"))
    for subject, period, cost, each, quantity, currency in zip(_subjects(table), *columns, strict=True):
        if not pd.isna(each) and money.from_decimal(money.WIDE.multiply(each, quantity), currency) != cost:
            message = f"{each} by unit times {quantity} units is not the cost of {cost} minor units"
            found.append(Finding("EFF-002", subject, message, period=period))
    found += _beside_targets(table)
    wanted = drivers[drivers["cost_center_id"].notna() & drivers["period"].isin(list(periods))]
    single = set(zip(*(wanted[~wanted.duplicated(list(KEY), keep=False)][c] for c in KEY), strict=True))
    missing = sorted(single - set(zip(*(table[c] for c in KEY), strict=True)))
    return found + [Finding("EFF-003", " ".join(key), "the driver has no row", period=key[1]) for key in missing]


def _beside_targets(table: pd.DataFrame) -> Iterator[Finding]:
    """EFF-004, of the rows that have a target."""
    rows = table[table["target_unit_cost"].notna() | table["amount_above_target"].notna()]
    columns = (
        rows[c] for c in ("period", "amount", "amount_above_target", "target_unit_cost", "driver_quantity", "currency")
    )
    for subject, period, cost, above, target, quantity, currency in zip(_subjects(rows), *columns, strict=True):
        missing = pd.isna(above) or pd.isna(target)
        allowed = None if missing else money.from_decimal(money.WIDE.multiply(target, quantity), currency)
        if allowed is None or allowed + above != cost:
            message = f"{allowed} by the target and {above} above it are not the cost of {cost} minor units"
            yield Finding("EFF-004", subject, message, period=period)


def _subjects(table: pd.DataFrame) -> Iterator[str]:
    return (" ".join(key) for key in zip(*(table[c] for c in KEY), strict=True))
