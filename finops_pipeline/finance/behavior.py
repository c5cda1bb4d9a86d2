"""Behavior: how much of a cost moves with what the business does, estimated from its history where nobody declares it.

Here: a regression of monthly cost on each driver of its entity, which of them explains it, and the share that the variance
bridge moves with volume. It is a statistical module: what leaves it are ratios, and amounts through `money.from_model`. Not
here: what is declared (`accounts.cost_behavior`, the setting `variable_share`), which goes before any estimate.

Cost = fixed cost + unit cost x driver, by least squares over the last 24 months (twelve at least). The driver that explains
most counts, and is believed if its slope is above zero beyond chance: at 5 % in all drivers tried together (Bonferroni). The
variable share is unit cost x mean quantity / mean cost, between 0 and 1. Worked example: twelve months of 10 to 21 orders at 100
plus 5 an order: the mean of 15.5 orders costs 177.50, of which 77.50 or 43.7 % move.

A cost and a driver that both merely grow look alike: an estimate is a reason to ask, and to declare.

Source: Horngren, Cost Accounting, chapter 10 (determining how costs behave).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import frames, ledger, money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding

Matrix = npt.NDArray[np.float64]

WINDOW, FEWEST = 24, 12
_CHANCE = 0.05
_PLACES = 6
_MILLION = 10**_PLACES
_KINDS = {
    "entity_id": "str", "account_id": "str", "account_name": "str", "declared_behavior": "str", "driver": "str",
    "unit": "str", "currency": "str", "months": "int64", "total_cost": "int64", "fixed_cost": "int64",
    "unit_cost": object, "unit_cost_low": object, "unit_cost_high": object, "r_squared": "float64", "p_value": "float64",
    "variable_share": "float64", "is_used": "bool", "as_of_period": "str",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """A line through cost by quantity: intercept, slope with its 95 % interval, fit, and the chance of such a slope."""

    intercept: float
    slope: float
    low: float
    high: float
    r_squared: float
    p_value: float


def fitted(cost: Matrix, quantity: Matrix) -> Fit:
    """Least squares of cost on a quantity that is not the same in every month."""
    import statsmodels.api as sm  # noqa: PLC0415

    fit = sm.OLS(cost, sm.add_constant(quantity)).fit()
    low, high = fit.conf_int(_CHANCE)[1]
    found = (fit.params[0], fit.params[1], low, high, fit.rsquared, fit.pvalues[1])
    return Fit(*(float(x) for x in found))


def cost_behavior(
    balances: pd.DataFrame, accounts: pd.DataFrame, drivers: pd.DataFrame, entities: pd.DataFrame, as_of: str
) -> pd.DataFrame:
    """How the costs that are not declared fixed or variable follow the drivers of their entity.

    `balances`: gl_balances, `drivers`: driver_monthly, all months. Shape: one row per entity x account with twelve months of
    cost and a driver in them; the driver that explains most. Unit: `fixed_cost` of a month in minor units, unit costs in
    major units. Raises: ContractError when balances use an account or entity that the master data do not have.
    """
    months = calendar.span(calendar.add(as_of, 1 - WINDOW), as_of)
    account = frames.lookup(accounts, "account_id", balances["account_id"], where="gl_balances")
    is_open = account["account_type"].isin(ledger.COST_TYPES) & ~account["cost_behavior"].isin(["fixed", "variable"])
    spent = balances.assign(
        account_name=account["name"].to_numpy(), declared=account["cost_behavior"].to_numpy(),
        currency=frames.lookup(entities, "entity_id", balances["entity_id"], where="gl_balances")["functional_currency"].to_numpy(),
        amount=balances["debit"] - balances["credit"],
    )[is_open.to_numpy()]  # fmt: skip
    known = _driver_series(drivers, months)
    rows = [
        row
        for place, cost in spent.groupby(
            ["entity_id", "account_id", "account_name", "declared", "currency"], dropna=False
        )
        for row in _best(place, cost.groupby("period")["amount"].sum(), known.get(str(place[0]), {}), months)
    ]
    return frames.arrange(pd.DataFrame(rows, columns=list(_KINDS)), _KINDS, ["entity_id", "account_id"])


def _driver_series(drivers: pd.DataFrame, months: list[str]) -> dict[str, dict[tuple[str, str], pd.Series]]:
    """The monthly quantity of each driver and unit, by entity."""
    recent = drivers[drivers["period"].isin(months)]
    exact = recent.assign(quantity=recent["quantity"].astype("float64"))
    found: dict[str, dict[tuple[str, str], pd.Series]] = {}
    for (entity, driver, unit), rows in exact.groupby(["entity_id", "driver", "unit"], sort=True):
        found.setdefault(str(entity), {})[str(driver), str(unit)] = rows.groupby("period")["quantity"].sum()
    return found


def _best(
    place: Any, cost: pd.Series, drivers: dict[tuple[str, str], pd.Series], months: list[str]
) -> Iterator[dict[str, object]]:
    """The row of the driver that explains most of a cost; none where none can be tried."""
    tried: list[tuple[Fit, tuple[str, str], list[str]]] = []
    for name, quantity in drivers.items():
        shared = [m for m in months if m in cost.index and m in quantity.index]
        if len(shared) >= FEWEST and all(np.ptp(s[shared].to_numpy()) > 0 for s in (cost, quantity)):
            at = [s[shared].to_numpy(dtype=np.float64) for s in (cost, quantity)]
            tried.append((fitted(*at), name, shared))
    if not tried:
        return
    fit, best, shared = max(tried, key=lambda one: one[0].r_squared)
    mean_cost, mean = float(cost[shared].mean()), float(drivers[best][shared].mean())
    believed = fit.slope > 0 and fit.p_value * len(tried) < _CHANCE and mean_cost > 0
    share = min(max(fit.slope * mean / mean_cost, 0.0), 1.0) if mean_cost > 0 else 0.0
    entity, account, name, declared, currency = place
    slopes = (_exact(x, str(currency)) for x in (fit.slope, fit.low, fit.high))
    yield {
        "entity_id": entity, "account_id": account, "account_name": name, "declared_behavior": declared, "driver": best[0],
        "unit": best[1], "currency": currency, "months": len(shared), "total_cost": int(cost[shared].sum()),
        "fixed_cost": money.from_model(fit.intercept),
        **dict(zip(("unit_cost", "unit_cost_low", "unit_cost_high"), slopes, strict=True)),
        "r_squared": fit.r_squared, "p_value": fit.p_value, "variable_share": share, "is_used": believed,
        "as_of_period": months[-1],
    }  # fmt: skip


def _exact(minor: float, currency: str) -> Decimal:
    """A unit cost in major units, to a millionth of a minor unit."""
    return Decimal(money.from_model(minor * _MILLION)).scaleb(-_PLACES - money.exponent(currency), money.WIDE)


def variable_shares(behavior: pd.DataFrame) -> dict[tuple[str, str], Decimal]:
    """The share of each entity's account that moves with volume, as far as the estimate is believed."""
    used = behavior[behavior["is_used"]]
    columns = (used[c] for c in ("entity_id", "account_id", "variable_share"))
    return {
        (e, a): Decimal(money.from_model(share * _MILLION)).scaleb(-_PLACES)
        for e, a, share in zip(*columns, strict=True)
    }


