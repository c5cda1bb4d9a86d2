"""Budgets: BUDGETSMACHINE, the months of a budget, to budget lines.

A budget has an account and dimensions, its months are rows of their own, and a month without an amount has none. The
version is the budget's category.
"""

from finops_pipeline.contracts.budget import BUDGET_LINES
from finops_pipeline.finance.ledger import CREDIT_TYPES
from finops_pipeline.sources import budgets
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.netsuite import masters, terms
from finops_pipeline.sources.netsuite.files import BUDGET_MONTH, TOMBSTONE
from finops_pipeline.sources.netsuite.options import NetSuiteOptions
from finops_pipeline.sources.ranges import quoted

_COLUMN = {"department": "department", "classification": "class", "location": "location"}


def budget_months(options: NetSuiteOptions) -> Derivation:
    """How BUDGETSMACHINE becomes budget lines."""
    left_out = (
        terms.GONE,
        LeftOut("deleted", terms.yes("r.budget_gone")),
        terms.other_book("r.book", options),
        LeftOut("statistical or non-posting account", "r.posts_nothing"),
        LeftOut("no amount", "is_zero(r.n_amount)"),
    )
    entity = terms.entity("r.subsidiary", options)
    key = budgets.BudgetKey(_version(options), entity, "r.account_number", "r.center", left_out)
    return Derivation(
        BUDGET_LINES,
        BUDGET_MONTH,
        budgets.line(key),
        (
            Lookup("budgets", {"id": "r.budget"}),
            Lookup("account", {"id": '"budgets".account'}),
            terms.period("r.period", options),
            *terms.subsidiary('"budgets".subsidiary', options),
            budgets.account_type(terms.account_id('"account"', options)),
        ),
        (*left_out, budgets.part(key)),
        (budgets.BAD_AMOUNT, Refused("ROW-DATE", "period", "r.has_period AND r.month IS NULL")),
        parsed={"n_amount": "coalesce(plain_number(r.amount, 'point'), '0')"},
        found=_found(options),
    )


def _version(options: NetSuiteOptions) -> str:
    names = " ".join(f"WHEN {quoted(said)} THEN {quoted(version)}" for said, version in options.versions.items())
    own = "coalesce(r.category, 'budget')"
    return f"CASE r.category {names} ELSE {own} END" if names else own


def _found(options: NetSuiteOptions) -> dict[str, str]:
    turned = ", ".join(map(quoted, CREDIT_TYPES)) if options.budget_sign == "natural" else "NULL"
    return {
        "budget_gone": f'"budgets".{TOMBSTONE}',
        "category": '"budgets".category',
        "book": '"budgets".accountingbook',
        "subsidiary": '"budgets".subsidiary',
        "account_number": terms.account_id('"account"', options),
        "posts_nothing": masters.posts_nothing('"account"'),
        "center": terms.own_id(f'"budgets".{_COLUMN[options.cost_centers]}', options),
        "month": '"period".middle',
        "local_currency": terms.base_currency(options),
        "account_type": '"kind".account_type',
        "shown": f'CASE WHEN "kind".account_type IN ({turned}) THEN CAST(-amount(r.n_amount) AS VARCHAR) '
        "ELSE r.n_amount END",
    }
