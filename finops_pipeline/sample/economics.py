"""What the company earns and spends: one `Cell` per entity, account, cost center and product, month by month.

A cell's actual amount is level (growth) x season x noise x step, its budget level x season x bias: budgets are wrong in
both directions, and a few cells step away from them in the middle, so that variances have a story. Integer arithmetic
throughout. How a cell is posted is decided in `ledger` and `closing`.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from finops_pipeline.finance import periods
from finops_pipeline.sample import company
from finops_pipeline.sample.chance import Chance
from finops_pipeline.sample.company import Entity

Kind = Literal[
    "sale", "release", "cogs", "vendor", "travel", "wages", "social", "bonus", "rent", "depreciation", "insurance",
    "interest", "bank", "deposit", "doubtful", "restructuring", "group", "tax",
]  # fmt: skip

_INCOME_TAX_PERMILLE = 250

SEASONS = {  # per mille of an average month, January to December; each sums to 12,000
    "flat": (1000,) * 12,
    "sales": (920, 940, 1060, 950, 970, 1050, 930, 910, 1040, 1010, 1040, 1180),
    "campaign": (800, 850, 1250, 900, 900, 1200, 700, 700, 1350, 1100, 1250, 1000),
    "energy": (1250, 1200, 1050, 950, 850, 850, 950, 950, 850, 950, 1050, 1100),
    "travel": (850, 950, 1100, 1050, 1100, 1000, 800, 700, 1200, 1200, 1150, 900),
}


def income_tax(profit: int) -> int:
    """The tax on the profit of a month, planned or earned; none on a loss."""
    return max(0, profit) * _INCOME_TAX_PERMILLE // 1000


@dataclass(frozen=True, slots=True)
class Cell:
    """One stream of income or cost; amounts in natural sign, in minor units of the entity's currency.

    `growth`: per mille a month. `noise`: per mille around the trend. `step`: per mille that actuals jump to when
    `step_at` (per mille of the months of the sample) is passed. `planned` and `spent`: in the budget, in the ledger.
    """

    entity_id: str
    kind: Kind
    account_id: str
    cost_center_id: str
    product_id: str
    base: int
    growth: int = 3
    season: str = "flat"
    noise: int = 25
    step: int = 1000
    step_at: int = 0
    planned: bool = True
    spent: bool = True

    def plan(self, start: str, months: list[str], bias: int) -> list[int]:
        """The budget of these months, with its error `bias` in per mille."""
        return [self._trend(start, period) * bias // 1000 for period in months]

    def actuals(self, seed: int, number: int, months: list[str]) -> list[int]:
        """The actual amounts of these months; `number` names the cell's own stream of chance."""
        swings = Chance(seed, 211, number).below(2 * self.noise + 1, len(months))
        since = self.step_at * len(months) // 1000
        return [
            self._trend(months[0], period) * (1000 - self.noise + int(swing)) // 1000 * (self.stepped(i, since)) // 1000
            for i, (period, swing) in enumerate(zip(months, swings, strict=True))
        ]

    def stepped(self, month: int, since: int) -> int:
        """The step in force in a month, in per mille."""
        return self.step if self.step != 1000 and month >= since else 1000

    def _trend(self, start: str, period: str) -> int:
        level = _level(self.growth, periods.months_between(start, period))
        return self.base * level // 1_000_000 * SEASONS[self.season][int(period[5:]) - 1] // 1000


@cache
def _level(growth: int, months: int) -> int:
    level = 1_000_000
    for _ in range(months):
        level = level * (1000 + growth) // 1000
    return level


