"""KPIs of the budget, from `budget_variance`."""

from collections.abc import Sequence

import pandas as pd

from finops_pipeline.finance.kpis.amounts import COST, Group, Value, ratios


def budget_values(
    variance: pd.DataFrame, periods: Sequence[str], version: str | None, group: Group
) -> dict[str, dict[str, Value]]:
    """The KPIs of the budget. `version`: as in `kpi_scorecard`."""
    rows = variance[variance["period"].isin(list(periods))]
    if version is None:
        latest = rows.groupby(["entity_id", "period"])["version"].transform("max")
        rows = rows[rows["version"] == latest]
    else:
        rows = rows[rows["version"] == version]
    cost = rows[(rows["basis"] == "ytd") & rows["account_type"].isin(COST)]
    month = rows[rows["basis"] == "mtd"]
    return {
        "budget_utilization": ratios(cost, cost["actual"], cost["budget"], periods, group),
        "absolute_variance_pct": ratios(month, month["variance"].abs(), month["budget"].abs(), periods, group),
    }
