"""Rules of forecasts and KPIs."""

from finops_pipeline.contracts.rules.rule import rules

FORECASTS = rules(
    "finance.forecasting.assembly", "warns",
    FCT_001="The history is long enough to test a model",
    FCT_002="Every model that was tried came to a forecast",
    FCT_003="The departments' forecasts together are no worse in backtest than seasonal naive on the total",
)  # fmt: skip

KPIS = rules(
    "finance.kpis.proofs", "blocks",
    KPI_001="Every KPI has one row in every month",
    KPI_002="A KPI without value says why",
    KPI_003="Improvement and verdict are there where value, baseline and target are, and the improvement follows from them",
    KPI_004="An annual value and its currency are there together or not at all",
)  # fmt: skip
