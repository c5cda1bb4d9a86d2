"""Savings: what was claimed to be saved, and whether the ledger shows it.

`effect` estimates what a cost would have been without the action, with its interval; `table` sets each claim beside it and
proves that the actual cost is the ledger's. Not here: where money could be saved (`opportunities`).
"""
