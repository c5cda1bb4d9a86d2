"""Plans: ACDOCP of S/4HANA and COSP of controlling to budget lines.

Both are signed, debit positive, and finer than a budget line: `budgets` turns them round and adds them up.
"""

from finops_pipeline.contracts.budget import BUDGET_LINES
from finops_pipeline.sources import budgets
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.sap import centers, terms
from finops_pipeline.sources.sap.files import ACDOCP, COSP, PERIODS
from finops_pipeline.sources.sap.options import SapOptions


def plan_journal(options: SapOptions) -> Derivation:
    """How ACDOCP becomes budget lines: a plan category is a version."""
    local = 'coalesce(r.rhcur, "t001".waers)'
    lookups = (
        *terms.variant("r.rbukrs", "r.period_no", "r.year", options),
        *terms.decimals("local_decimals", local, "r.local_currency", options),
        budgets.account_type("r.racct"),
        centers.validities("r.rcntr", options),
    )
    left_out = (
        terms.other_client("r.rclnt", options),
        terms.other_ledger("r.rldnr", options),
        LeftOut("balance carried forward", "r.period_no = 0"),
    )
    key = budgets.BudgetKey("r.category", "r.rbukrs", "r.racct", "r.planned_at", left_out)
    refused = Refused("ROW-NUMBER", "poper", "coalesce(r.period_no NOT BETWEEN 0 AND 16, true)")
    return Derivation(
        BUDGET_LINES,
        ACDOCP,
        budgets.line(key),
        lookups,
        (*left_out, budgets.part(key)),
        (refused, terms.bad_year("ryear"), budgets.BAD_AMOUNT),
        parsed={
            "year": "coalesce(r.ryear, r.gjahr)",
            "period_no": terms.period_no("r.poper"),
            "n_hsl": terms.number("r.hsl", options),
        },
        found={
            **(fiscal := terms.fiscal("r.period_no", "r.year")),
            "planned_at": centers.in_month("r.kokrs", "r.rcntr", fiscal["month"]),
            "local_currency": local,
            "shown": terms.amount("r.n_hsl", "local_decimals", options),
            "account_type": '"kind".account_type',
        },
    )


def cost_totals(options: SapOptions) -> Derivation:
    """How COSP becomes budget lines: a version of controlling, for cost centers, in the currency of their company code."""
    companies = "SELECT kokrs, kostl, arg_max(bukrs, iso_date(datbi)) AS bukrs FROM csks GROUP BY kokrs, kostl"
    lookups = (
        Lookup("company", {"kokrs": "r.area", "kostl": "r.center"}, companies, ("csks",)),
        *terms.variant('"company".bukrs', "m.no", "r.gjahr", options),
        *terms.decimals("local_decimals", '"t001".waers', "r.local_currency", options),
        budgets.account_type("r.kstar"),
        centers.validities("r.center", options),
    )
    left_out = (
        terms.other_client("r.mandt", options),
        LeftOut("actual values, which the ledger has", "r.wrttp = '04'"),
        LeftOut("statistical values", "r.wrttp = '11'"),
        LeftOut("other value type", "r.wrttp <> '01'"),
        LeftOut("plan of no cost center", "NOT starts_with(r.objnr, 'KS')"),
        LeftOut("no amount", "r.amount = 0"),
    )
    key = budgets.BudgetKey("'CO-' || r.versn", "r.company_code", "r.kstar", "r.planned_at", left_out)
    numbers = {f"n_wog0{n}": f"amount({terms.number(f'r.wog0{n}', options)})" for n in PERIODS}
    return Derivation(
        BUDGET_LINES,
        COSP,
        budgets.line(key),
        lookups,
        (*left_out, budgets.part(key)),
        (terms.NOT_TWELVE, terms.bad_year("gjahr"), budgets.BAD_AMOUNT),
        lines=terms.months({"amount": terms.by_month([f"r.{name}" for name in numbers])}),
        parsed={"area": "r.objnr[3:6]", "center": "r.objnr[7:16]", **numbers},
        found={
            "company_code": '"company".bukrs',
            **(fiscal := terms.fiscal("m.no", "r.gjahr")),
            "planned_at": centers.in_month("r.area", "r.center", fiscal["month"]),
            "local_currency": '"t001".waers',
            "shown": terms.amount("CAST(m.amount AS VARCHAR)", "local_decimals", options),
            "account_type": '"kind".account_type',
        },
    )
