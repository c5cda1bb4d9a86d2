"""The warehouse over tables that an older version made, or somebody else has changed."""

import pandas as pd
import pytest
import sqlalchemy as sa

from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.errors import ConfigurationError, ContractError
from finops_pipeline.storage import warehouse_engines
from finops_pipeline.storage.warehouse import Warehouse
from finops_pipeline_tests.storage.books import LEDGER, STAMP, ledger


def test_creating_twice_keeps_the_rows(full: Warehouse) -> None:
    full.create()
    assert len(full.read(LEDGER)) == 4


def test_a_new_column_is_added_to_an_old_table(warehouse_url: str) -> None:
    younger = Table(
        "ledger", "test", LEDGER.description, LEDGER.grain,
        (*LEDGER.columns, Column("reviewed", "boolean", "Reviewed")), LEDGER.key, partitioned=True,
    )  # fmt: skip
    with Warehouse(warehouse_url, [LEDGER]) as before:
        before.create()
        before.replace(LEDGER, ledger("A 2026-01 EUR 100"), periods=None, **STAMP)
    with Warehouse(warehouse_url, [younger]) as after:
        after.create()
        after.create()
        rows = ledger("A 2026-02 EUR 200").assign(reviewed=True)
        after.replace(younger, rows, periods=["2026-02"], **STAMP)
        seen = after.read_decimal(younger, columns=["period", "reviewed"], where=[("reviewed", "=", True)])
        assert seen["period"].tolist() == ["2026-02"]
        assert after.read(younger, columns=["period"])["period"].tolist() == ["2026-01", "2026-02"]
        with pytest.raises(ConfigurationError, match="another version of its contract"):
            after.read(LEDGER)


@pytest.mark.parametrize(("key", "more"), [(("entity_id", "period", "place"), True), (("entity_id", "period"), False)])
def test_a_key_that_has_grown_takes_the_place_of_the_old_one(
    warehouse_url: str, key: tuple[str, ...], more: bool
) -> None:
    place = Column("place", "code", "Where", nullable=not more)
    columns = (Column("entity_id", "code", "Entity"), Column("period", "period", "Month"))
    older, younger = (
        Table("places", "test", "Places", "place", columns + extra, named, partitioned=True)
        for extra, named in (((), ("entity_id", "period")), ((place,), key if more else (*key, "place")))
    )
    rows = pd.DataFrame({"entity_id": ["A", "A"], "period": "2026-01", "place": ["x", "y"]}, dtype="str")
    with Warehouse(warehouse_url, [older]) as before:
        before.create()
        before.create()
        with pytest.raises(ContractError, match="repeat the key"):
            before.replace(older, rows[["entity_id", "period"]], periods=["2026-01"], **STAMP)
    with Warehouse(warehouse_url, [younger]) as after:
        after.create()
        after.create()
        after.replace(younger, rows, periods=["2026-01"], **STAMP)
        assert after.read(younger)["place"].tolist() == ["x", "y"]
    engine = warehouse_engines.engine(warehouse_url)
    unique = [i["column_names"] for i in sa.inspect(engine).get_indexes("places") if i["unique"]]
    engine.dispose()
    assert unique == ([list(key)] if more else [])


def test_unique_indexes_that_somebody_else_has_made_stay_when_a_key_grows(warehouse_url: str) -> None:
    """Neither an index nor a constraint of an administrator is ours to drop: the one is over other columns than any key of ours."""
    columns = (
        Column("entity_id", "code", "Entity"),
        Column("period", "period", "Month"),
        Column("place", "code", "Where"),
    )
    older, younger = (
        Table("places", "test", "Places", "place", columns, key, partitioned=True)
        for key in (("entity_id", "period"), ("entity_id", "period", "place"))
    )
    with Warehouse(warehouse_url, [older]) as before:
        before.create()
    engine = warehouse_engines.engine(warehouse_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX dba_places ON places (place, entity_id)")
        connection.exec_driver_sql('CREATE UNIQUE INDEX "Over the month" ON places (period, place)')
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE places ADD CONSTRAINT dba_once UNIQUE (run_id, place)")
    with Warehouse(warehouse_url, [younger]) as after:
        after.create()
        after.create()
    made = {i["name"]: i["column_names"] for i in sa.inspect(engine).get_indexes("places") if i["unique"]}
    assert made.pop("uq_places_key") == ["entity_id", "period", "place"]
    assert made.pop("dba_places") == ["place", "entity_id"]
    assert made.pop("Over the month") == ["period", "place"]
    assert list(made) == (["dba_once"] if engine.dialect.name == "postgresql" else [])
    engine.dispose()
