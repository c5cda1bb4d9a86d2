"""The scorecard: each KPI by hand, and null with a reason wherever the data cannot support a number."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.contracts import catalog, projections
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis import KPIS, KpiSources, kpi_scorecard

DEFAULTS: dict[str, dict[str, Any]] = {
    "budget_variance": {
        "version": "2026-original", "entity_id": "DE", "period": "2026-02", "account_id": "A", "account_name": "A",
        "currency": "EUR", "variance": 0, "favorable": True, "profit_effect": 0, "material": False, "status": "on_budget",
        "theoretical": 0, "outlook": 0,
    },
    "trial_balance": {
        "entity_id": "DE", "period": "2026-02", "account_name": "A", "currency": "EUR", "opening_balance": 0,
        "debit": 0, "credit": 0, "closing_balance": 0,
    },
    "forecast_accuracy": {"folds": 3, "beats_naive": True},
    "ingested_files": {
        "source": "native", "dataset": "journal_lines", "file_name": "f.csv", "rows_accepted": 0, "rows_duplicate": 0,
        "status": "accepted",
    },
}  # fmt: skip


def make(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = catalog.table(name)
    rows = [{**DEFAULTS.get(name, {}), **r} for r in rows]
    return projections.conform(pd.DataFrame({n: [r.get(n) for r in rows] for n in table.names}, dtype=object), table)


def arrivals(*rows: tuple[str, str, datetime]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["file_id", "period", "received_at"])
    return frame.astype({"file_id": "str", "period": "str", "received_at": pd.DatetimeTZDtype("us", "UTC")})


def sources(**tables: Any) -> KpiSources:
    names = {
        "variance": "budget_variance", "trial_balance": "trial_balance", "forecast_accuracy": "forecast_accuracy",
        "files": "ingested_files", "targets": "kpi_targets",
    }  # fmt: skip
    frames = {argument: make(name, tables.get(argument, [])) for argument, name in names.items()}
    return KpiSources(arrivals=tables.get("arrivals", arrivals()), **frames)


NO_RATES = Rates({})


def score(given: KpiSources, *, periods: tuple[str, ...] = ("2026-02",), **kwargs: Any) -> pd.DataFrame:
    options = {"as_of_period": "2026-02", "group_currency": None, "rates": NO_RATES, **kwargs}
    card = kpi_scorecard(given, periods, **options)
    table = catalog.table("kpi_scorecard")
    conformed = projections.conform(card, table).sort_values(["kpi", "period"], ignore_index=True)
    pd.testing.assert_frame_equal(card, conformed, check_index_type=False)
    assert len(card) == len(KPIS) * len(periods)
    return card.set_index(["kpi", "period"])


def value(card: pd.DataFrame, kpi: str, period: str = "2026-02") -> Any:
    return card.loc[(kpi, period), "value"]


def formula(card: pd.DataFrame, kpi: str, period: str = "2026-02") -> str:
    return str(card.loc[(kpi, period), "formula"])


COST = {"account_type": "operating_expense", "basis": "ytd"}


def test_budget_utilization_and_absolute_variance() -> None:
    card = score(sources(variance=[
        {**COST, "account_id": "A", "actual": 90, "budget": 100},
        {**COST, "account_id": "B", "account_type": "cost_of_revenue", "actual": 60, "budget": 100},
        {**COST, "account_id": "C", "account_type": "revenue", "actual": 500, "budget": 100},  # no cost
        {**COST, "account_id": "A", "basis": "mtd", "actual": 8, "budget": 10, "variance": -2},
        {**COST, "account_id": "B", "basis": "mtd", "actual": 13, "budget": 10, "variance": 3},
        {**COST, "account_id": "A", "basis": "full_year", "actual": 8, "budget": 999, "variance": -991},
    ]))  # fmt: skip
    assert value(card, "budget_utilization") == 150 / 200
    assert value(card, "absolute_variance_pct") == 5 / 20
    assert (card.loc["budget_utilization", "unit"] == "ratio").all()


def test_the_version_that_sorts_last_or_the_one_asked_for() -> None:
    given = sources(variance=[
        {**COST, "version": "2026-original", "actual": 90, "budget": 100},
        {**COST, "version": "2026-revised", "actual": 90, "budget": 120},
    ])  # fmt: skip
    assert value(score(given), "budget_utilization") == 0.75
    assert value(score(given, version="2026-original"), "budget_utilization") == 0.9
    assert pd.isna(value(score(given, version="2025"), "budget_utilization"))


def test_cost_ratio_and_margins() -> None:
    # Revenue 1,000; material 400, wages 300, losses 50, tax and interest stay outside.
    card = score(sources(trial_balance=[
        {"account_id": "4000", "account_type": "revenue", "credit": 1100, "debit": 100},
        {"account_id": "5000", "account_type": "cost_of_revenue", "debit": 400},
        {"account_id": "6000", "account_type": "operating_expense", "debit": 310, "credit": 10},
        {"account_id": "7500", "account_type": "other_expense", "debit": 50},
        {"account_id": "7000", "account_type": "other_income", "credit": 70},
        {"account_id": "8000", "account_type": "income_tax", "debit": 80},
        {"account_id": "1000", "account_type": "asset", "debit": 999},
        {"account_id": "4000", "account_type": "revenue", "period": "2026-01", "credit": 7},
    ]))  # fmt: skip
    assert value(card, "cost_ratio") == 0.75
    assert value(card, "gross_margin") == 0.6
    assert value(card, "operating_margin") == 0.3
    assert formula(card, "gross_margin") == "(revenue - cost of revenue) / revenue"


TWO_CURRENCIES = [
    {"account_id": "4000", "account_type": "revenue", "credit": 100_00},
    {"account_id": "5000", "account_type": "cost_of_revenue", "debit": 50_00},
    {"entity_id": "JP", "currency": "JPY", "account_id": "4000", "account_type": "revenue", "credit": 10_000},
    {"entity_id": "JP", "currency": "JPY", "account_id": "5000", "account_type": "cost_of_revenue", "debit": 8_000},
]


def test_several_currencies_meet_at_average_rates() -> None:
    # 10,000 JPY at 0.01 are 100 EUR, 8,000 JPY are 80 EUR: (200 - 130) / 200.
    rates = Rates({("JPY", "EUR", "average", "2026-02"): Decimal("0.01")})
    card = score(sources(trial_balance=TWO_CURRENCIES), group_currency="EUR", rates=rates)
    assert value(card, "gross_margin") == 0.35
    assert formula(card, "gross_margin").endswith("(in EUR at average rates)")


def test_one_currency_needs_no_rate_even_if_it_is_not_the_groups() -> None:
    assert value(
        score(sources(trial_balance=TWO_CURRENCIES[2:]), group_currency="EUR"), "gross_margin"
    ) == pytest.approx(0.2)


def test_a_missing_rate_or_group_currency_makes_null_and_says_so() -> None:
    given = sources(trial_balance=TWO_CURRENCIES)
    missing, undecided = score(given, group_currency="EUR"), score(given)
    assert pd.isna(value(missing, "gross_margin"))
    assert "null: no average rate JPY→EUR for 2026-02" in formula(missing, "gross_margin")
    assert pd.isna(value(undecided, "gross_margin"))
    assert "null: entities in EUR, JPY and no group currency" in formula(undecided, "gross_margin")


def test_a_base_of_zero_makes_null() -> None:
    card = score(sources(trial_balance=[{"account_id": "5000", "account_type": "cost_of_revenue", "debit": 5}]))
    assert pd.isna(value(card, "cost_ratio"))
    assert formula(card, "cost_ratio").endswith("(null: the divisor is zero)")


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


MARGIN = [
    {"account_id": "4000", "account_type": "revenue", "credit": 100},
    {"account_id": "5000", "account_type": "cost_of_revenue", "debit": 40},
]


def test_targets_and_baselines_judge_by_direction() -> None:
    targets = [
        {"kpi": "gross_margin", "period": "2026-01", "target": Decimal("0.6"), "baseline": Decimal("0.5"),
         "direction": "higher"},
        {"kpi": "gross_margin", "period": "2026-03", "target": Decimal("0.9"), "baseline": Decimal("0.9"),
         "direction": "higher"},  # applies from March on
        {"kpi": "cost_ratio", "period": "2025-01", "target": Decimal("0.1"), "baseline": Decimal("0.9"), "direction": "lower"},
        {"kpi": "cost_ratio", "period": "2026-02", "target": Decimal("0.39"), "baseline": Decimal("0.5"), "direction": "lower"},
        {"kpi": "operating_margin", "period": "2026-02", "target": None, "baseline": Decimal(0), "direction": "higher"},
        {"kpi": "days_to_close", "period": "2026-02", "target": Decimal(5), "baseline": Decimal(9), "direction": "lower"},
    ]  # fmt: skip
    card = score(sources(trial_balance=MARGIN, targets=targets))
    gross, cost = card.loc[("gross_margin", "2026-02")], card.loc[("cost_ratio", "2026-02")]
    assert (gross["target"], gross["target_met"]) == (0.6, True)
    assert gross["improvement_pct"] == pytest.approx(0.2)
    assert (cost["target"], cost["target_met"]) == (0.39, False)
    assert cost["improvement_pct"] == pytest.approx(0.2)
    for kpi in ("operating_margin", "days_to_close", "forecast_mase"):  # no target or base of zero; no value; neither
        assert pd.isna(card.loc[(kpi, "2026-02"), "target_met"])
        assert pd.isna(card.loc[(kpi, "2026-02"), "improvement_pct"])


def test_a_baseline_below_zero_improves_upward() -> None:
    targets = [{"kpi": "gross_margin", "period": "2026-01", "baseline": Decimal("-0.4"), "direction": "higher"}]
    card = score(sources(trial_balance=MARGIN, targets=targets))
    assert card.loc[("gross_margin", "2026-02"), "improvement_pct"] == pytest.approx(2.5)


def test_no_data_at_all() -> None:
    card = score(sources(), periods=("2026-01", "2026-02"))
    assert card["value"].isna().all()
    assert formula(card, "budget_utilization").endswith("(no data)")
    assert kpi_scorecard(sources(), [], as_of_period="2026-02", group_currency=None, rates=NO_RATES).empty
