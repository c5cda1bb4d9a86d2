r"""Row rules in the engine's SQL: how text becomes typed values, and when it does not.

A contract column gives a typed expression and the conditions under which a row breaks a rule. The first broken rule
of a row is reported, in this order: shape, required values, types in contract order, vocabulary and range, then the
rules of the table. A decimal cast *rounds* digits it has no room for, so the shape is checked by regular expression
first. Long value lists are matched by regular expression too: an IN list may become a join, and joins lose the order
of rows that row numbers rest on.

Rule identifiers: ROW-REQUIRED, ROW-DATE, ROW-PERIOD, ROW-MONEY, ROW-DECIMALS, ROW-NUMBER, ROW-INSTANT, ROW-JSON,
ROW-VOCABULARY, ROW-RANGE, ROW-CURRENCY, JRN-SIDES, JRN-FUNCTIONAL, FX-DATE.
"""

import re
from collections.abc import Collection, Iterator

from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.finance import money
from finops_pipeline.storage.engine import literal, name

_NUMBER = r"-?\d+(\.\d+)?"
_TRUE, _FALSE = r"(?i)true|t|yes|y|1", r"(?i)false|f|no|n|0"
_DATE, _PERIOD, _INTEGER = r"\d{4}-\d{2}-\d{2}", r"\d{4}-(0[1-9]|1[0-2])", r"-?\d{1,18}"
_WHOLE, _FINE = r"-?\d+(\.0+)?", r"-?\d+(\.\d{1,15}0*)?"
_INSTANT = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?"


def text(column: str) -> str:
    """Name of a column's raw text inside a staging query."""
    return name(f"t_{column}")


def matches(expression: str, pattern: str) -> str:
    """SQL condition: the whole text matches."""
    return f"regexp_full_match({expression}, {literal(pattern)})"


def is_currency(column: Column) -> bool:
    """Whether a column holds ISO 4217 codes; text may name a provider's virtual currency too."""
    return column.kind == "code" and (column.name == "currency" or column.name.endswith("_currency"))


def one_of(codes: list[str] | tuple[str, ...]) -> str:
    """Pattern that matches exactly these codes."""
    return "|".join(re.escape(c) for c in codes)


def exponent(currency: str) -> str:
    """SQL for the decimal places of a currency expression; null where the currency is null."""
    places: dict[int, list[str]] = {}
    for code, digits in money.exponents().items():
        places.setdefault(digits, []).append(code)
    odd = " ".join(f"WHEN {matches(currency, one_of(c))} THEN {d}" for d, c in sorted(places.items()) if d != 2)
    return f"CASE WHEN {_is_frequent(currency)} THEN 2 {odd} WHEN {currency} IS NULL THEN NULL ELSE 2 END"


def _is_frequent(currency: str) -> str:
    """SQL condition: a currency of most rows, asked for first because a pattern costs more."""
    return f"{currency} = 'USD' OR {currency} = 'EUR'"


def typed(column: Column, currency_places: str = "2") -> str:
    """SQL that turns a column's raw text into its kind; null where it cannot. What is of a kind already stays."""
    raw = text(column.name)
    kind = sql_type(column)
    if column.kind == "money":
        cases = " ".join(f"WHEN {d} THEN {_minor_units(raw, d)}" for d in (2, 0, 3, 4))
        return f"CASE {currency_places} {cases} END"
    if column.kind == "boolean":
        return f"CASE WHEN {matches(raw, _TRUE)} THEN true WHEN {matches(raw, _FALSE)} THEN false END"
    if column.kind == "instant":
        # the offset is applied here: instants inside the engine are UTC without a zone
        return f"make_timestamp(epoch_us(try_cast(replace({raw}, 'T', ' ') AS TIMESTAMPTZ)))"
    return raw if kind == "VARCHAR" else f"try_cast({raw} AS {kind})"


def _minor_units(raw: str, digits: int) -> str:
    """Whole minor units; the wide form takes over where the fast one has no room for the product."""
    fast = f"(try_cast({raw} AS DECIMAL({17 - digits}, {digits})) * {10**digits})::BIGINT"
    wide = f"try_cast(try_cast({raw} AS DECIMAL(30, {digits})) * {10**digits} AS BIGINT)"
    return f"coalesce({fast}, {wide})"


def sql_type(column: Column) -> str:
    """The engine's type of a kind."""
    return {
        "date": "DATE",
        "instant": "TIMESTAMP",
        "integer": "BIGINT",
        "money": "BIGINT",
        "decimal": "DECIMAL(38, 15)",
        "fine_money": "DECIMAL(38, 15)",
        "boolean": "BOOLEAN",
        "ratio": "DOUBLE",
    }.get(column.kind, "VARCHAR")


def stage_type(table: Table, column: Column) -> str:
    """The engine's type of a column while rows are staged: the month that a table is parted by is its first day.

    Every row is asked for it, compared by it and written by it, and a day is a small number.
    """
    return "DATE" if is_partition(table, column) else sql_type(column)


def is_partition(table: Table, column: Column) -> bool:
    """Whether a table is parted by this column."""
    return table.partitioned and column.name == "period"


def first_day(month: str) -> str:
    """SQL for the first day of a month that is text."""
    return f"try_cast({month} || '-01' AS DATE)"


def first_of(day: str) -> str:
    """SQL for the first day of the month of a day."""
    return f"make_date(year({day}), month({day}), 1)"


def month_of(day: str) -> str:
    """SQL for the month of a day, as text."""
    return f"strftime({day}, '%Y-%m')"


