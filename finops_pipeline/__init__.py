"""finops_pipeline: the open system that ties a company's operations to its general ledger, to the cent."""

__version__ = "0.1.0"
