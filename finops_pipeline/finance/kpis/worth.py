"""What an improvement is worth in a year: computed from the data and from assumptions that somebody has stated.

No assumption has a default: without it there is no amount, and the formula names the setting that is missing. What is
worth something in two KPIs is counted in one of them. An improvement below zero costs what it would otherwise be worth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Literal

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import money
from finops_pipeline.finance.kpis.amounts import Value


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the company holds an improvement to be worth, money in major units of the group currency.

    `variance_share`: of a variance that no longer is there. `cost_share`: of operating cost saved in proportion to
    revenue. `revenue_share`: of revenue that need not be corrected any more. `risk_share`: of the expected loss of a
    risk that its mitigation takes away. `standard_costs`: what a unit of a driver should cost.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    variance_share: Decimal | None = None
    cost_share: Decimal | None = None
    revenue_share: Decimal | None = None
    cost_per_close_day: Decimal | None = None
    cost_per_hour: Decimal | None = None
    hours_per_file: Decimal | None = None
    hours_per_control_total: Decimal | None = None
    cost_per_faulty_row: Decimal | None = None
    risk_share: Decimal | None = None
    standard_costs: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "standard_costs"}
        given |= {f"standard_costs.{driver}": cost for driver, cost in self.standard_costs.items()}
        wrong = [name for name, value in given.items() if value is not None and value < 0]
        wrong += [n for n, v in given.items() if n.endswith("_share") and v is not None and v > 1]
        if wrong:
            raise ConfigurationError(
                f"kpi_values: {', '.join(wrong)} cannot be used: nothing is below zero, and a share is at most 1"
            )


@dataclass(frozen=True, slots=True)
class Worth:
    """How an amount is made: of the gain on the baseline or of the value, times a base, times assumptions.

    `base`: the amount or count that one unit of the quantity stands for, by name; see `scorecard`.
    """

    words: str
    of: Literal["gain", "value"]
    settings: tuple[str, ...]
    base: str = ""
    times: int = 1

    @property
    def formula(self) -> str:
        """In words."""
        closes = [f"{self.times} closes"] if self.times > 1 else []
        return " x ".join([self.words, *closes, *(f"kpi_values.{name}" for name in self.settings)])


_GAIN = "improvement on the baseline"

WORTHS: Mapping[str, Worth] = {
    "variance_reduction": Worth(f"{_GAIN} x budget of the fiscal year", "gain", ("variance_share",), "budget"),
    "operating_cost_reduction": Worth(f"{_GAIN} x revenue of twelve months", "gain", ("cost_share",), "revenue"),
    "recognition_accuracy_improvement": Worth(
        f"{_GAIN} x recognized revenue of twelve months", "gain", ("revenue_share",), "recognized"
    ),
    "reporting_time_reduction": Worth(_GAIN, "gain", ("cost_per_close_day",), times=12),
    "automation_benefit": Worth("files", "value", ("hours_per_file", "cost_per_hour")),
    "data_quality_benefit": Worth("rows", "value", ("cost_per_faulty_row",)),
    "coordination_benefit": Worth("control totals", "value", ("hours_per_control_total", "cost_per_hour")),
    "risk_benefit": Worth("value", "value", ("risk_share",)),
}
"""KPIs that are worth money by themselves."""

COUNTED_IN: Mapping[str, str] = {
    "absolute_variance_pct": "variance_reduction",
    "budget_utilization": "variance_reduction",
    "budget_utilization_efficiency": "variance_reduction",
    "utilization": "variance_reduction",
    "forecast_mase": "variance_reduction",
    "cost_ratio": "operating_cost_reduction",
    "gross_margin": "operating_cost_reduction",
    "operating_margin": "operating_cost_reduction",
    "allocation_accuracy": "operating_cost_reduction",
    "efficiency_improvement": "operating_cost_reduction",
    "resource_optimization": "operating_cost_reduction",
    "annual_savings": "operating_cost_reduction",
    "days_to_close": "reporting_time_reduction",
    "quarantine_rate": "data_quality_benefit",
}
"""KPIs whose worth another one counts already: it is not counted twice."""


_LARGEST = 2**63 - 1
"""The largest amount a table can hold."""


def annual_value(
    name: str, value: Value, gain: Fraction | None, base: Value, assumptions: Assumptions, currency: str | None
) -> tuple[int | None, str]:
    """What a KPI is worth in a year, and how that is made or why it is not there.

    Unit: minor units of the group currency, rounded once, half to even.
    """
    if name in COUNTED_IN:
        return None, f"worth a year: counted in {COUNTED_IN[name]}"
    worth = WORTHS.get(name)
    if worth is None:
        return None, "worth a year: null until it is measured"
    quantity = gain if worth.of == "gain" else value.exact
    lacking = _lacking(worth, value, quantity, base, assumptions, currency)
    told = f"worth a year: {worth.formula}" + (f" ({lacking})" if lacking else "")
    if lacking or quantity is None or base.exact is None or currency is None:
        return None, told
    amount = quantity * base.exact * worth.times * 10 ** money.exponent(currency)
    for setting in worth.settings:
        amount *= Fraction(getattr(assumptions, setting))
    if abs(amount) > _LARGEST:
        return None, f"{told} (null: it has more digits than an amount can have)"
    return round(amount), told


def _lacking(
    worth: Worth, value: Value, quantity: Fraction | None, base: Value, assumptions: Assumptions, currency: str | None
) -> str:
    """The first thing without which there is no amount; nothing when all is there."""
    missing = [f"kpi_values.{s}" for s in worth.settings if getattr(assumptions, s) is None]
    if missing:
        return f"null: {_settings(missing)} missing"
    if currency is None:
        return "null: there is no group currency: set group_currency"
    if quantity is None:
        return f"null: there is no {'value' if value.exact is None else 'baseline'}"
    return "" if base.exact is not None else base.note


def _settings(missing: list[str]) -> str:
    return f"the setting {missing[0]} is" if len(missing) == 1 else f"the settings {' and '.join(missing)} are"
