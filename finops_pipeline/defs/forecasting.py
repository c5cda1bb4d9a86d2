"""Forecasts: revenue and cost of every department, and how accurate each model was in backtest."""

import pandas as pd

from finops_pipeline.contracts.forecasting import FORECAST, FORECAST_ACCURACY
from finops_pipeline.defs import metadata
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import forecasting, money


@recipe(FORECAST, checks=["models_could_be_tested"])
def forecast(
    run: Run,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
) -> Made:
    """Forecast from the current month on, by the model that won the backtest of its series."""
    made = made_once(run, gl_balances, accounts, cost_centers, entities)
    return Made(made.forecast, {"models_could_be_tested": made.findings}, {"chart": chart(made.forecast)})


@recipe(FORECAST_ACCURACY, after=["forecast"])
def forecast_accuracy(
    run: Run,
    gl_balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
) -> pd.DataFrame:
    """Report the backtest that the forecast was chosen by."""
    return made_once(run, gl_balances, accounts, cost_centers, entities).accuracy


def made_once(
    run: Run, gl_balances: pd.DataFrame, accounts: pd.DataFrame, cost_centers: pd.DataFrame, entities: pd.DataFrame
) -> forecasting.Forecasts:
    """Forecast and backtest are one computation: the second of the two tables finds it done."""

    def compute() -> forecasting.Forecasts:
        series = forecasting.series_from_balances(gl_balances, accounts, cost_centers, entities, run.current)
        return forecasting.forecast(series, run.current, run.house.settings.forecast_horizon)

    made: forecasting.Forecasts = run.house.once("forecasts", compute)
    return made


def chart(made: pd.DataFrame) -> str:
    """Revenue of each entity: median and 90 % interval."""
    totals = made[(made["measure"] == "revenue") & made["department"].isna()]
    charts = []
    for entity, rows in totals.groupby("entity_id"):
        scale = 10 ** money.exponent(str(rows["currency"].iloc[0]))
        drawn = {name: (rows[name].astype("float64") / scale).tolist() for name in ("p50", "p05", "p95")}
        charts.append(metadata.lines(f"Revenue {entity}", rows["period"].tolist(), drawn))
    return "\n\n".join(charts)


RECIPES = (forecast, forecast_accuracy)
