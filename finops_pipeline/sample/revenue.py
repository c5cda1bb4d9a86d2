"""Contracts with customers, their obligations and what happened to them, up to the last day of the sample.

Obligations are satisfied at a point in time (licenses, hardware, services, each delivered once and whole) or straight-line
over a term (subscriptions, support). Contracts are in the entity's currency. Not here: contracts that change
(`changing`).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from finops_pipeline.finance import money, periods
from finops_pipeline.sample import changing, company
from finops_pipeline.sample.chance import Chance
from finops_pipeline.sample.company import Entity, Product
from finops_pipeline.sample.extract import Extract, Row, after
from finops_pipeline.sample.journals import CUSTOMERS

CONTRACT_COLUMNS = (
    "contract_id", "entity_id", "customer_id", "signed_on", "currency", "description", "financing_rate", "combination_id",
    "collectability", "criteria_met_on", "customer_country",
)  # fmt: skip
OBLIGATION_COLUMNS = (
    "contract_id", "obligation_id", "product_id", "recognition", "stated_price", "ssp", "ssp_method", "quantity",
    "start_date", "end_date", "total_measure", "added_by_event_id", "goods_cost",
)  # fmt: skip
EVENT_COLUMNS = (
    "event_id", "contract_id", "event_date", "event_type", "obligation_id", "amount", "quantity", "note", "total_measure",
    "method", "recorded_on", "component", "estimate_method", "constraint_confidence", "recovery_cost",
    "financing_rate",
)  # fmt: skip
PLAN_COLUMNS = ("contract_id", "due_on", "amount", "agreed_by_event_id")
OUTCOME_COLUMNS = ("event_id", "outcome_no", "contract_id", "amount", "probability")
_OVER_TIME = ("Subscription", "Support")
_ABROAD = ("AT", "CH", "FR", "GB", "JP", "US")
"""Countries of customers where the contract names one; most do not."""


@dataclass(slots=True)
class _Files:
    last_day: date
    contracts: list[Row] = field(default_factory=list)
    obligations: list[Row] = field(default_factory=list)
    events: list[tuple[date, str, str, str, str, str, str]] = field(default_factory=list)

    def happens(
        self, day: date, contract: str, kind: str, *, obligation: str = "", amount: str = "", quantity: str = "", note: str = ""
    ) -> None:  # fmt: skip
        """Note an event, unless it is still to come."""
        if day <= self.last_day:
            self.events.append((day, contract, kind, obligation, amount, quantity, note))


def extracts(seed: int, months: list[str]) -> list[Extract]:
    """The files of `contracts`, `obligations`, `contract_events`, `estimate_outcomes` and `payment_plan`."""
    files = _Files(periods.last_day(months[-1]))
    days = (files.last_day - periods.first_day(months[0])).days + 1
    for number in range(min(400, 150 + 4 * len(months))):
        chance = Chance(seed, 401, number)
        signed = periods.first_day(months[0]) + timedelta(days=chance.one(days))
        country = Chance(seed, 402, number).pick((*_ABROAD, *[""] * 9))
        _contract(files, chance, f"CT-{number + 1:05d}", signed, country)
    events: list[Row] = [
        (f"EV-{n:06d}", contract, day.isoformat(), kind, obligation, amount, quantity, note, *[""] * 8)
        for n, (day, contract, kind, obligation, amount, quantity, note) in enumerate(sorted(files.events), start=1)
    ]
    contracts, obligations, more, outcomes, payments = changing.stories(months)
    files.contracts, files.obligations, events = (
        files.contracts + contracts,
        files.obligations + obligations,
        events + more,
    )
    arrived = after(months[-1])
    return [
        Extract("contracts", "contracts.csv", CONTRACT_COLUMNS, files.contracts, arrived),
        Extract("obligations", "obligations.csv", OBLIGATION_COLUMNS, files.obligations, arrived),
        Extract("contract_events", "contract_events.csv", EVENT_COLUMNS, events, arrived),
        Extract("estimate_outcomes", "estimate_outcomes.csv", OUTCOME_COLUMNS, outcomes, arrived),
        Extract("payment_plan", "payment_plan.csv", PLAN_COLUMNS, payments, arrived),
    ]


def _contract(files: _Files, chance: Chance, contract: str, signed: date, country: str) -> None:
    """One contract: one to three products, billed on signing and yearly after, paid a month or two later."""
    entity = chance.pick((company.ENTITIES[0],) * 5 + (company.ENTITIES[1],) * 3 + (company.ENTITIES[2],) * 2)
    sold = company.products_of(entity)
    first = chance.one(len(sold))
    products = [sold[(first + 3 * n) % len(sold)] for n in range(chance.between(1, 3))]
    customer = f"C{chance.between(1, CUSTOMERS):05d}"
    words = " and ".join(p.name for p in products)
    head = (contract, entity.entity_id, customer, signed.isoformat(), entity.currency, words)
    files.contracts.append((*head, *[""] * 4, country))
    deal = _Deal(files, chance, entity, contract, signed)
    for n, product in enumerate(products, start=1):
        term = chance.pick((12, 12, 24, 36)) if product.family in _OVER_TIME else 0
        price = deal.promise(f"OB{n}", product, term, is_alone=len(products) == 1)
        deal.bill(price, max(1, term // 12))


@dataclass(frozen=True, slots=True)
class _Deal:
    """A contract being written."""

    files: _Files
    chance: Chance
    entity: Entity
    contract: str
    signed: date

    def promise(self, obligation: str, product: Product, term: int, *, is_alone: bool) -> int:
        """One obligation and its delivery; returns the stated price in minor units.

        A product sold alone sometimes has no standalone selling price: nothing is allocated there.
        """
        chance, signed = self.chance, self.signed
        quantity = chance.between(1, 4 if product.family == "License" else 25)
        standalone = company.list_price(self.entity, product) * quantity * max(1, term)
        price = standalone * chance.between(78, 100) // 100
        is_known = not is_alone or chance.one(3) > 0
        start = signed + timedelta(days=chance.one(30))
        end = _months_later(start, term) - timedelta(days=1) if term else start
        self.files.obligations.append((
            self.contract, obligation, product.product_id, "straight_line" if term else "point_in_time",
            self._text(price), self._text(standalone) if is_known else "",
            chance.pick(("observable", "observable", "estimated")) if is_known else "", str(quantity),
            start.isoformat() if term else "", end.isoformat() if term else "", *[""] * 3,
        ))  # fmt: skip
        if not term:
            delivered = signed + timedelta(days=chance.between(3, 75))
            self.files.happens(delivered, self.contract, "delivery", obligation=obligation, quantity=str(quantity))
        return price

    def bill(self, price: int, years: int) -> None:
        """Invoice a price in equal parts, yearly in advance; each is paid a month or two later, a few not at all."""
        for year, part in enumerate(money.split(price, [1] * years)):
            billed = _months_later(self.signed, 12 * year) + timedelta(days=self.chance.between(0, 9))
            self.files.happens(billed, self.contract, "invoice", amount=self._text(part))
            paid = billed + timedelta(days=self.chance.between(20, 70))
            if self.chance.one(40):
                self.files.happens(paid, self.contract, "payment", amount=self._text(part), note="Bank transfer")

    def _text(self, amount: int) -> str:
        return str(money.to_decimal(amount, self.entity.currency))


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day."""
    period = periods.add(periods.of(day), months)
    return periods.first_day(period).replace(day=min(day.day, periods.last_day(period).day))
