"""The source `oracle`: its files, and how canonical rows come from them. docs/sources/oracle.md says it for readers."""

from finops_pipeline.sources.derivation import Derivation, Extract
from finops_pipeline.sources.oracle import balances, files, journal, masters
from finops_pipeline.sources.oracle.options import OracleOptions


def extracts() -> tuple[Extract, ...]:
    """Every table that is read."""
    return tuple(one for one in vars(files).values() if isinstance(one, Extract))


def derivations(options: OracleOptions) -> tuple[Derivation, ...]:
    """Every derivation. Entities are delivered natively where they are values of the balancing segment."""
    entities = (masters.ledgers(options),) if options.entity == "ledger" else ()
    return (
        *entities,
        masters.accounts(options),
        masters.cost_centers(options),
        masters.daily_rates(options),
        journal.journals(options),
        balances.budget_balances(options),
        balances.control_balances(options),
    )
