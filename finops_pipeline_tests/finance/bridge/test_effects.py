"""What a bridge says of products and costs, and where something is missing; each with its sum by hand."""

from decimal import Decimal

from finops_pipeline_tests.finance.bridge.sales import bridged, effects, lines, posted


def d(number: str) -> Decimal:
    return Decimal(number)


def test_new_and_discontinued_products() -> None:
    plan = lines("""
        account_id  product_id  amount  quantity
        4000        OLD         500     5
        4000        BOTH        100     10
        5000        OLD         50      -
    """)
    actual = posted("""
        account_id  product_id  amount  quantity
        4000        NEW         700     7
        4000        BOTH        110     10
        5000        NEW         30      -
    """)
    assert effects(bridged(plan, actual), "account_id", "product_id") == {
        ("4000", "OLD", "discontinued"): d("-500"),
        ("4000", "NEW", "new"): d("700"),
        ("4000", "BOTH", "price"): d("10"),
        ("5000", "OLD", "discontinued"): d("-50"),
        ("5000", "NEW", "new"): d("30"),
    }


def test_what_is_booked_on_another_account_than_planned_is_neither_new_nor_discontinued() -> None:
    plan = lines("""
        account_id  product_id  amount  quantity
        4000        A           500     5
        5000        A           100     -
        6000        B           20      -
    """)
    actual = posted("""
        account_id  product_id  amount  quantity
        7000        A           600     6
        4000        A           300     3
        5100        A           90      -
        6000        C           20      -
    """)
    found = effects(bridged(plan, actual), "account_id", "product_id")
    assert found == {
        ("4000", "A", "volume"): d("-200"),
        ("7000", "A", "price"): d("600"),  # other income has no plan, and A is not new
        ("5000", "A", "volume"): d("-40"),  # 3 of 5 sold
        ("5000", "A", "spend"): d("-60"),
        ("5100", "A", "spend"): d("90"),
        ("6000", "B", "discontinued"): d("-20"),
        ("6000", "C", "new"): d("20"),
    }


def test_without_quantities_the_whole_is_price_or_spend() -> None:
    plan = lines("""
        account_id  product_id  amount  quantity
        4000        -           1000    -
        7000        -           50      -
        5000        -           400     -
        6000        -           300     -
        1200        -           70      -
        4000        P           10      -
        8000        -           5       -
    """)
    actual = posted("""
        account_id  product_id  amount  quantity
        4000        -           900     9
        7000        -           60      -
        5000        -           450     -
        6000        -           250     -
        1200        -           90      -
        4000        P           12      4
        7500        -           3       -
    """)
    assert effects(bridged(plan, actual), "account_id") == {
        ("4000", "price"): d("-98"),  # 900 - 1000, and 12 - 10 of P: sold in units that were not planned
        ("7000", "price"): d("10"),
        ("5000", "spend"): d("50"),
        ("6000", "spend"): d("-50"),
        ("1200", "spend"): d("20"),
        ("7500", "spend"): d("3"),
        ("8000", "spend"): d("-5"),
    }


def test_cost_by_behavior_moves_with_the_sales_volume() -> None:
    """Sales of 100 planned at 10.00 and 150 sold: variable cost half as much again, fixed cost not."""
    plan = lines("""
        account_id  amount  quantity
        4000        1000    100
        5000        400     -
        5200        400     -
        6000        300     -
        6110        200     -
    """)
    actual = posted("""
        account_id  amount  quantity
        4000        1500    150
        5000        610     -
        5200        610     -
        6000        310     -
        6110        260     -
    """)
    mixed = {"6110": d("0.25"), "6000": d("0")}
    assert effects(bridged(plan, actual, shares=mixed), "account_id") == {
        ("4000", "volume"): d("500"),
        ("5000", "volume"): d("200"),
        ("5000", "spend"): d("10"),
        ("5200", "spend"): d("210"),  # no behavior declared: nothing is assumed
        ("6000", "spend"): d("10"),
        ("6110", "volume"): d("25"),  # a quarter of 200, half as much again
        ("6110", "spend"): d("35"),
    }
    assert ("6110", "volume") not in effects(bridged(plan, actual), "account_id")


def test_what_nobody_declares_moves_as_it_is_estimated() -> None:
    plan = lines("""
        account_id  amount  quantity
        4000        1000    100
        5100        400     -
        5200        400     -
        6000        300     -
        6110        200     -
    """)
    actual = posted("""
        account_id  amount  quantity
        4000        1500    150
        5100        610     -
        5200        610     -
        6000        310     -
        6110        260     -
    """)
    estimated = {(e, a): d("0.25") for e in ("DE", "GHOST") for a in ("5100", "5200", "6000", "6110", "9999")}
    found = effects(bridged(plan, actual, shares={"6110": d("0.5")}, estimated=estimated), "account_id")
    assert found["5100", "volume"] == d("200")  # declared variable
    assert found["5200", "volume"] == d("50")  # a quarter of 400, half as much again
    assert found["6110", "volume"] == d("50")  # the settings go before
    assert ("6000", "volume") not in found  # declared fixed


def test_cost_without_a_product_moves_with_all_sales_at_planned_prices() -> None:
    """Planned sales 1000 + 500 + 100 gone; at planned prices 2000 + 250 sold, and 150 of a new product: 2400 / 1600."""
    plan = lines("""
        account_id  product_id  amount  quantity
        4000        A           1000    100
        4000        B           500     10
        4000        GONE        100     1
        5000        -           800     -
        5100        A           10      -
        5100        B           10      -
    """)
    actual = posted("""
        account_id  product_id  amount  quantity
        4000        A           2200    200
        4000        B           250     5
        4000        NEW         150     3
        5000        -           1200    -
        5100        A           20      -
        5100        B           5       -
    """)
    found = effects(bridged(plan, actual), "account_id", "product_id")
    assert found["5000", "-", "volume"] == d("400")
    assert ("5000", "-", "spend") not in found
    assert (found["5100", "A", "volume"], found["5100", "B", "volume"]) == (d("10"), d("-5"))


def test_fixed_cost_with_a_quantity_has_efficiency_and_spend_but_no_volume() -> None:
    """Ten hours at 30.00 planned, twelve at 31.00 worked, whatever was sold."""
    plan = lines("""
        account_id  amount  quantity
        4000        100     10
        6000        300     10
        6100        300     10
    """)
    actual = posted("""
        account_id  amount  quantity
        4000        200     20
        6000        372     12
    """)
    assert effects(bridged(plan, actual), "account_id") == {
        ("4000", "volume"): d("100"),
        ("6000", "efficiency"): d("60"),
        ("6000", "spend"): d("12"),
        ("6100", "spend"): d("-300"),  # nothing posted: not efficient, but not there
    }


def test_rebates_and_returns_without_or_with_units() -> None:
    """90 net units of 100 planned; a rebate of 20 without units lowers the price."""
    plan = lines("""
        account_id  amount  quantity
        4000        1000    100
    """)
    actual = posted("""
        account_id  amount  quantity
        4000        1000    100
        4000        -100    -10
        4000        -20     -
    """)
    assert effects(bridged(plan, actual)) == {"volume": d("-100"), "price": d("-20")}
