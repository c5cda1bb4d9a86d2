"""The monthly series that are forecast: revenue and cost of each department, from the general ledger.

Here: which accounts count, the sign, the department, the complete monthly grid. Not here: any forecast.
"""

import numpy as np
import pandas as pd

from finops_pipeline.finance import periods

COLUMNS = ["series_id", "entity_id", "department", "measure", "currency", "period", "amount"]
MEASURES = {
    "revenue": "revenue",
    "cost_of_revenue": "cost",
    "operating_expense": "cost",
    "other_expense": "cost",
}
"""Account type to measure. Other income and income tax are neither: they do not follow the business month by month."""

_KEYS = ["measure", "entity_id", "department", "currency"]


def series_from_balances(
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
    last_period: str,
) -> pd.DataFrame:
    """Monthly revenue and cost of every entity and department, without gaps.

    Activity without a cost center is a series of its own, whose department is null.

    Shape: one row per series x month, from the series' first month with activity to `last_period`, zeros filled in.
    Unit: minor units of `currency`, the entity's functional currency; revenue and cost both positive (natural sign).
    """
    measure = accounts.astype({"account_id": "str"}).set_index("account_id")["account_type"].map(MEASURES)
    department = cost_centers.astype({"cost_center_id": "str"}).set_index("cost_center_id")["department"]
    currency = entities.astype({"entity_id": "str"}).set_index("entity_id")["functional_currency"]
    debit_positive = (balances["debit"] - balances["credit"]).astype("int64")
    rows = pd.DataFrame(
        {
            "measure": balances["account_id"].map(measure).astype("str"),
            "entity_id": balances["entity_id"].astype("str"),
            "department": balances["cost_center_id"].map(department).astype("str"),
            "currency": balances["entity_id"].map(currency).astype("str"),
            "period": balances["period"].astype("str"),
            "amount": debit_positive,
        }
    )
    rows = rows[rows["measure"].notna() & (rows["period"] <= last_period)]
    rows = rows.assign(amount=rows["amount"].where(rows["measure"] != "revenue", -rows["amount"]))
    monthly = rows.groupby([*_KEYS, "period"], dropna=False)[["amount"]].sum().reset_index()
    return _complete(monthly, last_period)


def _complete(monthly: pd.DataFrame, last_period: str) -> pd.DataFrame:
    """Every month of every series from its first to the last; months without activity are zero."""
    months = {p: periods.index(p) for p in monthly["period"].unique()}
    number = monthly["period"].map(months).to_numpy(dtype="int64")
    group = monthly.groupby(_KEYS, dropna=False, sort=True).ngroup().to_numpy()
    first_row = np.flatnonzero(np.diff(group, prepend=-1))  # rows are sorted by series and period
    length = periods.index(last_period) - number[first_row] + 1
    start = np.cumsum(length) - length
    amount = np.zeros(int(length.sum()), dtype="int64")
    amount[start[group] + number - number[first_row][group]] = monthly["amount"].to_numpy()
    heads = monthly[_KEYS].iloc[first_row].reset_index(drop=True)
    heads["series_id"] = [series_id(m, e, d) for m, e, d, _ in heads.itertuples(index=False)]
    grid = heads.loc[np.repeat(np.arange(len(heads)), length)].reset_index(drop=True)
    numbers = np.repeat(number[first_row] - start, length) + np.arange(len(grid))
    labels = {n: periods.label(n) for n in np.unique(numbers).tolist()}
    grid["period"] = pd.Series(numbers, dtype="int64").map(labels).astype("str")
    grid["amount"] = amount
    grid = grid.astype({"series_id": "str"})
    return grid[COLUMNS].sort_values(["series_id", "period"], ignore_index=True)


def series_id(measure: str, entity_id: str, department: object) -> str:
    """The name of a department's series; a null department is "-", so a department called "-" is escaped.

    >>> series_id("revenue", "DE01", "Sales"), series_id("cost", "DE01", None), series_id("cost", "DE01", "R/D")
    ('revenue/DE01/Sales', 'cost/DE01/-', 'cost/DE01/R%2FD')
    """
    last = _escaped(department) if isinstance(department, str) else "-"
    return f"{total_id(measure, entity_id)}/{'%2D' if department == '-' else last}"


def total_id(measure: str, entity_id: str) -> str:
    """The name of an entity's total over its departments.

    >>> total_id("revenue", "DE01")
    'revenue/DE01'
    """
    return f"{measure}/{_escaped(entity_id)}"


def _escaped(part: str) -> str:
    """Without the slash that separates the parts of a name."""
    return part.replace("%", "%25").replace("/", "%2F")
