"""The books of contracts in foreign currency, in the functional currency of their entity (IAS 21, IFRIC 22, ASC 830).

A contract liability is not monetary: it is a row of layers, each at the rate of the day on which it came in, the day of the
invoice or of the payment, whichever came first (IFRIC 22.8-9). What came first is earned first (`layers`). So

    revenue paid or invoiced ahead     at the rates of its layers
    revenue without an advance         at the average of the month (IAS 21.22), as a contract asset
    invoices, payments, write-offs     at the spot rate of their day (`Rates.rate_on` says what stands in for it)
    receivable, contract asset, refund liability   monetary: at the closing rate of every month (IAS 21.16, 21.23)

A contract asset becomes a fixed number of units of currency, so it is monetary here, as the right to bill that it is. What a
monetary balance gains or loses is an exchange difference. Of the receivable's, `realized` is what was settled at another
rate than that at which it came in, and the rest is `unrealized`: over its life that sums to zero.

One queue carries all of this: whatever credits the liability comes in as a layer, whatever debits it takes the oldest
layers. Months go by the days on which something was invoiced or paid (`steps`): what was earned before (`earned_days`) it does not
cover; between two of them all comes in before anything goes out. What a contract asset turns into by an invoice, a credit note
and a refund liability thus take oldest layers too, but a credit note or refund that names its invoice takes that one's
(`related`). Interest, revenue taken back, and what a refund liability no longer needs come in at the average of the month.

Worked example (IFRIC 22 Example 4): 200 received at 1.50 and 250 invoiced at 1.70, earned together, are revenue of
300 + 425 = 725. Of 800 received at 1.90, 250 settle that invoice: 475 - 425 = 50 realized.

Here: the books, from the history of each contract. Not here: contracts in functional currency, whose functional amounts
are their amounts; their proofs (`functional_proofs`); return assets and contract costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import exact, months
from finops_pipeline.finance.revenue.earned_days import earned_before
from finops_pipeline.finance.revenue.exchange import Fractions, fractions
from finops_pipeline.finance.revenue.functional_rows import BALANCES, MOVES, journal_rows, rollforward_rows, wide
from finops_pipeline.finance.revenue.layers import Claim, by_row, taken
from finops_pipeline.finance.revenue.related import misnamed, named_flows
from finops_pipeline.finance.revenue.rollforward import revenue_rollforward
from finops_pipeline.finance.revenue.settlements import settlements
from finops_pipeline.finance.revenue.steps import in_steps

_MONEY = ("billed", "credited", "cash", "written_off")
_MONETARY = ("contract_asset", "receivable", "refund_liability")


@dataclass(frozen=True, slots=True)
class Functional:
    """The roll-forward and the journal in functional currency, what is missing, and every layer that came in.

    `gaps`: by contract that is left out (REV-200, REV-206), the first month of that.
    """

    rollforward: pd.DataFrame
    journal: pd.DataFrame
    findings: list[Finding]
    layers: pd.DataFrame
    gaps: Mapping[str, str]


def functional_books(
    lines: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    events: pd.DataFrame,
    entities: pd.DataFrame,
    rates: Rates,
    periods: Sequence[str],
    financing: pd.DataFrame | None = None,
) -> Functional:
    """The functional books of every contract in foreign currency, for these consecutive periods.

    REV-200: a contract that a rate is missing for is left out of them from the month of the rate on; REV-206: one whose
    credit note or refund names what it cannot correct, from its month on.

    Shape: `rollforward` has the rows that revenue_rollforward has of these contracts, and those of months whose events cancel
    out but for their rates; `journal` two lines per entry. `layers`: contract_id, month, amount, value, taken_back (by name).
    Unit: minor units of the functional currency and of the contract's.
    Source: IFRIC 22.8-9, IE16-18; IAS 21.16, 21.22-23, 21.28; ASC 830-10-45-17 and 45-18.
    """
    held = foreign_contracts(contracts, entities, lines)
    wrong = misnamed(events, held["contract_id"], periods[-1])
    lines, obligations, events = (
        f[months.is_among(f["contract_id"], held["contract_id"])] for f in (lines, obligations, events)
    )
    interest = None if financing is None else financing[months.is_among(financing["contract_id"], held["contract_id"])]
    history = _history(lines, events, interest, periods)
    booked = wide(revenue_rollforward(lines, held, events, history, interest), held)
    at = _with_cancelled(booked, events, held, history)
    flows = _flows(events, at)
    steps, flows["step"] = in_steps(at, flows, earned_before(flows, lines, contracts, obligations, events))
    day, average, closing = _rates(at, steps, flows, rates)
    findings, gaps = _with_misnamed(*_missing([(flows, day), (at, average), (at, closing)]), *wrong)
    here, kept = (_is_before(f, gaps) for f in (at, flows))
    at, steps, flows = _without_gaps(at, steps, flows, here)
    values, layers = _values(at, steps, flows, day.where(kept), average.where(here), closing.where(here))
    return Functional(rollforward_rows(at, values, periods), journal_rows(at, values, periods), findings, layers, gaps)


def foreign_contracts(contracts: pd.DataFrame, entities: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """The contracts of the schedule whose currency is not that of their entity, with `functional_currency`."""
    texts = contracts[["contract_id", "entity_id", "currency"]].astype("str")
    own = (
        entities["functional_currency"].astype("str").take(months.positions(texts["entity_id"], entities["entity_id"]))
    )
    texts["functional_currency"] = own.array
    texts = texts[texts["currency"] != texts["functional_currency"]]
    texts = texts[months.is_among(texts["contract_id"], lines["contract_id"])]
    return texts.sort_values("contract_id", ignore_index=True)


def of_same_contracts(
    rollforward: pd.DataFrame, contracts: pd.DataFrame, entities: pd.DataFrame, made: Functional
) -> pd.DataFrame:
    """The rows of revenue_rollforward that functional books must be there for: foreign contracts, up to a missing rate."""
    held = foreign_contracts(contracts, entities, rollforward)
    rows = rollforward[months.is_among(rollforward["contract_id"], held["contract_id"])]
    return rows[_is_before(rows.assign(month=months.numbers(rows["period"])), made.gaps)]


def _history(
    lines: pd.DataFrame, events: pd.DataFrame, financing: pd.DataFrame | None, periods: Sequence[str]
) -> list[str]:
    """All months from the first in which anything happened: layers may come from any of them."""
    days = events[["event_date", "recorded_on"]].max(axis=1).dropna()
    interest = [] if financing is None else financing["period"].tolist()
    first = min([periods[0], *lines["period"], *interest, *([calendar.of(days.min())] if len(days) else [])])
    return calendar.span(first, periods[-1])


def _with_cancelled(at: pd.DataFrame, events: pd.DataFrame, held: pd.DataFrame, history: Sequence[str]) -> pd.DataFrame:
    """`at` with a row for each month whose events cancel out: what came at one rate and went at another leaves a difference."""
    happened = settlements(events)[["contract_id", "month"]].drop_duplicates()
    place = ["contract_id", "month"]
    is_new = ~pd.MultiIndex.from_frame(happened).isin(pd.MultiIndex.from_frame(at[place]))
    new = happened[is_new & (happened["month"] <= calendar.index(history[-1]))].reset_index(drop=True)
    owner = held.take(months.positions(new["contract_id"], held["contract_id"])).reset_index(drop=True)
    rows = new.assign(
        entity_id=owner["entity_id"], period=months.labels(new["month"].to_numpy(np.int64)),
        contract_currency=owner["currency"], currency=owner["functional_currency"], has_refund=False,
        **dict.fromkeys([*MOVES, *BALANCES], np.int64(0)),
    )  # fmt: skip
    both = pd.concat([at.assign(is_booked=True), rows.assign(is_booked=False)[[*at.columns, "is_booked"]]])
    return both.sort_values(place, ignore_index=True)


def _flows(events: pd.DataFrame, at: pd.DataFrame) -> pd.DataFrame:
    """Every event of money in the order of booking, its row of `at`, and what it adds to max(invoiced, received): `ahead`."""
    flows = settlements(events).sort_values(["contract_id", "booked_on"], kind="stable", ignore_index=True)
    starts = (flows["contract_id"] != flows["contract_id"].shift()).to_numpy(bool)
    invoiced = exact.running_totals((flows["billed"] - flows["credited"]).to_numpy(np.int64), starts)
    received = exact.running_totals((flows["cash"] + flows["written_off"]).to_numpy(np.int64), starts)
    highest = np.maximum(invoiced, received)
    flows["ahead"] = (highest - np.where(starts, 0, np.roll(highest, 1))).astype(np.int64)
    flows["on"] = flows["day"].dt.strftime("%Y-%m-%d").astype("str")
    place = at.reset_index(names="row")[["contract_id", "month", "row", "contract_currency", "currency"]]
    return flows.merge(place, on=["contract_id", "month"], how="inner", validate="many_to_one")


def _rates(
    at: pd.DataFrame, steps: pd.DataFrame, flows: pd.DataFrame, rates: Rates
) -> tuple[Fractions, Fractions, Fractions]:
    """The spot rates of the flows, average and closing of the months."""
    return (
        fractions(flows, "on", np.ones(len(flows), bool), lambda s, t, on: rates.rate_on(s, t, date.fromisoformat(on))),
        fractions(at, "period", _needs_average(at, steps), lambda s, t, period: rates.rate(s, t, "average", period)),
        fractions(at, "period", _needs_closing(at), lambda s, t, period: rates.rate(s, t, "closing", period)),
    )


def _needs_average(at: pd.DataFrame, steps: pd.DataFrame) -> npt.NDArray[np.bool_]:
    needs = np.zeros(len(at), bool)
    needs[steps["row"].to_numpy(np.int64)[(_at_average(steps) != 0).any(axis=1)]] = True
    return needs


def _needs_closing(at: pd.DataFrame) -> npt.NDArray[np.bool_]:
    needs: npt.NDArray[np.bool_] = (at[list(_MONETARY)] != 0).any(axis=1).to_numpy(bool)
    return needs


def _at_average(steps: pd.DataFrame) -> exact.Integers:
    """What comes into the liability at the average of the month: interest, assets, unneeded refunds, revenue taken back."""
    asset, refund, revenue = (steps[name].to_numpy(np.int64) for name in ("asset", "refund", "revenue"))
    return np.column_stack(
        [steps["expense"].to_numpy(np.int64), np.maximum(asset, 0), np.maximum(-refund, 0), np.maximum(-revenue, 0)]
    )


def _missing(needed: Sequence[tuple[pd.DataFrame, Fractions]]) -> tuple[list[Finding], dict[str, str]]:
    """REV-200: the contracts that a rate is missing for, each with the first that to add, and the months of these."""
    told: dict[str, dict[str, int]] = {}
    for rows, rates in needed:
        wrong = np.flatnonzero(rates.missing != "")
        columns = (rows["contract_id"].array[wrong], rates.missing[wrong], rows["month"].to_numpy(np.int64)[wrong])
        for name, words, month in zip(*columns, strict=True):
            told.setdefault(str(name), {}).setdefault(words, int(month))
    findings, gaps = [], {}
    for name, rates_of in sorted(told.items()):
        first = min(rates_of, key=lambda words: rates_of[words])
        gaps[name] = calendar.label(rates_of[first])
        more = f" (and {len(rates_of) - 1} more rates)" if len(rates_of) > 1 else ""
        message = f"left out of the functional books from {gaps[name]} on: {first}{more}"
        findings.append(Finding("REV-200", name, message, severity="warning", period=gaps[name]))
    return findings, gaps


def _with_misnamed(
    findings: list[Finding], gaps: Mapping[str, str], more: Sequence[Finding], first: Mapping[str, str]
) -> tuple[list[Finding], dict[str, str]]:
    """Both kinds of findings, and the first month that each contract is left out of for either."""
    both = {name: min(g[name] for g in (gaps, first) if name in g) for name in {**gaps, **first}}
    return [*findings, *more], both


def _is_before(rows: pd.DataFrame, gaps: Mapping[str, str]) -> npt.NDArray[np.bool_]:
    """Whether each row (with `month`) is of a month before that from which its contract is left out."""
    known = months.positions(rows["contract_id"], pd.Series(list(gaps), dtype="str"))
    first = np.array([*map(calendar.index, gaps.values()), np.iinfo(np.int64).max], np.int64)[known]
    is_before: npt.NDArray[np.bool_] = rows["month"].to_numpy(np.int64) < first
    return is_before


def _without_gaps(
    at: pd.DataFrame, steps: pd.DataFrame, flows: pd.DataFrame, here: npt.NDArray[np.bool_]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The rows of `at` that are here, and what belongs to them."""
    row = np.cumsum(here) - 1
    is_step = here[steps["row"]]
    step = np.cumsum(is_step) - 1
    kept = flows[here[flows["row"]]].reset_index(drop=True)
    kept = kept.assign(row=row[kept["row"]], step=step[kept["step"]])
    left = steps[is_step].reset_index(drop=True)
    return at[here].reset_index(drop=True), left.assign(row=row[left["row"]]), kept


