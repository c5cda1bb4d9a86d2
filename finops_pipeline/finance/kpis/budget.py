"""KPIs of the budget, from `budget_variance`: of each entity and month one version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from finops_pipeline.finance.kpis.amounts import COST, Group, Values, divided, sums_of


@dataclass(frozen=True, slots=True, eq=False)
class Budget:
    """The rows of the version that counts."""

    rows: pd.DataFrame
    group: Group

    @classmethod
    def of(cls, variance: pd.DataFrame, periods: Sequence[str], version: str | None, group: Group) -> Self:
        """The rows of `version`, or where it is None of the version of each entity and period that sorts last."""
        rows = variance[variance["period"].isin(list(periods))]
        latest = rows.groupby(["entity_id", "period"])["version"].transform("max")
        return cls(rows[rows["version"] == (latest if version is None else version)], group)

    def values(self, periods: Sequence[str]) -> dict[str, Values]:
        """Every KPI of the budget."""
        month, year = (self.rows[self.rows["basis"] == basis] for basis in ("mtd", "ytd"))
        revenue = year[year["account_type"] == "revenue"]
        cost = year[year["account_type"].isin(COST)]
        used = self._ratios(cost, cost["actual"], cost["budget"], periods)
        reached = self._ratios(revenue, revenue["actual"], revenue["budget"], periods)
        as_meant = cost[["actual", "budget"]].min(axis="columns")
        return {
            "budget_utilization": used,
            "budget_utilization_efficiency": divided(reached, used),
            "utilization": self._ratios(cost, as_meant, cost["budget"], periods),
            "absolute_variance_pct": self._ratios(month, month["variance"].abs(), month["budget"].abs(), periods),
            "variance_reduction": self._ratios(year, year["variance"].abs(), year["budget"].abs(), periods),
        }

    def annual(self, periods: Sequence[str]) -> Values:
        """Sum of |budget| of the fiscal year, in major units of the group currency."""
        rows = self.rows[self.rows["basis"] == "full_year"]
        return self.group.totals(sums_of(rows, rows["budget"].abs()), periods)

    def _ratios(self, rows: pd.DataFrame, top: pd.Series, bottom: pd.Series, periods: Sequence[str]) -> Values:
        return self.group.ratios(sums_of(rows, top, bottom), periods)
