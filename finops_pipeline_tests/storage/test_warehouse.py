"""The warehouse on both engines: exact values, whole publications, errors that say the next step."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.contracts.projections import conform, empty
from finops_pipeline.errors import ConfigurationError, ContractError
from finops_pipeline.storage import warehouse_engines
from finops_pipeline.storage.warehouse import Warehouse
from finops_pipeline_tests.storage.books import LEDGER, NOON, OLD, STAMP, ledger, lines, shown


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


SMALL = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=False)
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
