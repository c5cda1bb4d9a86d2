"""Goals: what a KPI should reach, from where, and how a value stands beside them.

A goal is a value to reach, or an improvement on the baseline; the target is then the baseline bettered by that part of
its size. The baseline is that of `kpi_targets`, else the value twelve months before. A target of `kpi_targets` is a
value and comes before every goal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import pandas as pd

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.kpis.amounts import Value
from finops_pipeline.finance.kpis.register import KPIS, Direction


@dataclass(frozen=True, slots=True)
class Goal:
    """A value to reach, or an improvement on the baseline as a fraction of its size."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    value: Decimal | None = None
    improvement: Decimal | None = None

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        if (self.value is None) == (self.improvement is None):
            raise ConfigurationError(f"a goal is either a value to reach or an improvement on the baseline: {self}")


def _value(text: str) -> Goal:
    return Goal(value=Decimal(text))


def _improvement(text: str) -> Goal:
    return Goal(improvement=Decimal(text))


GOALS: Mapping[str, Goal] = {
    "budget_utilization_efficiency": _improvement("0.35"),
    "utilization": _value("0.90"),
    "variance_reduction": _improvement("0.50"),
    "allocation_accuracy": _value("0.95"),
    "operating_cost_reduction": _improvement("0.40"),
    "efficiency_improvement": _improvement("0.45"),
    "resource_optimization": _value("0.85"),
    "annual_savings": _value("2500000"),
    "recognition_accuracy_improvement": _improvement("0.90"),
    "attribution_precision": _value("0.85"),
    "reporting_time_reduction": _improvement("0.60"),
    "roi_improvement": _improvement("0.45"),
}
"""The goals of the design. Money is in major units of the group currency."""


def goals_with(given: Mapping[str, Goal]) -> dict[str, Goal]:
    """The goals of the design, and in their place those given.

    Raises: ConfigurationError for a goal of no KPI.
    """
    strangers = sorted(given.keys() - KPIS.keys())
    if strangers:
        raise ConfigurationError(f"kpi_goals names {', '.join(strangers)}: there is no such KPI (see docs/kpis.md)")
    return {**GOALS, **given}


@dataclass(frozen=True, slots=True)
class Target:
    """A row of `kpi_targets`."""

    period: str
    target: Fraction | None
    baseline: Fraction | None
    direction: Direction


def targets_of(kpi_targets: pd.DataFrame) -> dict[str, list[Target]]:
    """The rows of each KPI, in the order of periods."""
    targets: dict[str, list[Target]] = {}
    rows = kpi_targets.sort_values(["kpi", "period"])[["kpi", "period", "target", "baseline", "direction"]]
    for kpi, period, target, baseline, direction in rows.itertuples(index=False, name=None):
        targets.setdefault(kpi, []).append(Target(period, _exact(target), _exact(baseline), direction))
    return targets


def _exact(decimal: Any) -> Fraction | None:
    return None if pd.isna(decimal) else Fraction(decimal)


@dataclass(frozen=True, slots=True)
class Judged:
    """A value beside its baseline and target. `gain`: how far the value is better than the baseline, in its unit."""

    baseline: Fraction | None
    target: Fraction | None
    gain: Fraction | None
    improvement: Fraction | None
    met: bool | None
    notes: tuple[str, ...]


def judged(
    name: str, value: Value, before: tuple[str, Value], targets: Sequence[Target], goal: Goal | None, period: str
) -> Judged:
    """The value of a period. `before`: the period twelve months earlier, and the value in it.

    Of `kpi_targets` the latest row up to the period applies. A volume is not judged, unless `kpi_targets` does.
    """
    row = next((t for t in reversed(targets) if t.period <= period), Target("", None, None, KPIS[name].direction))
    if row.direction == "neither":
        return Judged(None, None, None, None, None, ("no baseline: a volume, neither more nor less of it is better",))
    sign = 1 if row.direction == "higher" else -1
    earlier, value_before = before
    if row.baseline is not None:
        baseline, told = row.baseline, "baseline: kpi_targets"
    elif value_before.exact is not None:
        baseline, told = value_before.exact, f"baseline: {earlier}"
    else:
        baseline, told = None, f"no baseline: none in kpi_targets, and {earlier} has no value"
    target, aim = (row.target, "") if row.target is not None else _target(goal, baseline, sign)
    gain = None if value.exact is None or baseline is None else sign * (value.exact - baseline)
    return Judged(
        baseline,
        target,
        gain,
        gain / abs(baseline) if gain is not None and baseline else None,
        None if value.exact is None or target is None else sign * (value.exact - target) >= 0,
        tuple(note for note in (told, aim) if note),
    )


def _target(goal: Goal | None, baseline: Fraction | None, sign: int) -> tuple[Fraction | None, str]:
    """The value a goal asks for, and what it says."""
    if goal is None:
        return None, ""
    if goal.improvement is None:
        return _exact(goal.value), ""
    words = f"{goal.improvement:.0%} better than the baseline"
    if not baseline:
        return None, f"no target: it would be {words}" + (" of zero" if baseline == 0 else "")
    return baseline + sign * Fraction(goal.improvement) * abs(baseline), f"target: {words}"
