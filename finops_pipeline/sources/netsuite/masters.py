"""Master data: subsidiaries as entities, accounts, dimensions as cost centers and products, consolidated rates."""

from finops_pipeline.contracts.currency import FX_RATES
from finops_pipeline.contracts.masters import ACCOUNTS, COST_CENTERS, ENTITIES, PRODUCTS
from finops_pipeline.sources import ranges
from finops_pipeline.sources.derivation import Derivation, Extract, LeftOut, Lookup, Refused
from finops_pipeline.sources.netsuite import terms
from finops_pipeline.sources.netsuite.files import (
    ACCOUNT,
    CLASSIFICATION,
    DEPARTMENT,
    LOCATION,
    PERIOD,
    RATE,
    SUBSIDIARY,
)
from finops_pipeline.sources.netsuite.options import Company, NetSuiteOptions

_TYPES = {
    "bank": ("asset", "Bank"),
    "acctrec": ("asset", "Accounts receivable"),
    "unbilledrec": ("asset", "Unbilled receivable"),
    "othcurrasset": ("asset", "Other current asset"),
    "deferexpense": ("asset", "Deferred expense"),
    "fixedasset": ("asset", "Fixed asset"),
    "othasset": ("asset", "Other asset"),
    "acctpay": ("liability", "Accounts payable"),
    "credcard": ("liability", "Credit card"),
    "othcurrliab": ("liability", "Other current liability"),
    "deferrevenue": ("liability", "Deferred revenue"),
    "longtermliab": ("liability", "Long term liability"),
    "equity": ("equity", "Equity"),
    "income": ("revenue", None),
    "cogs": ("cost_of_revenue", None),
    "expense": ("operating_expense", None),
    "othincome": ("other_income", None),
    "othexpense": ("other_expense", None),
}
"""ACCTTYPE to account type, and the category of balance sheet accounts."""

_NOT_POSTING = ("stat", "nonposting")


def posts_nothing(row: str) -> str:
    """Whether an account has statistical units or no postings at all."""
    return f"lower({row}.accttype) IN ({', '.join(map(ranges.quoted, _NOT_POSTING))})"


def account_type(row: str, options: NetSuiteOptions) -> str:
    """The type of an account: by its number where the options say so, else by NetSuite's type."""
    known = ranges.cases(options.account_ranges, f"coalesce({row}.acctnumber, {row}.id)")
    return f"CASE {' '.join(known)} ELSE {_by_type(row)} END" if known else _by_type(row)


def _by_type(row: str) -> str:
    kinds = " ".join(f"WHEN '{said}' THEN '{kind}'" for said, (kind, _) in _TYPES.items())
    return f"CASE lower({row}.accttype) {kinds} END"


def subsidiaries(options: NetSuiteOptions) -> Derivation:
    """How SUBSIDIARY becomes entities; those for eliminations too, because the group needs what is posted in them."""
    return Derivation(
        ENTITIES,
        SUBSIDIARY,
        {
            "entity_id": terms.own_id("r.id", options),
            "name": "coalesce(r.fullname, r.name)",
            "functional_currency": "r.base_currency",
            "parent_entity_id": terms.own_id("r.parent", options),
            "country": "r.country",
            "fiscal_year_start_month": "CAST(r.first_month AS VARCHAR)",
        },
        (terms.currency("base", "r.currency"), *terms.fiscal_year("r.fiscalcalendar", options)),
        (terms.GONE,),
        found={"base_currency": '"base".symbol', "first_month": terms.first_month(options)},
    )


def company(options: NetSuiteOptions, given: Company) -> Derivation:
    """How the company of the options becomes the entity: with the first of the periods, which every account has."""
    return Derivation(
        ENTITIES,
        PERIOD,
        {
            "entity_id": ranges.quoted(given.entity_id),
            "name": ranges.quoted(given.name),
            "functional_currency": ranges.quoted(given.currency),
            "country": ranges.quoted(given.country) if given.country else "NULL::VARCHAR",
            "fiscal_year_start_month": "CAST(r.first_month AS VARCHAR)",
        },
        terms.fiscal_year(terms.calendar(options), options),
        found={"first_month": terms.first_month(options)},
        share="r.id = (SELECT min(id) FROM accountingperiod)",
        counted=False,
    )


