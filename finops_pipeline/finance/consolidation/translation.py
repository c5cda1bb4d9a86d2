"""Translation: the ledgers of all entities as movements in the group's currency.

Here: which rate holds for an account, and its movements translated and rounded. Not here: what becomes of the
difference (`rollforward`), nor eliminations.

    assets, liabilities          balance x closing rate of the month      movement = balance now - balance before
    income, expense              movement x average rate of the month
    equity                       movement x historical rate: the rate of the month it was posted in

The chart's column `translation` overrides the rule account by account; an income account that is translated at
`closing` has each month's movement translated at that month's closing rate. Retained earnings of closed years are
income as it was translated when it was earned, so they need no rate again. Source: IAS 21.39-40, ASC 830-30-45.

Where rounding happens: every account of every entity is rounded by itself, once a month, half to even, to minor units
of the group's currency: the balance for accounts at closing rates, the movement for the others. So anybody can
recompute an amount with a pocket calculator, and the sums carry differences of half a minor unit for each account,
which the roll-forward shows as `rounding`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance import currency, frames, ledger
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.consolidation.group import Group
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.findings import Finding

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """Ledgers as matrices of series x months, the first month being number `first`.

    `net` is the movement in the entity's currency, `amount` in the group's (of balances at closing rates: the change in
    the translated balance), `flow` the movement at the rate at which it moved cash. `rate` names each series' type of
    rate; where `is_balance`, it translates the balance and not the movement.
    """

    keys: pd.DataFrame
    first: int
    currencies: Words
    rate: Words
    is_balance: Flags
    is_income: Flags
    net: frames.Whole
    amount: frames.Whole
    flow: frames.Whole


def books(
    balances: pd.DataFrame,
    keys: Sequence[str],
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    group: Group,
    rates: Rates,
    span: tuple[int, int],
    cash: Collection[str] = (),
) -> Books:
    """Translate balances (debit and credit by month) of the months in `span`, both included.

    `cash` are the cash accounts: they stand at the closing rate, whatever the chart says.

    Raises: MissingRateError naming pair, type and period; AmountError for an amount beyond 64 bits.
    """
    table = balances.assign(net=balances["debit"] - balances["credit"])
    panel = frames.panel(table, keys, ["net"], *span)
    account = frames.lookup(
        ledger.with_retained_earnings(accounts), "account_id", panel.keys["account_id"], where="gl_balances"
    )
    entity = frames.lookup(entities, "entity_id", panel.keys["entity_id"], where="gl_balances")
    is_income = account["account_type"].isin(ledger.INCOME_TYPES).to_numpy(dtype=bool)
    is_cash = account["account_id"].isin(list(cash)).to_numpy(dtype=bool)
    rule = np.where(is_cash, "closing", _rules(account))
    is_balance = (rule == "closing") & ~is_income
    rate = np.where(rule == "historical", group.historical, rule)
    net, currencies = panel.values["net"], entity["functional_currency"].to_numpy(dtype=object)

    def translated(matrix: frames.Whole, chosen: Flags, rate_type: str) -> frames.Whole:
        return _translated(matrix, chosen, currencies, (group.currency, rate_type), rates, panel.first)

    held = translated(frames.running(net)[:, 1:], is_balance, "closing")
    amount = np.diff(held, axis=1, prepend=0)
    for rate_type in np.unique(rate[~is_balance]):
        amount += translated(net, ~is_balance & (rate == rate_type), str(rate_type))
    flow = np.where(is_income[:, None], amount, translated(net, ~is_income, "average"))
    return Books(panel.keys, panel.first, currencies, rate, is_balance, is_income, net, amount, flow)


def _rules(account: pd.DataFrame) -> Words:
    """The chart's own rule of translation, or that of the account's type."""
    kind = account["account_type"]
    default = np.select([kind.isin(["asset", "liability"]), kind.eq("equity")], ["closing", "historical"], "average")
    said = account["translation"].astype(object)
    return np.where(said.notna(), said, default).astype(object)


def _translated(
    matrix: frames.Whole, chosen: Flags, currencies: Words, target: tuple[str, str], rates: Rates, first: int
) -> frames.Whole:
    """The chosen rows at the rates of their months; zeros need no rate, and all other rows are zero."""
    result = np.zeros_like(matrix)
    series, month = np.nonzero(np.where(chosen[:, None], matrix, 0))
    cells = pd.DataFrame(
        {
            "currency": pd.array(currencies[series].tolist(), dtype="str"),
            "period": frames.month_labels(first, matrix.shape[1]).take(month),
            "amount": matrix[series, month],
        }
    )
    into = pd.Series(target[0], index=cells.index, dtype="str")
    result[series, month] = currency.convert_amounts(cells, into, target[1], rates).to_numpy()
    return result


def rate_findings(
    balances: pd.DataFrame, entities: pd.DataFrame, group: Group, rates: Rates, last: str
) -> list[Finding]:
    """CON-005: every month from an entity's first posting on needs its average and closing rate. Warnings.

    One finding for each pair and type of rate, on the first month that lacks it.
    """
    begun = balances[balances["period"] <= last].groupby("entity_id")["period"].min()
    own = dict(zip(entities["entity_id"], entities["functional_currency"], strict=True))
    first: dict[str, str] = {}
    for entity, period in begun.items():
        first[own[entity]] = min(period, first.get(own[entity], period))
    findings = []
    for source, start in sorted(first.items()):
        for rate_type in sorted({"average", "closing", group.historical}):
            for period in calendar.span(start, last):
                try:
                    rates.rate(source, group.currency, rate_type, period)
                except MissingRateError as error:
                    message = f"{error}; {group.entity_id} is reported up to the month before"
                    place = f"{source}→{group.currency} {rate_type} {period}"
                    findings.append(Finding("CON-005", place, message, "warning", period))
                    break
    return findings
