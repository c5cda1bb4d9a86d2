"""The warehouse on its engines: exactness at the edge, transactions, other writers, connections."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given

from finops_pipeline.contracts.catalog import TABLES, report_tables
from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.contracts.projections import conform
from finops_pipeline.errors import ConfigurationError, ContractError, TransientError
from finops_pipeline.storage import warehouse as room
from finops_pipeline.storage import warehouse_engines, warehouse_values
from finops_pipeline.storage.warehouse import Warehouse
from finops_pipeline_tests.storage.books import LEDGER, NOON, OLD, STAMP, ledger, lines, shown
from finops_pipeline_tests.storage.test_warehouse import EXACT, SMALL


def test_more_than_fifteen_digits_need_postgresql(books: Warehouse, warehouse_url: str) -> None:
    frame = ledger(f"A 2026-01 EUR {10**15}\nB 2026-01 EUR {-(2**63)}")
    if warehouse_url.startswith("sqlite"):
        with pytest.raises(ContractError, match=r"ledger\.amount: .*15 digits.*PostgreSQL"):
            books.replace(LEDGER, frame, periods=None, **STAMP)
    else:
        books.replace(LEDGER, frame, periods=None, **STAMP)
        assert books.read(LEDGER)["amount"].tolist() == [10**15, -(2**63)]


@pytest.mark.parametrize("currency", ["XXX", "-"])
def test_an_amount_without_a_currency_has_no_unit(books: Warehouse, currency: str) -> None:
    with pytest.raises(ContractError, match=r"ledger\.amount: .* is not an ISO 4217 currency"):
        books.replace(LEDGER, ledger(f"A 2026-01 {currency} 1"), periods=None, **STAMP)


@pytest.mark.parametrize("change", ["amount = 0.001", "currency = NULL", "currency = 'XXX'"])
def test_an_amount_changed_behind_our_back_is_not_rounded(full: Warehouse, warehouse_url: str, change: str) -> None:
    engine = warehouse_engines.engine(warehouse_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE ledger SET {change} WHERE period = '2026-01'")
    engine.dispose()
    with pytest.raises(ContractError, match=r"ledger\.amount: the warehouse holds what is no amount in"):
        full.read(LEDGER)


# Whole or nothing ---------------------------------------------------------------------------------------------------


def test_a_reader_never_sees_half_a_publication(
    full: Warehouse, warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session reads when the old rows are deleted and the first of three new rows is written."""
    seen: list[str] = []
    with Warehouse(warehouse_url, [LEDGER]) as reader:

        def one_at_a_time(wire: pa.Table) -> Iterator[pa.RecordBatch]:
            for batch in wire.to_batches(max_chunksize=1):
                yield batch
                seen.append(shown(reader.read(LEDGER)))

        monkeypatch.setattr(room, "batches", one_at_a_time)
        new = "C 2026-01 EUR 1\nC 2026-02 EUR 2\nC 2026-03 EUR 3"
        full.replace(LEDGER, ledger(new), periods=None, **STAMP)
        assert seen == [lines(OLD)] * 3
        assert shown(reader.read(LEDGER)) == lines(new)


