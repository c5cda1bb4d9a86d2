"""The native format: what any system can produce. File columns carry the canonical names."""

from finops_pipeline.contracts import budget, consideration, cost, currency, ledger, masters, operations, revenue
from finops_pipeline.sources.model import Dataset

_TABLES = (
    masters.ENTITIES,
    masters.ACCOUNTS,
    masters.COST_CENTERS,
    masters.PRODUCTS,
    currency.FX_RATES,
    revenue.CONTRACTS,
    revenue.OBLIGATIONS,
    revenue.CONTRACT_EVENTS,
    consideration.ESTIMATE_OUTCOMES,
    consideration.PAYMENT_PLAN,
    revenue.CONTRACT_COSTS,
    operations.DRIVERS,
    operations.INITIATIVES,
    operations.TOUCHPOINTS,
    operations.RISKS,
    operations.KPI_TARGETS,
    budget.BUDGET_VERSIONS,
    budget.BUDGET_LINES,
    budget.COMMENTARY,
    cost.VENDOR_TERMS,
    cost.EFFICIENCY_TARGETS,
    cost.SAVING_CLAIMS,
    ledger.JOURNAL_LINES,
)


def datasets() -> tuple[Dataset, ...]:
    """Every native dataset, those that others refer to first."""
    return tuple(Dataset("native", table.name, table) for table in _TABLES)
