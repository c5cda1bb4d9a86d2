"""Expressions that several SAP tables share: numbers, amounts with the right decimals, and fiscal periods as months.

Amounts. The database stores every amount with two decimals, whatever the currency: 12345 yen are `123.45`. TCURX says
how many decimals a currency really has. A currency that is not in it has two; before it has come, only those of the
options are believed to, and rows in any other currency wait for it.

Months. A fiscal year variant maps fiscal periods to calendar months. `T009B` holds the variants, year by year the same
(its year-dependent ones are not read: their rows wait). RELJR is the fiscal year less the calendar year. Periods 13 to
16 are adjustments in the month of period 12.
"""

from collections.abc import Mapping, Sequence

from finops_pipeline.sources.derivation import Lookup
from finops_pipeline.sources.sap.options import SapOptions


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(words: tuple[str, ...] | list[str]) -> str:
    """SQL value list."""
    return "(" + ", ".join(map(literal, words)) + ")" if words else "(NULL)"


def number(column: str, options: SapOptions) -> str:
    """A number of SAP in plain digits; nothing is zero."""
    return f"coalesce(plain_number({column}, {literal(options.notation)}), '0')"


def amount(plain: str, decimals: str, options: SapOptions) -> str:
    """An amount with the decimals of its currency. `plain`: the number. `decimals`: the currency's lookup in TCURX."""
    return plain if options.amounts == "shown" else f'shift_point({plain}, "{decimals}".currdec)'


def decimals(name: str, currency: str, found: str, options: SapOptions) -> tuple[Lookup, ...]:
    """Lookups of a currency in TCURX, and of whether it has come at all. `found`: the currency, where it is known."""
    if options.amounts == "shown":
        return ()
    unknown = f"{found} NOT IN {listed(options.two_decimals)}"
    return (
        Lookup(name, {"currkey": currency}, 'FROM "tcurx"', ("tcurx",), "false"),
        Lookup(f"{name}_known", {"known": "'yes'"}, "SELECT DISTINCT 'yes' AS known FROM tcurx", ("tcurx",), unknown),
    )


def variant(company: str, period: str, options: SapOptions) -> tuple[Lookup, ...]:
    """Lookups of a company code and of the month of its fiscal year variant; `r.variant` is found with them.

    `period`: a period of the variant, as `normal_period` gives it.
    """
    needed = f"r.variant NOT IN {listed(options.calendar_variants)}"
    on = {"periv": '"t001".periv', "poper": period}
    return Lookup("t001", {"bukrs": company}), Lookup("months", on, MONTHS, ("t009b",), needed)


MONTHS = (
    "SELECT periv, poper, month, shift FROM (SELECT periv, lpad(poper, 3, '0') AS poper, "
    "try_cast(bumon AS INTEGER) AS month, coalesce(try_cast(plain_number(reljr, 'auto') AS INTEGER), 0) AS shift "
    "FROM t009b WHERE coalesce(bdatj, '0000') = '0000') "
    "QUALIFY row_number() OVER (PARTITION BY periv, poper ORDER BY month - 12 * shift DESC) = 1"
)
"""The last calendar month of each period of the variants, and the fiscal year less the calendar year in it."""


def partner(company: str) -> Lookup:
    """Lookup of the company code of a trading partner: the one that is this company, if it is one alone."""
    query = "SELECT rcomp, min(bukrs) AS bukrs FROM t001 WHERE rcomp IS NOT NULL GROUP BY rcomp HAVING count(*) = 1"
    return Lookup("partner", {"rcomp": company}, query, ("t001",), "false")


def period_no(column: str) -> str:
    """A fiscal period as a number."""
    return f"try_cast({column} AS INTEGER)"


def normal_period(number: str) -> str:
    """A period as three digits, where adjustments count as the last normal one and carry-forward as the first."""
    return f"lpad(CAST(greatest(1, least({number}, 12)) AS VARCHAR), 3, '0')"


def first_day(year: str, normal: str) -> str:
    """The first day of the calendar month of a fiscal period (`t001` and `months` are looked up)."""
    in_variant = f'make_date(try_cast({year} AS INTEGER) - "months".shift, "months".month, 1)'
    plain = f"make_date(try_cast({year} AS INTEGER), try_cast({normal} AS INTEGER), 1)"
    return f'CASE WHEN "months".is_there THEN {in_variant} ELSE {plain} END'


def label(day: str) -> str:
    """A day's month as a label."""
    return f"strftime({day}, '%Y-%m')"


def by_month(numbers: Sequence[str]) -> list[str]:
    """Sixteen periods as twelve months: adjustments belong to the last."""
    return [*numbers[:11], "(" + " + ".join(numbers[11:]) + ")"]


def months(values: Mapping[str, Sequence[str]]) -> str:
    """Lines that make twelve rows of one: `no` from 1 to 12, and a value of each kind."""
    columns = {"no": [str(n) for n in range(1, 13)], **values}
    unnested = ", ".join(f"unnest([{', '.join(listed)}]) AS {name}" for name, listed in columns.items())
    return f"CROSS JOIN LATERAL (SELECT {unnested}) AS m"
