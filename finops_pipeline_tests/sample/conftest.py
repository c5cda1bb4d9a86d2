import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from finops_pipeline.sample import SampleSummary, write_sample

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return write_sample(tmp_path_factory.mktemp("clean"), months=14, journal_lines=14_000, faults=False)


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return write_sample(tmp_path_factory.mktemp("faulty"), months=14, journal_lines=14_000)


@pytest.fixture(scope="session")
def rows() -> Callable[[Path, str], Rows]:
    """Every row of a dataset of a sample, as text."""

    def read(out: Path, dataset: str) -> Rows:
        found: Rows = []
        for path in sorted((out / "native" / dataset).glob("*.csv")):
            with path.open(newline="", encoding="utf-8") as file:
                found += list(csv.DictReader(file))
        return found

    return read
