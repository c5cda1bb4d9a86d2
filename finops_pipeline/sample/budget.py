"""Budgets of the sample: one original version per year in which fiscal years begin, and one revised version.

Version `2025-original` holds, per entity, the fiscal year that begins in calendar year 2025 (from the first month of the
sample on). The revised version of the last year holds each entity's current fiscal year, with what was known by then.
Each version is a file; some lines are planned in US dollars and convert with budget rates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from finops_pipeline.finance import money, periods
from finops_pipeline.sample import chart, company
from finops_pipeline.sample.chance import Chance
from finops_pipeline.sample.company import Entity
from finops_pipeline.sample.economics import Cell, cells, income_tax
from finops_pipeline.sample.extract import Extract, Row, after, before
from finops_pipeline.sample.rates import Rates

COLUMNS = (
    "version", "entity_id", "period", "account_id", "currency", "amount", "cost_center_id", "product_id", "quantity",
    "unit_price",
)  # fmt: skip
VERSION_COLUMNS = ("version", "kind", "effective_period", "approved_by", "approved_on", "locked_on")
_INCOME_TAX = "8010"
COMMENTARY_COLUMNS = ("version", "entity_id", "period", "account_id", "cost_center_id", "text", "author")
_SAID = (  # entity, account, cost center, months before the last, text, author
    (
        "US01",
        "5010",
        "US-ENG-1",
        0,
        "Two large customers moved in; the committed discount starts next quarter.",
        "C. Tanaka",
    ),
    ("US01", "5010", "", 1, "Storage tiers were changed late.", "C. Tanaka"),
    ("DE01", "5120", "", 0, "Air freight after the supplier's delay; claim is with the carrier.", "E. Novak"),
)
_IN_DOLLARS = ("5010", "6410")  # cloud is bought in US dollars everywhere


def last_period(months: list[str]) -> str:
    """The last planned month: the end of the latest fiscal year that any entity is in."""
    return max(periods.fiscal_year_end(months[-1], e.fiscal_year_start_month) for e in company.ENTITIES)


@dataclass(frozen=True, slots=True)
class _Planner:
    """What every version is planned from."""

    seed: int
    months: list[str]
    rates: Rates

    def version(self, version: str, planned: dict[str, list[str]], *, is_revised: bool) -> list[Row]:
        """The lines of a version: every planned cell, and the tax on what they earn. `planned`: entity to months."""
        rows: list[Row] = []
        profit = {(entity, period): 0 for entity, months in planned.items() for period in months}
        for number, cell in enumerate(cells()):
            if cell.planned and cell.entity_id in planned:
                for period, amount in self._amounts(version, cell, number, planned[cell.entity_id], is_revised):
                    rows.append(self._row(version, cell, period, amount))
                    profit[cell.entity_id, period] += amount if chart.earns(cell.account_id) else -amount
        for (entity, period), earned in profit.items():
            tax = income_tax(earned)
            if tax:
                control = company.centers_of(_entities()[entity], "Finance")[0].cost_center_id
                rows.append(self._row(version, Cell(entity, "tax", _INCOME_TAX, control, "", 0), period, tax))
        return rows

    def _amounts(
        self, version: str, cell: Cell, number: int, planned: list[str], is_revised: bool
    ) -> Iterator[tuple[str, int]]:
        """The plan of one cell: wrong by up to 4 %, or, revised, by up to 1.5 % and with its step seen."""
        swing = 15 if is_revised else 40
        bias = 1000 - swing + Chance(self.seed, 307, number, int(version[:4]), is_revised).one(2 * swing + 1)
        step = cell.step if is_revised else 1000
        amounts = cell.plan(self.months[0], planned, bias * step // 1000)
        return ((period, amount) for period, amount in zip(planned, amounts, strict=True) if amount > 0)

    def _row(self, version: str, cell: Cell, period: str, amount: int) -> Row:
        entity = _entities()[cell.entity_id]
        currency, quantity, price = entity.currency, "", ""
        if cell.account_id in _IN_DOLLARS and entity.currency != "USD":
            currency = "USD"
            amount = self.rates.convert(amount, "budget", period, entity.currency, currency)
        if cell.product_id:
            product = company.product(cell.product_id)
            is_cost = cell.kind == "cogs"
            unit = company.unit_cost(entity, product) if is_cost else company.list_price(entity, product)
            units = max(1, amount // unit)
            amount, quantity, price = units * unit, str(units), str(money.to_decimal(unit, currency))
        return (
            version, entity.entity_id, period, cell.account_id, currency, str(money.to_decimal(amount, currency)),
            cell.cost_center_id, cell.product_id, quantity, price,
        )  # fmt: skip


@cache
def _entities() -> dict[str, Entity]:
    return {e.entity_id: e for e in company.ENTITIES}


def _fiscal_years(months: list[str]) -> dict[str, dict[str, list[str]]]:
    """The months to plan: by year in which the fiscal year begins, then by entity."""
    years: dict[str, dict[str, list[str]]] = {}
    for entity in company.ENTITIES:
        start = entity.fiscal_year_start_month
        for period in periods.span(months[0], periods.fiscal_year_end(months[-1], start)):
            year = periods.fiscal_year_start(period, start)[:4]
            years.setdefault(year, {}).setdefault(entity.entity_id, []).append(period)
    return years


def _current(months: list[str]) -> dict[str, list[str]]:
    """Each entity's fiscal year in the last month of the sample."""
    return {
        e.entity_id: periods.span(
            max(months[0], periods.fiscal_year_start(months[-1], e.fiscal_year_start_month)),
            periods.fiscal_year_end(months[-1], e.fiscal_year_start_month),
        )
        for e in company.ENTITIES
    }


def commentary(months: list[str]) -> Extract:
    """What was said of the last months, against the revised budget."""
    version = f"{months[-1][:4]}-revised"
    rows: list[Row] = [
        (version, entity, periods.add(months[-1], -back), account, center, text, author)
        for entity, account, center, back, text, author in _SAID
        if back < len(months)
    ]
    return Extract("commentary", "commentary.csv", COMMENTARY_COLUMNS, rows, after(months[-1], 4))


def extracts(seed: int, months: list[str], rates: Rates) -> list[Extract]:
    """The file of `budget_versions`, and those of `budget_lines`, one a version."""
    planner = _Planner(seed, months, rates)
    versions = [
        (f"{year}-original", planned, before(min(min(span) for span in planned.values())), False)
        for year, planned in sorted(_fiscal_years(months).items())
    ]
    versions.append((f"{months[-1][:4]}-revised", _current(months), before(months[-1], 5), True))
    files = [_register(versions, months)]
    for version, planned, arrived, is_revised in versions:
        rows = planner.version(version, planned, is_revised=is_revised)
        files.append(Extract("budget_lines", f"budget_lines_{version}.csv", COLUMNS, rows, arrived))
    return files


def _register(versions: list[tuple[str, dict[str, list[str]], datetime, bool]], months: list[str]) -> Extract:
    """What each version is; those of years before the last month's are locked since the day they came."""
    rows: list[Row] = []
    for version, planned, arrived, is_revised in versions:
        first, day = min(min(span) for span in planned.values()), arrived.date().isoformat()
        is_past = version[:4] < months[-1][:4]
        rows.append((
            version, "revised" if is_revised else "original", months[-1] if is_revised else first, "C. Tanaka", day,
            day if is_past else "",
        ))  # fmt: skip
    return Extract("budget_versions", "budget_versions.csv", VERSION_COLUMNS, rows, after(months[-1], 1))
