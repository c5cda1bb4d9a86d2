"""Statements: balance sheet, income statement and cash flow of each month, and what ties them together."""

import pandas as pd

from finops_pipeline.contracts.statements import BALANCE_SHEET, CASH_FLOW, INCOME_STATEMENT
from finops_pipeline.defs import metadata
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import cash_flow as cash
from finops_pipeline.finance import money, statements
from finops_pipeline.settings import Settings


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


@recipe(CASH_FLOW, monthly=True, checks=["sections_sum_to_the_change_in_cash", "accounts_are_classified"])
def cash_flow(
    run: Run,
    trial_balance: pd.DataFrame,
    accounts: pd.DataFrame,
    balance_sheet: pd.DataFrame,
    income_statement: pd.DataFrame,
) -> Made:
    """Explain the change in cash by the movements of every other account."""
    chosen, moved = classification(run.house.settings), cash.movements(trial_balance)
    result = cash.cash_flow(moved, accounts, chosen)
    ties = cash.cash_flow_findings(result, trial_balance, balance_sheet, income_statement, accounts, chosen)
    named = cash.classification_findings(moved, accounts, chosen)
    findings = {"sections_sum_to_the_change_in_cash": ties, "accounts_are_classified": named}
    return Made(result, findings, {"chart": bridge(result)})


def classification(settings: Settings) -> cash.Classification:
    """The cash classes that the settings give."""
    given = settings.cash_flow
    return cash.Classification(given.accounts, given.lines, given.categories)


def bridge(flow: pd.DataFrame) -> str:
    """Each entity's cash from the beginning of the last month to its end, one picture per entity."""
    month = flow[(flow["period"] == flow["period"].max()) & flow["section"].isin(["total", "exchange"])]
    pictures = []
    for entity, rows in month.groupby("entity_id"):
        at_ends = rows["line"].str.startswith("Cash at")
        order = pd.concat([rows[at_ends].head(1), rows[~at_ends], rows[at_ends].tail(1)])
        amounts = zip(order["amount"], order["currency"], strict=True)
        values = [float(money.to_decimal(int(amount), currency)) for amount, currency in amounts]
        title = f"{entity}: cash of {rows['period'].iloc[0]}, {rows['currency'].iloc[0]}"
        pictures.append(metadata.bars(title, order["line"].tolist(), values))
    return "\n\n".join(pictures)


RECIPES = (balance_sheet, income_statement, cash_flow)
