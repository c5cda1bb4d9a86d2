"""The cloud bills of the parent, in FOCUS 1.2: a file a month, whose billed cost is what the ledger has on hosting.

A plain company's bill: machines, storage, databases and traffic at a tenth below list, a savings plan that is bought
month by month and used to nine tenths, a host that stands idle, a month of unusual traffic, a credit, and support, which takes what is left to the last cent. Costs are unit
price times quantity to ten decimals. Not here: how hosting is posted (`economics`, `ledger`).
"""

import json
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from finops_pipeline.finance import money, periods
from finops_pipeline.sample import company
from finops_pipeline.sample.chance import Chance
from finops_pipeline.sample.economics import Economy, cells
from finops_pipeline.sample.extract import Extract, Row, after

COLUMNS = (
    "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "ProviderName", "PublisherName",
    "InvoiceIssuerName", "InvoiceId", "BillingAccountId", "BillingAccountName", "BillingAccountType", "SubAccountId",
    "SubAccountName", "SubAccountType", "BillingCurrency", "PricingCurrency", "ChargeCategory", "ChargeClass",
    "ChargeFrequency", "ChargeDescription", "ServiceCategory", "ServiceSubcategory", "ServiceName", "RegionId",
    "RegionName", "ResourceId", "ResourceName", "ResourceType", "SkuId", "PricingCategory", "PricingUnit", "PricingQuantity", "ListUnitPrice", "ContractedUnitPrice",
    "ListCost", "ContractedCost", "EffectiveCost", "BilledCost", "ConsumedQuantity", "ConsumedUnit",
    "CommitmentDiscountId", "CommitmentDiscountCategory", "CommitmentDiscountType", "CommitmentDiscountStatus",
    "CommitmentDiscountQuantity", "CommitmentDiscountUnit", "Tags",
)  # fmt: skip
ACCOUNT, HOSTING = "007410258963", "5010"
_SERVICES = (  # category, subcategory, name, unit, contracted unit price, per mille of the month's bill
    ("Compute", "Virtual Machines", "Nimbus Machines", "Hours", "0.0891", 330),
    ("Compute", "Containers", "Nimbus Containers", "Hours", "0.0315", 110),
    ("Storage", "Object Storage", "Nimbus Objects", "GB-Months", "0.0207", 90),
    ("Databases", "Relational Databases", "Nimbus SQL", "Hours", "0.2034", 120),
    ("Networking", "Content Delivery", "Nimbus Edge", "GB", "0.0765", 60),
)
_SUB_ACCOUNTS = (("007410000001", "production", 640), ("007410000002", "development", 360))
_COMMITTED, _CREDIT = 200, 10  # per mille of the bill
_IDLE = 3  # per mille of the bill
_UNUSUAL = (29, "Nimbus Edge", 2)  # months after the first, service, times of what is usual
_PLAN = {
    "CommitmentDiscountId": "plan-2024", "CommitmentDiscountCategory": "Spend",
    "CommitmentDiscountType": "Savings Plan", "CommitmentDiscountUnit": "USD", "ServiceCategory": "Compute",
    "ServiceSubcategory": "Virtual Machines", "ServiceName": "Nimbus Machines", "SkuId": "PLAN",
}  # fmt: skip
RULES = f"""# Which entity pays the cloud bills, which accounts receive them, and how tags become allocation keys.
drivers = ["orders", "cloud_hours"]

[entities]
"{ACCOUNT}" = "{company.PARENT.entity_id}"

[[ledger]]
entity_id = "{company.PARENT.entity_id}"
accounts = ["{HOSTING}"]
provider = "Nimbus"

[[tags]]
tags = ["cost_center", "CostCenter"]
default = "shared"
"""
"""What `cloud.toml` beside the extracts says."""


def bills(economy: Economy) -> list[Extract]:
    """One file a month, arriving with the month's end."""
    found = []
    for number, period in enumerate(economy.months):
        posted = sum(
            amounts[number]
            for cell, amounts in zip(cells(), economy.amounts, strict=True)
            if (cell.entity_id, cell.account_id) == (company.PARENT.entity_id, HOSTING)
        )
        rows = _month(period, number, money.to_decimal(posted, "USD"), Chance(economy.seed, 607, number))
        found.append(Extract("cost_and_usage", f"nimbus_{period}.csv", COLUMNS, rows, after(period, 2), "focus"))
    return found


def _month(period: str, number: int, posted: Decimal, chance: Chance) -> list[Row]:
    """The charges of a month; billed cost sums to what is posted."""
    committed = _permille(posted, _COMMITTED)
    charges = [_purchase(committed), *_usage_of_plan(committed), _idle_host(_permille(posted, _IDLE))]
    for category, subcategory, name, unit, price, weight in _SERVICES:
        for place, (_, _, part) in enumerate(_SUB_ACCOUNTS):
            times = _UNUSUAL[2] if _UNUSUAL[:2] == (number, name) else 1
            amount = times * _permille(posted, weight) * (part - 20 + chance.one(40)) / 1000
            charges.append(
                _priced(amount, Decimal(price), place)
                | {"ServiceCategory": category, "ServiceSubcategory": subcategory, "ServiceName": name,
                   "PricingUnit": unit, "ConsumedUnit": unit, "SkuId": name.split()[1].upper()}
            )  # fmt: skip
    charges.append(_plain("Credit", -_permille(posted, _CREDIT), "Migration credit"))
    rest = posted - sum(Decimal(c["BilledCost"]) for c in charges)
    charges.append(
        _plain("Purchase", rest, "Support") | {"PricingCategory": "Standard", "ChargeFrequency": "Recurring"}
    )
    start, end = periods.first_day(period), periods.last_day(period) + timedelta(days=1)
    return [_row(charge, period, start, end) for charge in charges]


