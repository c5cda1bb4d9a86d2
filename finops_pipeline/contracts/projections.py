"""What a contract means elsewhere: as an Arrow schema, as a frame, as a warehouse table, as a page for readers.

Here: free functions from a `Table` to the form another room speaks. Not here: what a table promises (the module of its
noun), how rows of text are judged (`quality`), nor reading and writing (`storage`).
"""

from collections.abc import Callable, Iterable
from datetime import datetime, time
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from finops_pipeline.contracts.model import STAMPS, Column, Kind, Table
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import periods

EXACT = pa.decimal128(38, 15)
"""Fine money, rates, prices and quantities: 23 digits before the point, 15 after it."""

_ARROW: dict[Kind, pa.DataType] = {
    "code": pa.string(),
    "text": pa.string(),
    "period": pa.string(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
    "money": pa.int64(),
    "fine_money": EXACT,
    "decimal": EXACT,
    "ratio": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "json": pa.string(),
}

_SAMPLE = 3
"""How many bad values an error shows: enough to recognize the cause, few enough to read."""


def _columns(table: Table, stamps: bool) -> tuple[Column, ...]:
    return table.columns + STAMPS if stamps else table.columns


def arrow_schema(table: Table, stamps: bool = False) -> pa.Schema:
    """The contract as an Arrow schema, with the publishing stamps last if asked for."""
    return pa.schema([pa.field(c.name, _ARROW[c.kind], c.nullable) for c in _columns(table, stamps)])


def pandas_dtype(column: Column) -> Any:
    """The pandas dtype a column has in every frame, whether or not a value happens to be missing."""
    if column.nullable and column.kind in _NULLABLE_PANDAS:
        return _NULLABLE_PANDAS[column.kind]
    return _PANDAS.get(column.kind, "str")


_PANDAS: dict[Kind, Any] = {
    "money": "int64",
    "integer": "int64",
    "fine_money": pd.ArrowDtype(EXACT),
    "decimal": pd.ArrowDtype(EXACT),
    "ratio": "float64",
    "boolean": "bool",
    "date": "datetime64[us]",
    "instant": pd.DatetimeTZDtype("us", "UTC"),
}
_NULLABLE_PANDAS: dict[Kind, Any] = {
    "money": pd.Int64Dtype(),
    "integer": pd.Int64Dtype(),
    "boolean": pd.BooleanDtype(),
}


def empty(table: Table, stamps: bool = False) -> pd.DataFrame:
    """A frame of no rows with the contract's columns and dtypes."""
    return pd.DataFrame({c.name: pd.Series([], dtype=pandas_dtype(c)) for c in _columns(table, stamps)})


def to_arrow(frame: pd.DataFrame, table: Table, stamps: bool = False) -> pa.Table:
    """A conforming frame as an Arrow table of the contract's schema."""
    return pa.Table.from_pandas(frame, schema=arrow_schema(table, stamps), preserve_index=False)


def from_arrow(rows: pa.Table, table: Table, stamps: bool = False) -> pd.DataFrame:
    """An Arrow table of the contract's schema (or some of its columns) as a frame of the contract's dtypes."""
    wanted = [c for c in _columns(table, stamps) if c.name in rows.column_names]
    return pd.DataFrame({c.name: _to_series(rows.column(c.name), c) for c in wanted}, index=range(rows.num_rows))


def _to_series(values: pa.Array | pa.ChunkedArray, column: Column) -> pd.Series:
    dtype = pandas_dtype(column)
    if column.kind == "instant":
        values = values.cast(_ARROW["instant"])  # the engine's moments are UTC and do not say so
    if column.kind in ("ratio", "date", "instant"):
        plain: pd.Series = values.to_pandas(date_as_object=False)
        return plain.astype(dtype)
    return pd.Series(pd.array(values, dtype=pd.ArrowDtype(values.type))).astype(dtype)


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with the contract's columns, in its order and dtypes, or an error that says what breaks the contract.

    Shape: the same rows in the same order, index 0..n-1; the frame given is left as it is.

    Raises: ContractError for missing or unknown columns; for a value of another kind (a float where an amount should
    be, text where a date should be), a missing value where one is demanded, a word outside the vocabulary, a period
    that is no label, an infinite ratio, and for two rows with the same key (missing values compare equal).
    """
    missing = [name for name in table.names if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in table.names]
    if missing or unknown or not frame.columns.is_unique:
        twice = list(frame.columns[frame.columns.duplicated()])
        raise ContractError(f"{table.name}: columns missing {missing}, unknown {unknown}, given twice {twice}")
    result = pd.DataFrame(
        {c.name: _conform_column(frame[c.name], c, table) for c in table.columns}, index=range(len(frame))
    )
    _check_key(result, table)
    return result


def _conform_column(values: pd.Series, column: Column, table: Table) -> pd.Series:
    present = values.dropna()
    where = f"{table.name}.{column.name} ({column.kind})"
    if len(present) < len(values) and not column.nullable:
        rows = [i for i, gone in enumerate(values.isna()) if gone]
        raise ContractError(f"{where}: no value in {len(rows)} of {len(values)} rows, first in rows {rows[:_SAMPLE]}")
    arrow_type = _ARROW[column.kind]
    if present.empty:  # nothing that could be of a wrong kind, whatever dtype carries it
        return _to_series(pa.nulls(len(values), arrow_type), column)
    try:
        exact = _CASTS[column.kind](values, arrow_type)
    except (pa.ArrowException, OverflowError, _WrongKindError) as error:
        reason = str(error) or f"{present.dtype} values are of another kind"
        raise ContractError(f"{where}: {reason}; for example {_sample(_bad(present, column.kind))}") from error
    wrong = _outside(exact, column)
    if wrong:
        raise ContractError(f"{where}: {wrong}")
    return _to_series(exact, column)


def _outside(values: pa.Array, column: Column) -> str:
    """What is wrong with values that are of the right kind, or nothing."""
    if column.allowed:
        strange = [v for v in values.unique().drop_null().to_pylist() if v not in column.allowed]
        return f"{_sample(strange)} not in the vocabulary {', '.join(column.allowed)}" if strange else ""
    if column.kind == "period":
        strange = [v for v in values.unique().drop_null().to_pylist() if not periods.is_label(v)]
        return f"{_sample(strange)} is no period: write it as YYYY-MM" if strange else ""
    return ""


class _WrongKindError(Exception):
    """Values of another kind than the column's; `conform` says which table and column, and shows some."""


def _bad(present: pd.Series, kind: Kind) -> list[Any]:
    """The first few values that cannot be cast one by one; the first few of all where only their mixture fails."""
    bad: list[Any] = []
    for i in range(len(present)):
        try:
            _CASTS[kind](present.iloc[i : i + 1], _ARROW[kind])
        except (pa.ArrowException, OverflowError, _WrongKindError):
            bad += present.iloc[i : i + 1].tolist()
            if len(bad) == _SAMPLE:
                break
    return bad or present.head(_SAMPLE).tolist()


def _sample(values: list[Any]) -> str:
    return ", ".join(repr(v) for v in values[:_SAMPLE])


def _array(values: pd.Series, arrow_type: pa.DataType | None = None) -> pa.Array:
    made = pa.array(values, type=arrow_type, from_pandas=True)
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def _demand(condition: bool, message: str) -> None:
    if not condition:
        raise _WrongKindError(message)


def _cast_text(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    made = _array(values)
    kind = made.type.value_type if pa.types.is_dictionary(made.type) else made.type
    _demand(pa.types.is_string(kind) or pa.types.is_large_string(kind), f"{kind} values are not text")
    return made.cast(arrow_type)


def _cast_whole(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    made = _array(values)
    _demand(
        pa.types.is_integer(made.type),
        f"{made.type} values are not whole numbers (an amount is a count of minor units, never a float)",
    )
    return made.cast(arrow_type)


def _cast_exact(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    if values.dtype == object:
        return _array(values, arrow_type)  # Decimal and int only; refuses floats, text and lost decimals
    made = _array(values)
    _demand(
        pa.types.is_decimal(made.type) or pa.types.is_integer(made.type),
        f"{made.type} values are not exact decimals",
    )
    return made.cast(arrow_type)


def _cast_ratio(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    made = _array(values)
    types = pa.types
    _demand(
        types.is_floating(made.type) or types.is_integer(made.type) or types.is_decimal(made.type),
        f"{made.type} values are not numbers",
    )
    ratios = made.cast(arrow_type, safe=False)
    _demand(not pc.any(pc.is_inf(ratios)).as_py(), "a ratio without a base is missing, not infinite")
    return ratios


def _cast_boolean(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    made = _array(values)
    _demand(pa.types.is_boolean(made.type), f"{made.type} values are not true or false")
    return made.cast(arrow_type)


def _cast_date(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    if values.dtype == object:  # Arrow takes its type from the first value and would drop a later one's time of day
        timed = [v for v in values.dropna() if isinstance(v, datetime) and (v.time() != time.min or v.tzinfo)]
        _demand(not timed, "values carry a time of day or a zone")
    made = _array(values)
    naive = pa.types.is_timestamp(made.type) and made.type.tz is None
    _demand(naive or pa.types.is_date(made.type), f"{made.type} values are not calendar days")
    days = made.cast(arrow_type)
    _demand(days.cast(made.type).equals(made), "values carry a time of day")
    return days


def _cast_instant(values: pd.Series, arrow_type: pa.DataType) -> pa.Array:
    if values.dtype == object:  # as for days: a later value without a zone would silently get the first one's
        zoned = all(isinstance(v, datetime) and v.tzinfo for v in values.dropna())
        _demand(zoned, "values are not moments with a time zone")
    made = _array(values)
    zoned = pa.types.is_timestamp(made.type) and made.type.tz is not None
    _demand(zoned, f"{made.type} values are not moments with a time zone")
    return made.cast(arrow_type, safe=False)  # a moment is kept to the microsecond


_CASTS: dict[Kind, Callable[[pd.Series, pa.DataType], pa.Array]] = {
    "code": _cast_text,
    "text": _cast_text,
    "period": _cast_text,
    "date": _cast_date,
    "instant": _cast_instant,
    "money": _cast_whole,
    "fine_money": _cast_exact,
    "decimal": _cast_exact,
    "ratio": _cast_ratio,
    "integer": _cast_whole,
    "boolean": _cast_boolean,
    "json": _cast_text,
}


def _check_key(rows: pd.DataFrame, table: Table) -> None:
    if not table.key:
        return
    key = list(table.key)
    twice = rows.duplicated(key)
    if twice.any():
        sample = rows.loc[twice, key].head(_SAMPLE).astype(object)
        shown = sample.where(sample.notna(), None).to_dict("records")
        raise ContractError(f"{table.name}: {int(twice.sum())} rows repeat the key {key}, for example {shown}")


def key_index_name(table_name: str) -> str:
    """What the unique index over a warehouse table's key is called; no other index of the warehouse is ours to drop."""
    return f"uq_{table_name}_key"


def sqlalchemy_table(table: Table, metadata: sa.MetaData) -> sa.Table:
    """The contract as a warehouse table: its columns in order, then the publishing stamps.

    An index serves the period, by which tables are replaced and read. The key gets a unique index where none of its
    columns may be missing. Where one may, no unique index treats missing values as equal on every engine; there
    `conform` and the writers, which delete before they insert, keep keys unique.
    """
    indexes: list[sa.Index] = []
    if table.key and not any(table.column(name).nullable for name in table.key):
        indexes.append(sa.Index(key_index_name(table.name), *table.key, unique=True))
    if "period" in table.names:
        indexes.append(sa.Index(f"ix_{table.name}_period", "period"))
    return sa.Table(
        table.name,
        metadata,
        *(
            sa.Column(c.name, _SQL.get(c.kind, sa.Text()), nullable=c.nullable, comment=c.description)
            for c in table.columns + STAMPS
        ),
        *indexes,
        comment=table.description,
    )


# SQLite has no exact decimals and no moments: it keeps them as plain text. Money has no scale, so that each amount
# keeps the places of its own currency.
_EXACT_SQL = sa.Numeric(38, 15).with_variant(sa.Text(), "sqlite")
_SQL: dict[Kind, sa.types.TypeEngine[Any]] = {
    "money": sa.Numeric(),
    "fine_money": _EXACT_SQL,
    "decimal": _EXACT_SQL,
    "ratio": sa.Double(),
    "integer": sa.BigInteger(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "instant": sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
}


def data_dictionary(tables: Iterable[Table]) -> str:
    """The contracts as one Markdown page for readers: every table by group, every column with its meaning."""
    groups: dict[str, list[Table]] = {}
    for table in tables:
        groups.setdefault(table.group, []).append(table)
    lines = [_DICTIONARY_HEAD]
    for group in sorted(groups):
        lines += [f"## {group.replace('_', ' ').capitalize()}", ""]
        for table in sorted(groups[group], key=lambda t: t.name):
            lines += _dictionary_section(table)
    return "\n".join(lines)


_DICTIONARY_HEAD = """# Data dictionary

Generated from the contracts by `python -m finops_pipeline.contracts.dictionary`: change a contract, not this page.

Kinds: *code* identifies, *text* is read by people, *period* is a month `YYYY-MM`, *date* is a day, *instant* is a moment
in UTC. *money* is an amount in the currency of its row: whole minor units in frames and the lake, major units (NUMERIC) in
the warehouse. *fine money* and *decimal* are exact to 15 decimals. *ratio* is a fraction or a statistic, *integer* a count,
*boolean* a flag, *json* JSON text. In keys, missing values equal each other. Every warehouse table ends with `loaded_at`
(when the row was published, UTC) and `run_id` (by which run).
"""


def _dictionary_section(table: Table) -> list[str]:
    key = ", ".join(f"`{name}`" for name in table.key) or "none"
    home = f"{table.home}, replaced by month" if table.partitioned else table.home
    return [
        f"### `{table.name}`",
        "",
        f"{table.description}.",
        "",
        f"One row per {table.grain}. Key: {key}. Home: {home}.",
        "",
        "| column | kind | may be missing | meaning | vocabulary | refers to |",
        "|---|---|---|---|---|---|",
        *(_dictionary_row(c) for c in table.columns),
        "",
    ]


def _dictionary_row(column: Column) -> str:
    kind = column.kind.replace("_", " ")
    if column.kind == "money" and column.currency != "currency":
        kind += f" in `{column.currency}`"
    missing = "yes" if column.nullable else ""
    meaning = column.description.replace("|", "\\|")
    words = ", ".join(f"`{word}`" for word in column.allowed)
    refers = f"`{column.reference.table}.{column.reference.column}`" if column.reference else ""
    return f"| `{column.name}` | {kind} | {missing} | {meaning} | {words} | {refers} |"
