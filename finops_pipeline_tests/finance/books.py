"""A small group of companies to test finance with, and how to write tables as text.

`table` reads columns parted by spaces; `-` is null, `_` in a name stands for a space. `assert_keeps` compares a frame
with its contract.
"""

from collections.abc import Sequence

import pandas as pd

from finops_pipeline.contracts.model import Table

_AMOUNTS = (
    "debit",
    "credit",
    "amount",
    "lines",
    "opening_balance",
    "closing_balance",
    "line_no",
    "fiscal_year_start_month",
)
_WORDS = ("name", "statement_line", "department", "category", "service_category")
_DTYPES = {"money": "int64", "integer": "int64", "ratio": "float64", "boolean": "bool"}


def table(text: str) -> pd.DataFrame:
    header, *rows = [line.split() for line in text.strip().splitlines()]
    columns: dict[str, pd.Series] = {}
    for i, name in enumerate(header):
        cells = [None if row[i] == "-" else row[i] for row in rows]
        if name in _AMOUNTS:
            numbers = pd.array([None if c is None else int(c.replace(",", "")) for c in cells], dtype="Int64")
            columns[name] = pd.Series(numbers if None in cells else numbers.astype("int64"))
        else:
            words = [c.replace("_", " ") if c is not None and name in _WORDS else c for c in cells]
            columns[name] = pd.Series(words, dtype="str")
    return pd.DataFrame(columns)


def assert_keeps(contract: Table, frame: pd.DataFrame) -> None:
    assert tuple(frame.columns) == contract.names
    kinds = {c.name: _DTYPES.get(c.kind, "str") for c in contract.columns}
    kinds |= {c.name: "Int64" for c in contract.columns if c.kind == "money" and c.nullable}
    assert {n: str(d) for n, d in frame.dtypes.items()} == kinds
    assert not any(frame[c.name].isna().any() for c in contract.columns if not c.nullable)
    for c in contract.columns:
        assert not c.allowed or set(frame[c.name].dropna()) <= set(c.allowed)
    assert not frame.duplicated(list(contract.key)).any()
    expected = frame.sort_values(list(contract.key), na_position="last", ignore_index=True)
    pd.testing.assert_frame_equal(frame, expected)


def balances(text: str) -> pd.DataFrame:
    """gl_balances from text that may leave out cost center, product, currency and lines."""
    frame = table(text)
    for name in ("cost_center_id", "product_id"):
        if name not in frame:
            frame[name] = pd.Series([None] * len(frame), dtype="str")
    currencies = ENTITIES.set_index("entity_id")["functional_currency"]
    frame["currency"] = frame["entity_id"].map(currencies).astype("str")
    frame["lines"] = 1
    return frame[
        ["entity_id", "period", "account_id", "cost_center_id", "product_id", "currency", "debit", "credit", "lines"]
    ]


def shuffled(frame: pd.DataFrame, order: Sequence[int] | None = None) -> pd.DataFrame:
    return frame.iloc[list(order) if order is not None else list(range(len(frame)))[::-1]].reset_index(drop=True)


ENTITIES = table("""
    entity_id  name     functional_currency  fiscal_year_start_month
    DE         Deutsch  EUR                  -
    UK         British  GBP                  4
    JP         Japan    JPY                  1
""")

ACCOUNTS = table("""
    account_id  name          account_type       statement_line      category  cost_behavior
    1000        Cash          asset              Cash_and_banks      -         -
    1200        Receivables   asset              -                   -         -
    2000        Payables      liability          -                   -         -
    3000        Capital       equity             Share_capital       -         -
    4000        Sales         revenue            -                   -         -
    5000        Material      cost_of_revenue    -                   material  variable
    6000        Wages         operating_expense  Personnel           people    fixed
    6100        Rent          operating_expense  Premises            premises  fixed
    6110        Heating       operating_expense  Premises            premises  mixed
    7000        Interest      other_income       -                   -         -
    7500        Losses        other_expense      -                   -         -
    8000        Tax           income_tax         -                   -         -
""")

COST_CENTERS = table("""
    cost_center_id  name      department
    CC1             Sales_DE  Sales
    CC2             Works     Production
    CC3             Store     Production
""")
