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


# --- Contracts to which much happens, for the comparison with the slow reference


def eventful(rng: Random, contracts: int) -> Deals:
    """Contracts with several changes each, on days that collide: of signing, of other events, ends of months.

    Prices go from nothing and a single unit upwards, in currencies with no, two and three decimals; everything may be
    recorded late; invoices may be credit notes; some obligations are cancelled one by one, by units or with an amount.
    """
    heads: list[dict[str, Any]] = []
    goods: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for c in range(contracts):
        name, signed, currency = f"C{c}", _day(rng, 120), rng.choice(["EUR", "EUR", "JPY", "BHD"])
        head = {"contract_id": name, "entity_id": "DE", "customer_id": "K", "signed_on": signed, "currency": currency}
        heads.append(head)
        has_ssp, most = rng.random() < 0.85, rng.choice([9, 1000, 10**6])
        days = [signed]
        mine = [
            _priced(rng, _obligation(rng, name, f"O{o}", signed, ssp=has_ssp), most) for o in range(rng.randint(1, 3))
        ]
        happened, added = _upheaval(rng, name, mine, days, most, ssp=has_ssp)
        for obligation in [*mine, *added]:
            happened += _done(rng, obligation, days)
        happened = _quiet_after(rng, happened) + _much_money(rng, name, days, most)
        for number, event in enumerate(happened):
            event["event_id"] = event["event_id"] or f"{name}-{rng.choice('AZ')}{number:02d}"
            event["contract_currency"] = currency
            if rng.random() < 0.12 and event["event_id"] not in {o.get("added_by_event_id") for o in added[::2]}:
                event["recorded_on"] = event["event_date"] + timedelta(rng.randint(0, 120))
        owed = [
            e | {"event_date": e.get("recorded_on") or e["event_date"]} for e in happened if e["event_date"] >= signed
        ]
        lost = _written_off(rng, name, owed)
        happened += [e | {"event_id": f"{name}-WW", "contract_currency": currency} for e in lost]
        goods += [{**o, "contract_currency": currency} for o in [*mine, *added]]
        events += [e for e in happened if e["event_date"] >= signed]
    return Deals(
        frame("contracts", heads), frame("obligations", goods), frame("contract_events", events),
        frame("entities", [{"entity_id": "DE", "name": "DE", "functional_currency": "EUR"}]),
    )  # fmt: skip


def _collision(rng: Random, days: list[date]) -> date:
    """A day after signing: one of another event, the first or last of a month, or any; it is remembered."""
    day = _day(rng, 450, days[0])
    kind = rng.random()
    if kind < 0.3:
        day = rng.choice(days)
    elif kind < 0.5:
        day = max(day.replace(day=1) - timedelta(1), days[0])
    elif kind < 0.6:
        day = max(day.replace(day=1), days[0])
    days.append(day)
    return day


def _priced(rng: Random, obligation: dict[str, Any], most: int) -> dict[str, Any]:
    price = rng.choice([0, 1, rng.randint(0, most), rng.randint(0, most), rng.randint(0, most)])
    ssp = None if obligation["ssp"] is None else rng.randint(rng.random() > 0.05, most)
    quantity = obligation["quantity"] and rng.choice(
        [obligation["quantity"], Decimal(rng.randint(1, 12)), Decimal("7.5")]
    )
    return {**obligation, "stated_price": price, "ssp": ssp, "quantity": quantity}


