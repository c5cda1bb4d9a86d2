"""Master data: company codes, accounts, cost centers and exchange rates.

Time-dependent cost centers are read in their latest validity: reports show the organization as it is, and a line has
one cost center however often that was renamed. SAP has no account types: whether a balance sheet account is an asset
or a liability is said by the options, by account number or account group.
"""

from finops_pipeline.contracts.currency import FX_RATES
from finops_pipeline.contracts.masters import ACCOUNTS, COST_CENTERS, ENTITIES
from finops_pipeline.finance.ledger import INCOME_TYPES
from finops_pipeline.sources import ranges
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.sap import terms
from finops_pipeline.sources.sap.files import CSKS, SKA1, T001, TCURR
from finops_pipeline.sources.sap.options import SapOptions

_OTHER_CLIENT = "other client"


def company_codes(options: SapOptions) -> Derivation:
    """How T001 becomes entities. The fiscal year starts in the month of period 1 of the company's variant."""
    needed = f"r.periv NOT IN {terms.listed(options.calendar_variants)}"
    return Derivation(
        ENTITIES,
        T001,
        {
            "entity_id": "r.bukrs",
            "name": "r.butxt",
            "functional_currency": "r.waers",
            "country": "r.land1",
            "fiscal_year_start_month": "CAST(coalesce(r.first_month, 1) AS VARCHAR)",
        },
        (Lookup("months", {"periv": "r.periv", "poper": "'001'"}, terms.MONTHS, ("t009b",), needed),),
        (_other_client(options),),
        found={"first_month": '"months".month'},
    )


def accounts(options: SapOptions) -> Derivation:
    """How SKA1, with its texts, becomes accounts."""
    chart = f"r.ktopl <> {terms.literal(options.chart_of_accounts)}" if options.chart_of_accounts else "false"
    texts = (
        f"SELECT ktopl, saknr, coalesce(txt50, txt20) AS name FROM skat WHERE spras = {terms.literal(options.language)}"
    )
    is_income = f"r.account_type IN {terms.listed(INCOME_TYPES)}"
    return Derivation(
        ACCOUNTS,
        SKA1,
        {
            "account_id": "r.saknr",
            "name": "r.name",
            "account_type": "r.account_type",
            "is_cash": "CASE WHEN r.glaccount_type IS NOT NULL THEN CAST(r.glaccount_type = 'C' AS VARCHAR) END",
        },
        (Lookup("texts", {"ktopl": "r.ktopl", "saknr": "r.saknr"}, texts, ("skat",), "false"),),
        (
            _other_client(options),
            LeftOut("other chart of accounts", chart),
            LeftOut("secondary cost element", "r.glaccount_type = 'S'"),
        ),
        (Refused("ROW-VOCABULARY", "account_type", f"(coalesce(r.xbilk, '') = 'X') = ({is_income})"),),
        parsed={"account_type": _account_type(options)},
        found={"name": 'coalesce("texts".name, r.saknr)'},
    )


def _account_type(options: SapOptions) -> str:
    by_number = ranges.cases(options.account_ranges, "r.saknr")
    groups = [
        f"WHEN r.ktoks = {terms.literal(group)} THEN {terms.literal(kind)}"
        for group, kind in options.account_groups.items()
    ]
    return f"CASE {' '.join([*by_number, *groups])} END" if by_number or groups else "NULL::VARCHAR"


def cost_centers(options: SapOptions) -> Derivation:
    """How CSKS, with its texts, becomes cost centers."""
    texts = (
        "SELECT kokrs, kostl, coalesce(ltext, ktext) AS name FROM cskt WHERE spras = "
        f"{terms.literal(options.language)} QUALIFY row_number() OVER (PARTITION BY kokrs, kostl "
        "ORDER BY iso_date(datbi) DESC) = 1"
    )
    latest = "SELECT kostl, max(iso_date(datbi)) AS valid_to FROM csks GROUP BY kostl"
    return Derivation(
        COST_CENTERS,
        CSKS,
        {
            "cost_center_id": "r.kostl",
            "name": "r.name",
            "department": f"coalesce(r.{options.department}, r.name)",
            "entity_id": "r.bukrs",
            "owner": "r.verak",
        },
        (
            Lookup("texts", {"kokrs": "r.kokrs", "kostl": "r.kostl"}, texts, ("cskt",), "false"),
            Lookup("latest", {"kostl": "r.kostl"}, latest, ("csks",), "false"),
        ),
        (
            _other_client(options),
            LeftOut("earlier validity of the cost center", "iso_date(r.datbi) <> r.valid_to"),
        ),
        found={"name": 'coalesce("texts".name, r.kostl)', "valid_to": '"latest".valid_to'},
    )


def exchange_rates(options: SapOptions) -> Derivation:
    """How TCURR becomes rates. Its dates are stored as 99999999 less the date; a negative rate is an indirect quotation."""
    kinds = " ".join(
        f"WHEN {terms.literal(kurst)} THEN {terms.literal(kind)}" for kurst, kind in options.rate_types.items()
    )
    day = "CASE WHEN regexp_full_match(r.gdatu, '[78]\\d{7}') THEN CAST(99999999 - CAST(r.gdatu AS INTEGER) AS VARCHAR) ELSE r.gdatu END"
    rate = f"quotation({terms.number('r.ukurs', options)}, r.ffact, r.tfact)"
    return Derivation(
        FX_RATES,
        TCURR,
        {
            "from_currency": "r.fcurr",
            "to_currency": "r.tcurr",
            "rate_type": f"CASE r.kurst {kinds} END",
            "rate": rate,
            "rate_date": f"iso_date({day})",
        },
        left_out=(
            _other_client(options),
            LeftOut("rate type that no option names", f"r.kurst NOT IN {terms.listed(list(options.rate_types))}"),
        ),
    )


def _other_client(options: SapOptions) -> LeftOut:
    return LeftOut(_OTHER_CLIENT, f"r.mandt <> {terms.literal(options.client)}" if options.client else "false")