def broken(table: Table, present: set[str], places: dict[str, str], typed_already: Collection[str] = ()) -> str:
    """SQL for the first rule a row breaks, as `RULE|column`, or null.

    Asked beside the typed values, which bear the columns' names. `present`: the columns the file has. `places`: decimal
    places (SQL) of each money column. `typed_already`: columns that come in their kind, so that no text can be wrong;
    money comes in exact major units.
    """
    columns = [c for c in table.columns if c.in_file and c.name in present]
    conditions = [
        *((f"{text(c.name)} IS NULL", "ROW-REQUIRED", c.name) for c in columns if not c.nullable),
        *(found for c in columns for found in _rules_of(c, places.get(c.name, "2"), is_typed=c.name in typed_already)),
        *(found for c in columns for found in _value_rules(c)),
        *_table_rules(table),
    ]
    if not conditions:
        return "NULL::VARCHAR"
    cases = " ".join(
        f"WHEN {condition} THEN {rule if rule.startswith('CASE') else literal(f'{rule}|{column}')}"
        for condition, rule, column in conditions
    )
    # most rows are right: whether all of it is false is asked of whole columns, which is faster than one case after another
    return f"CASE WHEN {' OR '.join(f'({condition})' for condition, *_ in conditions)} THEN CASE {cases} END END"


def _rules_of(column: Column, places: str, *, is_typed: bool) -> Iterator[tuple[str, str, str]]:
    if not is_typed:
        yield from _type_rules(column, places)
    elif column.kind == "money":
        cell = text(column.name)
        # as many digits before the point as there are room for, so that both sides stay small numbers
        lost = " ".join(f"WHEN {d} THEN {cell} <> try_cast({cell} AS DECIMAL({14 + d}, {d}))" for d in (2, 0, 3))
        yield f"CASE {places} {lost} END", "ROW-DECIMALS", column.name
        yield _out_of_range(column, places), "ROW-RANGE", column.name


def _out_of_range(column: Column, places: str) -> str:
    return f"{text(column.name)} IS NOT NULL AND {places} IS NOT NULL AND {name(column.name)} IS NULL"


def _type_rules(column: Column, places: str) -> Iterator[tuple[str, str, str]]:
    raw, value = text(column.name), name(column.name)
    match column.kind:
        case "date":
            shape = matches(raw, _DATE)
            yield f"{raw} IS NOT NULL AND NOT ({shape} AND {value} IS NOT NULL)", "ROW-DATE", column.name
        case "period":
            yield f"NOT {matches(raw, _PERIOD)}", "ROW-PERIOD", column.name
        case "instant":
            yield (
                f"{raw} IS NOT NULL AND NOT ({matches(raw, _INSTANT)} AND {value} IS NOT NULL)",
                "ROW-INSTANT",
                column.name,
            )
        case "integer":
            yield f"NOT {matches(raw, _INTEGER)}", "ROW-NUMBER", column.name
        case "decimal" | "fine_money":
            yield f"NOT {matches(raw, _NUMBER)}", "ROW-NUMBER", column.name
            yield f"NOT {matches(raw, _FINE)}", "ROW-DECIMALS", column.name
            yield f"{raw} IS NOT NULL AND {value} IS NULL", "ROW-RANGE", column.name
        case "money":
            exact = " ".join(f"WHEN {d} THEN {matches(raw, _places_pattern(d))}" for d in (2, 0, 3, 4))
            # what fits the currency is a number too: only the rest is asked whether it is a number at all
            unfit = f"NOT coalesce(CASE {places} {exact} END, {matches(raw, _NUMBER)})"
            no_number, no_room = (literal(f"{rule}|{column.name}") for rule in ("ROW-MONEY", "ROW-DECIMALS"))
            says = f"CASE WHEN NOT {matches(raw, _NUMBER)} THEN {no_number} ELSE {no_room} END"
            yield unfit, says, column.name
            yield _out_of_range(column, places), "ROW-RANGE", column.name
        case "boolean":
            yield f"{raw} IS NOT NULL AND {value} IS NULL", "ROW-VOCABULARY", column.name
        case "json":
            yield f"NOT json_valid({raw})", "ROW-JSON", column.name
        case _:
            if is_currency(column):
                known = matches(raw, one_of(list(money.exponents())))
                yield f"CASE WHEN {_is_frequent(raw)} THEN false ELSE NOT {known} END", "ROW-CURRENCY", column.name


def _places_pattern(digits: int) -> str:
    """Numbers with at most so many decimals; further zeros lose nothing."""
    return rf"-?\d+(\.\d{{1,{digits}}}0*)?" if digits else _WHOLE


def _value_rules(column: Column) -> Iterator[tuple[str, str, str]]:
    if column.allowed:
        yield f"NOT {matches(text(column.name), one_of(column.allowed))}", "ROW-VOCABULARY", column.name
    value = name(column.name)
    if column.low is not None:
        yield f"{value} < {column.low}", "ROW-RANGE", column.name
    if column.high is not None:
        yield f"{value} > {column.high}", "ROW-RANGE", column.name


def _table_rules(table: Table) -> Iterator[tuple[str, str, str]]:
    """Rules on several columns of a row; an absent column's text is null here."""
    if table.name == "journal_lines":
        yield "(coalesce(debit, 0) = 0) = (coalesce(credit, 0) = 0)", "JRN-SIDES", "debit"
        functional = f"coalesce({text('functional_debit')}, {text('functional_credit')})"
        yield f"{text('currency')} <> lookup_currency AND {functional} IS NULL", "JRN-FUNCTIONAL", "functional_debit"
    if table.name == "fx_rates":
        yield f"({text('period')} IS NULL) = ({text('rate_date')} IS NULL)", "FX-DATE", "period"
        yield "NOT rate > 0", "ROW-RANGE", "rate"
