"""The tables of the engine, so many contracts at a time: contracts do not touch each other, so memory stays bounded.

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


def all_contracts(tables: Tables) -> pd.Series:
    """Every contract that any row names, in order."""
    named = pd.concat([table["contract_id"].astype("str").drop_duplicates() for table in tables[:3]])
    return named.drop_duplicates().sort_values(ignore_index=True)


def in_parts(tables: Tables, at_once: int) -> Iterator[Tables]:
    """The tables by contract, so many contracts at once. Cost: one pass over the rows, whatever the number of parts.

    Raises: ValueError when there is to be nothing in a part.
    """
    if at_once < 1:
        raise ValueError(f"parts of {at_once} contracts never end: ask for at least 1")
    ids = all_contracts(tables)
    number = max(-(-len(ids) // at_once), 1)
    orders = [_by_part(table, ids, at_once, number) for table in tables[:3]]
    for rows in zip(*orders, strict=True):
        contracts, obligations, events = (table.take(order) for table, order in zip(tables[:3], rows, strict=True))
        yield Tables(contracts, obligations, events, tables.entities)


def _by_part(table: pd.DataFrame, ids: pd.Series, at_once: int, number: int) -> list[months.Integers]:
    """The positions of the rows of each part, in the order of the rows."""
    part = months.positions(table["contract_id"], ids) // at_once
    ends = np.cumsum(np.bincount(part, minlength=number))
    return np.split(np.argsort(part, kind="stable"), ends[:-1])
