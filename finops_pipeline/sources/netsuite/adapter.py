"""The source `netsuite`: its files, and how canonical rows come from them. docs/sources/netsuite.md says it for readers."""

from finops_pipeline.sources.derivation import Derivation, Extract
from finops_pipeline.sources.netsuite import budgets, files, journal, masters
from finops_pipeline.sources.netsuite.options import NetSuiteOptions


def extracts() -> tuple[Extract, ...]:
    """Every table that is read."""
    return tuple(one for one in vars(files).values() if isinstance(one, Extract))


def derivations(options: NetSuiteOptions) -> tuple[Derivation, ...]:
    """Every derivation."""
    return (
        masters.subsidiaries(options),
        masters.accounts(options),
        *masters.dimensions(options),
        masters.consolidated_rates(options),
        journal.accounting_lines(options),
        budgets.budget_months(options),
    )
