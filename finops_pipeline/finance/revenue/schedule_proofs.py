"""Proofs of the schedule: months add up to revenue so far, prices to the contract's price, and no contract is lost.

Here: REV-101 to REV-104, from the lines and the rows they were made from. Not here: how the lines come about
(`schedule`).
"""

import pandas as pd

from finops_pipeline.finance import frames, periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import gates, months
from finops_pipeline.finance.revenue.inputs import KEY, Inputs
from finops_pipeline.finance.revenue.price import transaction_prices
from finops_pipeline.finance.revenue.schedule import Schedule

_GIVE_BACK = ("return", "returns_estimate", "cancellation")


def schedule_findings(schedule: Schedule) -> list[Finding]:
    """Everything that is wrong with a schedule.

    REV-101: cumulative revenue is the sum of the months, and with `remaining` makes the allocated price.
    REV-102: the allocated prices of a contract sum to its stated prices with usage, modifications and estimates; after
    returns and cancellations they are not more; of what is no contract they are what was received and is kept.
    REV-103: no obligation has more revenue than price.
    REV-104: every contract is in the schedule or in a finding.
    """
    lines, inputs = schedule.lines.sort_values([*KEY, "period"]), schedule.inputs
    total = lines.groupby(KEY)["recognized"].cumsum()
    wrong = (total != lines["cumulative_recognized"]) | (total + lines["remaining"] != lines["allocated_price"])
    price = lines["allocated_price"]
    beyond = ~lines["cumulative_recognized"].between(price.clip(upper=0), price.clip(lower=0))
    return [
        *_of_lines(lines[wrong], "REV-101", "the months do not add up to the schedule's totals"),
        *_of_prices(lines, inputs),
        *_of_lines(lines[beyond], "REV-103", "there is more revenue than price"),
        *_lost(schedule),
    ]


def _of_lines(rows: pd.DataFrame, rule_id: str, words: str) -> list[Finding]:
    places = zip(rows["contract_id"], rows["obligation_id"], rows["period"], strict=True)
    return [
        Finding(rule_id, f"{contract} / {obligation}", f"{words}: recompute revenue_schedule", period=period)
        for contract, obligation, period in places
    ]


def _of_prices(lines: pd.DataFrame, inputs: Inputs) -> list[Finding]:
    shown = lines.drop_duplicates(KEY, keep="last").groupby("contract_id")["allocated_price"].sum()
    price = transaction_prices(inputs.obligations, inputs.events).reindex(shown.index, fill_value=0)
    none = gates.unmet(inputs.contracts, inputs.as_of_period)
    price = price.where(~price.index.isin(none), _kept(inputs).reindex(price.index, fill_value=0))
    gives_back = inputs.events.loc[inputs.events["event_type"].isin(_GIVE_BACK), "contract_id"].unique()
    may_be_less = shown.index.isin(gives_back) & ((shown <= price) | (price < 0)).to_numpy(bool)
    wrong = (shown != price).to_numpy(bool) & ~may_be_less
    return [
        Finding("REV-102", contract, f"allocated {one} of a price of {other} (minor units): recompute revenue_schedule")
        for contract, one, other in zip(shown.index[wrong], shown[wrong], price[wrong], strict=True)
    ]


def _kept(inputs: Inputs) -> pd.Series:
    """What was received of each contract whose consideration is nonrefundable by now."""
    ended = months.of_dates_or_never(inputs.contracts["nonrefundable_on"]) <= periods.index(inputs.as_of_period)
    rows = inputs.events[months.is_among(inputs.events["contract_id"], inputs.contracts.loc[ended, "contract_id"])]
    received, refunded = (
        rows[rows["event_type"] == kind].groupby("contract_id")["amount"].sum() for kind in ("payment", "refund")
    )
    both = frames.side_by_side({"received": received, "refunded": refunded})
    return (both["received"] - both["refunded"]).clip(lower=0)


def _lost(schedule: Schedule) -> list[Finding]:
    promised = set(schedule.inputs.obligations["contract_id"])
    named = {finding.subject.split(" / ")[0] for finding in schedule.findings}
    return [
        Finding("REV-104", contract, "it is neither in the schedule nor in a finding: recompute revenue_schedule")
        for contract in sorted(promised - set(schedule.lines["contract_id"]) - named)
    ]
