"""KPIs of the close, each by hand."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.finance import periods as calendar
from finops_pipeline_tests.finance.kpis.cards import arrivals, formula, score, sources, told, value


def test_forecast_mase_is_the_mean_of_chosen_models_where_it_was_measured() -> None:
    card = score(
        sources(forecast_accuracy=[
            {"series_id": "A", "model": "theta", "mase": 0.5, "chosen": True},
            {"series_id": "A", "model": "ets", "mase": 0.9, "chosen": False},
            {"series_id": "B", "model": "ets", "mase": 0.7, "chosen": True},
            {"series_id": "C", "model": "ets", "mase": None, "chosen": True},
        ]),
        periods=("2026-01", "2026-02"),
    )  # fmt: skip
    assert value(card, "forecast_mase") == pytest.approx(0.6)
    assert formula(card, "forecast_mase").endswith("(2 series)")
    assert pd.isna(value(card, "forecast_mase", "2026-01"))
    assert formula(card, "forecast_mase", "2026-01").endswith("(null: the backtest is of 2026-02)")


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def test_days_to_close_count_to_the_last_file_with_rows_of_the_month() -> None:
    arrived = arrivals(
        ("F1", "2026-02", at("2026-02-20T10:00")),
        ("F2", "2026-02", at("2026-03-04T23:59")),
        ("F2", "2026-01", at("2026-01-30T00:00")),
    )
    card = score(sources(arrivals=arrived), periods=("2026-01", "2026-02", "2026-03"))
    assert [value(card, "days_to_close", p) for p in ("2026-01", "2026-02")] == [-1, 4]
    assert pd.isna(value(card, "days_to_close", "2026-03"))


def test_quarantine_rate_counts_each_file_in_one_close() -> None:
    files = [
        {
            "file_id": "F1",
            "received_at": at("2026-03-02"),
            "rows_read": 90,
            "rows_quarantined": 9,
        },  # rows of both months
        {"file_id": "F2", "received_at": at("2026-02-02"), "rows_read": 10, "rows_quarantined": 4},  # rejected: January
        {"file_id": "F3", "received_at": at("2026-09-02"), "rows_read": 10, "rows_quarantined": 1},  # master data, late
        {"file_id": "F4", "received_at": at("2025-12-02"), "rows_read": 0, "rows_quarantined": 0},
    ]
    arrived = arrivals(("F1", "2026-01", at("2026-03-02")), ("F1", "2026-02", at("2026-03-02")))
    card = score(sources(files=files, arrivals=arrived), periods=("2025-11", "2026-01", "2026-02"))
    assert value(card, "quarantine_rate", "2026-01") == 0.4
    assert value(card, "quarantine_rate", "2026-02") == 10 / 100
    assert pd.isna(value(card, "quarantine_rate", "2025-11"))


def test_files_rows_and_control_totals_of_twelve_closes() -> None:
    files = [
        {
            "file_id": f"F{n:02d}",
            "received_at": at(f"{calendar.add(p, 1)}-03"),
            "rows_read": 9,
            "rows_quarantined": n % 2,
        }
        for n, p in enumerate(calendar.span("2025-02", "2026-02"))
    ]
    files[5]["status"] = "rejected"
    ties = [{"file_id": f"F{n:02d}", "measure": m} for n in (0, 1, 2) for m in ("debit", "credit")]
    ties[2]["difference"] = Decimal("0.01")
    card = score(sources(files=files, reconciliation=ties), periods=("2026-01", "2026-02"))
    assert value(card, "automation_benefit") == 11  # of twelve closes, one file was rejected
    assert value(card, "data_quality_benefit") == 6
    assert value(card, "coordination_benefit") == 3  # F01 with one of two, F02 with both; F00 is older
    assert value(card, "coordination_benefit", "2026-01") == 5
    short = score(sources(files=files[2:]))
    assert formula(short, "automation_benefit").endswith("(null: needs twelve months of closes)")
    (note,) = [t for t in told(card, "automation_benefit") if "baseline" in t]
    assert note == "no baseline: a volume, neither more nor less of it is better"


def test_mitigated_risk_is_the_expected_loss_by_three_estimates() -> None:
    def risk(name: str, probability: str, *impacts: int, status: str = "mitigated") -> dict[str, Any]:
        estimates = zip(("impact_low", "impact_mode", "impact_high"), map(Decimal, impacts), strict=True)
        return {"risk_id": name, "probability": Decimal(probability), **dict(estimates), "status": status}

    # 0.5 x (100 + 4 x 200 + 600) / 6 = 125 and 0.1 x (0 + 4 x 30 + 60) / 6 = 3.
    risks = [risk("R1", "0.5", 100, 200, 600), risk("R2", "0.1", 0, 30, 60), risk("R3", "1", 9, 9, 9, status="open")]
    card = score(sources(risks=risks), periods=("2026-01", "2026-02"))
    assert value(card, "risk_benefit") == 128
    assert formula(card, "risk_benefit").endswith("(2 risks)")
    assert "null: the risk register is of 2026-02" in formula(card, "risk_benefit", "2026-01")


def test_reporting_time_is_the_time_to_close_against_a_goal() -> None:
    arrived = arrivals(
        ("F1", "2025-02", at("2025-03-10T10:00")), ("F2", "2026-02", at("2026-03-04T10:00"))
    )  # fmt: skip
    row = score(sources(arrivals=arrived)).loc[("reporting_time_reduction", "2026-02")]
    assert (row["baseline"], row["value"], row["target"], row["improvement_pct"]) == (10, 4, 4, 0.6)
    assert row["target_met"]
