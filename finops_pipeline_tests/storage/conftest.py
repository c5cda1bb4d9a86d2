from collections.abc import Iterator
from pathlib import Path

import pytest

from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.warehouse import Warehouse
from finops_pipeline_tests.storage.books import LEDGER, OLD, STAMP, ledger
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


@pytest.fixture
def books(warehouse_url: str) -> Iterator[Warehouse]:
    with Warehouse(warehouse_url, [LEDGER]) as opened:
        opened.create()
        yield opened


@pytest.fixture
def full(books: Warehouse) -> Warehouse:
    books.replace(LEDGER, ledger(OLD), periods=None, **STAMP)
    return books
