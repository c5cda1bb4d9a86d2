"""Series of the general ledger: sign, department, complete months."""

import pandas as pd
import pytest

from finops_pipeline.finance.forecasting import series_from_balances

ACCOUNTS = pd.DataFrame(
    [
        ("1000", "asset"),
        ("4000", "revenue"),
        ("5000", "cost_of_revenue"),
        ("6000", "operating_expense"),
        ("7000", "other_income"),
        ("7500", "other_expense"),
        ("8000", "income_tax"),
    ],
    columns=["account_id", "account_type"],
)
COST_CENTERS = pd.DataFrame(
    [("S1", "Sales"), ("S2", "Sales"), ("R1", "R/D"), ("M1", "-")], columns=["cost_center_id", "department"]
)
ENTITIES = pd.DataFrame([("DE01", "EUR"), ("JP01", "JPY")], columns=["entity_id", "functional_currency"])


def ledger(text: str) -> pd.DataFrame:
    """Rows of: entity period account cost-center debit credit."""
    rows = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame(rows, columns=["entity_id", "period", "account_id", "cost_center_id", "debit", "credit"])
    frame = frame.astype({"debit": "int64", "credit": "int64"})
    frame["cost_center_id"] = frame["cost_center_id"].where(frame["cost_center_id"] != ".")
    return frame.assign(product_id=None, currency="EUR", lines=1)


def series(text: str, last_period: str = "2026-03") -> pd.DataFrame:
    return series_from_balances(ledger(text), ACCOUNTS, COST_CENTERS, ENTITIES, last_period)


def amounts(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    return {s: dict(zip(g["period"], g["amount"], strict=True)) for s, g in frame.groupby("series_id")}


def test_departments_sum_their_cost_centers_in_natural_sign():
    got = series("""
        DE01 2026-01 4000 S1    0 900
        DE01 2026-01 4000 S2   50 150
        DE01 2026-01 5000 S1  300   0
        DE01 2026-01 6000 S1  200  20
        DE01 2026-01 7500 S2   10   0
    """, "2026-01")  # fmt: skip
    # revenue 900 + (150 - 50); cost 300 + (200 - 20) + 10
    assert amounts(got) == {"revenue/DE01/Sales": {"2026-01": 1000}, "cost/DE01/Sales": {"2026-01": 490}}


def test_balance_sheet_other_income_and_tax_are_not_forecast():
    got = series("""
        DE01 2026-01 1000 S1 100 0
        DE01 2026-01 7000 S1 0 100
        DE01 2026-01 8000 S1 100 0
    """)
    assert got.empty


def test_months_without_activity_are_zero_up_to_the_last_period():
    got = series("""
        DE01 2025-11 4000 S1 0 100
        DE01 2026-01 4000 S1 0 300
        DE01 2026-04 4000 S1 0 999
    """)
    expected = {"2025-11": 100, "2025-12": 0, "2026-01": 300, "2026-02": 0, "2026-03": 0}
    assert amounts(got) == {"revenue/DE01/Sales": expected}


def test_every_series_begins_with_its_own_first_month():
    got = series("""
        DE01 2026-02 6000 S1 10 0
        DE01 2026-03 6000 R1 20 0
        JP01 2026-03 6000 S1 30 0
    """)
    assert amounts(got) == {
        "cost/DE01/Sales": {"2026-02": 10, "2026-03": 0},
        "cost/DE01/R%2FD": {"2026-03": 20},
        "cost/JP01/Sales": {"2026-03": 30},
    }
    assert got.groupby("entity_id")["currency"].first().to_dict() == {"DE01": "EUR", "JP01": "JPY"}


def test_activity_without_cost_center_is_not_the_department_called_dash():
    got = series("""
        DE01 2026-03 6000 .  10 0
        DE01 2026-03 6000 M1 20 0
    """)
    assert amounts(got) == {"cost/DE01/-": {"2026-03": 10}, "cost/DE01/%2D": {"2026-03": 20}}
    assert got["department"].isna().tolist() == [False, True]


def test_the_order_of_rows_does_not_matter():
    rows = ledger("""
        DE01 2026-01 4000 S1 0 1
        DE01 2026-02 6000 .  2 0
        JP01 2026-03 4000 R1 0 4
        DE01 2026-03 4000 S2 0 8
    """)
    straight = series_from_balances(rows, ACCOUNTS, COST_CENTERS, ENTITIES, "2026-03")
    turned = series_from_balances(rows[::-1], ACCOUNTS[::-1], COST_CENTERS[::-1], ENTITIES[::-1], "2026-03")
    pd.testing.assert_frame_equal(straight, turned)
    assert straight.index.tolist() == list(range(len(straight)))


@pytest.mark.parametrize("rows", ["DE01 2026-04 4000 S1 0 1", ""], ids=["all later", "no rows"])
def test_nothing_to_see_gives_an_empty_frame_of_the_same_kind(rows):
    got = series(rows)
    full = series("DE01 2026-03 4000 S1 0 1")
    assert got.empty
    assert got.dtypes.to_dict() == full.dtypes.to_dict()
