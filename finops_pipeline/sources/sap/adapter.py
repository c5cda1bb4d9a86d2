"""The source `sap`: its files, and how canonical rows come from them. docs/sources/sap.md says it for readers."""

from finops_pipeline.sources.derivation import Derivation, Extract
from finops_pipeline.sources.sap import centers, controls, documents, files, journal, masters, plan
from finops_pipeline.sources.sap.options import SapOptions


def extracts() -> tuple[Extract, ...]:
    """Every table that is read."""
    return tuple(one for one in vars(files).values() if isinstance(one, Extract))


def derivations(options: SapOptions) -> tuple[Derivation, ...]:
    """Every derivation."""
    return (
        masters.company_codes(options),
        masters.accounts(options),
        centers.cost_centers(options),
        masters.exchange_rates(options),
        journal.universal_journal(options),
        documents.documents(options),
        controls.ledger_totals(options),
        plan.plan_journal(options),
        plan.cost_totals(options),
    )
