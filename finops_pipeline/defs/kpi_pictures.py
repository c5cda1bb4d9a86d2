"""Pictures of the scorecard for its asset page: improvements on the baselines, and the current month as a table."""

import pandas as pd

from finops_pipeline.defs import metadata
from finops_pipeline.defs.judging import as_markdown
from finops_pipeline.finance import money


def chart(scorecard: pd.DataFrame) -> str:
    """By how many percent each KPI of the last month is better than its baseline, and whether its target is met."""
    last = scorecard[scorecard["period"] == scorecard["period"].max()]
    shown = last[last["improvement_pct"].notna()].sort_values("improvement_pct", ascending=False, kind="stable")
    if shown.empty:
        return ""
    verdict = {True: "met", False: "not met"}
    met = [verdict.get(v, "no target") for v in shown["target_met"].astype(object).where(shown["target_met"].notna())]
    labels = [f"{kpi} ({word})" for kpi, word in zip(shown["kpi"], met, strict=True)]
    title = f"KPIs of {shown['period'].iloc[0]}: percent better than the baseline"
    return metadata.bars(title, labels, [100 * float(v) for v in shown["improvement_pct"]])


def month(scorecard: pd.DataFrame) -> str:
    """The last month as a table."""
    last = scorecard[scorecard["period"] == scorecard["period"].max()]
    shown = pd.DataFrame({name: last[name].astype(object) for name in ("kpi", "area", "unit")})
    for name in ("baseline", "value", "target"):
        shown[name] = ["" if pd.isna(v) else f"{v:,.4g}" if abs(v) < 1000 else f"{v:,.0f}" for v in last[name]]
    shown["improvement"] = ["" if pd.isna(v) else f"{v:+.1%}" for v in last["improvement_pct"]]
    shown["target_met"] = ["" if pd.isna(v) else "yes" if v else "no" for v in last["target_met"]]
    worths = zip(last["annual_value"], last["currency"], strict=True)
    shown["annual_value"] = ["" if pd.isna(v) else f"{money.to_decimal(int(v), c):,} {c}" for v, c in worths]
    return as_markdown(shown)
