"""The standards' own examples of estimates, financing and costs (340-40), amounts in cents, roundings of the text beside.

Each case names its example. The text rounds to whole dollars unless it says otherwise.
"""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.finance.revenue import consideration, costs, financing
from finops_pipeline.finance.revenue.consideration import Outcome
from finops_pipeline.finance.revenue.costs import Cost

D = Decimal


def test_example_21_two_methods_for_two_kinds_of_variability() -> None:
    # 2.5 million, 10,000 less for each day late and more for each day early; a bonus of 150,000 for a rating. The text
    # gives the methods, the probabilities here are ours: a day early 30 %, on time 50 %, two days late 20 %.
    days = [Outcome(1_000_000, D("0.3")), Outcome(0, D("0.5")), Outcome(-2_000_000, D("0.2"))]
    assert consideration.expected_value(days) == -100_000  # 0.3 x 10,000 - 0.2 x 20,000 = -1,000.00
    assert consideration.most_likely([Outcome(15_000_000, D("0.7")), Outcome(0, D("0.3"))]) == 15_000_000


def test_example_23_price_concessions_with_and_without_constraint() -> None:
    # 1,000 products at 100. A: a concession of 20 % is nearly certain. B: 20 to 60 %, 40 % expected; 50 % is what will not
    # reverse. The probabilities of B are ours.
    a = [Outcome(8_000_000, D(1))]
    assert consideration.constrained(consideration.expected_value(a), a, D("0.9")) == 8_000_000
    b = [
        Outcome(8_000_000, D("0.25")),
        Outcome(6_500_000, D("0.25")),
        Outcome(5_000_000, D("0.4")),
        Outcome(4_000_000, D("0.1")),
    ]
    assert consideration.expected_value(b) == 6_025_000
    assert consideration.constrained(consideration.expected_value(b), b, D("0.9")) == 5_000_000


def test_example_32_consideration_payable_to_a_customer() -> None:
    # 1,500,000 to a customer that buys for at least 15,000,000: of 2,000,000 invoiced, 1,800,000 are revenue. Exact.
    assert consideration.less_payable_to_customer(200_000_000, 150_000_000, 1_500_000_000) == 180_000_000


def test_example_49_option_that_is_a_material_right() -> None:
    # 50 on average, 40 % off of which 10 % are for everybody, used by 80 %: 12. Exact.
    assert consideration.option_price(50_00, D("0.4"), D("0.1"), D("0.8")) == 12_00
    # Example 50: a discount that everybody gets is no material right.
    assert consideration.option_price(50_00, D("0.1"), D("0.1"), D("0.8")) == 0


def test_example_26_financing_with_a_right_of_return() -> None:
    # 121 due in 24 months, cash price 100, implicit 10 %: after the 90 days revenue 100, then interest 10 and 11. Exact.
    assert financing.present_value([0, 121_00], D("0.1")) == 100_00
    assert financing.interest(100_00, D("0.1"), 2) == [10_00, 11_00]


def test_example_28_discount_rates() -> None:
    # A: 1,000,000 in 60 monthly instalments at 5 %: 18,871. B: the same instalments at 12 %: 848,357, from the instalment
    # as it is; with the rounded 18,871 of the text it would be 848,347.
    payment = financing.instalment(100_000_000, D("0.05") / 12, 60)
    assert round(payment / 100) == 18_871
    assert financing.present_value([payment] * 60, D("0.05") / 12) == 100_000_000
    assert round(financing.present_value([payment] * 60, D("0.01")) / 100) == 848_357
    assert round(financing.present_value([1_887_100] * 60, D("0.01")) / 100) == 848_347


def test_example_29_payment_in_advance() -> None:
    # 4,000 paid two years ahead, 6 %: interest 494, so revenue 4,494. The text rounds; in cents 494.40.
    # The inputs are from memory and were not compared with the official text.
    assert sum(financing.interest(4_000_00, D("0.06"), 2)) == 494_40


def test_example_62_repurchase_that_is_a_financing() -> None:
    # Sold for 1,000,000 with a call at 1,100,000 in a year: no revenue, interest 100,000. Exact.
    assert financing.interest(100_000_000, D("0.1"), 1) == [10_000_000]


def test_example_36_costs_to_obtain_a_contract() -> None:
    # Legal fees 15,000 and travel 25,000 would have arisen anyway; the commission of 10,000 is an asset.
    spent = [Cost("legal", 1_500_000, False), Cost("travel", 2_500_000, False), Cost("commission", 1_000_000, True)]
    assert costs.capitalized(spent, 24) == 1_000_000
    assert costs.capitalized(spent, 12, expense_short=True) == 0
    assert costs.capitalized(spent, 13, expense_short=True) == 1_000_000


def test_example_37_costs_to_fulfil_a_contract() -> None:
    # Design 40,000 and migration 100,000 are assets under 340-40, hardware 120,000 and software 90,000 under their own
    # standards; five years and a renewal of two that is expected: 20,000 a year. Exact.
    spent = [Cost("design", 4_000_000, True), Cost("hardware", 12_000_000, True, True),
             Cost("software", 9_000_000, True, True), Cost("migration", 10_000_000, True)]  # fmt: skip
    asset = costs.capitalized(spent, 84)
    assert asset == 14_000_000
    expense = costs.amortization(asset, "2026-01", 60, 24)
    assert (len(expense), sum(expense.values())) == (84, asset)
    # 140,000 / 7; a month is 1,666.666..., so the first months carry a cent more than the last.
    assert [sum(a for p, a in expense.items() if p[:4] == year) for year in ("2026", "2027", "2032")] == [
        2_000_004,
        2_000_004,
        1_999_992,
    ]


def test_example_22_the_asset_for_goods_expected_back() -> None:
    # 100 sold at a cost of 60, 3 expected back: cost of sales 5,820, return asset 180. Exact.
    assert costs.cost_of_returns(6_000_00, D(100), D(3)) == (5_820_00, 180_00)


def test_an_asset_that_the_contract_no_longer_covers_is_impaired() -> None:
    assert costs.impairment(500, 900, 600) == 200
    assert costs.impairment(500, 100, 600) == 500, "never more than there is"


@pytest.mark.parametrize(
    "refused",
    [
        lambda: consideration.expected_value([Outcome(1, D("0.9"))]),
        lambda: consideration.most_likely([Outcome(1, D("1.5")), Outcome(2, D("-0.5"))]),
        lambda: consideration.constrained(1, [Outcome(1, D(1))], D(0)),
        lambda: consideration.less_payable_to_customer(1, 1, 0),
        lambda: financing.instalment(1, D(0), 0),
        lambda: costs.amortization(1, "2026-01", 0),
        lambda: costs.cost_of_returns(1, D(1), D(2)),
    ],
)
def test_what_cannot_be_estimated_is_refused(refused) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        refused()


@given(st.integers(1, 10**9), st.integers(0, 50), st.integers(1, 60))
def test_instalments_pay_the_price_and_interest_sums_to_what_is_paid_more(price: int, percent: int, count: int) -> None:
    rate = D(percent) / 100
    payment = financing.instalment(price, rate, count)
    assert financing.present_value([payment] * count, rate) == price
    grown = price * (1 + Fraction(percent, 100)) ** count
    assert sum(financing.interest(price, rate, count)) == round(grown) - price
