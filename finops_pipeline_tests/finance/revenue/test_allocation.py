"""Allocation of prices by relative standalone selling price: published examples, rounding, and the plain division."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import money
from finops_pipeline.finance.revenue.allocation import allocated_prices


def allocated(*rows: tuple[str, int, int | None]) -> list[int]:
    """Prices of obligations given as (contract, stated price, ssp)."""
    frame = pd.DataFrame(rows, columns=["contract_id", "stated_price", "ssp"])
    return allocated_prices(frame.astype({"contract_id": "str", "stated_price": "int64", "ssp": "Int64"})).tolist()


@pytest.mark.parametrize(
    ("price", "shares"),
    [
        # ASC 606-10-55-256 (Example 33): 100 over 50, 25, 75 of 150 is 33.33, 16.67 and 50. The example shows whole
        # dollars; the policy is to round to the minor unit of the currency.
        (100, [33, 17, 50]),  # without decimals: 33 + 16 + 50 leave 1, to the largest remainder, 0.67
        (10000, [3333, 1667, 5000]),  # in cents: 3333.33, 1666.67, 5000.00
        (-100, [-33, -17, -50]),  # a negative price is allocated as its positive twin
        (0, [0, 0, 0]),
    ],
)
def test_the_published_example_and_its_rounding(price: int, shares: list[int]) -> None:
    assert allocated(("C1", price, 50), ("C1", 0, 25), ("C1", 0, 75)) == shares


def test_the_discount_is_shared_by_all_obligations() -> None:
    # 100,000.00 for what costs 120,000.00 alone: 90 / 120 is 75,000.00, 15 / 120 is 12,500.00 each.
    rows = (("C1", 8000000, 9000000), ("C1", 1000000, 1500000), ("C1", 1000000, 1500000))
    assert allocated(*rows) == [7500000, 1250000, 1250000]


def test_equal_remainders_go_to_the_earlier_obligations() -> None:
    assert allocated(("C1", 5, 1), ("C1", 0, 1), ("C1", 0, 1)) == [2, 2, 1]  # 1.67 each: 1 + 1 + 1 leave 2


def test_stated_prices_stand_unless_every_obligation_of_the_contract_has_an_ssp() -> None:
    assert allocated(("C1", 60, 90), ("C1", 40, None), ("C2", 60, 10), ("C2", 40, 10), ("C3", 7, None)) == [
        *(60, 40),
        *(50, 50),  # the contract beside it is none of its business
        7,
    ]


def test_nothing_for_free_goods_and_no_obligations() -> None:
    assert allocated(("C1", 0, 0), ("C1", 0, 0)) == [0, 0]
    assert allocated() == []


def test_products_beyond_64_bits() -> None:
    # 10,000,000,001 over 1 : 2 is 3,333,333,333.67 and 6,666,666,667.33; the products pass 2**63, the shares do not.
    assert allocated(("C1", 10**10, 10**10), ("C1", 1, 2 * 10**10)) == [3333333334, 6666666667]


prices = st.integers(-1000, 1000) | st.integers(0, 10**12)
weights = st.integers(1, 9) | st.integers(1, 10**11)
obligations = st.tuples(st.sampled_from(["C1", "C2", "C3"]), prices, weights)


@settings(max_examples=30)
@given(rows=st.lists(obligations, max_size=8).map(sorted))
def test_the_shares_are_those_of_the_plain_division_and_sum_to_the_price(rows: list[tuple[str, int, int]]) -> None:
    shares = allocated(*rows)
    for contract, count in Counter(contract for contract, _, _ in rows).items():
        mine = [i for i, row in enumerate(rows) if row[0] == contract]
        price = sum(rows[i][1] for i in mine)
        assert sum(shares[i] for i in mine) == price
        assert [shares[i] for i in mine] == money.split(price, [rows[i][2] for i in mine])
        assert len(mine) == count
