"""Accuracy and speed of the forecast on the 1,428 monthly series of the M3 competition.

    python benchmarks/forecast_m3.py [--limit N] [--processes 2]

Every series is forecast 18 months ahead by `forecast_values`, the function that production calls, and compared with the
competition's own test months. The single models stand beside it, from the same run on the same series; their intervals
come from their own backtest errors. Data: `m3/m3_monthly.parquet` in the folder FINOPS_SHARED_DATA
(default ../shared/data beside the repository). Source: Makridakis and Hibon, The M3-Competition, 2000.
"""

import argparse
import os
import time
import warnings
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.tsa.forecasting.theta import ThetaModel
from threadpoolctl import threadpool_limits

from finops_pipeline.finance.forecasting import Settings, backtest, intervals, metrics, models

HORIZON = 18
DATA = Path(os.environ.get("FINOPS_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FILE = DATA / "m3" / "m3_monthly.parquet"
HEAD = ("sMAPE", "MASE ", "80 % covers", "90 % covers", "CPU ms each")
LIBRARY_THETA = "theta, as statsmodels ships it"
OURS = "chosen by backtest"


def timed(function, *args):
    start = time.process_time()  # of the processor: what else the machine does does not count
    result = function(*args)
    return result, (time.process_time() - start) * 1000


def library_theta(history):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer runs as a user would run it; only its numbers are of interest here
        return np.maximum(np.asarray(ThetaModel(history, period=12).fit().forecast(HORIZON)), 0)


def alone(model, history):
    adjusted = models.adjust(history)
    return np.maximum(adjusted.restore(model(adjusted.values, HORIZON)), 0)


def judged(median, widths, history, actual, milliseconds):
    """sMAPE, MASE, 80 % coverage, 90 % coverage, milliseconds."""
    covered = [metrics.coverage(actual, np.maximum(median - w, 0), median + w) for w in widths] or [np.nan, np.nan]
    return (metrics.smape(actual, median), metrics.mase(actual, median, history), *covered, milliseconds)


def one_series(pair):
    history, actual = pair
    path, spent = timed(backtest.forecast_values, history, HORIZON, Settings())
    rows = {OURS: judged(path.median, (path.half_80, path.half_90), history, actual, spent)}
    singles = {
        models.SEASONAL_NAIVE: lambda: models.seasonal_naive(history, HORIZON),
        models.THETA: lambda: alone(models.theta, history),
        models.ETS: lambda: alone(models.ets, history),
        models.COMBINATION: lambda: (alone(models.theta, history) + alone(models.ets, history)) / 2,
        LIBRARY_THETA: lambda: library_theta(history),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # called without the guard that production puts around them
        for name, single in singles.items():
            median, spent = timed(single)
            known = path.folds and name in path.folds[0].paths
            widths = intervals.tested_widths([f.error(name) for f in path.folds], history, HORIZON) if known else ()
            rows[name] = judged(median, widths, history, actual, spent)
    return rows, path.model


def load(limit):
    frame = pd.read_parquet(FILE).sort_values(["unique_id", "ds"])
    pairs = [
        tuple(rows.loc[rows["split"] == split, "y"].to_numpy(dtype="float64") for split in ("train", "test"))
        for _, rows in frame.groupby("unique_id", sort=True)
    ]
    return pairs[:: max(1, len(pairs) // limit)][:limit] if limit else pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, default=0, help="only so many series, evenly spread (default: all)")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if not FILE.exists():
        print(f"skipped: {FILE} is not there; set FINOPS_SHARED_DATA to the folder that has m3/{FILE.name}")
        return
    pairs = load(options.limit)
    start = time.perf_counter()
    with Pool(options.processes, initializer=threadpool_limits, initargs=(1, "blas")) as pool:  # as `forecast` does
        results = pool.map(one_series, pairs, chunksize=10)
    spent = time.perf_counter() - start
    print(f"{len(pairs)} series, {HORIZON} months ahead, {spent:.0f} s on {options.processes} processes")
    print(f"| {'model':30} | {' | '.join(HEAD)} |\n|{'-' * 32}|{'|'.join('-' * (len(h) + 2) for h in HEAD)}|")
    for name in results[0][0]:
        smape, mase, c80, c90, cpu = pd.DataFrame([rows[name] for rows, _ in results]).mean()
        print(
            f"| {name:30} | {smape:5.2f} | {mase:5.3f} | {c80:11.1%} | {c90:11.1%} | {cpu:11.1f} |".replace(
                "nan%", "   -"
            )
        )
    print("chosen:", pd.Series([model for _, model in results]).value_counts().to_dict())


if __name__ == "__main__":
    main()
