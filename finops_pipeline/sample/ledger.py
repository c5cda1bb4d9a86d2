"""A month of an entity's ledger: flows (many journals of one shape) and the single journals of the close.

Flows carry totals; `journals` cuts them into as many journals as the sample shall have lines, so that the balances of the
company do not depend on its number of journals. What one month owes the next is kept in `Carry`. The single journals
(payroll, depreciation, taxes ...) are made in `closing`.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from finops_pipeline.sample import company
from finops_pipeline.sample.company import Entity
from finops_pipeline.sample.economics import Cell
from finops_pipeline.sample.rates import Rates

Side = Literal["debit", "credit"]
Party = Literal["customer", "vendor", ""]
FOREIGN_PERMILLE = 150  # of the sales of the first products is exported


@dataclass(frozen=True, slots=True)
class Flow:
    """Many journals of one shape: a main line, perhaps a tax line, and a contra line that balances them.

    One element of each tuple per cell; `functional` is empty where the currency is the entity's own, `taxes` where there
    is no tax line, `prices` where the main line has no quantity. `weight`: share of the lines beyond the least.
    """

    entity: Entity
    description: str
    currency: str
    side: Side
    accounts: tuple[str, ...]
    centers: tuple[str, ...]
    products: tuple[str, ...]
    contra: tuple[str, ...]
    amounts: tuple[int, ...]
    functional: tuple[int, ...] = ()
    taxes: tuple[int, ...] = ()
    tax_account: str = ""
    prices: tuple[int, ...] = ()
    party: Party = ""
    weight: int = 0

    @property
    def lines_per_journal(self) -> int:
        """Lines of one journal."""
        return 3 if self.taxes else 2

    @property
    def gross(self) -> int:
        """What all contra lines come to."""
        return sum(self.amounts) + sum(self.taxes)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a single journal; amounts debit-positive in minor units."""

    account_id: str
    amount: int
    center: str = ""
    product: str = ""
    counterparty: str = ""
    functional: int | None = None
    quantity: int = 0  # in thousandths
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """A single journal. `negative`: written as negative amounts on the other side, the way some systems reverse."""

    entity: Entity
    description: str
    day: date
    currency: str
    lines: tuple[Line, ...]
    period: str = ""
    period_no: int = 0
    negative: bool = False


@dataclass(slots=True)
class Carry:
    """What an entity owes and is owed from the month before, in minor units of its currency (`*_tx`: of the other)."""

    receivable: int = 0
    foreign_tx: int = 0
    foreign: int = 0
    payable: int = 0
    accrued_cost: int = 0
    employees: int = 0
    payroll_tax: int = 0
    output_tax: int = 0
    input_tax: int = 0
    income_tax: int = 0
    bonus: int = 0
    revaluation: int = 0
    accruals: tuple[Line, ...] = ()
    group: dict[str, tuple[int, int]] = field(default_factory=dict)  # entity: (US dollars, own currency)
    loans: dict[str, int] = field(default_factory=dict)  # entity: what its loan stands at in the parent's books


@dataclass(frozen=True, slots=True)
class Month:
    """Everything one entity posts in one month."""

    entity: Entity
    period: str
    flows: tuple[Flow, ...]
    journals: tuple[Journal, ...]

    @property
    def least_lines(self) -> int:
        """Lines of the month when every cell of every flow has a single journal."""
        flows = sum(len(f.amounts) * f.lines_per_journal for f in self.flows)
        return flows + sum(len(j.lines) for j in self.journals)


def flows(entity: Entity, period: str, moved: list[tuple[Cell, int]], carry: Carry, rates: Rates) -> list[Flow]:
    """The month's flows; settles what `carry` holds from the month before and leaves there what this month owes."""
    settled = [
        *_settle(entity, "Customer payment", "credit", "1210", amount=carry.receivable, party="customer", weight=15),
        *_settle_foreign(entity, carry),
        *_settle(entity, "Payment to vendor", "debit", "2010", amount=carry.payable, party="vendor", weight=8),
    ]
    sales = _sales(entity, period, moved, rates)
    costs = [_cost_of_sales(entity, period, moved), _purchases(entity, moved), _vendor_invoices(entity, moved)]
    travel = _travel(entity, moved)
    carry.receivable = sales[0].gross
    carry.foreign_tx, carry.foreign = sum(sales[1].amounts), sum(sales[1].functional)
    carry.payable = costs[1].gross + costs[2].gross
    return [*sales, *settled, *costs, travel]


def _settle(
    entity: Entity, description: str, side: Side, account: str, *, amount: int, party: Party, weight: int
) -> list[Flow]:  # fmt: skip
    if not amount:
        return []
    return [
        Flow(entity, description, entity.currency, side, (account,), ("",), ("",), ("1010",), (amount,),
             party=party, weight=weight),
    ]  # fmt: skip


