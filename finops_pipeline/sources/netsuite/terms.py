"""Expressions that several NetSuite tables share: truth, days, identifiers, and the rows that a row refers to.

A period is found in ACCOUNTINGPERIOD by its id; quarters and years are rows there too and are no periods. Its month is
that of the day in its middle, so that periods of weeks fall into the month they are mostly in. A period for
adjustments is in the month of its dates, with number 13.

The fiscal year starts in the month that the subsidiary's fiscal calendar says, else in that of the latest year among the
periods, else in January.
"""

from finops_pipeline.sources.derivation import LeftOut, Lookup
from finops_pipeline.sources.netsuite.files import TOMBSTONE
from finops_pipeline.sources.netsuite.options import NetSuiteOptions
from finops_pipeline.sources.ranges import quoted

_MONTHS = "['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']"
GONE = LeftOut("deleted", f"lower(r.{TOMBSTONE}) IN ('t', 'true', '1', 'yes')")
"""Rows with a tombstone."""


def yes(column: str) -> str:
    """Whether a column says T, in whatever spelling."""
    return f"coalesce(upper({column}) IN ('T', 'TRUE', 'Y', 'YES', '1'), false)"


def no(column: str) -> str:
    """Whether a column says F; silence is no F."""
    return f"coalesce(upper({column}) IN ('F', 'FALSE', 'N', 'NO', '0'), false)"


def day(column: str, options: NetSuiteOptions) -> str:
    """A day as the account's preferences write it."""
    function = {"us": "us_date", "european": "european_date"}[options.dates]
    return f"{function}(iso_date({column}))"


def own_id(expression: str, options: NetSuiteOptions) -> str:
    """An identifier with the prefix of this system."""
    return f"({quoted(options.prefix)} || {expression})" if options.prefix else expression


def account_id(row: str, options: NetSuiteOptions) -> str:
    """What identifies an account."""
    return own_id(f"coalesce({row}.acctnumber, {row}.id)" if options.accounts == "number" else f"{row}.id", options)


def live(table: str) -> str:
    """The current rows of a table that have no tombstone."""
    return f'(SELECT * FROM "{table}" WHERE NOT {yes(TOMBSTONE)})'


def period(key: str, options: NetSuiteOptions) -> Lookup:
    """Lookup of a posting period: `middle`, a day in its month, and `is_adjusting`."""
    start, end = (f"try_cast({day(c, options)} AS DATE)" for c in ("startdate", "enddate"))
    query = (
        f"SELECT id, {yes('isadjust')} AS is_adjusting, {start} + CAST(({end} - {start}) // 2 AS INTEGER) AS middle "
        f"FROM {live('accountingperiod')} WHERE NOT {yes('isquarter')} AND NOT {yes('isyear')}"
    )
    return Lookup("period", {"id": key}, query, ("accountingperiod",))


def fiscal_year(calendar: str, options: NetSuiteOptions) -> tuple[Lookup, ...]:
    """Lookups for `FIRST_MONTH`. `calendar`: the fiscal calendar of the subsidiary."""
    month = f"coalesce(try_cast(fiscalmonth AS INTEGER), list_position({_MONTHS}, lower(fiscalmonth[1:3])))"
    start = f"try_cast({day('startdate', options)} AS DATE)"
    years = (
        f"SELECT 'yes' AS known, arg_max(month(start), start) AS first_month FROM (SELECT {start} AS start "
        f"FROM {live('accountingperiod')} WHERE {yes('isyear')}) HAVING count(start) > 0"
    )
    return (
        Lookup("calendar", {"id": calendar}, f"SELECT id, {month} AS first_month FROM {live('fiscalcalendar')}",
               ("fiscalcalendar",), "false"),
        Lookup("year", {"known": "'yes'"}, years, ("accountingperiod",), "false"),
    )  # fmt: skip


def first_month(options: NetSuiteOptions) -> str:
    """The month that the fiscal year starts in."""
    said = options.company and options.company.fiscal_year_start_month
    return str(said) if said else 'coalesce("calendar".first_month, "year".first_month, 1)'


# -- companies -------------------------------------------------------------------------------------------------------


def subsidiary(key: str, options: NetSuiteOptions) -> tuple[Lookup, ...]:
    """Lookups of a subsidiary and of its base currency; an account without subsidiaries has neither."""
    if options.company:
        return ()
    return (
        Lookup("subsidiary", {"id": key}, f"FROM {live('subsidiary')}", ("subsidiary",)),
        currency("base", '"subsidiary".currency'),
    )


def calendar(options: NetSuiteOptions) -> str:
    """The fiscal calendar of the subsidiary that was looked up."""
    return "NULL::VARCHAR" if options.company else '"subsidiary".fiscalcalendar'


def entity(subsidiary_id: str, options: NetSuiteOptions) -> str:
    """The entity that a subsidiary is, or the one company there is."""
    return quoted(options.company.entity_id) if options.company else own_id(subsidiary_id, options)


def base_currency(options: NetSuiteOptions) -> str:
    """The currency in which the entity keeps its books."""
    return quoted(options.company.currency) if options.company else '"base".symbol'


def currency(name: str, key: str, needed: str = "true") -> Lookup:
    """Lookup of a currency: its ISO code is `symbol`."""
    return Lookup(name, {"id": key}, f"FROM {live('currency')}", ("currency",), needed)


def other_book(book: str, options: NetSuiteOptions) -> LeftOut:
    """Every accounting book repeats the transactions: one is read. Without several books the column is empty."""
    return LeftOut("other accounting book", f"{book} <> {quoted(options.accounting_book)}")
