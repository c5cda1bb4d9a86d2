"""Alerts: raised once, kept, closed, and out of each other's way."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.contracts import catalog, projections
from finops_pipeline.finance.alerts import merged_alerts, run_failure_alert, trigger_alerts, variance_alerts
from finops_pipeline.finance.causes import NOTHING_KNOWN, Causes, Posting
from finops_pipeline.finance.triggers import Breach, Rule

MONDAY = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
NONE = projections.empty(catalog.table("alerts"))
RENT: dict[str, Any] = {
    "version": "2026", "entity_id": "DE", "period": "2026-10", "basis": "mtd", "account_id": "6100",
    "account_name": "Rent", "account_type": "operating_expense", "cost_center_id": "CC1", "department": "Sales",
    "currency": "EUR", "actual": 12_000_00, "budget": 10_000_00, "variance": 2_000_00, "variance_pct": 0.2,
    "favorable": False, "profit_effect": -2_000_00, "material": True, "status": "unfavorable",
    "theoretical": 10_000_00, "outlook": 12_000_00, "commentary": None, "commentary_author": None,
    "outlook_source": "budget",
}  # fmt: skip


def variances(*rows: dict[str, Any]) -> pd.DataFrame:
    table = catalog.table("budget_variance")
    values = {n: [{**RENT, **r}[n] for r in rows] for n in table.names}
    return projections.conform(pd.DataFrame(values, dtype=object), table)


def alerts(*rows: dict[str, Any], previous: pd.DataFrame = NONE, at: datetime = MONDAY, **kwargs: Any) -> pd.DataFrame:
    result = variance_alerts(variances(*rows), previous, at, "2026-10", **kwargs)
    expected = projections.conform(result, catalog.table("alerts"))
    pd.testing.assert_frame_equal(result, expected, check_index_type=False)
    return result


def test_an_alert_says_what_happened_and_what_to_do() -> None:
    limits = {"operating_expense": Decimal(1500), "default": Decimal(5000)}
    (alert,) = alerts({}, thresholds=limits).to_dict("records")
    assert alert["kind"] == "material_variance"
    assert alert["status"] == "open"
    assert alert["severity"] == "warning"
    assert alert["raised_at"] == MONDAY
    assert (alert["measure"], alert["threshold"]) == (Decimal(2000), Decimal(1500))
    assert alert["subject"] == "DE 6100 Rent, cost center CC1, month to date"
    assert alert["message"] == (
        "month to date 2026-10: actual 12,000.00 EUR against a budget of 10,000.00 EUR (2026), "
        "2,000.00 EUR less profit (20.0% of the budget)"
    )
    assert alert["suggested_action"].startswith("Ask Sales for the cause; review the journal lines of account 6100")


@pytest.mark.parametrize(
    "change",
    [
        {"material": False},
        {"profit_effect": 2_000_00, "favorable": True, "status": "favorable"},
        {"profit_effect": 0, "favorable": True},
        {"basis": "full_year"},
        {"period": "2026-09"},
    ],
)
def test_what_is_immaterial_favorable_or_elsewhere_raises_nothing(change: dict[str, Any]) -> None:
    assert alerts(change).empty


def test_severity_is_critical_from_a_quarter_of_the_budget() -> None:
    limit = {"profit_effect": -2_500_00}
    below = {"profit_effect": -2_499_99}
    assert [alerts(r)["severity"].item() for r in (limit, below)] == ["critical", "warning"]
    assert alerts({}, critical_pct=Decimal("0.2"))["severity"].item() == "critical"


def test_unbudgeted_spending_is_critical_and_has_no_share_of_a_budget() -> None:
    (alert,) = alerts({"budget": 0, "status": "unbudgeted", "department": None, "cost_center_id": None}).to_dict(
        "records"
    )
    assert alert["severity"] == "critical"
    assert alert["message"].endswith("less profit")
    assert alert["suggested_action"].startswith("Ask DE who approved the spending")
    assert alert["subject"] == "DE 6100 Rent, month to date"
    assert pd.isna(alert["threshold"])


def test_missing_revenue_asks_for_the_sales_and_the_default_threshold_holds() -> None:
    sales = {"account_type": "revenue", "account_id": "4000", "actual": 8_000_00, "basis": "ytd", "department": None}
    (alert,) = alerts(sales, thresholds={"default": Decimal("0.5")}).to_dict("records")
    assert alert["suggested_action"].startswith("Ask CC1 which sales are missing or late")
    assert alert["threshold"] == Decimal("0.5")
    assert "year to date" in alert["subject"]


def test_the_same_cause_is_raised_once_and_its_numbers_are_todays() -> None:
    first = alerts({})
    again = alerts({"profit_effect": -2_400_00}, previous=first, at=TUESDAY)
    assert list(again["alert_id"]) == list(first["alert_id"])
    assert again["raised_at"].item() == MONDAY
    assert again["measure"].item() == Decimal(2400)
    stamped = first.assign(loaded_at=pd.Timestamp(MONDAY), run_id="R1")  # as the warehouse gives it
    pd.testing.assert_frame_equal(alerts({}, previous=stamped, at=TUESDAY), first)


def test_every_part_of_the_cause_makes_another_alert() -> None:
    rows = [
        {},
        *({name: "X"} for name in ("version", "entity_id", "account_id")),
        {"cost_center_id": None},
        {"basis": "ytd"},
    ]
    assert alerts(*rows)["alert_id"].nunique() == 6
    assert alerts(*rows[::-1]).equals(alerts(*rows))


def test_an_alert_is_closed_when_cleared_and_open_again_when_back() -> None:
    opened = alerts({})
    closed = alerts({"material": False}, previous=opened, at=TUESDAY)
    assert closed["status"].item() == "closed"
    assert closed["measure"].item() == Decimal(2000)
    reopened = alerts({}, previous=closed, at=TUESDAY)
    assert (reopened["status"].item(), reopened["raised_at"].item()) == ("open", MONDAY)


def test_alerts_of_other_kinds_and_periods_stay_as_they_are() -> None:
    failed = run_failure_alert("R7", "nightly_close", "no disk", MONDAY)
    september = variance_alerts(variances({"period": "2026-09"}), NONE, MONDAY, "2026-09")
    before = merged_alerts(failed, september)
    after = alerts({}, previous=before, at=TUESDAY)
    assert len(after) == 3
    kept = after[after["alert_id"].isin(before["alert_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, before)


def test_a_failed_run_raises_one_alert() -> None:
    failed = run_failure_alert("R7", "nightly_close", "no disk", MONDAY)
    checked = projections.conform(failed, catalog.table("alerts"))
    pd.testing.assert_frame_equal(failed, checked, check_index_type=False)
    assert failed["severity"].item() == "critical"
    assert "R7" in failed["suggested_action"].item()
    assert run_failure_alert("R8", "nightly_close", "", MONDAY)["message"].item() == "the run failed"
    again = merged_alerts(failed, run_failure_alert("R7", "nightly_close", "no disk", TUESDAY))
    pd.testing.assert_frame_equal(again, failed)


def test_nothing_to_look_at() -> None:
    assert alerts().empty


def breach(**change: Any) -> Breach:
    rule = Rule(change.pop("name", "over budget"), "percentage", severity="critical", action=change.pop("action", None))
    return Breach(rule, {**RENT, **change}, 2_000_00, Decimal("0.2"), Decimal("0.1"), "the month is off")


def triggered(
    *found: Breach, previous: pd.DataFrame = NONE, at: datetime = MONDAY, causes: Causes = NOTHING_KNOWN
) -> pd.DataFrame:
    result = trigger_alerts(found, previous, at, causes)
    pd.testing.assert_frame_equal(result, projections.conform(result, catalog.table("alerts")), check_index_type=False)
    return result


def test_a_broken_trigger_says_its_cause_and_owner() -> None:
    place = ("DE", "6100", "CC1")
    known = Causes(
        {("2026", "DE", "6100"): {"spend": 2_000_00}}, {place: [Posting("J1", 900_00)]}, {"CC1": "A. Keller"}
    )
    (alert,) = triggered(breach(), causes=known).to_dict("records")
    assert (alert["kind"], alert["rule"], alert["severity"], alert["period"]) == (
        "trigger", "over budget", "critical", "2026-10",
    )  # fmt: skip
    assert (alert["measure"], alert["threshold"]) == (Decimal("0.2"), Decimal("0.1"))
    assert alert["subject"] == "DE 6100 Rent, cost center CC1: over budget"
    assert alert["message"] == "2026-10 against 2026: the month is off"
    assert alert["cause"] == "spend +2,000.00 EUR; journals J1 (900.00 EUR)"
    assert alert["owner"] == "A. Keller"
    assert alert["suggested_action"].startswith("Ask Sales for the cause")
    assert triggered(breach(action="Call the landlord."))["suggested_action"].item() == "Call the landlord."
    (material,) = alerts({}, causes=known).to_dict("records")
    assert (material["cause"], material["owner"]) == (alert["cause"], "A. Keller")
    assert pd.isna(material["rule"])


def test_a_trigger_is_one_alert_for_as_long_as_it_is_broken() -> None:
    october = triggered(breach())
    november = triggered(breach(period="2026-11"), previous=october, at=TUESDAY)
    assert list(november["alert_id"]) == list(october["alert_id"])
    assert (november["raised_at"].item(), november["period"].item()) == (MONDAY, "2026-11")
    closed = triggered(previous=november, at=TUESDAY)
    assert (closed["status"].item(), closed["period"].item()) == ("closed", "2026-11")
    assert triggered(breach(), previous=closed, at=TUESDAY)["status"].item() == "open"
    others = [breach(), *(breach(**{n: "X"}) for n in ("version", "entity_id", "account_id", "cost_center_id", "name"))]
    assert triggered(*others, breach(cost_center_id=None))["alert_id"].nunique() == 7


def test_triggers_and_variances_leave_each_other_alone() -> None:
    both = triggered(breach(), previous=alerts({}))
    assert len(both) == 2
    after = alerts({"material": False}, previous=triggered(previous=both))
    assert set(after["status"]) == {"closed"}
    kept = alerts({}, previous=both)
    assert set(kept["status"]) == {"open"}


def test_an_account_type_without_an_amount_has_no_threshold() -> None:
    limits = {"default": Decimal(500), "operating_expense": None}
    assert pd.isna(alerts({}, thresholds=limits)["threshold"].item())
