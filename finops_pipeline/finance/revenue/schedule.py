"""The revenue schedule: the revenue of every obligation by month, past and planned.

Here: contracts that do not change, a whole column at a time; contracts that do, one after another (`replay`). A contract
that cannot be accounted for is left out whole, with a finding that says why: a missing number can be seen, a wrong one
cannot. Not here: the books that follow from the schedule (`books`, `rollforward`, `remaining`).

Rounding is cumulative: revenue up to the end of a month is round-half-even(price x part / whole), a month's revenue is
the difference to the month before. Months therefore sum to the price exactly, whatever their number.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import exact, gates, measures, months, outlook, satisfaction
from finops_pipeline.finance.revenue.allocation import allocated_prices
from finops_pipeline.finance.revenue.inputs import CHANGES, KEY, Inputs, Proration, gather
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.replay import Entry, entries
from finops_pipeline.finance.revenue.screening import left_out, screen
from finops_pipeline.finance.revenue.terms import CannotAccountError, Deal, deals

_EVER = "9998-12"
_NUMBERS = ["month", "allocated", "earned", "in_a_year"]
_COPIED = ["entity_id", "product_id", "customer_id", "currency"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The lines (table revenue_schedule), and what was left out or is doubtful."""

    lines: pd.DataFrame
    findings: list[Finding]
    inputs: Inputs
    """What it was made from: the rows known on its day, without what was left out."""


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
    obligation that is not left out appears, and the last line's `remaining` is what no month is known for. What is no
    contract yet has a price of zero (`gates`).
    Unit: minor units of the contract's currency.
    Source: ASC 606-10-25-23 to 25-37 (IFRS 15.31-45); conventions in `satisfaction`.
    """
    inputs, findings = screen(gather(contracts, obligations, events, entities, as_of_period))
    none = gates.unmet(inputs.contracts, as_of_period)
    met = inputs.without(none)
    changed = _with_changes(met, deals(met.only(met.changing)), as_of_period, proration)
    lines = [_unchanging(met.unchanging, proration), changed.lines, _of_none(inputs, none, as_of_period)]
    if any(map(len, lines[1:])):
        lines = [_in_order(pd.concat(lines, ignore_index=True), inputs.contracts["contract_id"])]
    return Schedule(gates.held_back(lines[0], met.contracts), [*findings, *changed.findings], inputs)


class Then:
    """What was known at the end of any period of contracts that change, for whoever asks.

    They are asked for month after month: they are read together, and alone.
    """

    def __init__(self, given: Tables, proration: Proration) -> None:
        self._given, self._proration = given, proration
        self._names = set(given.events.loc[given.events["event_type"].isin(CHANGES), "contract_id"])
        self._inputs: Inputs | None = None
        self._deals: dict[str, Deal] = {}

    def lines(self, contract_ids: list[str], period: str) -> pd.DataFrame:
        """The schedule of some contracts as it stood at the end of a period."""
        inputs = self._read(contract_ids)
        none = [name for name in gates.unmet(inputs.contracts, period) if name in contract_ids]
        known = [self._deals[name].until(periods.last_day(period)) for name in contract_ids if name not in none]
        lines = _with_changes(inputs, [deal for deal in known if deal.promises], period, self._proration).lines
        lines = gates.held_back(lines, inputs.contracts)
        return pd.concat([lines, _of_none(inputs, none, period)], ignore_index=True) if none else lines

    def outlook(self, contract_ids: pd.Series, at: months.Integers) -> pd.DataFrame:
        """What was to come of contracts at the end of months, of each contract as it was known then.

        Shape: one row per obligation of each contract and month (both columns are asked for side by side), but for
        usage and for what was no contract then: contract_id, and the fields of `outlook.Outlook`. Unit: minor units.
        """
        inputs = self._read(contract_ids)
        asked = pd.DataFrame({"contract_id": contract_ids.astype("str").array, "month": at}).drop_duplicates()
        none = {m: set(gates.unmet(inputs.contracts, periods.label(int(m)))) for m in asked["month"].unique()}
        found = [
            (name, *seen)
            for name, when in asked.groupby("contract_id")["month"]
            for seen in outlook.outlooks(
                self._deals[str(name)], [m for m in when if name not in none[m]], self._proration
            )
        ]
        frame = pd.DataFrame(found, columns=["contract_id", *outlook.Outlook._fields])
        return frame.astype({**dict.fromkeys(KEY, "str"), **dict.fromkeys(_NUMBERS, np.int64)})

    def _read(self, contract_ids: Iterable[str]) -> Inputs:
        if self._inputs is None or not self._names.issuperset(contract_ids):
            self._names.update(contract_ids)
            self._inputs = gather(*self._given.only(sorted(self._names)), _EVER)
            self._deals.update({deal.contract_id: deal for deal in deals(self._inputs)})
        return self._inputs


def _with_changes(inputs: Inputs, changed: Iterable[Deal], as_of_period: str, proration: Proration) -> Schedule:
    """The lines of contracts that change, one at a time; those that cannot be accounted for as findings."""
    found: list[tuple[str, Entry]] = []
    findings: list[Finding] = []
    for deal in changed:
        try:
            found += [(deal.contract_id, entry) for entry in entries(deal, as_of_period, proration)]
        except CannotAccountError as trouble:
            findings.append(left_out(trouble.rule_id, deal.contract_id, trouble.obligation_id, trouble.message))
    return Schedule(_of_entries(found, inputs, as_of_period), findings, inputs)


def _of_none(inputs: Inputs, contract_ids: list[str], as_of_period: str) -> pd.DataFrame:
    """The lines of agreements that are no contract."""
    found = list(gates.entries_of_none(inputs.only(contract_ids), as_of_period)) if contract_ids else []
    return _of_entries(found, inputs, as_of_period)


def _of_entries(found: list[tuple[str, Entry]], inputs: Inputs, as_of_period: str) -> pd.DataFrame:
    key = pd.DataFrame([(c, e.obligation_id) for c, e in found], columns=KEY, dtype="str")
    cells = np.array([(e.month, *e.standing[:3], e.recognized, e.prior_period) for _, e in found], dtype=np.int64)
    month, allocated, cumulative, refundable, recognized, prior = cells.reshape(-1, 6).T
    own = inputs.obligations[months.is_among(inputs.obligations["contract_id"], key["contract_id"])]
    frame = key.merge(own[[*KEY, *_COPIED]].astype("str"), on=KEY, how="left", validate="many_to_one")
    frame.insert(2, "period", months.labels(month))
    frame["allocated_price"] = allocated
    frame["recognized"] = recognized
    frame["cumulative_recognized"] = cumulative
    frame["remaining"] = allocated - cumulative
    frame["status"] = _status(month, as_of_period)
    frame["prior_period_adjustment"] = prior
    frame["expected_refund"] = refundable
    return frame


def _in_order(lines: pd.DataFrame, contract_ids: pd.Series) -> pd.DataFrame:
    """The lines by contract; those of one contract are in order already."""
    place = months.positions(lines["contract_id"], contract_ids)
    return lines.take(np.argsort(place, kind="stable")).reset_index(drop=True)


def _status(month: months.Integers, as_of_period: str) -> pd.api.extensions.ExtensionArray:
    is_planned = (month > periods.index(as_of_period)).astype(np.int64)
    return pd.Series(["actual", "planned"], dtype="str").take(is_planned).array


def _unchanging(inputs: Inputs, proration: Proration) -> pd.DataFrame:
    """The lines of contracts that do not change, a whole column at a time."""
    obligations = inputs.obligations
    price = _prices(obligations)
    applied = inputs.once(satisfaction.deliveries)
    done = inputs.once(measures.measured)
    progress = [
        satisfaction.elapsed_service(obligations, proration),
        satisfaction.delivered_goods(applied),
        satisfaction.expected_goods(obligations, applied, inputs.as_of_period),
        measures.progress_so_far(done),
    ]
    row, month, amount = measures.usage_so_far(obligations, inputs.events)
    parts = [(p.row, p.month, exact.proportion(price[p.row], p.part, p.whole), price[p.row]) for p in progress]
    parts += [_planned(price, measures.expected_progress(obligations, done, inputs.as_of_period), parts[-1])]
    parts += [(row, month, amount, amount)]
    begun = np.concatenate([part[0] for part in parts])
    idle = satisfaction.not_begun(obligations, begun)
    parts += [(idle.row, idle.month, np.zeros_like(idle.row), price[idle.row])]
    row, month, cumulative, allocated = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((month, row))
    return _frame(obligations, row[order], month[order], cumulative[order], allocated[order], inputs.as_of_period)


def _prices(obligations: pd.DataFrame) -> months.Integers:
    """The allocated price of every obligation; what usage is invoiced for is known only when it is used."""
    shares = (obligations["recognition"] != "usage").to_numpy(bool)
    price = np.zeros(len(obligations), np.int64)
    price[shares] = allocated_prices(obligations[shares])
    return price


_Part = tuple[months.Integers, months.Integers, months.Integers, months.Integers]


def _planned(price: months.Integers, expected: satisfaction.Progress, done: _Part) -> _Part:
    """Revenue so far, and the rest of the price spread as progress is expected."""
    so_far = np.zeros(len(price), np.int64)
    so_far[done[0]] = done[2]  # months rise within an obligation: the last one stands
    row = expected.row
    rest = exact.proportion(price[row] - so_far[row], expected.part, expected.whole)
    return row, expected.month, so_far[row] + rest, price[row]


def _frame(
    obligations: pd.DataFrame,
    row: months.Integers,
    month: months.Integers,
    cumulative: months.Integers,
    allocated: months.Integers,
    as_of_period: str,
) -> pd.DataFrame:
    before = np.where(np.diff(row, prepend=-1) == 0, np.roll(cumulative, 1), 0)
    frame = obligations[[*KEY, *_COPIED]].astype("str").take(row).reset_index(drop=True)
    frame.insert(2, "period", months.labels(month))
    frame["allocated_price"] = allocated
    frame["recognized"] = cumulative - before
    frame["cumulative_recognized"] = cumulative
    frame["remaining"] = allocated - cumulative
    frame["status"] = _status(month, as_of_period)
    frame["prior_period_adjustment"] = np.int64(0)
    frame["expected_refund"] = np.int64(0)
    return frame
