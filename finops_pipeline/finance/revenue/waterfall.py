"""The waterfall: what was booked in each month, by the months in which it became or is planned to become revenue.

Here: the table and its proof. Not here: when anything is recognized (`schedule`), when it is booked (`bookings`).
"""

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import bookings, months
from finops_pipeline.finance.revenue.inputs import KEY

_GROUP = ["entity_id", "booked_period", "recognized_period", "currency"]


def revenue_waterfall(
    lines: pd.DataFrame, contracts: pd.DataFrame, obligations: pd.DataFrame, events: pd.DataFrame
) -> pd.DataFrame:
    """Revenue by the month of its booking and the month of its recognition, past and planned.

    An obligation is booked when its contract is signed, or with the modification that adds it; later changes of its
    price stay with it. Shape: one row per entity, both months and currency with revenue. Unit: minor units.
    """
    booked = bookings.obligation_months(contracts, obligations, events)
    rows = lines[[*KEY, "entity_id", "period", "currency", "recognized"]].astype(dict.fromkeys(KEY, "str"))
    rows = rows.merge(booked, on=KEY, how="left", validate="many_to_one")
    rows = rows[rows["recognized"] != 0].astype({"entity_id": "str", "currency": "str", "booked": np.int64})
    sums = rows.groupby(["entity_id", "booked", "period", "currency"])["recognized"].sum().reset_index()
    sums["booked_period"] = months.labels(sums["booked"].to_numpy(np.int64))
    sums = sums.rename(columns={"period": "recognized_period", "recognized": "amount"})
    return sums[[*_GROUP, "amount"]].astype(dict.fromkeys(_GROUP, "str")).sort_values(_GROUP, ignore_index=True)


def waterfall_findings(waterfall: pd.DataFrame, lines: pd.DataFrame) -> list[Finding]:
    """REV-140: each month of each entity sums to the schedule. REV-141: nothing is revenue before it is booked."""
    shown = waterfall.groupby(["entity_id", "recognized_period", "currency"])["amount"].sum()
    planned = lines.groupby(["entity_id", "period", "currency"])["recognized"].sum()
    planned.index = planned.index.set_names(shown.index.names)
    both = frames.side_by_side({"shown": shown, "planned": planned})
    found = [
        Finding(
            "REV-140", f"{entity} {period} {currency}",
            f"the waterfall sums to {one}, the schedule to {other} (minor units): recompute revenue_waterfall",
            period=period,
        )
        for (entity, period, currency), one, other in both[both["shown"] != both["planned"]].itertuples(name=None)
    ]  # fmt: skip
    early = waterfall[waterfall["recognized_period"] < waterfall["booked_period"]]
    return found + [
        Finding(
            "REV-141", f"{r.entity_id} {r.recognized_period} {r.currency}",
            f"revenue of {r.amount} (minor units) stands before its booking in {r.booked_period}: recompute revenue_schedule",
            period=str(r.recognized_period),
        )
        for r in early.itertuples()
    ]  # fmt: skip
