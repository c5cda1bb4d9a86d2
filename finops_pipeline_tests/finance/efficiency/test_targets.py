"""Targets of unit costs: the worked example, which target stands in a month, and targets of nothing."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.finance.efficiency import targets
from finops_pipeline.finance.efficiency.table import unit_cost
from finops_pipeline_tests.finance.books import table

DECIMAL = pd.ArrowDtype(pa.decimal128(38, 15))


def goals(text: str) -> pd.DataFrame:
    frame = table(text).assign(entity_id="DE", driver="calls")
    worth = pd.array([Decimal(v) for v in frame["target_unit_cost"]], dtype=DECIMAL)
    return frame.assign(target_unit_cost=worth)


def costs(*rows: tuple[str, str, int, str], currency: str = "EUR") -> pd.DataFrame:
    """Shape: (cost center, period, cost in minor units, quantity) for each row."""
    return pd.DataFrame({
        "entity_id": "DE", "driver": "calls", "currency": currency,
        "cost_center_id": [r[0] for r in rows], "period": [r[1] for r in rows],
        "amount": np.array([r[2] for r in rows], dtype=np.int64),
        "driver_quantity": pd.array([Decimal(r[3]) for r in rows], dtype=DECIMAL),
        "unit_cost": pd.Series([unit_cost(r[2], Decimal(r[3]), currency) for r in rows], dtype=object),
    })  # fmt: skip


NONE = goals("cost_center_id period target_unit_cost")


def test_the_worked_example() -> None:
    asked = goals("cost_center_id period target_unit_cost\nA 2026-01 20")
    (row,) = targets.with_targets(costs(("A", "2026-02", 1_200_000, "500")), asked).itertuples()
    assert (row.target_unit_cost, row.target_since) == (20, "2026-01")
    assert round(row.target_attainment_pct, 4) == 0.8333
    assert (row.is_target_met, row.amount_above_target) == (False, 200_000)


def test_the_latest_target_that_has_begun_stands() -> None:
    asked = goals("""
        cost_center_id  period   target_unit_cost
        A               2026-05  8
        A               2026-02  10
        B               2026-01  1
    """)
    rows = costs(*(("A", f"2026-0{m}", 900, "1") for m in (1, 2, 4, 5, 6)))
    made = targets.with_targets(rows, asked)
    assert made["target_unit_cost"].astype(object).where(made["target_unit_cost"].notna(), None).tolist() == [
        None, 10, 10, 8, 8,
    ]  # fmt: skip
    assert made["is_target_met"].astype(object).where(made["is_target_met"].notna(), None).tolist() == [
        None, True, True, False, False,
    ]  # fmt: skip
    assert made["amount_above_target"].tolist()[1:] == [-100, -100, 100, 100]
    assert made["target_since"].tolist()[1:] == ["2026-02", "2026-02", "2026-05", "2026-05"]


def test_what_has_no_unit_attains_nothing_and_all_its_cost_lies_above() -> None:
    asked = goals("cost_center_id period target_unit_cost\nA 2026-01 20")
    made = targets.with_targets(costs(("A", "2026-01", 700, "0"), ("A", "2026-02", -700, "2")), asked)
    assert made["target_attainment_pct"].isna().all()
    assert made["is_target_met"].isna().tolist() == [True, False]
    assert made["amount_above_target"].tolist() == [700, -700 - 4_000]


def test_without_targets_nothing_is_said() -> None:
    made = targets.with_targets(costs(("A", "2026-01", 700, "1")), NONE)
    assert made[["target_unit_cost", "target_since", "is_target_met", "amount_above_target"]].isna().all(axis=None)


@given(cost=st.integers(-(10**15), 10**15), quantity=st.integers(1, 10**9), goal=st.integers(0, 10**6))
def test_a_target_is_met_just_when_no_cost_beyond_rounding_lies_above(cost: int, quantity: int, goal: int) -> None:
    asked = goals(f"cost_center_id period target_unit_cost\nA 2026-01 {goal}")
    (row,) = targets.with_targets(costs(("A", "2026-01", cost, str(quantity)), currency="JPY"), asked).itertuples()
    assert row.amount_above_target == cost - goal * quantity
    assert row.is_target_met == (row.amount_above_target <= 0)


def test_a_target_without_its_driver_is_named_once_it_has_begun() -> None:
    asked = goals("""
        cost_center_id  period   target_unit_cost
        A               2026-01  8
        B               2026-02  10
        B               2026-01  11
        C               2026-03  1
    """)
    rows = costs(("A", "2026-02", 900, "1"), ("B", "2026-01", 900, "1"))
    assert [(f.rule_id, f.subject, f.period) for f in targets.target_findings(rows, asked)] == [
        ("EFF-010", "DE B calls", "2026-02")
    ]
    assert targets.target_findings(rows.head(0), asked) == []
