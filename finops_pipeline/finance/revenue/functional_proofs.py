"""Proofs of the functional books: they balance, connect, stand at the right rates, and are those of the same contracts.

Here: REV-201 to REV-205, computed from the published rows. Not here: how they come about (`functional`).
A row that is missing counts as zero, so a missing row with an amount on the other side fails.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from finops_pipeline.finance import currency, frames, periods
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months

_PLACE = ["contract_id", "period"]
_BOOK = [*_PLACE, "balance"]
_MOVES = ["billed", "recognized", "reclassified", "cash", "adjusted", "exchange"]
_LIABILITIES = ("contract_liability", "refund_liability")
_BALANCES = ("contract_asset", "receivable", *_LIABILITIES)


def functional_findings(
    rollforward: pd.DataFrame,
    layers: pd.DataFrame,
    transacted: pd.DataFrame,
    rates: Rates,
    months_made: Sequence[str],
    gaps: Mapping[str, str],
) -> list[Finding]:
    """Everything that is wrong with the functional roll-forward of these consecutive periods.

    `transacted`: the rows of revenue_rollforward that it must have, of the same contracts. `gaps`: by contract that is left
    out from some month on, that month; what it closed at before goes nowhere. REV-202: opening and movements make closing, and
    that is the next opening. REV-203: a monetary balance is the transaction balance at the closing rate. REV-204: a
    contract liability is what is left of its layers. REV-205: transaction balances are those of revenue_rollforward.
    """
    closing = rollforward.set_index(_BOOK)["closing"]
    moved = rollforward.set_index(_BOOK)[["opening", *_MOVES]].sum(axis=1)
    later = rollforward[rollforward["period"] < months_made[-1]]
    later = later.assign(period=later["period"].map({p: periods.add(p, 1) for p in later["period"].unique()}))
    later = later[later["contract_id"].map(gaps).astype("str").fillna("") != later["period"]]
    opened = rollforward[rollforward["period"] > months_made[0]].set_index(_BOOK)["opening"]
    shown, due = rollforward.set_index(_BOOK)["transaction_closing"], transacted.set_index(_BOOK)["closing"]
    return [
        *_differences("REV-202", moved, closing, ("opening and movements", "closing")),
        *_differences("REV-202", later.set_index(_BOOK)["closing"], opened, ("closing of the month before", "opening")),
        *_at_closing_rates(rollforward, rates),
        *_made_of_layers(_last(rollforward, months_made[-1], gaps), layers),
        *_differences("REV-205", shown, due, ("the transaction balance", "that of revenue_rollforward")),
    ]


def functional_journal_findings(
    journal: pd.DataFrame, rollforward: pd.DataFrame, transacted: pd.DataFrame
) -> list[Finding]:
    """REV-201: a journal balances in both currencies. REV-202, REV-205: its lines move each balance, in both currencies."""
    own = journal.assign(net=journal["debit"] - journal["credit"])
    other = journal.assign(net=journal["transaction_debit"] - journal["transaction_credit"])
    found = []
    for rows, rule_id, books in ((own, "REV-202", rollforward), (other, "REV-205", transacted)):
        sums = rows.groupby(_PLACE)["net"].sum()
        found += _differences("REV-201", sums, sums * 0, ("debits less credits", "what they must be"))
        lines = rows[rows["account_role"].isin(_BALANCES)].rename(columns={"account_role": "balance"})
        sign = np.where(books["balance"].isin(_LIABILITIES), -1, 1)
        moved = books.assign(net=(books["closing"] - books["opening"]) * sign).set_index(_BOOK)["net"]
        found += _differences(
            rule_id, lines.groupby(_BOOK)["net"].sum(), moved, ("what the journal moves", "the change of the balance")
        )
    return found


def _at_closing_rates(rollforward: pd.DataFrame, rates: Rates) -> Iterator[Finding]:
    rows = rollforward[(rollforward["balance"] != "contract_liability") & (rollforward["transaction_closing"] != 0)]
    amounts = rows.assign(amount=rows["transaction_closing"], currency=rows["contract_currency"])
    due = rows.assign(due=currency.convert_amounts(amounts, rows["currency"], "closing", rates)).set_index(_BOOK)["due"]
    monetary = rollforward[rollforward["balance"] != "contract_liability"].set_index(_BOOK)["closing"]
    yield from _differences("REV-203", monetary, due, ("the balance", "the transaction balance at the closing rate"))


def _last(rollforward: pd.DataFrame, period: str, gaps: Mapping[str, str]) -> pd.DataFrame:
    """The rows of each contract's last month: that of the run, or that before it is left out."""
    before = {name: periods.add(first, -1) for name, first in gaps.items()}
    return rollforward[rollforward["contract_id"].map(before).astype("str").fillna(period) == rollforward["period"]]


def _made_of_layers(last: pd.DataFrame, layers: pd.DataFrame) -> Iterator[Finding]:
    """The latest layers that make the transaction balance, one after another, without what was taken off their ends by name.

    Rounding may take one unit.
    """
    rows = last[last["balance"] == "contract_liability"].set_index("contract_id")
    left = dict(zip(rows.index, rows["transaction_closing"].tolist(), strict=True))
    worth = dict.fromkeys(left, Fraction(0))
    newest = layers[months.is_among(layers["contract_id"], list(left))].iloc[::-1]
    columns = ["contract_id", "amount", "value", "taken_back"]
    for name, amount, value, back in newest[columns].itertuples(index=False, name=None):
        kept = amount - back
        part = min(left[name], kept)
        left[name] -= part
        if part:
            worth[name] += round(Fraction(value * kept, amount)) - Fraction(value * (kept - part), amount)
    for name, period, closing in rows[["period", "closing"]].itertuples(name=None):
        if left[name] or abs(worth[name] - closing) > Fraction(1, 2):
            yield Finding(
                "REV-204", f"{name} {period}",
                f"the contract liability is {closing}, its layers {worth[name]} (minor units): recompute the functional books",
                period=period,
            )  # fmt: skip


def _differences(rule_id: str, left: pd.Series, right: pd.Series, names: tuple[str, str]) -> list[Finding]:
    """A finding for each key under which the two amounts differ; a missing amount is zero."""
    both = frames.side_by_side({"left": left, "right": right})
    return [
        Finding(
            rule_id, " ".join(map(str, key)),
            f"{names[0]} is {one}, {names[1]} is {other} (minor units): recompute the functional books", period=str(key[1]),
        )
        for key, one, other in both[both["left"] != both["right"]].itertuples(name=None)
    ]  # fmt: skip
