"""QuickBooks Online: documents of its interface become double entries, and its General Ledger report is read as it is printed."""
