"""Plans: ACDOCP of S/4HANA and COSP of controlling to budget lines.

Both are signed, debit positive; budget lines are in natural sign, so that the account's type turns revenue round. A
plan has finer rows than a budget line: rows of one file that differ in what a budget line does not know are added up.
The first of them carries the sum, the others are counted as parts of it, so that control totals still tie.
"""

from collections.abc import Sequence

from finops_pipeline.contracts.budget import BUDGET_LINES
from finops_pipeline.finance.ledger import CREDIT_TYPES
from finops_pipeline.sources.derivation import Derivation, Extract, LeftOut, Lookup, Refused
from finops_pipeline.sources.sap import terms
from finops_pipeline.sources.sap.files import ACDOCP, COSP, PERIODS
from finops_pipeline.sources.sap.options import SapOptions

_YEAR = "coalesce(r.ryear, r.gjahr)"
_PART = "part of a budget line with several rows"


def plan_journal(options: SapOptions) -> Derivation:
    """How ACDOCP becomes budget lines: a plan category is a version."""
    carried = LeftOut("balance carried forward", f"{terms.period_no('r.poper')} = 0")
    left_out = (
        LeftOut("other client", f"r.rclnt <> {terms.literal(options.client)}" if options.client else "false"),
        LeftOut("other ledger", f"r.rldnr <> {terms.literal(options.ledger)}"),
        carried,
    )
    local = 'coalesce(r.rhcur, "t001".waers)'
    line = {
        "version": "r.category",
        "entity_id": "r.rbukrs",
        "period": terms.label(terms.first_day(_YEAR, "r.poper")),
        "account_id": "r.racct",
        "currency": local,
        "cost_center_id": "r.rcntr",
    }
    lookups = (*terms.variant("r.rbukrs", options, "r.poper"), *terms.decimals("local_decimals", local, options))
    shown = terms.amount("r.hsl", "local_decimals", options)
    refused = Refused("ROW-NUMBER", "poper", f"coalesce({terms.period_no('r.poper')} NOT BETWEEN 0 AND 16, true)")
    return _budget(ACDOCP, line, shown, (*lookups, _kind("r.racct")), left_out, (refused,), "")


def cost_totals(options: SapOptions) -> Derivation:
    """How COSP becomes budget lines: a version of controlling, for cost centers, in the currency of their company code."""
    center = "r.objnr[7:16]"
    companies = "SELECT kostl, arg_max(bukrs, iso_date(datbi)) AS bukrs FROM csks GROUP BY kostl"
    numbers = [f"amount({terms.number(f'r.wog0{n}', options)})" for n in PERIODS]
    months = [*numbers[:11], "(" + " + ".join(numbers[11:]) + ")"]
    left_out = (
        LeftOut("other client", f"r.mandt <> {terms.literal(options.client)}" if options.client else "false"),
        LeftOut("actual values, which the ledger has", "r.wrttp IN ('04', '11')"),
        LeftOut("other value type", "r.wrttp <> '01'"),
        LeftOut("plan of no cost center", "NOT starts_with(r.objnr, 'KS')"),
        LeftOut("no amount", "m.amount = 0"),
    )
    line = {
        "version": "'CO-' || r.versn",
        "entity_id": '"company".bukrs',
        "period": terms.label(terms.first_day("r.gjahr", "CAST(m.no AS VARCHAR)")),
        "account_id": "r.kstar",
        "currency": '"t001".waers',
        "cost_center_id": center,
    }
    lookups = (
        Lookup("company", {"kostl": center}, companies, ("csks",)),
        *terms.variant('"company".bukrs', options, "CAST(m.no AS VARCHAR)"),
        *terms.decimals("local_decimals", '"t001".waers', options),
        _kind("r.kstar"),
    )
    text = "CAST(m.amount AS VARCHAR)"
    shown = text if options.amounts == "shown" else f'shift_point({text}, "local_decimals".currdec)'
    lines = (
        f"CROSS JOIN LATERAL (SELECT unnest([{', '.join(map(str, range(1, 13)))}]) AS no, "
        f"unnest([{', '.join(months)}]) AS amount) AS m"
    )
    return _budget(COSP, line, shown, lookups, left_out, (), lines)


def _kind(account: str) -> Lookup:
    query = "SELECT account_id, account_type FROM lake.accounts"
    return Lookup("kind", {"account_id": account}, query, ("lake.accounts",), "false")


def _budget(
    rows: Extract,
    line: dict[str, str],
    shown: str,
    lookups: Sequence[Lookup],
    left_out: Sequence[LeftOut],
    refused: Sequence[Refused],
    lines: str,
) -> Derivation:
    """Budget lines in natural sign, rows of one line added up on the first of them."""
    outside = " OR ".join(f"coalesce({one.when}, false)" for one in left_out)
    counts = f"(amount({shown}) IS NOT NULL AND NOT ({outside}))"
    group = f"PARTITION BY r.file_seq, {counts}, {', '.join(line.values())}"
    is_first = f"row_number() OVER ({group} ORDER BY r.row_number) = 1"
    total = f"sum(amount({shown})) OVER ({group})"
    signed = f'CASE WHEN "kind".account_type IN {terms.listed(CREDIT_TYPES)} THEN -{total} ELSE {total} END'
    amount = f"CASE WHEN NOT {counts} THEN {shown} WHEN {is_first} THEN CAST({signed} AS VARCHAR) ELSE '0' END"
    part = LeftOut(_PART, f"{counts} AND NOT {is_first}")
    bad = Refused("ROW-MONEY", "amount", f"amount({shown}) IS NULL")
    return Derivation(
        BUDGET_LINES, rows, line | {"amount": amount}, tuple(lookups), (*left_out, part), (*refused, bad), lines=lines
    )
