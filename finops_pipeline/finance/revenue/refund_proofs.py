"""Proofs of the refund liability and the return asset, from the published rows alone.

Here: REV-180 to REV-184. Not here: how the rows come about (`refunds`); the journal proves its own lines (`journal`).
A row that is missing counts as zero, so a missing row with an amount on the other side fails.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames, periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.inputs import KEY
from finops_pipeline.finance.revenue.refunds import MOVES, grid
from finops_pipeline.finance.revenue.settlements import settlements

_PLACE = ["contract_id", "period"]
_EXPECTED = ["returns", "concessions", "cancellations"]


def refund_findings(
    refunds: pd.DataFrame, rollforward: pd.DataFrame, lines: pd.DataFrame, events: pd.DataFrame, wanted: Sequence[str]
) -> list[Finding]:
    """Everything that is wrong with the roll-forward of refund liabilities in these consecutive periods.

    REV-180: opening and movements make closing, and that is the next opening. REV-181: what is expected is what the schedule
    expects, and what is settled what the events gave back. REV-182: the liability is that of `revenue_rollforward`: what is
    expected and not given back, but not more than is unearned.
    """
    shown = refunds.set_index(_PLACE)
    made = shown["opening"] + shown[MOVES].sum(axis=1)
    held = rollforward.set_index(_PLACE)
    owed = held.loc[held["balance"] == "refund_liability", ["opening", "closing"]]
    changes, given = _scheduled(lines), _given(events, refunds["contract_id"])
    is_wanted = changes["period"].isin(list(wanted))
    expected = changes[is_wanted].groupby(_PLACE)["change"].sum()
    settled = given[given["period"].isin(list(wanted))].groupby(_PLACE)["given_back"].sum()
    return [
        *_differences("REV-180", made, shown["closing"], ("opening and movements", "closing")),
        *_differences("REV-180", *_carried(refunds, _PLACE, wanted), ("closing of the month before", "opening")),
        *_differences("REV-181", shown[_EXPECTED].sum(axis=1), expected, ("what is expected", "the schedule")),
        *_differences("REV-181", -shown["settled"], settled, ("what is settled", "refunds and credit notes")),
        *_differences("REV-182", shown["opening"], owed["opening"], ("opening", "that of revenue_rollforward")),
        *_differences("REV-182", shown["closing"], owed["closing"], ("closing", "that of revenue_rollforward")),
        *_differences("REV-182", owed["closing"], _due(changes, events, rollforward, wanted), ("closing", "what is due")),
    ]  # fmt: skip


def _due(changes: pd.DataFrame, events: pd.DataFrame, rollforward: pd.DataFrame, wanted: Sequence[str]) -> pd.Series:
    """What is expected and not given back, up to what is unearned, by contract and month."""
    ids = pd.concat(
        [changes["contract_id"], rollforward.loc[rollforward["balance"] == "refund_liability", "contract_id"]]
    )
    ids = ids.astype("str").drop_duplicates().reset_index(drop=True)
    span = np.sort(months.numbers(wanted))
    given = _given(events, ids)
    rest = np.cumsum(grid(changes, changes["change"], ids, span) - grid(given, given["given_back"], ids, span), axis=1)
    unearned = rollforward[rollforward["balance"].isin(["contract_liability", "refund_liability"])]
    unearned = unearned[months.is_among(unearned["contract_id"], ids)].assign(
        month=lambda r: months.numbers(r["period"])
    )
    due = np.minimum(np.maximum(rest, 0), grid(unearned, unearned["closing"], ids, span))[:, 1:]
    place = pd.MultiIndex.from_product([ids, months.labels(span)], names=_PLACE)
    return pd.Series(due.ravel(), place)


def return_asset_findings(assets: pd.DataFrame, wanted: Sequence[str]) -> list[Finding]:
    """REV-183: opening and movements make closing, and that is the next opening. REV-184: no asset is negative."""
    key = [*KEY, "period"]
    shown = assets.set_index(key)
    made = shown["opening"] + shown[["expected", "came_back"]].sum(axis=1)
    below = shown.loc[shown["closing"] < 0, "closing"]
    return [
        *_differences("REV-183", made, shown["closing"], ("opening and movements", "closing")),
        *_differences("REV-183", *_carried(assets, key, wanted), ("closing of the month before", "opening")),
        *_differences("REV-184", below, below * 0, ("a return asset", "the least it can be")),
    ]


def cost_warnings(states: pd.DataFrame, events: pd.DataFrame, obligations: pd.DataFrame) -> list[Finding]:
    """REV-185 (warning): goods are expected back whose cost nobody said, so no asset is shown for them."""
    asked = events[(events["event_type"] == "returns_estimate") & events["quantity"].notna() & events["amount"].isna()]
    asked = asked[months.is_among(asked["contract_id"], states["contract_id"])]
    without = obligations[obligations["goods_cost"].isna() & (obligations["recognition"] == "point_in_time")]
    named = pd.MultiIndex.from_frame(asked[KEY].astype("str"))
    found = without[pd.MultiIndex.from_frame(without[KEY].astype("str")).isin(named)]
    return [
        Finding(
            "REV-185", f"{row.contract_id} / {row.obligation_id}",
            "goods are expected back and nobody says what they cost, so no return asset is shown: fill in goods_cost",
            severity="warning",
        )
        for row in found.sort_values(KEY).itertuples()
    ]  # fmt: skip


def _carried(rows: pd.DataFrame, key: list[str], wanted: Sequence[str]) -> tuple[pd.Series, pd.Series]:
    """Closings as openings of the month after, beside the openings that are there."""
    later = rows[rows["period"] < max(wanted)].assign(period=lambda r: r["period"].map(lambda p: periods.add(p, 1)))
    return later.set_index(key)["closing"], rows[rows["period"] > min(wanted)].set_index(key)["opening"]


def _scheduled(lines: pd.DataFrame) -> pd.DataFrame:
    """What changed in each month in what the schedule expects to go back, where anything did."""
    rows = lines[lines["status"] == "actual"]
    rows = rows[months.is_among(rows["contract_id"], rows.loc[rows["expected_refund"] != 0, "contract_id"])]
    rows = rows.astype(dict.fromkeys([*KEY, "period"], "str")).sort_values([*KEY, "period"])
    change = rows["expected_refund"] - rows.groupby(KEY)["expected_refund"].shift(fill_value=0)
    return rows.assign(change=change, month=months.numbers(rows["period"]))[[*_PLACE, "month", "change"]]


def _given(events: pd.DataFrame, contract_ids: pd.Series) -> pd.DataFrame:
    """What refunds and credit notes of these contracts gave back."""
    rows = settlements(events[months.is_among(events["contract_id"], contract_ids)])
    return rows.assign(period=months.labels(rows["month"].to_numpy(np.int64)).array)


def _differences(rule_id: str, left: pd.Series, right: pd.Series, names: tuple[str, str]) -> Iterator[Finding]:
    both = frames.side_by_side({"left": left, "right": right})
    for place, one, other in both[both["left"] != both["right"]].itertuples(name=None):
        message = f"{names[0]} is {one}, {names[1]} is {other} (minor units): recompute the roll-forward"
        yield Finding(rule_id, " ".join(place), message, period=str(place[-1]))
