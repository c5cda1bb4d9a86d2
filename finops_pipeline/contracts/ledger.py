"""The general ledger: journal lines, the monthly balances made of them, and the trial balance."""

from dataclasses import replace

from finops_pipeline.contracts.columns import (
    ACCOUNT_ID,
    ACCOUNT_NAME,
    ACCOUNT_TYPE,
    COST_CENTER_ID,
    CURRENCY,
    CUSTOMER_ID,
    ENTITY_ID,
    PERIOD,
    PRODUCT_ID,
    amount,
    plain,
)
from finops_pipeline.contracts.model import Column, Reference, Table

JOURNAL_LINES = Table(
    "journal_lines", "ledger", "Every line of every journal, debit-positive, in transaction and functional currency",
    "entity x journal x line",
    (
        ENTITY_ID,
        Column("journal_id", "code", "Journal (document) of the entity"),
        Column("line_no", "integer", "Line of the journal", low=0),
        Column("posting_date", "date", "Day the journal is posted on"),
        ACCOUNT_ID,
        replace(CURRENCY, description="ISO 4217 transaction currency of debit and credit"),
        Column("debit", "money", "Debit in transaction currency; empty is zero", nullable=True, measure="debit"),
        Column("credit", "money", "Credit in transaction currency; empty is zero", nullable=True, measure="credit"),
        Column("functional_debit", "money", "Debit in the entity's functional currency", nullable=True, optional=True,
               currency="functional_currency"),
        Column("functional_credit", "money", "Credit in the entity's functional currency", nullable=True,
               optional=True, currency="functional_currency"),
        COST_CENTER_ID,
        PRODUCT_ID,
        CUSTOMER_ID,
        Column("vendor_id", "code", "Vendor", nullable=True, optional=True),
        Column("counterparty_entity_id", "code", "Entity of the group on the other side", nullable=True, optional=True,
               reference=Reference("entities", "entity_id")),
        Column("quantity", "decimal", "Quantity behind the amount", nullable=True, optional=True),
        Column("description", "text", "Text of the line", nullable=True, optional=True),
        replace(PERIOD, description="Accounting period; the month of posting_date when empty", nullable=True,
                optional=True),
        Column("period_no", "integer", "Fiscal period number; 13 to 16 are adjusting entries", nullable=True,
               optional=True, low=1, high=16),
        Column("functional_currency", "code", "ISO 4217 functional currency of the entity", in_file=False),
    ),
    ("entity_id", "journal_id", "line_no"), "lake", partitioned=True,
)  # fmt: skip

GL_BALANCES = Table(
    "gl_balances", "ledger", "Monthly activity of the general ledger in functional currency",
    "entity x period x account x cost center x product",
    (
        plain(ENTITY_ID),
        PERIOD,
        plain(ACCOUNT_ID),
        plain(COST_CENTER_ID),
        plain(PRODUCT_ID),
        replace(CURRENCY, description="ISO 4217 functional currency of the entity"),
        amount("debit", "Sum of debits"),
        amount("credit", "Sum of credits"),
        Column("lines", "integer", "Journal lines summed"),
        Column("quantity", "decimal", "Sum of quantities, each on the side of its amount, debit-positive; null where no "
               "line has one", nullable=True),
    ),
    ("entity_id", "period", "account_id", "cost_center_id", "product_id"), "lake", partitioned=True,
)  # fmt: skip

INTERCOMPANY_BALANCES = Table(
    "intercompany_balances", "ledger", "Monthly activity with other entities of the group, in functional currency",
    "entity x period x account x counterparty",
    (
        plain(ENTITY_ID),
        PERIOD,
        plain(ACCOUNT_ID),
        Column("counterparty_entity_id", "code", "Entity of the group on the other side"),
        replace(CURRENCY, description="ISO 4217 functional currency of the entity"),
        amount("debit", "Sum of debits"),
        amount("credit", "Sum of credits"),
        Column("lines", "integer", "Journal lines summed"),
    ),
    ("entity_id", "period", "account_id", "counterparty_entity_id"), "lake", partitioned=True,
)  # fmt: skip

TRIAL_BALANCE = Table(
    "trial_balance", "ledger",
    "Opening balance, activity and closing balance, debit-positive; income accounts roll into retained earnings at "
    "the start of each entity's fiscal year",
    "entity x period x account",
    (
        plain(ENTITY_ID),
        PERIOD,
        plain(ACCOUNT_ID),
        ACCOUNT_NAME,
        ACCOUNT_TYPE,
        CURRENCY,
        amount("opening_balance", "Balance before the period, debit-positive"),
        amount("debit", "Debits of the period"),
        amount("credit", "Credits of the period"),
        amount("closing_balance", "Balance after the period, debit-positive"),
    ),
    ("entity_id", "period", "account_id"), partitioned=True,
)  # fmt: skip

TABLES = (JOURNAL_LINES, GL_BALANCES, INTERCOMPANY_BALANCES, TRIAL_BALANCE)
