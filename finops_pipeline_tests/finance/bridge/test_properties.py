"""What holds of every bridge: it sums, order does not matter, the currency's scale does not, and the plain form agrees."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import bridge
from finops_pipeline_tests.finance.books import ENTITIES
from finops_pipeline_tests.finance.bridge.sales import EXACT, MONTH, RATES, VARIABLE, bridged

TYPES = VARIABLE.set_index("account_id")["account_type"].to_dict()
BEHAVIOR = VARIABLE.set_index("account_id")["cost_behavior"].to_dict()
Row = tuple[str, str | None, int, int | None]

accounts = st.sampled_from(["4000", "5000", "5100", "6000", "6110", "7000"])
products = st.sampled_from([None, "A", "B", "C"])
quantities = st.one_of(st.none(), st.integers(1, 50))
rows = st.lists(st.tuples(accounts, products, st.integers(-9_999, 99_999), quantities), max_size=14)


def planned(found: list[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(found, columns=["account_id", "product_id", "amount", "quantity"])
    quantity = pd.Series([None if pd.isna(q) else Decimal(int(q)) for q in frame["quantity"]], dtype=EXACT)
    text = {"version": "v1", "entity_id": "DE", "period": MONTH, "cost_center_id": None, "currency": "EUR"}
    whole = frame.assign(**text, quantity=quantity, unit_price=pd.Series([None] * len(frame), dtype=EXACT))
    return whole.astype(dict.fromkeys([*text, "account_id", "product_id"], "str")).astype({"amount": "int64"})


def booked(found: list[Row]) -> pd.DataFrame:
    lines = planned(found)
    is_sold = lines["account_id"].str.startswith(("4", "7"))
    quantity = [None if pd.isna(q) else -q if c else q for q, c in zip(lines["quantity"], is_sold, strict=True)]
    return lines.assign(
        debit=lines["amount"].mask(is_sold, 0), credit=lines["amount"].where(is_sold, 0),
        quantity=pd.Series(quantity, dtype=EXACT), lines=1,
    )  # fmt: skip


SOLD_TYPES = ("revenue", "other_income")
Cell = tuple[str, str | None]


class Plain:
    """The bridge cell by cell in fractions, nothing rounded: the definition that the fast form must keep to."""

    def __init__(self, plan: list[Row], actual: list[Row]) -> None:
        self.plan, self.posted = self.summed(plan), self.summed(actual)
        self.cells = sorted({*self.plan, *self.posted}, key=str)
        self.compared = [c for c in self.cells if self.is_compared(c)]
        self.revenue = [c for c in self.compared if TYPES[c[0]] == "revenue"]
        self.gone = [c for c in self.cells if TYPES[c[0]] == "revenue" and self.is_gone(c)]

    @staticmethod
    def summed(rows: list[Row]) -> dict[Cell, tuple[int, int | None]]:
        sums: dict[Cell, tuple[int, int | None]] = {}
        for account, product, amount, quantity in rows:
            old, units = sums.get((account, product), (0, None))
            sums[account, product] = (old + amount, units if quantity is None else (units or 0) + quantity)
        return sums

    def q(self, cell: Cell) -> int | None:
        return self.posted[cell][1] if cell in self.posted else 0

    def missing(self, side: dict, cell: Cell) -> bool:
        """Whether a product is nowhere on one side: for income among revenue, for cost anywhere."""
        only = TYPES[cell[0]] in SOLD_TYPES
        return cell not in side and not any(p == cell[1] and (not only or TYPES[a] == "revenue") for a, p in side)

    def is_new(self, cell: Cell) -> bool:
        return cell[1] is not None and self.missing(self.plan, cell)

    def is_gone(self, cell: Cell) -> bool:
        return cell[1] is not None and self.missing(self.posted, cell)

    def is_compared(self, cell: Cell) -> bool:
        known = cell in self.plan and self.plan[cell][1] is not None and self.q(cell) is not None
        return TYPES[cell[0]] in SOLD_TYPES and known and not self.is_gone(cell)

    def sales(self, cell: Cell) -> dict[str, Fraction]:
        group = [c for c in self.compared if c[0] == cell[0]]
        b, units = self.plan[cell]
        volume = b * Fraction(sum(self.q(c) for c in group), sum(self.plan[c][1] for c in group)) - b
        return {"volume": volume, "mix": b * Fraction(self.q(cell), units) - b - volume}

    def activity(self, product: str | None) -> Fraction:
        """Sold over planned; one where it is not known."""
        if product is not None:
            mine = [c for c in self.revenue + self.gone if c[1] == product and self.plan[c][1] is not None]
            base = sum(self.plan[c][1] for c in mine)
            return Fraction(sum(self.q(c) for c in mine), base) if base else Fraction(1)
        base = sum(self.plan[c][0] for c in self.revenue + self.gone)
        at_plan = sum(self.plan[c][0] * Fraction(self.q(c), self.plan[c][1]) for c in self.revenue)
        brought = sum(self.posted[c][0] for c in self.cells if TYPES[c[0]] == "revenue" and self.is_new(c))
        return Fraction(at_plan + brought, base) if self.revenue and base > 0 else Fraction(1)

    def cost(self, cell: Cell) -> dict[str, Fraction]:
        b, units = self.plan[cell]
        moved = b * self.activity(cell[1]) - b if BEHAVIOR[cell[0]] == "variable" else Fraction(0)
        if units is None or cell not in self.posted or self.posted[cell][1] is None:
            return {"volume": moved}
        return {"volume": moved, "efficiency": b * Fraction(self.posted[cell][1], units) - b - moved}

    def of_cell(self, cell: Cell) -> dict[str, Fraction]:
        difference = Fraction(self.posted.get(cell, (0, None))[0] - self.plan.get(cell, (0, None))[0])
        if self.is_new(cell) or self.is_gone(cell):
            return {"new" if self.is_new(cell) else "discontinued": difference}
        is_cost = TYPES[cell[0]] not in SOLD_TYPES
        parts = self.sales(cell) if cell in self.compared else self.cost(cell) if is_cost and cell in self.plan else {}
        return {**parts, "spend" if is_cost else "price": difference - sum(parts.values())}


def plain(plan: list[Row], actual: list[Row]) -> dict[tuple[str, str | None, str], Fraction]:
    form = Plain(plan, actual)
    return {(*cell, effect): value for cell in form.cells for effect, value in form.of_cell(cell).items()}


@settings(max_examples=30)
@given(plan=rows.filter(bool), actual=rows)
def test_the_fast_form_is_the_plain_form_to_a_rounding(plan: list[Row], actual: list[Row]) -> None:
    made = bridged(planned(plan), booked(actual)).rows  # proves that it sums
    found = {
        (r.account_id, None if pd.isna(r.product_id) else r.product_id, r.effect): r.amount for r in made.itertuples()
    }
    expected = plain(plan, actual)
    for place in {*found, *expected}:
        # rounded are the cell itself, and the planned value of all sales that a cost moves with
        assert abs(found.get(place, 0) - expected.get(place, 0)) <= tolerance(plan, place), place


def tolerance(plan: list[Row], place: tuple) -> Fraction:
    """Half a unit per rounding; a cost moves with a volume whose parts are rounded to half a unit each."""
    if TYPES[place[0]] in ("revenue", "other_income"):
        return Fraction(3)
    base = sum(amount for account, _, amount, _ in plan if account == "4000")
    cost = sum(abs(amount) for account, product, amount, _ in plan if (account, product) == place[:2])
    smallest = [abs(b) for b in bases(plan) if b]
    return Fraction(3) + (Fraction(5 * cost, min(smallest)) if smallest else Fraction(abs(base)))


def bases(plan: list[Row]) -> list[int]:
    """Every sum of planned revenue by product that a cost's volume may be divided by."""
    totals: dict[str | None, int] = defaultdict(int)
    for account, product, amount, _ in plan:
        if account == "4000":
            totals[product] += amount
    sums = [0]
    for total in totals.values():
        sums += [s + total for s in sums]
    return sums


