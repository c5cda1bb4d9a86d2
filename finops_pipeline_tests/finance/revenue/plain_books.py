"""The slow functional books: one contract's queue of layers in plain Python, as the oracle of `functional`."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pandas as pd

from finops_pipeline.finance import currency, periods
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.revenue import revenue_rollforward
from finops_pipeline.finance.revenue.settlements import settlements
from finops_pipeline_tests.finance.revenue.deals import Deals


@dataclass
class Layer:
    """So many units worth so much; the first of them are gone, the last may be taken back."""

    units: int
    value: int
    kept: int
    gone: int = 0

    def worth(self, units: int) -> int:
        return round(Fraction(self.value * units, self.units))


@dataclass
class Queue:
    """Layers of one contract, the oldest first."""

    layers: deque[Layer] = field(default_factory=deque)
    of_events: dict[str, Layer] = field(default_factory=dict)

    def put(self, units: int, value: int, event_id: str = "") -> None:
        if units:
            self.layers.append(Layer(units, value, units))
            self.of_events[event_id] = self.layers[-1]

    def take(self, units: int) -> int:
        """What the oldest so many units are worth."""
        value = 0
        while units:
            layer = self.layers[0]
            part = min(units, layer.kept - layer.gone)
            value += layer.worth(layer.gone + part) - layer.worth(layer.gone)
            layer.gone += part
            units -= part
            if layer.gone == layer.kept:
                self.layers.popleft()
        return value

    def take_back(self, event_id: str, units: int) -> int:
        """Take the end of the layer of an event, as far as it is there; returns the rest."""
        if event_id not in self.of_events:
            return units
        layer = self.of_events[event_id]
        part = min(units, layer.kept - layer.gone)
        layer.kept -= part
        return units - part

    def left(self) -> int:
        return sum(layer.worth(layer.kept) - layer.worth(layer.gone) for layer in self.layers)


@dataclass
class Book:
    """One contract's queue, what of its revenue is more than came in (`asset`), and what was invoiced and received."""

    rates: Rates
    queue: Queue = field(default_factory=Queue)
    asset: int = 0
    invoiced: int = 0
    received: int = 0

    def come(self, event: Any) -> tuple[int, tuple[str, int]]:
        """What an event of money adds to what came in, as a layer; and what it gives back, of what it names."""
        before = max(self.invoiced, self.received)
        self.invoiced += event.billed - event.credited
        self.received += event.cash + event.written_off
        ahead = max(self.invoiced, self.received) - before
        spot = self.rates.rate_on("USD", "EUR", event.day.date())
        self.queue.put(max(ahead, 0), _worth(max(ahead, 0), spot), event.event_id)
        return ahead, (event.related_event_id, max(-ahead, 0))

    def go(self, period: str, asset: int, lost: list[tuple[str, int]], refund: int, revenue: int) -> int:
        """All else of a step; `asset` is what the contract asset becomes. Returns the revenue in functional currency."""
        change, self.asset = asset - self.asset, asset
        average = self.rates.known["USD", "EUR", "average", period]
        came = [max(change, 0), max(-refund, 0), max(-revenue, 0)]
        values = [_worth(units, average) for units in came]
        self.queue.put(sum(came), sum(values))
        self.queue.take(max(-change, 0))
        self.queue.take(sum([self.queue.take_back(named, units) for named, units in lost]))
        self.queue.take(max(refund, 0))
        return self.queue.take(max(revenue, 0)) - values[2]


def plain_books(case: Deals, contract: str, rates: Rates, wanted: list[str]) -> dict[tuple[str, str], int]:
    """One contract's functional books day by day: (what, month) to amount."""
    lines = case.schedule(wanted[-1]).lines
    rows = revenue_rollforward(lines, case.contracts, case.events, wanted).query("contract_id == @contract")
    lines = lines.query("contract_id == @contract and status == 'actual'")
    events = settlements(case.events).query("contract_id == @contract").sort_values("booked_on", kind="stable")
    book, found, over = Book(rates), dict[tuple[str, str], int](), 0
    for period, month in rows.groupby("period"):
        of = month.set_index("balance")
        seen, worth = 0, 0
        for day, happened in events[events["month"] == periods.index(str(period))].groupby("booked_on"):
            earned = earned_before(case, lines.query("period == @period"), str(period), day.date())
            over, seen, revenue = over - (earned - seen), earned, earned - seen
            worth += book.go(str(period), max(-over, 0), [], 0, revenue)
            ahead, lost = zip(*[book.come(event) for event in happened.itertuples()], strict=True)
            over += sum(ahead)
            worth += book.go(str(period), max(-over, 0), list(lost), 0, 0)
        refund = int(of["reclassified"].get("refund_liability", 0))
        revenue = -int(month["recognized"].sum()) - seen
        worth += book.go(str(period), int(of["closing"]["contract_asset"]), [], refund, revenue)
        over = int(of["closing"]["contract_liability"] - of["closing"]["contract_asset"])
        found["revenue", str(period)], found["liability", str(period)] = worth, book.queue.left()
    return found


