"""KPIs of profit and cost, from `trial_balance`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from finops_pipeline.finance.kpis.amounts import COST, Group, Sums, Values, sums_of


@dataclass(frozen=True, slots=True, eq=False)
class Profit:
    """Revenue and costs by month in natural sign. Shape of `sums`: period x currency."""

    sums: pd.DataFrame
    group: Group

    @classmethod
    def of(cls, trial_balance: pd.DataFrame, group: Group) -> Self:
        """The activity of each month."""
        kind = trial_balance["account_type"]
        spent = trial_balance["debit"] - trial_balance["credit"]
        measures = {
            "revenue": (-spent).where(kind == "revenue", 0),
            "goods": spent.where(kind == "cost_of_revenue", 0),
            "operating": spent.where(kind == "operating_expense", 0),
            "cost": spent.where(kind.isin(COST), 0),
        }
        keyed = trial_balance[["period", "currency"]].assign(**measures)
        return cls(keyed.groupby(["period", "currency"], as_index=False).sum(), group)

    def values(self, periods: Sequence[str]) -> dict[str, Values]:
        """Margins and cost ratio of every month, and operating cost of every year up to it."""
        gross = self.sums["revenue"] - self.sums["goods"]
        tops = {
            "cost_ratio": self.sums["cost"],
            "gross_margin": gross,
            "operating_margin": gross - self.sums["operating"],
        }
        found = {name: self.group.ratios(self._of_revenue(top), periods) for name, top in tops.items()}
        yearly = self.group.yearly_ratios(self._of_revenue(self.sums["operating"]), periods)
        return {**found, "operating_cost_reduction": yearly}

    def _of_revenue(self, top: pd.Series) -> Sums:
        return sums_of(self.sums, top, self.sums["revenue"])

    def annual(self, measure: str, periods: Sequence[str]) -> Values:
        """Revenue or cost of the twelve months up to each period, in major units of the group currency."""
        return self.group.yearly_totals(sums_of(self.sums, self.sums[measure]), periods)
