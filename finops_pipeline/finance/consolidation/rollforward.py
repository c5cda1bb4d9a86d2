"""The proof of translation: how the translation adjustment, and the effect of rates on cash, come about.

Here: each month's change explained by exact totals in the entity's own currency. Not here: the translated amounts
themselves (`translation`).

The adjustment is what the translated accounts of an entity leave open. It is not believed but explained: with net
assets N (everything translated at closing rates), the month's income P and other movements Q at their own rates,

    change = N before x (closing now - closing before) + P x (closing now - average) + Q x (closing now - its rate)

is an identity of exact numbers. The left side is summed from amounts rounded account by account, the right side is
computed from totals, rounded once a term. What differs is `rounding`, at most half a minor unit for each of
`rounded_amounts`; anything more is a rate or an amount gone wrong (CON-003). The same holds for cash K with its flows F:

    effect of exchange rates = K before x (closing now - closing before) + F x (closing now - average)

Source: IAS 21.41, ASC 830-30-45-12, ASC 830-230-45-1, IAS 7.28.
"""

from collections.abc import Collection, Iterator
from fractions import Fraction

import numpy as np
import pandas as pd

from finops_pipeline.finance import currency, frames
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.consolidation.group import Group
from finops_pipeline.finance.consolidation.translation import Books, Flags
from finops_pipeline.finance.currency import Rates

TRANSLATION, CASH = "translation_adjustment", "cash"
_KINDS = {
    "entity_id": "str",
    "period": "str",
    "measure": "str",
    "currency": "str",
    "opening": "int64",
    "on_opening": "int64",
    "on_income": "int64",
    "on_other_movements": "int64",
    "rounding": "int64",
    "closing": "int64",
    "rounded_amounts": "int64",
}


def rollforward(own: Books, group: Group, rates: Rates, cash: Collection[str]) -> pd.DataFrame:
    """The translation adjustment and the effect of rates on cash, from month to month since the books began.

    `cash` are the cash accounts. Gains are positive.
    Shape: one row per entity in another currency x period x measure. Unit: minor units of the group's currency.
    """
    is_cash = own.keys["account_id"].isin(list(cash)).to_numpy(dtype=bool)
    rows: list[tuple[object, ...]] = []
    for entity in own.keys["entity_id"].unique():
        mine = own.keys["entity_id"].eq(entity).to_numpy(dtype=bool)
        if own.currencies[mine][0] != group.currency:
            rows += _of_entity(str(entity), own, mine, is_cash, group, rates)
    return frames.arrange(pd.DataFrame(rows, columns=list(_KINDS)), _KINDS, ("entity_id", "period", "measure"))


def nothing() -> pd.DataFrame:
    """The table without rows."""
    return pd.DataFrame(columns=list(_KINDS)).astype(_KINDS)


def _of_entity(
    entity: str, own: Books, mine: Flags, is_cash: Flags, group: Group, rates: Rates
) -> Iterator[tuple[object, ...]]:
    """The rows of one entity. Held at closing rates: net assets for the first measure, cash for the second."""
    source = str(own.currencies[mine][0])
    measures = ((TRANSLATION, mine & own.is_balance, own.amount, own.rate), (CASH, mine & is_cash, own.flow, None))
    for measure, held, at_own_rates, given in measures:
        moved = mine & ~held
        balance = frames.running(own.net[held].sum(axis=0, keepdims=True))[0]
        change = own.amount[held].sum(axis=0) + at_own_rates[moved].sum(axis=0)
        rate = own.rate if given is not None else np.where(own.is_income, own.rate, "average")
        groups = [(is_income, str(kind), moved & (own.is_income == is_income) & (rate == kind))
                  for is_income in (True, False) for kind in np.unique(rate[moved])]  # fmt: skip
        sums = [(income, kind, own.net[rows].sum(axis=0)) for income, kind, rows in groups]
        opening = 0
        for month in np.flatnonzero(np.logical_or.accumulate((own.net[mine] != 0).any(axis=0))):
            period = calendar.label(own.first + int(month))
            worth = _Worth(source, group.currency, rates, period)
            flows = [(income, kind, int(net[month])) for income, kind, net in sums]
            terms = _terms(worth, int(balance[month]), flows)
            closing = opening + int(change[month])
            rounding = closing - opening - sum(terms)
            counted = _counted(own, held, moved, int(month))
            yield (entity, period, measure, group.currency, opening, *terms, rounding, closing, counted)
            opening = closing


class _Worth:
    """What a minor unit of `source` is worth in minor units of `target`, exactly."""

    def __init__(self, source: str, target: str, rates: Rates, period: str) -> None:
        self.pair, self.rates, self.period = (source, target), rates, period

    def __call__(self, rate_type: str, months: int = 0) -> Fraction:
        rate = self.rates.rate(*self.pair, rate_type, calendar.add(self.period, months))
        return Fraction(*currency.factor(*self.pair, rate))


def _terms(worth: _Worth, before: int, flows: list[tuple[bool, str, int]]) -> tuple[int, int, int]:
    """On the opening balance, on income, on other movements (debit-positive: what they take from the balance)."""
    now = worth("closing")
    on_opening = before * (now - worth("closing", -1)) if before else Fraction(0)
    on = {True: Fraction(0), False: Fraction(0)}
    for is_income, kind, net in flows:
        on[is_income] -= net * (now - worth(kind)) if net else 0
    return round(on_opening), round(on[True]), round(on[False])


def _counted(own: Books, held: Flags, moved: Flags, month: int) -> int:
    """How many roundings a month's difference can come from: twice a balance, once a movement, once a term."""
    return 2 * int(held.sum()) + int((own.net[moved, month] != 0).sum()) + 3