_BOUGHT = (  # department, account, per mille of revenue, season, growth
    ("Marketing", "6310", 22, "campaign", 7),
    ("Marketing", "6320", 10, "campaign", 4),
    ("Marketing", "6340", 6, "flat", 3),
    ("Engineering", "5010", 90, "flat", 9),
    ("Engineering", "6410", 14, "flat", 6),
    ("Engineering", "6420", 8, "flat", 3),
    ("Engineering", "6060", 15, "flat", 2),
    ("Sales", "6430", 5, "flat", 3),
    ("Customer Success", "6420", 3, "flat", 3),
    ("Operations", "5120", 10, "sales", 9),
    ("Operations", "6550", 4, "flat", 4),
    ("Finance", "6610", 5, "flat", 2),
    ("Finance", "6620", 5, "flat", 2),
    ("People", "6070", 5, "flat", 2),
    ("People", "6080", 4, "flat", 2),
    ("IT and Facilities", "6420", 6, "flat", 3),
    ("IT and Facilities", "6440", 4, "flat", 2),
    ("IT and Facilities", "6520", 5, "energy", 2),
    ("IT and Facilities", "6530", 4, "flat", 2),
)
_STEPS = {  # what does not go as planned: (entity, account): (per mille, from when in per mille of the months)
    ("US01", "5010"): (1280, 470),
    ("US01", "6060"): (1420, 740),
    ("DE01", "6310"): (1360, 640),
    ("DE01", "5120"): (1210, 270),
    ("JP01", "4210"): (720, 540),
    ("JP01", "6620"): (1650, 400),
    ("US01", "6320"): (780, 600),
}
_WAGES_PERMILLE, _SOCIAL_PERMILLE = 290, 190


def _sales(entity: Entity) -> list[Cell]:
    sold = company.products_of(entity)
    whole = sum(p.weight for p in sold)
    centers = company.centers_of(entity, "Sales")
    cells = []
    for n, product in enumerate(sold):
        base = entity.revenue * product.weight // whole
        center = centers[n % len(centers)].cost_center_id
        kind: Kind = "release" if product.revenue_account == "4020" else "sale"
        growth = 12 if product.family == "Subscription" else 7
        common = (center, product.product_id)
        cells.append(
            Cell(entity.entity_id, kind, product.revenue_account, *common, base, growth, "sales", 30)
        )  # fmt: skip
        cost = base * product.cost_permille // 1000
        owner = company.centers_of(entity, "Operations" if product.family == "Hardware" else "Customer Success")[0]
        cells.append(
            Cell(entity.entity_id, "cogs", product.cost_account, owner.cost_center_id, product.product_id, cost, growth, "sales", 30)
        )  # fmt: skip
    return cells


