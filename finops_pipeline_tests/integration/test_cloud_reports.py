"""The sample's cloud bills through the whole close: they conform, tie to the ledger, and are divided by its drivers."""

import csv
import io

from finops_pipeline_tests.integration.conftest import ClosedHome


def rows(closed_home: ClosedHome, table: str) -> list[dict[str, str]]:
    result = closed_home.finops("show", table, "--format", "csv")
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.output)))


def test_the_bills_keep_every_rule_of_focus(closed_home: ClosedHome) -> None:
    report = rows(closed_home, "focus_conformance")
    assert {r["focus_version"] for r in report} == {"1.2"}
    assert sum(int(r["rows_checked"]) for r in report) > 0
    assert [r for r in report if r["rows_broken"] != "0"] == []
    conserved = [r for r in report if r["rule_id"] == "FOC-155"]
    assert any(int(r["rows_checked"]) for r in conserved)


def test_every_month_of_the_bill_ties_to_the_ledger(closed_home: ClosedHome) -> None:
    tie = rows(closed_home, "cloud_ledger_tie")
    assert len(tie) == len({r["period"] for r in rows(closed_home, "cloud_cost_monthly")})
    assert {r["status"] for r in tie} == {"tied"}


def test_savings_and_unit_costs_are_published(closed_home: ClosedHome) -> None:
    compute = [r for r in rows(closed_home, "cloud_savings") if r["service_category"] == "Compute"]
    assert all(float(r["commitment_savings"]) > 0 < float(r["negotiated_savings"]) for r in compute)
    assert {round(float(r["commitment_utilization_pct"]), 6) for r in compute} == {0.9}
    assert {r["driver"] for r in rows(closed_home, "cloud_unit_costs")} == {"orders", "cloud_hours"}


def test_tag_rules_decide_the_allocation_key(closed_home: ClosedHome) -> None:
    keys = {r["allocation_key"] for r in rows(closed_home, "cloud_cost_monthly")}
    assert "shared" in keys
    assert len(keys) > 1
