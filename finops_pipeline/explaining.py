"""A contract explained on the command line: its tables from the lake, the explanation from `finance`."""

from datetime import date

from finops_pipeline.contracts.catalog import table
from finops_pipeline.finance import revenue
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.revenue.prepared import Beside
from finops_pipeline.settings import Settings
from finops_pipeline.storage.lake import Lake


def contract(settings: Settings, contract_id: str, as_of: date) -> list[str]:
    """The five steps of a contract as the books know it on a day, its schedule and its journal, line by line.

    Raises: ContractError for a contract that is not there.
    """
    lake = Lake(settings.lake_path)
    names = ("contracts", "obligations", "contract_events", "entities", "estimate_outcomes", "payment_plan", "fx_rates")
    contracts, obligations, events, entities, outcomes, payments, fx_rates = (lake.read(table(name)) for name in names)
    return revenue.explain(
        contract_id, contracts, obligations, events, entities, as_of,
        proration=settings.straight_line_proration,
        more=Beside(outcomes, payments, expedient=not settings.finance_short_payments),
        rates=Rates.of(fx_rates),
    )  # fmt: skip
