"""The words an adapter is written in: `Dataset`, and `Reading`, a dataset matched with the header of one file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from finops_pipeline.contracts.model import Column, Table


@dataclass(frozen=True, slots=True)
class Dataset:
    """One kind of file of one system.

    `columns` maps a canonical column to the file's own name for it where they differ. `nulls` are the spellings of
    "no value" beside the empty text.
    """

    source: str
    name: str
    table: Table
    columns: Mapping[str, str] = field(default_factory=dict)
    nulls: tuple[str, ...] = ()

    def header_of(self, column: str) -> str:
        """The file's name for a canonical column."""
        return self.columns.get(column, column)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one file is read: the position of each canonical column, and what does not fit."""

    header: tuple[str, ...]
    positions: Mapping[str, int]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    repeated: tuple[str, ...]


def match(dataset: Dataset, header: Sequence[str]) -> Reading:
    """Match a file's header with a dataset, without regard to case, order or surrounding blanks."""
    names = [h.strip().lower() for h in header]
    wanted = {dataset.header_of(c.name).lower(): c for c in dataset.table.columns if c.in_file}
    positions = {wanted[n].name: i for i, n in reversed(list(enumerate(names))) if n in wanted}
    return Reading(
        header=tuple(header),
        positions=positions,
        unknown=tuple(header[i] for i, n in enumerate(names) if n not in wanted),
        missing=tuple(dataset.header_of(c.name) for c in _required(dataset) if c.name not in positions),
        repeated=tuple(sorted({n for n in names if n in wanted and names.count(n) > 1})),
    )


def _required(dataset: Dataset) -> list[Column]:
    return [c for c in dataset.table.columns if c.in_file and not c.optional]
