"""Master data: the company, its chart of accounts, classes and departments."""

from finops_pipeline.contracts.masters import ACCOUNTS, COST_CENTERS, ENTITIES
from finops_pipeline.sources.derivation import Derivation, Extract, LeftOut, Refused
from finops_pipeline.sources.quickbooks import terms
from finops_pipeline.sources.quickbooks.files import ACCOUNT, CLASS, COMPANYINFO, DEPARTMENT
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions

_TYPES = {
    "bank": "asset",
    "accounts receivable": "asset",
    "other current asset": "asset",
    "fixed asset": "asset",
    "other asset": "asset",
    "accounts payable": "liability",
    "credit card": "liability",
    "other current liability": "liability",
    "long term liability": "liability",
    "equity": "equity",
    "income": "revenue",
    "other income": "other_income",
    "cost of goods sold": "cost_of_revenue",
    "expense": "operating_expense",
    "other expense": "other_expense",
}
"""AccountType to account type."""

_CLASSES = {"asset": "asset", "liability": "liability", "equity": "equity", "revenue": "revenue",
            "expense": "operating_expense"}  # fmt: skip
"""Classification to account type, where the type is missing."""

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip


def account_type(row: str) -> str:
    """The type of an account; null where QuickBooks' word for it is not known."""
    types = " ".join(f"WHEN {terms.literal(said)} THEN {terms.literal(kind)}" for said, kind in _TYPES.items())
    classes = " ".join(f"WHEN {terms.literal(said)} THEN {terms.literal(kind)}" for said, kind in _CLASSES.items())
    return (
        f"CASE WHEN lower({row}accountsubtype) = 'incometaxexpense' THEN 'income_tax' "
        f"WHEN {row}accounttype IS NOT NULL THEN CASE lower({row}accounttype) {types} END "
        f"ELSE CASE lower({row}classification) {classes} END END"
    )


def _name() -> str:
    """The full name; what was made inactive has a remark in its name."""
    return r"regexp_replace(coalesce(r.fullyqualifiedname, r.name), ' \(deleted(-\d+)?\)', '', 'g')"


def company(options: QuickBooksOptions) -> Derivation:
    """How CompanyInfo becomes the entity."""
    names = ", ".join(map(terms.literal, _MONTHS))
    said = f"list_position([{names}], lower(r.fiscalyearstartmonth))"
    start = f"coalesce({said}, try_cast(r.fiscalyearstartmonth AS INTEGER))"
    given = options.fiscal_year_start_month
    return Derivation(
        ENTITIES,
        COMPANYINFO,
        {
            "entity_id": terms.literal(options.entity_id),
            "name": "coalesce(r.companyname, r.legalname)",
            "functional_currency": terms.home_currency(options),
            "country": "r.country",
            "fiscal_year_start_month": terms.literal(str(given)) if given else f"CAST({start} AS VARCHAR)",
        },
        (terms.home(),),
        refused=(
            Refused(
                "ROW-VOCABULARY", "fiscalyearstartmonth", f"r.fiscalyearstartmonth IS NOT NULL AND {start} IS NULL"
            ),
        ),
    )


def accounts(options: QuickBooksOptions) -> Derivation:
    """How Account becomes accounts."""
    return Derivation(
        ACCOUNTS,
        ACCOUNT,
        {
            "account_id": terms.own_id("r.id", options),
            "name": _name(),
            "account_type": account_type("r."),
            "parent_account_id": terms.own_id(terms.ref("r.parentref"), options),
            "is_cash": "CAST(lower(r.accounttype) = 'bank' OR coalesce(r.accountsubtype, '') = 'UndepositedFunds' AS VARCHAR)",
        },
        left_out=(LeftOut("account that does not post", "lower(r.accounttype) = 'non-posting'"),),
        refused=(
            Refused("ROW-VOCABULARY", "accounttype", f"{account_type('r.')} IS NULL", "coalesce(r.accounttype, '')"),
        ),
    )


def dimension(extract: Extract, options: QuickBooksOptions) -> Derivation:
    """How Class or Department becomes cost centers: the department is the topmost of the names."""
    return Derivation(
        COST_CENTERS,
        extract,
        {
            "cost_center_id": terms.own_id("r.id", options),
            "name": _name(),
            "department": f"split_part({_name()}, ':', 1)",
            "entity_id": terms.literal(options.entity_id),
        },
        left_out=(
            LeftOut(
                "dimension that the options do not name",
                f"{terms.literal(options.cost_centers)} <> {terms.literal(extract.name)}",
            ),
        ),
    )


def dimensions(options: QuickBooksOptions) -> tuple[Derivation, ...]:
    """Classes and departments, of which one becomes cost centers."""
    return dimension(CLASS, options), dimension(DEPARTMENT, options)