def behavior_findings(behavior: pd.DataFrame, balances: pd.DataFrame, drivers: pd.DataFrame) -> list[Finding]:
    """BHV-001: the cost of a fit is the ledger's, in the months of the window that have both the cost and the driver."""
    cost = balances.assign(amount=balances["debit"] - balances["credit"])
    found = []
    for row in behavior.to_dict("records"):
        months = calendar.span(calendar.add(row["as_of_period"], 1 - WINDOW), row["as_of_period"])
        of_driver = (drivers[["entity_id", "driver", "unit"]] == [row["entity_id"], row["driver"], row["unit"]]).all(
            axis=1
        )
        shared = set(months) & set(drivers.loc[of_driver, "period"])
        of_account = (cost[["entity_id", "account_id"]] == [row["entity_id"], row["account_id"]]).all(axis=1)
        here = cost[of_account & cost["period"].isin(shared)]
        due, counted = int(here["amount"].sum()), here["period"].nunique()
        if (row["total_cost"], row["months"]) != (due, counted):
            found.append(
                Finding(
                    "BHV-001", f"{row['entity_id']} {row['account_id']}",
                    f"cost of the fit is {row['total_cost']} in {row['months']} months, of the ledger {due} in {counted} "
                    "(minor units)",
                )
            )  # fmt: skip
    return found