WRITERS = {
    "replace": lambda w, rows: w.replace(LEDGER, rows, periods=None, **STAMP),
    "merge": lambda w, rows: w.merge(LEDGER, rows, **STAMP),
    "append": lambda w, rows: w.append(LEDGER, rows, **STAMP),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_write_that_fails_midway_changes_nothing_and_may_run_again(
    full: Warehouse, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    rows = ledger("C 2026-01 EUR 1\nC 2026-02 EUR 2\nC 2026-03 EUR 3")

    def breaks(wire: pa.Table) -> Iterator[pa.RecordBatch]:
        if "amount" not in wire.column_names:  # keys of a merge
            yield from wire.to_batches()
            return
        yield wire.to_batches(max_chunksize=1)[0]
        raise RuntimeError("the machine is out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(room, "batches", breaks)
        with pytest.raises(RuntimeError, match="out of memory"):
            WRITERS[writer](full, rows)
    assert shown(full.read(LEDGER)) == lines(OLD)
    WRITERS[writer](full, rows)
    after = shown(full.read(LEDGER))
    assert after.count("C ") == 3
    if writer != "append":
        WRITERS[writer](full, rows)
        assert shown(full.read(LEDGER)) == after


KILLED = """
import sys, signal
from datetime import UTC, datetime
from pathlib import Path
import pandas as pd
from finops_pipeline.contracts.projections import conform
from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.storage import warehouse as room

def then_wait(wire):
    yield wire.to_batches(max_chunksize=1)[0]
    print("written the first row", flush=True)
    signal.pause()

room.batches = then_wait
table = TABLES["forecast_accuracy"]
frame = pd.DataFrame({"series_id": ["x", "y"], "model": "naive", "folds": 1, "mase": 1.0, "smape": 1.0,
                      "coverage_90": 1.0, "chosen": True, "beats_naive": False})
warehouse = room.Warehouse(sys.argv[1])
warehouse.replace(table, frame, periods=None, run_id="killed", loaded_at=datetime(2026, 1, 1, tzinfo=UTC))
"""


def test_a_writer_killed_in_its_transaction_leaves_the_old_rows(
    warehouse: Warehouse, warehouse_url: str, tmp_path: Path
) -> None:
    table = TABLES["forecast_accuracy"]
    old = conform(
        pd.DataFrame(
            {"series_id": ["a"], "model": "naive", "folds": 1, "mase": 1.0, "smape": 1.0, "coverage_90": 1.0,
             "chosen": True, "beats_naive": False}
        ), table,
    )  # fmt: skip
    warehouse.replace(table, old, periods=None, **STAMP)
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    with subprocess.Popen([sys.executable, str(script), warehouse_url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written the first row\n"
        pd.testing.assert_frame_equal(warehouse.read(table), old)
        process.send_signal(signal.SIGKILL)
    pd.testing.assert_frame_equal(warehouse.read(table), old)
    warehouse.replace(table, old, periods=None, **STAMP)  # and nothing stays locked
    pd.testing.assert_frame_equal(warehouse.read(table), old)


def test_a_second_writer_waits_and_then_may_try_again(
    full: Warehouse, warehouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    with Warehouse(warehouse_url, [LEDGER], wait_seconds=0.05) as other:

        def disturbed(wire: pa.Table) -> Iterator[pa.RecordBatch]:
            monkeypatch.undo()
            with pytest.raises(TransientError, match="try again") as error:
                other.delete(LEDGER, pd.DataFrame({"book": ["A"]}))
            refused.append(str(error.value))
            yield from wire.to_batches()

        monkeypatch.setattr(room, "batches", disturbed)
        full.replace(LEDGER, ledger("C 2026-01 EUR 1"), periods=None, **STAMP)
        assert len(refused) == 1
        assert other.delete(LEDGER, pd.DataFrame({"book": ["C"]})) == 1


# Creating -----------------------------------------------------------------------------------------------------------


def test_the_tables_are_the_contracts(warehouse: Warehouse, warehouse_url: str) -> None:
    """Columns in the contract's order, then the stamps; nothing else."""
    engine = warehouse_engines.engine(warehouse_url)
    inspector = sa.inspect(engine)
    found = {name: [c["name"] for c in inspector.get_columns(name)] for name in inspector.get_table_names()}
    engine.dispose()
    assert found == {t.name: [*t.names, "loaded_at", "run_id"] for t in report_tables()}


def test_a_full_report_table_is_published_by_month(warehouse: Warehouse) -> None:
    table = TABLES["trial_balance"]
    frame = pd.DataFrame(
        {
            "entity_id": ["DE01", "DE01", "JP01"],
            "period": ["2026-01", "2026-02", "2026-01"],
            "account_id": "1000",
            "account_name": "Bank",
            "account_type": "asset",
            "currency": ["EUR", "EUR", "JPY"],
            "opening_balance": [0, 1_250, 0],
            "debit": [1_250, 0, 900],
            "credit": [0, 250, 0],
            "closing_balance": [1_250, 1_000, 900],
        }
    )
    warehouse.replace(table, frame, periods=["2026-01", "2026-02"], **STAMP)
    rows = warehouse.read_decimal(table, periods=["2026-01"])
    assert [str(v) for v in rows["closing_balance"]] == ["12.50", "900"]
    with pytest.raises(ContractError, match="repeat the key"):
        warehouse.replace(table, pd.concat([frame, frame]), periods=None, **STAMP)


# Connections and errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["postgresql://u@h/db", "postgresql+psycopg2://u@h/db", "postgresql+psycopg://u@h/db", "postgres://u@h/db"]
)
def test_every_postgresql_url_means_the_same_driver(url: str) -> None:
    assert warehouse_engines.engine(url).url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize(("url", "says"), [("no url", "no SQLAlchemy URL"), ("mysql://h/db", "not mysql")])
def test_other_urls_are_configuration_errors(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Warehouse(url)


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> ModuleType:
        raise ModuleNotFoundError("No module named 'psycopg'")

    monkeypatch.setattr(sa, "create_engine", missing)
    with pytest.raises(ConfigurationError, match=r"finops-pipeline\[postgres\]"):
        warehouse_engines.engine("postgresql://u@h/db")


def test_a_warehouse_that_was_never_created_says_so(warehouse_url: str) -> None:
    with Warehouse(warehouse_url, [LEDGER]) as opened, pytest.raises(ConfigurationError, match="ledger"):
        opened.read(LEDGER)


def test_a_folder_that_is_not_there_is_created(tmp_path: Path) -> None:
    with Warehouse(f"sqlite:///{tmp_path / 'new' / 'home' / 'warehouse.db'}", [LEDGER]) as opened:
        opened.create()
        assert opened.read(LEDGER).empty


def test_a_file_that_is_no_database_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.db"
    path.write_text("this is no database " * 100)
    with Warehouse(f"sqlite:///{path}") as opened, pytest.raises(ConfigurationError, match="FINOPS_WAREHOUSE_URL"):
        opened.create()


def test_a_server_that_is_not_there_may_come_back() -> None:
    with (
        Warehouse("postgresql://postgres@127.0.0.1:1/postgres") as opened,
        pytest.raises(TransientError, match="out of reach"),
    ):
        opened.read(TABLES["alerts"])


def test_a_lost_connection_may_come_back(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends our session after the first row of a COPY, as it would for a restart."""
    with Warehouse(postgres_url, [LEDGER]) as opened, Warehouse(postgres_url, [LEDGER]) as operator:
        opened.create()
        opened.replace(LEDGER, ledger(OLD), periods=None, **STAMP)

        def cut_off(wire: pa.Table) -> Iterator[pa.RecordBatch]:
            yield wire.to_batches(max_chunksize=1)[0]
            with operator._engine.connect() as connection:
                ended = connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN pg_locks l USING (pid) "
                    "WHERE l.relation = 'ledger'::regclass AND a.pid <> pg_backend_pid()"
                ).all()
            assert ended == [(True,)]
            yield from wire.to_batches()

        with monkeypatch.context() as patch:
            patch.setattr(room, "batches", cut_off)
            with pytest.raises(TransientError, match="try again"):
                opened.replace(LEDGER, ledger("C 2026-01 EUR 1"), periods=None, **STAMP)
        assert shown(opened.read(LEDGER)) == lines(OLD)


def test_a_database_that_is_not_there_is_a_configuration_error(postgres_url: str) -> None:
    url = sa.make_url(postgres_url).set(database="nowhere").render_as_string()
    with Warehouse(url, [LEDGER]) as opened, pytest.raises(ConfigurationError, match="nowhere"):
        opened.read(LEDGER)


def test_text_that_postgresql_cannot_hold_breaks_the_contract(postgres_url: str) -> None:
    with Warehouse(postgres_url, [LEDGER]) as opened:
        opened.create()
        with pytest.raises(ContractError, match="refuses the rows"):
            opened.replace(LEDGER, ledger("A 2026-01 EUR 1").assign(note="a\0b"), periods=None, **STAMP)


def test_a_row_the_database_refuses_breaks_the_contract(warehouse_url: str) -> None:
    keyed = Table("keyed", "test", "Keyed", "id", (Column("id", "code", "Id"),), ("id",))
    unkeyed = Table("keyed", "test", "Keyed", "id", (Column("id", "code", "Id"),), ())
    with Warehouse(warehouse_url, [keyed]) as opened:
        opened.create()
    with Warehouse(warehouse_url, [unkeyed]) as opened, pytest.raises(ContractError, match="refuses the rows"):
        opened.append(unkeyed, pd.DataFrame({"id": ["a", "a"]}), **STAMP)


def test_a_bug_of_ours_stays_a_bug(warehouse_url: str) -> None:
    engine = warehouse_engines.engine(warehouse_url)
    with pytest.raises(sa.exc.DBAPIError), warehouse_engines.translated(), engine.connect() as connection:
        connection.exec_driver_sql("SELEKT 1")
    engine.dispose()


@SMALL
@given(number=EXACT)
def test_the_fast_text_of_decimals_is_the_plain_one(number: Decimal) -> None:
    fast = warehouse_values._exact_text(pa.array([number], pa.decimal128(38, 15)))[0].as_py()
    assert fast == warehouse_values.plain(number)


def test_a_publication_knows_its_moment(books: Warehouse) -> None:
    berlin = datetime.fromisoformat("2026-03-31T14:00:00+02:00")
    books.replace(LEDGER, ledger("A 2026-01 EUR 1"), periods=None, run_id="run-1", loaded_at=berlin)
    assert books.read(LEDGER, stamps=True)["loaded_at"].tolist() == [pd.Timestamp(NOON)]
    with pytest.raises(ContractError, match="no time zone"):
        books.replace(LEDGER, ledger("A 2026-01 EUR 1"), periods=None, run_id="x", loaded_at=NOON.replace(tzinfo=None))
