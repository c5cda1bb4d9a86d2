"""What the revenue engine reads, brought into one shape: contracts, their obligations, and what happened so far.

Here: joining, the cut-off at the end of the reporting period, and a fixed order. Not here: judging (`screening`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import months

Proration = Literal["daily", "monthly"]
KEY = ["contract_id", "obligation_id"]

_ONLY = (
    (("progress",), ("output", "input")),
    (("usage",), ("usage",)),
    (("return", "returns_estimate"), ("point_in_time",)),
)
"""Kinds of event, and the ways of recognition that they concern."""
CHANGES = ("return", "returns_estimate", "variable_estimate", "modification", "cancellation")
_CONTRACT = {"entity_id": "str", "customer_id": "str", "currency": "str"}
GATE = ["collectability", "criteria_met_on", "nonrefundable_on"]
"""What a contract says of whether it is one (`gates`)."""


@dataclass(frozen=True)
class Inputs:
    """Contracts by key; obligations and events joined to them and sorted, so that input order means nothing.

    `obligations` carry the contract's `entity_id`, `customer_id`, `currency` and `signed_on`, `events` the last two, null
    where the contract is not there. `events` end with `as_of_period`: what comes later is not known yet.
    """

    contracts: pd.DataFrame
    obligations: pd.DataFrame
    events: pd.DataFrame
    entities: pd.DataFrame
    as_of_period: str
    _made: dict[Any, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def changing(self) -> list[str]:
        """The contracts that change, found once."""
        return changing(self)

    @cached_property
    def unchanging(self) -> "Inputs":
        """The same, without the contracts that change."""
        return self.without(self.changing)

    def once(self, of_rows: Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
        """What a function makes of obligations and events, computed by the first who asks: never change it."""
        if of_rows not in self._made:
            self._made[of_rows] = of_rows(self.obligations, self.events)
        return self._made[of_rows]

    def without(self, contract_ids: list[str]) -> "Inputs":
        """The same, with these contracts left out whole."""
        return self._where(contract_ids, is_kept=False) if contract_ids else self

    def only(self, contract_ids: list[str]) -> "Inputs":
        """The same, with these contracts alone."""
        return self._where(contract_ids, is_kept=True)

    def _where(self, contract_ids: list[str], *, is_kept: bool) -> "Inputs":
        contracts, obligations, events = (
            frame[months.is_among(frame["contract_id"], contract_ids) == is_kept].reset_index(drop=True)
            for frame in (self.contracts, self.obligations, self.events)
        )
        return Inputs(contracts, obligations, events, self.entities, self.as_of_period)


def changing(inputs: Inputs) -> list[str]:
    """The contracts whose price, promises or past change, or whose price is shared out in a special way.

    They are accounted for one at a time (`replay`), all others a whole column at a time.
    """
    promised, happened = inputs.obligations, inputs.events
    special = (
        promised["added_by_event_id"].notna()
        | promised["discount_group"].notna()
        | (promised["ssp"].isna() & promised["ssp_low"].notna())
        | (promised["ssp_method"] == "residual")
    )
    kind = happened["event_type"]
    recorded = happened["recorded_on"].fillna(happened["event_date"])
    is_late = months.of_dates(recorded) > months.of_dates(happened["event_date"])
    measured = promised.loc[promised["recognition"].isin(["output", "input"]), KEY]
    unusual = happened[(kind == "delivery") & happened["obligation_id"].notna()].merge(measured, on=KEY)
    without_price = (kind == "usage") & happened["amount"].isna()
    found = [
        promised.loc[special, "contract_id"],
        happened.loc[kind.isin(CHANGES) | is_late | without_price, "contract_id"],
        unusual["contract_id"],
    ]
    return sorted(pd.concat(found).unique().tolist())


def gather(
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    events: pd.DataFrame,
    entities: pd.DataFrame,
    as_of_period: str,
) -> Inputs:
    """Join, cut off and sort the canonical tables.

    Raises: ValueError when a contract is there twice: its rows would count twice.
    """
    texts = {"contract_id": "str", **_CONTRACT, "collectability": "str"}
    heads = contracts[["contract_id", *_CONTRACT, "signed_on", *GATE]].astype(texts)
    heads = heads.sort_values("contract_id", ignore_index=True)
    head = heads.drop(columns=GATE)
    if not head["contract_id"].is_unique:
        raise ValueError(f"contract {head['contract_id'][head['contract_id'].duplicated()].iloc[0]} is there twice")
    cut_off = pd.Timestamp(periods.last_day(as_of_period))
    learned = events["recorded_on"].fillna(events["event_date"])
    is_known = (events["event_date"] <= cut_off) & (learned <= cut_off)
    later = _added_by(obligations, events[~is_known])
    promised = _joined(obligations[~later], head).sort_values(KEY, ignore_index=True)
    told = head[["contract_id", "currency", "signed_on"]]
    known = events[is_known]
    happened = _joined(known.take(months.in_time(known)).reset_index(drop=True), told)
    return Inputs(heads, promised, named(happened, promised), entities, as_of_period)


def _added_by(obligations: pd.DataFrame, events: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether an obligation was added by one of these events of its own contract."""
    found = obligations["added_by_event_id"].notna().to_numpy(bool).copy()
    added = obligations.loc[found, ["contract_id", "added_by_event_id"]].astype("str")
    changes = events[["contract_id", "event_id"]].astype("str")
    found[found] = pd.MultiIndex.from_frame(added).isin(pd.MultiIndex.from_frame(changes))
    return found


def named(events: pd.DataFrame, obligations: pd.DataFrame) -> pd.DataFrame:
    """Progress, usage and returns without an obligation are of the only one that they can be of."""
    for kinds, recognitions in _ONLY:
        fitting = obligations[obligations["recognition"].isin(recognitions)].drop_duplicates("contract_id", keep=False)
        only = events["contract_id"].map(fitting.set_index("contract_id")["obligation_id"]).astype("str")
        fills = events["obligation_id"].isna() & events["event_type"].isin(kinds)
        events = events.assign(obligation_id=events["obligation_id"].where(~fills, only))
    return events


def _joined(rows: pd.DataFrame, head: pd.DataFrame) -> pd.DataFrame:
    texts = {**dict.fromkeys(KEY, "str"), "contract_currency": "str"}
    joined = rows.astype(texts)
    place = months.positions(joined["contract_id"], head["contract_id"])
    for name in head.columns.drop("contract_id"):
        joined[name] = head[name].array.take(place, allow_fill=True)
    return joined
