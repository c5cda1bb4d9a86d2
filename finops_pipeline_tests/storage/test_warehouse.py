"""The warehouse on both engines: exact values, whole publications, errors that say the next step."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.catalog import TABLES, report_tables
from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.contracts.projections import conform, empty
from finops_pipeline.errors import ConfigurationError, ContractError, TransientError
from finops_pipeline.storage import warehouse as room
from finops_pipeline.storage import warehouse_engines, warehouse_values
from finops_pipeline.storage.warehouse import Warehouse

NOON = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
STAMP = {"run_id": "run-1", "loaded_at": NOON}

LEDGER = Table(
    "ledger", "test", "One column of every kind", "book x period",
    (
        Column("book", "code", "Book", nullable=True),
        Column("period", "period", "Month"),
        Column("currency", "code", "Currency", nullable=True),
        Column("amount", "money", "Amount", nullable=True),
        Column("cost", "fine_money", "Cost", nullable=True),
        Column("rate", "decimal", "Rate", nullable=True),
        Column("share", "ratio", "Share", nullable=True),
        Column("lines", "integer", "Lines", nullable=True),
        Column("is_open", "boolean", "Open", nullable=True),
        Column("day", "date", "Day", nullable=True),
        Column("seen_at", "instant", "Moment", nullable=True),
        Column("note", "text", "Note", nullable=True),
        Column("detail", "json", "Detail", nullable=True),
    ),
    ("book", "period"), partitioned=True,
)  # fmt: skip


def ledger(text: str) -> pd.DataFrame:
    """Rows of book, period, currency and minor units; a dash is a missing value; the other columns are empty."""
    rows = [[None if word == "-" else word for word in line.split()] for line in text.strip().splitlines()]
    frame = pd.DataFrame(rows, columns=["book", "period", "currency", "amount"])
    frame["amount"] = pd.Series([None if row[3] is None else int(row[3]) for row in rows], dtype="Int64")
    return conform(frame.reindex(columns=list(LEDGER.names)), LEDGER)


def shown(frame: pd.DataFrame) -> str:
    """The first four columns, in the form that `ledger` reads."""
    rows = frame[["book", "period", "currency", "amount"]].astype(object)
    return "\n".join(" ".join("-" if pd.isna(v) else str(v) for v in row) for row in rows.to_numpy())


def lines(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


@pytest.fixture
def books(warehouse_url: str) -> Iterator[Warehouse]:
    with Warehouse(warehouse_url, [LEDGER]) as opened:
        opened.create()
        yield opened


OLD = """
    A 2026-01 EUR 100
    A 2026-02 EUR 200
    B 2026-02 JPY 300
    - 2026-02 EUR 400
