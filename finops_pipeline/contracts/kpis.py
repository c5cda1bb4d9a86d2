"""The scorecard with the page that explains it, and the alerts that ask for attention."""

from finops_pipeline.contracts.columns import CURRENCY, PERIOD, amount, nullable
from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.finance.kpis.goals import GOALS, Goal
from finops_pipeline.finance.kpis.register import KPIS
from finops_pipeline.finance.kpis.worth import COUNTED_IN, WORTHS

KPI_SCORECARD = Table(
    "kpi_scorecard", "kpi", "Key performance indicators against baseline and target", "KPI x period",
    (
        Column("kpi", "code", "Name of the KPI"),
        Column("area", "code", "Area it belongs to"),
        PERIOD,
        Column("unit", "code", "Unit of the values"),
        Column("baseline", "ratio", "Value to improve on", nullable=True),
        Column("value", "ratio", "Value of the period; null where the data cannot support it", nullable=True),
        Column("target", "ratio", "Target", nullable=True),
        Column("improvement_pct", "ratio", "Improvement on the baseline", nullable=True),
        Column("target_met", "boolean", "Whether the target is met", nullable=True),
        amount("annual_value", "Worth of the improvement in a year", is_nullable=True),
        nullable(CURRENCY),
        Column("formula", "text", "How the value is computed"),
    ),
    ("kpi", "period"), partitioned=True,
)  # fmt: skip

ALERTS = Table(
    "alerts", "kpi", "What asks for attention", "alert",
    (
        Column("alert_id", "code", "Stable identifier: the same cause is raised once"),
        Column("raised_at", "instant", "When it was first raised (UTC)"),
        nullable(PERIOD),
        Column("kind", "code", "What raised it", allowed=("material_variance", "trigger", "run_failure", "data_quality")),
        Column("severity", "code", "How urgent", allowed=("info", "warning", "critical")),
        Column("subject", "text", "What it is about"),
        Column("message", "text", "What happened, with the numbers"),
        Column("measure", "decimal", "The number that passed the threshold", nullable=True),
        Column("threshold", "decimal", "The threshold", nullable=True),
        Column("suggested_action", "text", "What to do next"),
        Column("status", "code", "Whether it still holds", allowed=("open", "closed")),
        Column("rule", "code", "Trigger of the settings that was broken", nullable=True),
        Column("cause", "text", "Largest effects on the account, and largest journals in it", nullable=True),
        Column("owner", "text", "Who answers for the cost center", nullable=True),
    ),
    ("alert_id",),
)  # fmt: skip

TABLES = (KPI_SCORECARD, ALERTS)

_HEAD = """# KPIs

Generated from `finops_pipeline/finance/kpis/` by `python -m finops_pipeline.contracts.dictionary`: change the code, not
this page. Table: [`kpi_scorecard`](data_dictionary.md#kpi).

A KPI is computed from published tables and facts, exactly, and is null where data, a rate, a divisor or an assumption is
missing; its `formula` then says which. Amounts of several currencies meet at the average rates of the month.

* **Baseline**: that of the extract `kpi_targets` (of its rows the latest up to the month applies), else the value twelve
  months before.
* **Target**: that of `kpi_targets`, a value; else the goal of the setting `kpi_goals`, a value to reach or an improvement
  on the baseline as a fraction of its size.
* **Improvement**: how far the value is better than the baseline, as a fraction of its size. Which way is better says
  `kpi_targets`, else the table below.
* **Annual value**: what the improvement is worth, from the data and from assumptions stated in the setting `kpi_values`,
  which have no defaults. What two KPIs have in common is counted in one. It is below zero where the KPI is worse than
  its baseline.

Goals and assumptions stand in `finops.toml`, or in a `kpis.toml` in the home folder or beside the extracts:

```toml
[kpi_goals]
utilization = { value = 0.92 }              # a value to reach
variance_reduction = { improvement = 0.3 }  # an improvement on the baseline

[kpi_values]                                # money in major units of the group currency
variance_share = 0.02           # of a variance that no longer is there
cost_share = 0.5                # of operating cost saved in proportion to revenue
revenue_share = 0.01            # of revenue that need not be corrected any more
cost_per_close_day = 1800
cost_per_hour = 55
hours_per_file = 1.5            # that taking in a file by hand takes
hours_per_control_total = 0.25  # that tying a total by hand takes
cost_per_faulty_row = 40        # that an error costs once it is in the books
risk_share = 0.3                # of the expected loss of a risk that its mitigation takes away
standard_costs = { orders = 42, tickets = 9.5 }  # what a unit of a driver should cost
```

Changed goals or assumptions make every month out of date: the next night publishes them all again.
"""


def page() -> str:
    """Every KPI with its formula, goal and worth, as one Markdown page for readers."""
    lines = [_HEAD, "## Formulas", "", "| KPI | area | unit | better | formula | goal |", "|---|---|---|---|---|---|"]
    for name, kpi in sorted(KPIS.items()):
        needs = f" *Null: it would need {kpi.needs}.*" if kpi.needs else ""
        goal = _in_words(GOALS.get(name))
        lines.append(f"| `{name}` | {kpi.area} | {kpi.unit} | {kpi.direction} | {_cell(kpi.formula)}{needs} | {goal} |")
    lines += ["", "## What a year of it is worth", "", "| KPI | annual value |", "|---|---|"]
    for name in sorted(KPIS):
        counted = f"counted in `{COUNTED_IN[name]}`" if name in COUNTED_IN else "null until it is measured"
        lines.append(f"| `{name}` | {WORTHS[name].formula if name in WORTHS else counted} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that a Markdown table takes as one cell."""
    return text.replace("|", "\\|")


def _in_words(goal: Goal | None) -> str:
    if goal is None:
        return ""
    return f"{goal.value:,}" if goal.value is not None else f"{goal.improvement:+.0%} on the baseline"
