"""Origins, scores and the choice of a model for one series."""

import numpy as np
import pytest

from finops_pipeline.finance.forecasting import backtest, models
from finops_pipeline.finance.forecasting.backtest import Fold, Score, Settings, forecast_values

SEASON = 1 + 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)


def noisy(months: int, growth: float = 0.0, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(months)
    return np.asarray(1e6 * (1 + growth * t) * SEASON[t % 12] * rng.normal(1, 0.03, months))


def scored(**mase: float) -> dict[str, Score]:
    return {model: Score(4, value, 1.0, 0.9) for model, value in mase.items()}


def test_origins_lie_a_quarter_of_the_horizon_apart_and_see_nothing_later():
    history = noisy(40)
    path = forecast_values(history, 12, Settings())
    assert [len(f.history) for f in path.folds] == [37, 34, 31, 28]
    for fold in path.folds:
        origin = len(fold.history)
        np.testing.assert_array_equal(fold.history, history[:origin])
        np.testing.assert_array_equal(fold.actual, history[origin : origin + 12])


@pytest.mark.parametrize(
    ("months", "model", "folds"),
    [(1, "mean", 0), (2, "mean", 0), (11, "mean", 0), (12, "seasonal_naive", 0), (20, "seasonal_naive", 0)],
)
def test_short_histories_have_honest_fallbacks(months, model, folds):
    path = forecast_values(noisy(months), 12, Settings())
    assert (path.model, len(path.folds)) == (model, folds)
    assert list(path.scores) == [model]
    assert np.isnan(path.scores[model].mase)
    assert np.all(path.half_90 > path.half_80)
    assert np.all(path.half_80 > 0)


def test_from_21_months_on_models_are_tested():
    path = forecast_values(noisy(21, growth=0.02), 12, Settings())
    assert [len(f.history) for f in path.folds] == [18, 15]
    assert sorted(path.scores) == ["blend", "combination", "ets", "seasonal_naive", "theta"]
    assert path.errors


def test_growth_with_season_beats_seasonal_naive():
    history = noisy(36, growth=0.02)
    path = forecast_values(history, 12, Settings())
    assert path.model != models.SEASONAL_NAIVE
    assert path.scores[path.model].mase < path.scores[models.SEASONAL_NAIVE].mase
    following = 1e6 * (1 + 0.02 * np.arange(36, 48)) * SEASON
    assert np.all(np.abs(path.median - following) <= path.half_90)


def test_what_only_repeats_last_year_is_left_to_seasonal_naive():
    rng = np.random.default_rng(5)
    year = rng.integers(1, 1000, 12).astype("float64")
    history = np.concatenate([year[::-1], year, year, year])  # the first year would mislead every model
    path = forecast_values(history, 12, Settings())
    assert path.model == models.SEASONAL_NAIVE
    np.testing.assert_array_equal(path.median, year)


def test_an_unchanging_series_is_tested_without_fitting(monkeypatch):
    monkeypatch.setattr(models, "candidates", None)
    path = forecast_values(np.full(24, 500.0), 12, Settings())
    score = path.scores["seasonal_naive"]
    assert (score.folds, score.smape, score.coverage_90) == (3, 0.0, 1.0)
    assert np.isnan(score.mase)
    np.testing.assert_array_equal(path.median, 500)
    assert path.half_90[0] == pytest.approx(2.4 * 500 / 24)
    assert path.errors == ()


def test_scores_are_means_over_folds():
    history = np.array([100.0] * 12 + [104.0] * 12)  # seasonal naive is wrong by 4 in-sample
    folds = [
        Fold(history, np.array([110.0]), {"m": np.array([104.0])}),  # error 6: MASE 1.5, sMAPE 200 * 6 / 214
        Fold(history, np.array([90.0, 100.0]), {"m": np.array([100.0, 100.0])}),  # MASE 1.25, sMAPE 100 * 10 / 190
    ]
    got = backtest.score(folds, "m")
    assert got.folds == 2
    assert got.mase == pytest.approx((1.5 + 1.25) / 2)
    assert got.smape == pytest.approx((1200 / 214 + 1000 / 190) / 2)
    # The first fold's interval: errors -10 and 0 of the other one, ten of 4: sqrt((100 + 160) / 12) * 1.87 = 8.7: inside.
    # The second's: error 6 and ten of 4: sqrt((36 + 160) / 11) * 1.87 = 7.9: -10 is outside, 0 inside.
    assert got.coverage_90 == pytest.approx(2 / 3)


def test_folds_without_a_scale_do_not_hide_those_with_one():
    flat, moving = np.full(24, 100.0), np.array([100.0] * 12 + [104.0] * 12)
    folds = [Fold(h, np.array([108.0]), {"m": np.array([104.0])}) for h in (flat, moving)]
    assert backtest.score(folds, "m").mase == 1.0


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (scored(seasonal_naive=1.0, theta=1.0, ets=1.1, combination=1.05), "seasonal_naive"),
        (scored(seasonal_naive=1.0, theta=0.8, ets=0.9, combination=0.85), "combination"),  # 0.85 * 0.9 < 0.8
        (scored(seasonal_naive=1.0, theta=0.7, ets=0.9, combination=0.85), "theta"),  # 0.85 * 0.9 > 0.7
        (scored(seasonal_naive=1.0, theta=1.2, ets=0.95, combination=1.05), "ets"),  # the head start is no pardon
        (scored(seasonal_naive=1.0, theta=0.8, ets=0.8), "ets"),  # a tie goes by name
        (scored(seasonal_naive=np.nan, theta=np.nan), "seasonal_naive"),
    ],
)
def test_choice(scores, expected):
    assert backtest.choose(scores, 0.1) == expected


def test_a_model_that_failed_in_one_fold_is_neither_scored_nor_chosen(monkeypatch):
    genuine = models.theta

    def fails_early(history, horizon):
        if len(history) < 30:
            raise ValueError("no minimum found")
        return genuine(history, horizon)

    monkeypatch.setattr(models, "theta", fails_early)
    path = forecast_values(noisy(36, growth=0.02), 12, Settings())
    assert path.failed == ("theta",)
    assert sorted(path.scores) == ["ets", "seasonal_naive"]
    assert path.model == "ets"


def test_the_same_history_gives_the_same_forecast():
    first, second = (forecast_values(noisy(30), 12, Settings()) for _ in range(2))
    np.testing.assert_array_equal(first.median, second.median)
    np.testing.assert_array_equal(first.half_90, second.half_90)
