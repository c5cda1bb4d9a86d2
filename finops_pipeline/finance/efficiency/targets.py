"""Targets of unit costs: what a unit of a driver was to cost, and how far the cost center has come.

A target holds from its month on, until the next one of the same cost center and driver.

| column                 | formula                                            |
|------------------------|----------------------------------------------------|
| target_attainment_pct  | target unit cost / unit cost, as a fraction: 1 and more is attained |
| is_target_met          | unit cost is no more than its target                |
| amount_above_target    | cost - target unit cost x quantity, negative below the target |

Worked example: 12,000.00 for 500 tickets is 24.00 a ticket; with a target of 20.00 attainment is 20 / 24 = 0.8333, and
12,000.00 - 20.00 x 500 = 2,000.00 lie above it. Without a quantity nothing can be attained, and all cost lies above.
"""

from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import frames, money
from finops_pipeline.finance.findings import Finding

SERIES = ("entity_id", "cost_center_id", "driver")
_EXACT = pd.ArrowDtype(pa.decimal128(38, 15))


def with_targets(table: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """The rows of `cost_efficiency` with the target of their month, where there is one.

    `targets`: entity, cost center, driver, period, target_unit_cost (major units of the entity's currency).

    Shape: the rows of `table`. Unit: unit costs in major units, `amount_above_target` in minor units.
    """
    standing = list(_standing(table, targets))
    costs = zip(standing, *(table[c] for c in ("amount", "unit_cost", "driver_quantity", "currency")), strict=True)
    above = [None if goal is None else int(a) - _owed(goal[1], q, str(k)) for goal, a, _, q, k in costs]
    pairs = [
        (goal[1], unit) if goal and not pd.isna(unit) else None
        for goal, unit in zip(standing, table["unit_cost"], strict=True)
    ]
    return table.assign(
        target_unit_cost=pd.Series([goal and goal[1] for goal in standing], index=table.index, dtype=_EXACT),
        target_since=pd.Series([goal and goal[0] for goal in standing], index=table.index, dtype="str"),
        target_attainment_pct=np.array([float(p[0] / p[1]) if p and p[1] > 0 else np.nan for p in pairs]),
        is_target_met=pd.array([None if p is None else p[1] <= p[0] for p in pairs], dtype="boolean"),
        amount_above_target=pd.array(above, dtype="Int64"),
    )


def _standing(table: pd.DataFrame, targets: pd.DataFrame) -> Iterator[tuple[str, Decimal] | None]:
    """For each row the latest target that began no later than its month, with the month in which it began."""
    goals = {
        key: list(zip(part["period"], part["target_unit_cost"], strict=True))
        for key, part in frames.groups(targets.sort_values("period"), *SERIES)
    }
    for key, period in zip(zip(*(table[c] for c in SERIES), strict=True), table["period"], strict=True):
        known = goals.get(key, [])
        place = bisect_right([since for since, _ in known], period)
        yield known[place - 1] if place else None


def _owed(target: Decimal, quantity: Decimal, currency: str) -> int:
    """What the quantity was to cost. Unit: minor units."""
    return money.from_decimal(money.WIDE.multiply(target, quantity), currency)


def target_findings(table: pd.DataFrame, targets: pd.DataFrame) -> list[Finding]:
    """EFF-010: a target that began by the last month of the table is of a cost center and driver that the month has."""
    if table.empty:
        return []
    last = str(table["period"].max())
    here = set(zip(*(table.loc[table["period"] == last, c] for c in SERIES), strict=True))
    begun = targets[targets["period"] <= last]
    idle = sorted(set(zip(*(begun[c] for c in SERIES), strict=True)) - here)
    message = "a target of unit cost has no driver with a quantity: correct efficiency_targets or deliver the driver"
    return [Finding("EFF-010", " ".join(key), message, period=last) for key in idle]
