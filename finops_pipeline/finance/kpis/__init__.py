"""Key performance indicators of the group, month by month, against baseline and target.

A KPI is a number that somebody is judged by, so it is null rather than doubtful: where data, a rate or a base is
missing the value is null and the formula says why. Not here: the reports themselves, nor alerts (`alerts`).

`register` names the KPIs; `budget`, `profit` and `process` compute them; `goals` judges them; `scorecard` puts the
table together.
"""

from finops_pipeline.finance.kpis.register import KPIS
from finops_pipeline.finance.kpis.scorecard import KpiSources, kpi_scorecard

__all__ = ["KPIS", "KpiSources", "kpi_scorecard"]
