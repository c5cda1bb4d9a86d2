"""What a run works with: a table that nothing was stored of looks like any other."""

from pathlib import Path

from finops_pipeline.contracts.focus import CLOUD_COSTS
from finops_pipeline.contracts.model import LINEAGE
from finops_pipeline.defs.house import House
from finops_pipeline.settings import load


def test_a_table_without_rows_has_the_columns_that_rows_would_have(tmp_path: Path) -> None:
    house = House(load(home=tmp_path))
    names = house.scan(CLOUD_COSTS).collect_schema().names()
    assert names == [*CLOUD_COSTS.names, *(c.name for c in LINEAGE)]
    house.close()
