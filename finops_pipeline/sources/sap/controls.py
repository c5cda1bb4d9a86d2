"""Control figures: FAGLFLEXT totals to control balances, against which the books are tied.

One row has a company's year of one account: the balance carried forward (HSLVT) and sixteen periods. An account has
several rows, one for each side and dimension. The balance after a period is the balance carried forward and all periods
up to it; adjustments of periods 13 to 16 belong to the last.
"""

from finops_pipeline.contracts.controls import CONTROL_BALANCES
from finops_pipeline.sources.derivation import Derivation, LeftOut
from finops_pipeline.sources.sap import terms
from finops_pipeline.sources.sap.files import FAGLFLEXT, PERIODS
from finops_pipeline.sources.sap.options import SapOptions

_AMOUNTS = ("hslvt", *(f"hsl{n}" for n in PERIODS))


def ledger_totals(options: SapOptions) -> Derivation:
    """How FAGLFLEXT becomes control balances."""
    activity = terms.by_month([f"r.n_{c}" for c in _AMOUNTS[1:]])
    closing = [" + ".join(["r.n_hslvt", *activity[: i + 1]]) for i in range(12)]
    keys = ", ".join(f"r.{c}" for c in FAGLFLEXT.key)
    nth = f"row_number() OVER (PARTITION BY r.file_seq, r.no, {keys} ORDER BY r.row_number)"
    return Derivation(
        CONTROL_BALANCES,
        FAGLFLEXT,
        {
            "source": "'sap'",
            "control_id": f"concat_ws('/', {keys}, {nth})",
            "entity_id": "r.rbukrs",
            "period": terms.label("r.month"),
            "account_id": "r.racct",
            "currency": "r.local_currency",
            "net_activity": "r.shown_activity",
            "closing": "r.shown_closing",
        },
        (
            *terms.variant("r.rbukrs", "m.no", "r.ryear", options),
            *terms.decimals("local_decimals", '"t001".waers', "r.local_currency", options),
        ),
        (
            terms.other_client("r.rclnt", options),
            terms.other_ledger("r.rldnr", options),
            LeftOut("plan", "r.rrcty <> '0'"),
            LeftOut("other version", "r.rvers <> '001'"),
        ),
        (terms.NOT_TWELVE, terms.bad_year("ryear")),
        lines=terms.months({"activity": activity, "closing": closing}),
        parsed={f"n_{c}": f"amount({terms.number('r.' + c, options)})" for c in _AMOUNTS},
        found={
            **terms.fiscal("m.no", "r.ryear"),
            "local_currency": '"t001".waers',
            "shown_activity": terms.amount("CAST(m.activity AS VARCHAR)", "local_decimals", options),
            "shown_closing": terms.amount("CAST(m.closing AS VARCHAR)", "local_decimals", options),
        },
    )
