"""The sample's cloud bills are what the ledger has on hosting, to the cent, and keep the rules of FOCUS they show."""

import csv
from collections import defaultdict
from decimal import Decimal

from finops_pipeline.sample import SampleSummary


def test_billed_cost_of_a_month_is_what_is_posted_on_hosting(clean: SampleSummary, rows) -> None:
    posted: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows(clean.out, "journal_lines"):
        if (row["entity_id"], row["account_id"]) == ("US01", "5010"):
            posted[row["period"] or row["posting_date"][:7]] += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for path in (clean.out / "focus" / "cost_and_usage").glob("*.csv"):
        with path.open(newline="") as stream:
            for row in csv.DictReader(stream):
                billed[row["BillingPeriodStart"][:7]] += Decimal(row["BilledCost"])
    assert billed == posted
    assert len(billed) > 1