@settings(max_examples=12)
@given(plan=rows.filter(bool), actual=rows, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(plan: list[Row], actual: list[Row], chance) -> None:
    before = bridged(planned(plan), booked(actual)).rows
    mixed = [chance.sample(found, len(found)) for found in (plan, actual)]
    pd.testing.assert_frame_equal(bridged(planned(mixed[0]), booked(mixed[1])).rows, before)


@settings(max_examples=12)
@given(plan=rows.filter(bool), actual=rows, scale=st.sampled_from([10, 1000]))
def test_amounts_in_a_smaller_unit_give_the_same_bridge(plan: list[Row], actual: list[Row], scale: int) -> None:
    """Cent or tenth of a cent: what is larger by the scale stays larger by the scale, but for rounding."""
    one = bridged(planned(plan), booked(actual)).rows
    bigger = [[(a, p, amount * scale, q) for a, p, amount, q in found] for found in (plan, actual)]
    other = bridged(planned(bigger[0]), booked(bigger[1])).rows
    keys = ["account_id", "product_id", "effect"]
    both = one.merge(other, on=keys, how="outer", suffixes=("", "_scaled")).fillna({"amount": 0, "amount_scaled": 0})
    for row in both.itertuples():
        allowed = tolerance(plan, (row.account_id, None if pd.isna(row.product_id) else row.product_id)) * scale
        assert abs(row.amount * scale - row.amount_scaled) <= 2 * allowed


def test_a_scale_that_nothing_is_rounded_at_scales_exactly() -> None:
    plan, actual = [("4000", "A", 1000, 10), ("4000", "B", 3000, 10)], [("4000", "A", 1300, 12), ("4000", "B", 2500, 8)]
    one = bridged(planned(plan), booked(actual)).rows
    big = [[(a, p, amount * 7, q) for a, p, amount, q in found] for found in (plan, actual)]
    pd.testing.assert_frame_equal(bridged(planned(big[0]), booked(big[1])).rows, one.assign(amount=one["amount"] * 7))


@pytest.mark.parametrize("units", ["0.000000000000001", "40000000000000000000000"])
def test_quantities_and_amounts_beyond_64_bits_stay_exact(units: str) -> None:
    """An amount of 9 x 10^16 over quantities of 1e-15 or 4e22: half of them sold is half of it."""
    amount = 90_000_000_000_000_000
    whole = pd.Series([Decimal(units) * 2] * 2, dtype=EXACT)
    half = pd.Series([-Decimal(units)] * 2, dtype=EXACT)
    plan = planned([("4000", "A", amount, 1), ("4000", "B", 2, 1)]).assign(quantity=whole)
    actual = booked([("4000", "A", amount // 2, 1), ("4000", "B", 1, 1)]).assign(quantity=half)
    by_product = bridge.budget_by_product(plan, ENTITIES, RATES)
    made = bridge.variance_bridge(by_product, actual, VARIABLE, ENTITIES, [MONTH], RATES).rows
    assert made[["product_id", "effect", "amount"]].to_numpy().tolist() == [
        ["A", "volume", -amount // 2],
        ["B", "volume", -1],
    ]


@settings(max_examples=30)
@given(
    parts=st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 99)), min_size=1, max_size=6),
    sold=st.integers(0, 400),
)
def test_volume_of_an_account_is_rounded_once_and_shared_out(parts: list[tuple[int, int]], sold: int) -> None:
    """The account's volume is the rounded exact one; each product's is the exact one rounded down or up."""
    plan = [("4000", f"P{n}", amount, units) for n, (amount, units) in enumerate(parts)]
    actual = [("4000", f"P{n}", 1, sold if n == 0 else 0) for n in range(len(parts))]
    made = bridged(planned(plan), booked(actual)).rows
    volumes = made[made["effect"] == "volume"].set_index("product_id")["amount"]
    amounts, units = [a for a, _ in parts], sum(q for _, q in parts)
    flexed = [int(volumes.get(f"P{n}", 0)) + amount for n, amount in enumerate(amounts)]
    assert sum(flexed) == round(Fraction(sum(amounts) * sold, units))
    assert all(abs(f - Fraction(a * sold, units)) < 1 for f, a in zip(flexed, amounts, strict=True))
