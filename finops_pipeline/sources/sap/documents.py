"""Documents of the older ledger: BSEG lines with their BKPF headers to journal lines.

DMBTR and WRBTR have no sign: SHKZG says S for debit and H for credit. A negative posting (XNEGP) is shown on the other
side of an account and changes no amount, and a reversal (STBLG) is a document of its own: both stay. Parked documents, samples, recurring entries and noted items have headers too
and are no postings. BSEG misses what is posted to the general ledger alone, so that where the universal journal of a
company code has come, that is read instead.
"""

from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.sap import centers, terms
from finops_pipeline.sources.sap.files import BSEG
from finops_pipeline.sources.sap.options import SapOptions

_LOCAL = 'coalesce("bkpf".hwaer, "t001".waers)'
_PERIOD = terms.period_no('"bkpf".monat')


_COLUMNS = {
    "entity_id": "r.bukrs",
    "journal_id": "r.gjahr || '-' || r.belnr",
    "line_no": "coalesce(CAST(try_cast(r.buzei AS BIGINT) AS VARCHAR), r.buzei)",
    "posting_date": "iso_date(r.posted)",
    "account_id": "r.hkont",
    "currency": "CASE WHEN r.has_entered THEN r.entered_currency ELSE r.local_currency END",
    "debit": "CASE WHEN r.shkzg = 'S' THEN CASE WHEN r.has_entered THEN r.entered ELSE r.local END END",
    "credit": "CASE WHEN r.shkzg = 'H' THEN CASE WHEN r.has_entered THEN r.entered ELSE r.local END END",
    "functional_debit": "CASE WHEN r.shkzg = 'S' THEN r.local ELSE '0' END",
    "functional_credit": "CASE WHEN r.shkzg = 'H' THEN r.local ELSE '0' END",
    "cost_center_id": "r.center",
    "customer_id": "r.kunnr",
    "vendor_id": "r.lifnr",
    "counterparty_entity_id": "r.partner_entity",
    "description": "r.sgtxt",
    "period": terms.label("r.month"),
    "period_no": "CAST(r.fiscal_period AS VARCHAR)",
}


def documents(options: SapOptions) -> Derivation:
    """How BSEG becomes journal lines."""
    return Derivation(
        JOURNAL_LINES,
        BSEG,
        _COLUMNS,
        _lookups(options),
        (
            terms.other_client("r.mandt", options),
            LeftOut("document that the universal journal has", "r.has_universal"),
            LeftOut("parked, sample, recurring or noted document", "r.bstat IN ('D', 'M', 'S', 'V', 'W', 'Z')"),
            terms.other_ledger("r.ldgrp", options),
            LeftOut("no amount", "no_amount(r.n_dmbtr) AND NOT r.has_entered"),
        ),
        (
            Refused("ROW-VOCABULARY", "bstat", "r.bstat NOT IN ('A', 'B', 'L', 'U')"),
            Refused("ROW-DECIMALS", "dmbtr", "r.local IS NULL"),
            Refused("ROW-DECIMALS", "wrbtr", "r.has_entered AND r.entered IS NULL"),
            Refused("ROW-VOCABULARY", "shkzg", "coalesce(r.shkzg, '') NOT IN ('S', 'H')"),
            Refused("ROW-NUMBER", "monat", "coalesce(r.period_no NOT BETWEEN 1 AND 16, true)"),
            terms.bad_year("gjahr"),
        ),
        parsed={"n_dmbtr": terms.number("r.dmbtr", options), "n_wrbtr": terms.number("r.wrbtr", options)},
        found={
            "bstat": '"bkpf".bstat',
            "ldgrp": '"bkpf".ldgrp',
            "posted": '"bkpf".budat',
            "period_no": _PERIOD,
            **terms.fiscal(_PERIOD, "r.gjahr"),
            "local_currency": _LOCAL,
            "entered_currency": '"bkpf".waers',
            "has_entered": "NOT no_amount(r.n_wrbtr)",
            "local": terms.amount("r.n_dmbtr", "local_decimals", options),
            "entered": terms.amount("r.n_wrbtr", "entered_decimals", options),
            "partner_entity": '"partner".bukrs',
            "center": centers.on_day("r.kokrs", "r.kostl", 'iso_date("bkpf".budat)'),
        },
    )


def _lookups(options: SapOptions) -> tuple[Lookup, ...]:
    return (
        Lookup("bkpf", {"bukrs": "r.bukrs", "gjahr": "r.gjahr", "belnr": "r.belnr"}),
        *terms.variant("r.bukrs", _PERIOD, "r.gjahr", options),
        *terms.decimals("local_decimals", _LOCAL, "r.local_currency", options),
        *terms.decimals("entered_decimals", '"bkpf".waers', "r.entered_currency", options),
        Lookup("universal", {"rbukrs": "r.bukrs"}, "SELECT DISTINCT rbukrs FROM acdoca_all", ("acdoca",), "false"),
        terms.partner("r.vbund"),
        centers.validities("r.kostl", options),
    )
