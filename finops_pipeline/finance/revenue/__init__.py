"""Revenue from contracts with customers (ASC 606, IFRS 15): one module per step, and the public functions here.

`inputs` join and cut off, `screening` leaves out what cannot be accounted for, `allocation` shares out the price,
`satisfaction` says when obligations are satisfied, `schedule` puts price and time together; `books`, `rollforward` and
`remaining` report from the schedule, `proofs` check the roll-forward; `exact` and `months` are the arithmetic.
"""

from finops_pipeline.finance.revenue.books import recognized_revenue
from finops_pipeline.finance.revenue.proofs import rollforward_findings
from finops_pipeline.finance.revenue.remaining import remaining_findings, remaining_obligations
from finops_pipeline.finance.revenue.rollforward import revenue_rollforward
from finops_pipeline.finance.revenue.schedule import Schedule, revenue_schedule, schedule_findings

__all__ = [
    "Schedule",
    "recognized_revenue",
    "remaining_findings",
    "remaining_obligations",
    "revenue_rollforward",
    "revenue_schedule",
    "rollforward_findings",
    "schedule_findings",
]