"""


@pytest.fixture
def full(books: Warehouse) -> Warehouse:
    books.replace(LEDGER, ledger(OLD), periods=None, **STAMP)
    return books


def test_every_kind_comes_back_as_it_went_in(books: Warehouse) -> None:
    awkward = 'quote " comma , newline \n tab \t back\\slash \\N \\. ümlaut'
    frame = pd.DataFrame(
        {
            "book": ["A", "B", "", None],
            "period": ["2026-01"] * 4,
            "currency": ["EUR", "JPY", "BHD", None],
            "amount": pd.Series([-1, 1_500, 123_456_789_012_345, None], dtype="Int64"),
            "cost": [Decimal("0.000000000000001"), Decimal("-12345678901234567890123.5"), Decimal(0), None],
            "rate": [Decimal("-0.5"), Decimal(100), Decimal("1.10"), None],
            "share": [0.1, -1e-300, 1 / 3, np.nan],
            "lines": pd.Series([2**62, -1, 0, None], dtype="Int64"),
            "is_open": pd.Series([True, False, True, None], dtype="boolean"),
            "day": [date(2026, 2, 28), date(1999, 12, 31), date(2024, 2, 29), None],
            "seen_at": [NOON, NOON.replace(microsecond=1), NOON.replace(hour=0), None],
            "note": [awkward, "", "-", None],
            "detail": ['{"a": null}', "[]", "{}", None],
        }
    )
    wanted = conform(frame, LEDGER)
    books.replace(LEDGER, wanted, periods=None, **STAMP)
    back = books.read(LEDGER)
    in_key_order = wanted.iloc[[2, 0, 1, 3]].reset_index(drop=True)  # "" before A before B, missing last
    pd.testing.assert_frame_equal(back, in_key_order)


def test_the_stored_form_is_what_people_expect_of_a_database(warehouse_url: str, books: Warehouse) -> None:
    frame = ledger("A 2026-01 EUR 1230\nB 2026-01 JPY 1230\nC 2026-01 BHD 1230")
    frame["cost"] = conform(frame.assign(cost=[Decimal("1E-7"), Decimal("10.50"), Decimal("0E-15")]), LEDGER)["cost"]
    books.replace(LEDGER, frame, periods=None, **STAMP)
    engine = warehouse_engines.engine(warehouse_url)
    with engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT amount, cost, loaded_at, run_id FROM ledger ORDER BY book").all()
        total = connection.exec_driver_sql("SELECT sum(amount) FROM ledger WHERE amount > 2").scalar_one()
    engine.dispose()
    # 12.30 EUR + 1230 JPY; 1.230 BHD is below 2
    assert float(total) == 1242.3
    assert [Decimal(str(row[0])) for row in stored] == [Decimal("12.3"), Decimal(1230), Decimal("1.23")]
    assert [Decimal(row[1]) for row in stored] == [Decimal("0.0000001"), Decimal("10.5"), Decimal(0)]
    if engine.dialect.name == "sqlite":
        assert [row[1] for row in stored] == ["0.0000001", "10.5", "0"]
        assert stored[0][2:] == ("2026-03-31T12:00:00.000000Z", "run-1")
    else:
        assert [str(row[0]) for row in stored] == ["12.30", "1230", "1.230"]
        assert stored[0][2:] == (NOON, "run-1")


SMALL = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=False
)
EXACT = st.decimals(min_value=-(10**22), max_value=10**22, places=15, allow_nan=False)


@SMALL
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["EUR", "JPY", "BHD", "CLF"]),
            st.one_of(st.none(), st.integers(-(10**15) + 1, 10**15 - 1)),
            st.one_of(st.none(), EXACT),
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
        ),
        max_size=30,
    )
)
def test_no_value_is_changed_by_publishing_it(
    books: Warehouse, rows: list[tuple[str, int | None, Decimal | None, float | None, str]]
) -> None:
    frame = ledger(
        "\n".join(f"{i:03d} 2026-01 {row[0]} {'-' if row[1] is None else row[1]}" for i, row in enumerate(rows))
    )
    frame["cost"] = pd.Series([row[2] for row in rows], dtype=frame["cost"].dtype)
    frame["share"] = pd.Series([row[3] for row in rows], dtype="float64")
    frame["note"] = pd.Series([row[4] for row in rows], dtype="str")
    books.replace(LEDGER, frame, periods=["2026-01"], **STAMP)
    pd.testing.assert_frame_equal(books.read(LEDGER), frame)


def test_replacing_periods_leaves_the_others(full: Warehouse) -> None:
    written = full.replace(LEDGER, ledger("C 2026-02 EUR 7"), periods=["2026-02", "2026-03"], **STAMP)
    assert written == 1
    assert shown(full.read(LEDGER)) == lines("A 2026-01 EUR 100\nC 2026-02 EUR 7")


def test_replacing_the_whole_table_leaves_nothing_else(full: Warehouse) -> None:
    full.replace(LEDGER, ledger("C 2026-02 EUR 7"), periods=None, **STAMP)
    assert shown(full.read(LEDGER)) == "C 2026-02 EUR 7"


def test_replacing_by_nothing_empties_the_period(full: Warehouse) -> None:
    assert full.replace(LEDGER, empty(LEDGER), periods=["2026-02"], **STAMP) == 0
    assert shown(full.read(LEDGER)) == "A 2026-01 EUR 100"


def test_rows_outside_the_replaced_periods_are_refused(full: Warehouse) -> None:
    with pytest.raises(ContractError, match="ledger: rows of 2026-02 are outside"):
        full.replace(LEDGER, ledger("C 2026-02 EUR 7"), periods=["2026-01"], **STAMP)
    assert shown(full.read(LEDGER)) == lines(OLD.replace("- ", "- "))


def test_a_table_without_periods_is_replaced_whole_only(warehouse: Warehouse) -> None:
    table = TABLES["ingested_files"]
    with pytest.raises(ContractError, match="ingested_files has no periods"):
        warehouse.replace(table, empty(table), periods=["2026-01"], **STAMP)


def test_merge_replaces_the_same_key_and_missing_equals_missing(full: Warehouse) -> None:
    new = ledger("""
        - 2026-02 EUR 401
        B 2026-02 JPY 301
        B 2026-03 JPY 302
    """)
    for _ in range(2):
        assert full.merge(LEDGER, new, run_id="run-2", loaded_at=NOON) == 3
        assert shown(full.read(LEDGER)) == lines("""
            A 2026-01 EUR 100
            A 2026-02 EUR 200
            B 2026-02 JPY 301
            B 2026-03 JPY 302
            - 2026-02 EUR 401
        """)
    stamps = full.read(LEDGER, stamps=True)["run_id"].tolist()
    assert stamps == ["run-1", "run-1", "run-2", "run-2", "run-2"]


def test_append_adds_new_rows_and_refuses_known_keys(full: Warehouse) -> None:
    full.append(LEDGER, ledger("C 2026-02 EUR 7"), **STAMP)
    for known in ("C 2026-02 EUR 8", "- 2026-02 EUR 8"):
        with pytest.raises(ContractError, match="already there"):
            full.append(LEDGER, ledger(known), **STAMP)
    assert len(full.read(LEDGER)) == 5


def test_delete_takes_out_the_rows_that_agree(full: Warehouse) -> None:
    keys = pd.DataFrame({"book": ["A", None, None, "Z"], "period": ["2026-01", "2026-02", "2026-02", "2026-01"]})
    assert full.delete(LEDGER, keys) == 2
    assert shown(full.read(LEDGER)) == lines("A 2026-02 EUR 200\nB 2026-02 JPY 300")
    assert full.delete(LEDGER, pd.DataFrame({"period": ["2026-02"]})) == 2
    assert full.delete(LEDGER, pd.DataFrame({"period": pd.Series([], dtype="str")})) == 0


def test_delete_needs_columns_that_name_rows(full: Warehouse) -> None:
    with pytest.raises(ContractError, match="name the columns"):
        full.delete(LEDGER, pd.DataFrame())
    with pytest.raises(ContractError, match="amounts"):
        full.delete(LEDGER, pd.DataFrame({"amount": [1]}))
    with pytest.raises(ConfigurationError, match="no column 'nothing'"):
        full.delete(LEDGER, pd.DataFrame({"nothing": [1]}))


def test_rows_without_identity_cannot_be_merged_but_appended(warehouse_url: str) -> None:
    notes = Table("notes", "test", "Notes", "note", (Column("note", "text", "Note"),), ())
    with Warehouse(warehouse_url, [notes]) as opened:
        opened.create()
        frame = pd.DataFrame({"note": ["twice", "twice"]})
        assert opened.append(notes, frame, **STAMP) == 2
        assert opened.read(notes)["note"].tolist() == ["twice", "twice"]
        with pytest.raises(ContractError, match="without a key cannot be merged"):
            opened.merge(notes, frame, **STAMP)


# Reading ------------------------------------------------------------------------------------------------------------


def test_read_filters_by_period_value_and_missing(full: Warehouse) -> None:
    assert shown(full.read(LEDGER, periods=["2026-01"])) == "A 2026-01 EUR 100"
    assert shown(full.read(LEDGER, where={"book": None})) == "- 2026-02 EUR 400"
    assert shown(full.read(LEDGER, periods=["2026-02"], where={"book": ["B", None]})) == lines(
        "B 2026-02 JPY 300\n- 2026-02 EUR 400"
    )
    assert full.read(LEDGER, where={"book": []}).empty
    assert full.read(LEDGER, periods=[]).empty


def test_read_some_columns_without_showing_the_currency_it_needed(full: Warehouse) -> None:
    some = full.read(LEDGER, columns=["amount", "book"], where={"currency": "JPY"})
    assert list(some.columns) == ["amount", "book"]
    assert some["amount"].tolist() == [300]


def test_an_empty_table_reads_as_its_contract_says(warehouse: Warehouse) -> None:
    for table in report_tables():
        pd.testing.assert_frame_equal(warehouse.read(table), empty(table))
        pd.testing.assert_frame_equal(warehouse.read(table, stamps=True), empty(table, stamps=True))


def test_read_decimal_shows_amounts_in_major_units(full: Warehouse) -> None:
    rows = full.read_decimal(LEDGER)
    # 100 minor units: 1.00 EUR; 300 minor units of JPY are 300 JPY
    assert [str(a) for a in rows["amount"]] == ["1.00", "2.00", "300", "4.00"]
    assert full.read_decimal(LEDGER, columns=["amount"], limit=1).to_dict("list") == {"amount": [Decimal("1.00")]}
    assert full.read_decimal(LEDGER, columns=["run_id"], limit=1).to_dict("list") == {"run_id": ["run-1"]}


CONDITIONS = [
    (("amount", ">", "2.00"), "BD"),
    (("amount", "=", Decimal("2.00")), "C"),
    (("amount", "in", ["1", 2]), "AC"),
    (("cost", "<", "10"), "AC"),  # as text, 9 would come after 10
    (("cost", ">=", "10.000000000000001"), "D"),
    (("cost", "=", "9.50"), "A"),
    (("cost", "=", None), ""),
    (("book", "!=", None), "ABCD"),
    (("book", "not in", ["A", "B"]), "CD"),
    (("share", ">", "0.5"), "B"),
    (("lines", "<=", 2), "AB"),
    (("is_open", "=", "true"), "AC"),
    (("is_open", "=", False), "BD"),
    (("day", ">", "2026-01-02"), "CD"),
    (("day", "=", date(2026, 1, 2)), "B"),
    (("seen_at", "<", "2026-01-02T01:00:00+01:00"), "A"),  # which is 2026-01-02 in UTC
    (("seen_at", "=", datetime(2026, 1, 2, tzinfo=UTC)), "B"),
    (("seen_at", ">", "2026-01-03"), "D"),
    (("note", "=", "x' OR '1'='1"), ""),
    (("note", "=", "Robert'); DROP TABLE ledger;--"), "D"),
]


@pytest.fixture
def varied(books: Warehouse) -> Warehouse:
    frame = ledger("A 2026-01 EUR 100\nB 2026-01 EUR 1000\nC 2026-01 EUR 200\nD 2026-01 EUR 300").assign(
        cost=[Decimal("9.5"), Decimal(10), Decimal(-1), Decimal("10.000000000000001")],
        share=[0.5, 0.75, 0.25, np.nan],
        lines=[1, 2, 3, 4],
        is_open=[True, False, True, False],
        day=[date(2026, 1, n) for n in (1, 2, 3, 4)],
        seen_at=[datetime(2026, 1, n, tzinfo=UTC) for n in (1, 2, 3, 4)],
        note=["a", "b", "c", "Robert'); DROP TABLE ledger;--"],
    )
    books.replace(LEDGER, frame, periods=None, **STAMP)
    return books


def test_conditions_are_exact_and_typed(varied: Warehouse) -> None:
    found = {repr(c): "".join(varied.read_decimal(LEDGER, where=[c])["book"]) for c, _ in CONDITIONS}
    assert found == {repr(c): wanted for c, wanted in CONDITIONS}


def test_a_missing_amount_is_neither_more_nor_less(full: Warehouse) -> None:
    assert full.read_decimal(LEDGER, where=[("cost", "<", "1")]).empty
    assert full.read_decimal(LEDGER, where=[("cost", ">=", "1")]).empty


def test_conditions_all_hold(varied: Warehouse) -> None:
    rows = varied.read_decimal(LEDGER, where=[("lines", ">", 1), ("is_open", "=", "0")], periods=["2026-01"])
    assert rows["book"].tolist() == ["B", "D"]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (("nothing", "=", 1), "no column 'nothing'"),
        (("amount", "like", 1), "no operator 'like'"),
        (("amount; --", "=", 1), "no column"),
        (("amount", "=", "much"), "'much' is no money for amount"),
        (("amount", "=", 1.5), "1.5 is no money"),
        (("cost", "=", "NaN"), "is no fine money"),
        (("book", "=", 1), "1 is no code"),
        (("is_open", "=", "perhaps"), "'perhaps' is no boolean"),
        (("day", "=", "yesterday"), "is no date"),
        (("book", "in", "AB"), "takes several values"),
        (("book", "<", None), "only"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_the_users_mistake(
    varied: Warehouse, condition: room.Condition, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        varied.read_decimal(LEDGER, where=[condition])


def test_read_does_not_guess_the_unit_of_an_amount(varied: Warehouse) -> None:
    with pytest.raises(ConfigurationError, match="read_decimal"):
        varied.read(LEDGER, where={"amount": 100})


# Money that the engine cannot hold ----------------------------------------------------------------------------------


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
