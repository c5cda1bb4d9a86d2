"""Rates of whole columns: the fraction of each pair and time, and why there is none."""

from decimal import Decimal

import numpy as np
import pandas as pd

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance.revenue.exchange import fractions

ROWS = pd.DataFrame({
    "contract_currency": ["USD", "JPY", "USD", "USD", "GBP"], "currency": "EUR",
    "period": ["2026-01", "2026-01", "2026-02", "2026-01", "2026-01"],
})  # fmt: skip


def rate(source: str, target: str, when: str) -> Decimal:
    known = {("USD", "2026-01"): Decimal("0.9"), ("JPY", "2026-01"): Decimal("0.006")}
    if (source, when) not in known:
        raise MissingRateError(f"no rate of {source} to {target} in {when}")
    return known[source, when]


def test_each_row_has_the_rate_of_its_pair_and_time_or_the_reason_why_not() -> None:
    needed = np.array([True, True, True, False, False])
    found = fractions(ROWS, "period", needed, rate)
    assert found.of(np.array([1_000, 1_000, 0, 0, 0]))[:2].tolist() == [900, 600]  # 1,000 yen are 6.00 euros
    assert found.missing.tolist() == ["", "", "no rate of USD to EUR in 2026-02", "", ""]
    assert found.where(np.array([False, True, False, False, False])).of(np.array([500])).tolist() == [300]


def test_rates_with_more_digits_than_a_processor_adds_stay_exact() -> None:
    fine = Decimal("1.123456789012345678901234567890")
    found = fractions(ROWS.iloc[:1], "period", np.array([True]), lambda *_: fine)
    assert found.of(np.array([10**15])).tolist() == [1_123_456_789_012_346]
