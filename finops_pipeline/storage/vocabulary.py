r"""Functions of the engine that adapters may use in their expressions: text as systems write it, made plain.

    plain_number(text, notation)    a number in plain digits with a point. `notation`: `point`, `comma`, or `auto`
                                    which takes only what cannot be read in two ways
    natural_number(text)            a number as accounting reports print it: $, separators, (1.00) is negative
    iso_date(text)                  20260131, 31.01.2026, 2026-01-31 00:00:00 become 2026-01-31; 00000000 is no date
    oracle_date(text)               31-JAN-2026 and 31-JAN-26 become 2026-01-31, and what `iso_date` knows
    european_date(text)             31/01/2026, 31.1.2026 and 31-01-2026 become 2026-01-31
    us_date(text)                   01/31/2026 becomes 2026-01-31
    amount(text)                    the number as an exact decimal, null where it is none
    debit_of(number), credit_of(number)    the two sides of a signed number in plain digits; zero has neither
    shift_point(number, places)     an amount stored with two decimals, with as many as its currency has
    quotation(rate, from, to)       what one unit is worth, to 15 places: `rate` holds for `from` units in `to` units; a
                                    negative rate is the price of the other currency
    is_zero(number)                 whether a number is zero or not there

What a function does not understand it hands on as it is, so that the row rules say what is wrong with it.
"""

from collections.abc import Callable
from typing import Any

from finops_pipeline.storage.engine import Engine, literal

_DIGITS = r"'-?\d+(\.\d+)?'"
_POINT = r"'-?\d{1,3}(,\d{3})+(\.\d+)?'"
_COMMA = r"'-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?'"
_ONLY_POINT = r"'-?\d{1,3}(,\d{3})+\.\d+|-?\d{1,3}(,\d{3}){2,}'"
_ONLY_COMMA = r"'-?\d{1,3}(\.\d{3})+,\d+|-?\d{1,3}(\.\d{3}){2,}|-?\d+,(\d{1,2}|\d{4,})|-?\d{4,},\d+|-?0\d*,\d+'"

