"""Allocation of the transaction price to obligations in proportion to standalone selling prices.

Here: fixed prices. Not here: variable consideration, discounts that belong to some obligations only, residual prices.

Worked example (ASC 606-10-55-256, Example 33): price 100, standalone selling prices 50, 25 and 75, together 150.
Shares are 33.33, 16.67 and 50: in a currency without decimals 33, 16 and 50 with 1 left over, which goes to the largest
remainder, so 33, 17, 50.
"""

import numpy as np
import pandas as pd

from finops_pipeline.finance.revenue import exact, months


def allocated_prices(obligations: pd.DataFrame) -> months.Integers:
    """The transaction price of each contract, allocated to its obligations so that the parts sum to it exactly.

    The price is the sum of stated prices. It is allocated by relative standalone selling price (largest remainder, ties
    to the earlier obligation) when every obligation of the contract has one; else the stated prices stand.

    Shape: one amount per row of `obligations`, which is sorted by contract. Unit: minor units of the contract currency.
    Source: ASC 606-10-32-28 to 32-31; IFRS 15.73-80.
    """
    stated = obligations["stated_price"].to_numpy(np.int64)
    ssp = obligations["ssp"]
    contract = pd.factorize(obligations["contract_id"])[0]
    complete = ssp.notna().groupby(contract).transform("all").to_numpy(bool)
    weight = ssp.fillna(0).to_numpy(np.int64)
    by_contract = pd.DataFrame({"price": stated, "weight": weight}).groupby(contract)
    price = by_contract["price"].transform("sum").to_numpy(np.int64)
    total = by_contract["weight"].transform("sum").to_numpy(np.int64)
    shares = _largest_remainder(price, weight, np.maximum(total, 1), contract)
    return np.where(complete, shares, stated)


def _largest_remainder(
    price: months.Integers, weight: months.Integers, total: months.Integers, contract: months.Integers
) -> months.Integers:
    share, remainder = exact.quotient_and_remainder(np.abs(price), weight, total)
    rows = pd.DataFrame({"contract": contract, "share": share, "remainder": -remainder.astype(np.int64)})
    left = np.abs(price) - rows.groupby("contract")["share"].transform("sum").to_numpy(np.int64)
    rank = rows.groupby("contract")["remainder"].rank(method="first").to_numpy()
    parts: months.Integers = np.sign(price) * (share + (rank <= left))
    return parts
