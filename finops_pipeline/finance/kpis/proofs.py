"""Proofs of the scorecard: what must hold between its columns, computed again row by row."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isclose
from typing import Any

import pandas as pd

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.kpis.register import KPIS


def kpi_findings(scorecard: pd.DataFrame, periods: Sequence[str]) -> list[Finding]:
    """What is wrong with the scorecard of these periods.

    KPI-001: one row for each KPI and month. KPI-002: what is null says why. KPI-003: improvement and verdict follow
    from value, baseline and target. KPI-004: an annual value names its currency.
    """
    wanted = {(kpi, period) for kpi in KPIS for period in periods}
    times = Counter(scorecard[["kpi", "period"]].itertuples(index=False, name=None))
    findings = [
        Finding("KPI-001", f"{kpi} {period}", f"{times[kpi, period]} rows: every KPI has one row in every month")
        for kpi, period in sorted(wanted | set(times))
        if times[kpi, period] != ((kpi, period) in wanted)
    ]
    for row in scorecard.astype(object).to_dict("records"):
        findings += _of_row({str(k): None if pd.isna(v) else v for k, v in row.items()})
    return findings


def _of_row(row: dict[str, Any]) -> Iterator[Finding]:
    value, baseline, target = row["value"], row["baseline"], row["target"]
    where = f"{row['kpi']} {row['period']}"
    if value is None and not ("null: " in row["formula"] or "no data" in row["formula"]):
        yield Finding("KPI-002", where, "no value, and the formula does not say why")
    if (row["improvement_pct"] is not None) != (value is not None and bool(baseline)):
        yield Finding("KPI-003", where, "there is an improvement exactly where there are value and baseline")
    elif row["improvement_pct"] is not None:
        change = abs(value - baseline) / abs(baseline)
        if not isclose(abs(row["improvement_pct"]), change, rel_tol=1e-9, abs_tol=1e-12):
            yield Finding("KPI-003", where, f"improvement is {row['improvement_pct']}, not {change} in size")
    if (row["target_met"] is None) != (value is None or target is None):
        yield Finding("KPI-003", where, "there is a verdict exactly where there are value and target")
    if (row["annual_value"] is None) != (row["currency"] is None):
        yield Finding("KPI-004", where, "an annual value and its currency are there together or not at all")
