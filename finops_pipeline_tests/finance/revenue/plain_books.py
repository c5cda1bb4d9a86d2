"""The slow functional books: one contract's queue of layers in plain Python, as the oracle of `functional`."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from random import Random

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


def plain_books(case: Deals, contract: str, rates: Rates, wanted: list[str]) -> dict[tuple[str, str], int]:
    """One contract's functional books month by month: (what, month) to amount."""
    lines = case.schedule(wanted[-1]).lines
    rows = revenue_rollforward(lines, case.contracts, case.events, wanted).query("contract_id == @contract")
    events = settlements(case.events).query("contract_id == @contract").sort_values("month", kind="stable")
    queue, found = Queue(), dict[tuple[str, str], int]()
    invoiced = received = 0
    for period, month in rows.groupby("period"):
        average = rates.known["USD", "EUR", "average", str(period)]
        move = month.set_index("balance")["reclassified"]
        revenue = -int(month["recognized"].sum())
        asset, refund = int(move["contract_asset"]), int(move.get("refund_liability", 0))
        lost: list[tuple[str, int]] = []
        for event in events[events["month"] == periods.index(str(period))].itertuples():
            before = max(invoiced, received)
            invoiced += event.billed - event.credited
            received += event.cash + event.written_off
            ahead = max(invoiced, received) - before
            spot = rates.rate_on("USD", "EUR", event.day.date())
            queue.put(max(ahead, 0), _worth(max(ahead, 0), spot), event.event_id)
            lost.append((event.related_event_id, max(-ahead, 0)))
        came = [max(asset, 0), max(-refund, 0), max(-revenue, 0)]
        values = [_worth(units, average) for units in came]
        queue.put(sum(came), sum(values))
        queue.take(max(-asset, 0))
        queue.take(sum([queue.take_back(named, units) for named, units in lost]))
        queue.take(max(refund, 0))
        found["revenue", str(period)] = queue.take(max(revenue, 0)) - values[2]
        found["liability", str(period)] = queue.left()
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
