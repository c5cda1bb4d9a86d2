"""Recipes: how one table is made from others, said without Dagster.

A recipe names its table and the frames it needs: the parameters of its function are table names, and the annotation
says which size of frame it gets (`pd.DataFrame`, or `nw.LazyFrame[Any]` for ledger-size tables). `assets` turns recipes
into Dagster assets. Not here: the computation itself (`finance`), reading and writing (`io_manager`).
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_origin

import pandas as pd

from finops_pipeline.contracts.model import Table
from finops_pipeline.defs.house import House
from finops_pipeline.finance.findings import Finding

Write = Literal["replace", "merge", "append"]


@dataclass(frozen=True, slots=True)
class Run:
    """What a recipe may know of the run that it is made in.

    `periods`: the months it is to make, none for a table without months. `covers`: the months of the whole run.
    """

    periods: tuple[str, ...]
    covers: tuple[str, ...]
    current: str
    run_id: str
    now: datetime
    house: House


@dataclass(frozen=True, slots=True)
class Made:
    """What a recipe made: the rows, the findings of each check it declares, and notes (Markdown) for the reader."""

    frame: Any
    findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One table and how it is made.

    `monthly`: made month by month (a range of months at once). `history`: inputs of which all months up to the last
    one asked for are needed, not only those asked for. `checks`: cross-row rules, each answered in `Made.findings`.
    `after`: tables that must be there before, though their rows are not read. `write`: rows replace those
    of the same months, or are merged by key, or are added to a table in which nothing ever changes. `beyond`: it also
    shows months after the last journals, for which a cloud bill has come.
    """

    table: Table
    make: Callable[..., Any]
    monthly: bool
    history: frozenset[str]
    checks: tuple[str, ...]
    after: tuple[str, ...]
    write: Write
    beyond: bool

    @property
    def inputs(self) -> dict[str, Any]:
        """The tables it reads, with the size of frame it wants of each."""
        parameters = inspect.signature(self.make).parameters.values()
        return {p.name: get_origin(p.annotation) or p.annotation for p in parameters if p.name != "run"}

    def months(self, wanted: Sequence[str], current: str) -> tuple[str, ...]:
        """Those of the months a run covers that this table has something to say about."""
        return tuple(p for p in wanted if self.beyond or p <= current)

    @property
    def wants_run(self) -> bool:
        """Whether the function asks for the run."""
        return "run" in inspect.signature(self.make).parameters


def recipe(
    table: Table,
    *,
    monthly: bool = False,
    history: Sequence[str] = (),
    checks: Sequence[str] = (),
    after: Sequence[str] = (),
    write: Write = "replace",
    beyond: bool = False,
) -> Callable[[Callable[..., pd.DataFrame | Made | Any]], Recipe]:
    """Declare how a table is made."""

    def declare(make: Callable[..., Any]) -> Recipe:
        return Recipe(table, make, monthly, frozenset(history), tuple(checks), tuple(after), write, beyond)

    return declare
