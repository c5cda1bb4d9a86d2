"""Plan: of every budget line what a bridge needs, with the product, the quantity and the currency it was planned in.

Here: the fact `budget_by_product`, and that it says the same as `budget_balances`. Not here: balances by cost center
(`budget`). Both convert each line by itself, so they agree to the minor unit.
"""

from decimal import Context, Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import currency as exchange
from finops_pipeline.finance import frames, money
from finops_pipeline.finance.findings import Finding

EXACT = pa.decimal128(38, 15)
_KEY = ("version", "entity_id", "period", "account_id", "product_id", "line_currency")
_KINDS: dict[str, Any] = {
    **dict.fromkeys((*_KEY, "currency"), "str"),
    "amount": "int64",
    "quantity": pd.ArrowDtype(EXACT),
}
_PLACES = Decimal(1).scaleb(-15)
_WIDE = Context(prec=60)
_SHARED = ["version", "entity_id", "period", "account_id"]


def budget_by_product(lines: pd.DataFrame, entities: pd.DataFrame, rates: exchange.Rates) -> pd.DataFrame:
    """The budget by month, product and planned currency; cost centers are summed away.

    A line without a quantity but with a price has the quantity that its amount buys.

    Shape: one row per version x entity x period x account x product x line currency. Unit: `amount` in minor units of
    `currency`, the entity's functional currency, in natural sign; `quantity` null where no line has one.
    Raises: MissingRateError; ContractError for an entity that the master data do not have.
    """
    entity = frames.lookup(entities, "entity_id", lines["entity_id"], where="budget_lines")
    functional = entity["functional_currency"].astype("str").set_axis(lines.index)
    amount = exchange.convert_amounts(lines, functional, "budget", rates)
    table = lines.assign(line_currency=lines["currency"])[list(_KEY)].astype("str").assign(currency=functional)
    columns = {name: pa.array(table[name], pa.string(), from_pandas=True) for name in table}
    made = pa.table({**columns, "amount": pa.array(amount.to_numpy()), "quantity": _quantities(lines)})
    sums = made.group_by([*columns]).aggregate([("amount", "sum"), ("quantity", "sum")])
    named = sums.rename_columns({"amount_sum": "amount", "quantity_sum": "quantity"})
    return frames.arrange(named.to_pandas(types_mapper=pd.ArrowDtype), _KINDS, _KEY)


def _quantities(lines: pd.DataFrame) -> pa.Array:
    """The quantity of every line: its own, or what its amount buys at its price."""
    given = lines["quantity"].astype(object)
    priced = lines["unit_price"].astype(object)
    found = given.to_numpy(copy=True)
    is_bought = (given.isna() & priced.notna() & (priced != 0)).to_numpy(dtype=bool)
    bought = lines.loc[is_bought, ["amount", "currency"]].itertuples(index=False, name=None)
    found[is_bought] = [
        _WIDE.quantize(_WIDE.divide(money.to_decimal(amount, currency), price), _PLACES)
        for (amount, currency), price in zip(bought, priced[is_bought], strict=True)
    ]
    return pa.array(found, EXACT, from_pandas=True)


def budget_by_product_findings(by_product: pd.DataFrame, balances: pd.DataFrame) -> list[Finding]:
    """BUD-002: the budget by product is the budget by cost center: the same total for each account and month."""
    one = by_product.groupby(_SHARED)["amount"].sum()
    other = balances.groupby(_SHARED)["amount"].sum()
    places = one.index.union(other.index)
    said, due = one.reindex(places, fill_value=0), other.reindex(places, fill_value=0)
    is_broken = (said != due) | ~places.isin(one.index) | ~places.isin(other.index)
    return [
        Finding(
            "BUD-002",
            " ".join(place),
            f"the budget is {said[place]} by product and {due[place]} by cost center (minor units)",
            period=place[2],
        )
        for place in places[is_broken.to_numpy()]
    ]
