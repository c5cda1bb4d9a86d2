"""Master data: entities, accounts, cost centers, products. Everything else refers to these."""

from finops_pipeline.contracts.columns import ACCOUNT_TYPE
from finops_pipeline.contracts.model import Column, Reference, Table

ENTITIES = Table(
    "entities", "master_data", "Legal entities of the group", "entity",
    (
        Column("entity_id", "code", "Legal entity"),
        Column("name", "text", "Name of the entity"),
        Column("functional_currency", "code", "ISO 4217 currency the entity keeps its books in"),
        Column("parent_entity_id", "code", "Entity that owns this one", nullable=True, optional=True,
               reference=Reference("entities", "entity_id")),
        Column("ownership_pct", "decimal", "Share the parent owns, as a fraction", nullable=True, optional=True,
               low=0, high=1),
        Column("country", "code", "ISO 3166-1 alpha-2 code of the country", nullable=True, optional=True),
        Column("fiscal_year_start_month", "integer", "Month the fiscal year starts in; January when empty",
               nullable=True, optional=True, low=1, high=12),
    ),
    ("entity_id",), "lake",
)  # fmt: skip

ACCOUNTS = Table(
    "accounts", "master_data", "Chart of accounts", "account",
    (
        Column("account_id", "code", "General-ledger account"),
        Column("name", "text", "Name of the account"),
        ACCOUNT_TYPE,
        Column("statement_line", "text", "Line of the statement the account is shown in", nullable=True, optional=True),
        Column("category", "text", "Cost or revenue category", nullable=True, optional=True),
        Column("cost_behavior", "code", "How the cost moves with volume", nullable=True, optional=True,
               allowed=("fixed", "variable", "mixed")),
        Column("parent_account_id", "code", "Account this one is part of", nullable=True, optional=True,
               reference=Reference("accounts", "account_id")),
        Column("is_cash", "boolean", "Whether the account is cash or a cash equivalent", nullable=True, optional=True),
        Column("translation", "code", "Rate that translates the account to the group currency", nullable=True,
               optional=True, allowed=("average", "closing", "historical")),
    ),
    ("account_id",), "lake",
)  # fmt: skip

COST_CENTERS = Table(
    "cost_centers", "master_data", "Cost centers and the departments they belong to", "cost center",
    (
        Column("cost_center_id", "code", "Cost center"),
        Column("name", "text", "Name of the cost center"),
        Column("department", "text", "Department the cost center belongs to"),
        Column("entity_id", "code", "Entity the cost center belongs to", nullable=True, optional=True,
               reference=Reference("entities", "entity_id")),
        Column("role", "code", "Whether it serves customers or other cost centers", nullable=True, optional=True,
               allowed=("operating", "service")),
        Column("owner", "text", "Who answers for the cost center", nullable=True, optional=True),
    ),
    ("cost_center_id",), "lake",
)  # fmt: skip

PRODUCTS = Table(
    "products", "master_data", "Products and their families", "product",
    (
        Column("product_id", "code", "Product"),
        Column("name", "text", "Name of the product"),
        Column("family", "text", "Family the product belongs to", nullable=True, optional=True),
    ),
    ("product_id",), "lake",
)  # fmt: skip

TABLES = (ENTITIES, ACCOUNTS, COST_CENTERS, PRODUCTS)
