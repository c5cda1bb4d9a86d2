"""What was made before and still holds: which contracts have to go through the engine again, and which rows stay.

A contract's rows follow from its own rows in the tables, from whether its entity is there, and from what holds for all (the
period, the settings, the release: its `basis`). A fingerprint of all that is kept beside the rows. Where it is the same, so
are the rows; where it is not, the contract is made again, alone, because contracts do not touch each other. Those that are
accounted for as one (`combination_id`) share a fingerprint, and are made again together.

Here: fingerprints, their comparison, and the exchange of rows. Not here: what is made again (`schedule`, `rollforward`,
`journal`), which knows nothing of what was kept, nor where it is kept.

A fingerprint is two sums of 64-bit hashes of rows (`row_hashes`), so their order means nothing. That a change leaves both as
they were happens by chance about once in 2**127 changes.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months, row_hashes
from finops_pipeline.finance.revenue.parts import Tables, first_of_one, in_parts, places

PRINTS = ("first", "second")
"""The columns of fingerprints."""


class Result(NamedTuple):
    """What was made of contracts: their rows, what is wrong with them, and the fingerprints of what it was made from."""

    prints: pd.DataFrame
    rows: pd.DataFrame
    findings: list[Finding]


Make = Callable[[Tables], tuple[pd.DataFrame, list[Finding]]]
"""How rows and findings are made of some contracts."""


def up_to_date(tables: Tables, prints: pd.DataFrame, make: Make, before: Result | None, at_once: int) -> Result:
    """What `make` makes of all contracts, so many at once; only those are made whose fingerprint is not as it was before.

    Shape: rows by contract_id, those of one contract as they were made. Nothing before: everything is made.
    """
    if before is None:
        changed, chosen = prints.index.tolist(), tables
    else:
        changed = changed_contracts(before.prints, prints)
        if not changed:
            return before
        chosen = tables.only(changed)
    made = [make(part) for part in in_parts(chosen, at_once)]
    again = pd.concat([rows for rows, _ in made], ignore_index=True)
    findings = [finding for _, found in made for finding in found]
    if before is None:
        return Result(prints, with_made_again(again[:0], again, changed), findings)
    return Result(
        prints,
        with_made_again(before.rows, again, changed),
        findings_with_made_again(before.findings, findings, changed),
    )


def fingerprints(
    tables: Tables, basis: str, beside: Mapping[str, pd.DataFrame] | None = None, threads: int = 1
) -> pd.DataFrame:
    """The fingerprint of every contract that any row names, by contract_id, in two 64-bit columns.

    `basis`: what else its rows follow from. `beside`: further tables with a contract_id whose rows count, by their names.
    """
    known = months.is_among(tables.contracts["entity_id"], tables.entities["entity_id"])
    named = {
        "contracts": tables.contracts.assign(**{"has its entity": known}),
        "obligations": tables.obligations,
        "events": tables.events,
        **(beside or {}),
    }
    with ThreadPoolExecutor(threads) as pool:
        placing = pool.submit(places, list(named.values()))
        hashing = [row_hashes.in_blocks(name, table.drop(columns="contract_id"), pool) for name, table in named.items()]
        ids, place_of = placing.result()
        total = [np.full(len(ids), row_hashes.number(f"{half} {basis}"), np.uint64) for half in PRINTS]
        for place, blocks in zip(place_of, hashing, strict=True):
            for rows, hashes in blocks:
                for part, values in zip(total, hashes, strict=True):
                    np.add.at(part, place[rows], values)
    first_of = first_of_one(ids, tables.contracts)
    together = {half: np.zeros(len(ids), np.uint64) for half in PRINTS}
    for half, part in zip(PRINTS, total, strict=True):
        np.add.at(together[half], first_of, part)
    return pd.DataFrame({half: together[half][first_of] for half in PRINTS}, pd.Index(ids, name="contract_id"))


def changed_contracts(before: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """The contracts to be made again: new, gone, or not as they were."""
    ids, was = pd.Series(now.index), pd.Series(before.index)
    if now.index.equals(before.index):  # as on most nights: nobody has to be looked for
        return sorted(ids[(before.to_numpy() != now.to_numpy()).any(axis=1)])
    place = months.positions(ids, was)
    old, new = before.to_numpy()[place], now.to_numpy()
    differs = (place < 0) | (old != new).any(axis=1)
    return sorted([*ids[differs], *was[~months.is_among(was, ids)]])


def with_made_again(kept: pd.DataFrame, again: pd.DataFrame, contract_ids: Sequence[str]) -> pd.DataFrame:
    """Kept rows, with those of these contracts exchanged for the ones made again.

    Shape: as if all had been made at once: by journal_id where there is one, else by contract_id.
    """
    stays = np.flatnonzero(~months.is_among(kept["contract_id"], contract_ids))
    row = np.concatenate([stays, len(kept) + np.arange(len(again))])
    rows = pd.concat([kept, again], ignore_index=True)
    by = "journal_id" if "journal_id" in rows else "contract_id"
    place, _ = pd.factorize(rows[by].take(row), sort=True)
    return rows.take(row[np.argsort(place, kind="stable")]).reset_index(drop=True)


def findings_with_made_again(
    kept: Sequence[Finding], again: Sequence[Finding], contract_ids: Sequence[str]
) -> list[Finding]:
    """Kept findings, with those about these contracts exchanged for the ones made again."""
    meant = set(contract_ids)
    others = [finding for finding in kept if finding.subject not in meant and _contract(finding) not in meant]
    return [*others, *again]


def _contract(finding: Finding) -> str:
    return finding.subject.rsplit(" / ", 1)[0]
