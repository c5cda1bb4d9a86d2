"""Exchange rates of the sample: a bounded walk in whole billionths of a US dollar, and exact conversion with them."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from finops_pipeline.finance import money, periods
from finops_pipeline.sample.chance import Chance

COLUMNS = ("from_currency", "to_currency", "rate_type", "rate", "period", "rate_date")
_BASE = {"USD": 1_000_000_000, "EUR": 1_080_000_000, "GBP": 1_260_000_000, "JPY": 6_750_000}
_PLACES = Decimal("0.0000000001")
_SWING = 120  # the most a rate moves in a month, in 1/10000


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of each currency is worth in billionths of a US dollar, by rate type and month."""

    worth: dict[tuple[str, str, str], int]  # (rate type, period, currency)

    def rate(self, rate_type: str, period: str, source: str, target: str) -> Decimal:
        """Units of `target` for one unit of `source`, as the extract has it."""
        ratio = Decimal(self.worth[rate_type, period, source]) / Decimal(self.worth[rate_type, period, target])
        return ratio.quantize(_PLACES)

    def convert(self, amount: int, rate_type: str, period: str, source: str, target: str) -> int:
        """An amount in minor units of `source` as minor units of `target`."""
        exact = money.to_decimal(amount, source) * self.rate(rate_type, period, source, target)
        return money.from_decimal(exact, target)


@cache
def build(seed: int, first: str, last_actual: str, last_budget: str) -> Rates:
    """Rates of every currency: average and closing for months past, budget for every planned month."""
    worth: dict[tuple[str, str, str], int] = {}
    actual = set(periods.span(first, last_actual))
    for place, (currency, base) in enumerate(_BASE.items()):
        chance = Chance(seed, 101, place)
        value = plan = base
        for period in periods.span(first, last_budget):
            if period.endswith("-01"):
                plan = value
            if currency != "USD":
                pull = (base - value) // 25  # towards the base, so that decades stay plausible
                value += pull + value * chance.between(-_SWING, _SWING) // 10_000
            worth["budget", period, currency] = plan
            if period in actual:
                worth["average", period, currency] = value
                drift = 0 if currency == "USD" else chance.between(-_SWING // 2, _SWING // 2)
                worth["closing", period, currency] = value + value * drift // 10_000
    return Rates(worth)


def rows(rates: Rates, rate_types: tuple[str, ...], months: list[str]) -> list[tuple[str, ...]]:
    """Rows of the extract `fx_rates`: every pair of currencies, for the rate types and months asked for."""
    return [
        (source, target, rate_type, str(rates.rate(rate_type, period, source, target)), period, "")
        for period in months
        for rate_type in rate_types
        if (rate_type, period, "USD") in rates.worth
        for source in _BASE
        for target in _BASE
        if source != target
    ]
