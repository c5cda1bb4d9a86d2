"""The universal journal: ACDOCA to journal lines.

HSL and WSL are signed, debit positive; DRCRK only repeats the sign and is not read. One ledger is read, else every
document counts once for each. Period 000 is the balance carried forward from the year before: in a company's first
year it opens the books, as a journal of the month before; in later years it repeats what the journal already says.
"""

from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.sap import terms
from finops_pipeline.sources.sap.files import ACDOCA
from finops_pipeline.sources.sap.options import SapOptions

_YEAR = "coalesce(r.ryear, r.gjahr)"
_LOCAL = 'coalesce(r.rhcur, "t001".waers)'
_CARRIED = f"{terms.period_no('r.poper')} = 0"


def universal_journal(options: SapOptions) -> Derivation:
    """How ACDOCA becomes journal lines."""
    month = terms.first_day(_YEAR, "r.poper")
    local = terms.amount("r.hsl", "local_decimals", options)
    entered = (
        f"CASE WHEN {_has_entered(options)} THEN {terms.amount('r.wsl', 'entered_decimals', options)} ELSE {local} END"
    )
    return Derivation(
        JOURNAL_LINES,
        ACDOCA,
        {
            "entity_id": "r.rbukrs",
            "journal_id": f"CASE WHEN {_CARRIED} THEN r.gjahr || '-opening-' ELSE r.gjahr || '-' END || r.belnr",
            "line_no": "coalesce(CAST(try_cast(r.docln AS BIGINT) AS VARCHAR), r.docln)",
            "posting_date": f"CASE WHEN {_CARRIED} THEN strftime({month} - 1, '%Y-%m-%d') ELSE iso_date(r.budat) END",
            "account_id": "r.racct",
            "currency": f"CASE WHEN {_has_entered(options)} THEN r.rwcur ELSE {_LOCAL} END",
            "debit": f"debit_of({entered})",
            "credit": f"credit_of({entered})",
            "functional_debit": f"coalesce(debit_of({local}), '0')",
            "functional_credit": f"coalesce(credit_of({local}), '0')",
            "cost_center_id": "r.rcntr",
            "customer_id": "r.kunnr",
            "vendor_id": "r.lifnr",
            "counterparty_entity_id": '"partner".bukrs',
            "quantity": f"CASE WHEN NOT is_zero({terms.number('r.msl', options)}) THEN {terms.number('r.msl', options)} END",
            "description": "r.sgtxt",
            "period": f"CASE WHEN {_CARRIED} THEN {terms.label(f'{month} - 1')} ELSE {terms.label(month)} END",
            "period_no": f"CASE WHEN NOT {_CARRIED} THEN CAST({terms.period_no('r.poper')} AS VARCHAR) END",
        },
        _lookups(options),
        _left_out(options),
        (
            Refused("ROW-NUMBER", "poper", f"coalesce({terms.period_no('r.poper')} NOT BETWEEN 0 AND 16, true)"),
            Refused("ROW-VOCABULARY", "bstat", "r.bstat NOT IN ('L', 'U', 'J', 'T', 'C')"),
            Refused("ROW-VOCABULARY", "rrcty", "r.rrcty NOT IN ('0', '2', '5')"),
        ),
    )


def _has_entered(options: SapOptions) -> str:
    """Whether there is an amount in the currency of the document; differences in rates have one in local currency alone."""
    return f"(r.rwcur IS NOT NULL AND NOT is_zero({terms.number('r.wsl', options)}))"


def _lookups(options: SapOptions) -> tuple[Lookup, ...]:
    ledger = terms.literal(options.ledger)
    opening = (
        "SELECT rbukrs, coalesce(min(year) FILTER (NOT carried), min(year)) AS opening_year FROM ("
        f"SELECT rbukrs, coalesce(ryear, gjahr) AS year, try_cast(poper AS INTEGER) = 0 AS carried FROM acdoca_all "
        f"WHERE rldnr = {ledger}) GROUP BY rbukrs"
    )
    return (
        *terms.variant("r.rbukrs", options, "r.poper"),
        *terms.decimals("local_decimals", _LOCAL, options),
        *terms.decimals("entered_decimals", f"coalesce(r.rwcur, {_LOCAL})", options),
        Lookup("opening", {"rbukrs": "r.rbukrs"}, opening, ("acdoca",), "false"),
        terms.partner("r.rassc"),
    )


def _left_out(options: SapOptions) -> tuple[LeftOut, ...]:
    nothing = f"is_zero({terms.number('r.hsl', options)}) AND is_zero({terms.number('r.wsl', options)})"
    client = f"r.rclnt <> {terms.literal(options.client)}" if options.client else "false"
    return (
        LeftOut("other client", client),
        LeftOut("other ledger", f"r.rldnr <> {terms.literal(options.ledger)}"),
        LeftOut("plan", "r.rrcty IN ('1', '3')"),
        LeftOut("secondary cost line", "r.glaccount_type = 'S'"),
        LeftOut("carry-forward status in a posted period", f"r.bstat = 'C' AND NOT {_CARRIED}"),
        LeftOut(
            "balance carried forward from a year that is here", f'{_CARRIED} AND {_YEAR} <> "opening".opening_year'
        ),
        LeftOut("no amount", nothing),
    )
