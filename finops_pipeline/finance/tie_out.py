"""Tie-out: the trial balance beside the balances that the system itself states. Tolerance is zero.

Here: the comparison, account by account, and what does not tie. Not here: how control figures are read from a system's
totals (`sources`), nor the trial balance (`ledger`).

Both sides are joined from either side: a row that only one of them has is compared with nothing, which counts as zero.
A comparison that drops such rows never fails where books are incomplete. Not compared are accounts of which the system
says that it states no balance (an empty closing), such as income accounts of a system that knows balances of the balance
sheet alone.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from finops_pipeline.finance.findings import Finding

_KEY = ["source", "entity_id", "period", "account_id", "currency"]
_COLUMNS = ["source", "entity_id", "period", "account_id", "ours", "theirs", "difference", "currency"]


def tie_out(controls: pd.DataFrame, trial_balance: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """Closing balances of both sides, for every entity and period of `periods` that a system states balances for.

    Shape: one row per source x entity x period x account x currency. Unit: minor units, debit-positive.
    """
    stated = controls[controls["period"].isin(list(periods))]
    silent = stated[stated["closing"].isna()]
    theirs = stated.dropna(subset=["closing"]).groupby(_KEY)["closing"].sum().rename("theirs").reset_index()
    places = stated[["source", "entity_id", "period"]].drop_duplicates()
    ours = places.merge(trial_balance.rename(columns={"closing_balance": "ours"}), on=["entity_id", "period"])
    both = ours[[*_KEY, "ours"]].merge(theirs, on=_KEY, how="outer")
    both = both.astype({"ours": "Int64", "theirs": "Int64"})
    both = both.merge(silent[_KEY].drop_duplicates(), on=_KEY, how="left", indicator="said")
    both = both[both["said"] == "left_only"].drop(columns="said")
    both["difference"] = (both["ours"].fillna(0) - both["theirs"].fillna(0)).astype("int64")
    return both[_COLUMNS].sort_values(_KEY, kind="stable", ignore_index=True)


def tie_out_findings(table: pd.DataFrame) -> list[Finding]:
    """TIE-001: the closing balance of every account is the one that the system states."""
    rows: list[Any] = list(table[table["difference"] != 0].itertuples())
    return [
        Finding(
            "TIE-001",
            f"{row.source} {row.entity_id} {row.period} {row.account_id}",
            f"the books say {_said(row.ours)}, {row.source} says {_said(row.theirs)} ({row.currency}, minor units): "
            f"{row.difference} do not tie; look in quarantine and left_out for rows of this account, and for files that "
            "have not come",
            period=str(row.period),
        )
        for row in rows
    ]


def ahead_findings(controls: pd.DataFrame, last: str, until: str) -> list[Finding]:
    """TIE-002: no system states activity in a month after the last one of the books, up to the month of the reports."""
    later = controls[controls["period"].gt(last) & controls["period"].le(until) & controls["net_activity"].ne(0)]
    places: list[Any] = list(later.groupby(["source", "entity_id", "period"]).size().items())
    return [
        Finding(
            "TIE-002",
            f"{source} {entity} {period}",
            f"{source} states activity on {rows} accounts, but the books end with {last}: deliver the journals",
            period=str(period),
        )
        for (source, entity, period), rows in places
    ]


def silence_warnings(controls: pd.DataFrame, trial_balance: pd.DataFrame, last: str) -> list[Finding]:
    """TIE-003: a system that stated balances of an entity states them for the last month of the books too.

    A month without any figures has nothing to differ from: that it was not compared must be said.
    """
    place = ["source", "entity_id"]
    stated = controls.dropna(subset=["closing"])
    until = stated.groupby(place)["period"].max().rename("until").reset_index()
    kept = trial_balance.loc[trial_balance["period"].eq(last), ["entity_id"]].drop_duplicates()
    rows: list[Any] = list(until[until["until"].lt(last)].merge(kept, on="entity_id").sort_values(place).itertuples())
    return [
        Finding(
            "TIE-003",
            f"{row.source} {row.entity_id} {last}",
            f"{row.source} states balances up to {row.until}, and the books of {last} were not compared: deliver its "
            "balances of that month, or look for the file in ingested_files",
            severity="warning",
            period=last,
        )
        for row in rows
    ]


def _said(amount: Any) -> str:
    return "nothing" if pd.isna(amount) else str(amount)
