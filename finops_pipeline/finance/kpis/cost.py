"""KPIs of cost beyond the ledger's sums: how it was allocated, what it brought, what was saved."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from finops_pipeline.finance.kpis.amounts import Group, Value, Values, divided, last_twelve, null, sums_of


def allocation_accuracy(allocation: pd.DataFrame, periods: Sequence[str], group: Group) -> Values:
    """The share of the pools' cost that the last step to its receiver divided by a driver.

    What one pool gives another is left out: it is counted where the other gives it on. So the whole is what the pools
    cost. Amounts count by their size, since a pool may have more credits than debits.
    """
    pools = {*allocation[["entity_id", "period", "from_cost_center_id"]].itertuples(index=False, name=None)}
    places = allocation[["entity_id", "period", "to_cost_center_id"]].itertuples(index=False, name=None)
    last = allocation[pd.Series([place not in pools for place in places], index=allocation.index, dtype=bool)]
    measured = last["to_cost_center_id"].notna() & last["driver"].notna() & (last["driver"] != "fixed_shares")
    size = last["amount"].abs()
    return group.ratios(sums_of(last, size.where(measured, 0), size), periods)


def efficiency(
    drivers: pd.DataFrame, cost: Values, standard_costs: Mapping[str, Decimal], periods: Sequence[str]
) -> Values:
    """What the output of twelve months should have cost at standard / what was spent (`cost`, group currency)."""
    if not standard_costs:
        return dict.fromkeys(periods, null("the setting kpi_values.standard_costs is missing"))
    quantities = {name: _by_month(drivers[drivers["driver"] == name]) for name in standard_costs}
    return {period: _efficiency(quantities, cost[period], standard_costs, period) for period in periods}


Quantities = Mapping[str, Fraction] | Value
"""Quantity by month, or why they cannot be added."""


def _by_month(rows: pd.DataFrame) -> Quantities:
    units = sorted(rows["unit"].unique())
    if len(units) > 1:
        return null(f"driver {rows['driver'].iloc[0]} is in {' and '.join(units)}")
    exact = pd.Series([Fraction(q) for q in rows["quantity"]], index=rows.index, dtype=object)
    return {str(period): Fraction(total) for period, total in exact.groupby(rows["period"]).sum().items()}


def _efficiency(
    quantities: Mapping[str, Quantities], cost: Value, standard_costs: Mapping[str, Decimal], period: str
) -> Value:
    worth, months = Fraction(0), last_twelve(period)
    for name, known in sorted(quantities.items()):
        if isinstance(known, Value):
            return known
        missing = [month for month in months if month not in known]
        if missing:
            return null(f"driver {name} has no quantity in {len(missing)} of the twelve months")
        worth += sum((known[month] for month in months), Fraction(0)) * Fraction(standard_costs[name])
    return divided({period: Value(worth)}, {period: cost})[period]


def resource_optimization(efficiency_table: pd.DataFrame | None, periods: Sequence[str], group: Group) -> Values:
    """Efficiency scores of cost centers weighed by their cost; each counts once, however many drivers it has."""
    if efficiency_table is None:
        return dict.fromkeys(periods, null("no data, because there is no table cost_efficiency"))
    scored = efficiency_table[efficiency_table["efficiency_score"].notna()]
    key = ["entity_id", "period", "cost_center_id", "currency"]
    once = scored.groupby(key)[["amount", "efficiency_score"]].max().reset_index()
    pairs = zip(once["amount"], once["efficiency_score"], strict=True)
    top = pd.Series([Fraction(amount) * Fraction(score) for amount, score in pairs], index=once.index, dtype=object)
    return group.ratios(sums_of(once, top, once["amount"]), periods)


def annual_savings(opportunities: pd.DataFrame | None, periods: Sequence[str], as_of: str, group: Group) -> Values:
    """Savings realized, as known in `as_of`, in major units of the group currency."""
    if opportunities is None:
        return dict.fromkeys(periods, null("no data, because there is no table cost_opportunities"))
    realized = opportunities[opportunities["realized_saving"].notna()]
    known = group.totals(sums_of(realized.assign(period=as_of), realized["realized_saving"]), [as_of])[as_of]
    elsewhere = null(f"realized savings are of {as_of}")
    return {period: known if period == as_of else elsewhere for period in periods}
