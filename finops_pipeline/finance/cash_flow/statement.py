"""The cash flow statement by the indirect method: net income, what of it is not cash, and every other movement.

Here: lines, sections and amounts. Not here: what class an account is of (`classes`), nor the proofs (`proofs`).

Why it always adds up. Journals balance, so the movements of all accounts of a month sum to zero, and what moved cash is
what moved all other accounts, with the opposite sign. Each account's movement goes to one line. What is taken back
from net income (depreciation) is taken from the line that it was booked against (capital expenditure) in the same
amount. So the sections sum to the change in cash without an amount to make them. Worked example:

    equipment bought for 100, depreciation of 10, nothing else
    net income                             -10
    depreciation                           +10     operating     0
    capital expenditure   -(100 - 10) - 10 = -100  investing  -100      change in cash -100
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames, ledger, statements
from finops_pipeline.finance.cash_flow.classes import Classification, classified

SECTIONS = ("operating", "investing", "financing", "exchange")
"""The sections whose detail lines sum to the change in cash; `total` holds sums and balances."""
NET_INCOME = "Net income"
CAPITAL = "Capital expenditure, net of disposals"
EXCHANGE = "Effect of exchange rates on cash"
NET_CHANGE = "Net change in cash"
OPENING = "Cash at the beginning of the period"
CLOSING = "Cash at the end of the period"

_ADJUSTMENTS = {  # class of income and expense: (line in operating, section and line that it is taken from)
    "depreciation": ("Depreciation, amortization and impairment", "investing", CAPITAL),
    "disposal": ("Gains and losses on disposal", "investing", CAPITAL),
    "share_based": ("Share-based payment", "financing", "Share-based payment, not paid in cash"),
}
_SECTION_OF = {"operating": "operating", "capital": "investing", "investing": "investing", "financing": "financing"}
_KINDS = {
    "entity_id": "str",
    "period": "str",
    "line_no": "int64",
    "section": "str",
    "line": "str",
    "currency": "str",
    "amount": "int64",
    "line_kind": "str",
}
_PLACE = ["entity_id", "period", "currency"]
NO_EFFECT = pd.DataFrame({"entity_id": [], "period": [], "amount": []}).astype(
    {"entity_id": "str", "period": "str", "amount": "int64"}
)
"""No entity is translated."""


def movements(tb: pd.DataFrame) -> pd.DataFrame:
    """The movements of a trial balance: debit less credit of every account, beside its balances."""
    columns = ["entity_id", "period", "account_id", "currency", "opening_balance", "closing_balance"]
    return tb[columns].assign(movement=tb["debit"] - tb["credit"])


def cash_flow(
    moved: pd.DataFrame,
    accounts: pd.DataFrame,
    chosen: Classification | None = None,
    exchange: pd.DataFrame = NO_EFFECT,
) -> pd.DataFrame:
    """The cash flow statement of every entity and period.

    `moved` is what `movements` returns. `exchange` has the effect of exchange rates on the cash of an entity that is
    translated (entity_id, period, amount): an entity that keeps its own books has none.

    Shape: one row per entity x period x line. Unit: minor units of `currency`; inflows are positive.
    Raises: ContractError for an account that the chart does not have; ConfigurationError as `classified`.
    """
    chart = _chart(accounts, chosen)
    numbered = _layout(chart)
    if not len(moved):
        return frames.arrange(pd.DataFrame(columns=list(_KINDS)), _KINDS, ("entity_id", "period", "line_no"))
    account = frames.lookup(chart, "account_id", moved["account_id"], where="the cash flow")
    rows = moved.reset_index(drop=True).join(account.drop(columns="account_id"))
    places = moved[_PLACE].drop_duplicates()
    effect = places.merge(exchange, on=["entity_id", "period"]).assign(section="exchange", line=EXCHANGE)
    parts = pd.concat([*_parts(rows), effect], ignore_index=True)
    details = parts.groupby([*_PLACE, "section", "line"])["amount"].sum().reset_index()
    totals = _totals(details, rows, places)
    table = pd.concat([details.assign(line_kind="detail"), totals.assign(line_kind="subtotal")], ignore_index=True)
    table = table.merge(numbered, on=["section", "line"], how="left")
    return frames.arrange(table, _KINDS, ("entity_id", "period", "line_no"))


def _chart(accounts: pd.DataFrame, chosen: Classification | None) -> pd.DataFrame:
    """Class, section and line of every account."""
    full = ledger.with_retained_earnings(accounts)
    classes = classified(accounts, chosen)
    lines = statements.statement_lines(accounts).set_index("account_id")["line"]
    cash_class, own = classes["cash_class"], classes["account_id"].map(lines)
    line = ("Change in " + own).where(classes["is_recognized"], "Not classified: " + own)
    line = line.mask(cash_class.eq("capital"), CAPITAL)
    return pd.DataFrame(
        {
            "account_id": classes["account_id"],
            "is_income": full["account_type"].isin(ledger.INCOME_TYPES).to_numpy(dtype=bool),
            "cash_class": cash_class,
            "section": cash_class.map(_SECTION_OF),
            "line": line,
        }
    )


def _layout(chart: pd.DataFrame) -> pd.DataFrame:
    """Every line there can be, with its number: details by lowest account, then the section's sum."""
    by_account = chart.sort_values("account_id", kind="stable").drop_duplicates(["section", "line"])
    rows: list[tuple[str, str]] = [("operating", NET_INCOME)]
    rows += [("operating", line) for line, _, _ in _ADJUSTMENTS.values()]
    for section in SECTIONS[:3]:
        fixed = [line for _, place, line in _ADJUSTMENTS.values() if place == section]
        own = by_account.loc[by_account["section"] == section, "line"]
        known = sorted({x for x in own if x.startswith("Not classified")}, key=list(own).index)
        rows += [(section, line) for line in _once([*fixed, *(x for x in own if x not in known), *known])]
        rows.append(("total", _sum_of(section)))
    rows += [("exchange", EXCHANGE), *(("total", line) for line in (NET_CHANGE, OPENING, CLOSING))]
    frame = pd.DataFrame(rows, columns=["section", "line"], dtype="str")
    return frame.assign(line_no=np.arange(1, len(frame) + 1, dtype=np.int64))


