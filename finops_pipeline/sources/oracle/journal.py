"""Journals: GL_JE_LINES with their headers to journal lines.

Only posted journals (STATUS P, and that of their batch where it is here) of actuals (ACTUAL_FLAG A) are books; journals of
average balances, which a batch says it has, are none. Both sides of a line may be empty, and negative
amounts are legal on either; a line with both sides is booked with the larger less the smaller. Reversals are journals of
their own and stay. A line may have an amount in ledger currency alone (revaluation): it is booked in that currency.
"""

from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.oracle import terms
from finops_pipeline.sources.oracle.files import LINES
from finops_pipeline.sources.oracle.options import OracleOptions

_LEDGER = '"gl_je_headers".ledger_id'


def journals(options: OracleOptions) -> Derivation:
    """How GL_JE_LINES becomes journal lines."""
    sides = {
        f"n_{side}": terms.number(f"r.{side}") for side in ("entered_dr", "entered_cr", "accounted_dr", "accounted_cr")
    }
    return Derivation(
        JOURNAL_LINES,
        LINES,
        _columns(),
        (
            Lookup("gl_je_headers", {"je_header_id": "r.je_header_id"}),
            Lookup("gl_je_batches", {"je_batch_id": '"gl_je_headers".je_batch_id'}, needed="false"),
            *terms.places(_LEDGER, '"gl_je_headers".period_name'),
        ),
        _left_out(options),
        (Refused("ROW-VOCABULARY", "actual_flag", "coalesce(r.actual_flag, '') <> 'A'"), terms.NO_MONTH),
        parsed={
            **sides,
            "has_entered": f"NOT (is_zero({sides['n_entered_dr']}) AND is_zero({sides['n_entered_cr']}))",
            "has_nothing": " AND ".join(f"is_zero({side})" for side in sides.values()),
        },
        found={
            **terms.found(options, _LEDGER),
            "status": '"gl_je_headers".status',
            "actual_flag": '"gl_je_headers".actual_flag',
            "batch_status": '"gl_je_batches".status',
            "average_flag": '"gl_je_batches".average_journal_flag',
            "entered_currency": '"gl_je_headers".currency_code',
            "header_date": '"gl_je_headers".default_effective_date',
        },
    )


def _left_out(options: OracleOptions) -> tuple[LeftOut, ...]:
    return (
        *terms.ledgers(options),
        LeftOut("not posted", "r.has_gl_je_headers AND (coalesce(r.status, '') <> 'P' OR r.batch_status <> 'P')"),
        LeftOut("average balances", "r.average_flag = 'Y'"),
        LeftOut("budget journal", "r.actual_flag = 'B'"),
        LeftOut("encumbrance", "r.actual_flag = 'E'"),
        LeftOut("statistical units", "r.entered_currency = 'STAT' OR (r.has_nothing AND NOT is_zero(r.stat_amount))"),
        LeftOut("no amount", "r.has_nothing"),
    )


def _columns() -> dict[str, str]:
    return {
        "entity_id": "r.entity",
        "journal_id": "r.je_header_id",
        "line_no": "r.je_line_num",
        "posting_date": "oracle_date(coalesce(r.effective_date, r.header_date))",
        "account_id": "r.account",
        "currency": "CASE WHEN r.has_entered THEN r.entered_currency ELSE r.local_currency END",
        "debit": f"CASE WHEN r.has_entered THEN {_side('entered', 'dr')} ELSE {_side('accounted', 'dr')} END",
        "credit": f"CASE WHEN r.has_entered THEN {_side('entered', 'cr')} ELSE {_side('accounted', 'cr')} END",
        "functional_debit": f"coalesce({_side('accounted', 'dr')}, '0')",
        "functional_credit": f"coalesce({_side('accounted', 'cr')}, '0')",
        "cost_center_id": "r.center",
        "counterparty_entity_id": "r.partner",
        "description": "r.description",
        "period": "strftime(r.month, '%Y-%m')",
        "period_no": "CAST(r.period_num AS VARCHAR)",
    }


def _side(kind: str, side: str) -> str:
    """One side of an amount; what has both is netted on the side of the larger."""
    own, other = (f"r.n_{kind}_{s}" for s in (side, "cr" if side == "dr" else "dr"))
    net = f"amount({own}) - amount({other})"
    return (
        f"CASE WHEN is_zero({other}) THEN CASE WHEN NOT is_zero({own}) THEN {own} END "
        f"WHEN NOT is_zero({own}) AND {net} > 0 THEN CAST({net} AS VARCHAR) END"
    )
