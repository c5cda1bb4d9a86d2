"""Cloud bills: conformance with FOCUS, savings, the tie to the ledger and unit costs, and the facts under them."""

from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.cloud import (
    CLOUD_LEDGER_TIE,
    CLOUD_SAVINGS,
    CLOUD_UNIT_COSTS,
    COMMITMENT_MONTHLY,
    FOCUS_CONFORMANCE,
    FOCUS_COUNTS,
)
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance.cloud import commitments, conformance, report, savings, tie, units


@recipe(FOCUS_COUNTS, monthly=True, checks=["every_charge_is_judged"], beyond=True)
def focus_counts(run: Run, cloud_costs: nw.LazyFrame[Any]) -> Made:
    """Count the rows that keep and break each rule of FOCUS, in one pass over the charges."""
    counts = run.house.rows(conformance.counted(cloud_costs))
    rows = run.house.rows(cloud_costs.group_by("period").agg(nw.len().alias("rows")))
    judged = conformance.by_rule(counts)
    examples = run.house.rows(conformance.examples_of(cloud_costs, judged))
    result = conformance.with_examples(judged, examples)
    return Made(result, {"every_charge_is_judged": conformance.judged_findings(counts, rows)})


@recipe(COMMITMENT_MONTHLY, monthly=True)
def commitment_monthly(cloud_costs: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Sum what was billed for commitments and what their usage cost."""
    return commitments.commitment_monthly(cloud_costs)


@recipe(FOCUS_CONFORMANCE, checks=["bills_conform_to_focus"])
def focus_conformance(
    focus_counts: pd.DataFrame,
    commitment_monthly: pd.DataFrame,
    ingested_files: pd.DataFrame,
    quarantine: pd.DataFrame,
) -> Made:
    """Report file by file which rules of FOCUS are kept; what is broken is a warning."""
    conserved = commitments.conservation(commitment_monthly)
    result = report.focus_conformance(focus_counts, conserved, ingested_files, quarantine)
    return Made(result, {"bills_conform_to_focus": report.conformance_warnings(result)})


@recipe(CLOUD_SAVINGS, monthly=True, checks=["savings_tie_to_the_bill"], beyond=True)
def cloud_savings(run: Run, cloud_costs: nw.LazyFrame[Any], cloud_cost_monthly: pd.DataFrame) -> Made:
    """Tell savings by negotiation from savings by commitment, and measure how well commitments are used."""
    result = savings.cloud_savings(run.house.rows(savings.savings_monthly(cloud_costs)))
    return Made(result, {"savings_tie_to_the_bill": savings.savings_findings(result, cloud_cost_monthly)})


@recipe(CLOUD_LEDGER_TIE, monthly=True, checks=["bills_are_in_the_ledger", "every_bill_is_compared"], beyond=True)
def cloud_ledger_tie(
    run: Run,
    cloud_cost_monthly: pd.DataFrame,
    journal_lines: nw.LazyFrame[Any],
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
) -> Made:
    """Compare what was billed with what was posted on the accounts that receive it; a difference is a warning."""
    rules = run.house.settings.cloud_ledger
    tie.check_rules(rules, accounts, entities)
    posted = run.house.rows(tie.postings(journal_lines, rules))
    result = tie.cloud_ledger_tie(cloud_cost_monthly, posted, rules)
    findings = tie.tie_findings(result, cloud_cost_monthly, posted, rules)
    return Made(result, {"bills_are_in_the_ledger": tie.tie_warnings(result), "every_bill_is_compared": findings})


@recipe(
    CLOUD_UNIT_COSTS,
    monthly=True,
    history=["cloud_cost_monthly", "driver_monthly"],
    checks=["unit_costs_tie_to_their_sources"],
    beyond=True,
)
def cloud_unit_costs(run: Run, cloud_cost_monthly: pd.DataFrame, driver_monthly: pd.DataFrame) -> Made:
    """Divide effective cost by what the business did."""
    owners, chosen = run.house.settings.cloud_entities, run.house.settings.cloud_drivers
    result = units.cloud_unit_costs(cloud_cost_monthly, driver_monthly, run.periods, owners, chosen)
    findings = units.unit_cost_findings(result, cloud_cost_monthly, driver_monthly, run.periods, owners)
    return Made(result, {"unit_costs_tie_to_their_sources": findings})


RECIPES = (
    focus_counts,
    commitment_monthly,
    focus_conformance,
    cloud_savings,
    cloud_ledger_tie,
    cloud_unit_costs,
)
