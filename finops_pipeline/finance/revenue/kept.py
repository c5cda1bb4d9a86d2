"""What was made before and still holds: which contracts have to go through the engine again, and which rows stay.

A contract's rows follow from its own rows in the tables, from whether its entity is there, and from what holds for all (the
period, the settings, the release: its `basis`). A fingerprint of all that is kept beside the rows. Where it is the same, so
are the rows; where it is not, the contract is made again, alone, because contracts do not touch each other. Those that are
accounted for as one (`combination_id`) share a fingerprint, and are made again together.

Here: fingerprints, their comparison, and the exchange of rows. Not here: what is made again (`schedule`, `rollforward`,
`journal`), which knows nothing of what was kept, nor where it is kept.

A fingerprint is the sum of 64-bit hashes of rows, so their order means nothing. That a change leaves it as it was happens
by chance once in 2**64 changes.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.types as pt

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.parts import Tables, first_of_one, in_parts, places

Hashes = npt.NDArray[np.uint64]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_NOTHING = np.uint64(0x94D049BB133111EB)
"""Odd constants with bits all over: they carry every bit of a value into all others; the last stands for null."""
_WORD = 8
_AT_ONCE = 50_000
"""Rows hashed at once: what is computed on the way stays in the processor's cache."""


class Result(NamedTuple):
    """What was made of contracts: their rows, what is wrong with them, and the fingerprints of what it was made from."""

    prints: pd.Series
    rows: pd.DataFrame
    findings: list[Finding]


Make = Callable[[Tables], tuple[pd.DataFrame, list[Finding]]]
"""How rows and findings are made of some contracts."""


def up_to_date(tables: Tables, prints: pd.Series, make: Make, before: Result | None, at_once: int) -> Result:
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


def fingerprints(tables: Tables, basis: str, beside: Mapping[str, pd.DataFrame] | None = None) -> pd.Series:
    """The fingerprint of every contract that any row names, by contract_id.

    `basis`: what else its rows follow from. `beside`: further tables with a contract_id whose rows count, by their names.
    """
    known = months.is_among(tables.contracts["entity_id"], tables.entities["entity_id"])
    named = {
        "contracts": tables.contracts,
        "obligations": tables.obligations,
        "events": tables.events,
        **(beside or {}),
    }
    ids, place_of = places(list(named.values()))
    total = np.full(len(ids), _of_text(basis), np.uint64)
    for (name, table), place in zip(named.items(), place_of, strict=True):
        for first in range(0, len(table), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            more = known[some] if name == "contracts" else None
            np.add.at(total, place[some], _of_rows(name, table.iloc[some], more))
    together = np.zeros(len(ids), np.uint64)
    first_of = first_of_one(ids, tables.contracts)
    np.add.at(together, first_of, total)
    return pd.Series(together[first_of], pd.Index(ids, name="contract_id"), name="fingerprint")


def changed_contracts(before: pd.Series, now: pd.Series) -> list[str]:
    """The contracts to be made again: new, gone, or not as they were."""
    both = before.index.intersection(now.index)
    differs = both[before.reindex(both).to_numpy() != now.reindex(both).to_numpy()]
    return sorted([*differs, *before.index.difference(now.index), *now.index.difference(before.index)])


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


def _of_rows(name: str, table: pd.DataFrame, more: npt.NDArray[np.bool_] | None) -> Hashes:
    """One hash a row, over all its columns but the contract, which it is counted under."""
    found = np.full(len(table), _of_text(name), np.uint64)
    for column in table.columns.drop("contract_id"):
        found ^= _of_column(table[column])
        _mix(found)
    if more is not None:
        found += more.astype(np.uint64)
    _mix(found)
    return found


def _mix(values: Hashes) -> None:
    """Carry each bit into all others, in place; integers run over on purpose."""
    values *= _SPREAD
    values ^= values >> np.uint64(32)
    values *= _MIX
    values ^= values >> np.uint64(29)


def _of_column(column: pd.Series) -> Hashes:
    """A hash of every value: the same for equal values, whatever the column holds besides."""
    if column.isna().all():
        return np.full(len(column), _NOTHING, np.uint64)
    array = _plain(column)
    if pt.is_large_string(array.type):
        found = _of_texts(array)
    else:
        words = array.type.bit_width // 64
        cells = np.frombuffer(array.buffers()[1], "<u8")[words * array.offset :][: words * len(array)]
        found = np.bitwise_xor.reduce([cells[n::words] * _SPREAD ** np.uint64(n) for n in range(words)])
    found[array.is_null().to_numpy(zero_copy_only=False)] = _NOTHING
    return found


def _plain(column: pd.Series) -> pa.Array:
    """The column in one of three forms: texts, 64-bit integers (days are seconds), decimals of one scale."""
    array = exact.as_arrow(column) if _is_decimal(column) else pa.array(column)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if pt.is_temporal(array.type):
        return array.cast(pa.timestamp("s"))
    return array if pt.is_decimal(array.type) or pt.is_integer(array.type) else array.cast(pa.large_string())


def _is_decimal(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.ArrowDtype) and pt.is_decimal(column.dtype.pyarrow_dtype)


def _of_texts(array: pa.Array) -> Hashes:
    """Every text by its bytes, eight at a time."""
    ends = np.frombuffer(array.buffers()[1], "<i8")[array.offset :][: len(array) + 1]
    start, length = ends[:-1] - ends[0], np.diff(ends)
    letters = np.frombuffer(array.buffers()[2], np.uint8)[ends[0] : ends[-1]]
    padded = np.concatenate([letters, np.zeros(_WORD, np.uint8)])
    words = np.lib.stride_tricks.as_strided(padded[:_WORD].view("<u8"), (len(padded) - _WORD + 1,), (1,))
    found = length.astype(np.uint64)
    for first in range(0, int(length.max(initial=0)), _WORD):
        longer = np.flatnonzero(length > first)
        rest = np.minimum(length[longer] - first, _WORD).astype(np.uint64)
        word = words[start[longer] + first] & (~np.uint64(0) >> (np.uint64(64) - np.uint64(8) * rest))
        values = found[longer] ^ word
        _mix(values)
        found[longer] = values
    return found


def _of_text(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=_WORD).digest(), "little"))
