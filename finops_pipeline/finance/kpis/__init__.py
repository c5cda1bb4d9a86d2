"""Key performance indicators of the group, month by month, against baseline and target.

A KPI is a number that somebody is judged by, so it is null rather than doubtful: where data, a rate, a base or an
assumption is missing the value is null and the formula says why. Not here: the reports themselves, nor alerts
(`alerts`).

`register` names the KPIs; `budget`, `profit`, `cost`, `revenue` and `process` compute them, all as exact fractions;
`goals` judges them; `worth` says what an improvement is worth; `scorecard` puts the table together and `proofs` checks it.
"""

from finops_pipeline.finance.kpis.goals import GOALS, Goal
from finops_pipeline.finance.kpis.register import KPIS
from finops_pipeline.finance.kpis.scorecard import KpiSources, kpi_scorecard
from finops_pipeline.finance.kpis.worth import Assumptions

__all__ = ["GOALS", "KPIS", "Assumptions", "Goal", "KpiSources", "kpi_scorecard"]
