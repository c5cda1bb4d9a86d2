"""Contract costs as assets: what is capitalized, its expense month by month, what is lost; all costs at once.

The set-wise form of `costs`. Which costs of the extract can be placed is judged here too; one that cannot is left out with
a finding. Not here: the journal and the proofs (`cost_books`).

* The benefit begins with `start_date`, else with the first service of the contract, but not before the cost; it ends with
  `end_date`, else with the last service, and the renewals that are expected beyond it (340-40-35-1). Each month takes its
  days of what is left, or its equal part, as services do, rounded up.
* A cost is expensed at once where the extract says that it does not qualify (340-40-25-1 to 25-8), and with the expedient
  if it is one to obtain a contract and benefits a year or less (25-4).
* Impaired is what the revenue still to come from the contract does not cover (35-3). Where renewals are expected, or usage
  is still to be invoiced, that revenue is not known, and nothing is impaired unless the contract is cancelled as a whole or the extract
  says so (kind `impairment`). Direct costs still to come are not in the extracts. An impairment stays (35-6).

Worked example: a commission of 24,000 for two years from January on is 1,000 a month, if months are equal. 22,000 are left after February; the
contract is cancelled in March: 1,000 are the expense of the month, and 21,000 are lost.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.bookings import event_months
from finops_pipeline.finance.revenue.inputs import KEY, Proration
from finops_pipeline.finance.revenue.remaining import with_booking

_NO_LIMIT = 2**62
_SHOWN = ["opening", "capitalized", "amortized", "impaired", "closing", "expensed"]
_COLUMNS = ["cost_id", "contract_id", "entity_id", "period", "kind", "currency", *_SHOWN]


class CostAssets(NamedTuple):
    """The roll-forward, what was left out or is doubtful, and the costs that the roll-forward shows."""

    rows: pd.DataFrame
    findings: list[Finding]
    costs: pd.DataFrame


class _Placed(NamedTuple):
    """Costs sorted by contract and cost, and the impairments that the extract names.

    `incurred` and `end` are months, `begin` and `last` days; the costs of a contract stand from `first` to before `next`.
    """

    costs: pd.DataFrame
    losses: pd.DataFrame


def contract_cost_rollforward(
    costs: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    events: pd.DataFrame,
    lines: pd.DataFrame,
    booked: pd.DataFrame,
    periods: Sequence[str],
    proration: Proration,
    *,
    expedient: bool = False,
) -> CostAssets:
    """The asset of every contract cost, and what moved it, for each of the consecutive periods.

    `lines` are the schedule, `booked` the obligations of `bookings.obligation_months`; `expedient`: 340-40-25-4.
    Shape: one row per cost and period in which it is an asset, moves or is expensed at once. Unit: minor units of the
    contract's currency; amortization and impairment are negative.
    Source: ASC 340-40-25-1 to 35-6; IFRS 15.91-104.
    """
    placed, findings = _place(costs, contracts, obligations)
    wanted = np.sort(months.numbers(periods))
    held = placed.costs
    first = min(int(held["incurred"].min()), int(wanted[0])) if len(held) else int(wanted[0])
    span = range(first, int(wanted[-1]) + 1)
    limits = _limits(held, lines, booked, events, span)
    incurred, amount = held["incurred"].to_numpy(np.int64), held["amount"].to_numpy(np.int64)
    asset = _qualifies(held, expedient=expedient)
    moved, carrying = np.zeros((len(held), len(span), len(_SHOWN)), np.int64), np.zeros(len(held), np.int64)
    for number, month in enumerate(span):
        opening = carrying
        new = np.where(incurred == month, amount, 0)
        amortized = _amortized(opening + new * asset, held, month, proration)
        rest = opening + new * asset - amortized
        impaired, excess = _impaired(rest, held, placed.losses[placed.losses["month"] == month], limits[:, number])
        findings += excess
        carrying = rest - impaired
        columns = [opening, new * asset, -amortized, -impaired, carrying, new * ~asset]
        moved[:, number] = np.column_stack(columns)
    return CostAssets(_rows(held, span, moved[:, wanted[0] - first :]), findings, held)


def _rows(held: pd.DataFrame, span: range, moved: months.Integers) -> pd.DataFrame:
    """The rows of cost x month x column in which anything is not zero; the last months of the span."""
    row, column = np.nonzero((moved != 0).any(axis=2))
    rows = held[["cost_id", "contract_id", "entity_id", "kind", "currency"]].take(row).reset_index(drop=True)
    rows["period"] = months.labels(column + span.stop - moved.shape[1])
    for place, name in enumerate(_SHOWN):
        rows[name] = moved[row, column, place]
    return rows[_COLUMNS].sort_values(["cost_id", "period"], ignore_index=True)


def _qualifies(held: pd.DataFrame, *, expedient: bool) -> npt.NDArray[np.bool_]:
    is_short = (held["last"] < _months_later(held["begin"].to_numpy(np.int64), np.full(len(held), 12))).to_numpy(bool)
    is_waived = (held["kind"] == "obtain").to_numpy(bool) & is_short & expedient
    return held["is_capitalizable"].fillna(value=True).to_numpy(bool) & ~is_waived


def _months_later(days: months.Integers, number: months.Integers) -> months.Integers:
    """The same day of a later month, or its last one; the last day of a month stays the last one."""
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    place = days - months.last_days(month - 1)
    is_last = days == months.last_days(month)
    later = months.last_days(month + number)
    return np.where(is_last, later, np.minimum(months.last_days(month + number - 1) + place, later))


def _amortized(base: months.Integers, held: pd.DataFrame, month: int, proration: Proration) -> months.Integers:
    """The month's part of what is left, by days or months of the benefit that are left."""
    begin, last = held["begin"].to_numpy(np.int64), held["last"].to_numpy(np.int64)
    starts, ends = (months.last_days(np.full(len(held), m, np.int64)) for m in (month - 1, month))
    run = np.minimum(ends, last) - np.maximum(starts + 1, begin) + 1
    left = last - np.maximum(starts + 1, begin) + 1
    if proration == "monthly":
        run, left = np.minimum(run, 1), (held["end"] - month + 1).to_numpy(np.int64)
    quotient, remainder = exact.quotient_and_remainder(base, np.maximum(run, 0), np.maximum(left, 1))
    return np.where(run > 0, quotient + (remainder > 0), 0)


