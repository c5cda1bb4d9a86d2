"""Step 1, the gate: an agreement is no contract until it is probable that its consideration is collected.

Until then nothing of it is revenue, and nothing is owed: what was received is a liability, however much was done (ASC
606-10-25-1 e and 25-8; IFRS 15.9 e and 16). Two things end that:

* the criteria are met (25-6): it is a contract from that month on. What was done and invoiced before is caught up in it.
* what was received is kept (25-7): it is nonrefundable, and the agreement is over or nothing is left to be done. Then what
  was received, and what still comes in, is revenue; its obligations share it by their stated prices.

A contract whose customer gets into trouble later stays one for what was done: its rest is cancelled, and what the customer
owes is written off (25-5; Example 4). Months are whole: what happens in a month holds at its end.

Worked example (606-10-55-95 to 55-98, Example 1): a building is sold for 1,000,000, of which 50,000 are paid on signing and
the rest hangs on a restaurant that may fail. The 50,000 are a liability, and there is no revenue.

Here: which agreements are none, what of them is shown, what their events book, and the proof of it (REV-044). Not here: that rows contradict
each other (`screening`), contracts that are one (`combination`).
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import money, periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import bookings, months
from finops_pipeline.finance.revenue.inputs import KEY, Inputs
from finops_pipeline.finance.revenue.obligation import Standing
from finops_pipeline.finance.revenue.replay import Entry

_NOT_BEFORE_MET = ("invoice", "write_off")


def gated(contracts: pd.DataFrame) -> pd.DataFrame:
    """The contracts that were none when they were signed."""
    return contracts[contracts["collectability"] == "not_probable"]


def unmet(contracts: pd.DataFrame, as_of_period: str) -> list[str]:
    """The contracts that are none at the end of a period."""
    rows = gated(contracts)
    months_met = months.of_dates_or_never(rows["criteria_met_on"])
    return rows.loc[months_met > periods.index(as_of_period), "contract_id"].tolist()


def held_back(lines: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """The lines of contracts, with what comes before one is met caught up in the month in which it is.

    Shape: as `lines`, one line in that month in place of those up to it.
    """
    if gated(contracts).empty or lines.empty:
        return lines
    caught = caught_up(lines.assign(month=months.numbers(lines["period"])), contracts)
    is_met = caught.pop("is_caught_up")
    shown: pd.DataFrame = caught.assign(
        period=months.labels(caught.pop("month").to_numpy(np.int64)).array,
        recognized=caught["recognized"].where(~is_met, caught["cumulative_recognized"]),
        prior_period_adjustment=caught["prior_period_adjustment"].where(~is_met, 0),
    )
    return shown


def caught_up(rows: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """Rows of obligations by `month`, in order: what comes before a contract is met in the month in which it is.

    Shape: as `rows`, the last row up to that month in place of those up to it, and `is_caught_up` for it.
    """
    held = gated(contracts)
    place = months.positions(rows["contract_id"], held["contract_id"])
    met = np.append(months.of_dates_or_never(held["criteria_met_on"]), -1)[place]
    is_early = rows["month"].to_numpy(np.int64) <= met
    is_last = ~rows[KEY].assign(is_early=is_early).duplicated(keep="last").to_numpy(bool)
    result = rows.assign(month=np.where(is_early, met, rows["month"]), is_caught_up=is_early)
    shown: pd.DataFrame = result[~is_early | is_last].reset_index(drop=True)
    return shown


def entries_of_none(inputs: Inputs, as_of_period: str) -> Iterator[tuple[str, Entry]]:
    """What is shown of agreements that are no contract at the end of a period; `inputs` are theirs alone.

    An obligation has a line of zero in the month of signing, and, once what was received is kept, one for each month in
    which that changes, with all of it as its price. What a modification added to no contract has no part in it.
    """
    kept = _kept(inputs, periods.index(as_of_period))
    for contract_id, promised in inputs.obligations.groupby("contract_id"):
        first = promised["added_by_event_id"].isna()
        first = first if first.any() else ~first
        stated = [max(int(price), 0) for price in promised["stated_price"].where(first, 0)]
        weights = stated if sum(stated) else first.astype("int64").tolist()
        signed = int(months.of_dates(promised["signed_on"])[0])
        amounts = {signed: 0} | dict(kept.get(str(contract_id), []))
        shares = [(month, money.split(amount, weights)) for month, amount in amounts.items()]
        for position, name in enumerate(promised["obligation_id"]):
            before = 0
            for month, parts in shares:
                now = parts[position]
                yield str(contract_id), Entry(name, month, Standing(now, now), now - before, 0)
                before = now


def _kept(inputs: Inputs, as_of: int) -> dict[str, list[tuple[int, int]]]:
    """What was received so far and is kept, at the end of each month in which that changes, by contract."""
    rows = inputs.contracts[inputs.contracts["nonrefundable_on"].notna()]
    ended = months.of_dates(rows["nonrefundable_on"])
    cash = inputs.events[inputs.events["event_type"].isin(["payment", "refund"])]
    place = months.positions(cash["contract_id"], rows["contract_id"])
    cash, place = cash[place >= 0], place[place >= 0]
    month = np.maximum(bookings.event_months(cash), ended[place])
    sign = np.where(cash["event_type"] == "refund", -1, 1)
    moves = pd.DataFrame({
        "contract_id": cash["contract_id"].array, "month": month, "amount": cash["amount"].to_numpy(np.int64) * sign,
    })  # fmt: skip
    moves = moves[moves["month"] <= as_of].groupby(["contract_id", "month"])["amount"].sum().reset_index()
    so_far = moves.groupby("contract_id")["amount"].cumsum().clip(lower=0)
    found: dict[str, list[tuple[int, int]]] = {}
    for contract_id, when, amount in zip(moves["contract_id"], moves["month"], so_far, strict=True):
        found.setdefault(contract_id, []).append((int(when), int(amount)))
    return found


def booked(contracts: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The events as the books take them: nothing is owed of a contract before it is one.

    Invoices and write-offs enter the books with the month in which it is met, or not at all; cash at once.
    """
    rows = gated(contracts)
    waits = months.is_among(events["contract_id"], rows["contract_id"]) & events["event_type"].isin(_NOT_BEFORE_MET)
    if not waits.any():
        return events
    met = events["contract_id"].astype("str").map(rows.set_index("contract_id")["criteria_met_on"])
    learned = pd.concat([events["event_date"], events["recorded_on"], met], axis=1).max(axis=1)
    taken = events.assign(recorded_on=events["recorded_on"].where(~waits, learned))
    return taken[~(waits & met.isna())]


