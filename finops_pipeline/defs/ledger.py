"""Ledger: monthly balances of the general ledger, and the trial balance made of them."""

from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.ledger import GL_BALANCES, INTERCOMPANY_BALANCES, TRIAL_BALANCE
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import balances, ledger
from finops_pipeline.finance.findings import Finding


@recipe(GL_BALANCES, monthly=True, checks=["totals_equal_those_of_journal_lines"])
def gl_balances(run: Run, journal_lines: nw.LazyFrame[Any]) -> Made:
    """Sum journal lines by month; the sums are compared with those of the lines themselves."""
    result = run.house.collect(balances.gl_balances(journal_lines), GL_BALANCES)
    sums = journal_lines.group_by("entity_id", "period").agg(
        nw.col("functional_debit", "functional_credit").sum(), nw.len().alias("lines")
    )
    return Made(result, {"totals_equal_those_of_journal_lines": totals_findings(result, run.house.rows(sums))})


@recipe(INTERCOMPANY_BALANCES, monthly=True, checks=["totals_equal_those_of_journal_lines"])
def intercompany_balances(run: Run, journal_lines: nw.LazyFrame[Any]) -> Made:
    """Sum the journal lines with a counterparty by month; the sums are compared with those of the lines themselves."""
    result = run.house.collect(balances.intercompany_balances(journal_lines), INTERCOMPANY_BALANCES)
    within = journal_lines.filter(~nw.col("counterparty_entity_id").is_null())
    sums = within.group_by("entity_id", "period").agg(
        nw.col("functional_debit", "functional_credit").sum(), nw.len().alias("lines")
    )
    findings = totals_findings(result, run.house.rows(sums), "LED-011")
    return Made(result, {"totals_equal_those_of_journal_lines": findings})


def totals_findings(result: pd.DataFrame, lines: pd.DataFrame, rule_id: str = "LED-010") -> list[Finding]:
    """Balances and journal lines have the same debits, credits and number of lines per entity and month."""
    keys, facts = ["entity_id", "period"], ["debit", "credit", "lines"]
    made = result.groupby(keys)[facts].sum()
    source = (
        lines.rename(columns={"functional_debit": "debit", "functional_credit": "credit"}).groupby(keys)[facts].sum()
    )
    both = made.astype("Int64").join(source.astype("Int64").add_suffix("_source"), how="outer").fillna(0)
    wrong = both[(both[facts].to_numpy() != both[[f"{f}_source" for f in facts]].to_numpy()).any(axis=1)]
    return [
        Finding(
            rule_id, f"{entity} {period}",
            f"balances have debit {row.debit}, credit {row.credit}, {row.lines} lines; the journal lines have "
            f"{row.debit_source}, {row.credit_source}, {row.lines_source}",
            period=str(period),
        )
        for (entity, period), row in zip(wrong.index, wrong.itertuples(), strict=True)
    ]  # fmt: skip


@recipe(TRIAL_BALANCE, monthly=True, history=["gl_balances"], checks=["trial_balance_is_zero"])
def trial_balance(run: Run, gl_balances: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame) -> Made:
    """Roll every account forward from the first month there is."""
    result = ledger.trial_balance(gl_balances, accounts, entities, run.periods)
    return Made(result, {"trial_balance_is_zero": ledger.trial_balance_findings(result, entities)})


RECIPES = (gl_balances, intercompany_balances, trial_balance)
