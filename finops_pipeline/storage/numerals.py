r"""Numbers as files write them, as the plain text that the row rules judge.

A Parquet column becomes the text that a CSV would hold: a whole number in a column of decimals or floats, such as an
identifier beside empty cells, has no decimals. Where costs are kept to 15 decimals, two more spellings are
read: E notation, which FOCUS allows and which is written out if it fits 15 decimals (and else stays as it is, so that
the row rules refuse it and no digit is lost), and binary floats. A float is not the number its writer meant but the
nearest one it could hold: it is read as the shortest decimal that denotes it, and digits after the 15th decimal, which
are noise of the binary form or below any price, are rounded half up. `float_columns` says where that happens.
"""

import re
from collections.abc import Iterable

from finops_pipeline.contracts.model import Kind
from finops_pipeline.storage.engine import literal

_E_NOTATION = literal(r"-?\d+(\.\d+)?[eE][+-]?\d{1,2}")
_FRACTION, _EXPONENT = literal(r"\.(\d+)[eE]"), literal(r"[eE]([+-]?\d+)$")
_ODD_FLOAT = literal(r"e|\.\d{16}")
_FLOATS = ("DOUBLE", "FLOAT")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_EXACT = "DECIMAL(38, 15)"
EXACT_NUMBER = "DECIMAL(18, 4)"
_ROOM = 3
_MOST_PLACES = 4


def written_out(cell: str) -> str:
    """SQL of a number's text without E notation; text of any other form, and what would lose a digit, stays."""
    mantissa = f"rtrim(regexp_extract({cell}, {_FRACTION}, 1), '0')"
    exponent = f"try_cast(regexp_extract({cell}, {_EXPONENT}, 1) AS INTEGER)"
    is_exact = f"regexp_full_match({cell}, {_E_NOTATION}) AND length({mantissa}) - {exponent} <= 15"
    plain = f"coalesce(CAST(try_cast({cell} AS {_EXACT}) AS VARCHAR), {cell})"
    return f"CASE WHEN contains(lower({cell}), 'e') AND {is_exact} THEN {plain} ELSE {cell} END"


def parquet_text(column: str, kind: str, *, fine: bool) -> str:
    """SQL for a Parquet column of an engine type as the text a CSV would hold. `fine`: costs are kept to 15 decimals."""
    text = f"CAST({column} AS VARCHAR)"
    if kind.startswith("TIMESTAMP"):
        return f"regexp_replace({text}, ' 00:00:00(\\+00)?$', '')"
    if _is_nested(kind):
        return f"CAST(to_json({column}) AS VARCHAR)"
    if fine and kind in _FLOATS:
        rounded = f"coalesce(CAST(try_cast({text} AS {_EXACT}) AS VARCHAR), {text})"
        text = f"CASE WHEN regexp_matches({text}, {_ODD_FLOAT}) THEN {rounded} ELSE {text} END"
    return _whole(text, kind)


def _whole(text: str, kind: str) -> str:
    """A whole number without the zeros that its column gives it: what `1.0` names is called `1` in other files.

    Amounts keep those of their currency, of which none has more than four.
    """
    found = _DECIMAL.fullmatch(kind)
    places = int(found[2]) if found and int(found[2]) > _MOST_PLACES else int(kind in _FLOATS)
    zeros = f".{'0' * places}"
    return (
        f"CASE WHEN ends_with({text}, {literal(zeros)}) THEN ({text})[:-{places + 2}] ELSE {text} END"
        if places
        else text
    )


def has_room(cell: str, kind: str) -> str:
    """SQL aggregate: the decimals of a column all have room in `exact`, also where an adapter moves their point by two.

    >>> has_room("hsl", "DECIMAL(23,2)")
    'coalesce(max(abs(hsl)) < 1000000000000, true)'
    """
    found = _DECIMAL.fullmatch(kind)
    is_short = found is not None and int(found[2]) <= _ROOM
    small = f"coalesce(max(abs({cell})) < {10**12}, true)"
    return (
        small
        if is_short
        else f"{small} AND bool_and(coalesce(try_cast({cell} AS DECIMAL(15, {_ROOM})) = {cell}, true))"
    )


def exact(cell: str) -> str:
    """SQL of a number as adapters reckon with it: 14 digits and 4 decimals, which a processor adds in one step."""
    return f"CAST({cell} AS {EXACT_NUMBER})"


def fits(kind: Kind, engine_type: str) -> bool:
    """Whether a Parquet column holds a kind as it is: then it is neither turned into text nor judged as text.

    >>> fits("fine_money", "DECIMAL(38,15)"), fits("fine_money", "DECIMAL(38,18)"), fits("instant", "TIMESTAMP_MS")
    (True, False, True)
    """
    if kind in ("fine_money", "decimal"):
        found = _DECIMAL.fullmatch(engine_type)
        digits, places = (int(found[1]), int(found[2])) if found else (99, 99)
        return engine_type in _INTEGERS or (places <= 15 and digits - places <= 23)
    return (kind == "instant" and engine_type.startswith("TIMESTAMP")) or (kind == "json" and _is_nested(engine_type))


def holds(kind: Kind, engine_type: str) -> bool:
    """Whether what an adapter makes is of a kind already: for money in exact major units, for a period a day in it.

    >>> holds("period", "DATE"), holds("money", "DECIMAL(18,4)"), holds("money", "VARCHAR"), holds("text", "VARCHAR")
    (True, True, False, False)
    """
    if kind in ("date", "period", "integer"):
        return engine_type in _INTEGERS if kind == "integer" else engine_type == "DATE"
    return engine_type == EXACT_NUMBER.replace(" ", "") if kind == "money" else fits(kind, engine_type)


def _is_nested(engine_type: str) -> bool:
    return engine_type.startswith(("MAP", "STRUCT")) or engine_type.endswith("]")


def float_columns(kinds: Iterable[tuple[str, str]]) -> list[str]:
    """Of columns and their engine types, the names of those that hold binary floats."""
    return [column for column, kind in kinds if kind in _FLOATS]
