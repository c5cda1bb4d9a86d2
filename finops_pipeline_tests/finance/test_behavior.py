"""Behavior of costs: a line that is known, and one that is not there."""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from finops_pipeline.finance import behavior, periods

MONTHS = periods.span("2025-01", "2026-12")
ENTITIES = pd.DataFrame({"entity_id": ["DE"], "functional_currency": ["EUR"]})
ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["6000", "6100", "6200", "4000"],
        "name": ["Care", "Rent", "Other", "Sales"],
        "account_type": ["operating_expense", "operating_expense", "operating_expense", "revenue"],
        "cost_behavior": ["mixed", "fixed", None, None],
    }
)
ORDERS = [10 + n for n in range(12)]


def books(costs: list[int], account: str = "6000") -> pd.DataFrame:
    rows = [("DE", p, account, c, 0) for p, c in zip(MONTHS[-len(costs) :], costs, strict=True)]
    return pd.DataFrame(rows, columns=["entity_id", "period", "account_id", "debit", "credit"])


def drivers(quantities: list[int], name: str = "orders") -> pd.DataFrame:
    rows = [("DE", p, name, name, Decimal(q)) for p, q in zip(MONTHS[-len(quantities) :], quantities, strict=True)]
    return pd.DataFrame(rows, columns=["entity_id", "period", "driver", "unit", "quantity"])


def estimated(book: pd.DataFrame, known: pd.DataFrame) -> list[dict[str, Any]]:
    found = behavior.cost_behavior(book, ACCOUNTS, known, ENTITIES, MONTHS[-1])
    assert behavior.behavior_findings(found, book, known) == []
    rows: list[dict[str, Any]] = found.to_dict("records")
    return rows


def test_the_worked_example() -> None:
    (row,) = estimated(books([10_000 + 500 * q for q in ORDERS]), drivers(ORDERS))
    assert (row["driver"], row["months"], row["fixed_cost"], row["is_used"]) == ("orders", 12, 10_000, True)
    assert row["unit_cost"] == Decimal("5.00000000")
    assert row["r_squared"] == pytest.approx(1)
    assert row["variable_share"] == pytest.approx(77.5 / 177.5)
    shares = behavior.variable_shares(pd.DataFrame([row]))
    assert shares == {("DE", "6000"): Decimal("0.436620")}


def test_the_fit_is_that_of_another_library() -> None:
    rng = np.random.default_rng(4)
    quantity = rng.uniform(50, 150, 24)
    cost = 1_000 + 7 * quantity + rng.normal(0, 60, 24)
    fit, oracle = behavior.fitted(cost, quantity), stats.linregress(quantity, cost)
    assert (fit.slope, fit.intercept, fit.r_squared, fit.p_value) == pytest.approx(
        (oracle.slope, oracle.intercept, oracle.rvalue**2, oracle.pvalue)
    )
    reach = stats.t.isf(0.025, 22) * oracle.stderr
    assert (fit.low, fit.high) == pytest.approx((oracle.slope - reach, oracle.slope + reach))


def test_the_driver_that_explains_most_counts() -> None:
    other = [17, 3, 99, 54, 8, 61, 12, 40, 77, 25, 31, 2]
    both = pd.concat([drivers(other, "visits"), drivers(ORDERS)])
    (row,) = estimated(books([10_000 + 500 * q for q in ORDERS]), both)
    assert row["driver"] == "orders"


def test_a_slope_that_may_be_chance_or_falls_is_shown_and_not_used() -> None:
    noise = [100, 90, 110, 95, 105, 99, 101, 100, 90, 110, 95, 105]
    for costs in ([1_000 + n for n in noise], [10_000 - 500 * q for q in ORDERS], [-10_000 + q for q in ORDERS]):
        (row,) = estimated(books(costs), drivers(ORDERS))
        assert not row["is_used"]
        assert behavior.variable_shares(pd.DataFrame([row])) == {}


def test_what_is_declared_or_has_too_little_history_is_not_estimated() -> None:
    line = [10_000 + 500 * q for q in ORDERS]
    assert estimated(books(line, "6100"), drivers(ORDERS)) == []
    assert estimated(books(line, "4000"), drivers(ORDERS)) == []
    assert estimated(books(line[:11]), drivers(ORDERS)) == []
    assert estimated(books(line), drivers(ORDERS).head(0)) == []
    assert estimated(books(line), drivers([7] * 12)) == []
    assert estimated(books([7] * 12), drivers(ORDERS)) == []
    (undeclared,) = estimated(books(line, "6200"), drivers(ORDERS))
    assert pd.isna(undeclared["declared_behavior"])


@pytest.mark.parametrize("months", [12, 24])
def test_bhv_001_the_cost_of_a_fit_is_the_ledgers(months: int) -> None:
    quantities = list(range(10, 10 + months))
    book, known = books([10_000 + 500 * q for q in range(34 - 24, 34)]), drivers(quantities)
    found = behavior.cost_behavior(book, ACCOUNTS, known, ENTITIES, MONTHS[-1])
    assert found["months"].tolist() == [months]
    assert behavior.behavior_findings(found, book, known) == []
    for name in ("total_cost", "months"):
        (finding,) = behavior.behavior_findings(found.assign(**{name: found[name] + 1}), book, known)
        assert (finding.rule_id, finding.subject) == ("BHV-001", "DE 6000")
