"""Recognized revenue: what the schedule puts into the books of each entity, month and fiscal year to date.

Here: sums over the schedule. Not here: balances of contracts (`rollforward`) nor what is still to come (`remaining`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance.frames import fiscal_start_months
from finops_pipeline.finance.revenue import months

_GROUP = ["entity_id", "product_id", "currency"]
_SUMMED = ["recognized", "prior_period_adjustment"]
_COLUMNS = ["entity_id", "period", "product_id", "currency", "recognized", "prior_period_adjustment", "recognized_ytd"]


def recognized_revenue(lines: pd.DataFrame, entities: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """Revenue of the month and of the entity's fiscal year to date, from the actual lines of the schedule.

    Shape: one row per entity, period, product and contract currency, from the first month of a fiscal year with revenue
    to its last month: a later month without revenue has a row of zero with the year to date. `prior_period_adjustment`
    is the part of the month's revenue that corrects months before, because the books learned of an event too late.
    Unit: minor units of the contract currency; different currencies are never added.
    Raises: ContractError for an entity that is not in `entities`.
    """
    actual = lines[lines["status"] == "actual"].astype(dict.fromkeys(_GROUP, "str"))
    rows = _by_month(actual, entities)
    wanted = np.sort(months.numbers(periods))
    index = rows.index.repeat(len(wanted))
    grid = rows.loc[index].reset_index(drop=True).assign(target=np.tile(wanted, len(rows)))
    upto = grid[(grid["month"] <= grid["target"]) & (grid["target"] < grid["year"] + 12)]
    is_now = upto["month"] == upto["target"]
    upto = upto.assign(
        recognized_ytd=upto["recognized"], recognized=upto["recognized"].where(is_now, 0),
        prior_period_adjustment=upto["prior_period_adjustment"].where(is_now, 0),
    )  # fmt: skip
    sums = upto.groupby([*_GROUP, "target"], dropna=False, sort=False)[[*_SUMMED, "recognized_ytd"]].sum().reset_index()
    sums["period"] = months.labels(sums["target"].to_numpy(np.int64))
    return sums[_COLUMNS].sort_values(["entity_id", "period", "product_id", "currency"], ignore_index=True)


def _by_month(actual: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    rows = actual.assign(month=months.numbers(actual["period"]))
    rows = rows.groupby([*_GROUP, "month"], dropna=False, sort=False)[_SUMMED].sum().reset_index()
    start = fiscal_start_months(entities, rows["entity_id"])
    return rows.assign(year=months.fiscal_year_starts(rows["month"].to_numpy(np.int64), start))
