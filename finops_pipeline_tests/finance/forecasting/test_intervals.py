"""Half widths against hand calculations."""

import numpy as np
import pytest

from finops_pipeline.finance.forecasting import intervals


def test_tested_widths_are_the_typical_error_grown_and_multiplied():
    history = np.array([100.0] * 12 + [104.0] * 12)  # change over a year: 4 in every month
    errors = [np.array([3.0, 3.0 * np.sqrt(1.1)]), np.array([-5.0])]
    # growth 1, sqrt(1.1): squares 9 + 9 + 25 = 43; ten imagined errors of 4: 160; over 3 + 10 errors
    typical = np.sqrt((43 + 160) / 13)
    narrow, wide = intervals.tested_widths(errors, history, 2)
    np.testing.assert_allclose(narrow, 1.34 * typical * np.sqrt([1, 1.1]))
    np.testing.assert_allclose(wide, 1.87 * typical * np.sqrt([1, 1.1]))


def test_untested_widths_of_some_months_are_their_spread_and_a_share_of_their_level():
    # variance of 90, 100, 110 is 100; a third of the level is 100 / 3
    _, wide = intervals.untested_widths(np.array([90.0, 100.0, 110.0]), 1)
    assert wide[0] == pytest.approx(2.4 * np.sqrt(100 + (100 / 3) ** 2))


def test_untested_widths_beyond_a_year_weigh_changes_over_the_year():
    history = np.array([100.0] * 12 + [130.0, 130.0])
    spread = np.var(history, ddof=1)
    # two changes of 30, six parts of the spread, and a fourteenth of the level
    typical = np.sqrt((2 * 900 + 6 * spread) / 8 + (history.mean() / 14) ** 2)
    narrow, _ = intervals.untested_widths(history, 1)
    assert narrow[0] == pytest.approx(1.7 * typical)


def test_equal_months_prove_less_the_fewer_they_are():
    widths = [intervals.untested_widths(np.full(n, 100.0), 1)[1][0] for n in (1, 3, 11, 24)]
    np.testing.assert_allclose(widths, [240, 80, 240 / 11, 10])


def test_nothing_ever_is_certain_to_be_nothing():
    narrow, wide = intervals.untested_widths(np.zeros(5), 3)
    assert not narrow.any()
    assert not wide.any()
