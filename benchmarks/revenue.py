"""Revenue of many contracts: schedule, roll-forward and journal, against a plain pandas straight-line script.

    python benchmarks/revenue.py [--contracts 1000000] [--changing 0.02]

Made are contracts with three obligations (two services, and goods, output, input or usage in turn) and about twelve events
each over 36 months; a part of them changes (modification, estimate or cancellation) and goes through the engine of one
contract. The plain script spreads only the services, evenly by days in floats, as a spreadsheet would: no events, no
allocation, no rounding, no books. Printed are wall and processor seconds, ratios and peak memory. The last line is what
one hundredth of the contracts takes.
"""

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

FIRST = np.datetime64("2023-01-01")
MONTHS = [f"{2023 + m // 12}-{m % 12 + 1:02d}" for m in range(36)]
PER_CONTRACT = 3
KINDS = np.array(["point_in_time", "output", "input", "usage"])


def made(contracts: int, changing: float) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The four tables the engine reads, by a fixed seed."""
    from finops_pipeline.contracts import catalog, projections

    rng = np.random.default_rng(7)
    number = np.arange(contracts)
    ids = pd.Series("C" + pd.Series(number).astype(str).str.zfill(8), dtype="str")
    signed = FIRST + rng.integers(0, 700, contracts)
    heads = pd.DataFrame(
        {"contract_id": ids, "entity_id": "DE", "customer_id": "K", "signed_on": signed, "currency": "EUR"}
    )
    start = np.repeat(signed, PER_CONTRACT) + rng.integers(0, 30, contracts * PER_CONTRACT)
    place = np.tile(np.arange(PER_CONTRACT), contracts)
    third = np.repeat(KINDS[number % 4], PER_CONTRACT)
    way = np.where(place < 2, "straight_line", third)
    price = rng.integers(10_000, 5_000_000, contracts * PER_CONTRACT)
    counted = np.where(way == "straight_line", np.nan, 100.0)
    goods = pd.DataFrame({
        "contract_id": np.repeat(ids.to_numpy(), PER_CONTRACT), "obligation_id": np.char.add("O", place.astype(str)),
        "product_id": "P", "recognition": way, "stated_price": price, "ssp": price + rng.integers(0, 99_999, len(price)),
        "quantity": pd.array(counted, dtype="Int64"), "total_measure": pd.array(counted, dtype="Int64"),
        "start_date": np.where(way == "straight_line", start, np.datetime64("NaT")),
        "end_date": np.where(way == "straight_line", start + rng.integers(300, 720, len(start)), np.datetime64("NaT")),
        "contract_currency": "EUR",
    })  # fmt: skip
    events = pd.concat(
        [_money(rng, ids, signed, price), _work(rng, ids, signed, number), _changes(rng, ids, signed, changing)]
    )
    events["event_id"] = pd.Series("E" + pd.Series(np.arange(len(events))).astype(str).str.zfill(9)).to_numpy()
    entities = pd.DataFrame([{"entity_id": "DE", "name": "DE", "functional_currency": "EUR"}])
    return tuple(  # type: ignore[return-value]
        projections.conform(frame.reindex(columns=list(catalog.table(name).names)), catalog.table(name))
        for name, frame in (
            ("contracts", heads),
            ("obligations", goods),
            ("contract_events", events),
            ("entities", entities),
        )
    )


def _money(rng: Any, ids: pd.Series, signed: Any, price: Any) -> pd.DataFrame:
    """Four invoices, each paid a month later."""
    quarter = price.reshape(-1, PER_CONTRACT).sum(axis=1) // 4
    frames = []
    for n in range(4):
        day = signed + 90 * n + rng.integers(0, 20, len(ids))
        for kind, later in (("invoice", 0), ("payment", 30)):
            frames.append(
                pd.DataFrame({"contract_id": ids, "event_date": day + later, "event_type": kind, "amount": quarter})
            )
    return pd.concat(frames).assign(contract_currency="EUR")


def _work(rng: Any, ids: pd.Series, signed: Any, number: Any) -> pd.DataFrame:
    """Four times a quarter of the third obligation."""
    kind = np.array(["delivery", "progress", "progress", "usage"])[number % 4]
    used = np.where(kind == "usage", 12_345, np.nan)
    frames = [
        pd.DataFrame({"contract_id": ids, "event_date": signed + 60 * n + rng.integers(0, 60, len(ids)), "event_type": kind,
                      "obligation_id": "O2", "quantity": pd.array(np.full(len(ids), 25), dtype="Int64"), "amount": pd.array(used, dtype="Int64")})
        for n in range(4)
    ]  # fmt: skip
    return pd.concat(frames).assign(contract_currency="EUR")


def _changes(rng: Any, ids: pd.Series, signed: Any, changing: float) -> pd.DataFrame:
    """Prospective modifications, estimates and cancellations in turn."""
    some = np.flatnonzero(rng.random(len(ids)) < changing)
    kind = np.array(["modification", "variable_estimate", "cancellation"])[some % 3]
    return pd.DataFrame({
        "contract_id": ids.to_numpy()[some], "event_date": signed[some] + rng.integers(260, 299, len(some)), "event_type": kind,
        "method": np.where(kind == "modification", "prospective", None),
        "amount": pd.array(np.where(kind == "cancellation", np.nan, 5_000), dtype="Int64"), "contract_currency": "EUR",
    })  # fmt: skip


def plain_straight_line(obligations: pd.DataFrame) -> pd.DataFrame:
    """The services alone, by days and in floats, the shortest way in pandas."""
    rows = obligations[obligations["recognition"] == "straight_line"]
    start, end = (rows[c].to_numpy("datetime64[D]") for c in ("start_date", "end_date"))
    first, last = start.astype("datetime64[M]"), end.astype("datetime64[M]")
    length = (last - first).astype(int) + 1
    each = np.repeat(np.arange(len(rows)), length)
    month = first[each] + (np.arange(len(each)) - np.repeat(np.cumsum(length) - length, length))
    from_day = np.maximum(month.astype("datetime64[D]"), start[each])
    to_day = np.minimum((month + 1).astype("datetime64[D]") - 1, end[each])
    days = (to_day - from_day).astype(int) + 1
    amount = rows["stated_price"].to_numpy(float)[each] * days / ((end - start).astype(int) + 1)[each]
    found = rows[["contract_id", "obligation_id"]].take(each)
    return found.assign(period=pd.Series(month).dt.strftime("%Y-%m").to_numpy(), recognized=amount)


class Clock:
    """Wall and processor seconds of each stage, summed over the parts."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def timed(self, name: str, compute: Callable[[], Any]) -> Any:
        """Run one stage."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = compute()
        self.wall[name] = self.wall.get(name, 0) + time.perf_counter() - wall
        self.cpu[name] = self.cpu.get(name, 0) + time.process_time() - cpu
        return result

    def __str__(self) -> str:
        return "\n".join(f"{n:<28} {self.wall[n]:8.1f} s wall {self.cpu[n]:8.1f} s processor" for n in self.wall)


def engine(tables: tuple[pd.DataFrame, ...], at_once: int) -> tuple[Clock, list[int]]:
    """The three stages of the real engine, so many contracts at once: they do not touch each other."""
    from finops_pipeline.finance import revenue

    clock, rows = Clock(), [0, 0, 0, 0]
    ids = tables[0]["contract_id"]
    for first in range(0, len(ids), at_once):
        some = ids.iloc[first : first + at_once]
        part = clock.timed(
            "parting", lambda some=some: [t[t["contract_id"].isin(some)] if "contract_id" in t else t for t in tables]
        )
        schedule = clock.timed("schedule", lambda part=part: revenue.revenue_schedule(*part, MONTHS[-1]))
        lines = schedule.lines
        books = clock.timed(
            "roll-forward", lambda part=part, lines=lines: revenue.revenue_rollforward(lines, part[0], part[2], MONTHS)
        )
        journal = clock.timed("journal", lambda books=books: revenue.revenue_journal(books))
        counts = (len(lines), len(books), len(journal), len(schedule.findings))
        rows = [a + b for a, b in zip(rows, counts, strict=True)]
    return clock, rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contracts", type=int, default=1_000_000)
    parser.add_argument("--changing", type=float, default=0.02)
    parser.add_argument("--at-once", type=int, default=25_000)
    options = parser.parse_args()
    tables = made(options.contracts, options.changing)
    print(f"{len(tables[0]):,} contracts, {len(tables[1]):,} obligations, {len(tables[2]):,} events")
    plain = Clock()
    plain.timed("plain straight line", lambda: plain_straight_line(tables[1]))
    full, rows = engine(tables, options.at_once)
    print(plain, full, "{:,} lines, {:,} books, {:,} journal lines, {:,} findings".format(*rows), sep="\n")
    some = tables[0]["contract_id"].iloc[::100]
    few = tuple(t[t["contract_id"].isin(some)] if "contract_id" in t else t for t in tables)
    part, _ = engine(few, options.at_once)
    one, all_of, hundredth = (sum(clock.cpu.values()) for clock in (plain, full, part))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{all_of / one:.1f} x the plain script (processor), one hundredth takes {hundredth / all_of:.1%}, peak {peak:.1f} GB"
    )


if __name__ == "__main__":
    main()
