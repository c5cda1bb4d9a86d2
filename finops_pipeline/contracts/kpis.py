"""The scorecard and the alerts that ask for attention."""

from finops_pipeline.contracts.columns import CURRENCY, PERIOD, amount, nullable
from finops_pipeline.contracts.model import Column, Table

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
