"""Cloud bills as FOCUS rows: the charges that `cloud_cost_monthly` sums."""

from finops_pipeline.contracts.columns import CURRENCY
from finops_pipeline.contracts.model import Column, Table

CLOUD_COSTS = Table(
    "cloud_costs", "cloud", "Charges of cloud bills (FOCUS), exact to 15 decimals", "charge as billed",
    (
        Column("period", "period", "Month of the billing period", in_file=False),
        Column("provider", "text", "Provider of the service"),
        Column("publisher", "text", "Publisher of the service", nullable=True),
        Column("invoice_issuer", "text", "Who issues the invoice"),
        Column("billing_account_id", "code", "Account the provider invoices"),
        Column("billing_account_name", "text", "Its name", nullable=True),
        Column("sub_account_id", "code", "Account the charge belongs to", nullable=True, optional=True),
        Column("sub_account_name", "text", "Its name", nullable=True, optional=True),
        CURRENCY,
        Column("billing_period_start", "instant", "Start of the billing period"),
        Column("billing_period_end", "instant", "End of the billing period, exclusive"),
        Column("charge_period_start", "instant", "Start of the charge"),
        Column("charge_period_end", "instant", "End of the charge, exclusive"),
        Column("charge_category", "code", "FOCUS charge category",
               allowed=("Usage", "Purchase", "Tax", "Credit", "Adjustment")),
        Column("charge_class", "code", "Correction of an earlier bill", nullable=True, allowed=("Correction",)),
        Column("charge_frequency", "text", "How often the charge occurs", nullable=True, optional=True),
        Column("charge_description", "text", "Text of the charge", nullable=True),
        Column("service_category", "text", "FOCUS service category"),
        Column("service_name", "text", "Service"),
        Column("resource_id", "code", "Resource", nullable=True, optional=True),
        Column("region_id", "code", "Region", nullable=True, optional=True),
        Column("commitment_discount_id", "code", "Commitment the charge belongs to", nullable=True, optional=True),
        Column("commitment_discount_status", "code", "Whether the commitment was used", nullable=True, optional=True,
               allowed=("Used", "Unused")),
        Column("pricing_quantity", "decimal", "Quantity priced", nullable=True),
        Column("pricing_unit", "text", "Unit of that quantity", nullable=True),
        Column("tags", "json", "Tags as JSON text", nullable=True, optional=True),
        Column("allocation_key", "text", "Key the cost is allocated by, taken from the tags", nullable=True,
               in_file=False),
        Column("billed_cost", "fine_money", "Cost as invoiced", measure="cost"),
        Column("effective_cost", "fine_money", "Cost with commitments spread over the time they cover", measure="effective_cost"),
        Column("contracted_cost", "fine_money", "Cost at negotiated prices", nullable=True, measure="contracted_cost"),
        Column("list_cost", "fine_money", "Cost at list prices", nullable=True, measure="list_cost"),
    ),
    (), "lake", partitioned=True,
)  # fmt: skip

TABLES = (CLOUD_COSTS,)
