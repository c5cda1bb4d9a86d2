"""Proofs of the schedule of financing components: it connects, and comes to the prices, or to what goes back.

Here: REV-190 and REV-191. Not here: how the schedule comes about (`financed`).
"""

from datetime import timedelta

import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.changes import old_terms_end
from finops_pipeline.finance.revenue.financed import with_financing
from finops_pipeline.finance.revenue.inputs import Proration, gather
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.price import transaction_prices
from finops_pipeline.finance.revenue.refinanced import CHANGES

_AMOUNTS = ["opening", "interest", "paid", "transferred", "closing"]


def financing_findings(schedule: pd.DataFrame, stated: Tables, financed: Tables, as_of_period: str) -> list[Finding]:
    """Everything that is wrong with the schedule; `stated` and `financed` are the tables before and after.

    REV-190: opening and movements make closing, that is the next opening, and nothing is left at the end. REV-191: what is
    paid are the stated prices, and what is transferred the cash prices, both with what modifications and cancellations change in
    them. For a contract that ends without an agreement on what is still paid, `settlement_findings` compare.
    """
    found: list[Finding] = []
    before, after = (_fixed_prices(tables, schedule, as_of_period) for tables in (stated, financed))
    for contract, rows in schedule.groupby("contract_id", sort=True):
        made = rows["opening"] + rows["interest"] + rows["paid"] - rows["transferred"]
        opened = [0, *rows["closing"].iloc[:-1]]
        if (made != rows["closing"]).any() or rows["opening"].tolist() != opened or rows["closing"].iloc[-1] != 0:
            found.append(Finding("REV-190", str(contract), "its balances do not connect: recompute financing_schedule"))
        sums = (int(rows["paid"].sum()), int(rows["transferred"].sum()))
        if contract in before and sums != (int(before[contract]), int(after.get(contract, 0))):
            found.append(
                Finding(
                    "REV-191", str(contract),
                    f"{sums[0]} are paid and {sums[1]} transferred, its prices are {before[contract]} and "
                    f"{after.get(contract, 0)} (minor units): recompute financing_schedule",
                )
            )  # fmt: skip
    return found


def _fixed_prices(tables: Tables, schedule: pd.DataFrame, as_of_period: str) -> pd.Series:
    """The prices of the contracts in the schedule without usage and estimates, as known at the end of the period."""
    inputs = gather(*tables.only(schedule["contract_id"].unique().tolist()), as_of_period)
    shared = inputs.obligations[inputs.obligations["recognition"] != "usage"]
    prices = transaction_prices(shared, inputs.events[inputs.events["event_type"] == "modification"])
    ends = inputs.events[inputs.events["event_type"] == "cancellation"]
    is_open = prices.index.isin(ends.loc[ends["amount"].isna(), "contract_id"])
    given_up = ends.dropna(subset="amount").groupby("contract_id")["amount"].sum()
    return prices.sub(given_up.astype("int64").reindex(prices.index, fill_value=0))[~is_open]


def settlement_findings(
    schedule: pd.DataFrame,
    stated: Tables,
    payments: pd.DataFrame,
    as_of_period: str,
    proration: Proration,
    *,
    expedient: bool,
) -> list[Finding]:
    """REV-191 for contracts that are cancelled as a whole without an agreement on what is still paid.

    What it stands at then, cash with interest less what was transferred, goes back at once. That is compared with the same contract
    financed as if it were not cancelled, which is proven by the prices that it comes to.
    """
    ends = _open_ends(stated.events, schedule["contract_id"], as_of_period)
    tables = stated.only(ends["contract_id"].unique().tolist())
    events = tables.events[~tables.events["event_id"].isin(ends["event_id"])]
    going_on = tables._replace(events=events[events["event_type"].isin(CHANGES)])
    again = with_financing(going_on, payments, as_of_period, proration, expedient=expedient)
    found = financing_findings(again.schedule, going_on, again.tables, as_of_period)
    for contract, day in ends[["contract_id", "event_date"]].itertuples(index=False, name=None):
        first = periods.of(old_terms_end(day.date()) + timedelta(days=1))
        rows, due = (t[t["contract_id"] == contract].set_index("period")[_AMOUNTS] for t in (schedule, again.schedule))
        if not _is_settled(rows, due, first):
            back = int(due.loc[due.index < first, "closing"].iloc[-1:].sum())
            found.append(
                Finding(
                    "REV-191", str(contract),
                    f"{back} go back in {first}, when it is cancelled without an amount (minor units), and its schedule says "
                    "otherwise: recompute financing_schedule",
                )
            )  # fmt: skip
    return found


def _open_ends(events: pd.DataFrame, contract_ids: pd.Series, as_of_period: str) -> pd.DataFrame:
    """The cancellations of these contracts as a whole, without an amount, that were known at the end of the period."""
    is_open = (events["event_type"] == "cancellation") & events[["amount", "obligation_id"]].isna().all(axis=1)
    is_known = events["event_date"] <= pd.Timestamp(periods.last_day(as_of_period))
    return events[is_open & is_known & months.is_among(events["contract_id"], contract_ids)]


def _is_settled(rows: pd.DataFrame, due: pd.DataFrame, first: str) -> bool:
    """Whether the rows are those that are due without the cancellation, and from its month on what then stands goes back.

    Where nothing was left to finance, the cancellation changes nothing. The last month that is due takes what rounding leaves: there,
    and after it, one unit may differ.
    """
    if rows.equals(due) and not due.loc[due.index >= first, ["interest", "transferred"]].any(axis=None):
        return True
    before, after = rows[rows.index < first], rows[rows.index >= first]
    known = before.index.union(due.index[due.index < first])
    apart = (before.reindex(known, fill_value=0) - due.reindex(known, fill_value=0)).abs()
    is_rounded = known >= max(due.index, default="never")
    closing = int(before["closing"].iloc[-1:].sum())
    return bool(
        (apart.max(axis=1) <= is_rounded).all()
        and after[["interest", "paid", "transferred"]].sum().tolist() == [0, -closing, 0]
    )
