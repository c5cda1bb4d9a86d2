"""Bridge: why actuals differ from the budget, as effects that sum to the variance exactly.

`plan` keeps of the budget what a bridge needs, `cells` puts plan and postings side by side, `effects` is the arithmetic,
`foreign` the exchange rates in it, `assembly` the report, and `proofs` check that nothing was lost. Not here: the
variance itself (`budget`), nor what to do about it (`alerts`).

One cell is a version, entity, month, account and product. With budget B and actual A (in natural sign), planned and
actual quantity q and Q, and sums over the products of an account, the effects of a cell are, in this order:

    fx             A at the actual rate of the month less A at the budget rate, as far as the cell was planned in a
                   foreign currency; every other effect is computed from A at the budget rate
    new            A, for a product of which the version plans nothing in the month
    discontinued   -B, for a product of which nothing is posted in the month
    volume         income: B x (sum Q / sum q) - B
                   cost: the variable part of B, moved with the sales volume, less itself
    mix            income: B x Q / q - B - volume
    efficiency     cost with a standard quantity: B x Q / q - (B + volume)
    price, spend   what is left: for income the price, for cost (and the balance sheet) the spending

Worked example (income, planned 10 at 10.00 and 10 at 20.00, sold 12 at 11.00 and 18 at 20.00): B is 100 and 200, A is 132
and 360. Volume is half as much again, 50 and 100; mix is 120 - 150 = -30 and 360 - 300 = 60; price 12 and 0.
Together 32 and 160: the variance of each product.

Where a quantity is not known nothing is assumed: the whole is price for income and spend for cost. What a line without a
quantity adds to a cell with one (a rebate, a late invoice) is price or spend too.

Source: Horngren, Cost Accounting, chapters 7, 8 and 14 (flexible budget, price and efficiency, sales mix).
"""

from finops_pipeline.finance.bridge.assembly import Bridge, variance_bridge
from finops_pipeline.finance.bridge.effects import EFFECTS
from finops_pipeline.finance.bridge.plan import budget_by_product, budget_by_product_findings
from finops_pipeline.finance.bridge.proofs import bridge_findings

__all__ = [
    "EFFECTS",
    "Bridge",
    "bridge_findings",
    "budget_by_product",
    "budget_by_product_findings",
    "variance_bridge",
]