def _impaired(
    rest: months.Integers, held: pd.DataFrame, losses: pd.DataFrame, limit: months.Integers
) -> tuple[months.Integers, list[Finding]]:
    """What is lost of each asset: what the extract says, and what no revenue covers, shared as the assets are."""
    said = np.zeros(len(held), np.int64)
    np.add.at(said, losses["place"].to_numpy(np.int64), losses["amount"].to_numpy(np.int64))
    excess = [
        Finding(
            "REV-171", str(held["cost_id"].iloc[i]),
            f"an impairment of {said[i]} is more than the {rest[i]} left (minor units), which are taken: correct the amount",
            severity="warning",
        )
        for i in np.flatnonzero(said > rest)
    ]  # fmt: skip
    lost = np.minimum(said, rest)
    kept = rest - lost
    first, whole = held["first"].to_numpy(np.int64), np.concatenate([[0], np.cumsum(kept)])
    upto = whole[1:] - whole[first]
    whole = whole[held["next"].to_numpy(np.int64)] - whole[first]
    covered = np.minimum(limit, whole)
    shares = [exact.proportion(covered, part, np.maximum(whole, 1)) for part in (upto, upto - kept)]
    return lost + kept - (shares[0] - shares[1]), excess


def _limits(
    held: pd.DataFrame, lines: pd.DataFrame, booked: pd.DataFrame, events: pd.DataFrame, span: range
) -> months.Integers:
    """Cost x month: the revenue that its contract still brings at the end of the month; no limit where that is not known."""
    ids = held["contract_id"].drop_duplicates().reset_index(drop=True)
    found = np.full((len(ids) + 1, len(span)), _NO_LIMIT, np.int64)  # the last row is of contracts without a schedule
    rows = with_booking(lines[months.is_among(lines["contract_id"], ids)], booked)
    open_ended = [
        *held.loc[held["renewal_months"].fillna(0) > 0, "contract_id"],
        *booked.loc[booked["recognition"] == "usage", "contract_id"],
    ]
    rows = rows[~rows["contract_id"].isin(open_ended)]
    signed = rows.groupby("contract_id")["booked"].min()
    change = _changes(rows)
    tested = months.positions(change["contract_id"], ids)
    grid = np.zeros((len(ids), len(span)), np.int64)
    column = np.maximum(change["month"].to_numpy(np.int64) - span.start, 0)
    inside = column < len(span)
    np.add.at(grid, (tested[inside], column[inside]), change["amount"].to_numpy(np.int64)[inside])
    known = np.unique(tested)
    begun = np.arange(span.start, span.stop) >= signed.reindex(ids.iloc[known]).to_numpy(np.int64)[:, None]
    found[known] = np.where(begun, np.maximum(np.cumsum(grid, axis=1)[known], 0), _NO_LIMIT)
    for name, month in _cancelled(events).items():
        found[months.positions(pd.Series([name]), ids), max(month - span.start, 0) :] = 0
    found[-1] = _NO_LIMIT
    return found[months.positions(held["contract_id"], ids)]


