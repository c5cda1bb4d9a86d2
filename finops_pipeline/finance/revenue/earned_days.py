"""How much of a month's revenue is earned when something is invoiced, paid or given back on a day of it.

The schedule knows months. Inside a month

* services accrue evenly over their days of it. What comes in on a day is there from its morning on, what comes in on the last day
  of the month at its close, when the month is performed (as changes of a contract take effect, `changes`).
* goods, progress and usage are earned on the days of their events, each its part of the month's revenue. What comes in on the
  same day is there before: a product that falls due when it is delivered has one rate (IFRIC 22.IE16-18).
* all other revenue (of estimates, changes and catch-ups of an obligation without such events) is earned last.

Worked example: a service of 310 in January, invoiced on the 11th: 100 are earned before. Invoiced on the 31st: all 310.

Here: amounts of transactions. Not here: what rate they take (`functional`).
"""

import numpy as np
import pandas as pd

from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.inputs import KEY
from finops_pipeline.finance.revenue.measures import measured
from finops_pipeline.finance.revenue.satisfaction import deliveries

_PLACE = [*KEY, "month"]


def earned_before(
    flows: pd.DataFrame,
    lines: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    events: pd.DataFrame,
) -> months.Integers:
    """Of each flow (contract_id, month, booked_on) the revenue of its month that is earned before it counts.

    Unit: minor units of the contract's currency.
    """
    earned = lines.loc[(lines["status"] == "actual") & (lines["recognized"] != 0), [*KEY, "period", "recognized"]]
    earned = earned.assign(month=months.numbers(earned["period"]))
    asked = flows[["contract_id", "month"]].assign(
        flow=np.arange(len(flows)), on=months.day_numbers(flows["booked_on"])
    )
    pairs = asked.merge(earned, on=["contract_id", "month"])
    part, whole = _of_services(pairs, contracts, obligations)
    done, total = _of_events(pairs, obligations, events)
    part, whole = part + done, whole + total  # an obligation is of one kind
    amount = exact.proportion(pairs["recognized"].to_numpy(np.int64), part, np.where(whole == 0, 1, whole))
    sums = np.zeros(len(flows), np.int64)
    np.add.at(sums, pairs["flow"].to_numpy(np.int64), amount)
    return sums


def _of_services(
    pairs: pd.DataFrame, contracts: pd.DataFrame, obligations: pd.DataFrame
) -> tuple[months.Integers, months.Integers]:
    """Days of a service in the month before the flow, and all of them; zeros where there is none."""
    terms = obligations.loc[obligations["recognition"] == "straight_line", [*KEY, "start_date", "end_date"]]
    signed = contracts["signed_on"].take(months.positions(terms["contract_id"], contracts["contract_id"]))
    begun = np.maximum(months.day_numbers(terms["start_date"]), months.day_numbers(signed))
    terms = terms[KEY].assign(begun=begun, ended=months.day_numbers(terms["end_date"]))
    found = pairs[_PLACE].merge(terms, on=KEY, how="left", validate="many_to_one")
    is_service = found["begun"].notna().to_numpy(bool)
    begun, ended = (found[name].fillna(0).to_numpy(np.int64) for name in ("begun", "ended"))
    month, on = pairs["month"].to_numpy(np.int64), pairs["on"].to_numpy(np.int64)
    close = months.last_days(month)
    first = np.maximum(begun, months.last_days(month - 1) + 1)
    whole = np.where(is_service, np.maximum(np.minimum(ended, close) - first + 1, 0), 0)
    return np.where(on == close, whole, np.clip(on - first, 0, whole)), whole


def _of_events(
    pairs: pd.DataFrame, obligations: pd.DataFrame, events: pd.DataFrame
) -> tuple[exact.AnyIntegers, exact.AnyIntegers]:
    """What the events of the obligation did in the month before the day of the flow, and all that they did in it."""
    done = _done(obligations, events)
    both = pairs[[*_PLACE, "on"]].assign(pair=np.arange(len(pairs))).merge(done, on=_PLACE)
    before = both["done"].where(both["day"] < both["on"], 0)
    part, whole = np.zeros((2, len(pairs)), object)
    np.add.at(part, both["pair"].to_numpy(np.int64), before.to_numpy(object))
    np.add.at(whole, both["pair"].to_numpy(np.int64), both["done"].to_numpy(object))
    sign = np.where(whole < 0, -1, 1)
    return part * sign * (whole != 0), whole * sign


def _done(obligations: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """What each event did of its obligation: its key, month, day and `done`, integers of one scale for each obligation."""
    happened = events.assign(event_date=events[["event_date", "recorded_on"]].max(axis=1))
    goods, progress = deliveries(obligations, happened), measured(obligations, happened)
    rows = pd.concat([_steps(goods, "delivered"), _steps(progress, "done"), _usage(obligations, happened)])
    rows = rows.reset_index(drop=True)
    return rows.assign(month=months.of_dates(rows["event_date"]), day=months.day_numbers(rows["event_date"]))[
        [*_PLACE, "day", "done"]
    ]


def _steps(rows: pd.DataFrame, so_far: str) -> pd.DataFrame:
    """What each event adds to what was done so far."""
    total = rows[so_far].to_numpy(object)
    starts = np.diff(rows["row"].to_numpy(np.int64), prepend=-1) != 0
    return rows[[*KEY, "event_date"]].assign(done=total - np.where(starts, 0, np.roll(total, 1)))


def _usage(obligations: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Usage by amount, or by quantity where an event of the obligation has no amount."""
    used = obligations.loc[obligations["recognition"] == "usage", KEY]
    rows = events.loc[events["event_type"] == "usage", [*KEY, "event_date", "amount", "quantity"]].merge(used, on=KEY)
    by_amount = rows["amount"].notna().groupby([rows[name] for name in KEY]).transform("all").to_numpy(bool)
    (quantity,) = exact.whole_quantities(rows["quantity"])
    amount = rows["amount"].fillna(0).to_numpy(np.int64)
    return rows[[*KEY, "event_date"]].assign(done=np.where(by_amount, amount, quantity).astype(object))