def _done(rng: Random, obligation: dict[str, Any], days: list[date]) -> list[dict[str, Any]]:
    """Deliveries, progress and usage from the day on which the obligation came, and materials of what is measured by cost."""
    born = obligation.get("born", days[0])
    found = []
    for _ in range(rng.choice([0, 1, 2, 2, 3, 5])):
        event = {**_event(rng, obligation["contract_id"], "delivery"), "obligation_id": obligation["obligation_id"]}
        event["event_date"] = max(_collision(rng, days), born)
        way = obligation["recognition"]
        if way == "point_in_time":
            promised = obligation["quantity"]
            event["quantity"] = promised and (promised / rng.choice([2, 5, 6])).quantize(
                Decimal("0.5"), rounding="ROUND_UP"
            )
            if promised is None and found:
                continue
        elif way in ("output", "input") and (way == "output" or rng.random() < 0.8):
            event |= {"event_type": "progress", "quantity": Decimal(rng.randint(0, 400))}
            event["total_measure"] = Decimal(rng.randint(1200, 6000)) if rng.random() < 0.2 else None
        elif way == "input":
            event["amount"] = rng.randint(0, 300)
        elif way == "usage":
            is_counted = rng.random() < 0.4 and obligation["stated_price"]
            event |= {"event_type": "usage", "amount": None if is_counted else rng.randint(0, 900)}
            event["quantity"] = Decimal(rng.randint(1, 9)) / 2 if is_counted else None
        else:
            continue
        found.append(event)
    return found


