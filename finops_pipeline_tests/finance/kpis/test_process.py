"""KPIs of the close, each by hand."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from finops_pipeline_tests.finance.kpis.cards import arrivals, formula, score, sources, value


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
