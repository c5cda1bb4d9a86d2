"""Assembly: the bridge of every version as a report.

Here: each version cut, computed and put into rows, two at once (NumPy and Arrow let go of the interpreter), in a fixed
order. Not here: the arithmetic (`effects`).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import currency as exchange
from finops_pipeline.finance import frames
from finops_pipeline.finance.bridge import cells as cutting
from finops_pipeline.finance.bridge import effects, foreign
from finops_pipeline.finance.findings import Finding

_Place = TypeVar("_Place")
_AT_ONCE = 2
Codes = npt.NDArray[np.int32]
_KINDS = {
    "version": "str",
    "entity_id": "str",
    "period": "str",
    "product_id": "str",
    "account_id": "str",
    "effect": "str",
    "currency": "str",
    "amount": "int64",
}
_KEY = ("version", "entity_id", "period", "product_id", "account_id", "effect")


@dataclass(frozen=True, slots=True)
class Bridge:
    """The effects, and what could not be told apart: BUD-004 for an exchange rate that is missing."""

    rows: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)


def variance_bridge(
    plan: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    periods: Sequence[str],
    rates: exchange.Rates,
    variable_shares: Mapping[str, Decimal] | None = None,
    estimated_shares: Mapping[tuple[str, str], Decimal] | None = None,
) -> Bridge:
    """The effects that make each month's variance, by product and account; effects of zero are left out.

    `plan` is budget_by_product with every line of every version, `balances` gl_balances of the periods, `variable_shares`
    the share of an account's budget that moves with sales, for accounts whose behavior is not all of it or nothing, and
    `estimated_shares` that of an entity's account where nobody says (`behavior`).

    Shape: one row per version x entity x period x product x account x effect. Unit: minor units of the entity's
    functional currency, in natural sign: the effects of a place sum to actual less budget.
    Raises: ContractError when a row uses an account or entity that the master data do not have; ValueError for a share
    that is not between 0 and 1.
    """
    if not len(plan):
        return Bridge(frames.arrange(pd.DataFrame(columns=list(_KINDS)), _KINDS, _KEY))
    books = cutting.books(plan, balances, accounts, entities, periods)
    stated, estimated = _millionths(variable_shares or {}), _millionths(estimated_shares or {})
    account = effects.nature(books.names, accounts, stated, estimated)
    exposed = foreign.exposure(plan, books.rows, rates)

    def part(version: int) -> _Part:
        rows, cut = books.cut(version)
        of_version = (books.place[rows], books.amount[rows], exposed.pair[rows])
        actual = foreign.at_budget_rates(cut, *of_version, exposed.factors)
        cell, effect, amount = effects.effects(cut, actual, books.names, account)
        codes = {name: numbers.astype(np.int32)[cell] for name, numbers in cut.codes.items()}
        return _Part(version, codes, effect.astype(np.int32), amount)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        parts = list(pool.map(part, range(len(books.versions))))
    return Bridge(_report(parts, books, entities), _missing(exposed.missing))


def _missing(rates: Sequence[str]) -> list[Finding]:
    told = "until then its effect is part of price and spend"
    return [Finding("BUD-004", "variance_bridge", f"{text}; {told}", "warning") for text in rates]


def _millionths(shares: Mapping[_Place, Decimal]) -> dict[_Place, int]:
    for account, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"the variable share of account {account} is {share}: give a fraction between 0 and 1")
    return {account: int((share * effects.SHARE_SCALE).to_integral_value()) for account, share in shares.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The effects of one version that are not zero, in numbers."""

    version: int
    codes: dict[str, Codes]
    effect: Codes
    amount: frames.Whole


def _report(parts: Sequence[_Part], books: cutting.Books, entities: pd.DataFrame) -> pd.DataFrame:
    """The parts in the words of the report; parts and their rows are in the order of the key already."""

    def taken(words: Sequence[str | None], codes: Sequence[Codes]) -> pd.Series:
        found = pa.array(words, pa.large_string()).take(pa.array(np.concatenate(codes)))
        return pd.Series(pd.array(found, dtype="str"))

    owner = frames.lookup(entities, "entity_id", books.names.words["entity_id"].to_series(), where="budget_by_product")
    currency = owner["functional_currency"].astype("str").tolist()
    texts: dict[str, tuple[Sequence[str | None], Sequence[Codes]]] = {
        name: ([*words, None], [part.codes[name] for part in parts]) for name, words in books.names.words.items()
    }
    texts |= {
        "version": (books.versions.tolist(), [np.full(len(p.effect), p.version, dtype=np.int32) for p in parts]),
        "effect": (effects.EFFECTS, [part.effect for part in parts]),
        "currency": (currency, [part.codes["entity_id"] for part in parts]),
    }
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        columns = dict(zip(texts, pool.map(lambda text: taken(*text), texts.values()), strict=True))
    columns["amount"] = pd.Series(np.concatenate([part.amount for part in parts]))
    return pd.DataFrame({name: columns[name] for name in _KINDS}, copy=False)
