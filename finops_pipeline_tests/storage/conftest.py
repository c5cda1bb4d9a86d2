from collections.abc import Iterator
from pathlib import Path

import pytest

from finops_pipeline.storage.engine import Engine
from finops_pipeline_tests.storage.stages import Desk, desk


@pytest.fixture
def small_engine() -> Iterator[Engine]:
    with Engine("200MB", 2) as opened:
        yield opened


@pytest.fixture
def journal(small_engine: Engine, tmp_path: Path) -> Desk:
    """A desk for journal lines of a euro and a yen company."""
    return desk(small_engine, tmp_path)


@pytest.fixture
def products(small_engine: Engine, tmp_path: Path) -> Desk:
    """A desk for products: rows with a key and without partitions."""
    return desk(small_engine, tmp_path, "products")
