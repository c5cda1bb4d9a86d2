"""All kinds of files of all sources, found by the folder a file lies in."""

from collections.abc import Sequence

from finops_pipeline.sources import focus, native
from finops_pipeline.sources.derivation import Derivation, Extract
from finops_pipeline.sources.model import Dataset
from finops_pipeline.sources.netsuite import adapter as netsuite
from finops_pipeline.sources.options import Options
from finops_pipeline.sources.oracle import adapter as oracle
from finops_pipeline.sources.quickbooks import adapter as quickbooks
from finops_pipeline.sources.sap import adapter as sap

DATASETS: tuple[Dataset, ...] = (*native.datasets(), *focus.datasets())
"""Those that others refer to come first: this is the order of ingestion."""

EXTRACTS: tuple[Extract, ...] = (
    *sap.extracts(),
    *oracle.extracts(),
    *netsuite.extracts(),
    *quickbooks.extracts(),
)
"""The files of systems from whose rows canonical rows are derived."""


def folders() -> tuple[tuple[str, str], ...]:
    """Source and name of every kind of file."""
    return (*((d.source, d.name) for d in DATASETS), *((e.source, e.name) for e in EXTRACTS))


def derivations(options: Options) -> tuple[Derivation, ...]:
    """How canonical rows come from extracts, under these options."""
    return (
        *sap.derivations(options.sap),
        *oracle.derivations(options.oracle),
        *netsuite.derivations(options.netsuite),
        *quickbooks.derivations(options.quickbooks),
    )


def in_order(derivations: Sequence[Derivation]) -> list[Dataset | Extract]:
    """Datasets and extracts in the order of ingestion: what others refer to comes first.

    An extract comes when the last of the tables that its rows become comes; one that nothing is derived from, never.
    Control figures refer to nothing and wait for nobody.
    """
    rank = {d.table.name: i for i, d in enumerate(DATASETS)}
    last: dict[str, int] = {}
    for one in derivations:
        place = f"{one.source}/{one.rows.name}"
        last[place] = max(last.get(place, 0), rank.get(one.table.name, 0))
    steps: list[tuple[int, Dataset | Extract]] = list(enumerate(DATASETS))
    steps += [(last[f"{e.source}/{e.name}"], e) for e in EXTRACTS if f"{e.source}/{e.name}" in last]
    return [one for _, one in sorted(steps, key=lambda step: step[0])]


def find(source: str, folder: str) -> Dataset | Extract | None:
    """The kind of file in a landing folder; FOCUS files may lie in any folder of `focus`, or directly in it."""
    for dataset in DATASETS:
        if dataset.source == source and (folder == dataset.name or source == "focus"):
            return dataset
    return next((e for e in EXTRACTS if (e.source, e.name) == (source, folder.lower())), None)