def _settle_foreign(entity: Entity, carry: Carry) -> list[Flow]:
    """Foreign customers pay what was booked; the exchange difference is a journal of the close."""
    if not carry.foreign_tx:
        return []
    return [
        Flow(entity, "Customer payment from abroad", entity.foreign, "credit", ("1220",), ("",), ("",), ("1010",),
             (carry.foreign_tx,), (carry.foreign,), party="customer", weight=2),
    ]  # fmt: skip


def _sales(entity: Entity, period: str, moved: list[tuple[Cell, int]], rates: Rates) -> list[Flow]:
    sold = [(cell, amount) for cell, amount in moved if cell.kind == "sale"]
    prices = tuple(sold_price(entity, cell.product_id, period) for cell, _ in sold)
    exported = [amount * FOREIGN_PERMILLE // 1000 if n < 3 else 0 for n, (_, amount) in enumerate(sold)]
    home = tuple(amount - away for (_, amount), away in zip(sold, exported, strict=True))
    accounts, centers = tuple(c.account_id for c, _ in sold), tuple(c.cost_center_id for c, _ in sold)
    ids = tuple(c.product_id for c, _ in sold)
    abroad = [n for n, amount in enumerate(exported) if amount]
    dollars = [rates.convert(exported[n], "average", period, entity.currency, entity.foreign) for n in abroad]
    domestic = Flow(
        entity, "Customer invoice", entity.currency, "credit", accounts, centers, ids, ("1210",) * len(sold), home,
        taxes=tuple(amount * entity.tax_permille // 1000 for amount in home), tax_account="2310", prices=prices,
        party="customer", weight=30,
    )  # fmt: skip
    export = Flow(
        entity, "Customer invoice abroad", entity.foreign, "credit", tuple(accounts[n] for n in abroad),
        tuple(centers[n] for n in abroad), tuple(ids[n] for n in abroad), ("1220",) * len(abroad), tuple(dollars),
        tuple(exported[n] for n in abroad),
        prices=tuple(rates.convert(prices[n], "average", period, entity.currency, entity.foreign) for n in abroad),
        party="customer", weight=4,
    )  # fmt: skip
    return [domestic, export]


def sold_price(entity: Entity, product_id: str, period: str) -> int:
    """What a unit of a product was sold for in a month, in minor units of the entity's currency."""
    product = company.product(product_id)
    return company.drifted(entity, product, period, company.list_price(entity, product), 35)


def _cost_of_sales(entity: Entity, period: str, moved: list[tuple[Cell, int]]) -> Flow:
    cells = [(cell, amount) for cell, amount in moved if cell.kind == "cogs"]
    contra = tuple("1310" if cell.account_id == "5110" else "2110" for cell, _ in cells)
    flow = _of_cells(entity, "Cost of sales", cells, contra, weight=12)
    sold = [company.product(cell.product_id) for cell, _ in cells]
    costs = tuple(company.drifted(entity, p, period, company.unit_cost(entity, p), 40) for p in sold)
    return replace(flow, prices=costs)


def _purchases(entity: Entity, moved: list[tuple[Cell, int]]) -> Flow:
    """Stock is bought a little ahead of growing sales."""
    used = sum(amount for cell, amount in moved if cell.kind == "cogs" and cell.account_id == "5110")
    amount = used * 1010 // 1000
    return Flow(
        entity, "Purchase of goods", entity.currency, "debit", ("1310",), ("",), ("",), ("2010",), (amount,),
        taxes=_input_tax(entity, [amount]), tax_account="1420", party="vendor", weight=5,
    )  # fmt: skip


def _vendor_invoices(entity: Entity, moved: list[tuple[Cell, int]]) -> Flow:
    cells = [(cell, amount) for cell, amount in moved if cell.kind == "vendor"]
    return _of_cells(entity, "Vendor invoice", cells, ("2010",) * len(cells), is_taxed=True, party="vendor", weight=16)


def _travel(entity: Entity, moved: list[tuple[Cell, int]]) -> Flow:
    cells = [(cell, amount) for cell, amount in moved if cell.kind == "travel"]
    return _of_cells(entity, "Expense report", cells, ("2160",) * len(cells), weight=8)


def _of_cells(
    entity: Entity,
    description: str,
    cells: list[tuple[Cell, int]],
    contra: tuple[str, ...],
    *,
    weight: int,
    is_taxed: bool = False,
    party: Party = "",
) -> Flow:
    amounts = tuple(amount for _, amount in cells)
    return Flow(
        entity, description, entity.currency, "debit", tuple(c.account_id for c, _ in cells),
        tuple(c.cost_center_id for c, _ in cells), tuple(c.product_id for c, _ in cells), contra, amounts,
        taxes=_input_tax(entity, list(amounts)) if is_taxed else (), tax_account="1420", party=party, weight=weight,
    )  # fmt: skip


def _input_tax(entity: Entity, amounts: list[int]) -> tuple[int, ...]:
    """Input tax; the parent's sales tax cannot be reclaimed, so its invoices have none."""
    if entity is company.PARENT:
        return ()
    return tuple(amount * entity.tax_permille // 1000 for amount in amounts)
