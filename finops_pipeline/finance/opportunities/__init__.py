"""Opportunities: where money can be saved, with the evidence, and what has become of each.

`duplicates` finds documents that were booked twice, `spending` looks at vendors, prices, budgets, commitments and cost
centers, `register` gives each opportunity its identity and keeps its status from run to run. Not here: what was spent
(`cost`), alerts.
"""
