"""The invoice that the sample books twice is found with its journals, and what people decide about it stays."""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any


def select(home: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(home / "warehouse.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_the_invoice_that_was_booked_twice_is_found(closed_home: Any) -> None:
    query = """SELECT entity_id, department, CAST(annual_saving_low AS TEXT), confidence, status, evidence
               FROM cost_opportunities WHERE kind = 'duplicate_payment'"""
    (found,) = select(closed_home.home, query)
    assert found[:5] == ("US01", "IT and Facilities", "840", 0.95, "open")
    first, second = json.loads(found[5])
    assert (first["file"], first["row"]) == ("journal_lines_2026-03_resent.csv", 1)
    assert second["row"] == 3
    assert first["journal_id"] != second["journal_id"]


def test_every_kind_that_the_sample_has_is_there(closed_home: Any) -> None:
    kinds = {kind for (kind,) in select(closed_home.home, "SELECT DISTINCT kind FROM cost_opportunities")}
    assert kinds == {
        "duplicate_payment", "vendor_fragmentation", "unbudgeted_spend", "inefficient_cost_center", "unused_commitment",
        "commitment_gap", "subscription_overlap", "late_payment", "missed_discount", "peer_price", "price_drift",
        "idle_resource", "cloud_anomaly",
    }  # fmt: skip


def test_what_was_decided_stays(closed_home: Any, tmp_path: Path) -> None:
    shutil.copytree(closed_home.home, tmp_path / "home")
    closed = replace(closed_home, home=tmp_path / "home")
    connection = sqlite3.connect(closed.home / "warehouse.db")
    connection.execute("UPDATE cost_opportunities SET status = 'rejected' WHERE kind = 'duplicate_payment'")
    connection.execute("DELETE FROM cost_opportunities WHERE kind = 'vendor_fragmentation'")
    connection.commit()
    connection.close()
    columns = "opportunity_id, detected_period, kind, evidence, annual_saving_high"
    before = select(closed_home.home, f"SELECT {columns} FROM cost_opportunities ORDER BY 1")
    assert closed.finops("run", "--landing", str(closed.landing), "--period", "2026-06").exit_code == 0
    assert select(closed.home, f"SELECT {columns} FROM cost_opportunities ORDER BY 1") == before
    decided = "SELECT kind, status FROM cost_opportunities WHERE status <> 'open'"
    assert select(closed.home, decided) == [("duplicate_payment", "rejected")]


def test_the_scorecard_reads_efficiency_and_savings(closed_home: Any) -> None:
    query = """SELECT kpi, value IS NULL, formula FROM kpi_scorecard
               WHERE kpi IN ('annual_savings', 'resource_optimization') AND period = '2026-06' ORDER BY kpi"""
    savings, resources = select(closed_home.home, query)
    assert not savings[1]  # a claim names an opportunity, and the ledger has been asked
    assert not resources[1]


def test_claims_are_tested_against_the_ledger(closed_home: Any) -> None:
    query = """SELECT claim_id, status, method, CAST(baseline_cost AS TEXT) IS NULL,
               ROUND(baseline_cost - actual - realized, 2) FROM realized_savings ORDER BY claim_id"""
    assert select(closed_home.home, query) == [
        ("S-001", "not_realized", "difference_in_differences", 0, 0.0),
        ("S-002", "not_realized", "seasonal_baseline", 0, 0.0),
        ("S-003", "not_testable", "none", 1, None),
    ]
