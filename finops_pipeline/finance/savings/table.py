"""Table: every claimed saving beside what the ledger shows of it.

Here: which costs a claim is about, which cost centers they are compared with, the verdict, and the proof that the actual
cost is the ledger's. Not here: the statistics (`effect`).

| status          | when                                                                                      |
|-----------------|-------------------------------------------------------------------------------------------|
| realized        | the interval is above zero, and the saving is no less than what is claimed until now       |
| partly_realized | the interval is above zero, and the saving is less than that                              |
| not_realized    | the interval reaches down to zero or below: the ledger does not show the saving           |
| not_testable    | there is too little to tell, and `reason` says what                                       |

A claim is tested over its first twelve months from `action_period` on, against up to three years before. Cost centers to
compare with are those that the claim names, else those of the same entity and department; none for which savings are
claimed too, and none without cost in some month before the action.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames, ledger, money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.savings import effect

_YEAR, _LONGEST = 12, 36
_KINDS = {
    "claim_id": "str", "entity_id": "str", "account_id": "str", "cost_center_id": "str", "department": "str",
    "action_period": "str", "as_of_period": "str", "currency": "str", "annual_claim": "int64", "claimed": "int64",
    "baseline_cost": "Int64", "actual": "int64", "realized": "Int64", "realized_low": "Int64", "realized_high": "Int64",
    "annual_realized": "Int64", "method": "str", "comparables": "str", "months_before": "int64", "months_after": "int64",
    "status": "str", "reason": "str", "opportunity_id": "str", "claimed_by": "str",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Costs:
    """Costs by entity, account and cost center as a matrix of series x months, up to the month of the report."""

    panel: frames.Panel

    def months(self, entity: str | None, account: str | None, center: str | None) -> frames.Whole:
        """The sum of the series of a place; a part that is None takes all."""
        keys = self.panel.keys
        chosen = np.ones(len(keys), dtype=bool)
        for name, wanted in (("entity_id", entity), ("account_id", account), ("cost_center_id", center)):
            if wanted is not None:
                chosen &= (keys[name] == wanted).to_numpy()
        total: frames.Whole = self.panel.values["amount"][chosen].sum(axis=0)
        return total


def realized_savings(
    claims: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
    as_of: str,
) -> pd.DataFrame:
    """Every claim beside the baseline of its costs after the action, as of a month. `balances`: gl_balances, all months.

    Shape: one row per claim. Unit: minor units of the entity's functional currency. Sums are of the months from the action
    to `as_of`, a year at most; `annual_realized` is twelve months at the same pace.
    Raises: ContractError when a balance has an account, or a claim an entity, that the master data do not have.
    """
    entity = frames.lookup(entities, "entity_id", claims["entity_id"], where="saving_claims")
    currency = entity["functional_currency"].astype("str").tolist()
    departments = dict(zip(cost_centers["cost_center_id"], cost_centers["department"], strict=True))
    earliest = min([calendar.index(as_of) + 1 - _YEAR, *map(calendar.index, claims["action_period"])])
    costs = _costs_between(balances, accounts, earliest - _LONGEST, calendar.index(as_of))
    rows = [
        _row(claim, own, costs, departments, _peers(claim, claims, departments), as_of)
        for claim, own in zip(_records(claims), currency, strict=True)
    ]
    return frames.arrange(pd.DataFrame(rows, columns=list(_KINDS)), _KINDS, ["claim_id"])


def _records(claims: pd.DataFrame) -> list[dict[str, Any]]:
    rows = claims.astype(object).where(claims.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _costs_between(balances: pd.DataFrame, accounts: pd.DataFrame, first: int, last: int) -> _Costs:
    account = frames.lookup(accounts, "account_id", balances["account_id"], where="gl_balances")
    spent = balances[account["account_type"].isin(ledger.COST_TYPES).to_numpy()]
    spent = spent.assign(amount=spent["debit"] - spent["credit"])
    return _Costs(frames.panel(spent, ["entity_id", "account_id", "cost_center_id"], ["amount"], first, last))


def _peers(claim: Mapping[str, Any], claims: pd.DataFrame, departments: Mapping[str, str]) -> list[str]:
    """Cost centers that may be compared with that of the claim."""
    center = claim["cost_center_id"]
    if center is None:
        return []
    named = [name.strip() for name in (claim["comparables"] or "").split(",") if name.strip()]
    found = named or sorted(c for c, d in departments.items() if d == departments.get(center))
    claimed = {center, *claims["cost_center_id"].dropna()}
    return [c for c in found if c not in claimed]


def _row(
    claim: Mapping[str, Any], own: str, costs: _Costs, departments: Mapping[str, str], peers: Sequence[str], as_of: str
) -> dict[str, object]:
    account, center, action = claim["account_id"], claim["cost_center_id"], str(claim["action_period"])
    after = max(0, min(_YEAR, calendar.months_between(action, as_of) + 1))
    end = calendar.index(action) + after - costs.panel.first
    series = costs.months(str(claim["entity_id"]), account, center)[:end]
    before = min(_months_since(series) - after, _LONGEST)
    actual = int(series[max(end - after, 0) :].sum()) if after else 0
    row: dict[str, object] = {
        **{name: claim[name] for name in ("claim_id", "entity_id", "account_id", "cost_center_id", "action_period",
                                          "opportunity_id", "claimed_by")},
        "department": departments.get(center or ""), "as_of_period": as_of, "currency": own,
        "annual_claim": claim["annual_saving"], "claimed": _pace(claim["annual_saving"], after, _YEAR), "actual": actual,
        "months_before": max(before, 0), "months_after": after, "method": "none", "status": "not_testable",
    }  # fmt: skip
    row["reason"] = _hindrance(claim, own, after)
    if row["reason"] is None:
        row |= _tested(claim, costs, series[len(series) - after - max(before, 0) :], max(before, 0), peers)
    return row


def _months_since(series: frames.Whole) -> int:
    """Months from the first one with a cost on."""
    return len(series) - int((series != 0).argmax()) if series.any() else 0


def _hindrance(claim: Mapping[str, Any], own: str, after: int) -> str | None:
    if claim["currency"] != own:
        return f"the claim is in {claim['currency']}, the books of {claim['entity_id']} are in {own}"
    if claim["account_id"] is None and claim["cost_center_id"] is None:
        return "the claim names neither an account nor a cost center"
    return None if after else "the action is still ahead"


def _tested(
    claim: Mapping[str, Any], costs: _Costs, series: frames.Whole, before: int, peers: Sequence[str]
) -> dict[str, object]:
    """The estimate and the verdict, or why there is none."""
    end = calendar.index(str(claim["action_period"])) + len(series) - before - costs.panel.first
    named = claim["comparables"] is not None
    others = {p: costs.months(None if named else str(claim["entity_id"]), claim["account_id"], p)[:end] for p in peers}
    others = {p: o[len(o) - len(series) :] for p, o in others.items()}
    used = [p for p, o in others.items() if before and (o[:before] > 0).all()]
    treated = series.astype(np.float64)
    if used and before >= effect.FEWEST_BESIDE and series[:before].sum() > 0:
        matrix = np.stack([others[p] for p in used]).astype(np.float64)
        found, method = effect.beside_others(treated, matrix, before), "difference_in_differences"
    elif before >= effect.FEWEST_ALONE:
        month = (calendar.index(str(claim["action_period"])) - before) % _YEAR
        found, method, used = effect.by_season(treated, before, month), "seasonal_baseline", []
    else:
        need = f"{effect.FEWEST_BESIDE} beside comparable cost centers or {effect.FEWEST_ALONE} alone"
        return {"reason": f"there are {before} months of cost before the action: it takes {need}"}
    return _verdict(found, int(claim["annual_saving"]), series[before:]) | {
        "method": method,
        "comparables": ", ".join(used) or None,
    }


def _verdict(found: effect.Effect, annual: int, after: frames.Whole) -> dict[str, object]:
    saved, low, high = (money.from_model(x) for x in (found.saved, found.low, found.high))
    status = "not_realized"
    if low > 0:
        status = "realized" if saved >= _pace(annual, len(after), _YEAR) else "partly_realized"
    return {
        "baseline_cost": int(after.sum()) + saved, "realized": saved, "realized_low": low, "realized_high": high,
        "annual_realized": _pace(saved, _YEAR, len(after)), "status": status,
    }  # fmt: skip


def _pace(amount: int, months: int, of: int) -> int:
    return money.round_half_even(money.WIDE.divide(Decimal(amount * months), Decimal(of)))


def savings_findings(
    table: pd.DataFrame, claims: pd.DataFrame, balances: pd.DataFrame, accounts: pd.DataFrame
) -> list[Finding]:
    """SAV-001: each claim has its row. SAV-002: baseline less actual is the saving. SAV-003: actual is the ledger's."""
    missing = sorted(set(claims["claim_id"]) ^ set(table["claim_id"]))
    found = [Finding("SAV-001", claim, "is not both in saving_claims and in realized_savings") for claim in missing]
    costs = set(accounts.loc[accounts["account_type"].isin(ledger.COST_TYPES), "account_id"])
    spent = balances[balances["account_id"].isin(costs)]
    for row in _records(table):
        if row["baseline_cost"] is not None and row["baseline_cost"] - row["actual"] != row["realized"]:
            found.append(Finding("SAV-002", row["claim_id"], "baseline less actual is not the saving"))
        due = _booked(spent, row)
        if due != row["actual"]:
            found.append(
                Finding("SAV-003", row["claim_id"], f"actual is {row['actual']}, the ledger has {due} (minor units)")
            )
    return found


