"""Bridges of textbooks and public examples, with the numbers those print (favorable and unfavorable as signs)."""

from decimal import Decimal

from finops_pipeline_tests.finance.bridge.sales import bridged, effects, lines, posted


def amounts(**given: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in given.items()}


def test_gelsoft_flexible_budget() -> None:
    """Lumen Learning, Managerial Accounting: 172,405 units at $34 planned, 180,000 units at $33.50 sold."""
    plan = lines("""
        account_id  amount     quantity  unit_price
        4000        5,861,770  172,405   34
    """)
    actual = posted("""
        account_id  amount     quantity
        4000        6,030,000  180,000
    """)
    #   volume (180,000 - 172,405) x 34 = 258,230 F; price (33.50 - 34) x 180,000 = 90,000 U; static 168,230 F
    assert effects(bridged(plan, actual)) == amounts(volume="258230", price="-90000")


def test_direct_material() -> None:
    """Standard 4 lb at $3 a unit; 100 units planned, 120 made and sold, 450 lb used at $2.90."""
    plan = lines("""
        account_id  product_id  amount  quantity  unit_price
        4000        P           10000   100       100
        5000        P           1200    400       3
    """)
    actual = posted("""
        account_id  product_id  amount  quantity
        4000        P           12000   120
        5000        P           1305    450
    """)
    found = effects(bridged(plan, actual), "account_id")
    #   flexible budget 480 lb x 3 = 1,440; price 45 F, efficiency 90 F, volume 240 U
    assert found == {
        ("4000", "volume"): Decimal(2000),
        ("5000", "volume"): Decimal(240),
        ("5000", "efficiency"): Decimal(-90),
        ("5000", "spend"): Decimal(-45),
    }


def test_selling_price_variance() -> None:
    """Flexible budget 1,300,000 and actual revenue 1,260,000: 40,000 U (26,000 units planned at 50 sold as planned)."""
    plan = lines("""
        account_id  amount     quantity
        4000        1,300,000  26,000
    """)
    actual = posted("""
        account_id  amount     quantity
        4000        1,260,000  26,000
    """)
    assert effects(bridged(plan, actual)) == amounts(price="-40000")


def test_price_volume_mix_of_three_products() -> None:
    """Accountancy Index: A 10 x 1000, B 15 x 800, C 20 x 500 became A 11 x 1000, B 15 x 700, C 23 x 800."""
    plan = lines("""
        account_id  product_id  amount  quantity
        4000        A           10000   1000
        4000        B           12000   800
        4000        C           10000   500
    """)
    actual = posted("""
        account_id  product_id  amount  quantity
        4000        A           11000   1000
        4000        B           10500   700
        4000        C           18400   800
    """)
    made = bridged(plan, actual)
    assert effects(made) == amounts(price="3400", volume="2782.61", mix="1717.39")
    #   B: 12,000 x 2500 / 2300 = 13,043.48 and 15 x 700 = 10,500
    assert effects(made, "product_id")["B", "volume"] == Decimal("1043.48")
    assert effects(made, "product_id")["B", "mix"] == Decimal("-2543.48")
    assert ("B", "price") not in effects(made, "product_id")


def test_the_example_of_the_module() -> None:
    plan = lines("""
        account_id  product_id  amount  quantity
        4000        A           100     10
        4000        B           200     10
    """)
    actual = posted("""
        account_id  product_id  amount  quantity
        4000        A           132     12
        4000        B           360     18
    """)
    assert effects(bridged(plan, actual), "product_id") == {
        ("A", "volume"): Decimal(50),
        ("A", "mix"): Decimal(-30),
        ("A", "price"): Decimal(12),
        ("B", "volume"): Decimal(100),
        ("B", "mix"): Decimal(60),
    }
