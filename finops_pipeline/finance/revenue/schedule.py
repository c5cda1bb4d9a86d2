"""The revenue schedule: the revenue of every obligation by month, past and planned.

Here: point_in_time and straight_line obligations of unmodified contracts at fixed prices. A contract with anything else
is left out whole, with a finding that says why (`screening`): a missing number can be seen, a wrong one cannot.
Not here: the books that follow from the schedule (`books`, `rollforward`, `remaining`).

Rounding is cumulative: revenue up to the end of a month is round-half-even(price x part / whole), a month's revenue is
the difference to the month before. Months therefore sum to the price exactly, whatever their number.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import exact, months, satisfaction
from finops_pipeline.finance.revenue.allocation import allocated_prices
from finops_pipeline.finance.revenue.inputs import KEY, Inputs, Proration, gather
from finops_pipeline.finance.revenue.screening import screen


@dataclass(frozen=True, slots=True)
class Schedule:
    """The lines (table revenue_schedule), and what was left out or is doubtful."""

    lines: pd.DataFrame
    findings: list[Finding]


def revenue_schedule(
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    events: pd.DataFrame,
    entities: pd.DataFrame,
    as_of_period: str,
    *,
    proration: Proration = "daily",
) -> Schedule:
    """When the price of each obligation becomes revenue, as far as known at the end of `as_of_period`.

    Shape: one line per obligation and month with recognition, actual up to `as_of_period`, planned after. An obligation
    of which nothing is delivered nor expected has one line of zero in the month its contract was signed, so that every
    obligation that is not left out appears, and the last line's `remaining` is what no month is known for.
    Unit: minor units of the contract's currency.
    Source: ASC 606-10-25-23 to 25-37 (IFRS 15.31-45); conventions in `satisfaction`.
    """
    inputs, findings = screen(gather(contracts, obligations, events, entities, as_of_period))
    return Schedule(_lines(inputs, proration), findings)


def _lines(inputs: Inputs, proration: Proration) -> pd.DataFrame:
    obligations = inputs.obligations
    applied = satisfaction.deliveries(obligations, inputs.events)
    progress = [
        satisfaction.elapsed_service(obligations, proration),
        satisfaction.delivered_goods(applied),
        satisfaction.expected_goods(obligations, applied, inputs.as_of_period),
    ]
    progress.append(satisfaction.not_begun(obligations, np.concatenate([p.row for p in progress])))
    price = allocated_prices(obligations)
    row = np.concatenate([p.row for p in progress])
    month = np.concatenate([p.month for p in progress])
    cumulative = np.concatenate([exact.proportion(price[p.row], p.part, p.whole) for p in progress])
    order = np.lexsort((month, row))
    frame = _frame(obligations, price, row[order], month[order], cumulative[order])
    is_planned = (month[order] > periods.index(inputs.as_of_period)).astype(np.int64)
    frame["status"] = pd.Series(["actual", "planned"], dtype="str").take(is_planned).array
    return frame


def _frame(
    obligations: pd.DataFrame,
    price: months.Integers,
    row: months.Integers,
    month: months.Integers,
    cumulative: months.Integers,
) -> pd.DataFrame:
    before = np.where(np.diff(row, prepend=-1) == 0, np.roll(cumulative, 1), 0)
    frame = obligations[[*KEY, "entity_id", "product_id", "customer_id", "currency"]].astype("str")
    frame = frame.take(row).reset_index(drop=True)
    frame.insert(2, "period", months.labels(month))
    frame["allocated_price"] = price[row]
    frame["recognized"] = cumulative - before
    frame["cumulative_recognized"] = cumulative
    frame["remaining"] = price[row] - cumulative
    return frame


def schedule_findings(lines: pd.DataFrame, obligations: pd.DataFrame) -> list[Finding]:
    """Proofs of the schedule: months add up to what is recognized so far, prices to the contract's price.

    REV-101: cumulative revenue is the sum of the months, and with `remaining` makes the allocated price.
    REV-102: the allocated prices of a contract sum to its stated prices.
    """
    lines = lines.sort_values([*KEY, "period"])
    total = lines.groupby(KEY)["recognized"].cumsum()
    wrong = (total != lines["cumulative_recognized"]) | (total + lines["remaining"] != lines["allocated_price"])
    findings = [
        Finding("REV-101", f"{r.contract_id} / {r.obligation_id}", "the months do not add up to the schedule's totals: "
                "recompute revenue_schedule", period=str(r.period))
        for r in lines[wrong].itertuples()
    ]  # fmt: skip
    allocated = lines.drop_duplicates(KEY).groupby("contract_id")["allocated_price"].sum()
    stated = obligations.astype({"contract_id": "str"}).groupby("contract_id")["stated_price"].sum()
    both = pd.DataFrame({"allocated": allocated, "stated": stated.reindex(allocated.index)})
    return findings + [
        Finding("REV-102", str(r.Index), f"allocated {r.allocated} of a stated price of {r.stated}: recompute "
                "revenue_schedule")
        for r in both[both["allocated"] != both["stated"]].itertuples()
    ]  # fmt: skip
