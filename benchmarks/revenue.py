"""Revenue of many contracts: schedule, roll-forward and journal, against a plain pandas straight-line script.

    python benchmarks/revenue.py [--contracts 1000000] [--against 250000] [--changing 0.02] [--at-once 10000] [--processes 2]
    python benchmarks/revenue.py --recipe --contracts 62500

Made are contracts with three obligations (two services, and goods, output, input or usage in turn) and about twelve events
each over 36 months; a part of them changes (modification, estimate or cancellation) and goes through the engine of one
contract. The plain script spreads only the services, evenly by days in floats, as a spreadsheet would: no events, no
allocation, no rounding, no books.

A full night parts the contracts, makes the three tables of each part, in processes beside each other, and fingerprints
all contracts. In the incremental night one contract in a hundred has another invoice; it fingerprints all, makes these
again, and (with --exchange, which keeps every row in memory) exchanges their rows. Printed are wall and processor seconds,
ratios, and peak memory of all processes together. Rows are counted and let go, not written. A full night of fewer contracts
(--against) goes before, to see whether cost is linear. The journal also moves what becomes current: for that the balances of
every month are split at twelve months.

With --recipe, what is measured is the schedule as the pipeline makes it, in one process: all of it, then the night after, in
which kept lines are read, exchanged and written again.
"""

import argparse
import os
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

FIRST = np.datetime64("2023-01-01")
MONTHS = [f"{2023 + m // 12}-{m % 12 + 1:02d}" for m in range(36)]
PER_CONTRACT = 3
MEMORY = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_TRIM_THRESHOLD_": "2000000000",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
}
"""Memory that a part gives back is kept for the next part, not returned to the system: page faults cost a seventh."""
KINDS = np.array(["point_in_time", "output", "input", "usage"])


def made(contracts: int, changing: float) -> Any:
    """The four tables the engine reads, by a fixed seed."""
    from finops_pipeline.contracts import catalog, projections
    from finops_pipeline.finance import revenue

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
    named = {"contracts": heads, "obligations": goods, "contract_events": events, "entities": entities}
    del heads, goods, events  # each is let go as soon as it has its form
    return revenue.Tables(*(
        projections.conform(named.pop(name).reindex(columns=list(table.names)), table)
        for name in list(named)
        for table in [catalog.table(name)]
    ))  # fmt: skip


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


@dataclass
class Cost:
    """What was spent and made; of several parts, the sum. `memory`: peak in GB of each process."""

    wall: float = 0.0
    cpu: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    rows: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    memory: dict[int, float] = field(default_factory=dict)

    def __str__(self) -> str:
        stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.stages.items())
        return f"{self.wall:8.1f} s wall {self.cpu:8.1f} s processor ({stages}), {sum(self.memory.values()):.1f} GB"


def tables_of(part: Any) -> list[Any]:
    """Schedule, roll-forward and journal of some contracts, and the seconds each took."""
    from finops_pipeline.finance import revenue
    from finops_pipeline.finance.revenue.maturity import contract_balance_maturity

    times = [time.process_time()]
    schedule = revenue.revenue_schedule(*part, MONTHS[-1])
    times.append(time.process_time())
    books = revenue.revenue_rollforward(schedule.lines, part.contracts, part.events, MONTHS)
    times.append(time.process_time())
    planned = revenue.obligation_months(*part[:3]), part.events, revenue.Then(part, "daily")
    journal = revenue.revenue_journal(books, contract_balance_maturity(books, schedule.lines, *planned))
    times.append(time.process_time())
    return [schedule.lines, books, journal, schedule.findings, np.diff(times)]


def work(part: Any) -> tuple[int, list[int], list[float], float, float]:
    """One part, in a process of its own: who did it, rows, seconds of stages, all its seconds, peak memory."""
    *rows, times = tables_of(part)
    return os.getpid(), [len(r) for r in rows], times.tolist(), time.process_time(), _peak()


def side_by_side(parts: Iterable[Any], processes: int) -> Cost:
    """Every part through the engine; never more parts on their way than there are processes, and one."""
    cost, cpu, pending = Cost(), {}, deque()

    def take() -> None:
        who, rows, times, seconds, peak = pending.popleft().result()
        cost.rows = [a + b for a, b in zip(cost.rows, rows, strict=True)]
        for name, time_of in zip(("schedule", "roll-forward", "journal"), times, strict=True):
            cost.stages[name] = cost.stages.get(name, 0) + time_of
        cpu[who], cost.memory[who] = max(cpu.get(who, 0.0), seconds), max(cost.memory.get(who, 0.0), peak)

    os.environ.update(MEMORY)  # of the processes that start now
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for part in parts:
            pending.append(pool.submit(work, part))
            if len(pending) > processes:
                take()
        while pending:
            take()
    cost.cpu = sum(cpu.values())
    return cost


def full_night(tables: Any, at_once: int, processes: int) -> tuple[Cost, pd.DataFrame]:
    """Everything made, and the fingerprints to keep beside it."""
    from finops_pipeline.finance import revenue

    pa.default_memory_pool().release_unused()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here, not from making up the contracts
    wall, cpu = time.perf_counter(), time.process_time()
    prints = revenue.fingerprints(tables, MONTHS[-1], threads=processes)
    fingerprinted = time.process_time() - cpu
    cost = side_by_side(revenue.in_parts(tables, at_once), processes)
    cost.wall, cost.cpu = time.perf_counter() - wall, cost.cpu + time.process_time() - cpu
    cost.stages["fingerprints"] = fingerprinted
    cost.memory[os.getpid()] = _peak()
    return cost, prints


