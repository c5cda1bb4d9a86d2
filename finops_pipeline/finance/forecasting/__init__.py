"""Forecasts of monthly revenue and cost: one module per question, and the public functions here.

`series`: what is forecast. `models`: from a history to a path of medians. `backtest`: which model to trust.
`intervals`: how wide. `metrics`: how accurate. `assembly`: the report tables, in money, with totals that add up.
"""

from finops_pipeline.finance.forecasting.assembly import BOTTOM_UP, Forecasts, forecast
from finops_pipeline.finance.forecasting.backtest import Settings
from finops_pipeline.finance.forecasting.series import series_from_balances

__all__ = ["BOTTOM_UP", "Forecasts", "Settings", "forecast", "series_from_balances"]
