"""A night that makes again only what changed: the result is that of making everything again."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts import catalog
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance import revenue as engine
from finops_pipeline.finance.findings import Finding
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import deals, frame

MONTHS = calendar.span("2026-01", "2027-06")


@dataclass(frozen=True)
class Night:
    """What a night publishes, and what it keeps beside."""

    prints: pd.DataFrame
    lines: pd.DataFrame
    findings: list[Finding]
    books: pd.DataFrame
    journal: pd.DataFrame


def full(tables: engine.Tables, basis: str = "2027-06") -> Night:
    schedule = engine.revenue_schedule(*tables, "2027-06")
    books = engine.revenue_rollforward(schedule.lines, tables.contracts, tables.events, MONTHS)
    prints = engine.fingerprints(tables, basis)
    return Night(prints, schedule.lines, schedule.findings, books, engine.revenue_journal(books))


def incremental(before: Night, tables: engine.Tables) -> tuple[Night, list[str]]:
    prints = engine.fingerprints(tables, "2027-06")
    changed = engine.changed_contracts(before.prints, prints)
    again = full(tables.only(changed))
    lines, books, journal = (
        engine.with_made_again(kept, made, changed)
        for kept, made in (
            (before.lines, again.lines), (before.books, again.books), (before.journal, again.journal),
        )
    )  # fmt: skip
    findings = engine.findings_with_made_again(before.findings, again.findings, changed)
    return Night(prints, lines, findings, books, journal), changed


def schedule_in_parts(tables: engine.Tables, before: engine.Result | None) -> tuple[engine.Result, set[str]]:
    """The schedule, two contracts at once, and which contracts went through the engine."""
    made: list[str] = []

    def make(part: engine.Tables) -> tuple[pd.DataFrame, list[Finding]]:
        made.extend(set().union(*(table["contract_id"] for table in part[:3])))
        schedule = engine.revenue_schedule(*part, "2027-06")
        return schedule.lines, schedule.findings

    result = engine.up_to_date(tables, engine.fingerprints(tables, "2027-06"), make, before, 2)
    assert len(made) == len(set(made))
    return result, set(made)


def assert_same(one: Night, other: Night) -> None:
    for name in ("prints", "lines", "books", "journal"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert sorted(one.findings, key=str) == sorted(other.findings, key=str)


def tables_of(case: Any) -> engine.Tables:
    return engine.Tables(case.contracts, case.obligations, case.events, case.entities)


def some_change(rng: Random, tables: engine.Tables) -> tuple[engine.Tables, set[str]]:
    """Tables after a day in which something came, went or was corrected, and the contracts it touched."""
    contracts, obligations, events, entities = tables
    place, table = rng.choice([(0, contracts), (1, obligations), (2, events)])
    row = rng.randrange(len(table))
    touched = {str(table["contract_id"].iloc[row])}
    kind = rng.choice(["gone", "corrected", "new"])
    if kind == "gone":
        after = table.drop(index=table.index[row])
    elif kind == "corrected":
        after, column = table.copy(), ("signed_on", "stated_price", "event_date")[place]
        change = pd.Timedelta(days=40) if place != 1 else 1234
        after.loc[after.index[row], column] += change
    else:
        name = f"N{rng.randrange(10**9)}"
        more = tables_of(by_chance(Random(rng.random()), 1, changes=True))
        new = [part.replace({"contract_id": {"C0": name}}) for part in more[:3]]
        new[2]["event_id"] = name + new[2]["event_id"]
        new[1]["added_by_event_id"] = name + new[1]["added_by_event_id"]
        return engine.Tables(
            *(pd.concat([t, n], ignore_index=True) for t, n in zip(tables[:3], new, strict=True)), entities
        ), {name}
    return engine.Tables(*(after if i == place else t for i, t in enumerate(tables))), touched


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32))
def test_only_what_changed_is_made_again_and_the_result_is_that_of_everything(seed: int) -> None:
    rng = Random(seed)
    tables = tables_of(by_chance(rng, 8, changes=True))
    before = full(tables)
    for _ in range(2):
        tables, touched = some_change(rng, tables)
        shuffled = [t.iloc[rng.sample(range(len(t)), len(t))] for t in tables]
        before, changed = incremental(before, engine.Tables(*shuffled))
        assert set(changed) == touched
        assert_same(before, full(tables))


@settings(max_examples=2)
@given(seed=st.integers(0, 2**32))
def test_nights_in_parts_make_what_one_night_makes_and_only_what_changed(seed: int) -> None:
    rng = Random(seed)
    tables = tables_of(by_chance(rng, 8, changes=True))
    kept, made = schedule_in_parts(tables, None)
    assert made == set(kept.prints.index)
    for _ in range(2):
        tables, touched = some_change(rng, tables)
        kept, made = schedule_in_parts(tables, kept)
        assert made == {name for name in touched if any(name in set(t["contract_id"]) for t in tables[:3])}
        whole = engine.revenue_schedule(*tables, "2027-06")
        pd.testing.assert_frame_equal(kept.rows, whole.lines)
        assert sorted(kept.findings, key=str) == sorted(whole.findings, key=str)
    quiet, made = schedule_in_parts(tables, kept)
    assert (quiet, made) == (kept, set())


def test_contracts_that_are_one_are_made_again_together_also_those_that_one_of_them_left() -> None:
    case = by_chance(Random(3), 5, changes=False)
    together = case.contracts.assign(combination_id=pd.Series(["K", None, "K", None, "K"], dtype="str"))
    tables = tables_of(case)._replace(contracts=together)
    kept, _ = schedule_in_parts(tables, None)
    events = case.events.copy()
    events.loc[events["contract_id"] == "C4", "note"] = "corrected"
    _, made = schedule_in_parts(tables._replace(events=events), kept)
    assert made == {"C0", "C2", "C4"}
    apart = together.assign(combination_id=pd.Series(["K", None, "K", None, None], dtype="str"))
    _, made = schedule_in_parts(tables._replace(contracts=apart), kept)
    assert made == {"C0", "C2", "C4"}


def test_rows_of_further_tables_count() -> None:
    payments = frame(
        "payment_plan", [{"contract_id": "C2", "due_on": date(2026, 5, 1), "amount": 7, "contract_currency": "EUR"}]
    )
    before = engine.fingerprints(tables_of(TWO), "", {"payment_plan": payments})
    now = engine.fingerprints(tables_of(TWO), "", {"payment_plan": payments.assign(amount=8)})
    assert engine.changed_contracts(before, now) == ["C2"]
    assert engine.changed_contracts(before, engine.fingerprints(tables_of(TWO), "")) == ["C2"]


TWO = deals(
    "contract_id signed_on \n C1 2026-01-01 \n C2 2026-01-01",
    "contract_id obligation_id stated_price quantity \n C1 A 100 4 \n C2 A 100 4",
    "contract_id event_date event_type amount quantity \n C1 2026-02-01 delivery - 2.5 \n C1 2026-03-01 invoice 100 -",
)


def test_a_quiet_night_makes_nothing_again() -> None:
    before = full(tables_of(TWO))
    after, changed = incremental(before, tables_of(TWO))
    assert changed == []
    assert_same(after, before)


@pytest.mark.parametrize(
    "column",
    [n for n in catalog.table("contract_events").names if n != "contract_id"],
)
def test_every_column_of_an_event_counts(column: str) -> None:
    other = {"str": "other", "Int64": 101, "datetime64[us]": pd.Timestamp("2026-04-01")}
    value = other.get(str(TWO.events[column].dtype), Decimal("2.500000000000001"))
    events = TWO.events.copy()
    events[column] = pd.Series([value, events[column].iloc[1]], dtype=events[column].dtype)
    now = tables_of(TWO)._replace(events=events)
    before = engine.fingerprints(tables_of(TWO), "")
    assert engine.changed_contracts(before, engine.fingerprints(now, "")) == ["C1"]


def test_a_value_that_moves_to_another_column_or_contract_is_a_change() -> None:
    before = engine.fingerprints(tables_of(TWO), "")
    events = TWO.events.assign(method=TWO.events["event_type"], event_type=TWO.events["method"])
    moved = TWO.events.assign(contract_id=pd.Series(["C2", "C1"], dtype="str"))
    for changed, expected in ((events, ["C1"]), (moved, ["C1", "C2"])):
        now = engine.fingerprints(tables_of(TWO)._replace(events=changed), "")
        assert engine.changed_contracts(before, now) == expected


def test_what_holds_for_all_makes_all_again() -> None:
    before = engine.fingerprints(tables_of(TWO), "2026-03 daily")
    assert engine.changed_contracts(before, engine.fingerprints(tables_of(TWO), "2026-04 daily")) == ["C1", "C2"]
    elsewhere = frame("entities", [{"entity_id": "FR", "name": "FR", "functional_currency": "EUR"}])
    now = engine.fingerprints(tables_of(TWO)._replace(entities=elsewhere), "2026-03 daily")
    assert engine.changed_contracts(before, now) == ["C1", "C2"]


def test_contracts_come_and_go() -> None:
    both = engine.fingerprints(tables_of(TWO), "")
    one = engine.fingerprints(tables_of(TWO).only(["C2"]), "")
    assert engine.changed_contracts(both, one) == engine.changed_contracts(one, both) == ["C1"]
    gone, changed = incremental(full(tables_of(TWO)), tables_of(TWO).only(["C2"]))
    assert changed == ["C1"]
    assert_same(gone, full(tables_of(TWO).only(["C2"])))


def test_long_and_empty_texts_tell_apart_and_never_depend_on_their_neighbors() -> None:
    notes = ["", "a", "a\0", "eight by", "eight bytes and more", "eight bytes and mor", None, "ä"]
    events = frame("contract_events", [
        {"contract_id": f"C{n}", "event_id": f"E{n}", "event_type": "invoice", "note": note, "contract_currency": "EUR",
         "event_date": date(2026, 2, 1)}
        for n, note in enumerate(notes)
    ])  # fmt: skip
    events = events.assign(event_id=pd.Series(["E"] * len(events), dtype="str"))  # nothing but the note differs
    tables = engine.Tables(TWO.contracts[:0], TWO.obligations[:0], events, TWO.entities)
    together = engine.fingerprints(tables, "")
    assert all(together[half].is_unique for half in together)
    alone = [engine.fingerprints(tables._replace(events=events[n : n + 1]), "").iloc[0] for n in range(len(notes))]
    assert np.array_equal(together.to_numpy(), alone)


def test_findings_of_a_contract_made_again_are_exchanged() -> None:
    old = [Finding("REV-003", "C1 / A", "x"), Finding("REV-013", "C1", "x"), Finding("REV-013", "C10 / A", "x")]
    new = Finding("REV-005", "C1", "y")
    assert engine.findings_with_made_again(old, [new], ["C1"]) == [old[2], new]
