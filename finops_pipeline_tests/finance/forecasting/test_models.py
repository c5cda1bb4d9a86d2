"""Models of one series: what they must get right where the answer is known."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from finops_pipeline.finance.forecasting import models

RATIOS = np.array([0.8, 0.9, 1.0, 1.1, 1.2, 1.0, 0.9, 1.1, 1.0, 0.7, 1.1, 1.2])  # mean 1


def months(count: int) -> np.ndarray:
    return np.arange(count, dtype="float64")


def season(count: int) -> np.ndarray:
    return RATIOS[np.arange(count) % 12]


def test_a_pure_season_is_taken_out_whole_and_given_back():
    history = 100 * season(36)
    adjusted = models.adjust(history)
    np.testing.assert_allclose(adjusted.values, 100)
    np.testing.assert_allclose(adjusted.factors, RATIOS)
    np.testing.assert_allclose(adjusted.restore(np.full(3, 50.0)), [40, 45, 50])  # the next months are 1, 2 and 3


def test_the_season_continues_from_the_month_the_history_ends_in():
    adjusted = models.adjust(100 * season(27))
    np.testing.assert_allclose(adjusted.restore(np.full(2, 100.0)), [110, 120])  # months 4 and 5


def test_a_drift_line_is_no_season():
    adjusted = models.adjust(1000 + 10 * months(30))
    np.testing.assert_allclose(adjusted.factors, 1)
    assert adjusted.is_ratio


def test_doubtful_factors_are_shrunk_by_the_share_of_noise():
    ratios = np.concatenate([season(12) + 0.1, season(12) - 0.1])
    # Two values a month, 0.1 above and below its mean: squares sum to 24 * 0.01 = 0.24 over 24 - 12 - 1 = 11 degrees
    # of freedom; the mean of two has half of that variance: 0.24 / 11 / 2.
    noise = 0.24 / 11 / 2
    kept = 1 - noise / np.var(RATIOS, ddof=1)
    np.testing.assert_allclose(models._factors(ratios, neutral=1.0), 1 + kept * (RATIOS - 1))


def test_noise_alone_makes_no_season():
    ratios = np.concatenate([1 + (season(12) - 1), 1 - (season(12) - 1)])  # the second year says the opposite
    np.testing.assert_allclose(models._factors(ratios, neutral=1.0), 1)


@pytest.mark.parametrize(
    "history",
    [
        np.where(np.arange(36) % 12 == 0, 0.0, 100.0),  # a month without business
        np.where(np.arange(36) % 12 == 0, -50.0, 100.0),  # a month of credit notes
        np.linspace(-500, 1500, 36),  # the line itself begins below zero
        np.where(np.arange(36) % 12 == 0, 0.1, 100.0),  # positive, but no ratio to divide by
        np.where(np.arange(24) < 12, 1.0, 200.0),  # positive, while the drift line begins below zero
    ],
    ids=["zero", "negative", "loss", "nearly zero", "steep"],
)
def test_where_ratios_make_no_sense_the_season_is_added(history):
    adjusted = models.adjust(history)
    assert not adjusted.is_ratio
    np.testing.assert_allclose(
        adjusted.values + adjusted.factors[np.arange(len(history)) % 12], history, atol=1e-9 * np.abs(history).max()
    )


def test_models_follow_growth_and_season_together():
    known = (1000 + 5 * months(60)) * season(60)
    paths, failed = models.candidates(known[:48], 12)
    assert failed == []
    for name in (models.THETA, models.ETS, models.COMBINATION):
        np.testing.assert_allclose(paths[name], known[48:], rtol=0.03)
    assert np.all(paths[models.SEASONAL_NAIVE] < known[48:])  # a year behind
    np.testing.assert_allclose(paths[models.COMBINATION], (paths[models.THETA] + paths[models.ETS]) / 2)
    np.testing.assert_allclose(
        paths[models.BLEND], (paths[models.THETA] + paths[models.ETS] + paths[models.SEASONAL_NAIVE]) / 3
    )


def test_cents_or_millions_make_no_difference():
    rng = np.random.default_rng(7)
    history = 1000 * season(30) * rng.normal(1, 0.05, 30)
    small, _ = models.candidates(history, 6)
    large, _ = models.candidates(history * 2.0**30, 6)
    for name, path in small.items():
        np.testing.assert_allclose(large[name], path * 2.0**30, rtol=1e-9)


def test_what_never_was_negative_is_not_forecast_negative():
    falling = np.maximum(100 - 4 * months(30), 0)
    paths, _ = models.candidates(falling, 12)
    assert all(np.all(path >= 0) for path in paths.values())


def test_losses_may_go_on():
    paths, _ = models.candidates(-100 - 4 * months(30), 12)
    assert all(np.all(path < 0) for path in paths.values())


def test_too_few_months_are_refused():
    with pytest.raises(ValueError, match="14 months are too few"):
        models.candidates(months(14), 3)


@pytest.mark.parametrize("error", [np.linalg.LinAlgError("singular"), ValueError("bounds")])
def test_a_model_that_breaks_down_is_left_out_with_its_means(monkeypatch, error):
    def broken(history, horizon):
        raise error

    monkeypatch.setattr(models, "theta", broken)
    paths, failed = models.candidates(100 * season(24), 3)
    assert failed == [models.THETA]
    assert set(paths) == {models.SEASONAL_NAIVE, models.ETS}


def test_a_path_to_nowhere_is_a_failure_and_warnings_stay_inside(monkeypatch):
    def endless(history, horizon):
        warnings.warn("did not converge", ConvergenceWarning, stacklevel=1)
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        return np.full(horizon, np.inf)

    monkeypatch.setattr(models, "ets", endless)
    _, failed = models.candidates(100 * season(24), 3)
    assert failed == [models.ETS]


def test_a_mistake_in_a_model_is_not_hidden(monkeypatch):
    def mistaken(history, horizon):
        raise TypeError("bug")

    monkeypatch.setattr(models, "ets", mistaken)
    with pytest.raises(TypeError, match="bug"):
        models.candidates(100 * season(24), 3)


@settings(max_examples=15)
@given(st.lists(st.integers(-(10**12), 10**12), min_size=15, max_size=40), st.integers(1, 14))
def test_any_history_gives_finite_paths_without_warnings(history, horizon):
    paths, _ = models.candidates(np.array(history, dtype="float64"), horizon)
    assert models.SEASONAL_NAIVE in paths
    assert all(len(path) == horizon and np.all(np.isfinite(path)) for path in paths.values())
