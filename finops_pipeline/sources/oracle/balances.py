"""Balances: GL_BALANCES to control balances (actuals) and to budget lines (budgets).

Rows of summary accounts repeat their detail (TEMPLATE_ID), and rows of other currencies restate the ledger's own
(TRANSLATED_FLAG): neither is read. A month may have a second period, for adjustments: the first gives the balance, the
second adds its activity to it.
"""

from finops_pipeline.contracts.budget import BUDGET_LINES
from finops_pipeline.contracts.controls import CONTROL_BALANCES
from finops_pipeline.sources import budgets
from finops_pipeline.sources.derivation import Derivation, LeftOut, Refused
from finops_pipeline.sources.oracle import terms
from finops_pipeline.sources.oracle.files import BALANCES
from finops_pipeline.sources.oracle.options import OracleOptions

_BUDGET = "r.actual_flag IS NOT DISTINCT FROM 'B'"
_DETAIL = (
    LeftOut("summary account", "r.template_id IS NOT NULL"),
    LeftOut("statistical units", "r.currency_code = 'STAT'"),
    LeftOut("balance in another currency", "r.translated_flag IS NOT NULL"),
)
_SIDES = {
    name: f"amount({terms.number(f'r.{name}_dr')}) - amount({terms.number(f'r.{name}_cr')})"
    for name in ("period_net", "begin_balance")
}


def control_balances(options: OracleOptions) -> Derivation:
    """How balances of actuals become control balances."""
    whole = "CASE WHEN r.is_second THEN r.period_net ELSE r.begin_balance + r.period_net END"
    return Derivation(
        CONTROL_BALANCES,
        BALANCES,
        {
            "source": "'oracle'",
            "control_id": "concat_ws('/', r.ledger_id, r.code_combination_id, r.currency_code, r.period_name)",
            "entity_id": "r.entity",
            "period": "strftime(r.month, '%Y-%m')",
            "account_id": "r.account",
            "currency": "r.local_currency",
            "net_activity": "CAST(r.period_net AS VARCHAR)",
            "closing": f"CAST({whole} AS VARCHAR)",
        },
        terms.places("r.ledger_id", "r.period_name"),
        (*terms.ledgers(options), LeftOut("encumbrance", "r.actual_flag = 'E'"), *_DETAIL),
        (Refused("ROW-VOCABULARY", "actual_flag", "coalesce(r.actual_flag, '') <> 'A'"), terms.NO_MONTH),
        share=f"NOT ({_BUDGET})",
        parsed=_SIDES,
        found=terms.found(options, "r.ledger_id"),
    )


def budget_balances(options: OracleOptions) -> Derivation:
    """How balances of budgets become budget lines, a version for each budget version."""
    left_out = (*terms.ledgers(options), *_DETAIL, LeftOut("no amount", "r.period_net = 0"))
    key = budgets.BudgetKey("r.budget_version_id", "r.entity", "r.account", "r.center", left_out)
    return Derivation(
        BUDGET_LINES,
        BALANCES,
        budgets.line(key),
        (
            *terms.places("r.ledger_id", "r.period_name"),
            budgets.account_type(terms.segment(options, "natural_account", '"gl_code_combinations"')),
        ),
        (*left_out, budgets.part(key)),
        (terms.NO_MONTH, budgets.BAD_AMOUNT),
        share=_BUDGET,
        parsed={**_SIDES, "shown": f"CAST({_SIDES['period_net']} AS VARCHAR)"},
        found={**terms.found(options, "r.ledger_id"), "account_type": '"kind".account_type'},
    )
