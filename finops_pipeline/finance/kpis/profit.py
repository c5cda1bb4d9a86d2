"""KPIs of profit and cost, from `trial_balance`."""

from collections.abc import Sequence

import pandas as pd

from finops_pipeline.finance.kpis.amounts import COST, Group, Value, ratios


def profit_values(trial_balance: pd.DataFrame, periods: Sequence[str], group: Group) -> dict[str, dict[str, Value]]:
    """Margins and cost ratio of every month."""
    rows = trial_balance[trial_balance["period"].isin(list(periods))]
    natural = (rows["credit"] - rows["debit"]).where(rows["account_type"] == "revenue", rows["debit"] - rows["credit"])
    revenue = natural.where(rows["account_type"] == "revenue", 0)
    goods = natural.where(rows["account_type"] == "cost_of_revenue", 0)
    operating = natural.where(rows["account_type"] == "operating_expense", 0)
    cost = natural.where(rows["account_type"].isin(COST), 0)
    tops = {
        "cost_ratio": cost,
        "gross_margin": revenue - goods,
        "operating_margin": revenue - goods - operating,
    }
    return {name: ratios(rows, top, revenue, periods, group) for name, top in tops.items()}