def _people(entity: Entity) -> list[Cell]:
    centers = company.centers_of(entity)
    wage = entity.unit * _WAGES_PERMILLE // sum(c.heads for c in centers)
    cells = []
    for center in centers:
        delivery = center.department == "Customer Success"
        gross = wage * center.heads
        here = (center.cost_center_id, "")
        cells += [
            Cell(entity.entity_id, "wages", "5320" if delivery else "6010", *here, gross, 4, noise=8),
            Cell(entity.entity_id, "social", "5330" if delivery else "6030", *here, gross * _SOCIAL_PERMILLE // 1000, 4, noise=8),
        ]  # fmt: skip
        if center.department == "Sales":
            cells.append(Cell(entity.entity_id, "wages", "6040", *here, gross * 150 // 1000, 9, "sales", 60))
        if center.department in ("Sales", "Engineering"):
            cells.append(Cell(entity.entity_id, "bonus", "6020", *here, gross * 60 // 1000, 4, noise=0))
    return cells


def _bought(entity: Entity) -> list[Cell]:
    cells = []
    for department, account, permille, season, growth in _BOUGHT:
        centers = company.centers_of(entity, department)
        for center in centers if account in ("5010", "6410", "6430") else centers[:1]:
            base = entity.unit * permille // (len(centers) if account in ("5010", "6410", "6430") else 1)
            cells.append(
                Cell(entity.entity_id, "vendor", account, center.cost_center_id, "", base, growth, season, 60)
            )  # fmt: skip
    for department, account, permille in (("Sales", "6210", 5), ("Sales", "6220", 3), ("Customer Success", "6210", 2)):
        center = company.centers_of(entity, department)[0]
        cells.append(
            Cell(entity.entity_id, "travel", account, center.cost_center_id, "", entity.unit * permille, 4, "travel", 90)
        )  # fmt: skip
    return cells


def _fixed(entity: Entity) -> list[Cell]:
    first = {c.department: c.cost_center_id for c in reversed(company.centers_of(entity))}
    systems, control, people = first["IT and Facilities"], first["Finance"], first["People"]
    me, unit = entity.entity_id, entity.unit
    cells = [Cell(me, "rent", "6510", center, "", unit * 3, 0, noise=0) for center in sorted(first.values())]
    cells += [
        Cell(me, "depreciation", "6710", systems, "", unit * 9, 2, noise=0),
        Cell(me, "depreciation", "6720", systems, "", unit * 4, 1, noise=0),
        Cell(me, "depreciation", "6730", systems, "", unit * 3, 0, noise=0),
        Cell(me, "depreciation", "6740", first["Engineering"], "", unit * 6, 3, noise=0),
        Cell(me, "insurance", "6640", control, "", unit * 3, 0, noise=0),
        Cell(me, "interest", "7110", control, "", unit * 5, 0, noise=10),
        Cell(me, "bank", "7140", control, "", unit, 4, noise=80),
        Cell(me, "deposit", "7010", control, "", unit * 2, 3, noise=100),
        Cell(me, "doubtful", "6810", control, "", unit * 2, 5, noise=0),
        Cell(me, "restructuring", "6890", people, "", unit * 12, 0, noise=100, planned=False),
        Cell(me, "vendor", "6630", control, "", unit * 2, 0, spent=False),
        Cell(me, "vendor", "6820", control, "", unit * 1, 0, planned=False, noise=400),
    ]
    if entity is not company.PARENT:
        cells.append(Cell(me, "group", "6690", control, "", unit * 20, 5, noise=0))
    return cells


@cache
def cells() -> tuple[Cell, ...]:
    """Every cell of the company; the place in this tuple names a cell's stream of chance."""
    found = []
    for entity in company.ENTITIES:
        for cell in (*_sales(entity), *_people(entity), *_bought(entity), *_fixed(entity)):
            step, step_at = _STEPS.get((cell.entity_id, cell.account_id), (1000, 0))
            found.append(replace(cell, step=step, step_at=step_at))
    return (*found, *_outside_the_plan())


def _outside_the_plan() -> list[Cell]:
    """A product that is sold without a plan, and one that is planned and no longer sold."""
    parent = company.PARENT
    center = company.centers_of(parent, "Sales")[0].cost_center_id
    cells = []
    for product, is_sold in ((company.UNPLANNED, True), (company.WITHDRAWN, False)):
        account, base = product.revenue_account, parent.unit * product.weight
        cells.append(
            Cell(parent.entity_id, "sale", account, center, product.product_id, base, 7, "sales", 30,
                 planned=not is_sold, spent=is_sold)
        )  # fmt: skip
    return cells


@dataclass(frozen=True, slots=True)
class Economy:
    """The actual amounts of every cell over the months of the sample, in the order of `cells()`."""

    seed: int
    months: list[str]
    amounts: list[list[int]]

    def of(self, entity: Entity, month: int) -> list[tuple[Cell, int]]:
        """The entity's cells that moved in a month, with their amounts."""
        return [
            (cell, amounts[month])
            for cell, amounts in zip(cells(), self.amounts, strict=True)
            if cell.entity_id == entity.entity_id and cell.spent and amounts[month] > 0
        ]


def economy(seed: int, months: list[str]) -> Economy:
    """Let the company run for these months."""
    return Economy(seed, months, [cell.actuals(seed, n, months) for n, cell in enumerate(cells())])
