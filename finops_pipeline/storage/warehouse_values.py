"""How values of a contract's kinds look to the warehouse, and how they come back, without ever passing a float.

Here: amounts in minor units to decimal text in major units and back, exact decimals to plain text, moments and days to ISO
text, and one value of a filter. Not here: SQL, connections and transactions (`warehouse`).

The written form is the same for every engine: text for amounts, decimals, days and moments; numbers and flags as they are.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from finops_pipeline.contracts.model import Column, Kind, Table
from finops_pipeline.contracts.projections import EXACT, arrow_schema, from_arrow, to_arrow
from finops_pipeline.errors import ConfigurationError, ContractError
from finops_pipeline.finance import money

SQLITE_DIGITS = 15
"""Digits that survive SQLite's NUMERIC, which keeps what is not whole as a 64-bit float."""

_PLACES = 15
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


def to_wire(frame: pd.DataFrame, table: Table, *, max_digits: int | None = None) -> pa.Table:
    """A conforming frame as the warehouse writes it.

    `max_digits`: the most digits an amount may have in this engine.

    Raises: ContractError for an amount without a known currency or with too many digits.
    """
    rows = to_arrow(frame, table)
    columns = []
    for column in table.columns:
        values = _whole(rows.column(column.name))
        if column.kind == "money":
            where = f"{table.name}.{column.name}"
            _check_digits(values, where, max_digits)
            values = _money_text(values, _whole(rows.column(column.currency)), where)
        columns.append(_WRITERS.get(column.kind, _unchanged)(values))
    return pa.table(columns, names=list(table.names))


def stamped(wire: pa.Table, run_id: str, loaded_at: datetime) -> pa.Table:
    """Written rows with the two publishing stamps last. Raises: ContractError for a moment without a time zone."""
    if loaded_at.tzinfo is None:
        raise ContractError(f"loaded_at {loaded_at} has no time zone")
    moment = loaded_at.astimezone(UTC).strftime(_MOMENT)
    for name, value in (("loaded_at", moment), ("run_id", run_id)):
        wire = wire.append_column(name, pa.repeat(pa.scalar(value, pa.string()), wire.num_rows))
    return wire


def _whole(values: pa.ChunkedArray) -> pa.Array:
    made = values.combine_chunks()
    return pa.concat_arrays(made.chunks) if isinstance(made, pa.ChunkedArray) else made


def _unchanged(values: pa.Array) -> pa.Array:
    return values


def _check_digits(minor: pa.Array, where: str, max_digits: int | None) -> None:
    if max_digits is None:
        return
    limit = 10**max_digits
    wide = pc.or_kleene(pc.greater_equal(minor, limit), pc.less_equal(minor, -limit))
    if pc.any(wide).as_py():
        amount = pc.filter(minor, wide)[0].as_py()
        raise ContractError(
            f"{where}: an amount of {amount} minor units has more than the {max_digits} digits that SQLite keeps "
            "exactly: set FINOPS_WAREHOUSE_URL to a PostgreSQL database"
        )


def _money_text(minor: pa.Array, currency: pa.Array, where: str) -> pa.Array:
    """Amounts as text in major units with the places of each row's currency: 1230 EUR is 12.30, 1230 JPY is 1230."""
    result = pa.nulls(len(minor), pa.string())
    for code in pc.unique(pc.filter(currency, pc.is_valid(minor))).to_pylist():
        if code not in money.exponents():
            raise ContractError(f"{where}: {code!r} is not an ISO 4217 currency, so its amounts have no unit")
        text = minor.cast(pa.decimal128(19, 0)).view(pa.decimal128(19, money.exponent(code))).cast(pa.string())
        result = pc.if_else(pc.equal(currency, code), text, result)
    return result


def _exact_text(values: pa.Array) -> pa.Array:
    """Exact decimals as plain text: no exponent, no zeros at the end, no sign on zero."""
    units = values.view(pa.decimal128(38, 0)).cast(pa.string())
    digits = pc.utf8_lpad(pc.utf8_ltrim(units, "-"), _PLACES + 1, "0")
    whole = pc.utf8_slice_codeunits(digits, 0, -_PLACES)
    fraction = pc.utf8_rtrim(pc.utf8_slice_codeunits(digits, -_PLACES), "0")
    text = pc.if_else(pc.equal(fraction, ""), whole, pc.binary_join_element_wise(whole, fraction, "."))
    return pc.if_else(pc.starts_with(units, "-"), pc.binary_join_element_wise("-", text, ""), text)


def _moment_text(values: pa.Array) -> pa.Array:
    """ISO 8601 with six decimals and Z, so that text sorts as time does."""
    return pc.replace_substring(values.cast(pa.string()), " ", "T")