def _changes(rows: pd.DataFrame) -> pd.DataFrame:
    """What changes the revenue still to come: prices as they are booked and changed, less what becomes revenue."""
    before = rows.groupby(KEY)["allocated_price"].shift(fill_value=0)
    month = rows["booked"].where(~rows.duplicated(KEY), rows["month"])
    priced = rows.assign(month=month, amount=rows["allocated_price"] - before)
    return pd.concat([priced, rows.assign(amount=-rows["recognized"])])[["contract_id", "month", "amount"]]


def _cancelled(events: pd.DataFrame) -> dict[str, int]:
    """The month in which the books learned that a contract is cancelled as a whole."""
    rows = events[(events["event_type"] == "cancellation") & events["obligation_id"].isna()]
    booked = pd.Series(event_months(rows), rows["contract_id"].astype("str").array)
    return {str(name): int(month) for name, month in booked.groupby(level=0).min().items()}


def _place(costs: pd.DataFrame, contracts: pd.DataFrame, obligations: pd.DataFrame) -> tuple[_Placed, list[Finding]]:
    texts = {"cost_id": "str", "contract_id": "str", "kind": "str", "related_cost_id": "str"}
    heads = contracts[["contract_id", "entity_id", "currency"]].astype("str")
    rows = costs.astype(texts).merge(heads, on="contract_id", how="left", validate="many_to_one")
    rows = rows.sort_values(["contract_id", "cost_id"], ignore_index=True)
    for name, given, bound in (("begun", "start_date", "min"), ("until", "end_date", "max")):
        served = (
            obligations.dropna(subset=[given]).astype({"contract_id": "str"}).groupby("contract_id")[given].agg(bound)
        )
        rows[name] = rows[given].fillna(served.reindex(rows["contract_id"]).reset_index(drop=True))
    is_loss = rows["kind"] == "impairment"
    reasons = pd.Series(list(_reasons(rows)), dtype="object")
    held = rows[~is_loss & reasons.isna()].reset_index(drop=True)
    held = held.assign(incurred=months.of_dates(held["incurred_on"]), amount=held["amount"].astype("int64"))
    held["begin"] = months.day_numbers(held[["begun", "incurred_on"]].max(axis=1))
    renewed = held["renewal_months"].fillna(0).to_numpy(np.int64)
    held["last"] = _months_later(months.day_numbers(held["until"]), renewed)
    held["end"] = months.of_dates(held["until"]) + renewed
    over = held["last"] < held["begin"]
    reasons[rows["cost_id"].isin(held.loc[over, "cost_id"])] = "its benefit ends before it begins: correct end_date"
    held = held[~over].reset_index(drop=True)
    contract = held["contract_id"].to_numpy(object)
    held["first"], held["next"] = np.searchsorted(contract, contract), np.searchsorted(contract, contract, "right")
    losses = rows[is_loss & reasons.isna()].reset_index(drop=True)
    losses = losses.assign(place=months.positions(losses["related_cost_id"].fillna(""), held["cost_id"]))
    stray = losses["place"] < 0
    reasons[rows["cost_id"].isin(losses.loc[stray, "cost_id"])] = "no cost is its related_cost_id: fill it in"
    losses = losses[~stray].assign(month=months.of_dates(losses.loc[~stray, "incurred_on"]))
    named = zip(rows["cost_id"], rows["contract_id"], reasons, strict=True)
    findings = [
        Finding("REV-170", f"{contract} / {cost}", f"left out: {reason}", severity="warning")
        for cost, contract, reason in named
        if reason is not None
    ]
    return _Placed(held, losses), findings


def _reasons(rows: pd.DataFrame) -> Iterator[str | None]:
    """Why a cost cannot be placed, for each row; None where it can."""
    named: list[Any] = list(rows.itertuples())
    for row in named:
        if pd.isna(row.entity_id):
            yield "its contract is not there: deliver the contract"
        elif row.amount <= 0:
            yield f"its amount of {row.amount} (minor units) is not positive: correct it"
        elif row.kind != "impairment" and pd.isna(row.until):
            yield "nothing says how long it benefits: fill in end_date"
        else:
            yield None
