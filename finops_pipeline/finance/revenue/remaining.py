"""Remaining performance obligations: the transaction price signed and not yet recognized, by when it is expected.

Here: the bands of the disclosure and their proof. Not here: when anything is recognized (`schedule`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.inputs import KEY

_BANDS = ("0-12m", "13-24m", ">24m")
_UNKNOWN = 10**6  # a month beyond every calendar: nothing is known of when
_GROUP = ["entity_id", "currency", "signed"]


def remaining_obligations(lines: pd.DataFrame, contracts: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """Transaction price of contracts signed by the end of each period that was revenue in no month up to it.

    The band is that of the month in which it became or is planned to become revenue: 1 to 12, 13 to 24, or more than 24
    months after the period. What no month is known for (undelivered, without expected date) is in the last band.

    Shape: three bands per entity, period and currency from the first contract on, zeros included.
    Source: ASC 606-10-50-13 to 50-15; IFRS 15.120-122.
    """
    due = _due(lines, contracts)
    wanted = np.sort(months.numbers(periods))
    grid = due.loc[due.index.repeat(len(wanted))].reset_index(drop=True).assign(target=np.tile(wanted, len(due)))
    grid = grid[grid["signed"] <= grid["target"]]
    ahead = (grid["month"] - grid["target"]).to_numpy(np.int64)
    for band, (low, high) in zip(_BANDS, ((1, 12), (13, 24), (25, _UNKNOWN)), strict=True):
        grid[band] = grid["amount"].where((ahead >= low) & (ahead <= high), 0)
    sums = grid.groupby(["entity_id", "target", "currency"], sort=False)[list(_BANDS)].sum().reset_index()
    rows = sums.melt(["entity_id", "target", "currency"], list(_BANDS), var_name="band", value_name="amount")
    rows["period"] = months.labels(rows["target"].to_numpy(np.int64))
    rows = rows[["entity_id", "period", "band", "currency", "amount"]].astype({"band": "str", "amount": np.int64})
    return rows.sort_values(["entity_id", "period", "band", "currency"], ignore_index=True)


def _due(lines: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """Price by entity, currency, month of signing and month of recognition; the rest of an obligation last of all."""
    rows = _with_signing(lines, contracts).assign(amount=lines["recognized"])
    price = rows.drop_duplicates(KEY).assign(month=np.int64(_UNKNOWN), amount=lambda r: r["allocated_price"])
    sums = rows.groupby([*_GROUP, "month"], sort=False)["amount"].sum().reset_index()
    taken = sums.assign(month=np.int64(_UNKNOWN), amount=-sums["amount"])
    both = pd.concat([sums, taken, price[[*_GROUP, "month", "amount"]]])
    return both.groupby([*_GROUP, "month"], sort=False)["amount"].sum().reset_index()


def _with_signing(lines: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    place = months.positions(lines["contract_id"], contracts["contract_id"])
    rows = lines.astype({"contract_id": "str", "entity_id": "str", "currency": "str"})
    return rows.assign(signed=months.of_dates(contracts["signed_on"])[place], month=months.numbers(rows["period"]))


def remaining_findings(
    remaining: pd.DataFrame, lines: pd.DataFrame, contracts: pd.DataFrame, periods: Sequence[str]
) -> list[Finding]:
    """REV-120: the bands of each entity, period and currency sum to allocated price less revenue recognized so far."""
    rows = _with_signing(lines, contracts)
    group = ["entity_id", "currency"]
    change = pd.concat(
        [
            rows.drop_duplicates(KEY).assign(month=lambda r: r["signed"], amount=lambda r: r["allocated_price"]),
            rows.assign(amount=-rows["recognized"]),
        ]
    )
    change = change.groupby([*group, "month"])["amount"].sum().reset_index()
    found = []
    for period in sorted(periods):
        known = change[change["month"] <= months.numbers([period])[0]]
        expected = known.groupby(group)["amount"].sum()
        shown = remaining[remaining["period"] == period].groupby(group)["amount"].sum()
        both = pd.concat({"shown": shown, "expected": expected}, axis=1)
        wrong = both[both["shown"].isna() | both["expected"].isna() | (both["shown"] != both["expected"])]
        found += [
            Finding(
                "REV-120",
                f"{entity} {period} {currency}",
                f"bands sum to {bands:.0f}, allocated less recognized is {rest:.0f} (minor units): recompute "
                "remaining_obligations",
                period=period,
            )
            for (entity, currency), bands, rest in wrong.itertuples(name=None)
        ]
    return found
