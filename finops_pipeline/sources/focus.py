"""Cloud bills in the FOCUS format (FinOps Open Cost and Usage Specification 1.0).

Reads: charges with billed, effective, contracted and list cost, exact to 15 decimals, as any provider exports them.
A missing value is spelled empty, `NULL` or `null`. Charges have no key of their own: a later file of the same name
replaces the earlier one whole. The month of a charge is that of its billing period, so that billed cost adds up to
the invoice.
"""

from finops_pipeline.contracts.focus import CLOUD_COSTS
from finops_pipeline.sources.model import Dataset

_COLUMNS = {
    "provider": "ProviderName",
    "publisher": "PublisherName",
    "invoice_issuer": "InvoiceIssuerName",
    "currency": "BillingCurrency",
}


def _focus_name(column: str) -> str:
    """`billing_account_id` is `BillingAccountId` in FOCUS."""
    return _COLUMNS.get(column, "".join(part.capitalize() for part in column.split("_")))


def datasets() -> tuple[Dataset, ...]:
    """The cost and usage file."""
    columns = {c.name: _focus_name(c.name) for c in CLOUD_COSTS.columns if c.in_file}
    return (Dataset("focus", "cost_and_usage", CLOUD_COSTS, columns, nulls=("NULL", "null", "Null")),)
