"""Statements: the balance sheet of each month's end, and the income statement that ties to it."""

import pandas as pd

from finops_pipeline.contracts.statements import BALANCE_SHEET, INCOME_STATEMENT
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import statements


@recipe(BALANCE_SHEET, monthly=True, checks=["assets_equal_liabilities_and_equity"])
def balance_sheet(trial_balance: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame) -> Made:
    """Arrange closing balances by statement line."""
    result = statements.balance_sheet(trial_balance, accounts, entities)
    return Made(result, {"assets_equal_liabilities_and_equity": statements.balance_sheet_findings(result)})


@recipe(INCOME_STATEMENT, monthly=True, history=["gl_balances"], checks=["net_income_ties_to_the_balance_sheet"])
def income_statement(
    run: Run, gl_balances: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame, balance_sheet: pd.DataFrame
) -> Made:
    """Sum income and expense by statement line: the month, the year to date, the year before."""
    result = statements.income_statement(gl_balances, accounts, entities, run.periods)
    findings = statements.income_statement_findings(result, balance_sheet)
    return Made(result, {"net_income_ties_to_the_balance_sheet": findings})


RECIPES = (balance_sheet, income_statement)