def _booked(spent: pd.DataFrame, row: Mapping[str, Any]) -> int:
    """What the ledger has of a claim in its months, row by row."""
    number = calendar.index(row["action_period"])
    months = [calendar.label(number + n) for n in range(row["months_after"])]
    here = spent[(spent["entity_id"] == row["entity_id"]) & spent["period"].isin(months)]
    for name in ("account_id", "cost_center_id"):
        here = here if row[name] is None else here[here[name] == row[name]]
    return int((here["debit"] - here["credit"]).sum())


def claim_warnings(table: pd.DataFrame) -> list[Finding]:
    """SAV-010: a claimed saving is in the ledger."""
    return [
        Finding(
            "SAV-010", row["claim_id"],
            f"a saving of {row['claimed']} is claimed until {row['as_of_period']}; the ledger shows {row['realized']}, between "
            f"{row['realized_low']} and {row['realized_high']} (minor units): it is not realized",
            "warning", row["as_of_period"],
        )
        for row in _records(table)
        if row["status"] == "not_realized"
    ]  # fmt: skip


def by_opportunity(table: pd.DataFrame) -> dict[str, int]:
    """What is realized of each opportunity that claims name, in a year; nothing where the ledger does not show it."""
    sums: dict[str, int] = {}
    for row in _records(table):
        if row["opportunity_id"] is not None and row["status"] != "not_testable":
            saved = row["annual_realized"] if row["status"] != "not_realized" else 0
            sums[row["opportunity_id"]] = sums.get(row["opportunity_id"], 0) + saved
    return sums
