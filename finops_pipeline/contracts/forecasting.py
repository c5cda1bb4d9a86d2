"""Forecasts with intervals, and how accurate each model was in backtest."""

from finops_pipeline.contracts.columns import (
    ACCOUNT_ID,
    CURRENCY,
    DEPARTMENT,
    ENTITY_ID,
    PERIOD,
    amount,
    nullable,
    plain,
)
from finops_pipeline.contracts.model import Column, Table

FORECAST = Table(
    "forecast", "forecast", "Forecast of revenue and cost per entity and department, with intervals",
    "series x horizon period",
    (
        Column("series_id", "code", "Series: measure, entity and department"),
        plain(ENTITY_ID),
        nullable(plain(ACCOUNT_ID)),
        DEPARTMENT,
        Column("measure", "code", "What is forecast", allowed=("revenue", "cost")),
        PERIOD,
        Column("origin_period", "period", "Last month of actuals the forecast has seen"),
        Column("model", "code", "Model that made it"),
        CURRENCY,
        amount("p05", "5 % quantile"),
        amount("p10", "10 % quantile"),
        amount("p50", "Median"),
        amount("p90", "90 % quantile"),
        amount("p95", "95 % quantile"),
        Column("reconciled", "boolean", "Whether medians of departments sum to their entity's median"),
    ),
    ("series_id", "period"),
)  # fmt: skip

FORECAST_ACCURACY = Table(
    "forecast_accuracy", "forecast", "Rolling-origin backtest of every model on every series", "series x model",
    (
        Column("series_id", "code", "Series: measure, entity and department"),
        Column("model", "code", "Model tested"),
        Column("folds", "integer", "Origins the model was tested from"),
        Column("mase", "ratio", "Mean absolute scaled error", nullable=True),
        Column("smape", "ratio", "Symmetric mean absolute percentage error, in percent (0 to 200)", nullable=True),
        Column("coverage_90", "ratio", "Share of actuals inside the 90 % interval", nullable=True),
        Column("chosen", "boolean", "Whether the forecast uses the model"),
        Column("beats_naive", "boolean", "Whether it is better than seasonal naive by MASE"),
    ),
    ("series_id", "model"),
)  # fmt: skip

TABLES = (FORECAST, FORECAST_ACCURACY)
