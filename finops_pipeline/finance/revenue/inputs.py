"""What the revenue engine reads, brought into one shape: contracts, their obligations, and what happened so far.

Here: joining, the cut-off at the end of the reporting period, and a fixed order. Not here: judging (`screening`).
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from finops_pipeline.finance import periods

Proration = Literal["daily", "monthly"]
KEY = ["contract_id", "obligation_id"]

_CONTRACT = {"entity_id": "str", "customer_id": "str", "currency": "str"}


@dataclass(frozen=True, slots=True)
class Inputs:
    """Contracts by key; obligations and events joined to them and sorted, so that input order means nothing.

    `obligations` and `events` carry the contract's `entity_id`, `customer_id`, `currency` and `signed_on`, null where
    the contract is not there. `events` end with `as_of_period`: what comes later is not known yet.
    """

    contracts: pd.DataFrame
    obligations: pd.DataFrame
    events: pd.DataFrame
    entities: pd.DataFrame
    as_of_period: str

    def without(self, contract_ids: list[str]) -> "Inputs":
        """The same, with these contracts left out whole."""
        contracts, obligations, events = (
            frame[~frame["contract_id"].isin(contract_ids)].reset_index(drop=True)
            for frame in (self.contracts, self.obligations, self.events)
        )
        return Inputs(contracts, obligations, events, self.entities, self.as_of_period)


def gather(
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    events: pd.DataFrame,
    entities: pd.DataFrame,
    as_of_period: str,
) -> Inputs:
    """Join, cut off and sort the canonical tables."""
    head = contracts[["contract_id", *_CONTRACT, "signed_on"]].astype({"contract_id": "str", **_CONTRACT})
    head = head.sort_values("contract_id", ignore_index=True)
    cut_off = pd.Timestamp(periods.last_day(as_of_period))
    known = events[events["event_date"].to_numpy(dtype="datetime64[ns]") <= cut_off.to_datetime64()]
    return Inputs(
        head,
        _joined(obligations, head).sort_values(KEY, ignore_index=True),
        _joined(known, head).sort_values(["contract_id", "event_date", "event_id"], ignore_index=True),
        entities,
        as_of_period,
    )


def _joined(rows: pd.DataFrame, head: pd.DataFrame) -> pd.DataFrame:
    texts = {**dict.fromkeys(KEY, "str"), "contract_currency": "str"}
    return rows.astype(texts).merge(head, on="contract_id", how="left", validate="many_to_one")
