"""Contracts made by chance, with everything that can happen to them: material for properties, not for numbers.

Dates, quantities and amounts are drawn so that many contracts can be accounted for and some cannot; the properties hold
for the first, and the findings name the others.
"""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from finops_pipeline_tests.finance.revenue.deals import Deals, frame

WAYS = ("point_in_time", "straight_line", "output", "input", "usage")
FIRST = date(2026, 1, 1)


def by_chance(rng: Random, contracts: int, *, changes: bool) -> Deals:
    """So many contracts of two years; without changes they are those that the set-wise engine takes."""
    heads: list[dict[str, Any]] = []
    goods: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for c in range(contracts):
        name, signed = f"C{c}", _day(rng, 200)
        heads.append(
            {"contract_id": name, "entity_id": "DE", "customer_id": "K", "signed_on": signed, "currency": "EUR"}
        )
        mine = [_obligation(rng, name, f"O{o}", signed, ssp=True) for o in range(rng.randint(1, 3))]
        happened = [e for o in mine for e in _satisfaction(rng, o, signed)]
        happened += [_event(rng, name, kind, amount=rng.randint(1, 90_000)) for kind in _money(rng)]
        if changes:
            more, added = _changes(rng, name, mine, signed)
            mine, happened = mine + added, happened + more
        happened += _written_off(rng, name, [e for e in happened if e["event_date"] >= signed])
        for number, event in enumerate(happened):
            event["event_id"] = f"{name}-{number:02d}" if event.get("event_id") is None else event["event_id"]
        goods, events = goods + mine, events + [e for e in happened if e["event_date"] >= signed]
    return Deals(
        frame("contracts", heads), frame("obligations", goods), frame("contract_events", events),
        frame("entities", [{"entity_id": "DE", "name": "DE", "functional_currency": "EUR"}]),
    )  # fmt: skip


def _day(rng: Random, days: int, first: date = FIRST) -> date:
    return first + timedelta(rng.randint(0, days))


def _event(rng: Random, contract: str, kind: str, **values: Any) -> dict[str, Any]:
    return {
        "contract_id": contract, "event_type": kind, "event_date": _day(rng, 700), "event_id": None,
        "contract_currency": "EUR", **values,
    }  # fmt: skip


def _money(rng: Random) -> list[str]:
    return [rng.choice(["invoice", "invoice", "payment", "refund"]) for _ in range(rng.randint(0, 5))]


def _written_off(rng: Random, contract: str, happened: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What of the invoices is not paid in the end, in part or all of it; mostly there is no write-off."""
    sign = {"invoice": 1, "payment": -1}
    told = [e for e in happened if e["event_type"] in sign]
    owed = sum(sign[e["event_type"]] * e["amount"] for e in told)
    if owed <= 0 or rng.random() < 0.5:
        return []
    last = max(e["event_date"] for e in told)
    amount = rng.choice([owed, rng.randint(1, owed)])
    return [_event(rng, contract, "write_off", event_date=last + timedelta(rng.randint(0, 25)), amount=amount)]


def _obligation(rng: Random, contract: str, name: str, signed: date, *, ssp: bool) -> dict[str, Any]:
    way = rng.choice(WAYS)
    start = signed + timedelta(rng.randint(0, 60))
    is_counted = way == "point_in_time" and rng.random() < 0.7
    return {
        "contract_id": contract, "obligation_id": name, "product_id": rng.choice(["P1", "P2"]), "recognition": way,
        "stated_price": rng.randint(0, 10**6), "ssp": rng.randint(1, 10**6) if ssp else None,
        "quantity": Decimal(rng.randint(4, 400)) if is_counted else None,
        "start_date": start if way == "straight_line" or rng.random() < 0.5 else None,
        "end_date": start + timedelta(rng.randint(20, 500)) if way == "straight_line" or rng.random() < 0.6 else None,
        "total_measure": Decimal(rng.randint(1000, 5000)) if way in ("output", "input") else None,
        "contract_currency": "EUR",
    }  # fmt: skip


def _satisfaction(rng: Random, obligation: dict[str, Any], signed: date) -> list[dict[str, Any]]:
    way, contract, name = obligation["recognition"], obligation["contract_id"], obligation["obligation_id"]
    days = sorted(_day(rng, 600, signed) for _ in range(rng.randint(0, 3)))
    common = {"obligation_id": name}
    if way == "point_in_time":
        quantity = obligation["quantity"] and (obligation["quantity"] / 4).quantize(Decimal(1), rounding="ROUND_DOWN")
        days = days if quantity else days[:1]
        return [_event(rng, contract, "delivery", event_date=d, quantity=quantity, **common) for d in days]
    if way in ("output", "input"):
        return [
            _event(rng, contract, "progress", event_date=d, quantity=Decimal(rng.randint(0, 300)),
                   total_measure=Decimal(rng.randint(900, 6000)) if rng.random() < 0.3 else None, **common)
            for d in days
        ]  # fmt: skip
    if way == "usage":
        return [_event(rng, contract, "usage", event_date=d, amount=rng.randint(-50, 9000), **common) for d in days]
    return []


def _changes(
    rng: Random, contract: str, mine: list[dict[str, Any]], signed: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    events, added = [], []
    for number in range(rng.randint(1, 3)):
        one = rng.choice(mine)["obligation_id"]
        counted = [o["obligation_id"] for o in mine if o["quantity"] is not None]
        kind = rng.choice(
            ["modification", "modification", "variable_estimate", "returns_estimate", "return", "cancellation"]
        )
        event = _event(rng, contract, kind, event_id=f"{contract}-M{number}", event_date=_day(rng, 500, signed))
        if kind == "modification":
            event |= {"method": rng.choice(["separate", "prospective", "cumulative"])}
            event |= {"amount": rng.choice([None, rng.randint(-9000, 90_000)])}
            event |= {"obligation_id": rng.choice([None, None, one])}
            if rng.random() < 0.6:
                added.append(
                    _obligation(rng, contract, f"M{number}", event["event_date"], ssp=True)
                    | {"added_by_event_id": event["event_id"]}
                )
        elif kind == "variable_estimate":
            event |= {"amount": rng.randint(-2000, 20_000), "obligation_id": rng.choice([None, one])}
            event |= {"component": rng.choice([None, "bonus", "rebate"])}
        elif counted and rng.random() < 0.6:  # some of the goods are given up, expected back or back
            event |= {"obligation_id": rng.choice(counted), "quantity": Decimal(rng.randint(1, 3))}
        elif kind == "cancellation":
            event |= {"amount": rng.choice([None, rng.randint(0, 5000)]), "obligation_id": rng.choice([None, one])}
        else:
            event |= {"obligation_id": one, "amount": rng.randint(1, 3000)}
        if rng.random() < 0.3:
            event |= {"recorded_on": event["event_date"] + timedelta(rng.randint(1, 90))}
        events.append(event)
    return events, added
