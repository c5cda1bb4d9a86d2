"""The tables of the engine, so many contracts at a time: contracts do not touch each other, so memory stays bounded.

Contracts that are accounted for as one (`combination_id`) are always in one part.

Here: how rows are parted, once for all parts, and which contracts are chosen. What is made of the parts, one after another
or side by side, and set one below the other is what is made of the whole. Not here: who makes them, or where results go.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from finops_pipeline.finance.revenue import months


class Tables(NamedTuple):
    """What the engine reads, in the order in which its functions take it."""

    contracts: pd.DataFrame
    obligations: pd.DataFrame
    events: pd.DataFrame
    entities: pd.DataFrame

    def only(self, contract_ids: Sequence[str]) -> "Tables":
        """The rows of these contracts, also where the contract itself is not there."""
        contracts, obligations, events = (t[months.is_among(t["contract_id"], contract_ids)] for t in self[:3])
        return Tables(contracts, obligations, events, self.entities)


class Places(NamedTuple):
    """Every contract that any row names, in order, and for each table the place of each row's contract among them."""

    ids: pd.Series
    rows: list[months.Integers]


def places(frames: Sequence[pd.DataFrame]) -> Places:
    """Where the contract of every row stands. Cost: a lookup a row, for contracts that the first frame (`contracts`) has."""
    names = [frame["contract_id"].astype("str") for frame in frames]
    ids = names[0].drop_duplicates().sort_values(ignore_index=True)
    every = pd.concat(names, ignore_index=True)  # looked up at once: what they are looked up in is prepared once
    found = months.positions(every, ids)
    unknown = every[found < 0]
    if len(unknown):
        ids = pd.concat([ids, unknown]).drop_duplicates().sort_values(ignore_index=True)
        found = months.positions(every, ids)
    return Places(ids, np.split(found, np.cumsum([len(name) for name in names])[:-1]))


def first_of_one(ids: pd.Series, contracts: pd.DataFrame) -> months.Integers:
    """For each contract the place of the first of those that are accounted for as one with it: mostly its own."""
    first = np.arange(len(ids))
    rows = contracts[contracts["combination_id"].notna()]
    if rows.empty:
        return first
    place = pd.Series(months.positions(rows["contract_id"], ids))
    first[place] = place.groupby(rows["combination_id"].to_numpy(dtype=object)).transform("min")
    return first


def in_parts(tables: Tables, at_once: int) -> Iterator[Tables]:
    """The tables by contract, so many contracts at once. Cost: one pass over the rows, whatever the number of parts.

    Raises: ValueError when there is to be nothing in a part.
    """
    if at_once < 1:
        raise ValueError(f"parts of {at_once} contracts never end: ask for at least 1")
    ids, place_of = places(tables[:3])
    number = max(-(-len(ids) // at_once), 1)
    part = first_of_one(ids, tables.contracts) // at_once
    orders = [_by_part(part[place], number) for place in place_of]
    for rows in zip(*orders, strict=True):
        contracts, obligations, events = (table.take(order) for table, order in zip(tables[:3], rows, strict=True))
        yield Tables(contracts, obligations, events, tables.entities)


def _by_part(part: months.Integers, number: int) -> list[months.Integers]:
    """The positions of the rows of each part, in the order of the rows."""
    ends = np.cumsum(np.bincount(part, minlength=number))
    return np.split(np.argsort(part, kind="stable"), ends[:-1])
