"""KPIs of the close itself: how long it takes, what it keeps out, how well it forecasts."""

from collections.abc import Sequence

import pandas as pd

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.kpis.amounts import Value


def days_to_close(arrivals: pd.DataFrame, periods: Sequence[str]) -> dict[str, Value]:
    """Days from the end of the month to the last file that brought rows of it."""
    last = arrivals.groupby("period")["received_at"].max()
    return {
        p: Value(float((last[p].date() - calendar.last_day(p)).days)) if p in last.index else Value(None, "no data")
        for p in periods
    }


def forecast_mase(accuracy: pd.DataFrame, periods: Sequence[str], as_of_period: str) -> dict[str, Value]:
    """Mean MASE of the models chosen, in the month of the backtest."""
    chosen = accuracy.loc[accuracy["chosen"].astype(bool), "mase"].dropna()
    measured = Value(float(chosen.mean()), f"{len(chosen)} series") if len(chosen) else Value(None, "no data")
    elsewhere = Value(None, f"null: the backtest is of {as_of_period}")
    return {p: measured if p == as_of_period else elsewhere for p in periods}


def quarantine_rate(
    files: pd.DataFrame, arrivals: pd.DataFrame, periods: Sequence[str], as_of_period: str
) -> dict[str, Value]:
    """Share of the rows of a close that were kept out."""
    brought = files["file_id"].map(arrivals.groupby("file_id")["period"].max())
    before = [calendar.add(calendar.of(at.date()), -1) for at in files["received_at"]]
    closes = pd.Series(before, index=files.index, dtype="str").where(brought.isna(), brought)
    closes = closes.where(closes <= as_of_period, as_of_period)
    sums = files[["rows_quarantined", "rows_read"]].groupby(closes).sum()
    found = {str(p): (int(bad), int(read)) for p, bad, read in sums.itertuples(name=None) if read}
    return {p: Value(found[p][0] / found[p][1]) if p in found else Value(None, "no data") for p in periods}
