"""Cloud bills: whether they keep FOCUS, what was saved, how they tie to the ledger, and what a unit of business costs.

Here: everything that is computed from the charges of `cloud_costs` beyond the monthly bill. Not here: the bill by month
(`finance.balances`), what was spent by department (`finance.cost`).
"""
