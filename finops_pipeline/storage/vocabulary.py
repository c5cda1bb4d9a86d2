r"""Functions of the engine that adapters may use in their expressions: text as systems write it, made plain.

    plain_number(text, notation)    a number in plain digits with a point. `notation`: `point`, `comma`, or `auto`
                                    which takes only what cannot be read in two ways
    natural_number(text)            a number as accounting reports print it: $, separators, (1.00) is negative
    iso_date(text)                  20260131, 31.01.2026, 2026-01-31 00:00:00 become 2026-01-31, also with the zone of UTC;
                                    00000000 is no date
    day_of(text)                    the day that `iso_date` reads, as a date; null where there is none
    oracle_date(text)               31-JAN-2026 and 31-JAN-26 become 2026-01-31, and what `iso_date` knows
    european_date(text)             31/01/2026, 31.1.2026 and 31-01-2026 become 2026-01-31
    us_date(text)                   01/31/2026 becomes 2026-01-31
    amount(text)                    the number as an exact decimal, null where it is none, or has more than 21 digits
    debit_of(number), credit_of(number)    the two sides of a signed number in plain digits; zero has neither
    shift_point(number, places)     an amount stored with two decimals, with as many as its currency has
    quotation(rate, from, to)       what one unit is worth, to 15 places: `rate` holds for `from` units in `to` units; a
                                    negative rate is the price of the other currency
    is_zero(number)                 whether a number is zero or not there

The next take text and exact numbers (`numerals.exact`) alike, and give what they are given; text as the function named:

    number_of(cell, notation)       plain_number
    with_places(number, places)     shift_point; null where an exact number has no room for it
    debit_side, credit_side(number) debit_of, credit_of
    no_amount(number)               is_zero

What a function does not understand it hands on as it is, so that the row rules say what is wrong with it.
"""

from collections.abc import Callable
from typing import Any

from finops_pipeline.storage.engine import Engine, literal
from finops_pipeline.storage.numerals import EXACT_NUMBER

_DIGITS = r"'-?\d+(\.\d+)?'"
_POINT = r"'-?\d{1,3}(,\d{3})+(\.\d+)?'"
_COMMA = r"'-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?'"
_ONLY_POINT = r"'-?\d{1,3}(,\d{3})+\.\d+|-?\d{1,3}(,\d{3}){2,}'"
_ONLY_COMMA = r"'-?\d{1,3}(\.\d{3})+,\d+|-?\d{1,3}(\.\d{3}){2,}|-?\d+,(\d{1,2}|\d{4,})|-?\d{4,},\d+|-?0\d*,\d+'"


def _either(name: str, of_text: str, of_number: str, other: str = "") -> str:
    """A function that takes text as another one does, and exact numbers too. `other`: its second parameter."""
    typed, passed = (f", {other} VARCHAR", f", {other}") if other else ("", "")
    return f"{name}(n VARCHAR{typed}) AS {of_text}(n{passed}), (n {EXACT_NUMBER}{typed}) AS ({of_number})"


_MACROS = (
    # SAP writes the minus behind the digits
    "sign_first(t) AS CASE WHEN ends_with(t, '-') THEN '-' || trim(t[:-2]) ELSE t END",
    "from_comma(t) AS replace(replace(t, '.', ''), ',', '.')",
    # Oracle writes no zero before the point
    """zero_first(t, notation) AS CASE WHEN notation = 'comma' THEN t WHEN starts_with(t, '.') THEN '0' || t
        WHEN starts_with(t, '-.') THEN '-0' || t[2:] ELSE t END""",
    f"""plain_digits(t, notation) AS CASE
        WHEN notation <> 'comma' AND regexp_full_match(t, {_DIGITS}) THEN t
        WHEN notation = 'comma' THEN CASE WHEN regexp_full_match(t, {_COMMA}) THEN from_comma(t) ELSE t END
        WHEN notation = 'point' THEN CASE WHEN regexp_full_match(t, {_POINT}) THEN replace(t, ',', '') ELSE t END
        WHEN regexp_full_match(t, {_ONLY_POINT}) THEN replace(t, ',', '')
        WHEN regexp_full_match(t, {_ONLY_COMMA}) THEN from_comma(t)
        ELSE t END""",
    f"""plain_number(t, notation) AS CASE
        WHEN notation <> 'comma' AND regexp_full_match(t, {_DIGITS}) THEN t
        ELSE plain_digits(zero_first(sign_first(trim(t)), notation), notation) END""",
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
        ELSE regexp_replace(t, '[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]00(:?00)?)?$', '') END""",
    # a text of eight characters that the format takes is eight digits, or has blanks for zeros; what stands in a later
    # case is not computed for the others
    r"""day_of(t) AS CASE
        WHEN length(t) = 8 AND t > '0001' AND NOT contains(t, ' ') AND try_strptime(t, '%Y%m%d') IS NOT NULL
        THEN CAST(try_strptime(t, '%Y%m%d') AS DATE)
        WHEN regexp_full_match(iso_date(t), '\d{4}-\d{2}-\d{2}') THEN try_cast(iso_date(t) AS DATE) END""",
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
    # 21 digits before the point: more than any amount has, and few enough to be added and moved without overflow
    f"""amount(t) AS CASE WHEN regexp_full_match(t, {_DIGITS})
        THEN CAST(try_cast(t AS DECIMAL(30, 9)) AS DECIMAL(38, 9)) END""",
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
        ELSE TRY(fifteen_places(quoted(CAST(amount(rate) * 100000 AS HUGEINT), factor_of(f), factor_of(t)))) END""",
    r"is_zero(t) AS (t IS NULL OR regexp_full_match(t, '-?(0+\.?0*|\.0+)'))",
    "debit_of(t) AS CASE WHEN NOT starts_with(t, '-') AND NOT is_zero(t) THEN t END",
    "credit_of(t) AS CASE WHEN starts_with(t, '-') AND NOT is_zero(t) THEN t[2:] END",
    f"exactly(n) AS CASE WHEN try_cast(n AS {EXACT_NUMBER}) = n THEN try_cast(n AS {EXACT_NUMBER}) END",
    _either("number_of", "plain_number", "n", "notation"),
    _either("no_amount", "is_zero", "n IS NULL OR n = 0"),
    _either("debit_side", "debit_of", "CASE WHEN n > 0 THEN n END"),
    _either("credit_side", "credit_of", f"CASE WHEN n < 0 THEN CAST(-n AS {EXACT_NUMBER}) END"),
    _either(
        "with_places",
        "shift_point",
        "CASE WHEN places IS NULL OR places = '2' THEN n WHEN places = '0' THEN exactly(n * 100) WHEN places = '1' "
        "THEN exactly(n * 10) WHEN places = '3' THEN exactly(n * 0.1) WHEN places = '4' THEN exactly(n * 0.01) END",
        "places",
    ),
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
