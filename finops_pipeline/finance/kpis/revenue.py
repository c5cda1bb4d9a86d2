"""KPIs of revenue, from `recognized_revenue`: how much of it corrects months already closed."""

from collections.abc import Sequence

import pandas as pd

from finops_pipeline.finance.kpis.amounts import Group, Values, sums_of


def recognition_errors(recognized: pd.DataFrame, periods: Sequence[str], group: Group) -> Values:
    """Corrections of closed months / revenue of the twelve months up to each period, both by size."""
    adjusted, revenue = recognized["prior_period_adjustment"].abs(), recognized["recognized"].abs()
    return group.yearly_ratios(sums_of(recognized, adjusted, revenue), periods)


def annual_revenue(recognized: pd.DataFrame, periods: Sequence[str], group: Group) -> Values:
    """Recognized revenue of the twelve months up to each period, by size, in major units of the group currency."""
    return group.yearly_totals(sums_of(recognized, recognized["recognized"].abs()), periods)
