"""All datasets of all sources, found by the folder a file lies in."""

from finops_pipeline.sources import focus, native
from finops_pipeline.sources.model import Dataset

DATASETS: tuple[Dataset, ...] = (*native.datasets(), *focus.datasets())
"""Those that others refer to come first: this is the order of ingestion."""


def find(source: str, folder: str) -> Dataset | None:
    """The dataset of a landing folder; FOCUS files may lie in any folder of `focus`, or directly in it."""
    for dataset in DATASETS:
        if dataset.source == source and (folder == dataset.name or source == "focus"):
            return dataset
    return None