def _day_text(values: pa.Array) -> pa.Array:
    return values.cast(pa.string())


_WRITERS: dict[Kind, Callable[[pa.Array], pa.Array]] = {
    "fine_money": _exact_text,
    "decimal": _exact_text,
    "instant": _moment_text,
    "date": _day_text,
}


def from_wire(columns: dict[str, list[Any]], table: Table) -> pd.DataFrame:
    """What the warehouse gave back, as a frame of the contract's dtypes; money needs its currency among the columns.

    Raises: ContractError when a stored amount is no whole number of minor units of its currency.
    """
    arrays: dict[str, pa.Array] = {}
    schema = arrow_schema(table)
    for name, values in columns.items():
        kind = table.column(name).kind
        if kind == "money":
            arrays[name] = _minor(values, columns[table.column(name).currency], f"{table.name}.{name}")
        elif kind == "instant":
            arrays[name] = pa.array([_moment(v) for v in values], schema.field(name).type)
        elif kind in ("fine_money", "decimal"):
            arrays[name] = pa.array(values, pa.string()).cast(EXACT)
        else:
            arrays[name] = pa.array(values, schema.field(name).type)
    return from_arrow(pa.table(arrays), table)


def _moment(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _minor(text: list[str | None], currency: list[str | None], where: str) -> pa.Array:
    amounts = pa.array(text, pa.string())
    codes = pa.array(currency, pa.string())
    result = pa.nulls(len(amounts), pa.int64())
    for code in pc.unique(pc.filter(codes, pc.is_valid(amounts))).to_pylist():
        mine = pc.if_else(pc.equal(codes, code), amounts, pa.scalar(None, pa.string()))
        try:
            exact = mine.cast(pa.decimal128(38, money.exponents()[code]))
            result = pc.coalesce(exact.view(pa.decimal128(38, 0)).cast(pa.int64()), result)
        except (pa.ArrowInvalid, KeyError) as error:
            raise ContractError(f"{where}: the warehouse holds what is no amount in {code}: {error}") from error
    return result


def in_major_units(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame as people read it: money as Decimal with its currency's places, exact decimals without needless zeros."""
    result = frame.copy()
    for column in table.columns:
        if column.name not in frame:
            continue
        if column.kind == "money":
            pairs = zip(frame[column.name], frame[column.currency], strict=True)
            values: list[Any] = [None if pd.isna(minor) else money.to_decimal(minor, code) for minor, code in pairs]
            result[column.name] = pd.Series(values, index=frame.index, dtype=object)
        elif column.kind in ("fine_money", "decimal"):
            plain = _exact_text(_whole(pa.chunked_array([pa.array(frame[column.name], EXACT, from_pandas=True)])))
            values = [None if text is None else Decimal(text) for text in plain.to_pylist()]
            result[column.name] = pd.Series(values, index=frame.index, dtype=object)
    return result


def comparable(value: Any, column: Column, *, text: bool) -> Any:
    """One value of a filter, given as itself or as text, in the form in which the warehouse compares it.

    `text`: the engine keeps exact decimals and moments as text. Unit: money in major units, as stored and shown.

    Raises: ConfigurationError for a value that is not of the column's kind.
    """
    reader: Callable[[Any], Any] = _COMPARABLE.get(column.kind, _as_words)
    try:
        made = reader(value)
    except (ValueError, TypeError, ArithmeticError):
        raise ConfigurationError(f"{value!r} is no {column.kind.replace('_', ' ')} for {column.name}") from None
    if text and isinstance(made, Decimal):
        return plain(made)
    if text and column.kind == "instant":
        return made.strftime(_MOMENT)
    return made


def plain(number: Decimal) -> str:
    """Decimal text as it is stored: no exponent, no zeros at the end, no sign on zero."""
    digits = f"{number:f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if digits == "-0" else digits


def _as_words(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _as_decimal(value: Any) -> Decimal:
    if not isinstance(value, (str, int, Decimal)):
        raise TypeError
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError
    return number


def _as_flag(value: Any) -> bool:
    flag = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
    if flag is None:
        raise ValueError
    return flag


def _as_day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else pd.Timestamp(value).date()


def _as_moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else pd.Timestamp(value).to_pydatetime()
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_COMPARABLE: dict[Kind, Callable[[Any], Any]] = {
    "money": _as_decimal,
    "fine_money": _as_decimal,
    "decimal": _as_decimal,
    "ratio": float,
    "integer": int,
    "boolean": _as_flag,
    "date": _as_day,
    "instant": _as_moment,
}
