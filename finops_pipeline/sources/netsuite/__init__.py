"""The source `netsuite`: tables of NetSuite as SuiteQL and SuiteAnalytics Connect give them."""
