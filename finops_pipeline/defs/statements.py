"""Statements: balance sheet, income statement and cash flow of each entity and of the group, and what ties them."""

import pandas as pd

from finops_pipeline.contracts.statements import BALANCE_SHEET, CASH_FLOW, INCOME_STATEMENT
from finops_pipeline.defs import metadata
from finops_pipeline.defs.consolidation import classification, the_group
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import cash_flow as cash
from finops_pipeline.finance import consolidation as consolidating
from finops_pipeline.finance import money, statements


@recipe(BALANCE_SHEET, monthly=True, history=["consolidation"], checks=["assets_equal_liabilities_and_equity"])
def balance_sheet(
    run: Run, trial_balance: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame, consolidation: pd.DataFrame
) -> Made:
    """Arrange closing balances by statement line."""
    group = the_group(run.house, entities)
    if group is None:
        result = statements.balance_sheet(trial_balance, accounts, entities)
    else:
        result = consolidating.balance_sheet(consolidation, group, accounts, entities, trial_balance, run.periods)
    return Made(result, {"assets_equal_liabilities_and_equity": statements.balance_sheet_findings(result)})


@recipe(
    INCOME_STATEMENT,
    monthly=True,
    history=["gl_balances", "consolidation"],
    checks=["net_income_ties_to_the_balance_sheet"],
)
def income_statement(
    run: Run,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    balance_sheet: pd.DataFrame,
    consolidation: pd.DataFrame,
) -> Made:
    """Sum income and expense by statement line: the month, the year to date, the year before."""
    group = the_group(run.house, entities)
    if group is None:
        result = statements.income_statement(gl_balances, accounts, entities, run.periods)
    else:
        result = consolidating.income_statement(consolidation, group, accounts, entities, gl_balances, run.periods)
    findings = statements.income_statement_findings(result, balance_sheet)
    return Made(result, {"net_income_ties_to_the_balance_sheet": findings})


@recipe(
    CASH_FLOW,
    monthly=True,
    history=["consolidation"],
    checks=["sections_sum_to_the_change_in_cash", "accounts_are_classified"],
)
def cash_flow(
    run: Run,
    trial_balance: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    balance_sheet: pd.DataFrame,
    income_statement: pd.DataFrame,
    consolidation: pd.DataFrame,
    translation_rollforward: pd.DataFrame,
) -> Made:
    """Explain the change in cash by the movements of every other account."""
    chosen, group = classification(run.house.settings), the_group(run.house, entities)
    moved = cash.movements(trial_balance)
    effect = cash.NO_EFFECT
    if group is not None:
        tb = consolidating.trial_balance(consolidation, group, accounts, entities, run.periods)
        moved = pd.concat([moved, consolidating.movements(consolidation, group, tb)], ignore_index=True)
        effect = consolidating.exchange_effect(translation_rollforward, group, tb)
        trial_balance = pd.concat([trial_balance, tb], ignore_index=True)
        accounts = consolidating.with_group_accounts(accounts)
    result = cash.cash_flow(moved, accounts, chosen, effect)
    ties = cash.cash_flow_findings(result, trial_balance, balance_sheet, income_statement, accounts, chosen)
    named = cash.classification_findings(moved, accounts, chosen)
    findings = {"sections_sum_to_the_change_in_cash": ties, "accounts_are_classified": named}
    return Made(result, findings, {"chart": bridge(result)})


def bridge(flow: pd.DataFrame) -> str:
    """Cash from the beginning of the last month to its end, one picture for the group and one for each entity."""
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