def _permille(amount: Decimal, part: int) -> Decimal:
    return (amount * part / 1000).quantize(Decimal("0.01"))


def _priced(amount: Decimal, price: Decimal, place: int) -> dict[str, str]:
    """Usage of about an amount at a price: as many millionths of a unit as it pays for; a tenth below list."""
    quantity = (amount / price).quantize(Decimal("0.000001"), ROUND_DOWN)
    cost, listed = f"{quantity * price:f}", price / 9 * 10
    sub_account, name, _ = _SUB_ACCOUNTS[place]
    centers = company.centers_of(company.PARENT, "Engineering")
    tags = {"environment": name, "CostCenter" if place else "cost_center": centers[place % len(centers)].cost_center_id}
    return {
        "ChargeCategory": "Usage", "ChargeFrequency": "Usage-Based", "ChargeDescription": f"Usage, {name}",
        "PricingCategory": "Standard", "PricingQuantity": f"{quantity:f}", "ListUnitPrice": f"{listed:f}",
        "ContractedUnitPrice": f"{price:f}", "ListCost": f"{quantity * listed:f}", "ContractedCost": cost,
        "EffectiveCost": cost, "BilledCost": cost, "ConsumedQuantity": f"{quantity:f}", "SubAccountId": sub_account,
        "SubAccountName": name, "SubAccountType": "Project", "RegionId": "eu-1", "RegionName": "Europe 1",
        "Tags": json.dumps(tags),
    }  # fmt: skip


def _idle_host(amount: Decimal) -> dict[str, str]:
    """A database host that is paid for by the hour and on which nothing runs."""
    return _priced(amount, Decimal("0.2034"), 1) | {
        "ServiceCategory": "Databases", "ServiceSubcategory": "Relational Databases", "ServiceName": "Nimbus SQL",
        "PricingUnit": "Hours", "ConsumedUnit": "Hours", "ConsumedQuantity": "0", "SkuId": "SQL",
        "ChargeDescription": "Dedicated host", "ResourceId": "host-sql-07", "ResourceName": "Migration rehearsal",
        "ResourceType": "Database host",
    }  # fmt: skip


def _purchase(committed: Decimal) -> dict[str, str]:
    return _PLAN | _plain("Purchase", committed, "Savings plan") | {
        "EffectiveCost": "0", "ChargeFrequency": "Recurring", "PricingCategory": "Standard",
        "CommitmentDiscountQuantity": f"{committed:f}", **_PLAN,
    }  # fmt: skip


def _usage_of_plan(committed: Decimal) -> list[dict[str, str]]:
    """Nine tenths of the plan used, at three tenths below the contracted price, and one tenth not."""
    used = _permille(committed, 900)
    rows = []
    for status, effective in (("Used", used), ("Unused", committed - used)):
        row = _priced(effective / Decimal("0.7"), Decimal("0.0891"), 0) | _PLAN
        row |= {
            "BilledCost": "0", "EffectiveCost": f"{effective:f}", "CommitmentDiscountStatus": status,
            "CommitmentDiscountQuantity": f"{effective:f}", "PricingCategory": "Committed", "PricingUnit": "Hours",
            "ConsumedUnit": "Hours",
        }  # fmt: skip
        rows.append(row if status == "Used" else row | {"ConsumedQuantity": "", "ConsumedUnit": "", "Tags": ""})
    return rows


def _plain(category: str, amount: Decimal, words: str) -> dict[str, str]:
    """A charge of one amount in all four costs."""
    return {
        "ChargeCategory": category, "ChargeFrequency": "One-Time", "ChargeDescription": words, "ServiceCategory": "Other",
        "ServiceSubcategory": "Other (Other)", "ServiceName": "Nimbus Account", "PricingUnit": "USD",
        "PricingQuantity": f"{amount:f}", "ListUnitPrice": "1", "ContractedUnitPrice": "1",
        **dict.fromkeys(("ListCost", "ContractedCost", "EffectiveCost", "BilledCost"), f"{amount:f}"),
    }  # fmt: skip


def _row(charge: dict[str, str], period: str, start: date, end: date) -> Row:
    first, last = (f"{day.isoformat()}T00:00:00Z" for day in (start, end))
    common = {
        "BillingPeriodStart": first, "BillingPeriodEnd": last, "ChargePeriodStart": first, "ChargePeriodEnd": last,
        **dict.fromkeys(("ProviderName", "PublisherName"), "Nimbus"), "InvoiceIssuerName": "Nimbus Ltd",
        "InvoiceId": f"NB-{period}", "BillingAccountId": ACCOUNT, "BillingAccountName": company.PARENT.name,
        "BillingAccountType": "Organization", "BillingCurrency": "USD", "PricingCurrency": "USD",
    }  # fmt: skip
    return tuple((common | charge).get(column, "") for column in COLUMNS)
