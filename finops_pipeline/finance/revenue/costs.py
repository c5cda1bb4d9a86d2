"""Costs of contracts (ASC 340-40, IFRS 15.91-104): what is capitalized, over what time it is expensed, what is lost.

Here: costs to obtain and to fulfil a contract, and the asset for goods that are expected back, one at a time. Not here:
revenue, nor all costs of an extract at once (`cost_assets`, which these functions are the definition of).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from finops_pipeline.finance import money, periods


class Cost(NamedTuple):
    """A cost of a contract. Unit: minor units.

    `is_incremental`: it would not have arisen without the contract (340-40-25-1); or, for a cost to fulfil, it creates a
    resource for future obligations and is expected to be recovered (25-5). `is_elsewhere`: another standard rules it, as
    for equipment or software (25-5, opening).
    """

    name: str
    amount: int
    is_incremental: bool
    is_elsewhere: bool = False


def capitalized(costs: Sequence[Cost], benefit_months: int, *, expense_short: bool = False) -> int:
    """What of the costs is an asset under 340-40. With the expedient, nothing that benefits a year or less (25-4).

    >>> capitalized([Cost("commission", 100, True), Cost("travel", 25, False)], 36)
    100
    """
    if expense_short and benefit_months <= 12:
        return 0
    return sum(cost.amount for cost in costs if cost.is_incremental and not cost.is_elsewhere)


def amortization(asset: int, first: str, term_months: int, renewal_months: int = 0) -> dict[str, int]:
    """The expense of each month, in equal parts over the term and the renewals that are expected (340-40-35-1).

    >>> amortization(100, "2026-01", 2, 1)
    {'2026-01': 34, '2026-02': 33, '2026-03': 33}

    Raises: ValueError without months.
    """
    months = term_months + renewal_months
    if months < 1:
        raise ValueError(f"an asset cannot be amortized over {months} months")
    return dict(zip(periods.span(first, periods.add(first, months - 1)), money.split(asset, [1] * months), strict=True))


def impairment(carrying: int, consideration: int, costs: int) -> int:
    """What of the asset is lost: what the consideration still to come does not cover after its costs (340-40-35-3).

    >>> impairment(500, 900, 600), impairment(500, 1200, 600)
    (200, 0)
    """
    return max(carrying - max(consideration - costs, 0), 0)


def cost_of_returns(cost: int, sold: Decimal, expected_back: Decimal) -> tuple[int, int]:
    """Cost of sales, and the asset for the goods expected back (606-10-55-23 c); they sum to the cost.

    >>> cost_of_returns(6000, Decimal(100), Decimal(3))
    (5820, 180)

    Raises: ValueError when more is expected back than was sold.
    """
    kept, back = money.split(cost, [sold - expected_back, expected_back])
    return kept, back
