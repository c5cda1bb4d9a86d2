"""Months judged by their own history: how often wrongly, what is found, and what becomes normal again.

Rates are measured on few series with fixed chance, with room for it; `benchmarks/anomalies.py` measures them closely.
"""

import numpy as np
import pytest

from finops_pipeline.finance import anomalies
from finops_pipeline.finance.anomalies import judge


def series(months: int, rng: np.random.Generator, growth: float = 0.0) -> np.ndarray:
    """Costs around a million with a season and a spread of one percent."""
    season = np.tile(rng.normal(0, 20_000, 12), months // 12 + 1)[:months]
    noise = rng.normal(0, 10_000, months)
    return np.round((1e6 + season + noise) * (1 + growth) ** np.arange(months)).astype(np.int64)


def called(values: np.ndarray, month: int) -> str | None:
    verdict = judge(values[:month], int(values[month]))
    assert verdict
    return verdict.kind


@pytest.mark.parametrize("growth", [0.0, 0.01])
def test_months_without_anomaly_are_rarely_called_one_and_anomalies_are_found(growth: float) -> None:
    rng = np.random.default_rng(3)
    false = found = 0
    for _ in range(150):
        values = series(121, rng, growth)
        false += called(values, 120) is not None
        spiked = values.copy()
        spiked[120] = round(values[120] * 1.06)  # six spreads
        found += called(spiked, 120) == "spike"
    assert false <= 6
    assert found >= 145


def test_a_new_level_is_seen_twice_and_is_normal_then() -> None:
    values = series(64, np.random.default_rng(5))
    values[60:] += 150_000
    assert [called(values, month) for month in (60, 61, 62, 63)] == ["spike", "level_shift", None, None]
    verdict = judge(values[:63], int(values[63]))
    assert verdict
    assert verdict.expected == pytest.approx(1_150_000, rel=0.05)


def test_a_spike_leaves_the_next_month_normal() -> None:
    values = series(64, np.random.default_rng(8))
    values[60] -= 200_000
    assert [called(values, month) for month in (60, 61)] == ["spike", None]


def test_a_season_is_no_anomaly() -> None:
    values = np.tile(np.array([100] * 11 + [300]), 5) * 1000 + np.arange(60) % 7
    assert called(values, 59) is None
    values[59] = 100_000
    assert called(values, 59) == "spike"


def test_what_never_varies_may_vary_a_little() -> None:
    rent = np.full(36, 500_000)
    assert judge(rent, 503_000).kind is None  # type: ignore[union-attr]
    assert judge(rent, 540_000).kind == "spike"  # type: ignore[union-attr]
    nothing = np.zeros(36, dtype=np.int64)
    assert judge(nothing, 5) is None


def test_credits_are_judged_as_they_are() -> None:
    values = series(48, np.random.default_rng(2)) - 1_000_000
    assert called(values, 47) is None
    values[47] = 400_000
    assert called(values, 47) == "spike"
    alone = judge(series(48, np.random.default_rng(2)), -5)  # a cost that turns into a credit
    assert alone
    assert alone.kind == "spike"


def test_too_short_or_mostly_empty_a_history_says_nothing() -> None:
    values = series(40, np.random.default_rng(4))
    assert judge(values[: anomalies.FEWEST - 1], 1) is None
    values[:11] = 0
    assert judge(values, 1) is None


def test_cells_are_judged_since_their_series_began() -> None:
    values = series(40, np.random.default_rng(6))
    rows = np.ones((2, 40), dtype=np.int64)
    rows[1, :20] = 0
    amount = np.vstack([values, values * rows[1]])
    found = anomalies.of_cells(amount, rows, (np.array([0, 0, 1]), np.array([23, 39, 39])))
    assert found == [None, judge(values[:39], int(values[39])), None]
