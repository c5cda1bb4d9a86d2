"""Cloud bills in the FOCUS format (FinOps Open Cost and Usage Specification 1.0, 1.1 and 1.2), from any provider.

Reads: charges with billed, effective, contracted and list cost, exact to 15 decimals, as CSV or Parquet. A missing
value is spelled empty, `NULL`, `null` or `N/A`. A number may be in E notation, which is written out and stays exact.
Columns of later versions may be missing; columns of a provider's own (`x_…`) are left out with a note. Charges have no
key of their own: a later file of the same name replaces the earlier one whole. The month of a charge is that of its
billing period, so that billed cost adds up to the invoice; a correction of an earlier bill stays in the month that
invoices it.
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
    return (Dataset("focus", "cost_and_usage", CLOUD_COSTS, columns, nulls=("NULL", "null", "Null", "N/A", "n/a")),)