def _once(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))


def _sum_of(section: str) -> str:
    return f"Net cash from {section} activities"


def _parts(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """The movements as amounts of lines: income, what is taken back of it, and the balance sheet."""
    is_income = rows["is_income"].to_numpy(dtype=bool)
    earned = rows[is_income]
    parts = [rows[_PLACE].drop_duplicates().assign(section="operating", line=NET_INCOME, amount=0)]
    parts.append(_amounts(earned, "operating", NET_INCOME, -1))
    for cash_class, (line, section, source) in _ADJUSTMENTS.items():
        unpaid = earned[earned["cash_class"] == cash_class]
        parts += [_amounts(unpaid, "operating", line, 1), _amounts(unpaid, section, source, -1)]
    held = rows[~is_income & rows["cash_class"].ne("cash").to_numpy(dtype=bool)]
    parts.append(held[[*_PLACE, "section", "line"]].assign(amount=-held["movement"]))
    return parts


def _amounts(rows: pd.DataFrame, section: str, line: str, sign: int) -> pd.DataFrame:
    return rows[_PLACE].assign(section=section, line=line, amount=sign * rows["movement"])


def _totals(details: pd.DataFrame, rows: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Sums of the sections, the net change in cash, and cash before and after."""
    where = pd.MultiIndex.from_frame(places)
    sums = {
        _sum_of(section): details[details["section"] == section].groupby(_PLACE)["amount"].sum()
        for section in SECTIONS[:3]
    }
    cash = rows[rows["cash_class"] == "cash"].groupby(_PLACE)
    sums |= {
        NET_CHANGE: details.groupby(_PLACE)["amount"].sum(),
        OPENING: cash["opening_balance"].sum(),
        CLOSING: cash["closing_balance"].sum(),
    }
    parts = [
        amounts.reindex(where, fill_value=0).rename("amount").reset_index().assign(section="total", line=line)
        for line, amounts in sums.items()
    ]
    return pd.concat(parts, ignore_index=True)
