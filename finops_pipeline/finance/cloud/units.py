"""Unit economics: what the cloud costs for each unit of business, month by month.

Effective cost (the accrual basis: commitments spread over the time they cover) by the quantity of a driver such as
orders, customers or seats. There is a unit cost only where the entity has the driver in the month. Worked example: an
effective cost of 1,200.00 and 300 orders are 4.00 for an order; 4.20 the month after is a change of 5 %.
Billed cost has no place here: an invoice paid up front is no cost of the month's orders.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from finops_pipeline.finance import frames
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.cloud import sums
from finops_pipeline.finance.findings import Finding

_KINDS = {
    "period": "str", "entity_id": "str", "driver": "str", "unit": "str", "currency": "str", "effective_cost": "object",
    "quantity": "object", "unit_cost": "object", "unit_cost_change_pct": "float64",
}  # fmt: skip
_KEY = ("period", "entity_id", "driver", "unit", "currency")
_Place = tuple[str | None, ...]


def cloud_unit_costs(
    cloud: pd.DataFrame,
    drivers: pd.DataFrame,
    periods: Sequence[str],
    cloud_entities: Mapping[str, str],
    chosen: Sequence[str] = (),
) -> pd.DataFrame:
    """Effective cloud cost per unit of each driver of the entity that pays.

    `cloud` is cloud_cost_monthly and `drivers` is driver_monthly, both with their history. `cloud_entities` names the
    entity that pays a billing account. `chosen`: the drivers wanted, all where empty.

    Shape: one row per period x entity x driver x unit x currency that has both a bill and the driver. Unit: major units
    of `currency`, exact; the unit cost is rounded to 15 decimals and null where the quantity is zero.
    """
    costs = _costs(cloud, cloud_entities)
    wanted = drivers[drivers["driver"].isin(list(chosen))] if chosen else drivers
    quantities = sums.by_key(wanted, ["period", "entity_id", "driver", "unit"], "quantity")
    unit_costs: dict[_Place, tuple[Decimal, Decimal, Decimal | None]] = {}
    for (period, entity, driver, unit), quantity in quantities.items():
        for (month, payer, currency), cost in costs.items():
            if (month, payer) == (period, entity):
                per_unit = sums.per_unit(cost, quantity)
                unit_costs[period, entity, driver, unit, currency] = (cost, quantity, per_unit)
    rows = [
        (*place, *unit_costs[place], _change_pct(unit_costs, place)) for place in unit_costs if place[0] in set(periods)
    ]
    return frames.arrange(pd.DataFrame(rows, columns=list(_KINDS)), _KINDS, _KEY)


def _costs(cloud: pd.DataFrame, cloud_entities: Mapping[str, str]) -> Mapping[_Place, Decimal]:
    """Effective cost by period, entity and currency; bills that nobody is said to pay have no entity and no unit cost."""
    owned = cloud.assign(entity_id=cloud["billing_account_id"].map(dict(cloud_entities)).astype("str"))
    return sums.by_key(owned.dropna(subset="entity_id"), ["period", "entity_id", "currency"], "effective_cost")


def _change_pct(unit_costs: Mapping[_Place, tuple[Decimal, Decimal, Decimal | None]], place: _Place) -> float | None:
    """The change on the month before, as a fraction; none without a unit cost in both."""
    now = unit_costs[place][2]
    before = unit_costs.get((calendar.add(str(place[0]), -1), *place[1:]), (None, None, None))[2]
    return float((now - before) / abs(before)) if now is not None and before else None


def unit_cost_findings(
    table: pd.DataFrame,
    cloud: pd.DataFrame,
    drivers: pd.DataFrame,
    periods: Sequence[str],
    cloud_entities: Mapping[str, str],
) -> list[Finding]:
    """CLD-020: each unit cost stands on the whole effective cost of its entity, month and currency, and on its driver."""
    costs = _costs(cloud[cloud["period"].isin(list(periods))], cloud_entities)
    due = sums.by_key(drivers, ["period", "entity_id", "driver", "unit"], "quantity")
    findings = []
    for row in table.itertuples():
        period, entity, currency = str(row.period), str(row.entity_id), str(row.currency)
        cost, quantity = (
            costs.get((period, entity, currency)),
            due.get((period, entity, str(row.driver), str(row.unit))),
        )
        if (cost, quantity) != (row.effective_cost, row.quantity):
            said = f"{row.effective_cost} for {row.quantity} {row.unit}, its sources have {cost} for {quantity}"
            findings.append(Finding("CLD-020", f"{period} {entity} {row.driver}", said, period=period))
    return findings
