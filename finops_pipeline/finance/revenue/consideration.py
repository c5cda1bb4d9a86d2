"""Step 3, estimates within the transaction price: variable consideration, payments to customers, options of customers.

Here: the methods as functions of amounts and probabilities. What they give enters the engine as `variable_estimate`
events and standalone selling prices. Not here: the price that follows (`price`), the time value of money (`financing`).

Source: ASC 606-10-32-5 to 32-13 (IFRS 15.50-58), 606-10-32-25 (IFRS 15.70), 606-10-55-44 (IFRS 15.B42).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from finops_pipeline.finance import money


class Outcome(NamedTuple):
    """An amount that may come about, and how likely it is. Unit: minor units; a fraction."""

    amount: int
    probability: Decimal


def expected_value(outcomes: Sequence[Outcome]) -> int:
    """The sum of amounts weighted by probability: for many contracts alike, or many outcomes (606-10-32-8 a).

    >>> expected_value([Outcome(100, Decimal("0.75")), Outcome(0, Decimal("0.25"))])
    75

    Raises: ValueError when the probabilities do not sum to 1.
    """
    _demand_whole(outcomes)
    return money.round_half_even(sum((o.amount * o.probability for o in outcomes), Decimal(0)))


def most_likely(outcomes: Sequence[Outcome]) -> int:
    """The amount with the highest probability, the lower one of equals: for two outcomes, say a bonus (606-10-32-8 b).

    >>> most_likely([Outcome(150, Decimal("0.6")), Outcome(0, Decimal("0.4"))])
    150

    Raises: ValueError when the probabilities do not sum to 1.
    """
    _demand_whole(outcomes)
    return min(outcomes, key=lambda o: (-o.probability, o.amount)).amount


def constrained(estimate: int, outcomes: Sequence[Outcome], confidence: Decimal) -> int:
    """The part of an estimate that will, with this confidence, not have to be reversed (606-10-32-11).

    That is the estimate, but not more than the highest amount that is reached or exceeded with the confidence asked for.

    >>> outcomes = [Outcome(80, Decimal("0.3")), Outcome(60, Decimal("0.4")), Outcome(40, Decimal("0.3"))]
    >>> constrained(60, outcomes, Decimal("0.9")), constrained(60, outcomes, Decimal("0.7"))
    (40, 60)

    Raises: ValueError when the probabilities do not sum to 1, or no confidence is asked for.
    """
    _demand_whole(outcomes)
    if not 0 < confidence <= 1:
        raise ValueError(f"confidence {confidence} is not a fraction above 0: ask for 0.9, for example")
    reached = [
        o.amount
        for o in outcomes
        if sum((other.probability for other in outcomes if other.amount >= o.amount), Decimal(0)) >= confidence
    ]
    return min(estimate, max(reached))


def less_payable_to_customer(invoiced: int, payable: int, purchases: int) -> int:
    """Revenue of an invoice after its share of a payment to the customer over all expected purchases (606-10-32-25).

    >>> less_payable_to_customer(200, 30, 300)
    180

    Raises: ValueError when no purchases are expected.
    """
    if purchases <= 0:
        raise ValueError(f"purchases of {purchases} cannot carry a payment to the customer: expense it")
    return invoiced - money.round_half_even(Decimal(invoiced) * payable / purchases)


def option_price(purchases: int, discount: Decimal, available_to_all: Decimal, likelihood: Decimal) -> int:
    """Standalone selling price of an option to buy more for less: a material right (606-10-55-44).

    The discount beyond what everybody gets, on the purchases expected, as likely as the option is used; not less than
    nothing. Unit: minor units; fractions.

    >>> option_price(5000, Decimal("0.4"), Decimal("0.1"), Decimal("0.8"))
    1200
    """
    return max(money.round_half_even(purchases * (discount - available_to_all) * likelihood), 0)


def _demand_whole(outcomes: Sequence[Outcome]) -> None:
    total = sum((o.probability for o in outcomes), Decimal(0))
    if total != 1 or any(o.probability < 0 for o in outcomes):
        raise ValueError(f"probabilities sum to {total}, not to 1: name every outcome")
