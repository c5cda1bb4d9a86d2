"""A small company to allocate in: accounts, cost centers, and tables written as text."""

from decimal import Decimal

import pandas as pd
import pyarrow as pa

from finops_pipeline_tests.finance.books import balances, table

DECIMAL = pd.ArrowDtype(pa.decimal128(38, 15))

CENTERS = table("""
    cost_center_id  name  department  role
    IT              it    Systems     service
    HR              hr    People      service
    S1              s1    Sales       operating
    S2              s2    Sales       -
    W1              w1    Works       operating
""")

LEDGER = balances("""
    entity_id  period   account_id  cost_center_id  debit  credit
    DE         2026-01  6000        IT              900    0
    DE         2026-01  6100        IT              150    50
    DE         2026-01  6000        HR              300    0
    DE         2026-01  6000        S1              5000   0
    DE         2026-01  4000        IT              0      777
    DE         2026-01  6000        -               11     0
    DE         2026-02  6000        HR              0      40
    UK         2026-01  6000        IT              500    0
""")


def drivers(text: str) -> pd.DataFrame:
    """driver_monthly from text; the entity is DE and the unit `unit` where nothing else is said."""
    frame = table(text)
    for name, usual in (("entity_id", "DE"), ("unit", "unit")):
        if name not in frame:
            frame[name] = pd.Series(usual, index=frame.index, dtype="str")
    frame["quantity"] = pd.array([Decimal(q) for q in frame["quantity"]], dtype=DECIMAL)
    return frame[["period", "entity_id", "cost_center_id", "driver", "unit", "quantity"]]


HEADS = drivers("""
    period   cost_center_id  driver     quantity
    2026-01  IT              headcount  4
    2026-01  HR              headcount  2
    2026-01  S1              headcount  6
    2026-01  S2              headcount  2
    2026-01  W1              headcount  0
    2026-01  S1              area       1.5
    2026-01  W1              area       2.5
    2026-01  -               area       99
""")
NO_CLOUD = HEADS.head(0)
