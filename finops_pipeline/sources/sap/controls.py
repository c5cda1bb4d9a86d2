"""Control figures: FAGLFLEXT totals to control balances, against which the books are tied.

One row has a company's year of one account: the balance carried forward (HSLVT) and sixteen periods. An account has
several rows, one for each side and dimension. The balance after a period is the balance carried forward and all periods
up to it; adjustments of periods 13 to 16 belong to the last.
"""

from finops_pipeline.contracts.controls import CONTROL_BALANCES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup
from finops_pipeline.sources.sap import terms
from finops_pipeline.sources.sap.files import FAGLFLEXT, PERIODS
from finops_pipeline.sources.sap.options import SapOptions


def ledger_totals(options: SapOptions) -> Derivation:
    """How FAGLFLEXT becomes control balances."""
    numbers = {c: f"amount({terms.number('r.' + c, options)})" for c in ("hslvt", *(f"hsl{n}" for n in PERIODS))}
    months = [[numbers[f"hsl{n}"] for n in (PERIODS[i : i + 1] if i < 11 else PERIODS[11:])] for i in range(12)]
    activity = ["(" + " + ".join(m) + ")" for m in months]
    closing = [" + ".join([numbers["hslvt"], *activity[: i + 1]]) for i in range(12)]
    month = terms.first_day("r.ryear", "CAST(m.no AS VARCHAR)")
    keys = ", ".join(f"r.{c}" for c in FAGLFLEXT.key)
    nth = f"row_number() OVER (PARTITION BY r.file_seq, m.no, {keys} ORDER BY r.row_number)"
    return Derivation(
        CONTROL_BALANCES,
        FAGLFLEXT,
        {
            "source": "'sap'",
            "control_id": f"concat_ws('/', {keys}, {nth})",
            "entity_id": "r.rbukrs",
            "period": terms.label(month),
            "account_id": "r.racct",
            "currency": '"t001".waers',
            "activity": _shifted("m.activity", options),
            "closing": _shifted("m.closing", options),
        },
        _lookups(options),
        (
            LeftOut("other client", f"r.rclnt <> {terms.literal(options.client)}" if options.client else "false"),
            LeftOut("other ledger", f"r.rldnr <> {terms.literal(options.ledger)}"),
            LeftOut("plan", "r.rrcty <> '0'"),
            LeftOut("other version", "r.rvers <> '001'"),
        ),
        lines=f"CROSS JOIN LATERAL (SELECT unnest([{', '.join(map(str, range(1, 13)))}]) AS no, "
        f"unnest([{', '.join(activity)}]) AS activity, unnest([{', '.join(closing)}]) AS closing) AS m",
    )


def _lookups(options: SapOptions) -> tuple[Lookup, ...]:
    return (
        *terms.variant("r.rbukrs", options, "CAST(m.no AS VARCHAR)"),
        *terms.decimals("local_decimals", '"t001".waers', options),
    )


def _shifted(total: str, options: SapOptions) -> str:
    text = f"CAST({total} AS VARCHAR)"
    return text if options.amounts == "shown" else f'shift_point({text}, "local_decimals".currdec)'
