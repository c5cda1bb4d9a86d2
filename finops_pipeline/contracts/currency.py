"""Exchange rates."""

from finops_pipeline.contracts.model import Column, Table

FX_RATES = Table(
    "fx_rates", "master_data", "Exchange rates: one unit of from_currency is worth rate units of to_currency",
    "currency pair x rate type x period or day",
    (
        Column("from_currency", "code", "ISO 4217 currency converted from"),
        Column("to_currency", "code", "ISO 4217 currency converted to"),
        Column("rate_type", "code", "Kind of rate", allowed=("average", "closing", "spot", "budget")),
        Column("rate", "decimal", "Units of to_currency for one unit of from_currency"),
        Column("period", "period", "Month the rate holds for", nullable=True, optional=True),
        Column("rate_date", "date", "Day the rate holds for", nullable=True, optional=True),
    ),
    ("from_currency", "to_currency", "rate_type", "period", "rate_date"), "lake",
)  # fmt: skip

TABLES = (FX_RATES,)
