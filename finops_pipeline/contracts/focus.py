"""Cloud bills as FOCUS rows, of any version: the charges that `cloud_cost_monthly` sums.

Columns of later versions stand at the end, and a file may leave them out. Not here: what the reports on bills promise
(`contracts.cloud`), what FOCUS demands of a row beyond its type (`finance.cloud.conformance`).
"""

from collections.abc import Iterable

from finops_pipeline.contracts.columns import CURRENCY
from finops_pipeline.contracts.model import Column, Kind, Table

PRICING_CATEGORIES = ("Standard", "Dynamic", "Committed", "Other")
COMMITMENT_CATEGORIES = ("Spend", "Usage")


def _optional(name: str, kind: Kind, description: str) -> Column:
    """A column that not every version, nor every provider, has."""
    return Column(name, kind, description, nullable=True, optional=True)


_OF_1_0 = (
    _optional("availability_zone", "code", "Zone within the region"),
    _optional("region_name", "text", "Name of the region"),
    _optional("resource_name", "text", "Name of the resource"),
    _optional("resource_type", "text", "Kind of the resource"),
    _optional("sku_id", "code", "What is sold"),
    _optional("sku_price_id", "code", "The price it is sold at"),
    _optional("pricing_category", "text", "Pricing model: Standard, Dynamic, Committed or Other"),
    _optional("list_unit_price", "decimal", "List price of a unit of `pricing_quantity`"),
    _optional("contracted_unit_price", "decimal", "Negotiated price of a unit of `pricing_quantity`"),
    _optional("consumed_quantity", "decimal", "Quantity metered"),
    _optional("consumed_unit", "text", "Unit of that quantity"),
    _optional("commitment_discount_category", "text", "Whether the commitment is to Spend or to Usage"),
    _optional("commitment_discount_name", "text", "Name of the commitment"),
    _optional("commitment_discount_type", "text", "The provider's kind of commitment"),
)
ADDED_IN_1_1 = (
    _optional("capacity_reservation_id", "code", "Capacity reservation of the charge (1.1)"),
    _optional("capacity_reservation_status", "text", "Whether the reserved capacity was Used or Unused (1.1)"),
    _optional("commitment_discount_quantity", "decimal", "Units of the commitment bought or used (1.1)"),
    _optional("commitment_discount_unit", "text", "Unit of that quantity (1.1)"),
    _optional("service_subcategory", "text", "FOCUS service subcategory (1.1)"),
    _optional("sku_meter", "text", "What the SKU meters (1.1)"),
    _optional("sku_price_details", "json", "Properties of the price as JSON text (1.1)"),
)
ADDED_IN_1_2 = (
    _optional("invoice_id", "code", "Invoice of the charge (1.2)"),
    _optional("billing_account_type", "text", "The provider's kind of billing account (1.2)"),
    _optional("sub_account_type", "text", "The provider's kind of sub account (1.2)"),
    _optional("pricing_currency", "text", "Currency, or virtual currency, of the price list (1.2)"),
    _optional("pricing_currency_contracted_unit_price", "decimal", "Negotiated unit price in it (1.2)"),
    _optional("pricing_currency_effective_cost", "decimal", "Effective cost in it (1.2)"),
    _optional("pricing_currency_list_unit_price", "decimal", "List unit price in it (1.2)"),
)
VERSIONS = ("1.0", "1.1", "1.2")


def version_of(columns: Iterable[str]) -> str:
    """The version of FOCUS a file is of: the first that has all of the file's canonical columns.

    >>> version_of(["billed_cost"]), version_of(["billed_cost", "sku_meter"]), version_of(["invoice_id", "sku_meter"])
    ('1.0', '1.1', '1.2')
    """
    present = set(columns)
    added = ({c.name for c in ADDED_IN_1_1}, {c.name for c in ADDED_IN_1_2})
    return VERSIONS[max((n for n, names in enumerate(added, start=1) if names & present), default=0)]


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
        *_OF_1_0, *ADDED_IN_1_1, *ADDED_IN_1_2,
        Column("focus_version", "code", "Version of FOCUS, by the columns of the file", in_file=False, allowed=VERSIONS),
    ),
    (), "lake", partitioned=True,
)  # fmt: skip

TABLES = (CLOUD_COSTS,)
