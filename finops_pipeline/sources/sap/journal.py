"""The universal journal: ACDOCA to journal lines.

HSL and WSL are signed, debit positive; DRCRK only repeats the sign and is not read. One ledger is read, else every
document counts once for each; an extension ledger together with those it extends. Both sides of a reversal stay. Period 000 is the balance carried forward from the year before: in a company's first
year it opens the books, as a journal of the month before; in later years it repeats what the journal already says.
"""

from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.sap import centers, terms
from finops_pipeline.sources.sap.files import ACDOCA
from finops_pipeline.sources.sap.options import SapOptions

_LOCAL = 'coalesce(r.rhcur, "t001".waers)'
_CARRIED = "r.period_no = 0"


_COLUMNS = {
    "entity_id": "r.rbukrs",
    "journal_id": "CASE WHEN r.gjahr IS NOT NULL AND r.belnr IS NOT NULL THEN "
    f"concat(r.gjahr, CASE WHEN {_CARRIED} THEN '-opening-' ELSE '-' END, r.of_ledger, r.belnr) END",
    "line_no": "r.line_no",
    "posting_date": f"CASE WHEN {_CARRIED} THEN CAST(r.month - 1 AS DATE) ELSE r.day END",
    "account_id": "r.racct",
    "currency": "CASE WHEN r.has_entered THEN r.rwcur ELSE r.local_currency END",
    "debit": "debit_side(CASE WHEN r.has_entered THEN r.entered ELSE r.local END)",
    "credit": "credit_side(CASE WHEN r.has_entered THEN r.entered ELSE r.local END)",
    "functional_debit": "coalesce(debit_side(r.local), '0')",
    "functional_credit": "coalesce(credit_side(r.local), '0')",
    "cost_center_id": "r.center",
    "customer_id": "r.kunnr",
    "vendor_id": "r.lifnr",
    "counterparty_entity_id": "r.partner_entity",
    "quantity": "CASE WHEN NOT no_amount(r.n_msl) THEN r.n_msl END",
    "description": "r.sgtxt",
    "period": f"CASE WHEN {_CARRIED} THEN CAST(r.month - 1 AS DATE) ELSE r.month END",
    "period_no": f"CASE WHEN NOT {_CARRIED} THEN r.fiscal_period END",
}


_REFUSED = (
    Refused("ROW-NUMBER", "poper", "coalesce(r.period_no NOT BETWEEN 0 AND 16, true)"),
    terms.bad_year("ryear"),
    Refused("ROW-NUMBER", "docln", "r.line_no IS NULL"),
    # what its currency has no room for would be nothing, not an amount
    Refused("ROW-DECIMALS", "hsl", "r.local IS NULL"),
    Refused("ROW-DECIMALS", "wsl", "r.has_entered AND r.entered IS NULL"),
    Refused("ROW-DATE", "budat", f"r.day IS NULL AND NOT {_CARRIED}"),
    Refused("ROW-VOCABULARY", "bstat", "r.bstat NOT IN ('L', 'U', 'J', 'T', 'C')"),
    Refused("ROW-VOCABULARY", "rrcty", "r.rrcty NOT IN ('0', '2', '5')"),
)


def universal_journal(options: SapOptions) -> Derivation:
    """How ACDOCA becomes journal lines."""
    return Derivation(
        JOURNAL_LINES,
        ACDOCA,
        _COLUMNS,
        _lookups(options),
        _left_out(options),
        _REFUSED,
        parsed={
            "year": "coalesce(r.ryear, r.gjahr)",
            "year_no": "CASE WHEN r.ryear IS NULL THEN try_cast(r.gjahr AS INTEGER) ELSE try_cast(r.ryear AS INTEGER) END",
            "period_no": terms.period_no("r.poper"),
            "line_no": "try_cast(r.docln AS BIGINT)",
            "day": "day_of(r.budat)",
            "n_hsl": terms.number("r.hsl", options),
            "n_wsl": terms.number("r.wsl", options),
            "n_msl": terms.number("r.msl", options),
            # numbers of documents are those of a ledger
            "of_ledger": f"CASE WHEN r.rldnr <> {terms.literal(terms.ledgers(options)[-1])} THEN r.rldnr || '-' ELSE '' END",
        },
        found={
            **terms.fiscal("r.period_no", "r.year_no"),
            "local_currency": _LOCAL,
            # differences in rates have an amount in local currency alone
            "has_entered": "(r.rwcur IS NOT NULL AND NOT no_amount(r.n_wsl))",
            "local": terms.amount("r.n_hsl", "local_decimals", options),
            "entered": terms.amount("r.n_wsl", "entered_decimals", options),
            "partner_entity": '"partner".bukrs',
            "center": centers.on_day("r.kokrs", "r.rcntr", "CAST(r.day AS VARCHAR)"),
            "opening_year": '"opening".opening_year',
        },
    )


def _lookups(options: SapOptions) -> tuple[Lookup, ...]:
    opening = (
        "SELECT rbukrs, coalesce(min(year) FILTER (NOT carried), min(year)) AS opening_year FROM ("
        "SELECT rbukrs, coalesce(ryear, gjahr) AS year, try_cast(poper AS INTEGER) = 0 AS carried FROM acdoca_all "
        f"WHERE rldnr IN {terms.listed(terms.ledgers(options))}) GROUP BY rbukrs"
    )
    return (
        *terms.variant("r.rbukrs", "r.period_no", "r.year", options),
        *terms.decimals("local_decimals", _LOCAL, "r.local_currency", options),
        *terms.decimals("entered_decimals", f"coalesce(r.rwcur, {_LOCAL})", "coalesce(r.rwcur, 'EUR')", options),
        Lookup("opening", {"rbukrs": "r.rbukrs"}, opening, ("acdoca",), "false"),
        terms.partner("r.rassc"),
        centers.validities("r.rcntr", options),
    )


def _left_out(options: SapOptions) -> tuple[LeftOut, ...]:
    return (
        terms.other_client("r.rclnt", options),
        terms.other_ledger("r.rldnr", options),
        LeftOut("plan", "r.rrcty IN ('1', '3')"),
        LeftOut("secondary cost line", "r.glaccount_type = 'S'"),
        LeftOut("carry-forward status in a posted period", f"r.bstat = 'C' AND NOT {_CARRIED}"),
        LeftOut("balance carried forward from a year that is here", f"{_CARRIED} AND r.year <> r.opening_year"),
        LeftOut("no amount", "no_amount(r.n_hsl) AND no_amount(r.n_wsl)"),
    )
