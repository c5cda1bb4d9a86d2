"""Who the sample company is: entities, cost centers, products. What they earn and spend is in `economics`."""

from dataclasses import dataclass
from functools import cache

from finops_pipeline.finance import money, periods
from finops_pipeline.sample.chance import Chance


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity and the measures of its business (amounts in minor units of its currency).

    `revenue` is the revenue of an average first month, the yardstick of everything else; `tax_permille` the tax on sales;
    `foreign` the currency of its exports; `price` the price level against the list in US cents, as a fraction of 1000.
    """

    entity_id: str
    name: str
    currency: str
    country: str
    fiscal_year_start_month: int
    revenue: int
    tax_permille: int
    foreign: str
    price_permille: int
    volume: int
    code: int

    @property
    def unit(self) -> int:
        """A thousandth of the first month's revenue."""
        return self.revenue // 1000


@dataclass(frozen=True, slots=True)
class CostCenter:
    """A cost center and the people in it."""

    cost_center_id: str
    name: str
    department: str
    entity_id: str
    role: str
    owner: str
    heads: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product: its share of revenue (per mille), list price in US cents, and where its revenue and cost are booked."""

    product_id: str
    name: str
    family: str
    weight: int
    price: int
    revenue_account: str
    cost_account: str
    cost_permille: int


ENTITIES = (
    Entity("US01", "Meridian Systems Inc.", "USD", "US", 1, 320_000_000, 60, "EUR", 1_000, 55, 1),
    Entity("DE01", "Meridian Systems GmbH", "EUR", "DE", 7, 140_000_000, 190, "USD", 950, 28, 2),
    Entity("JP01", "Meridian Systems KK", "JPY", "JP", 4, 180_000_000, 100, "USD", 1_480, 17, 3),
)
PARENT = ENTITIES[0]

PRODUCTS = (
    Product("P-100", "Ledger Cloud", "Subscription", 230, 49_000, "4010", "5030", 20),
    Product("P-110", "Ledger Cloud Plus", "Subscription", 120, 99_000, "4020", "5030", 20),
    Product("P-120", "Forecast Studio", "Subscription", 80, 75_000, "4010", "5030", 20),
    Product("P-200", "Ledger Server", "License", 110, 1_250_000, "4110", "5210", 80),
    Product("P-210", "Forecast Server", "License", 40, 880_000, "4120", "5210", 80),
    Product("P-300", "Edge Gateway", "Hardware", 70, 64_500, "4210", "5110", 550),
    Product("P-310", "Scanner Kit", "Hardware", 40, 28_900, "4210", "5110", 550),
    Product("P-320", "Receipt Terminal", "Hardware", 40, 41_900, "4210", "5110", 550),
    Product("P-400", "Implementation", "Services", 110, 18_000, "4310", "5310", 400),
    Product("P-410", "Training Days", "Services", 30, 120_000, "4320", "5310", 400),
    Product("P-500", "Premium Support", "Support", 90, 60_000, "4030", "5040", 150),
    Product("P-510", "Standard Support", "Support", 40, 24_000, "4030", "5040", 150),
)
UNPLANNED = Product("P-330", "Badge Reader", "Hardware", 25, 22_900, "4210", "5110", 550)
WITHDRAWN = Product("P-340", "Label Printer", "Hardware", 15, 31_500, "4210", "5110", 550)
"""One product that the parent sells without a plan, and one that it plans and no longer sells."""
_NOT_SOLD = {"US01": (), "DE01": ("P-210", "P-320"), "JP01": ("P-120", "P-210", "P-310", "P-410")}

_DEPARTMENTS = (  # department, code, role, people in a cost center, cost centers in US, DE, JP, their names
    ("Sales", "SAL", "operating", 12, (4, 3, 2), ("Enterprise sales", "Mid-market sales", "Partner sales", "Inside sales")),
    ("Marketing", "MKT", "operating", 8, (2, 1, 1), ("Demand generation", "Brand and events")),
    ("Engineering", "ENG", "operating", 16, (4, 3, 1), ("Ledger platform", "Forecast products", "Devices", "Cloud operations")),
    ("Customer Success", "CSU", "operating", 9, (2, 1, 1), ("Support desk", "Professional services")),
    ("Operations", "OPS", "operating", 10, (2, 2, 1), ("Warehouse and logistics", "Procurement")),
    ("Finance", "FIN", "service", 9, (1, 1, 1), ("Accounting and control",)),
    ("People", "PPL", "service", 6, (1, 1, 1), ("People and culture",)),
    ("IT and Facilities", "ITF", "service", 8, (2, 1, 1), ("Internal systems", "Facilities")),
)  # fmt: skip
_OWNERS = ("A. Keller", "B. Osei", "C. Tanaka", "D. Moreau", "E. Novak", "F. Lindqvist", "G. Romano", "H. Patel")

ENTITY_COLUMNS = (
    "entity_id", "name", "functional_currency", "parent_entity_id", "ownership_pct", "country", "fiscal_year_start_month",
)  # fmt: skip
COST_CENTER_COLUMNS = ("cost_center_id", "name", "department", "entity_id", "role", "owner")
PRODUCT_COLUMNS = ("product_id", "name", "family")


@cache
def cost_centers() -> tuple[CostCenter, ...]:
    """All cost centers, entity by entity."""
    return tuple(
        CostCenter(
            f"{entity.country}-{code}-{n + 1}",
            f"{names[n]} {entity.country}",
            department,
            entity.entity_id,
            role,
            _OWNERS[(place + n) % len(_OWNERS)],
            heads * (3 - index) // 2 + n,
        )
        for index, entity in enumerate(ENTITIES)
        for place, (department, code, role, heads, counts, names) in enumerate(_DEPARTMENTS)
        for n in range(counts[index])
    )


def centers_of(entity: Entity, department: str | None = None) -> list[CostCenter]:
    """The cost centers of an entity, or of one department of it."""
    mine = [c for c in cost_centers() if c.entity_id == entity.entity_id]
    return [c for c in mine if department is None or c.department == department]


def products_of(entity: Entity) -> list[Product]:
    """The products that an entity sells."""
    return [p for p in PRODUCTS if p.product_id not in _NOT_SOLD[entity.entity_id]]


def list_price(entity: Entity, product: Product) -> int:
    """What one unit costs in the entity's home market, in minor units of its currency."""
    in_cents = product.price * entity.price_permille // 1000
    return in_cents if money.exponent(entity.currency) == 2 else in_cents // 10 * 10 or 1


