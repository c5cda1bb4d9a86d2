"""Plans and postings to bridge, written as text: amounts in major units of two decimals, `-` is null."""

from decimal import Decimal

import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import bridge
from finops_pipeline.finance.bridge import Bridge
from finops_pipeline.finance.budget import budget_balances, budget_variance
from finops_pipeline.finance.currency import Rates
from finops_pipeline_tests.finance.books import ACCOUNTS, COST_CENTERS, ENTITIES, table

EXACT = pd.ArrowDtype(pa.decimal128(38, 15))
MONTH = "2026-01"
RATES = Rates(
    {
        ("USD", "EUR", "budget", "2026-01"): Decimal("0.90"),
        ("USD", "EUR", "average", "2026-01"): Decimal("0.96"),
        ("GBP", "EUR", "budget", "2026-01"): Decimal("1.20"),
    }
)
VARIABLE = pd.concat(
    [
        ACCOUNTS,
        table("""
        account_id  name        account_type     statement_line  category   cost_behavior
        5100        Freight     cost_of_revenue  -               material   variable
        5200        Scrap       cost_of_revenue  -               material   -
        """),
    ],
    ignore_index=True,
)
_DEFAULTS = {"version": "v1", "entity_id": "DE", "period": MONTH, "cost_center_id": None, "product_id": None}


def _frame(text: str, numbers: tuple[str, ...]) -> pd.DataFrame:
    header, *rows = [line.split() for line in text.strip().splitlines()]
    cells = {name: [None if row[i] == "-" else row[i] for row in rows] for i, name in enumerate(header)}
    frame = pd.DataFrame({name: values for name, values in cells.items() if name not in numbers})
    frame["account_id"] = frame["account_id"].astype("str")
    for name, value in _DEFAULTS.items():
        frame[name] = (frame[name] if name in frame else pd.Series([value] * len(rows), dtype="str")).astype("str")
    for name in numbers:
        found = [None if c is None else Decimal(c.replace(",", "")) for c in cells.get(name, [None] * len(rows))]
        frame[name] = pd.Series(found, dtype=EXACT)
    return frame


def _minor(column: pd.Series) -> pd.Series:
    return pd.Series([int(value * 100) for value in column], dtype="int64")


def lines(text: str) -> pd.DataFrame:
    """budget_lines: account_id, amount, and as wished version, entity_id, period, product_id, currency, quantity, unit_price."""
    frame = _frame(text, ("amount", "quantity", "unit_price"))
    own = frame["entity_id"].map(ENTITIES.set_index("entity_id")["functional_currency"])
    frame["currency"] = frame["currency"].fillna(own) if "currency" in frame else own
    return frame.assign(amount=_minor(frame["amount"]))


def posted(text: str) -> pd.DataFrame:
    """gl_balances: account_id, amount (in natural sign), and as wished entity_id, period, product_id, quantity."""
    frame = _frame(text, ("amount", "quantity"))
    amount = _minor(frame["amount"])
    is_credit = frame["account_id"].str.startswith(("2", "3", "4", "7000"))
    quantity = [
        None if q is None or pd.isna(q) else -q if c else q for q, c in zip(frame["quantity"], is_credit, strict=True)
    ]
    frame["quantity"] = pd.Series(quantity, dtype=EXACT)
    frame["debit"], frame["credit"] = amount.mask(is_credit, 0), amount.where(is_credit, 0)
    frame["currency"] = frame["entity_id"].map(ENTITIES.set_index("entity_id")["functional_currency"])
    columns = ["entity_id", "period", "account_id", "cost_center_id", "product_id", "currency", "debit", "credit"]
    return frame[columns].assign(lines=1, quantity=frame["quantity"])


def bridged(
    plan: pd.DataFrame,
    actual: pd.DataFrame,
    periods: tuple[str, ...] = (MONTH,),
    rates: Rates = RATES,
    shares: dict[str, Decimal] | None = None,
    estimated: dict[tuple[str, str], Decimal] | None = None,
) -> Bridge:
    """The bridge, after its own proof: it must tie whatever is asked of it."""
    by_product = bridge.budget_by_product(plan, ENTITIES, rates)
    made = bridge.variance_bridge(by_product, actual, VARIABLE, ENTITIES, periods, rates, shares, estimated)
    balances = budget_balances(plan, ENTITIES, rates)
    variance = budget_variance(balances, actual, VARIABLE, COST_CENTERS, ENTITIES, periods)
    assert bridge.budget_by_product_findings(by_product, balances) == []
    assert bridge.bridge_findings(made.rows, variance, by_product, actual, VARIABLE, periods) == []
    return made


def effects(made: Bridge, *by: str) -> dict:
    """Effects in major units, over everything or by some columns."""
    keys = [*by, "effect"]
    rows = made.rows.assign(product_id=made.rows["product_id"].fillna("-"))
    sums = rows.groupby(keys if by else "effect")["amount"].sum()
    return {key: Decimal(int(value)) / 100 for key, value in sums.items()}
