"""Step 3, the time value of money: a price that is paid long before or after the transfer (a financing component).

Here: instalments, present values and the interest of each period, exact to 60 digits and rounded once. Not here: whether
a component is significant, which is a judgment; nor the expedient for a year or less (606-10-32-18).

Source: ASC 606-10-32-15 to 32-20; IFRS 15.60-65.
"""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from itertools import pairwise

from finops_pipeline.finance import money


def present_value(payments: Iterable[int | Decimal], rate: Decimal) -> int:
    """What payments at the end of each of the coming periods are worth now. Unit: minor units; rate per period.

    >>> present_value([0, 12100], Decimal("0.1"))
    10000
    """
    with localcontext(money.WIDE):
        value, factor = Decimal(0), Decimal(1)
        for payment in payments:
            factor *= 1 + rate
            value += Decimal(payment) / factor
        return money.round_half_even(value)


def instalment(price: int, rate: Decimal, count: int) -> Decimal:
    """The equal payment at the end of each of `count` periods that pays a price, not rounded. Unit: minor units.

    >>> instalment(10000, Decimal(0), 4)
    Decimal('2500')

    Raises: ValueError without payments.
    """
    if count < 1:
        raise ValueError(f"a price cannot be paid in {count} instalments")
    with localcontext(money.WIDE):
        return Decimal(price) / count if rate == 0 else price * rate / (1 - (1 + rate) ** -count)


def interest(principal: int, rate: Decimal, count: int) -> list[int]:
    """The interest of each period on a principal that is paid, or worked off, at the end of the last one.

    The balance after each period is rounded once from the exact one, so the parts sum to the whole interest.

    >>> interest(10000, Decimal("0.1"), 2)
    [1000, 1100]
    """
    with localcontext(money.WIDE):
        balances = [money.round_half_even(principal * (1 + rate) ** period) for period in range(count + 1)]
    return [after - before for before, after in pairwise(balances)]
