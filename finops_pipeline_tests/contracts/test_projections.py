"""What a contract means for frames, Arrow, SQL and readers, and which frames break it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.model import Column, Kind, Reference, Table
from finops_pipeline.contracts.projections import (
    arrow_schema,
    conform,
    data_dictionary,
    empty,
    from_arrow,
    sqlalchemy_table,
    to_arrow,
)
from finops_pipeline.errors import ContractError

D = Decimal
NOON = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
KINDS: tuple[Kind, ...] = (
    "code", "text", "period", "date", "instant", "money", "fine_money", "decimal", "ratio", "integer", "boolean", "json",
)  # fmt: skip


def table(kind: Kind = "code", *, nullable: bool = False, allowed: tuple[str, ...] = ()) -> Table:
    """A table of one column `x`, without a key."""
    return Table("t", "test", "A table", "row", (Column("x", kind, "X", nullable=nullable, allowed=allowed),), ())


def frame(values: Any, dtype: Any = None) -> pd.DataFrame:
    return pd.DataFrame({"x": pd.Series(values, dtype=dtype)})


PAIR = Table(
    "pair", "test", "Two columns", "a x b",
    (Column("a", "code", "A"), Column("b", "code", "B", nullable=True)), ("a", "b"),
)  # fmt: skip


# Shapes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_every_contract_has_one_shape_in_every_form(name: str) -> None:
    """An empty frame, its Arrow form and back, and the frame `conform` returns agree in columns, order and dtypes."""
    contract = TABLES[name]
    nothing = empty(contract)
    assert tuple(nothing.columns) == contract.names
    pd.testing.assert_frame_equal(conform(nothing, contract), nothing)
    pd.testing.assert_frame_equal(conform(pd.DataFrame(columns=list(contract.names)), contract), nothing)
    assert to_arrow(nothing, contract).schema == arrow_schema(contract)
    pd.testing.assert_frame_equal(from_arrow(to_arrow(nothing, contract), contract), nothing)


def test_stamps_come_last_when_asked_for() -> None:
    schema = arrow_schema(table(), stamps=True)
    assert schema.names == ["x", "loaded_at", "run_id"]
    assert schema.field("loaded_at").type == pa.timestamp("us", tz="UTC")
    assert tuple(empty(table(), stamps=True).columns) == ("x", "loaded_at", "run_id")


def test_arrow_says_which_values_may_be_missing() -> None:
    assert not arrow_schema(table("money")).field("x").nullable
    assert arrow_schema(table("money", nullable=True)).field("x").nullable


def test_some_columns_come_back_from_arrow() -> None:
    rows = to_arrow(conform(pd.DataFrame({"a": ["p", "q"], "b": ["r", None]}), PAIR), PAIR)
    assert from_arrow(rows.select(["b"]), PAIR).columns.tolist() == ["b"]


# Values that keep the contract --------------------------------------------------------------------------------------

KEPT: list[tuple[Kind, Any, Any, list[Any]]] = [
    ("code", ["1000", "2000"], None, ["1000", "2000"]),
    ("code", ["1000", "2000"], object, ["1000", "2000"]),
    ("code", ["1000", "2000"], "category", ["1000", "2000"]),
    ("text", ["", "a"], pd.ArrowDtype(pa.string()), ["", "a"]),
    ("period", ["2026-01", "2026-12"], None, ["2026-01", "2026-12"]),
    ("date", [date(2026, 1, 1)], object, [pd.Timestamp(2026, 1, 1)]),
    ("date", [datetime(2026, 1, 1)], object, [pd.Timestamp(2026, 1, 1)]),  # noqa: DTZ001
    ("date", ["2026-01-01"], "datetime64[ns]", [pd.Timestamp(2026, 1, 1)]),
    ("date", [date(2026, 1, 1)], pd.ArrowDtype(pa.date32()), [pd.Timestamp(2026, 1, 1)]),
    ("instant", [NOON], object, [pd.Timestamp(NOON)]),
    ("instant", [NOON.astimezone(timezone(timedelta(hours=2)))], None, [pd.Timestamp(NOON)]),
    ("money", [1230, -5], None, [1230, -5]),
    ("money", [1230, -5], "int32", [1230, -5]),
    ("money", [1230, 2**63 - 1], object, [1230, 2**63 - 1]),
    ("money", [1230], pd.ArrowDtype(pa.int64()), [1230]),
    ("integer", [1], "Int64", [1]),
    ("fine_money", [D("0.000000000000001"), D(2)], None, [D("0.000000000000001"), D(2)]),
    ("decimal", [D("1.10"), 2], object, [D("1.1"), D(2)]),
    ("decimal", [1, 2], "int64", [D(1), D(2)]),
    ("decimal", [D("1.10")], pd.ArrowDtype(pa.decimal128(10, 2)), [D("1.1")]),
    ("ratio", [0.5, 2], object, [0.5, 2.0]),
    ("ratio", [1, 2], "int64", [1.0, 2.0]),
    ("ratio", [D("0.25")], pd.ArrowDtype(pa.decimal128(38, 15)), [0.25]),
    ("boolean", [True, False], None, [True, False]),
    ("boolean", [np.True_, False], object, [True, False]),
    ("json", ["{}"], None, ["{}"]),
]


@pytest.mark.parametrize(("kind", "values", "dtype", "wanted"), KEPT)
@pytest.mark.parametrize("nullable", [False, True])
def test_values_of_the_kind_are_kept(kind: Kind, values: Any, dtype: Any, wanted: list[Any], nullable: bool) -> None:
    contract = table(kind, nullable=nullable)
    given = frame(values, dtype)
    given.index = pd.Index(range(7, 7 + len(given)))
    result = conform(given, contract)
    assert result["x"].tolist() == wanted
    assert result.dtypes.equals(empty(contract).dtypes)
    assert result.index.tolist() == list(range(len(given)))
    pd.testing.assert_frame_equal(from_arrow(to_arrow(result, contract), contract), result)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [object, "float64", "str"])
def test_missing_values_are_missing_in_every_kind(kind: Kind, dtype: Any) -> None:
    contract = table(kind, nullable=True)
    result = conform(frame([None, None], dtype), contract)
    assert result["x"].isna().all()
    assert result.dtypes.equals(empty(contract).dtypes)


def test_missing_values_may_stand_among_others() -> None:
    contract = table("money", nullable=True)
    assert conform(frame([1230, None], object), contract)["x"].tolist() == [1230, pd.NA]
    assert conform(frame([1230, None], "Int64"), contract)["x"].dtype == "Int64"


def test_a_moment_is_kept_to_the_microsecond() -> None:
    fine = pd.Series([pd.Timestamp("2026-01-01T00:00:00.123456789Z")])
    assert conform(frame(fine), table("instant"))["x"].tolist() == [pd.Timestamp("2026-01-01T00:00:00.123456Z")]


def test_columns_come_in_the_contracts_order_and_the_frame_is_left_alone() -> None:
    given = pd.DataFrame({"b": ["r", None], "a": ["p", "q"]})
    before = given.copy()
    assert conform(given, PAIR).columns.tolist() == ["a", "b"]
    pd.testing.assert_frame_equal(given, before)


# Values that break it -----------------------------------------------------------------------------------------------

BROKEN: list[tuple[Kind, Any, Any, str]] = [
    ("code", [1000], None, r"int64 values are not text; for example 1000"),
    ("code", ["a", 7], object, "for example 7"),
    ("code", [1, 2], "category", "not text"),
    ("json", [{"a": 1}], object, "not text; for example {'a': 1}"),
    ("period", ["2026-01", "2026-13", "03/2026"], None, "'2026-13', '03/2026' is no period: write it as YYYY-MM"),
    ("date", ["2026-01-01"], None, "not calendar days; for example '2026-01-01'"),
    ("date", ["2026-01-01T05:00"], "datetime64[us]", "carry a time of day"),
    ("date", [date(2026, 1, 1), datetime(2026, 1, 1, 5)], object, "carry a time of day"),  # noqa: DTZ001
    ("date", [NOON.replace(hour=0)], object, "or a zone"),
    ("date", [NOON.replace(hour=0)], None, "not calendar days"),
    ("instant", ["2026-01-01"], "datetime64[us]", "not moments with a time zone"),
    ("instant", [NOON, datetime(2026, 1, 1)], object, r"with a time zone; for example .*2026, 1, 1"),  # noqa: DTZ001
    ("money", [12.0, 12.34], None, "double values are not whole numbers .* for example 12.0, 12.34"),
    ("money", [12, 0.5], object, "not whole numbers"),
    ("money", [D("12.34")], None, "not whole numbers"),
    ("money", ["12"], None, "not whole numbers .* for example '12'"),
    ("money", [True], None, "not whole numbers"),
    ("money", [1, 2**63], object, f"for example {2**63}"),
    ("money", [1, 2**63], "uint64", f"for example .*{2**63}"),
    ("integer", [1.0], None, "not whole numbers"),
    ("fine_money", [0.1], None, "double values are not exact decimals; for example 0.1"),
    ("fine_money", [D(1), 0.1], object, "for example 0.1"),
    ("decimal", [D("1E-16"), D(1)], None, r"data loss; for example Decimal\('1E-16'\)"),
    ("decimal", [D("1E23")], None, "for example"),
    ("decimal", ["1.1"], object, "for example '1.1'"),
    ("decimal", [True], object, "for example True"),
    ("ratio", [0.5, np.inf], None, "missing, not infinite; for example inf"),
    ("ratio", ["0.5"], None, "not numbers"),
    ("ratio", [True], None, "not numbers"),
    ("boolean", [1, 0], None, "not true or false; for example"),
    ("boolean", ["true"], None, "not true or false"),
]


@pytest.mark.parametrize(("kind", "values", "dtype", "says"), BROKEN)
def test_values_of_another_kind_are_named(kind: Kind, values: Any, dtype: Any, says: str) -> None:
    with pytest.raises(ContractError, match=says) as error:
        conform(frame(values, dtype), table(kind))
    assert str(error.value).startswith(f"t.x ({kind}): ")


def test_only_a_few_bad_values_are_shown() -> None:
    with pytest.raises(ContractError, match=r"for example 1\.5, 2\.5, 3\.5$"):
        conform(frame([1.5, 2.5, 3.5, 4.5, 5.5]), table("money"))


def test_values_that_only_their_mixture_breaks_are_shown_too() -> None:
    mixed = frame([0.5, D("0.5")], object)
    with pytest.raises(ContractError, match=r"for example 0\.5, Decimal\('0\.5'\)"):
        conform(mixed, table("ratio"))


def test_a_missing_value_where_one_is_demanded() -> None:
    with pytest.raises(ContractError, match=r"t\.x \(money\): no value in 2 of 3 rows, first in rows \[0, 2\]"):
        conform(frame([None, 1, None], object), table("money"))


def test_a_word_outside_the_vocabulary() -> None:
    contract = table("code", allowed=("mtd", "ytd"))
    assert conform(frame(["ytd", "mtd"]), contract)["x"].tolist() == ["ytd", "mtd"]
    with pytest.raises(ContractError, match="'qtd' not in the vocabulary mtd, ytd"):
        conform(frame(["mtd", "qtd"]), contract)
    assert conform(frame(["mtd", None]), table("code", nullable=True, allowed=("mtd",)))["x"].isna().tolist() == [
        False,
        True,
    ]


def test_columns_must_be_the_contracts() -> None:
    with pytest.raises(ContractError, match=r"pair: columns missing \['b'\], unknown \['c'\], given twice \[\]"):
        conform(pd.DataFrame({"a": ["p"], "c": ["q"]}), PAIR)
    with pytest.raises(ContractError, match=r"given twice \['a'\]"):
        conform(pd.DataFrame([["p", "q", "r"]], columns=["a", "b", "a"]), PAIR)


def test_a_key_occurs_once_and_missing_equals_missing() -> None:
    once = pd.DataFrame({"a": ["p", "p", "q"], "b": ["r", None, None]})
    assert len(conform(once, PAIR)) == 3
    twice = pd.DataFrame({"a": ["p", "p", "q"], "b": [None, None, "r"]})
    with pytest.raises(
        ContractError, match=r"pair: 1 rows repeat the key \['a', 'b'\], for example .*'a': 'p', 'b': None"
    ):
        conform(twice, PAIR)


# SQL ----------------------------------------------------------------------------------------------------------------


def test_types_fit_each_engine() -> None:
    contract = Table("t", "test", "All", "row", tuple(Column(k, k, k, nullable=k == "money") for k in KINDS), ("code",))
    built = sqlalchemy_table(contract, sa.MetaData())
    lite = str(CreateTable(built).compile(dialect=sqlite.dialect()))
    big = str(CreateTable(built).compile(dialect=postgresql.dialect()))
    for line in ("money NUMERIC,", "fine_money TEXT NOT NULL", "instant TEXT NOT NULL", "boolean BOOLEAN", "date DATE"):
        assert line in lite
    for line in (
        "money NUMERIC,",
        "fine_money NUMERIC(38, 15) NOT NULL",
        "decimal NUMERIC(38, 15)",
        "instant TIMESTAMP WITH TIME ZONE",
        "ratio DOUBLE PRECISION",
        "integer BIGINT",
        "json TEXT",
        "loaded_at TIMESTAMP WITH TIME ZONE NOT NULL",
    ):
        assert line in big
    assert [c.name for c in built.columns] == [*KINDS, "loaded_at", "run_id"]
    assert built.c.money.comment == "money"


@pytest.mark.parametrize(
    ("name", "indexes"),
    [
        ("trial_balance", {"uq_trial_balance_key": True, "ix_trial_balance_period": False}),
        ("budget_variance", {"ix_budget_variance_period": False}),  # a cost center may be missing
        ("audit_log", {"uq_audit_log_key": True}),  # has no period
    ],
)
def test_indexes_serve_the_key_and_the_period(name: str, indexes: dict[str, bool]) -> None:
    built = sqlalchemy_table(TABLES[name], sa.MetaData())
    assert {str(i.name): i.unique for i in built.indexes} == indexes


def test_a_table_without_a_key_has_no_unique_index() -> None:
    assert not sqlalchemy_table(table(), sa.MetaData()).indexes


# The dictionary -----------------------------------------------------------------------------------------------------


def test_the_dictionary_says_everything_a_reader_needs() -> None:
    contract = Table(
        "sales", "master_data", "What was sold", "sale",
        (
            Column("sale_id", "code", "Sale"),
            Column("amount", "money", "Amount | net", nullable=True, currency="sale_currency"),
            Column("tax", "money", "Tax"),
            Column("channel", "code", "Channel", allowed=("shop", "web"), reference=Reference("channels", "channel_id")),
            Column("sale_currency", "code", "Currency"),
        ),
        ("sale_id",), "lake", partitioned=True,
    )  # fmt: skip
    page = data_dictionary([contract, table()])
    assert page.index("## Master data") < page.index("## Test")
    for line in (
        "### `sales`",
        "One row per sale. Key: `sale_id`. Home: lake, replaced by month.",
        "One row per row. Key: none. Home: warehouse.",
        "| `amount` | money in `sale_currency` | yes | Amount \\| net |  |  |",
        "| `tax` | money |  | Tax |  |  |",
        "| `channel` | code |  | Channel | `shop`, `web` | `channels.channel_id` |",
    ):
        assert line in page.splitlines()
