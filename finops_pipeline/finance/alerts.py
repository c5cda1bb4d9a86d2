"""Alerts: what asks for attention, raised once, kept while it lasts, and closed when it is over.

Here: alerts from material variances, from broken triggers and from failed runs, and how they meet the alerts already
there. Not here: what is material (`budget`), what breaks a rule (`triggers`), nor sending (`delivery`).

An alert is known by a hash of its cause (a variance: version, entity, basis, account, cost center and period), so the
same cause seen again is the same alert: `raised_at` stays that of the first time, the numbers become today's. The cause of
a broken trigger is its rule, version, entity, account and cost center without the period: it is one alert for as long as
it lasts, over months, and `period` is the last month in which it was seen.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import money
from finops_pipeline.finance.causes import NOTHING_KNOWN, Causes
from finops_pipeline.finance.triggers import Breach

_EXACT = pd.ArrowDtype(pa.decimal128(38, 15))
_DTYPES: dict[str, Any] = {
    "alert_id": "str", "raised_at": pd.DatetimeTZDtype("us", "UTC"), "period": "str", "kind": "str", "severity": "str",
    "subject": "str", "message": "str", "measure": _EXACT, "threshold": _EXACT, "suggested_action": "str",
    "status": "str", "rule": "str", "cause": "str", "owner": "str",
}  # fmt: skip
_VARIANCE, _TRIGGER = "material_variance", "trigger"
_CAUSE = ["version", "entity_id", "basis", "account_id", "cost_center_id", "period"]


def variance_alerts(
    variance: pd.DataFrame,
    previous: pd.DataFrame,
    raised_at: datetime,
    current_period: str,
    *,
    thresholds: Mapping[str, Decimal | None] | None = None,
    critical_pct: Decimal = Decimal("0.25"),
    causes: Causes = NOTHING_KNOWN,
) -> pd.DataFrame:
    """The alerts after looking at the variances of a period: every alert there was, and those newly raised.

    A variance month to date or year to date that is material and lowers profit raises an alert; critical from
    `critical_pct` of the budget on, or without any budget, else a warning. An open alert of that period whose cause is
    gone is closed; one that is back is open again. Alerts of other kinds and periods stay as they are.

    Shape: one row per alert. `measure` is what profit loses, in major units of the entity's currency; `threshold` is the
    amount of materiality of the account type in `thresholds` (or of `default`), null where there is none.
    """
    raised = [
        {**_variance_alert(row, thresholds or {}, critical_pct), **_behind(row, causes)}
        for row in alarming(variance, current_period).to_dict("records")
    ]
    current = _frame([{**alert, "raised_at": raised_at} for alert in raised])
    watched = (previous["kind"] == _VARIANCE) & (previous["period"] == current_period)
    cleared = watched & ~previous["alert_id"].isin(current["alert_id"])
    return merged_alerts(previous.assign(status=previous["status"].mask(cleared, "closed")), current)


def alarming(variance: pd.DataFrame, period: str) -> pd.DataFrame:
    """The variances of a period, month or year to date, that are material and lower profit."""
    lowers = variance["material"].astype(bool) & (variance["profit_effect"] < 0)
    return variance[(variance["period"] == period) & variance["basis"].isin(["mtd", "ytd"]) & lowers]


def trigger_alerts(
    found: Sequence[Breach], previous: pd.DataFrame, raised_at: datetime, causes: Causes = NOTHING_KNOWN
) -> pd.DataFrame:
    """The alerts after testing every rule: each breach is one that was open or is new; an open one without is closed.

    Shape: one row per alert. `measure` and `threshold` are those of the rule.
    """
    raised = [{**_trigger_alert(breach), **_behind(breach.row, causes)} for breach in found]
    current = _frame([{**alert, "raised_at": raised_at} for alert in raised])
    cleared = (previous["kind"] == _TRIGGER) & ~previous["alert_id"].isin(current["alert_id"])
    return merged_alerts(previous.assign(status=previous["status"].mask(cleared, "closed")), current)


def _trigger_alert(breach: Breach) -> dict[str, Any]:
    rule, row, (entity, account, center) = breach.rule, breach.row, breach.place
    place = f"{entity} {account} {row['account_name']}" + (f", cost center {center}" if center else "")
    return {
        "alert_id": _identifier(_TRIGGER, rule.name, str(row["version"]), entity, account, center),
        "period": row["period"],
        "kind": _TRIGGER,
        "severity": rule.severity,
        "subject": f"{place}: {rule.name}",
        "message": f"{row['period']} against {row['version']}: {breach.words}",
        "measure": breach.measure,
        "threshold": breach.threshold,
        "suggested_action": rule.action or _action(row, center),
        "status": "open",
        "rule": rule.name,
    }


def _behind(row: Mapping[Any, Any], causes: Causes) -> dict[str, str | None]:
    """What stands behind a row of the variance, and who answers for it."""
    center = row["cost_center_id"] if isinstance(row["cost_center_id"], str) else None
    place = (str(row["entity_id"]), str(row["account_id"]), center)
    return {"cause": causes.cause(row["version"], place, row["currency"]), "owner": causes.owner(place)}


def run_failure_alert(run_id: str, job: str, message: str, raised_at: datetime) -> pd.DataFrame:
    """The alert that a run of a job failed. Shape: one row."""
    return _frame([{
        "alert_id": _identifier("run_failure", run_id), "raised_at": raised_at, "period": None, "kind": "run_failure",
        "severity": "critical", "subject": f"run {run_id} of {job}", "message": message or "the run failed",
        "measure": None, "threshold": None, "status": "open",
        "suggested_action": f"Read the log of run {run_id}, remove the cause, and run {job} again.",
        "rule": None, "cause": None, "owner": None,
    }])  # fmt: skip


def merged_alerts(previous: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """All alerts, each once: the newer words and numbers, and the time it was first raised.

    Shape: one row per alert, by alert_id.
    """
    before = _shaped(previous)
    first = before.set_index("alert_id")["raised_at"].reindex(new["alert_id"]).set_axis(new.index)
    both = pd.concat([before, _shaped(new.assign(raised_at=first.fillna(new["raised_at"])))]).drop_duplicates(
        "alert_id", keep="last"
    )
    return both.sort_values("alert_id", ignore_index=True)


def _variance_alert(
    row: Mapping[Any, Any], thresholds: Mapping[str, Decimal | None], critical_pct: Decimal
) -> dict[str, Any]:
    currency, loss, budget = row["currency"], -int(row["profit_effect"]), abs(int(row["budget"]))
    is_critical = loss >= critical_pct * budget
    center = row["cost_center_id"] if isinstance(row["cost_center_id"], str) else None
    place = f"{row['entity_id']} {row['account_id']} {row['account_name']}" + (
        f", cost center {center}" if center else ""
    )
    basis = "month to date" if row["basis"] == "mtd" else "year to date"
    amounts = [f"{money.to_decimal(int(row[name]), currency):,f}" for name in ("actual", "budget")]
    share = f" ({loss / budget:.1%} of the budget)" if budget else ""
    return {
        "alert_id": _identifier(_VARIANCE, *[row[name] if isinstance(row[name], str) else None for name in _CAUSE]),
        "period": row["period"],
        "kind": _VARIANCE,
        "severity": "critical" if is_critical else "warning",
        "subject": f"{place}, {basis}",
        "message": f"{basis} {row['period']}: actual {amounts[0]} {currency} against a budget of {amounts[1]} {currency} "
        f"({row['version']}), {money.to_decimal(loss, currency):,f} {currency} less profit{share}",
        "measure": money.to_decimal(loss, currency),
        "threshold": thresholds.get(row["account_type"], thresholds.get("default")),
        "suggested_action": _action(row, center),
        "status": "open",
        "rule": None,
    }


def _action(row: Mapping[Any, Any], center: str | None) -> str:
    who = row["department"] if isinstance(row["department"], str) else center or row["entity_id"]
    lines = f"the journal lines of account {row['account_id']} in {row['period']}"
    if row["account_type"] in ("revenue", "other_income"):
        return f"Ask {who} which sales are missing or late; compare {lines} with the budget and update the forecast."
    if row["status"] == "unbudgeted":
        return f"Ask {who} who approved the spending; review {lines}, then budget it or move it to the right account."
    return f"Ask {who} for the cause; review {lines}, correct what is misposted, and hold or rebudget the rest."


def _identifier(*cause: str | None) -> str:
    """Stable over runs and machines: the first 16 bytes of the SHA-256 of the cause as JSON."""
    return hashlib.sha256(json.dumps(cause, separators=(",", ":")).encode()).hexdigest()[:32]


def _frame(alerts: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({n: pd.Series([a[n] for a in alerts], dtype=dtype) for n, dtype in _DTYPES.items()})


def _shaped(alerts: pd.DataFrame) -> pd.DataFrame:
    """The alerts' own columns, without the stamps of publishing."""
    return alerts[list(_DTYPES)].astype(_DTYPES)
