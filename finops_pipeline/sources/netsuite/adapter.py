"""The source `netsuite`: its files, and how canonical rows come from them. docs/sources/netsuite.md says it for readers."""

from finops_pipeline.sources.derivation import Derivation, Extract
from finops_pipeline.sources.netsuite import budgets, controls, files, journal, masters
from finops_pipeline.sources.netsuite.options import NetSuiteOptions


def extracts() -> tuple[Extract, ...]:
    """Every table that is read."""
    return tuple(one for one in vars(files).values() if isinstance(one, Extract))


def derivations(options: NetSuiteOptions) -> tuple[Derivation, ...]:
    """Every derivation. An account without subsidiaries has one company, and no rates between companies."""
    companies = (
        (masters.company(options, options.company),)
        if options.company
        else (masters.subsidiaries(options), masters.consolidated_rates(options))
    )
    return (
        *companies,
        masters.accounts(options),
        *masters.dimensions(options),
        journal.accounting_lines(options),
        budgets.budget_months(options),
        controls.trial_balance(options),
    )
