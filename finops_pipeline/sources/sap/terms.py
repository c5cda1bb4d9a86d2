"""Expressions that several SAP tables share: ledgers, numbers, amounts with the right decimals, fiscal periods as months.

Amounts. The database stores every amount with two decimals, whatever the currency: 12345 yen are `123.45`. TCURX says
how many decimals a currency really has. A currency that is not in it has two; before it has come, only those of the
options are believed to, and rows in any other currency wait for it.

Months. A fiscal year variant maps days to fiscal periods. A row of `T009B` says the day on which a period ends, in every
year or, where the variant depends on the year (weeks: 4-4-5), in the calendar year BDATJ; RELJR is the fiscal year less
the calendar year. The month of a period is that of the day in its middle, so that periods of weeks fall into the month
they are mostly in. Periods above the variant's number of posting periods (`T009`, else 12) are adjustments in the month
of the last one.

Ledgers. An extension ledger holds only what differs from the ledger it extends: the two together are what it shows.
"""

from collections.abc import Mapping, Sequence

from finops_pipeline.sources.derivation import LeftOut, Lookup, Refused
from finops_pipeline.sources.sap.options import SapOptions


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(words: tuple[str, ...] | list[str]) -> str:
    """SQL value list."""
    return "(" + ", ".join(map(literal, words)) + ")" if words else "(NULL)"


def number(column: str, options: SapOptions) -> str:
    """A number of SAP, as text in plain digits or exact; nothing is zero."""
    return f"coalesce(number_of({column}, {literal(options.notation)}), '0')"


def amount(plain: str, decimals: str, options: SapOptions) -> str:
    """An amount with the decimals of its currency. `plain`: the number. `decimals`: the currency's lookup in TCURX."""
    return plain if options.amounts == "shown" else f'with_places({plain}, "{decimals}".currdec)'


def decimals(name: str, currency: str, found: str, options: SapOptions) -> tuple[Lookup, ...]:
    """Lookups of a currency in TCURX, and of whether it has come at all. `found`: the currency, where it is known."""
    if options.amounts == "shown":
        return ()
    unknown = f"{found} NOT IN {listed(options.two_decimals)}"
    return (
        Lookup(name, {"currkey": currency}, 'FROM "tcurx"', ("tcurx",), "false"),
        Lookup(f"{name}_known", {"known": "'yes'"}, "SELECT DISTINCT 'yes' AS known FROM tcurx", ("tcurx",), unknown),
    )


def ledgers(options: SapOptions) -> tuple[str, ...]:
    """The ledgers that are read together: the one of the options, and those it extends."""
    return (options.ledger, *options.base_ledgers)


def other_ledger(column: str, options: SapOptions) -> LeftOut:
    """Rows of ledgers that are not read."""
    return LeftOut("other ledger", f"{column} NOT IN {listed(ledgers(options))}")


def other_client(column: str, options: SapOptions) -> LeftOut:
    """Rows of clients that are not read."""
    return LeftOut("other client", f"{column} <> {literal(options.client)}" if options.client else "false")


# -- fiscal periods --------------------------------------------------------------------------------------------------


def variant(company: str, number: str, year: str, options: SapOptions) -> tuple[Lookup, ...]:
    """Lookups of a company code and of the month of its fiscal year variant; `fiscal` must be found with them.

    `number`: the fiscal period. `year`: the fiscal year.
    """
    needed = f"r.has_months IS NULL AND NOT ({is_calendar('r.variant', 'r.xkale', options)})"
    on = {"periv": '"t001".periv', "poper": normal_period(number)}
    return (
        Lookup("t001", {"bukrs": company}),
        Lookup("t009", {"periv": '"t001".periv'}, needed="false"),
        Lookup("months", on, MONTHS, ("t009b",), "false"),
        Lookup("year_months", on | {"year": f"lpad({year}, 4, '0')"}, YEAR_MONTHS, ("t009b",), needed),
    )


def is_calendar(periv: str, xkale: str, options: SapOptions) -> str:
    """Whether a variant's year is the calendar's: T009 says so, or the options do."""
    return f"coalesce({xkale} = 'X', false) OR coalesce({periv} IN {listed(options.calendar_variants)}, false)"


def fiscal(number: str, year: str) -> dict[str, str]:
    """What `variant` finds: the variant, the first day of the month of a period, and the period's number here.

    Adjustments have numbers from 13 on; a thirteenth posting period (of four weeks each) has none.
    """
    special = f"12 + {number} - {_LAST}"
    whole = f"try_cast({year} AS SMALLINT)"
    plain = f"make_date({whole}, least(12, {_normal(number)}), 1)"
    return {
        "variant": '"t001".periv',
        "xkale": '"t009".xkale',
        "posting_periods": _LAST,
        "fiscal_period": f"CASE WHEN {number} > {_LAST} THEN {special} WHEN {number} <= 12 THEN {number} END",
        "month": f'coalesce("year_months".first_day, make_date({whole} - "months".shift, "months".month, 1), {plain})',
    }


