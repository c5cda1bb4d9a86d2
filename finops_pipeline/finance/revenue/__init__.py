"""Revenue from contracts with customers (ASC 606, IFRS 15): one module per step, and the public functions here.

| step | what | modules |
|---|---|---|
| 1 | the contract: who can be accounted for (606-10-25-1) | `combination`, `gates`; `inputs` join and cut off, `screening` |
| 2 | its performance obligations (606-10-25-14) | `terms`, `obligation` |
| 3 | the transaction price (606-10-32-2) | `price`; `consideration`, `financing` estimate what goes into it; `prepared` puts `outcomes` and `financed` into the tables |
| 4 | its allocation (606-10-32-28) | `allocation` set-wise, `sharing` for one contract |
| 5 | satisfaction (606-10-25-23) | `satisfaction`, `measures` set-wise, `obligation` for one contract |

Contracts that change (606-10-25-10): `changes`; one contract through all its events: `replay`. `schedule` puts price and
time together; `books`, `rollforward` (with `settlements`), `journal`, `waterfall` and `remaining` report from it, each
with its proofs (`schedule_proofs`, `proofs`); `bookings` say when, `explanation` says why, `exact` and `months` are the arithmetic.
Many contracts: `parts` bounds the memory, `kept` says what must be made again after a night of changes, by `row_hashes`.
`refunds` say what goes back to customers, and the goods that come back, with `refund_proofs`.
`disaggregation` and `maturity` (by the revenue `to_come`; of contracts that change by their `outlook`) are for the notes,
`ledger_tie` sets revenue beside what was posted.
Contracts in foreign currency (IFRIC 22): `functional` books with `steps`, `earned_days`, `layers`, `related`, `exchange`, `functional_rows`, `functional_proofs`.
Costs of contracts (340-40): `costs` one at a time, `cost_assets` all of them, `cost_books` their journal and proofs.
"""

from finops_pipeline.finance.revenue.bookings import obligation_months
from finops_pipeline.finance.revenue.books import recognized_revenue
from finops_pipeline.finance.revenue.explanation import explain
from finops_pipeline.finance.revenue.journal import journal_findings, revenue_journal
from finops_pipeline.finance.revenue.kept import (
    Result,
    changed_contracts,
    findings_with_made_again,
    fingerprints,
    up_to_date,
    with_made_again,
)
from finops_pipeline.finance.revenue.parts import Tables, in_parts
from finops_pipeline.finance.revenue.proofs import rollforward_findings
from finops_pipeline.finance.revenue.remaining import remaining_findings, remaining_obligations
from finops_pipeline.finance.revenue.rollforward import revenue_rollforward
from finops_pipeline.finance.revenue.schedule import Schedule, Then, revenue_schedule
from finops_pipeline.finance.revenue.schedule_proofs import schedule_findings
from finops_pipeline.finance.revenue.waterfall import revenue_waterfall, waterfall_findings

__all__ = [
    "Result",
    "Schedule",
    "Tables",
    "Then",
    "changed_contracts",
    "explain",
    "findings_with_made_again",
    "fingerprints",
    "in_parts",
    "journal_findings",
    "obligation_months",
    "recognized_revenue",
    "remaining_findings",
    "remaining_obligations",
    "revenue_journal",
    "revenue_rollforward",
    "revenue_schedule",
    "revenue_waterfall",
    "rollforward_findings",
    "schedule_findings",
    "up_to_date",
    "waterfall_findings",
    "with_made_again",
]
