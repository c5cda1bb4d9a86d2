"""Budgets: the details of a Budget to budget lines, in natural sign as both sides write them.

A detail is planned for a month, a quarter or a year, and may be planned by customer: budget lines are by month, and what is
planned for several customers is one line. A quarter or a year is shared among its months evenly, to the last cent.
"""

import json
from collections import defaultdict

from finops_pipeline.contracts.budget import BUDGET_LINES
from finops_pipeline.finance import money, periods
from finops_pipeline.sources.derivation import Derivation, Function, LeftOut, Lookup, Refused
from finops_pipeline.sources.quickbooks import terms
from finops_pipeline.sources.quickbooks.fields import Document, DocumentError, Fields, nested
from finops_pipeline.sources.quickbooks.files import BUDGET
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions

_MONTHS = {"monthly": 1, "quarterly": 3, "annually": 12, "yearly": 12}
_SHAPE = ("account", "period", "center", "amount", "problem", "nothing")


def planned(details: str | None, rhythm: str | None, dimension: str, home: str) -> str:
    """The budget lines of a budget as JSON; one that says so when there are none, or why it cannot be read."""
    sums: dict[tuple[str, str, str | None], int] = defaultdict(int)
    try:
        for detail in Fields({"details": nested("BudgetDetail", details or "[]")}).parts("details"):
            amount = Document({}, home).exact(detail.number("Amount"))
            months = _months(detail.text("BudgetDate"), rhythm)
            parts = money.split(money.from_decimal(amount, home), [1] * len(months))
            for period, part in zip(months, parts, strict=True):
                sums[detail.needed_ref("AccountRef"), period, detail.ref(f"{dimension}Ref")] += part
    except DocumentError as error:
        return json.dumps([{"problem": str(error)}])
    lines = [
        {"account": account, "period": period, "center": center, "amount": f"{money.to_decimal(total, home):f}"}
        for (account, period, center), total in sums.items()
    ]
    return json.dumps(lines or [{"nothing": "true"}])


def _months(day: str | None, rhythm: str | None) -> list[str]:
    """The months that a detail is planned for, from its day on."""
    count = _MONTHS.get((rhythm or "monthly").lower())
    first = (day or "")[:7]
    if count is None:
        raise DocumentError(f"{rhythm!r} is no rhythm of a budget: {', '.join(_MONTHS)}")
    if not periods.is_label(first):
        raise DocumentError(f"BudgetDate is no day: {day!r}")
    return [periods.add(first, i) for i in range(count)]


def budget(options: QuickBooksOptions) -> Derivation:
    """How Budget becomes budget lines; its name is the version."""
    shape = "[{" + ", ".join(f'"{field}": "VARCHAR"' for field in _SHAPE) + "}]"
    home = terms.home_currency(options)
    call = f"quickbooks_budget(r.budgetdetail, r.budgetentrytype, {terms.literal(options.cost_centers)}, {home})"
    version = terms.latest(BUDGET, f"{terms.content(BUDGET)} AS content")
    problem = "'Budget ' || coalesce(r.name, r.id) || ': ' || r.e.problem"
    return Derivation(
        BUDGET_LINES,
        BUDGET,
        {
            "version": "coalesce(r.name, r.id)",
            "entity_id": terms.literal(options.entity_id),
            "period": "r.e.period",
            "account_id": terms.own_id("r.e.account", options),
            "currency": home,
            "amount": "r.e.amount",
            "cost_center_id": terms.own_id("r.e.center", options),
        },
        (Lookup("latest", {"id": "r.id"}, version, (BUDGET.name,), "false"), terms.home()),
        (
            LeftOut("earlier version of the budget", f"r.standing <> {terms.content(BUDGET, 'r.')}"),
            LeftOut("deleted budget", "lower(r.status) = 'deleted'"),
            LeftOut("inactive budget", "lower(r.active) = 'false'"),
            LeftOut("budget that plans nothing", "r.e.nothing IS NOT NULL"),
        ),
        (Refused("JRN-DOCUMENT", "budgetdetail", "r.e.problem IS NOT NULL", problem),),
        lines=f"CROSS JOIN LATERAL (SELECT unnest(from_json({call}, '{shape}')) AS e) AS m",
        found={"standing": '"latest".content'},
        functions=(Function("quickbooks_budget", planned, 4),),
    )
