"""The rolling fit against ordinary least squares, window by window, and what is too little to say anything."""

import numpy as np
import pytest
import statsmodels.api as sm

from finops_pipeline.finance.efficiency.elasticity import FEWEST, WINDOW, fit


def series(rng: np.random.Generator, slope: float = 0.7) -> tuple[np.ndarray, np.ndarray]:
    quantity = np.exp(rng.normal(3, 0.2, (1, 30)))
    return np.exp(2 + slope * np.log(quantity) + rng.normal(0, 0.05, quantity.shape)), quantity


def test_every_window_is_an_ordinary_regression_of_logarithms() -> None:
    cost, quantity = series(np.random.default_rng(11))
    cost[0, 5], cost[0, 9] = np.nan, -3.0  # a month without a pair, and one that has no logarithm
    found = fit(cost, quantity)
    for month in (13, 20, 29):
        window = slice(max(0, month - WINDOW + 1), month + 1)
        c, q = cost[0, window], quantity[0, window]
        usable = c > 0
        plain = sm.OLS(np.log(c[usable]), sm.add_constant(np.log(q[usable]))).fit()
        low, high = plain.conf_int()[1]
        assert found.slope[0, month] == pytest.approx(plain.params[1])
        assert (found.low[0, month], found.high[0, month]) == pytest.approx((low, high))
        assert found.months[0, month] == usable.sum()
        known = ~np.isnan(c)
        assert found.correlation[0, month] == pytest.approx(np.corrcoef(c[known], q[known])[0, 1])


def test_a_cost_that_moves_with_its_driver_has_an_elasticity_of_one() -> None:
    quantity = np.arange(10.0, 34.0)[np.newaxis]
    found = fit(7 * quantity, quantity)
    assert found.slope[0, -1] == pytest.approx(1)
    assert found.correlation[0, -1] == pytest.approx(1)
    fixed = fit(np.full((1, 24), 500.0), quantity)
    assert fixed.slope[0, -1] == pytest.approx(0)
    assert np.isnan(fixed.correlation[0, -1])  # what does not vary does not vary together


def test_too_few_months_or_a_driver_that_stands_still_say_nothing() -> None:
    cost, quantity = series(np.random.default_rng(3))
    found = fit(cost, quantity)
    assert np.isnan(found.slope[0, : FEWEST - 1]).all()
    assert not np.isnan(found.slope[0, FEWEST - 1 :]).any()
    still = fit(cost, np.full_like(cost, 4.0))
    assert np.isnan(still.slope).all()
    assert np.isnan(still.correlation).all()
    short = fit(cost[:, :5], quantity[:, :5])
    assert np.isnan(short.slope).all()
    assert short.months[0].tolist() == [1, 2, 3, 4, 5]