_LAST = 'coalesce(try_cast("t009".anzbp AS INTEGER), 12)'
"""The last period that is no adjustment."""


def bad_year(column: str) -> Refused:
    """A fiscal year that gives no month: nothing says which month the row is in, least of all the day of its posting."""
    return Refused("ROW-NUMBER", column, "coalesce(r.month < DATE '1900-01-01', true)")


NOT_TWELVE = Refused(
    "ROW-VOCABULARY", "ryear", "r.posting_periods <> 12",
    "'totals are read of variants with 12 posting periods, and ' || r.variant || ' has ' || r.posting_periods",
)  # fmt: skip

_YEAR = "CASE WHEN coalesce(bdatj, '0000') = '0000' THEN 2001 ELSE try_cast(bdatj AS SMALLINT) END"
_ROWS = (
    "SELECT periv, lpad(poper, 3, '0') AS poper, coalesce(bdatj, '0000') AS bdatj, "
    "coalesce(try_cast(plain_number(replace(reljr, '+', ''), 'auto') AS TINYINT), 0) AS shift, "
    f"make_date({_YEAR}, CASE WHEN try_cast(bumon AS INTEGER) BETWEEN 1 AND 12 THEN try_cast(bumon AS INTEGER) END, 1) "
    "AS month, try_cast(butag AS INTEGER) AS day FROM t009b"
)
_ENDS = f"SELECT *, least(month + day - 1, last_day(month)) AS until FROM ({_ROWS}) WHERE month IS NOT NULL AND day IS NOT NULL"
_BEFORE = (
    "SELECT *, coalesce(lag(until) OVER (PARTITION BY periv, bdatj = '0000' ORDER BY until), "
    f"CASE WHEN bdatj = '0000' THEN DATE '2000-12-31' END) AS before FROM ({_ENDS})"
)
# without the row before, a period is taken for a month
_SPANS = f"SELECT *, CASE WHEN until - before <= 100 THEN before + 1 ELSE until - 30 END AS since FROM ({_BEFORE})"
_IN_FISCAL_YEAR = (
    "SELECT periv, poper, bdatj, CASE WHEN bdatj = '0000' THEN 2001 ELSE year(month) + shift END AS year, "
    "CAST(since - to_years(CASE WHEN bdatj = '0000' THEN shift ELSE 0 END) AS DATE) AS since, "
    f"CAST(until - to_years(CASE WHEN bdatj = '0000' THEN shift ELSE 0 END) AS DATE) AS until FROM ({_SPANS})"
)
_PERIODS = (
    "SELECT periv, poper, year, min(since) + CAST((max(until) - min(since)) // 2 AS INTEGER) AS middle "
    f"FROM ({_IN_FISCAL_YEAR}) WHERE (bdatj = '0000') = {{any_year}} GROUP BY ALL"
)
MONTHS = (
    "SELECT periv, poper, month(middle) AS month, year - year(middle) AS shift "
    f"FROM ({_PERIODS.format(any_year='true')})"
)
"""The month of each period of the variants that are the same in every year, and the fiscal year less the calendar year."""

YEAR_MONTHS = (
    "SELECT periv, poper, lpad(CAST(year AS VARCHAR), 4, '0') AS year, CAST(date_trunc('month', middle) AS DATE) AS first_day "
    f"FROM ({_PERIODS.format(any_year='false')})"
)
"""The month of each period of the variants that depend on the year."""

FIRST_MONTHS = (
    f"SELECT periv, month FROM ({MONTHS}) WHERE poper = '001' UNION ALL "
    f"SELECT periv, month(max(first_day)) FROM ({YEAR_MONTHS}) WHERE poper = '001' GROUP BY periv"
)
"""The month that the fiscal year of each variant starts in."""


def partner(company: str) -> Lookup:
    """Lookup of the company code of a trading partner: the one that is this company, if it is one alone."""
    query = "SELECT rcomp, min(bukrs) AS bukrs FROM t001 WHERE rcomp IS NOT NULL GROUP BY rcomp HAVING count(*) = 1"
    return Lookup("partner", {"rcomp": company}, query, ("t001",), "false")


def period_no(column: str) -> str:
    """A fiscal period as a number."""
    return f"try_cast({column} AS SMALLINT)"


def normal_period(number: str) -> str:
    """A period as three digits, where adjustments count as the last normal one and carry-forward as the first."""
    return f"lpad(CAST({_normal(number)} AS VARCHAR), 3, '0')"


def _normal(number: str) -> str:
    return f"greatest(1, least({number}, {_LAST}))"


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