def earned_before(case: Deals, lines: pd.DataFrame, period: str, day: date) -> int:
    """The revenue of the lines of one contract and month that is earned when what comes in on a day of it counts."""
    total = 0
    for line in lines.itertuples():
        key = (line.contract_id, line.obligation_id)
        (promise,) = [o for o in case.obligations.itertuples() if (o.contract_id, o.obligation_id) == key]
        if promise.recognition == "straight_line":
            (signed,) = case.contracts.loc[case.contracts["contract_id"] == line.contract_id, "signed_on"]
            first, last = max(promise.start_date, signed).date(), promise.end_date.date()
            served = [d for d in _days(period) if first <= d <= last]
            done, whole = sum(d < day or day == _days(period)[-1] for d in served), len(served)
        else:
            did = [(d, n) for d, n in _done(case, promise) if periods.of(d) == period]
            done, whole = sum(n for d, n in did if d < day), sum(n for _, n in did)
        total += round(Fraction(int(line.recognized) * Fraction(done) / Fraction(whole))) if whole else 0
    return total


def _days(period: str) -> list[date]:
    return [periods.last_day(period).replace(day=d + 1) for d in range(periods.last_day(period).day)]


def _done(case: Deals, promise: Any) -> list[tuple[date, Any]]:
    """The day and the part of each event that satisfies an obligation of goods, progress or usage."""
    mine = case.events[case.events["contract_id"] == promise.contract_id].sort_values(["event_date", "event_id"])
    mine = mine.assign(on=mine[["event_date", "recorded_on"]].max(axis=1).dt.date)
    named = mine[mine["obligation_id"] == promise.obligation_id]
    if promise.recognition == "usage":
        used = named[named["event_type"] == "usage"]
        weight = used["amount"] if used["amount"].notna().all() else used["quantity"].fillna(0)
        return list(zip(used["on"], weight.tolist(), strict=True))
    if promise.recognition != "point_in_time":
        progress = named[named["event_type"].isin(["progress", "delivery"])]
        return list(zip(progress["on"], progress["quantity"].tolist(), strict=True))
    given = mine[(mine["event_type"] == "delivery") & (mine["obligation_id"].isna() | mine.index.isin(named.index))]
    promised = 1 if pd.isna(promise.quantity) else promise.quantity
    found, so_far, is_complete = [], Decimal(0), False
    for event in sorted(given.itertuples(), key=lambda e: (e.on, pd.isna(e.quantity), e.event_id)):
        is_complete = is_complete or pd.isna(event.quantity) or pd.isna(promise.quantity)
        now = promised if is_complete else so_far + event.quantity
        found.append((event.on, now - so_far))
        so_far = Decimal(now)
    return found


def _worth(units: int, rate: Decimal) -> int:
    return currency.convert(units, "USD", "EUR", rate)


def naming(rng: Random, case: Deals) -> Deals:
    """Some invoices become credit notes; these and refunds name an invoice or a payment before them, or none."""
    events = case.events.sort_values(["contract_id", "event_date", "event_id"], ignore_index=True)
    told: dict[str, list[str | None]] = {}
    for place, row in enumerate(events.itertuples()):
        before = told.setdefault(str(row.contract_id), [None])
        is_credit_note = row.event_type == "invoice" and len(before) > 2 and rng.random() < 0.5
        if is_credit_note:
            events.loc[place, "amount"] = -rng.randint(1, 50_000)
        if is_credit_note or row.event_type == "refund":
            events.loc[place, "related_event_id"] = rng.choice(before)
        elif row.event_type in ("invoice", "payment"):
            before.append(str(row.event_id))
    return Deals(case.contracts, case.obligations, pd.DataFrame(events), case.entities)
