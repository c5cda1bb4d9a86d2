"""KPIs of the close itself: how long it takes, what it takes in, keeps out and ties, how well it forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Self

import pandas as pd

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.kpis.amounts import NO_DATA, Value, Values, last_twelve, null


def days_to_close(arrivals: pd.DataFrame, periods: Sequence[str]) -> Values:
    """Days from the end of the month to the last file that brought rows of it."""
    last = arrivals.groupby("period")["received_at"].max()
    return {
        p: Value(Fraction((last[p].date() - calendar.last_day(p)).days)) if p in last.index else NO_DATA
        for p in periods
    }


def forecast_mase(accuracy: pd.DataFrame, periods: Sequence[str], as_of_period: str) -> Values:
    """Mean MASE of the models chosen, in the month of the backtest."""
    chosen = accuracy.loc[accuracy["chosen"].astype(bool), "mase"].dropna().sort_values()
    total = sum(map(Fraction, chosen), Fraction(0))
    measured = Value(total / len(chosen), f"{len(chosen)} series") if len(chosen) else NO_DATA
    elsewhere = null(f"the backtest is of {as_of_period}")
    return {p: measured if p == as_of_period else elsewhere for p in periods}


def mitigated_risk(risks: pd.DataFrame, periods: Sequence[str], as_of_period: str) -> Values:
    """Expected loss in a year of the risks that are mitigated, as the register has them now.

    The mean of each loss is (low + 4 mode + high) / 6. Unit: major units of the group currency.
    Source: Malcolm and others, Application of a technique for research and development program evaluation (PERT),
    Operations Research 7 (1959).
    """
    columns = ["probability", "impact_low", "impact_mode", "impact_high"]
    chosen = risks.loc[risks["status"] == "mitigated", columns].itertuples(index=False, name=None)
    exact = [[Fraction(number) for number in row] for row in chosen]
    loss = sum((p * (low + 4 * mode + high) / 6 for p, low, mode, high in exact), Fraction(0))
    known = Value(loss, f"{len(exact)} risks") if len(risks) else NO_DATA
    elsewhere = null(f"the risk register is of {as_of_period}")
    return {p: known if p == as_of_period else elsewhere for p in periods}


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """The files by the month in whose close they count.

    That is the latest month a file brought rows of; of one that brought none (master data, rejected files) the month
    before it was received, at the latest `as_of_period`.
    """

    files: pd.DataFrame
    closes: pd.Series

    @classmethod
    def of(cls, files: pd.DataFrame, arrivals: pd.DataFrame, as_of_period: str) -> Self:
        """Every file with its close."""
        brought = files["file_id"].map(arrivals.groupby("file_id")["period"].max())
        before = [calendar.add(calendar.of(at.date()), -1) for at in files["received_at"]]
        closes = pd.Series(before, index=files.index, dtype="str").where(brought.isna(), brought)
        return cls(files, closes.where(closes <= as_of_period, as_of_period))

    def values(self, periods: Sequence[str], reconciliation: pd.DataFrame) -> dict[str, Values]:
        """Share of rows kept out of a close; files taken in, rows kept out and control totals tied in a year."""
        ties = pd.Series([Decimal(d) == 0 for d in reconciliation["difference"]], dtype="int64")
        tied = ties.groupby(reconciliation["file_id"].to_numpy()).sum()
        measures = {
            "automation_benefit": (self.files["status"] == "accepted").astype("int64"),
            "data_quality_benefit": self.files["rows_quarantined"],
            "coordination_benefit": self.files["file_id"].map(tied).fillna(0).astype("int64"),
        }
        counts = {name: self._in_a_year(measure, periods) for name, measure in measures.items()}
        return {"quarantine_rate": self._quarantine_rate(periods), **counts}

    def _quarantine_rate(self, periods: Sequence[str]) -> Values:
        sums = self.files[["rows_quarantined", "rows_read"]].groupby(self.closes).sum()
        found = {str(p): Fraction(int(bad), int(read)) for p, bad, read in sums.itertuples(name=None) if read}
        return {p: Value(found[p]) if p in found else NO_DATA for p in periods}

    def _in_a_year(self, measure: pd.Series, periods: Sequence[str]) -> Values:
        by_close = {str(p): int(n) for p, n in measure.groupby(self.closes).sum().items()}
        first = min(by_close, default="9999-12")
        found = {}
        for period in periods:
            months = last_twelve(period)
            count = sum(by_close.get(month, 0) for month in months)
            found[period] = Value(Fraction(count)) if first <= months[0] else null("needs twelve months of closes")
        return found
