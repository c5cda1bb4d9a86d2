"""Master data: ledgers as entities, code combinations as accounts and cost centers, daily rates.

Many combinations have the same natural account: the first names it, the others are duplicates of it. One that gives the
account another type is a conflict, and stays out.
"""

from finops_pipeline.contracts.currency import FX_RATES
from finops_pipeline.contracts.masters import ACCOUNTS, COST_CENTERS, ENTITIES
from finops_pipeline.sources import ranges
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup
from finops_pipeline.sources.oracle import terms
from finops_pipeline.sources.oracle.files import COMBINATIONS, LEDGERS, RATES
from finops_pipeline.sources.oracle.options import OracleOptions

_TYPES = """CASE r.account_type WHEN 'A' THEN 'asset' WHEN 'L' THEN 'liability' WHEN 'O' THEN 'equity'
    WHEN 'R' THEN 'revenue' WHEN 'E' THEN 'operating_expense' ELSE r.account_type END"""
_SUMMARY = LeftOut("summary account", "r.summary_flag = 'Y'")


def ledgers(options: OracleOptions) -> Derivation:
    """How GL_LEDGERS becomes entities. The fiscal year starts in the month of the calendar's period 1."""
    return Derivation(
        ENTITIES,
        LEDGERS,
        {
            "entity_id": "r.ledger_id",
            "name": "r.name",
            "functional_currency": "r.currency_code",
            "fiscal_year_start_month": "CAST(r.first_month AS VARCHAR)",
        },
        (Lookup("first", {"period_set_name": "r.period_set_name"}, terms.FIRST_MONTHS, ("gl_periods",)),),
        terms.ledgers(options),
        parsed={"ledger": "r.ledger_id", "category": "r.ledger_category_code"},
        found={"first_month": '"first".first_month'},
    )


def accounts(options: OracleOptions) -> Derivation:
    """How natural accounts of code combinations become accounts."""
    known = ranges.cases(options.account_ranges, "r.account")
    kind = f"CASE {' '.join(known)} ELSE {_TYPES} END" if known else _TYPES
    return Derivation(
        ACCOUNTS,
        COMBINATIONS,
        {"account_id": "r.account", "name": "r.name", "account_type": kind},
        (terms.value_name(options, "natural_account", "r"),),
        (_SUMMARY,),
        parsed={"account": terms.segment(options, "natural_account", "r")},
        found={"name": 'coalesce("named".description, r.account)'},
    )


def cost_centers(options: OracleOptions) -> Derivation:
    """How cost center segments of code combinations become cost centers; their account is kept by `accounts`."""
    return Derivation(
        COST_CENTERS,
        COMBINATIONS,
        {"cost_center_id": "r.center", "name": "r.name", "department": "r.name"},
        (terms.value_name(options, "cost_center", "r"),),
        (_SUMMARY, LeftOut("combination without a cost center", "r.center IS NULL")),
        parsed={"center": terms.segment(options, "cost_center", "r")},
        found={"name": 'coalesce("named".description, r.center)'},
        counted=False,
    )


def daily_rates(options: OracleOptions) -> Derivation:
    """How GL_DAILY_RATES becomes rates."""
    kinds = " ".join(f"WHEN {ranges.quoted(t)} THEN {ranges.quoted(k)}" for t, k in options.rate_types.items())
    names = ", ".join(map(ranges.quoted, options.rate_types)) or "NULL"
    return Derivation(
        FX_RATES,
        RATES,
        {
            "from_currency": "r.from_currency",
            "to_currency": "r.to_currency",
            "rate_type": f"CASE r.conversion_type {kinds} END" if kinds else "NULL::VARCHAR",
            "rate": "plain_number(r.conversion_rate, 'point')",
            "rate_date": "oracle_date(r.conversion_date)",
        },
        left_out=(LeftOut("conversion type that no option names", f"r.conversion_type NOT IN ({names})"),),
    )
