"""Cells: plan and postings side by side, one version at a time, as arrays in the order of the report.

Here: names as numbers (`Names`), sums by cell, and which cells a version is compared in: income accounts in every fiscal
year of an entity that the version plans, balance-sheet accounts that it budgets. The same rule as `budget_variance`.
Not here: what the numbers mean (`effects`).

A cell's place is one whole number, ((entity x months + month) x products + product) x accounts + account, so that sorting
numbers sorts the report; a missing product comes last, as nulls do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import frames, ledger
from finops_pipeline.finance.revenue import exact

Flags = npt.NDArray[np.bool_]
_WORDS = ("entity_id", "period", "account_id", "product_id")
_WIDE = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """The distinct words of each dimension in sorted order; a missing word is the number after the last."""

    words: dict[str, pd.Index]

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """How many numbers each dimension of a cell's place has."""
        entities, periods, accounts, products = (len(self.words[name]) for name in _WORDS)
        return entities, periods, accounts, products + 1

    def place(self, codes: dict[str, frames.Whole]) -> frames.Whole:
        """The places of rows."""
        _, periods, accounts, products = self.sizes
        found = codes["entity_id"] * periods + codes["period"]
        return (found * products + codes["product_id"]) * accounts + codes["account_id"]

    def parts(self, place: frames.Whole) -> dict[str, frames.Whole]:
        """The numbers that places are made of."""
        _, periods, accounts, products = self.sizes
        rest, account = np.divmod(place, accounts)
        rest, product = np.divmod(rest, products)
        entity, period = np.divmod(rest, periods)
        return {"entity_id": entity, "period": period, "account_id": account, "product_id": product}


def named(tables: Sequence[pd.DataFrame]) -> tuple[Names, list[dict[str, frames.Whole]]]:
    """The names that several tables use, and each table in numbers."""
    words: dict[str, pd.Index] = {}
    coded: list[dict[str, frames.Whole]] = [{} for _ in tables]
    for name in _WORDS:
        found = [pd.factorize(table[name].astype("str")) for table in tables]
        known = pd.Index(
            np.unique(np.concatenate([uniques.to_numpy(dtype=object) for _, uniques in found])), dtype="str"
        )
        words[name] = known
        for codes, (raw, uniques) in zip(coded, found, strict=True):
            numbers = np.append(known.get_indexer(uniques), len(known)).astype(np.int64)
            codes[name] = numbers[raw]  # a missing word is -1: the last of the numbers
    return Names(words), coded


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of one version in order of their place.

    Unit: amounts in minor units of the entity's currency, in natural sign; quantities in a common whole unit.
    `has_plan`, `has_postings`: there is a line behind it. `knows_plan`: planned with a positive quantity.
    `knows_actual`: posted with a quantity.
    """

    place: frames.Whole
    codes: dict[str, frames.Whole]
    budget: frames.Whole
    actual: frames.Whole
    planned: exact.AnyIntegers
    sold: exact.AnyIntegers
    has_plan: Flags
    has_postings: Flags
    knows_plan: Flags
    knows_actual: Flags


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums by place."""

    place: frames.Whole
    amount: frames.Whole
    quantity: exact.AnyIntegers
    is_known: Flags

    def only(self, rows: Flags) -> "_Sums":
        return _Sums(self.place[rows], self.amount[rows], self.quantity[rows], self.is_known[rows])


def sums_by(group: npt.NDArray[np.intp], size: int, values: exact.AnyIntegers) -> exact.AnyIntegers:
    """Exact sums of the values of each group: in int64 if it holds them whatever their signs, else unbounded."""
    largest = max((abs(int(values.min())), abs(int(values.max())))) if len(values) else 0
    wide = values.dtype == object or largest * len(values) >= _WIDE
    total = np.zeros(size, dtype=object if wide else np.int64)
    np.add.at(total, group, values.astype(total.dtype))
    return total


