"""Step 3, the transaction price: what a customer is expected to pay in exchange for what was promised.

Here: the price of a contract as its rows state it. Not here: how it is shared out (`allocation`, `sharing`).

Source: ASC 606-10-32-2 to 32-27; IFRS 15.47-72.
"""

from fractions import Fraction

import pandas as pd

from finops_pipeline.finance.revenue.inputs import KEY


def transaction_prices(obligations: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """The price of each contract before anything is given back: stated prices, usage, modifications and estimates.

    Of the estimates of variable consideration of one component of a contract or obligation the latest stands. What a modification
    changes besides the prices of what it adds counts; an amount that only repeats these does not.

    Shape: one amount per contract_id. Unit: minor units. It is summed from the rows alone, to prove the schedule.
    """
    shared = obligations[obligations["recognition"] != "usage"]
    stated = shared.set_index("contract_id")["stated_price"]
    estimates = events[events["event_type"] == "variable_estimate"].sort_values(["event_date", "event_id"])
    latest = estimates.drop_duplicates([*KEY, "component"], keep="last").set_index("contract_id")["amount"]
    changes = events[(events["event_type"] == "modification") & events["amount"].notna()]
    added = changes["event_id"].map(shared.groupby("added_by_event_id")["stated_price"].sum())
    changed = changes.loc[(changes["amount"] != added).fillna(value=True).astype(bool)].set_index("contract_id")[
        "amount"
    ]
    parts = [stated, latest, changed, _usage(obligations, events)]
    total: pd.Series = pd.concat([part.astype("int64") for part in parts]).groupby(level=0).sum()
    return total


def _usage(obligations: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    used = events[events["event_type"] == "usage"][[*KEY, "amount", "quantity"]]
    rates = obligations[[*KEY, "stated_price", "quantity"]].rename(columns={"quantity": "units"})
    rows = used.merge(rates, on=KEY).astype(object)
    amounts = [
        round(Fraction(price) * Fraction(quantity) / (1 if pd.isna(units) else Fraction(units)))
        if pd.isna(amount)
        else amount
        for amount, quantity, price, units in rows[["amount", "quantity", "stated_price", "units"]].itertuples(
            index=False
        )
    ]
    return pd.Series(amounts, index=rows["contract_id"].astype("str"), dtype="int64", name="amount")
