"""Cloud bills in reports: conformance with FOCUS, savings, the tie to the ledger, unit costs, and the facts under them."""

from finops_pipeline.contracts.columns import CURRENCY, PERIOD, nullable
from finops_pipeline.contracts.model import Column, Table

_FILE_ID = Column("file_id", "code", "SHA-256 of the file")
_VERSION = Column("focus_version", "code", "Version of FOCUS, by the columns of the file")
_RULE = (
    Column("rule_id", "code", "Rule, see the list of rules"),
    Column("column_name", "code", "Canonical column the rule is about", nullable=True),
)
_COUNTS = (
    Column("rows_checked", "integer", "Rows the rule concerns", low=0),
    Column("rows_broken", "integer", "Rows that break it", low=0),
    Column("example", "text", "The first of them, with the values that matter", nullable=True),
)
_PROVIDER = Column("provider", "text", "Provider of the service")
_BILLING_ACCOUNT = Column("billing_account_id", "code", "Account the provider invoices")

FOCUS_COUNTS = Table(
    "focus_counts", "cloud", "Rows of cloud bills by rule of FOCUS, kept and broken", "period x file x rule",
    (PERIOD, _FILE_ID, _VERSION, *_RULE, *_COUNTS),
    ("period", "file_id", "rule_id"), "lake", partitioned=True,
)  # fmt: skip

COMMITMENT_MONTHLY = Table(
    "commitment_monthly", "cloud", "Commitments by month: what was billed for them, and what their usage cost",
    "period x file x provider x billing account x commitment x currency x charge category x status",
    (
        PERIOD, _FILE_ID, _PROVIDER, _BILLING_ACCOUNT,
        Column("commitment_discount_id", "code", "Commitment"),
        CURRENCY,
        Column("charge_category", "code", "FOCUS charge category"),
        Column("commitment_discount_status", "code", "Used or Unused", nullable=True),
        Column("charges", "integer", "Charges", low=1),
        Column("billed_cost", "fine_money", "Cost as invoiced"),
        Column("effective_cost", "fine_money", "Cost with commitments spread over the time they cover"),
        Column("first_start", "instant", "Start of the first charge"),
        Column("last_end", "instant", "End of the last charge, exclusive"),
    ),
    ("period", "file_id", "provider", "billing_account_id", "commitment_discount_id", "currency", "charge_category",
     "commitment_discount_status"),
    "lake", partitioned=True,
)  # fmt: skip

FOCUS_CONFORMANCE = Table(
    "focus_conformance", "cloud", "Which rules of FOCUS each cloud bill keeps: rows concerned, rows broken, an example",
    "file x rule x column",
    (
        _FILE_ID,
        Column("file_name", "text", "Name of the file"),
        nullable(_VERSION), *_RULE,
        Column("severity", "code", "An error kept rows out; a warning did not", allowed=("error", "warning")),
        *_COUNTS,
    ),
    ("file_id", "rule_id", "column_name"),
)  # fmt: skip

TABLES = (FOCUS_COUNTS, COMMITMENT_MONTHLY, FOCUS_CONFORMANCE)