_MACROS = (
    # SAP writes the minus behind the digits
    "sign_first(t) AS CASE WHEN ends_with(t, '-') THEN '-' || trim(t[:-2]) ELSE t END",
    "from_comma(t) AS replace(replace(t, '.', ''), ',', '.')",
    f"""plain_digits(t, notation) AS CASE
        WHEN notation <> 'comma' AND regexp_full_match(t, {_DIGITS}) THEN t
        WHEN notation = 'comma' THEN CASE WHEN regexp_full_match(t, {_COMMA}) THEN from_comma(t) ELSE t END
        WHEN notation = 'point' THEN CASE WHEN regexp_full_match(t, {_POINT}) THEN replace(t, ',', '') ELSE t END
        WHEN regexp_full_match(t, {_ONLY_POINT}) THEN replace(t, ',', '')
        WHEN regexp_full_match(t, {_ONLY_COMMA}) THEN from_comma(t)
        ELSE t END""",
    f"""plain_number(t, notation) AS CASE
        WHEN notation <> 'comma' AND regexp_full_match(t, {_DIGITS}) THEN t
        ELSE plain_digits(sign_first(trim(t)), notation) END""",
    r"""natural_number(t) AS CASE
        WHEN regexp_full_match(trim(t), '\$?\(\$?[\d,]*\.?\d+\)|-?\$?-?[\d,]*\.?\d+')
        THEN regexp_replace(CASE WHEN contains(t, '(') OR contains(t, '-') THEN '-' ELSE '' END
             || regexp_replace(t, '[^0-9.]', '', 'g'), '^(-?)\.', '\10.')
        ELSE t END""",
    r"""iso_date(t) AS CASE
        WHEN t = '00000000' THEN NULL
        WHEN regexp_full_match(t, '\d{8}')
        THEN coalesce(CAST(CAST(try_strptime(t, '%Y%m%d') AS DATE) AS VARCHAR), t[1:4] || '-' || t[5:6] || '-' || t[7:8])
        WHEN regexp_full_match(t, '\d{2}\.\d{2}\.\d{4}') THEN t[7:10] || '-' || t[4:5] || '-' || t[1:2]
        ELSE regexp_replace(t, '[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?$', '') END""",
    r"""oracle_date(t) AS CASE
        WHEN regexp_full_match(t, '\d{1,2}-[A-Za-z]{3}-\d{4}')
        THEN coalesce(strftime(try_strptime(t, '%d-%b-%Y'), '%Y-%m-%d'), t)
        WHEN regexp_full_match(t, '\d{1,2}-[A-Za-z]{3}-\d{2}')
        THEN coalesce(strftime(try_strptime(t, '%d-%b-%y'), '%Y-%m-%d'), t)
        ELSE iso_date(t) END""",
    r"""us_date(t) AS CASE
        WHEN regexp_full_match(t, '\d{1,2}/\d{1,2}/\d{4}')
        THEN t.split('/')[3] || '-' || lpad(t.split('/')[1], 2, '0') || '-' || lpad(t.split('/')[2], 2, '0')
        ELSE t END""",
    r"""european_date(t) AS CASE
        WHEN regexp_full_match(t, '\d{1,2}[./-]\d{1,2}[./-]\d{4}')
        THEN t[-4:] || '-' || lpad(regexp_extract(t, '^\d{1,2}[./-](\d{1,2})', 1), 2, '0')
             || '-' || lpad(regexp_extract(t, '^\d{1,2}'), 2, '0')
        ELSE t END""",
    f"amount(t) AS CASE WHEN regexp_full_match(t, {_DIGITS}) THEN try_cast(t AS DECIMAL(38, 9)) END",
    """shift_point(t, places) AS CASE
        WHEN places IS NULL OR places = '2' OR amount(t) IS NULL THEN t
        ELSE CAST(CAST(amount(t) AS DECIMAL(30, 6)) * CASE try_cast(places AS INTEGER)
             WHEN 0 THEN 100.00 WHEN 1 THEN 10.00 WHEN 3 THEN 0.10 WHEN 4 THEN 0.01 END AS VARCHAR) END""",
    "factor_of(t) AS greatest(1, coalesce(try_cast(try_cast(t AS DECIMAL(18, 4)) AS HUGEINT), 1))",
    """per_unit(upper, lower) AS CASE WHEN lower > 0 THEN (upper + lower // 2) // lower END""",
    """quoted(u5, f, t) AS CASE
        WHEN u5 < 0 THEN per_unit(100000000000000000000::HUGEINT * t, -u5 * f)
        ELSE per_unit(u5 * t * 10000000000, f) END""",
    "at_least(t, n) AS lpad(t, CAST(greatest(n, length(t)) AS INTEGER), '0')",
    "fifteen_places(n) AS at_least(CAST(n AS VARCHAR), 16)[:-16] || '.' || at_least(CAST(n AS VARCHAR), 16)[-15:]",
    # in units of 10^-15: u5 is the rate in 10^-5
    """quotation(rate, f, t) AS CASE WHEN amount(rate) IS NULL THEN rate
        ELSE fifteen_places(quoted(CAST(amount(rate) * 100000 AS HUGEINT), factor_of(f), factor_of(t))) END""",
    r"is_zero(t) AS (t IS NULL OR regexp_full_match(t, '-?(0+\.?0*|\.0+)'))",
    "debit_of(t) AS CASE WHEN NOT starts_with(t, '-') AND NOT is_zero(t) THEN t END",
    "credit_of(t) AS CASE WHEN starts_with(t, '-') AND NOT is_zero(t) THEN t[2:] END",
)


def declare(engine: Engine) -> None:
    """Make the functions known to the engine."""
    for macro in _MACROS:
        engine.run(f"CREATE OR REPLACE MACRO {macro}")


def declare_function(engine: Engine, name: str, call: Callable[..., str | None], parameters: int) -> None:
    """Make a function of an adapter known to the engine: text in, text out, row by row."""
    if not engine.value(f"SELECT count(*) FROM duckdb_functions() WHERE function_name = {literal(name)}"):
        kinds: list[Any] = ["VARCHAR"] * parameters
        takes_nulls: dict[str, Any] = {"null_handling": "special"}
        engine.connection.create_function(name, call, kinds, "VARCHAR", **takes_nulls)