def _summed(place: frames.Whole, amount: frames.Whole, quantity: exact.AnyIntegers, is_known: Flags) -> _Sums:
    order = np.argsort(place, kind="stable")
    place = place[order]
    is_first = np.append(True, place[1:] != place[:-1])[: len(place)]
    group, size = np.cumsum(is_first) - 1, int(is_first.sum())
    known = np.zeros(size, dtype=bool)
    known[group[is_known[order]]] = True
    total = sums_by(group, size, amount[order])
    return _Sums(place[is_first], total, sums_by(group, size, quantity[order]), known)


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """Plan and postings of the months in numbers, ready to be cut by version.

    `version`: of each plan row; `codes`: its numbers. `rows`: the plan rows of the months asked for.
    """

    names: Names
    versions: pd.Index
    version: frames.Whole
    codes: dict[str, frames.Whole]
    place: frames.Whole
    rows: Flags
    amount: frames.Whole
    planned: exact.AnyIntegers
    is_planned: Flags
    posted: _Sums
    compared: npt.NDArray[np.bool_]
    """version x entity x account: whether the account is compared."""
    covered: npt.NDArray[np.bool_]
    """version x entity x month: whether the fiscal year is planned."""

    def cut(self) -> Iterator[tuple[int, frames.Whole, Cells]]:
        """For every version its number, the rows of its plan in the months, and its cells."""
        for number in range(len(self.versions)):
            rows = np.flatnonzero((self.version == number) & self.rows)
            plan = _summed(self.place[rows], self.amount[rows], self.planned[rows], self.is_planned[rows])
            at = self.names.parts(self.posted.place)
            covered = self.covered[number, at["entity_id"], at["period"]]
            posted = self.posted.only(covered & self.compared[number, at["entity_id"], at["account_id"]])
            yield number, rows, _joined(self.names, plan, posted)


def _joined(names: Names, plan: _Sums, posted: _Sums) -> Cells:
    both = np.sort(np.concatenate([plan.place, posted.place]), kind="stable")
    place = both[np.append(True, both[1:] != both[:-1])[: len(both)]]

    def spread(sums: _Sums, *columns: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
        at = np.searchsorted(place, sums.place)
        for values in (*columns, np.ones(len(at), dtype=bool)):
            found = np.zeros(len(place), dtype=values.dtype)
            found[at] = values
            yield found

    budget, planned, knows_plan, has_plan = spread(plan, plan.amount, plan.quantity, plan.is_known)
    actual, sold, knows_actual, has_postings = spread(posted, posted.amount, posted.quantity, posted.is_known)
    knows_plan &= (planned > 0).astype(bool)
    codes = names.parts(place)
    return Cells(
        place, codes, budget, actual, planned, sold, has_plan, has_postings, knows_plan, knows_actual
    )  # fmt: skip


def books(
    plan: pd.DataFrame, balances: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame, periods: Sequence[str]
) -> Books:
    """Plan (with every line of every version) and postings in numbers.

    Raises: ContractError when a row uses an account or entity that the master data do not have.
    """
    inside = balances["period"].isin(list(periods))
    balances = balances if inside.all() else balances[inside]
    for table, where in ((plan, "budget_by_product"), (balances, "gl_balances")):
        frames.require_known(table["account_id"], accounts["account_id"], what="account_id", where=where)
        frames.require_known(table["entity_id"], entities["entity_id"], what="entity_id", where=where)
    names, (planned, posted) = named([plan, balances])
    version, versions = pd.factorize(plan["version"].astype("str"), sort=True)
    account = frames.lookup(accounts, "account_id", names.words["account_id"].to_series(), where="accounts")
    sign = ledger.natural_sign(account["account_type"]).to_numpy()[posted["account_id"]]
    planned_quantity, sold = exact.whole_quantities(plan["quantity"], balances["quantity"])
    is_income = account["account_type"].isin(ledger.INCOME_TYPES).to_numpy(dtype=bool)
    compared = np.zeros((len(versions), len(names.words["entity_id"]), len(account)), dtype=bool)
    compared[version, planned["entity_id"], planned["account_id"]] = True
    amount = (balances["debit"].to_numpy() - balances["credit"].to_numpy()) * sign
    wanted = names.words["period"].isin(list(periods))
    return Books(
        names,
        versions,
        version,
        planned,
        names.place(planned),
        wanted[planned["period"]],
        plan["amount"].to_numpy(dtype=np.int64),
        planned_quantity,
        plan["quantity"].notna().to_numpy(dtype=bool),
        _summed(names.place(posted), amount, sold * sign, balances["quantity"].notna().to_numpy(dtype=bool)),
        compared | is_income,
        _covered(names, version, len(versions), planned, entities),
    )


def _covered(
    names: Names, version: frames.Whole, versions: int, planned: dict[str, frames.Whole], entities: pd.DataFrame
) -> Flags:
    """Whether the version has a line in the entity's fiscal year of the month, by version, entity and month."""
    has_line = np.zeros((versions, len(names.words["entity_id"]), len(names.words["period"])), dtype=bool)
    has_line[version, planned["entity_id"], planned["period"]] = True
    start = frames.fiscal_start_months(entities, names.words["entity_id"].to_series())
    number = frames.month_numbers(names.words["period"].to_series())
    year: frames.Whole = number - (number - (start[:, None] - 1)) % 12  # by entity and month: where its year starts
    covered = np.zeros_like(has_line)
    for entity, years in enumerate(year):
        for first in np.unique(years):
            of_year = np.flatnonzero(years == first)
            covered[:, entity, of_year] = np.logical_or.reduce(has_line[:, entity, of_year], axis=1)[:, None]
    return covered
