"""Oracle General Ledger (E-Business Suite and Fusion): journals, balances, budgets and the masters they refer to."""