def accounts(options: NetSuiteOptions) -> Derivation:
    """How ACCOUNT becomes accounts."""
    categories = " ".join(f"WHEN '{said}' THEN '{category}'" for said, (_, category) in _TYPES.items() if category)
    summary, parent = terms.yes('"up".issummary'), terms.account_id('"up"', options)
    return Derivation(
        ACCOUNTS,
        ACCOUNT,
        {
            "account_id": terms.account_id("r", options),
            "name": "coalesce(r.fullname, r.accountsearchdisplaynamecopy, r.accountsearchdisplayname, r.id)",
            "account_type": account_type("r", options),
            "category": f"CASE lower(r.accttype) {categories} END",
            "parent_account_id": "r.parent_account",
            "is_cash": "CAST(lower(r.accttype) = 'bank' AS VARCHAR)",
            "translation": "CASE lower(r.generalrate) WHEN 'current' THEN 'closing' ELSE lower(r.generalrate) END",
        },
        (Lookup("up", {"id": "r.parent"}, f"FROM {terms.live('account')}", ("account",), "false"),),
        (
            terms.GONE,
            LeftOut("statistical or non-posting account", posts_nothing("r")),
            LeftOut("summary account", terms.yes("r.issummary")),
        ),
        (Refused("ROW-VOCABULARY", "accttype", f"{_by_type('r')} IS NULL", "coalesce(r.accttype, '')"),),
        found={"parent_account": f"CASE WHEN NOT {summary} THEN {parent} END"},
    )


def dimensions(options: NetSuiteOptions) -> tuple[Derivation, ...]:
    """How DEPARTMENT, CLASSIFICATION and LOCATION become cost centers and products."""
    return tuple(_dimension(extract, options) for extract in (DEPARTMENT, CLASSIFICATION, LOCATION))


def _dimension(extract: Extract, options: NetSuiteOptions) -> Derivation:
    """The topmost of the names is the department of a cost center, or the family of a product."""
    full = "coalesce(r.fullname, r.name)"
    own, top = terms.own_id("r.id", options), f"trim(split_part({full}, ' : ', 1))"
    if extract.name == options.products != options.cost_centers:
        return Derivation(PRODUCTS, extract, {"product_id": own, "name": full, "family": top}, left_out=(terms.GONE,))
    unused = "false" if extract.name == options.cost_centers else "true"
    return Derivation(
        COST_CENTERS,
        extract,
        {"cost_center_id": own, "name": full, "department": top},
        left_out=(terms.GONE, LeftOut("dimension that the options do not name", unused)),
    )


def consolidated_rates(options: NetSuiteOptions) -> Derivation:
    """How CONSOLIDATEDEXCHANGERATE becomes rates: the current one closes the month. Historical ones are not read."""
    sides = ("from", "to")
    return Derivation(
        FX_RATES,
        RATE,
        {
            "from_currency": "r.from_symbol",
            "to_currency": "r.to_symbol",
            "rate_type": "r.kind",
            "rate": "plain_number(r.value, 'point')",
            "period": "strftime(r.middle, '%Y-%m')",
        },
        (
            terms.period("r.postingperiod", options),
            *(Lookup(f"{s}_subsidiary", {"id": f"r.{s}subsidiary"}, f"FROM {terms.live('subsidiary')}", ("subsidiary",))
              for s in sides),
            *(terms.currency(f"{s}_currency", f'coalesce(r.{s}currency, "{s}_subsidiary".currency)') for s in sides),
        ),
        (
            terms.GONE,
            terms.other_book("r.accountingbook", options),
            LeftOut("rate of a currency to itself", "r.from_symbol = r.to_symbol"),
            LeftOut("rate of a period for adjustments", "r.is_adjusting"),
        ),
        (Refused("ROW-DATE", "postingperiod", "r.has_period AND r.middle IS NULL"),),
        lines="CROSS JOIN LATERAL (SELECT unnest(['closing', 'average']) AS kind, "
        "unnest([r.currentrate, r.averagerate]) AS value) AS m",
        found={
            "middle": '"period".middle',
            "is_adjusting": '"period".is_adjusting',
            **{f"{s}_symbol": f'"{s}_currency".symbol' for s in sides},
        },
    )  # fmt: skip
