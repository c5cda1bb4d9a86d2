"""Operations beside the ledger: drivers, initiatives, touchpoints, risks and the targets of KPIs."""

from finops_pipeline.contracts.columns import CONTRACT_ID, COST_CENTER_ID, ENTITY_ID, PERIOD, PRODUCT_ID, plain
from finops_pipeline.contracts.model import Column, Table

DRIVERS = Table(
    "drivers", "operations", "Operating drivers: the quantities that costs and revenue follow",
    "period x entity x cost center x product x driver",
    (
        PERIOD, ENTITY_ID,
        Column("driver", "code", "Name of the driver"),
        Column("quantity", "decimal", "Quantity of the month"),
        Column("unit", "text", "Unit of the quantity"),
        COST_CENTER_ID, PRODUCT_ID,
    ),
    ("period", "entity_id", "cost_center_id", "product_id", "driver"), "lake", partitioned=True,
)  # fmt: skip

DRIVER_MONTHLY = Table(
    "driver_monthly", "operations", "Operating drivers by month, entity and cost center",
    "period x entity x cost center x driver",
    (
        PERIOD, plain(ENTITY_ID), plain(COST_CENTER_ID),
        Column("driver", "code", "Name of the driver"),
        Column("unit", "text", "Unit of the quantity"),
        Column("quantity", "decimal", "Quantity of the month"),
    ),
    ("period", "entity_id", "cost_center_id", "driver", "unit"), "lake", partitioned=True,
)  # fmt: skip

INITIATIVES = Table(
    "initiatives", "operations", "Initiatives that ask for money", "initiative",
    (
        Column("initiative_id", "code", "Initiative"),
        Column("name", "text", "Name of the initiative"),
        Column("department", "text", "Department that runs it"),
        Column("kind", "code", "Kind of initiative"),
        Column("cost", "decimal", "Planned cost in the group currency"),
        Column("start_period", "period", "First month"),
        Column("horizon_months", "integer", "Months it pays over", low=1),
        Column("expected_return", "decimal", "Expected return in the group currency"),
        Column("min_spend", "decimal", "Least sensible spend", nullable=True, optional=True),
        Column("max_spend", "decimal", "Most sensible spend", nullable=True, optional=True),
        Column("saturation", "decimal", "Spend at which returns saturate", nullable=True, optional=True),
        Column("baseline_kpi", "code", "KPI its benefit is measured by", nullable=True, optional=True),
        Column("baseline_value", "decimal", "Value of that KPI before", nullable=True, optional=True),
    ),
    ("initiative_id",), "lake",
)  # fmt: skip

TOUCHPOINTS = Table(
    "touchpoints", "operations", "Customer touchpoints that led to contracts", "touchpoint",
    (
        Column("touchpoint_id", "code", "Touchpoint"),
        CONTRACT_ID,
        Column("customer_id", "code", "Customer"),
        Column("touched_at", "date", "Day of the touchpoint"),
        Column("activity", "text", "What was done"),
        Column("department", "text", "Department that did it", nullable=True, optional=True),
        Column("cost", "decimal", "Cost of the touchpoint", nullable=True, optional=True),
    ),
    ("touchpoint_id",), "lake",
)  # fmt: skip

RISKS = Table(
    "risks", "operations", "Risk register", "risk",
    (
        Column("risk_id", "code", "Risk"),
        Column("category", "text", "Category"),
        Column("title", "text", "What may happen"),
        Column("probability", "decimal", "Probability within a year, as a fraction", low=0, high=1),
        Column("impact_low", "decimal", "Low estimate of the loss in the group currency"),
        Column("impact_mode", "decimal", "Most likely loss in the group currency"),
        Column("impact_high", "decimal", "High estimate of the loss in the group currency"),
        Column("owner", "text", "Who answers for it"),
        Column("mitigation", "text", "What is done about it"),
        Column("status", "code", "Where it stands"),
    ),
    ("risk_id",), "lake",
)  # fmt: skip

KPI_TARGETS = Table(
    "kpi_targets", "operations", "Targets and baselines of KPIs", "KPI x period",
    (
        Column("kpi", "code", "Name of the KPI"),
        PERIOD,
        Column("target", "decimal", "Target value", nullable=True, optional=True),
        Column("baseline", "decimal", "Value to improve on", nullable=True, optional=True),
        Column("direction", "code", "Whether more or less is better", allowed=("higher", "lower")),
    ),
    ("kpi", "period"), "lake",
)  # fmt: skip

TABLES = (DRIVERS, DRIVER_MONTHLY, INITIATIVES, TOUCHPOINTS, RISKS, KPI_TARGETS)
