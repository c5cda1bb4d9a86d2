"""Product cost: what was spent for each product, by category and behavior, from the ledger.

Here: direct cost by the product of its postings, with shares and changes, and the check that it ties to the ledger. What no
posting gives to a product is a row without product: nothing is shared out. Not here: cost by department (`cost`), what a unit
of a product costs or earns (`bridge`, `efficiency`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames, ledger, trends
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding

_SERIES = ["entity_id", "product_id", "category", "cost_behavior", "currency"]
_KINDS = {
    "entity_id": "str", "period": "str", "product_id": "str", "category": "str", "cost_behavior": "str", "currency": "str",
    "amount": "int64", "share_pct": "float64", "mom_pct": "float64", "yoy_pct": "float64", "trend": "str",
}  # fmt: skip
_KEY = ("entity_id", "period", "product_id", "category", "cost_behavior")


def cost_by_product(
    balances: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame, periods: Sequence[str]
) -> pd.DataFrame:
    """What was spent for each product in each period. `balances`: gl_balances with its history.

    Shape: one row per entity x period x product x category x behavior with postings. Unit: minor units of the entity's
    functional currency. Raises: ContractError when balances use an account or entity that the master data do not have.
    """
    account = frames.lookup(accounts, "account_id", balances["account_id"], where="gl_balances")
    entity = frames.lookup(entities, "entity_id", balances["entity_id"], where="gl_balances")
    facts = pd.DataFrame(
        {
            "entity_id": balances["entity_id"].array,
            "period": balances["period"].array,
            "product_id": balances["product_id"].array,
            "category": account["category"].array,
            "cost_behavior": account["cost_behavior"].array,
            "currency": entity["functional_currency"].array,
            "amount": (balances["debit"] - balances["credit"]).array,
        }
    )[account["account_type"].isin(ledger.COST_TYPES).to_numpy()]
    if not len(facts) or not periods:
        return frames.arrange(pd.DataFrame(columns=list(_KINDS)), _KINDS, _KEY)
    return frames.arrange(_with_changes(facts, periods), _KINDS, _KEY)


def _with_changes(facts: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    begin, last = calendar.index(periods[0]), calendar.index(periods[-1])
    first = min(begin, int(frames.month_numbers(facts["period"]).min()))
    panel = frames.panel(facts, _SERIES, ["amount"], first, last)
    amount, reported = panel.values["amount"], panel.rows > 0
    reported[:, : begin - first] = False
    at = np.nonzero(reported)
    table = panel.keys.take(at[0]).reset_index(drop=True)
    table["period"] = frames.month_labels(first, amount.shape[1]).take(at[1])
    table["amount"] = amount[at]
    total = table.groupby(["entity_id", "period"])["amount"].transform("sum")
    return table.assign(
        share_pct=frames.fraction(table["amount"], total),
        mom_pct=frames.change_ratios(amount, 1)[at], yoy_pct=frames.change_ratios(amount, 12)[at],
        trend=trends.of_cells(amount, panel.rows, at),
    )  # fmt: skip


def product_cost_findings(
    table: pd.DataFrame, balances: pd.DataFrame, accounts: pd.DataFrame, periods: Sequence[str]
) -> list[Finding]:
    """CST-005: costs by product are those of the ledger, by entity, period and product; a missing place is a finding."""
    costs = set(accounts.loc[accounts["account_type"].isin(ledger.COST_TYPES), "account_id"])
    spent = balances[balances["account_id"].isin(costs) & balances["period"].isin(list(periods))]
    place = ["entity_id", "period", "product_id"]
    due = (
        spent.assign(amount=spent["debit"] - spent["credit"]).fillna({"product_id": "-"}).groupby(place)["amount"].sum()
    )
    said = table.fillna({"product_id": "-"}).groupby(place)["amount"].sum()
    both = frames.side_by_side({"due": due, "said": said})
    broken = both[(both["due"] != both["said"]) | ~both.index.isin(said.index)]
    return [
        Finding("CST-005", " ".join(at), f"cost is {said}, in the ledger {due} (minor units)", period=at[1])
        for at, due, said in broken.itertuples(name=None)
    ]
