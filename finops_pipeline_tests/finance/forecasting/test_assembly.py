"""The report tables: money, totals, findings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.forecasting import FORECAST, FORECAST_ACCURACY
from finops_pipeline.finance import periods
from finops_pipeline.finance.forecasting import BOTTOM_UP, backtest, forecast, intervals, models
from finops_pipeline.finance.forecasting.assembly import findings
from finops_pipeline.finance.forecasting.backtest import Fold, Path, Score
from finops_pipeline.finance.forecasting.series import COLUMNS, series_id

ORIGIN = "2026-03"
SEASON = 1 + 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)


def history(
    department: str | None, amounts: list[int], entity_id: str = "DE01", measure: str = "revenue"
) -> pd.DataFrame:
    """A series that ends at the origin."""
    months = periods.span(periods.add(ORIGIN, 1 - len(amounts)), ORIGIN)
    frame = pd.DataFrame({"period": months, "amount": np.array(amounts, dtype="int64")})
    name = series_id(measure, entity_id, department)
    frame = frame.assign(series_id=name, entity_id=entity_id, department=department, measure=measure, currency="EUR")
    return frame.astype({"department": "str"})[COLUMNS]


def seasonal(months: int, seed: int, level: float = 1e6) -> list[int]:
    rng = np.random.default_rng(seed)
    t = np.arange(months)
    return [round(v) for v in level * (1 + 0.01 * t) * SEASON[t % 12] * rng.normal(1, 0.05, months)]


def series(*histories: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(histories, ignore_index=True)


def of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame[frame["series_id"] == name].reset_index(drop=True)


QUARTER = series(  # three departments of one entity, one of another
    history("Sales", seasonal(30, 1)),
    history("Service", seasonal(24, 2)),
    history(None, [100, 200, 300]),
    history("Sales", seasonal(24, 3), entity_id="US01"),
)


@pytest.fixture(scope="module")
def quarter():
    return forecast(QUARTER, ORIGIN, horizon=3)


def test_frames_keep_their_contracts(quarter):
    assert tuple(quarter.forecast.columns) == FORECAST.names
    assert tuple(quarter.accuracy.columns) == FORECAST_ACCURACY.names
    for frame, table in ((quarter.forecast, FORECAST), (quarter.accuracy, FORECAST_ACCURACY)):
        kinds = {"money": "int64", "integer": "int64", "ratio": "float64", "boolean": "bool"}
        assert {c.name: str(frame[c.name].dtype) for c in table.columns} == {
            c.name: kinds.get(c.kind, "str") for c in table.columns
        }
        assert not frame.duplicated(list(table.key)).any()
        pd.testing.assert_frame_equal(frame, frame.sort_values(list(table.key), ignore_index=True))


def test_every_series_has_every_month_ahead(quarter):
    months = quarter.forecast.groupby("series_id")["period"].agg(list)
    assert set(months.index) == {
        "revenue/DE01",
        "revenue/DE01/-",
        "revenue/DE01/Sales",
        "revenue/DE01/Service",
        "revenue/US01/Sales",
    }
    assert all(m == ["2026-04", "2026-05", "2026-06"] for m in months)
    assert set(quarter.forecast["origin_period"]) == {ORIGIN}
    assert quarter.forecast["account_id"].isna().all()


def test_medians_of_departments_sum_to_the_entity(quarter):
    rows = quarter.forecast
    is_total = rows["model"] == BOTTOM_UP
    parts = rows[~is_total & (rows["entity_id"] == "DE01")].groupby("period")["p50"].sum()
    total = rows[is_total].set_index("period")["p50"]
    assert total.to_dict() == parts.to_dict()
    assert rows["reconciled"].all()
    assert rows.loc[is_total, "department"].isna().all()


def test_one_department_is_its_own_total(quarter):
    us = quarter.forecast[quarter.forecast["entity_id"] == "US01"]
    assert set(us["series_id"]) == {"revenue/US01/Sales"}


def test_a_young_department_is_the_mean_of_its_last_months(quarter):
    young = of(quarter.forecast, "revenue/DE01/-")
    assert young["p50"].tolist() == [200, 200, 200]
    # variance of 100, 200, 300 is 10,000; a third of the level is 200 / 3; 2.4 x sqrt(10000 + 40000 / 9) = 288.4
    assert (young["p05"][0], young["p95"][0]) == (0, 488)  # below zero it never was
    # 1.7 x 120.2 = 204.3
    assert (young["p10"][0], young["p90"][0]) == (0, 404)
    assert young["model"].unique().tolist() == ["mean"]


def test_a_total_adds_untested_departments_to_the_interval_as_independent(quarter):
    known = [
        backtest.forecast_values(np.array(seasonal(n, s), dtype="float64"), 3, backtest.Settings())
        for n, s in ((30, 1), (24, 2))
    ]
    errors = [a + b for a, b in zip(known[0].errors, known[1].errors, strict=True)]
    both = known[0].history[-24:] + known[1].history
    tested = intervals.tested_widths(errors, both, 3)[1]
    young = intervals.untested_widths(np.array([100.0, 200.0, 300.0]), 3)[1]
    total = of(quarter.forecast, "revenue/DE01")
    np.testing.assert_allclose(total["p95"] - total["p50"], np.sqrt(tested**2 + young**2), atol=1)


def test_accuracy_names_the_model_in_use(quarter):
    chosen = quarter.accuracy[quarter.accuracy["chosen"]].set_index("series_id")["model"]
    assert chosen.to_dict() == quarter.forecast.groupby("series_id")["model"].first().to_dict()
    naive = quarter.accuracy["model"] == models.SEASONAL_NAIVE
    assert not quarter.accuracy.loc[naive, "beats_naive"].any()
    used = quarter.accuracy[quarter.accuracy["chosen"] & (quarter.accuracy["folds"] > 0)]
    assert (used["beats_naive"] | (used["model"] == models.SEASONAL_NAIVE)).all()


def test_a_total_with_an_untested_department_is_untested(quarter):
    total = of(quarter.accuracy, "revenue/DE01")
    assert total["folds"].tolist() == [0]
    assert total["mase"].isna().all()


def test_a_total_of_tested_departments_is_tested_as_a_sum():
    rows = series(history("A", seasonal(30, 1)), history("B", seasonal(24, 2)))
    result = forecast(rows, ORIGIN, horizon=3)
    total = of(result.accuracy, "revenue/DE01").set_index("model")
    assert total.index.tolist() == [BOTTOM_UP, models.SEASONAL_NAIVE]
    assert total["folds"].tolist() == [4, 4]
    assert total.loc[BOTTOM_UP, "beats_naive"]
    # Seasonal naive of the sum is the sum of seasonal naive. The latest origin is one month back; its errors by hand:
    a, b = seasonal(30, 1), seasonal(24, 2)
    paths = [backtest.forecast_values(np.array(x, dtype="float64"), 3, backtest.Settings()) for x in (a, b)]
    last = sum(p.folds[0].paths[models.SEASONAL_NAIVE] for p in paths)
    assert last.tolist() == [a[-13] + b[-13]]
    total_interval = of(result.forecast, "revenue/DE01")
    parts = result.forecast[result.forecast["model"] != BOTTOM_UP].groupby("period")
    spread = (parts["p95"].sum() - parts["p50"].sum()).to_numpy()
    assert np.all((total_interval["p95"] - total_interval["p50"]).to_numpy() < spread)  # not all miss at once


def test_departments_without_any_tested_one_still_have_a_total():
    result = forecast(series(history("A", [100] * 6), history("B", [-300] * 6)), ORIGIN, horizon=1)
    total = of(result.forecast, "revenue/DE01").iloc[0]
    # doubts 2.4 x 100 / 6 = 40 and 2.4 x 300 / 6 = 120: together sqrt(1600 + 14400) = 126.5
    assert (total["p05"], total["p50"], total["p95"]) == (-326, -200, -74)


def test_months_after_the_origin_are_not_seen():
    whole = history("Sales", seasonal(27, 1))
    early = forecast(whole, "2025-12", horizon=2)
    cut = forecast(whole[whole["period"] <= "2025-12"], "2025-12", horizon=2)
    pd.testing.assert_frame_equal(early.forecast, cut.forecast)
    pd.testing.assert_frame_equal(early.accuracy, cut.accuracy)
    assert early.forecast["period"].tolist() == ["2026-01", "2026-02"]


def test_a_series_that_begins_after_the_origin_is_not_forecast():
    result = forecast(history("Sales", [1, 2]), "2026-01", horizon=2)
    assert result.forecast.empty
    assert result.accuracy.empty
    assert result.findings == []


def test_nothing_to_forecast_gives_empty_frames_of_the_same_kind(quarter):
    empty = forecast(QUARTER.iloc[:0], ORIGIN)
    assert empty.forecast.dtypes.to_dict() == quarter.forecast.dtypes.to_dict()
    assert empty.accuracy.dtypes.to_dict() == quarter.accuracy.dtypes.to_dict()
    assert empty.forecast.empty


@pytest.mark.parametrize("missing", [1, 2], ids=["in the middle", "at the end"])
def test_gaps_are_refused(missing):
    with pytest.raises(ValueError, match="revenue/DE01/Sales has gaps between 2026-01 and 2026-03"):
        forecast(history("Sales", [1, 2, 3]).drop(index=missing), ORIGIN)


def test_a_horizon_of_no_month_is_refused():
    with pytest.raises(ValueError, match="at least one month"):
        forecast(QUARTER, ORIGIN, horizon=0)


def test_rows_in_another_order_give_the_same_forecast(quarter):
    turned = forecast(QUARTER[::-1], ORIGIN, horizon=3)
    pd.testing.assert_frame_equal(turned.forecast, quarter.forecast)
    pd.testing.assert_frame_equal(turned.accuracy, quarter.accuracy)


def test_a_short_history_is_said(quarter):
    assert [(f.rule_id, f.subject, f.severity, f.period) for f in quarter.findings] == [
        ("FCT-001", "revenue/DE01/-", "warning", ORIGIN)
    ]
    assert "3 months of history" in quarter.findings[0].message


def test_a_failed_model_is_said(monkeypatch):
    def broken(history, horizon):
        raise ValueError("no minimum found")

    monkeypatch.setattr(models, "ets", broken)
    result = forecast(history("Sales", seasonal(24, 1)), ORIGIN, horizon=2)
    assert [(f.rule_id, f.subject) for f in result.findings] == [("FCT-002", "revenue/DE01/Sales")]
    assert "ets did not" in result.findings[0].message
    assert "ets" not in set(result.accuracy["model"])


@pytest.mark.parametrize(("naive", "rules"), [(1.0, ["FCT-003"]), (1.2, []), (1.3, []), (float("nan"), [])])
def test_a_total_that_seasonal_naive_beats_is_said(naive, rules):
    month = np.array([1.0])
    scores = {m: Score(1, mase, 0.0, 1.0) for m, mase in ((BOTTOM_UP, 1.2), (models.SEASONAL_NAIVE, naive))}
    path = Path(month, BOTTOM_UP, month, month, month, scores, folds=(Fold(month, month, {}),))
    assert [f.rule_id for f in findings("revenue/DE01", path, ORIGIN)] == rules


@settings(max_examples=10)
@given(
    st.lists(st.lists(st.integers(-(10**9), 10**13), min_size=1, max_size=22), min_size=1, max_size=3),
    st.integers(1, 13),
)
def test_quantiles_are_in_order_and_totals_add_up(histories, horizon):
    rows = series(*(history(f"D{i}", amounts) for i, amounts in enumerate(histories)))
    result = forecast(rows, ORIGIN, horizon=horizon).forecast
    ordered = result[["p05", "p10", "p50", "p90", "p95"]].to_numpy()
    assert np.all(np.diff(ordered, axis=1) >= 0)
    is_total = result["model"] == BOTTOM_UP
    if is_total.any():
        parts = result[~is_total].groupby("period")["p50"].sum()
        assert result[is_total].set_index("period")["p50"].to_dict() == parts.to_dict()
