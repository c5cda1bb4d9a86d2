"""Savings that people of the company claim, a vendor that is paid late, and two that charge different prices.

One claim names the first opportunity of the engineering teams, one a department without comparable ones, one is still ahead.
"""

from finops_pipeline.finance import money, periods
from finops_pipeline.finance.opportunities.register import Opportunity
from finops_pipeline.sample import company
from finops_pipeline.sample.company import Entity
from finops_pipeline.sample.extract import Extract, Row, after, before
from finops_pipeline.sample.ledger import Line

CLAIM_COLUMNS = (
    "claim_id", "entity_id", "action_period", "currency", "annual_saving", "account_id", "cost_center_id", "comparables",
    "opportunity_id", "claimed_by",
)  # fmt: skip
TERMS_COLUMNS = ("vendor_id", "net_days", "discount_pct", "discount_days", "late_interest_pct")
_VENDOR = "V0900"
_SEATS = (("Engineering", 1_200), ("IT and Facilities", 800))  # what a month costs, in thousandths of the unit
_HELP = (("V0910", 40, 9_600, 0), ("V0911", 30, 10_900, 8))  # vendor, hours, cents an hour, rise by year in percent
_CLAIMS = (  # department, months before the last one, saving of a year in thousandths of the entity's unit, account
    ("Engineering", 5, 60_000, ""),
    ("People", 3, 9_000, ""),
    ("Marketing", -1, 12_000, ""),
)


def extracts(months: list[str]) -> list[Extract]:
    """The files of `saving_claims` and `vendor_terms`."""
    terms: list[Row] = [(_VENDOR, "30", "0.02", "10", "0.09")]
    claimed = Extract("saving_claims", "saving_claims.csv", CLAIM_COLUMNS, _claims(months), after(months[-1], 4))
    return [Extract("vendor_terms", "vendor_terms.csv", TERMS_COLUMNS, terms, before(months[0], 30)), claimed]


def _claims(months: list[str]) -> list[Row]:
    rows: list[Row] = []
    entity = company.PARENT
    for number, (department, back, thousandths, account) in enumerate(_CLAIMS, start=1):
        center = company.centers_of(entity, department)[0]
        about = Opportunity(
            "inefficient_cost_center", entity.entity_id, (center.cost_center_id,), "", [], entity.currency, 0, 0, 0
        )
        saving = str(money.to_decimal(entity.unit * thousandths // 1000, entity.currency))
        rows.append((
            f"S-{number:03d}", entity.entity_id, periods.add(months[-1], -back), entity.currency, saving, account,
            center.cost_center_id, "", about.identifier if department == "Engineering" else "", center.owner,
        ))  # fmt: skip
    return rows


def journals(entity: Entity, number: int) -> list[tuple[str, list[Line], int]]:
    """What the parent buys in a month in a way that could cost less. `number`: months since the first.

    Shape: (description, lines, day) of each journal.
    """
    return [*_seats(entity, number), *_hours(entity, number)] if entity is company.PARENT else []


def _hours(entity: Entity, number: int) -> list[tuple[str, list[Line], int]]:
    """Hours of implementation from two subcontractors; one is dearer from the start, and dearer every year."""
    center = company.centers_of(entity, "Customer Success")[-1].cost_center_id
    found = []
    for vendor, hours, cents, rise in _HELP:
        cost = hours * cents * (100 + rise * (number // 12)) // 100
        bought = Line("5310", cost, center, product="P-400", quantity=hours * 1000, vendor=vendor)
        found.append((f"Subcontracted hours of {vendor}", [bought, Line("2010", -cost, vendor=vendor)], 20))
        paid = [Line("2010", cost, vendor=vendor), Line("1010", -cost, vendor=vendor)]
        found.append((f"Payment of hours of {vendor}", paid, 27))
    return found


def _seats(entity: Entity, number: int) -> list[tuple[str, list[Line], int]]:
    """Two departments of the parent subscribe to the same vendor, each for itself, and pay in the next month: late."""
    found = []
    for place, (department, thousandths) in enumerate(_SEATS):
        cost, center = entity.unit * thousandths // 1000, company.centers_of(entity, department)[0].cost_center_id
        invoice = 7001 + 10 * number + place
        owed = [Line("6420", cost, center, vendor=_VENDOR), Line("2010", -cost, vendor=_VENDOR)]
        found.append((f"Seats, invoice {invoice}", owed, 5))
        paid = [Line("2010", cost, vendor=_VENDOR), Line("1010", -cost, vendor=_VENDOR)]
        found.append((f"Payment of invoice {invoice - 10}", paid if number else [], 24))
    return found
