"""Effects against truth not made by us: a hand calculation, a regression with fixed effects, and how often they err."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from finops_pipeline.finance.savings import effect


def test_the_worked_example() -> None:
    treated, others = np.array([100.0] * 6 + [90.0] * 3), np.array([[50.0] * 6 + [55.0] * 3])
    found = effect.beside_others(treated, others, 6)
    assert found.saved == pytest.approx(60)  # 20 in each of three months


def test_the_change_is_that_of_a_regression_with_fixed_effects() -> None:
    rng = np.random.default_rng(3)
    series = rng.normal(100, 5, (4, 14))  # the first one is treated in the last four months
    long = pd.DataFrame([(s, m, series[s, m], s == 0 and m >= 10) for s in range(4) for m in range(14)])
    long.columns = ["s", "m", "y", "d"]
    oracle = smf.ols("y ~ C(s) + C(m) + d", long.astype({"d": float})).fit()
    change, low, high = effect.difference(series[0], series[1:], 10)
    assert change == pytest.approx(oracle.params["d"])
    assert low < change < high


def test_the_season_is_not_taken_for_a_saving() -> None:
    months = np.arange(30)
    costs = 1_000 + 5.0 * months + np.where(months % 12 == 11, 400.0, 0.0)
    costs[24:] -= 50
    found = effect.by_season(costs, 24, 0)
    assert found.saved == pytest.approx(300)
    assert found.low == pytest.approx(300)  # without noise there is nothing to doubt
    shifted = effect.by_season(costs, 24, 7)
    assert shifted.saved == pytest.approx(300)  # the name of the first month does not matter, only that years repeat


def test_the_interval_of_a_sum_is_that_of_a_regression_with_the_months_summed() -> None:
    rng = np.random.default_rng(8)
    costs = rng.normal(1_000, 20, 40)
    found = effect.by_season(costs, 36, 0)
    table = pd.DataFrame({"y": costs, "at": np.arange(40), "month": np.arange(40) % 12})
    fit = smf.ols("y ~ at + C(month)", table[:36]).fit()
    assert found.saved == pytest.approx(fit.predict(table[36:]).sum() - costs[36:].sum())
    one = effect.by_season(costs[:37], 36, 0)
    bounds = fit.get_prediction(table[36:37]).summary_frame(alpha=0.05)
    assert one.low == pytest.approx(bounds["obs_ci_lower"].iloc[0] - costs[36])
    assert one.high == pytest.approx(bounds["obs_ci_upper"].iloc[0] - costs[36])


def test_without_any_action_a_saving_is_seldom_seen() -> None:
    rng = np.random.default_rng(11)
    false = {"beside": 0, "alone": 0}
    for _ in range(200):
        costs = rng.normal(1_000, 30, (4, 36)) + 40 * np.sin(np.arange(36) / 6 * np.pi)
        false["beside"] += effect.beside_others(costs[0], costs[1:], 30).low > 0
        false["alone"] += effect.by_season(costs[0], 30, 0).low > 0
    assert max(false.values()) <= 12  # 2.5 % of 200 are 5 to be expected