def _peak() -> float:
    """GB of this process; `ru_maxrss` of a new process would begin with what its parent held."""
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    return int(status.split()[0]) / 1e6


def incremental_night(
    tables: Any, prints: pd.DataFrame, at_once: int, threads: int
) -> tuple[Cost, list[str], list[Any]]:
    """What changed since those fingerprints, made again in this process; only fingerprints are taken side by side."""
    from finops_pipeline.finance import revenue

    cost = Cost()
    wall, cpu = time.perf_counter(), time.process_time()
    changed = revenue.changed_contracts(prints, revenue.fingerprints(tables, MONTHS[-1], threads=threads))
    cost.stages["fingerprints"] = time.process_time() - cpu
    again = [tables_of(part) for part in revenue.in_parts(tables.only(changed), at_once)]
    cost.wall, cost.cpu = time.perf_counter() - wall, time.process_time() - cpu
    cost.stages["made again"] = cost.cpu - cost.stages["fingerprints"]
    return cost, changed, again


def exchange(before: Any, changed: list[str], again: list[Any], at_once: int) -> float:
    """Processor seconds to exchange the rows of the changed contracts in all rows, kept in memory."""
    from finops_pipeline.finance import revenue

    kept = [tables_of(part)[:3] for part in revenue.in_parts(before, at_once)]
    frames = [pd.concat(column, ignore_index=True) for column in zip(*kept, strict=True)]
    cpu = time.process_time()
    for n, frame in enumerate(frames):
        revenue.with_made_again(frame, pd.concat([made[n] for made in again], ignore_index=True), changed)
    return time.process_time() - cpu


def recipe_nights(tables: Any) -> list[Cost]:
    """The schedule of the pipeline in an empty home folder: of all contracts, and on the night after a day."""
    from finops_pipeline.defs.house import House
    from finops_pipeline.defs.revenue import schedule_of
    from finops_pipeline.finance.revenue.prepared import Prepared
    from finops_pipeline.settings import load

    costs = []
    with TemporaryDirectory() as home:
        house: Any = House(load(home=Path(home)))
        run: Any = SimpleNamespace(house=house, current=MONTHS[-1])
        for given in (tables, after_a_day(tables)):
            wall, cpu = time.perf_counter(), time.process_time()
            schedule_of(run, Prepared(given, tables.events[:0], []))
            costs.append(Cost(time.perf_counter() - wall, time.process_time() - cpu, memory={0: _peak()}))
        house.close()
    return costs


def after_a_day(tables: Any) -> Any:
    """The tables with an invoice corrected in one contract of a hundred."""
    events = tables.events.copy()
    some = tables.contracts["contract_id"].iloc[::100]
    first = events[(events["event_type"] == "invoice") & events["contract_id"].isin(set(some))]
    rows = first.drop_duplicates("contract_id").index
    events.loc[rows, "amount"] += 1
    return tables._replace(events=events)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contracts", type=int, default=1_000_000)
    parser.add_argument("--changing", type=float, default=0.02)
    parser.add_argument("--at-once", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--exchange", action="store_true")
    parser.add_argument("--recipe", action="store_true")
    parser.add_argument("--against", type=int)
    options = parser.parse_args()
    if options.recipe:
        first, second = recipe_nights(made(options.contracts, options.changing))
        print(f"all   {first}\nagain {second}\n      {second.cpu / first.cpu:.1%} of making all")
        return
    if options.against:
        fewer, _ = full_night(made(options.against, options.changing), options.at_once, options.processes)
        print(f"{options.against:,} contracts:\nfull  {fewer}")
    tables = made(options.contracts, options.changing)
    print(f"{len(tables[0]):,} contracts, {len(tables[1]):,} obligations, {len(tables[2]):,} events")
    full, prints = full_night(tables, options.at_once, options.processes)
    print("full ", full)
    print("{:,} lines, {:,} books, {:,} journal lines, {:,} findings".format(*full.rows))
    if options.against:
        print(
            f"      {full.cpu / fewer.cpu:.2f} x {options.against:,}, for {options.contracts / options.against:.2f} x the contracts"
        )
    part, changed, again = incremental_night(after_a_day(tables), prints, options.at_once, options.processes)
    print(f"{len(changed):,} contracts again:\n      {part}")
    print(
        f"      {part.cpu / full.cpu:.1%} of the full night's processor seconds, {part.wall / full.wall:.1%} of its wall"
    )
    if options.exchange:
        seconds = exchange(tables, changed, again, options.at_once)
        print(f"exchange of rows {seconds:.1f} s processor, {seconds / full.cpu:.1%} of the full night")
    wall, cpu = time.perf_counter(), time.process_time()
    plain_straight_line(tables.obligations)
    plain = Cost(time.perf_counter() - wall, time.process_time() - cpu)
    print(
        f"plain {plain.wall:8.1f} s wall {plain.cpu:8.1f} s processor; the full night is {full.cpu / plain.cpu:.1f} x that"
    )


if __name__ == "__main__":
    main()
