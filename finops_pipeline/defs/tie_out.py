"""Tie-out: the trial balance beside the control figures of its systems."""

import pandas as pd

from finops_pipeline.contracts.controls import TIE_OUT
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import periods
from finops_pipeline.finance import tie_out as comparison


@recipe(TIE_OUT, monthly=True, checks=["the_books_tie_to_their_systems"])
def tie_out(run: Run, control_balances: pd.DataFrame, trial_balance: pd.DataFrame) -> Made:
    """Compare closing balances with those that the systems state."""
    result = comparison.tie_out(control_balances, trial_balance, run.periods)
    ahead = comparison.ahead_findings(control_balances, run.current, periods.of(run.house.today))
    silent = comparison.silence_warnings(control_balances, trial_balance, run.current)
    return Made(result, {"the_books_tie_to_their_systems": [*comparison.tie_out_findings(result), *ahead, *silent]})


RECIPES = (tie_out,)
