"""Savings: what was claimed, beside what the ledger shows of it."""

import pandas as pd

from finops_pipeline.contracts.cost import REALIZED_SAVINGS
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance.savings import table


@recipe(REALIZED_SAVINGS, checks=["savings_tie_to_the_ledger", "claims_are_in_the_ledger"])
def realized_savings(
    run: Run,
    saving_claims: pd.DataFrame,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
) -> Made:
    """Test every claimed saving against what its costs would have been; a claim the ledger does not show is a warning."""
    result = table.realized_savings(saving_claims, gl_balances, accounts, cost_centers, entities, run.current)
    findings = table.savings_findings(result, saving_claims, gl_balances, accounts)
    warned = table.claim_warnings(result)
    return Made(result, {"savings_tie_to_the_ledger": findings, "claims_are_in_the_ledger": warned})


RECIPES = (realized_savings,)
