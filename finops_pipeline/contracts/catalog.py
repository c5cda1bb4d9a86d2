"""Every table there is, by name."""

from finops_pipeline.contracts import (
    budget,
    cloud,
    consideration,
    controls,
    cost,
    currency,
    focus,
    forecasting,
    intake,
    kpis,
    ledger,
    masters,
    operations,
    revenue,
    statements,
)
from finops_pipeline.contracts.model import Table
from finops_pipeline.errors import ConfigurationError

TABLES: dict[str, Table] = {
    table.name: table
    for module in (
        masters,
        currency,
        ledger,
        controls,
        budget,
        operations,
        revenue,
        consideration,
        focus,
        cloud,
        statements,
        cost,
        forecasting,
        kpis,
        intake,
    )
    for table in module.TABLES
}


def table(name: str) -> Table:
    """The contract of a table. Raises: ConfigurationError with the names there are."""
    try:
        return TABLES[name]
    except KeyError:
        raise ConfigurationError(f"there is no table {name!r}; the tables are: {', '.join(sorted(TABLES))}") from None


def report_tables() -> list[Table]:
    """The tables published to the warehouse."""
    return [t for t in TABLES.values() if t.home == "warehouse"]
