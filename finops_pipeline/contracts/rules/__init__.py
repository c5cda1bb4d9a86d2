"""Every rule by its identifier: what it demands, and what happens where it is broken.

Here: the lists, for readers of quarantine and findings. Not here: the rules themselves (`storage.parsing` and
`storage.matching` for rows, `intake` for files, the module of its noun for findings).
"""

from collections.abc import Iterable

from finops_pipeline.contracts.rules import books, cloud, intake, outlooks, revenue
from finops_pipeline.contracts.rules.rule import OUTCOMES, Rule

GROUPS: dict[str, tuple[Rule, ...]] = {
    "Files": intake.FILES,
    "Rows by themselves": intake.ROWS,
    "Rows beside other rows": intake.MATCHES,
    "Books and reports": books.BOOKS,
    "Revenue": revenue.REVENUE,
    "Forecasts": outlooks.FORECASTS,
    "Cloud bills": cloud.CLOUD,
    "KPIs": outlooks.KPIS,
}
"""Every rule, in the order in which a row meets them."""

RULES: dict[str, Rule] = {rule.rule_id: rule for group in GROUPS.values() for rule in group}
"""Every rule by its identifier."""

_HEAD = """# Rules

Generated from `finops_pipeline/contracts/rules/` by `python -m finops_pipeline.contracts.dictionary`: change the lists,
not this page. The identifiers stand in `quarantine.rule_id` and before the findings of blocking checks.

What a broken rule does:
"""


def page(groups: Iterable[tuple[str, tuple[Rule, ...]]]) -> str:
    """The rules as one Markdown page for readers."""
    lines = [_HEAD, *(f"* *{outcome}*: {meaning}" for outcome, meaning in OUTCOMES.items()), ""]
    for title, rules in groups:
        lines += [f"## {title}", "", "| rule | what must hold | if not | applied by |", "|---|---|---|---|"]
        lines += [f"| `{r.rule_id}` | {r.demands} | {r.outcome} | `{r.home}` |" for r in rules]
        lines.append("")
    return "\n".join(lines)
