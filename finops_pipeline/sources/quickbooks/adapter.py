"""The source `quickbooks`: its files, and how canonical rows come from them. docs/sources/quickbooks.md says it for readers."""

from finops_pipeline.sources.derivation import Derivation, Extract
from finops_pipeline.sources.quickbooks import budgets, controls, documents, files, masters, report
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions


def extracts() -> tuple[Extract, ...]:
    """Every entity that is read."""
    return files.ALL


def derivations(options: QuickBooksOptions) -> tuple[Derivation, ...]:
    """Every derivation."""
    return (
        masters.company(options),
        masters.accounts(options),
        controls.current_balances(options),
        *masters.dimensions(options),
        *documents.documents(options),
        report.general_ledger(options),
        report.totals(options),
        budgets.budget(options),
    )
