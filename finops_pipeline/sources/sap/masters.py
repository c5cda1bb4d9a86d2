"""Master data: company codes, accounts and exchange rates.

Cost centers, which depend on time, are in `centers`. SAP has no account types: whether a balance sheet account is an asset
or a liability is said by the options, by account number or account group.
"""

from finops_pipeline.contracts.currency import FX_RATES
from finops_pipeline.contracts.masters import ACCOUNTS, ENTITIES
from finops_pipeline.finance.ledger import INCOME_TYPES
from finops_pipeline.sources import ranges
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.sap import terms
from finops_pipeline.sources.sap.files import SKA1, T001, TCURR
from finops_pipeline.sources.sap.options import SapOptions


def company_codes(options: SapOptions) -> Derivation:
    """How T001 becomes entities. The fiscal year starts in the month of period 1 of the company's variant."""
    needed = f"NOT ({terms.is_calendar('r.periv', 'r.xkale', options)})"
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
        (
            Lookup("t009", {"periv": "r.periv"}, needed="false"),
            Lookup("first", {"periv": "r.periv"}, terms.FIRST_MONTHS, ("t009b",), needed),
        ),
        (terms.other_client("r.mandt", options),),
        found={"first_month": '"first".month', "xkale": '"t009".xkale'},
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
            terms.other_client("r.mandt", options),
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


def exchange_rates(options: SapOptions) -> Derivation:
    """How TCURR becomes rates: for how many units (TCURF, else its own factors); a negative one is an indirect quotation."""
    kinds = " ".join(
        f"WHEN {terms.literal(kurst)} THEN {terms.literal(kind)}" for kurst, kind in options.rate_types.items()
    )
    ratios = (
        "SELECT r.kurst, r.fcurr, r.tcurr, r.gdatu, f.ffact, f.tfact FROM tcurr AS r JOIN tcurf AS f "
        f"ON f.kurst = r.kurst AND f.fcurr = r.fcurr AND f.tcurr = r.tcurr AND {_day('f.gdatu')} <= {_day('r.gdatu')} "
        "QUALIFY row_number() OVER (PARTITION BY r.kurst, r.fcurr, r.tcurr, r.gdatu "
        f"ORDER BY {_day('f.gdatu')} DESC) = 1"
    )
    rate = f"quotation({terms.number('r.ukurs', options)}, r.from_units, r.to_units)"
    return Derivation(
        FX_RATES,
        TCURR,
        {
            "from_currency": "r.fcurr",
            "to_currency": "r.tcurr",
            "rate_type": f"CASE r.kurst {kinds} END",
            "rate": rate,
            "rate_date": _day("r.gdatu"),
        },
        (Lookup("ratio", {c: f"r.{c}" for c in TCURR.key}, ratios, ("tcurr", "tcurf"), "false"),),
        (
            terms.other_client("r.mandt", options),
            LeftOut("rate type that no option names", f"r.kurst NOT IN {terms.listed(list(options.rate_types))}"),
        ),
        found={s: f'coalesce("ratio".{c}, r.{c})' for s, c in (("from_units", "ffact"), ("to_units", "tfact"))},
    )


def _day(inverted: str) -> str:
    """A day that may be stored as 99999999 less the date."""
    turned = f"CAST(99999999 - CAST({inverted} AS INTEGER) AS VARCHAR)"
    return f"iso_date(CASE WHEN regexp_full_match({inverted}, '[78]\\d{{7}}') THEN {turned} ELSE {inverted} END)"
