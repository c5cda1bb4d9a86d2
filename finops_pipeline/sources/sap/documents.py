"""Documents of the older ledger: BSEG lines with their BKPF headers to journal lines.

DMBTR and WRBTR have no sign: SHKZG says S for debit and H for credit. A negative posting (XNEGP) is shown on the other
side of an account and changes no amount. Parked documents, samples, recurring entries and noted items have headers too
and are no postings. BSEG misses what is posted to the general ledger alone, so that where the universal journal of a
company code has come, that is read instead.
"""

from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.sap import terms
from finops_pipeline.sources.sap.files import BSEG
from finops_pipeline.sources.sap.options import SapOptions

_LOCAL = 'coalesce("bkpf".hwaer, "t001".waers)'
_PERIOD = '"bkpf".monat'


def documents(options: SapOptions) -> Derivation:
    """How BSEG becomes journal lines."""
    local = terms.amount("r.dmbtr", "local_decimals", options)
    has_entered = f"NOT is_zero({terms.number('r.wrbtr', options)})"
    entered = f"CASE WHEN {has_entered} THEN {terms.amount('r.wrbtr', 'entered_decimals', options)} ELSE {local} END"
    month = terms.first_day("r.gjahr", _PERIOD)
    return Derivation(
        JOURNAL_LINES,
        BSEG,
        {
            "entity_id": "r.bukrs",
            "journal_id": "r.gjahr || '-' || r.belnr",
            "line_no": "coalesce(CAST(try_cast(r.buzei AS BIGINT) AS VARCHAR), r.buzei)",
            "posting_date": 'iso_date("bkpf".budat)',
            "account_id": "r.hkont",
            "currency": f'CASE WHEN {has_entered} THEN "bkpf".waers ELSE {_LOCAL} END',
            "debit": f"CASE WHEN r.shkzg = 'S' THEN {entered} END",
            "credit": f"CASE WHEN r.shkzg = 'H' THEN {entered} END",
            "functional_debit": f"CASE WHEN r.shkzg = 'S' THEN {local} ELSE '0' END",
            "functional_credit": f"CASE WHEN r.shkzg = 'H' THEN {local} ELSE '0' END",
            "cost_center_id": "r.kostl",
            "customer_id": "r.kunnr",
            "vendor_id": "r.lifnr",
            "counterparty_entity_id": '"partner".bukrs',
            "description": "r.sgtxt",
            "period": terms.label(month),
            "period_no": f"CAST({terms.period_no(_PERIOD)} AS VARCHAR)",
        },
        _lookups(options),
        (
            LeftOut("other client", f"r.mandt <> {terms.literal(options.client)}" if options.client else "false"),
            LeftOut("document that the universal journal has", '"universal".is_there'),
            LeftOut("parked, sample, recurring or noted document", "\"bkpf\".bstat IN ('D', 'M', 'S', 'V', 'W', 'Z')"),
            LeftOut("other ledger", f'"bkpf".ldgrp <> {terms.literal(options.ledger)}'),
            LeftOut("no amount", f"is_zero({terms.number('r.dmbtr', options)}) AND NOT {has_entered}"),
        ),
        (
            Refused("ROW-VOCABULARY", "bstat", "\"bkpf\".bstat NOT IN ('A', 'B', 'L', 'U')"),
            Refused("ROW-VOCABULARY", "shkzg", "coalesce(r.shkzg, '') NOT IN ('S', 'H')"),
            Refused("ROW-NUMBER", "monat", f"coalesce({terms.period_no(_PERIOD)} NOT BETWEEN 1 AND 16, true)"),
        ),
    )


def _lookups(options: SapOptions) -> tuple[Lookup, ...]:
    return (
        Lookup("bkpf", {"bukrs": "r.bukrs", "gjahr": "r.gjahr", "belnr": "r.belnr"}),
        *terms.variant("r.bukrs", options, _PERIOD),
        *terms.decimals("local_decimals", _LOCAL, options),
        *terms.decimals("entered_decimals", f'coalesce("bkpf".waers, {_LOCAL})', options),
        Lookup("universal", {"rbukrs": "r.bukrs"}, "SELECT DISTINCT rbukrs FROM acdoca_all", ("acdoca",), "false"),
        terms.partner("r.vbund"),
    )
