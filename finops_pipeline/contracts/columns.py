"""Columns that many tables share, said once: the same name is the same kind and the same words everywhere."""

from dataclasses import replace

from finops_pipeline.contracts.model import Column, Reference

ENTITY_ID = Column("entity_id", "code", "Legal entity", reference=Reference("entities", "entity_id"))
PERIOD = Column("period", "period", "Month, YYYY-MM")
ACCOUNT_ID = Column("account_id", "code", "General-ledger account", reference=Reference("accounts", "account_id"))
COST_CENTER_ID = Column(
    "cost_center_id", "code", "Cost center", nullable=True, optional=True,
    reference=Reference("cost_centers", "cost_center_id"),
)  # fmt: skip
PRODUCT_ID = Column(
    "product_id", "code", "Product", nullable=True, optional=True, reference=Reference("products", "product_id")
)
CONTRACT_ID = Column("contract_id", "code", "Customer contract", reference=Reference("contracts", "contract_id"))
CUSTOMER_ID = Column("customer_id", "code", "Customer", nullable=True, optional=True)
CURRENCY = Column("currency", "code", "ISO 4217 currency of the row's amounts")
ACCOUNT_NAME = Column("account_name", "text", "Name of the account")
ACCOUNT_TYPES = (
    "asset",
    "liability",
    "equity",
    "revenue",
    "cost_of_revenue",
    "operating_expense",
    "other_income",
    "other_expense",
    "income_tax",
)
ACCOUNT_TYPE = Column("account_type", "code", "Kind of account", allowed=ACCOUNT_TYPES)
DEPARTMENT = Column("department", "text", "Department of the cost center", nullable=True)
VERSION = Column("version", "code", "Budget version, free text, for example 2026-original")


def plain(column: Column) -> Column:
    """The column as a report carries it: no foreign key (the ingest has checked it) and never left out."""
    return replace(column, reference=None, optional=False)


def nullable(column: Column) -> Column:
    """The column where it may be missing."""
    return replace(column, nullable=True)


def amount(name: str, description: str, *, is_nullable: bool = False, currency: str = "currency") -> Column:
    """A money column of a report."""
    return Column(name, "money", description, nullable=is_nullable, currency=currency)


def ratio(name: str, description: str) -> Column:
    """A fraction that is null where its base is zero or unknown."""
    return Column(name, "ratio", description, nullable=True)
