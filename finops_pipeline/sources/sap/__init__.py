"""SAP: S/4HANA's universal journal and the older ledger tables, with the master data that give them their meaning."""