@cache
def product(product_id: str) -> Product:
    """A product by its identifier."""
    return {p.product_id: p for p in (*PRODUCTS, UNPLANNED, WITHDRAWN)}[product_id]


def unit_cost(entity: Entity, product: Product) -> int:
    """What one unit costs as planned, in minor units of the entity's currency."""
    return max(1, list_price(entity, product) * product.cost_permille // 1000)


@cache
def drifted(entity: Entity, product: Product, period: str, unit: int, spread: int) -> int:
    """What a unit really came to in a month: up to `spread` per mille off, a little more often below than above."""
    swing = Chance(entity.code, int(product.product_id[2:]), periods.index(period), spread).one(2 * spread + 1)
    return max(1, unit * (995 - spread + swing) // 1000)


def entity_rows() -> list[tuple[str, ...]]:
    """The extract `entities`."""
    return [
        (
            e.entity_id,
            e.name,
            e.currency,
            "" if e is PARENT else PARENT.entity_id,
            "" if e is PARENT else "1.00",
            e.country,
            "" if e.fiscal_year_start_month == 1 else str(e.fiscal_year_start_month),
        )
        for e in ENTITIES
    ]


def cost_center_rows() -> list[tuple[str, ...]]:
    """The extract `cost_centers`."""
    return [(c.cost_center_id, c.name, c.department, c.entity_id, c.role, c.owner) for c in cost_centers()]


def product_rows() -> list[tuple[str, ...]]:
    """The extract `products`."""
    return [(p.product_id, p.name, p.family) for p in (*PRODUCTS, UNPLANNED, WITHDRAWN)]
