"""Cloud bills in reports: conformance with FOCUS, savings, the tie to the ledger, unit costs, and the facts under them."""

from finops_pipeline.contracts.columns import CURRENCY, ENTITY_ID, PERIOD, amount, nullable, plain, ratio
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
    ("period", "file_id", "rule_id"), partitioned=True,
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
    partitioned=True,
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

CLOUD_SAVINGS = Table(
    "cloud_savings", "cloud",
    "What negotiation and commitments saved, and how well commitments are used; billed and effective are never added",
    "period x provider x billing account x service category x currency",
    (
        PERIOD, _PROVIDER, _BILLING_ACCOUNT,
        Column("service_category", "text", "FOCUS service category"),
        CURRENCY,
        Column("list_cost", "fine_money", "Cost at list prices", nullable=True),
        Column("contracted_cost", "fine_money", "Cost at negotiated prices", nullable=True),
        Column("effective_cost", "fine_money", "Cost with commitments spread over the time they cover"),
        Column("billed_cost", "fine_money", "Cost as invoiced"),
        Column("negotiated_savings", "fine_money", "List less contracted, of priced charges"),
        Column("commitment_savings", "fine_money", "Contracted less effective, of priced charges"),
        Column("total_savings", "fine_money", "List less effective, of priced charges; negative where it costs more"),
        ratio("effective_savings_rate_pct", "Total savings as a fraction of the list cost of priced charges"),
        ratio("commitment_utilization_pct", "Part of the cost of commitments that was used"),
        ratio("commitment_coverage_pct", "Part of the usage at standard or committed prices that commitments cover"),
        Column("cause", "text", "Why the savings of some charges count as zero, by comma", nullable=True),
        Column("charges", "integer", "Charges", low=1),
        Column("charges_without_savings", "integer", "Charges whose savings count as zero", low=0),
        Column("priced_list_cost", "fine_money", "List cost of the charges whose savings count"),
        Column("unused_commitment_cost", "fine_money", "Effective cost of commitments that nobody used"),
    ),
    ("period", "provider", "billing_account_id", "service_category", "currency"), partitioned=True,
)  # fmt: skip

CLOUD_LEDGER_TIE = Table(
    "cloud_ledger_tie", "cloud", "Cloud bills against the accounts that receive them, in the currency of the bill",
    "period x rule of the settings x currency, and bill that no rule takes",
    (
        PERIOD, nullable(plain(ENTITY_ID)), nullable(_PROVIDER), CURRENCY,
        amount("billed", "Billed cost, rounded once; missing where there is no bill", is_nullable=True),
        amount("posted", "Postings on the accounts, debit positive; missing where there are none", is_nullable=True),
        amount("difference", "Billed less posted"),
        Column("status", "code", "Whether the two agree, or which of them is missing",
               allowed=("tied", "differs", "not_posted", "not_billed", "unassigned")),
        nullable(_BILLING_ACCOUNT),
        Column("accounts", "text", "The accounts of the rule, by comma", nullable=True),
    ),
    ("period", "entity_id", "provider", "billing_account_id", "accounts", "currency"), partitioned=True,
)  # fmt: skip

CLOUD_UNIT_COSTS = Table(
    "cloud_unit_costs", "cloud", "Effective cloud cost for each unit of business",
    "period x entity x driver x unit x currency",
    (
        PERIOD, plain(ENTITY_ID),
        Column("driver", "code", "Name of the driver"),
        Column("unit", "text", "Unit of the quantity"),
        CURRENCY,
        Column("effective_cost", "fine_money", "Effective cost of the entity's billing accounts"),
        Column("quantity", "decimal", "Quantity of the driver"),
        Column("unit_cost", "decimal", "Effective cost of one unit; missing where the quantity is zero", nullable=True),
        ratio("unit_cost_change_pct", "Change on the month before"),
    ),
    ("period", "entity_id", "driver", "unit", "currency"), partitioned=True,
)  # fmt: skip

TABLES = (
    FOCUS_COUNTS, COMMITMENT_MONTHLY, FOCUS_CONFORMANCE, CLOUD_SAVINGS, CLOUD_LEDGER_TIE, CLOUD_UNIT_COSTS,
)  # fmt: skip
