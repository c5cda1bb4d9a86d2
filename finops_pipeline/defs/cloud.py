"""Cloud bills: conformance with FOCUS, and the facts under it."""

from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.cloud import COMMITMENT_MONTHLY, FOCUS_CONFORMANCE, FOCUS_COUNTS
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance.cloud import commitments, conformance, report


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


RECIPES = (focus_counts, commitment_monthly, focus_conformance)