def gate_findings(
    rollforward: pd.DataFrame,
    lines: pd.DataFrame,
    contracts: pd.DataFrame,
    events: pd.DataFrame,
    run_periods: Sequence[str],
) -> list[Finding]:
    """Revenue or claims of agreements in months in which they are no contract.

    REV-044: before the month in which it is met, or over, nothing of it is recognized; what is owed to the customer is what was
    received, and the customer owes nothing.
    """
    held = gated(contracts)
    days = held[["criteria_met_on", "nonrefundable_on"]].min(axis=1)
    until = pd.Series(months.of_dates_or_never(days), pd.Index(held["contract_id"].astype("str")))
    until = until[until.index.isin(lines["contract_id"])]
    if until.empty:
        return []
    place = months.positions(lines["contract_id"], pd.Series(until.index, dtype="str"))
    is_early = months.numbers(lines["period"]) < np.append(until.to_numpy(np.int64), -1)[place]
    early = lines[is_early & (lines["recognized"] != 0).to_numpy(bool)]
    return [
        *(
            _too_early(contract, f"{amount} (minor units) are revenue", period)
            for contract, amount, period in zip(early["contract_id"], early["recognized"], early["period"], strict=True)
        ),
        *_early_balances(rollforward, until, events, run_periods),
    ]


def _early_balances(
    rollforward: pd.DataFrame, until: pd.Series, events: pd.DataFrame, run_periods: Sequence[str]
) -> Iterator[Finding]:
    """Balances before the month in `until` that are not what was received."""
    cash = events[events["event_type"].isin(["payment", "refund"]) & events["amount"].notna()]
    cash = cash[months.is_among(cash["contract_id"], until.index.tolist())]
    received = np.where(cash["event_type"] == "refund", -1, 1) * cash["amount"].to_numpy(np.int64)
    came = pd.DataFrame({
        "contract_id": cash["contract_id"].array, "month": bookings.event_months(cash), "amount": received,
    })  # fmt: skip
    for period in run_periods:
        month = periods.index(period)
        due = came[came["month"] <= month].groupby("contract_id")["amount"].sum()
        shown = rollforward[rollforward["period"] == period]
        owes = shown[shown["balance"] == "receivable"].groupby("contract_id")["closing"].sum()
        held_by = shown[shown["balance"] != "receivable"]
        signed = held_by["closing"].where(held_by["balance"] != "contract_asset", -held_by["closing"])
        owed = signed.groupby(held_by["contract_id"]).sum()
        for contract in until.index[until.to_numpy(np.int64) > month]:
            claim, liability, paid = (int(sums.get(contract, 0)) for sums in (owes, owed, due))
            if claim or liability != paid:
                words = f"{paid} (minor units) were received, {liability} are a liability and {claim} a receivable"
                yield _too_early(contract, words, period)


def _too_early(contract: str, words: str, period: str) -> Finding:
    return Finding(
        "REV-044", contract, f"it is no contract yet, but {words}: recompute revenue_schedule", period=period
    )


def in_words(contracts: pd.DataFrame, as_of_period: str) -> Iterator[str]:
    """What the gate says of each contract at the end of a period; nothing of those that were contracts from the start."""
    none = unmet(contracts, as_of_period)
    for name, met, kept in gated(contracts)[["contract_id", "criteria_met_on", "nonrefundable_on"]].itertuples(
        index=False, name=None
    ):
        if name not in none:
            yield f"   a contract since {met:%Y-%m-%d}, when it became probable that it is paid (606-10-25-6)"
        elif pd.notna(kept) and periods.of(kept) <= as_of_period:
            yield f"   no contract, and over on {kept:%Y-%m-%d}: what was received is kept, and revenue (606-10-25-7)"
        else:
            yield "   no contract: it is not probable that it is paid; what was received is a liability (606-10-25-8)"
