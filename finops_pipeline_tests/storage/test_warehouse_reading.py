"""Reading from the warehouse: filters, conditions, major units."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from finops_pipeline.contracts.catalog import report_tables
from finops_pipeline.contracts.projections import empty
from finops_pipeline.errors import ConfigurationError
from finops_pipeline.storage import warehouse as room
from finops_pipeline.storage.warehouse import Warehouse
from finops_pipeline_tests.storage.books import LEDGER, STAMP, ledger, lines, shown


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
