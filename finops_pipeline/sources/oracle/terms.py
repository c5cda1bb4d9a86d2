"""Expressions that several Oracle tables share: segments, periods, ledgers.

A period is never read from its name, which is free text, but found in GL_PERIODS by the ledger's calendar. Its month is
that of the day in its middle, so that periods of weeks fall into the month they are mostly in. An adjusting period has
dates of December and is in that month.
"""

from finops_pipeline.sources.derivation import LeftOut, Lookup, Refused
from finops_pipeline.sources.oracle.options import OracleOptions
from finops_pipeline.sources.ranges import quoted

_CALENDAR = (
    "SELECT period_set_name, period_name, try_cast(period_num AS INTEGER) AS period_num, "
    "coalesce(adjustment_period_flag, 'N') = 'Y' AS is_adjusting, "
    "try_cast(oracle_date(start_date) AS DATE) + CAST((try_cast(oracle_date(end_date) AS DATE) "
    "- try_cast(oracle_date(start_date) AS DATE)) // 2 AS INTEGER) AS middle FROM gl_periods"
)
_PERIODS = (
    "SELECT *, row_number() OVER (PARTITION BY period_set_name, strftime(middle, '%Y-%m') ORDER BY period_num) > 1 "
    f"AS is_second FROM ({_CALENDAR})"
)
FIRST_MONTHS = (
    "SELECT period_set_name, arg_max(month(middle), middle) AS first_month "
    f"FROM ({_CALENDAR}) WHERE period_num = 1 AND NOT is_adjusting GROUP BY period_set_name"
)


def segment(options: OracleOptions, meaning: str, row: str) -> str:
    """The value of the segment that has a meaning, by chart of accounts; null where it has none."""
    numbers = {chart: getattr(segments, meaning) for chart, segments in options.segments.items()}
    return _by_chart({chart: f"{row}.segment{n}" if n else "NULL::VARCHAR" for chart, n in numbers.items()}, row)


def _by_chart(found: dict[str, str], row: str) -> str:
    """One expression or another, by the chart of accounts of a code combination."""
    other = found.get("default", "NULL::VARCHAR")
    cases = " ".join(f"WHEN {quoted(c)} THEN {said}" for c, said in sorted(found.items()) if c != "default")
    return f"CASE {row}.chart_of_accounts_id {cases} ELSE {other} END" if cases else other


def value_name(options: OracleOptions, meaning: str, row: str) -> Lookup:
    """Lookup `named`: what the value of a segment is called in the value set of the options."""
    sets = {chart: getattr(segments, f"{meaning}_values") for chart, segments in options.segments.items()}
    of = _by_chart({chart: quoted(said) if said else "NULL::VARCHAR" for chart, said in sets.items()}, row)
    on = {"flex_value_set_id": of, "flex_value": segment(options, meaning, row)}
    return Lookup("named", on, "FROM fnd_flex_values_vl", ("fnd_flex_values_vl",), "false")


def places(ledger: str, period: str) -> tuple[Lookup, ...]:
    """Lookups of a ledger, of a period by its calendar, and of the row's code combination."""
    on = {"period_set_name": '"gl_ledgers".period_set_name', "period_name": period}
    return (
        Lookup("gl_ledgers", {"ledger_id": ledger}),
        Lookup("period", on, _PERIODS, ("gl_periods",)),
        Lookup("gl_code_combinations", {"code_combination_id": "r.code_combination_id"}),
    )


def found(options: OracleOptions, ledger: str) -> dict[str, str]:
    """What `places` gives a row."""
    own = '"gl_code_combinations"'
    entity = segment(options, "balancing", own) if options.entity == "balancing" else ledger
    return {
        "entity": entity,
        "account": segment(options, "natural_account", own),
        "center": segment(options, "cost_center", own),
        "partner": _partner(options, own) if options.entity == "balancing" else "NULL::VARCHAR",
        "local_currency": '"gl_ledgers".currency_code',
        "category": '"gl_ledgers".ledger_category_code',
        "month": '"period".middle',
        "period_num": '"period".period_num',
        "is_second": '"period".is_second',
        "ledger": ledger,
    }


def _partner(options: OracleOptions, row: str) -> str:
    """The entity on the other side: zeros, and a line's own balancing value, name none."""
    said, own = segment(options, "intercompany", row), segment(options, "balancing", row)
    return f"CASE WHEN NOT regexp_full_match({said}, '0+') AND {said} IS DISTINCT FROM {own} THEN {said} END"


def ledgers(options: OracleOptions) -> tuple[LeftOut, ...]:
    """The ledgers that are not read: secondary and reporting ones repeat the primary."""
    if options.ledgers:
        return (LeftOut("other ledger", f"r.ledger NOT IN ({', '.join(map(quoted, options.ledgers))})"),)
    return (LeftOut("other ledger", "r.category <> 'PRIMARY'"),)


NO_MONTH = Refused(
    "ROW-DATE", "period_name", "r.month IS NULL", "'gl_periods has no day that can be read as its start and end'"
)
"""A period whose days cannot be read: the day of a posting does not stand in for it."""


def number(column: str) -> str:
    """An amount of one side; nothing is zero."""
    return f"coalesce(plain_number({column}, 'point'), '0')"