def _quiet_after(rng: Random, happened: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mostly nothing is done any more for what was cancelled."""
    ends = [e for e in happened if e["event_type"] == "cancellation" and e.get("quantity") is None]
    for end in ends if rng.random() < 0.9 else []:
        of, day = end.get("obligation_id"), end["event_date"]
        happened = [
            e for e in happened
            if e["event_date"] <= day or e["event_type"] not in ("delivery", "progress", "usage")
            or of not in (None, e.get("obligation_id"))
        ]  # fmt: skip
    return happened


def _much_money(rng: Random, contract: str, days: list[date], most: int) -> list[dict[str, Any]]:
    """Invoices, some of them credit notes, payments and refunds; what is written off is owed for sure."""
    found = []
    for _ in range(rng.randint(0, 7)):
        kind = rng.choice(["invoice", "invoice", "payment", "refund"])
        low = -most // 3 if kind == "invoice" and rng.random() < 0.3 else 0
        found.append(_event(rng, contract, kind, event_date=_collision(rng, days), amount=rng.randint(low, most)))
    return found


_UPHEAVALS = (
    "variable_estimate", "variable_estimate", "variable_estimate", "modification", "modification", "modification", "mixed",
    "resize", "chain", "returns_estimate", "return", "cancellation", "units",
)  # fmt: skip
Rows = list[dict[str, Any]]


def _upheaval(rng: Random, contract: str, mine: Rows, days: list[date], most: int, *, ssp: bool) -> tuple[Rows, Rows]:
    """What changes a contract, and the obligations that it adds."""
    found: Rows = []
    added: Rows = []
    for number in range(rng.randint(1, 6)):
        kind, day = rng.choice(_UPHEAVALS), _collision(rng, days)
        there = [o for o in [*mine, *added] if o.get("born", day) <= day]
        counted = [o for o in there if o["quantity"] is not None or o["total_measure"] is not None]
        priced = [o for o in there if o["recognition"] != "usage"]
        fitting = {
            "units": counted,
            "resize": counted,
            "variable_estimate": priced,
            "mixed": priced,
            "chain": priced,
        }.get(kind, there)
        if not fitting or rng.random() < 0.03:
            fitting = there  # now and then it makes no sense
        one, other = rng.choice(fitting), rng.choice(fitting)
        event = _event(rng, contract, kind, event_id=f"{contract}-M{number}", event_date=day)
        if kind == "mixed":  # 25-13 c: one event for each part
            first = {**event, "event_id": f"{contract}-N{number}", "obligation_id": other["obligation_id"]}
            found.append({**first, **_new_terms(rng, most), "method": "prospective"})
            event |= {**_new_terms(rng, most), "method": "cumulative", "obligation_id": one["obligation_id"]}
        elif kind in ("modification", "resize"):
            event |= _new_terms(rng, most) | _resized(rng, one, kind)
            if rng.random() < 0.35 or event["method"] == "separate":
                added.append(_more_of(rng, one, _obligation(rng, contract, f"M{number}", day, ssp=ssp), most))
                added[-1] |= {"added_by_event_id": event["event_id"], "born": day}
        elif kind == "chain":
            found += _chain(rng, event, one["obligation_id"], most)
            continue
        else:
            event |= _estimated_or_ended(rng, one, kind, most)
            event["event_date"] += timedelta(rng.choice([0, 200, 400]) if kind.startswith("return") else 0)
        found.append(event)
    return found, added


def _more_of(rng: Random, one: dict[str, Any], came: dict[str, Any], most: int) -> dict[str, Any]:
    """What a modification adds: something else, or more of the same, then mostly without a selling price of its own."""
    came = _priced(rng, came, most)
    if one["recognition"] not in ("point_in_time", "straight_line") or rng.random() < 0.4:
        return came
    if one["recognition"] == "straight_line":
        start = came["start_date"] or one["end_date"]
        came |= {"start_date": start, "end_date": start + timedelta(rng.randint(20, 500)), "total_measure": None}
    else:
        came["total_measure"] = None
    quantity = one["quantity"] and Decimal(rng.randint(1, 9))
    ssp = came["ssp"] if rng.random() < 0.4 else None
    return {
        **came,
        "product_id": one["product_id"],
        "recognition": one["recognition"],
        "quantity": quantity,
        "ssp": ssp,
    }


def _chain(rng: Random, event: dict[str, Any], name: str, most: int) -> Rows:
    """An estimate of earlier terms that changes after the terms have, several times."""
    found: Rows = []
    whose = rng.choice([None, name])
    for step in range(rng.randint(3, 6)):
        day = event["event_date"] + timedelta(rng.randint(0, 40) * step)
        one = {
            **event,
            "event_id": f"{event['event_id']}{step}",
            "event_date": day,
            "obligation_id": rng.choice([None, name]),
        }
        if step % 2 == 0:
            one |= {"event_type": "variable_estimate", "amount": rng.randint(0, most), "obligation_id": whose}
        else:
            one |= {**_new_terms(rng, most), "method": rng.choice(["prospective", "cumulative"])}
        found.append(one)
    return found


def _new_terms(rng: Random, most: int) -> dict[str, Any]:
    method = rng.choice(["prospective", "cumulative", "separate"])
    return {"event_type": "modification", "method": method, "amount": rng.choice([None, rng.randint(-most // 9, most)])}


def _resized(rng: Random, one: dict[str, Any], kind: str) -> dict[str, Any]:
    """The obligation that a modification names, and how much of it is promised from now on."""
    if kind == "modification":
        return {"obligation_id": rng.choice([None, one["obligation_id"]])}
    if one["total_measure"] is not None:
        return {"obligation_id": one["obligation_id"], "total_measure": Decimal(rng.randint(1500, 9000))}
    return {"obligation_id": one["obligation_id"], "quantity": Decimal(rng.randint(-1, 6))}


def _estimated_or_ended(rng: Random, one: dict[str, Any], kind: str, most: int) -> dict[str, Any]:
    name = one["obligation_id"]
    maybe = rng.choice([None, name])
    if kind == "variable_estimate":
        component = rng.choice([None, "bonus", "rebate"])
        return {"amount": rng.randint(-most // 5, most // 2), "obligation_id": maybe, "component": component}
    if kind == "cancellation":
        return {"amount": rng.choice([None, rng.randint(0, most // 2)]), "obligation_id": maybe}
    if kind == "units":
        amount, units = rng.choice([None, None, most // 10]), Decimal(rng.choice(["0.5", "1", "2"]))
        return {"event_type": "cancellation", "obligation_id": name, "quantity": units, "amount": amount}
    if one["quantity"] is not None and rng.random() < 0.8:
        return {"obligation_id": name, "quantity": Decimal(rng.choice(["0.5", "0.5", "1", "3"]))}
    return {"obligation_id": name, "amount": rng.randint(0, most // 50)}