def _values(
    at: pd.DataFrame, steps: pd.DataFrame, flows: pd.DataFrame, day: Fractions, average: Fractions, closing: Fractions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns of `at` in functional currency with those of exchange, and the layers that came in."""
    owner, _ = pd.factorize(at["contract_id"])
    row, step, own = (f.to_numpy(np.int64) for f in (flows["row"], flows["step"], steps["row"]))
    ahead = flows["ahead"].to_numpy(np.int64)
    values = pd.DataFrame({name: by_row(row, day.of(flows[name].to_numpy(np.int64)), len(at)) for name in _MONEY})
    brought, came = _brought(steps, average), day.of(np.maximum(ahead, 0))
    other = (np.arange(len(steps)), _at_average(steps).sum(axis=1), brought.sum(axis=1))
    layers = _layers(at.take(own), [(step, np.maximum(ahead, 0), came), other])
    lost = by_row(step, np.maximum(-ahead, 0), len(steps))
    went = taken(owner[own], layers, _out(steps, lost), _claims(flows, layers))
    asset, back, income, refund, revenue = (by_row(own, column, len(at)) for column in went.value.T)
    interest, earned, unneeded, reversed_ = (by_row(own, column, len(at)) for column in brought.T)
    advance = by_row(row, came, len(at)) - back
    values["advance"] = advance - values["billed"] + values["credited"]
    values["expense"], values["income"] = interest, income
    values["asset"], values["refund"], values["revenue"] = earned - asset, refund - unneeded, revenue - reversed_
    values["contract_liability"] = went.left[steps["is_last"]]
    for name in _MONETARY:
        values[name] = closing.of(at[name].to_numpy(np.int64))
    carried = _receivable_at_booking_rates(owner[own], flows, day)[steps["is_last"]]
    values["asset_exchange"] = _since(values["contract_asset"], owner) - values["asset"]
    values["refund_exchange"] = _since(values["refund_liability"], owner) - values["refund"]
    moved = advance - values["cash"] - values["written_off"]
    values["unrealized"] = _since(values["receivable"] - carried, owner)
    values["realized"] = _since(values["receivable"], owner) - moved - values["unrealized"]
    return values, layers.assign(taken_back=went.back)[["contract_id", "month", "amount", "value", "taken_back"]]


def _brought(steps: pd.DataFrame, average: Fractions) -> exact.Integers:
    """What comes in at the average of the month, in functional currency."""
    rates = average.where(steps["row"].to_numpy(np.int64))
    return np.column_stack([rates.of(column) for column in _at_average(steps).T])


def _out(steps: pd.DataFrame, lost: exact.Integers) -> exact.Integers:
    """What goes out of the liability with each step, in this order; `lost` is what is given back."""
    asset, income, refund, revenue = (
        steps[name].to_numpy(np.int64) for name in ("asset", "income", "refund", "revenue")
    )
    return np.column_stack([np.maximum(-asset, 0), lost, income, np.maximum(refund, 0), np.maximum(revenue, 0)])


def _layers(at: pd.DataFrame, came: Sequence[tuple[exact.Integers, exact.Integers, exact.Integers]]) -> pd.DataFrame:
    """Layers (row of `at`, amount, value) in the order in which they come: by row, and as they are given in it."""
    row, amount, value = (np.concatenate(columns) for columns in zip(*came, strict=True))
    order = np.argsort(row, kind="stable")
    row = row[order]
    layers = at[["contract_id", "month"]].take(row).reset_index(drop=True)
    layers["row"], layers["amount"], layers["value"], layers["given"] = row, amount[order], value[order], order
    return layers[layers["amount"] != 0].reset_index(drop=True)


def _claims(flows: pd.DataFrame, layers: pd.DataFrame) -> list[Claim]:
    """What credit notes and refunds take of the layers of the invoices and payments that they name.

    `layers`: its `given` is the row of `flows`, of those layers that flows have brought.
    """
    named, lost = named_flows(flows), -flows["ahead"].to_numpy(np.int64)
    place = np.full(max(len(flows), layers["given"].max() + 1 if len(layers) else 0), -1)
    place[layers["given"]] = np.arange(len(layers))
    of = np.flatnonzero((named >= 0) & (lost > 0))
    of = of[place[named[of]] >= 0]
    claims = (flows["step"].to_numpy(np.int64)[of], place[named[of]], lost[of])
    return list(zip(*(column.tolist() for column in claims), strict=True))


def _receivable_at_booking_rates(owner: exact.Integers, flows: pd.DataFrame, day: Fractions) -> exact.Integers:
    """The receivable at the rates at which it came in, after each step: what is settled takes what came first, or what it names.

    `owner`: the contract of each step.
    """
    row, ahead, cash, written = (flows[name].to_numpy(np.int64) for name in ("step", "ahead", "cash", "written_off"))
    came = [np.maximum(ahead, 0), np.maximum(-cash, 0), np.maximum(-written, 0)]
    layers = pd.DataFrame({
        "row": np.repeat(row, 3), "amount": np.column_stack(came).reshape(-1),
        "value": np.column_stack([day.of(column) for column in came]).reshape(-1),
        "given": np.column_stack([np.arange(len(row)), np.full((len(row), 2), -1)]).reshape(-1),
    })  # fmt: skip
    layers = layers[layers["amount"] != 0].reset_index(drop=True)
    credited, settled = np.maximum(-ahead, 0), np.maximum(cash, 0) + np.maximum(written, 0)
    out = np.column_stack([by_row(row, column, len(owner)) for column in (row * 0, credited, settled)])
    return taken(owner, layers, out, _claims(flows, layers)).left


def _since(balance: pd.Series, owner: exact.Integers) -> exact.Integers:
    """The change since the row before of the same contract; where months are between, the balance was zero in them."""
    whole = balance.to_numpy(np.int64)
    starts = np.diff(owner, prepend=-1) != 0
    return whole - np.where(starts, 0, np.roll(whole, 1))
