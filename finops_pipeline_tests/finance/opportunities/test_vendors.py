"""Vendors beside each other: prices of the same product, and subscriptions that several have."""

from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.opportunities import vendors
from finops_pipeline.finance.opportunities.register import SavingAssumptions

ASSUMED = SavingAssumptions()
MONTHS = ["2026-01", "2026-02", "2026-03"]
HALF_YEAR = periods.span("2026-01", "2026-06")


def lazily(frame: pd.DataFrame) -> nw.LazyFrame[Any]:
    return nw.from_native(frame).lazy()


def prices(*bought: tuple[str, str, int, int], product: str | None = "P1") -> pd.DataFrame:
    """recent_prices of (entity, vendor, minor units, quantity) in January; December and what has no quantity is left out."""
    rows = [(e, "2026-01", product, v, "EUR", a, Decimal(q)) for e, v, a, q in bought]
    rows += [("DE", "2025-12", product, "V9", "EUR", 1, Decimal(100)), ("DE", "2026-01", product, "V9", "EUR", 0, None)]
    names = ["entity_id", "period", "product_id", "vendor_id", "currency", "priced", "quantity"]
    found: pd.DataFrame = vendors.recent_prices(lazily(pd.DataFrame(rows, columns=names)), MONTHS).collect().to_native()
    return found


def test_a_vendor_that_charges_more_than_the_others_do() -> None:
    found = vendors.peer_prices(
        prices(("DE", "V1", 1_500, 10), ("DE", "V2", 1_000, 10), ("UK", "V3", 2_000, 16)), ASSUMED
    )
    assert [(o.entity_id, o.about) for o in found] == [("DE", ("P1", "V1")), ("UK", ("P1", "V3"))]
    # V1 at 1.50 against 1.00 and 1.25: 40 units a year to the middle (1.125) and to the least
    assert (found[0].low, found[0].high) == (1_500, 2_000)
    assert found[0].evidence[0]["others"] == {"V2": "1.0000", "V3": "1.2500"}
    # V3 is cheaper than the middle of V1 and V2 only if it is below 1.25: it is at it
    assert (found[1].low, found[1].high) == (0, 1_600)


def test_a_vendor_has_one_price_over_all_entities() -> None:
    found = vendors.peer_prices(
        prices(("DE", "V1", 1_500, 10), ("UK", "V1", 500, 10), ("DE", "V2", 1_000, 10)), ASSUMED
    )
    assert [o.entity_id for o in found] == ["DE"]  # against V2 alone, not against what V1 charges UK


def test_nothing_to_compare() -> None:
    assert vendors.peer_prices(prices(("DE", "V1", 1_500, 10)), ASSUMED) == []
    assert vendors.peer_prices(prices(("DE", "V1", 1_050, 10), ("DE", "V2", 1_000, 10)), ASSUMED) == []
    assert len(prices(("DE", "V1", 1_500, 10), ("DE", "V2", 1_000, 10), product=None)) == 0


def charged(*each: tuple[str, str, list[int]], account: str = "6420") -> pd.DataFrame:
    """subscriptions of (vendor, cost center, charges by month)."""
    rows = [
        ("DE", p, account, v, c, "EUR", a) for v, c, amounts in each for p, a in zip(HALF_YEAR, amounts, strict=False)
    ]
    names = [
        "entity_id",
        "period",
        "account_id",
        "vendor_id",
        "cost_center_id",
        "functional_currency",
        "functional_debit",
    ]
    book = pd.DataFrame(rows, columns=names).assign(functional_credit=0)
    found: pd.DataFrame = vendors.subscriptions(lazily(book), ["6420"], HALF_YEAR).collect().to_native()
    return found


def test_cost_centers_that_subscribe_to_the_same_vendor() -> None:
    rows = charged(("V1", "A", [1_000] * 6), ("V1", "B", [600, 600, 610, 600, 600, 590]), ("V2", "A", [500] * 6))
    (one,) = vendors.subscription_overlap(rows, 6, {"A": ("Sales", "B. Osei")}, ASSUMED)
    # B pays 36.00 in half a year, 72.00 in a year: 5 % to 20 % of it
    assert (one.about, one.low, one.high, one.department, one.owner) == (("V1",), 360, 1_440, "Sales", "B. Osei")
    assert [(e["cost_center_id"], e["charged"]) for e in one.evidence] == [("A", "60.00"), ("B", "36.00")]
    (unknown,) = vendors.subscription_overlap(rows, 6, {}, ASSUMED)
    assert (unknown.department, unknown.owner) == (None, None)


def test_what_is_no_subscription() -> None:
    a_month_missing, unsteady, credited = [600] * 5, [600, 600, 600, 600, 600, 700], [600, 600, 600, 600, 600, -600]
    for amounts in (a_month_missing, unsteady, credited):
        assert charged(("V1", "B", amounts)).empty
    assert charged(("V1", "B", [600] * 6), account="6430").empty
