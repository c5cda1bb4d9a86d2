"""Accuracy measures against hand calculations."""

import numpy as np
import pytest

from finops_pipeline.finance.forecasting import metrics


def values(*numbers: float) -> metrics.Values:
    return np.array(numbers, dtype="float64")


YEAR = values(*range(100, 112))  # 100, 101, … 111


def test_mase_compares_with_seasonal_naive_inside_the_history():
    history = np.concatenate([YEAR, YEAR + 4, YEAR + 10])
    # changes over twelve months: twelve times 4, twelve times 6; their mean is 5
    assert metrics.naive_scale(history) == 5
    # errors 10 and 5: mean 7.5; 7.5 / 5
    assert metrics.mase(values(120, 95), values(110, 100), history) == 1.5


@pytest.mark.parametrize("history", [YEAR, np.tile(YEAR, 2)], ids=["one year only", "the same every year"])
def test_mase_is_unknown_without_a_change_to_compare_with(history):
    assert np.isnan(metrics.mase(values(1), values(2), history))


def test_smape_is_in_percent_of_the_mean_of_actual_and_forecast():
    # 200 * 50 / 250 = 40; 200 * 10 / 10 = 200; mean 120
    assert metrics.smape(values(150, 10), values(100, 0)) == 120


def test_smape_of_a_rightly_forecast_zero_is_zero():
    assert metrics.smape(values(0), values(0)) == 0


def test_coverage_counts_the_ends_in():
    low, high = values(0, 0, 0, 0), values(10, 10, 10, 10)
    assert metrics.coverage(values(0, 10, 11, -1), low, high) == 0.5
