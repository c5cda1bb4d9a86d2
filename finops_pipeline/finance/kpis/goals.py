"""Targets, baselines, and a value beside them."""

import pandas as pd

from finops_pipeline.finance.kpis.amounts import Value
from finops_pipeline.finance.kpis.register import KPIS

Goal = tuple[str, float | None, float | None, str]
"""Period, target, baseline and direction."""


def goals_of(targets: pd.DataFrame) -> dict[str, list[Goal]]:
    """Period, target, baseline and direction by KPI, in the order of periods."""
    goals: dict[str, list[Goal]] = {}
    rows = targets.sort_values(["kpi", "period"])[["kpi", "period", "target", "baseline", "direction"]]
    for kpi, period, target, baseline, direction in rows.itertuples(index=False, name=None):
        goals.setdefault(kpi, []).append((period, _number(target), _number(baseline), direction))
    return goals


def _number(decimal: object) -> float | None:
    return None if pd.isna(decimal) else float(decimal)  # type: ignore[arg-type, call-overload]


def judged(name: str, measured: Value, goals: list[Goal], period: str) -> dict[str, object]:
    """The value beside its baseline and target."""
    kpi, value = KPIS[name], measured.value
    applying = [goal for goal in goals if goal[0] <= period]
    _, target, baseline, direction = applying[-1] if applying else ("", None, None, "higher")
    sign = 1 if direction == "higher" else -1
    return {
        "area": kpi.area,
        "unit": kpi.unit,
        "baseline": baseline,
        "value": value,
        "target": target,
        "improvement_pct": sign * (value - baseline) / abs(baseline) if value is not None and baseline else None,
        "target_met": None if value is None or target is None else sign * (value - target) >= 0,
        "formula": f"{kpi.formula} ({measured.note})" if measured.note else kpi.formula,
    }
