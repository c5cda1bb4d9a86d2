"""Budget: the plan by month in functional currency, the variance of actuals against it, and what is material.

Here: budget balances, variance month to date, year to date and full year, materiality, and the check that variances
tie to both of their sources. Not here: why a variance arose (variance bridge), nor exchange rates (`currency`).

What a version is compared with. A version covers, entity by entity, every fiscal year in which it has a line. Within
those years every income account counts, budgeted or not; a balance-sheet account counts if the version budgets it for
the entity. A row appears when there is anything behind it: postings or budget lines in the months of its basis.

    basis        actual                        budget
    mtd          the month                     the month
    ytd          fiscal year to the month      fiscal year to the month
    full_year    fiscal year to the month      the whole fiscal year

By a day within the current month, less than its whole plan is due: `theoretical` counts the days that have passed, and the
outlook is what was done and what is planned for the rest of the basis: actual + budget - theoretical. With a forecast for the
rest of the year, `outlook` takes that instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import currency as exchange
from finops_pipeline.finance import frames, ledger, money, phasing
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue.exact import proportion

Flags = npt.NDArray[np.bool_]

BASES = ("full_year", "mtd", "ytd")
STATUSES = ("on_budget", "unbudgeted", "unspent", "favorable", "unfavorable")

_BALANCE_KINDS = {
    "version": "str",
    "entity_id": "str",
    "period": "str",
    "account_id": "str",
    "cost_center_id": "str",
    "currency": "str",
    "amount": "int64",
}
_BALANCE_KEY = ("version", "entity_id", "period", "account_id", "cost_center_id")
_VARIANCE_KINDS = {
    "version": "str",
    "entity_id": "str",
    "period": "str",
    "basis": "str",
    "account_id": "str",
    "account_name": "str",
    "account_type": "str",
    "cost_center_id": "str",
    "department": "str",
    "currency": "str",
    "actual": "int64",
    "budget": "int64",
    "variance": "int64",
    "variance_pct": "float64",
    "favorable": "bool",
    "profit_effect": "int64",
    "material": "bool",
    "status": "str",
    "theoretical": "int64",
    "outlook": "int64",
    "commentary": "str",
    "commentary_author": "str",
    "outlook_source": "str",
}
_VARIANCE_KEY = ("version", "entity_id", "period", "basis", "account_id", "cost_center_id")
_SERIES = ["version", "entity_id", "account_id", "cost_center_id"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on a variance is material: an amount in major units, a fraction of the budget, or both.

    With `both`, a variance must reach each limit that is given; otherwise one is enough. Anything is an infinite
    fraction of a budget of zero. With no limit given nothing is material, and a variance of zero never is.
    """

    amount: Decimal | None = None
    pct: Decimal | None = None
    both: bool = True


@dataclass(frozen=True, slots=True)
class Materiality:
    """The threshold of each account type; types not named use `default`.

    By default a variance is material from 10,000 major units and 5 % of the budget on.
    """

    default: Threshold = Threshold(Decimal(10_000), Decimal("0.05"))
    by_type: Mapping[str, Threshold] = field(default_factory=dict)

    def threshold(self, account_type: str) -> Threshold:
        """What holds for an account type."""
        return self.by_type.get(account_type, self.default)


def is_material(variance: int, budget: int, currency: str, threshold: Threshold) -> bool:
    """Whether one variance reaches its threshold: the plain form of what `budget_variance` does for all rows.

    >>> is_material(50_000_00, 900_000_00, "EUR", Threshold(Decimal(10_000), Decimal("0.05")))
    True
    """
    one = np.array([variance]), np.array([budget])
    return bool(_reaches(*one, currency, threshold)[0])


def _reaches(variance: frames.Whole, budget: frames.Whole, currency: str, threshold: Threshold) -> Flags:
    size, base = np.abs(variance), np.abs(budget)
    tests: list[Flags] = []
    if threshold.amount is not None:
        top, bottom = threshold.amount.as_integer_ratio()
        tests.append(size >= -(-top * 10 ** money.exponent(currency) // bottom))
    if threshold.pct is not None:
        top, bottom = threshold.pct.as_integer_ratio()
        least = base // bottom * top - (-(base % bottom * top) // bottom)  # base * pct rounded up, without overflow
        tests.append((base == 0) | (size >= least))
    if not tests:
        return np.zeros(len(size), dtype=bool)
    reached = np.logical_and.reduce(tests) if threshold.both else np.logical_or.reduce(tests)
    flags: Flags = reached & (size != 0)
    return flags


def budget_balances(lines: pd.DataFrame, entities: pd.DataFrame, rates: exchange.Rates) -> pd.DataFrame:
    """The budget by month in each entity's functional currency, in natural sign; products are summed away.

    A line in another currency is converted by itself at the budget rate of its month, rounded once.

    Shape: one row per version x entity x period x account x cost center. Unit: minor units of functional currency.
    Raises: MissingRateError; ContractError for an entity that the master data do not have.
    """
    entity = frames.lookup(entities, "entity_id", lines["entity_id"], where="budget_lines")
    functional = entity["functional_currency"].astype("str").set_axis(lines.index)
    amount = exchange.convert_amounts(lines, functional, "budget", rates)
    table = lines[list(_BALANCE_KEY)].astype("str").assign(currency=functional, amount=amount)
    sums = table.groupby([*_BALANCE_KEY, "currency"], dropna=False)["amount"].sum().reset_index()
    return frames.arrange(sums, _BALANCE_KINDS, _BALANCE_KEY)


def budget_variance(
    budget: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    entities: pd.DataFrame,
    periods: Sequence[str],
    materiality: Materiality = Materiality(),
    as_of: date | None = None,
) -> pd.DataFrame:
    """Actual against budget for the periods (consecutive labels), month to date, year to date and full year.

    `budget` is budget_balances with every line of every version, `balances` gl_balances with at least the fiscal
    years of the periods. Products are summed away. `as_of`: the day until which plan is due; whole months without it.

    Shape: one row per version x entity x period x account x cost center x basis. Unit: minor units of the entity's
    functional currency, in natural sign.
    Raises: ContractError when a row uses an entity, account or cost center that the master data do not have.
    """
    if not len(budget) or not periods:
        return frames.arrange(pd.DataFrame(columns=list(_VARIANCE_KINDS)), _VARIANCE_KINDS, _VARIANCE_KEY)
    first, last = calendar.index(periods[0]) - 11, calendar.index(periods[-1]) + 11  # every fiscal year concerned
    account = frames.lookup(accounts, "account_id", balances["account_id"], where="gl_balances")
    sign = ledger.natural_sign(account["account_type"]).to_numpy()
    postings = balances.assign(amount=(balances["debit"] - balances["credit"]).to_numpy() * sign)
    actual = frames.panel(postings, _SERIES[1:], ["amount"], first, last)
    plan = frames.panel(budget, _SERIES, ["amount"], first, last)
    series = _universe(actual.keys, plan.keys, budget, accounts)
    series["start_month"] = frames.fiscal_start_months(entities, series["entity_id"])
    cells = _cells(series, actual, plan, [phasing.elapsed(p, as_of or date.max) for p in periods])
    return _variance_rows(series, cells, (accounts, cost_centers, entities), periods, materiality)


def _universe(
    posted: pd.DataFrame, planned: pd.DataFrame, budget: pd.DataFrame, accounts: pd.DataFrame
) -> pd.DataFrame:
    """Every series to compare, in key order, with its row in each panel (-1: none)."""
    account = frames.lookup(accounts, "account_id", posted["account_id"], where="gl_balances")
    is_income = account["account_type"].isin(ledger.INCOME_TYPES)
    pairs = planned[["version", "entity_id"]].drop_duplicates()
    place = ["version", "entity_id", "account_id"]
    budgeted = budget[place].astype("str").drop_duplicates().assign(is_budgeted=True)
    compared = pairs.merge(posted.assign(actual_row=np.arange(len(posted)), is_income=is_income), on="entity_id")
    compared = compared.merge(budgeted, how="left", on=place)
    compared = compared[compared["is_income"] | compared["is_budgeted"].notna()]
    planned = planned.assign(plan_row=np.arange(len(planned)))
    both = compared[[*_SERIES, "actual_row"]].merge(planned, how="outer", on=_SERIES)
    both = both.fillna({"actual_row": -1, "plan_row": -1}).astype({"actual_row": "int64", "plan_row": "int64"})
    return both.sort_values(_SERIES, na_position="last", ignore_index=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The cells that become rows, in key order: positions of series, period and basis, and their amounts."""

    series: frames.Whole
    period: frames.Whole
    basis: frames.Whole
    actual: frames.Whole
    budget: frames.Whole
    theoretical: frames.Whole


def _cells(
    series: pd.DataFrame, actual: frames.Panel, plan: frames.Panel, elapsed: Sequence[tuple[int, int]]
) -> _Cells:
    starts, first, months = series["start_month"].to_numpy(), plan.first, len(elapsed)
    posted, planned = (
        _take(actual.values["amount"], series["actual_row"]),
        _take(plan.values["amount"], series["plan_row"]),
    )
    posted_rows, planned_rows = _take(actual.rows, series["actual_row"]), _take(plan.rows, series["plan_row"])
    pair = series.groupby(["version", "entity_id"]).ngroup().to_numpy()
    by_pair = np.zeros((pair.max(initial=-1) + 1, planned_rows.shape[1]), dtype=np.int64)
    np.add.at(by_pair, pair, planned_rows)
    pair_starts = np.zeros(len(by_pair), dtype=np.int64)
    pair_starts[pair] = starts
    is_covered = (frames.whole_year(by_pair, first, pair_starts) > 0)[pair]

    def cube(full_year: frames.Whole, mtd: frames.Whole, ytd: frames.Whole) -> frames.Whole:
        return np.stack([full_year, mtd, ytd], axis=2)[:, 11 : 11 + months]  # series x period x basis

    posted_to_date, planned_to_date = (frames.to_date(m, first, starts) for m in (posted, planned))
    rows_to_date, planned_rows_to_date = (frames.to_date(m, first, starts) for m in (posted_rows, planned_rows))
    behind = cube(
        rows_to_date + frames.whole_year(planned_rows, first, starts),
        posted_rows + planned_rows,
        rows_to_date + planned_rows_to_date,
    )
    exists = (behind > 0) & is_covered[:, 11 : 11 + months, None]
    at, period, basis = np.nonzero(exists)
    order = np.lexsort((at, basis, period, pair[at]))
    chosen = at[order], period[order], basis[order]
    actuals = cube(posted_to_date, posted, posted_to_date)[chosen]
    budgets = cube(frames.whole_year(planned, first, starts), planned, planned_to_date)[chosen]
    return _Cells(*chosen, actuals, budgets, _due(planned, planned_to_date, chosen, elapsed))


def _due(
    planned: frames.Whole,
    to_date: frames.Whole,
    chosen: tuple[frames.Whole, frames.Whole, frames.Whole],
    elapsed: Sequence[tuple[int, int]],
) -> frames.Whole:
    """What of the plan is due: of the month by the days that have passed, of the months before it everything."""
    at, period, basis = chosen
    passed, days = np.array(elapsed, dtype=np.int64).T
    month = planned[at, 11 + period]
    due = proportion(month, passed[period], days[period])
    before: frames.Whole = to_date[at, 11 + period] - month
    return due + np.where(basis == BASES.index("mtd"), 0, before)


def _take(matrix: frames.Whole, rows: pd.Series) -> frames.Whole:
    """Rows of a matrix, with zeros where there is none (-1)."""
    padded: frames.Whole = np.vstack([matrix, np.zeros((1, matrix.shape[1]), dtype=np.int64)])
    return padded.take(rows.to_numpy(), axis=0)


def _variance_rows(
    series: pd.DataFrame,
    cells: _Cells,
    masters: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    periods: Sequence[str],
    materiality: Materiality,
) -> pd.DataFrame:
    """The report of the cells: who they belong to, how far they are off, and what that means."""
    known = _described(series, *masters)
    variance = cells.actual - cells.budget
    effect = variance * profit_signs(known["account_type"]).to_numpy()[cells.series]
    pct = frames.fraction(variance, np.abs(cells.budget))
    columns: dict[str, object] = {
        name: known[name].astype("str").array.take(cells.series) for name in _VARIANCE_KINDS if name in known
    }
    columns |= {
        "period": pd.array(list(periods), dtype="str").take(cells.period),
        "basis": pd.array(list(BASES), dtype="str").take(cells.basis),
        "actual": cells.actual,
        "budget": cells.budget,
        "variance": variance,
        "variance_pct": pct,
        "favorable": effect >= 0,
        "profit_effect": effect,
        "material": _material(known, cells, variance, materiality),
        "status": pd.array(list(STATUSES), dtype="str").take(_status(cells, effect)),
        "theoretical": cells.theoretical,
        "outlook": cells.actual + cells.budget - cells.theoretical,
        **dict.fromkeys(("commentary", "commentary_author"), pd.array([None] * len(variance), dtype="str")),
        "outlook_source": pd.array(["budget"], dtype="str").take(np.zeros(len(variance), dtype=np.int64)),
    }
    return pd.DataFrame(columns)[list(_VARIANCE_KINDS)]


def _described(
    series: pd.DataFrame, accounts: pd.DataFrame, cost_centers: pd.DataFrame, entities: pd.DataFrame
) -> pd.DataFrame:
    """The series with what the master data say of them."""
    account = frames.lookup(accounts, "account_id", series["account_id"], where="budget_balances")
    center = frames.lookup(cost_centers, "cost_center_id", series["cost_center_id"], where="budget_variance")
    entity = frames.lookup(entities, "entity_id", series["entity_id"], where="budget_balances")
    return series.assign(
        account_name=account["name"],
        account_type=account["account_type"],
        department=center["department"],
        currency=entity["functional_currency"],
    )


def profit_signs(account_type: pd.Series) -> pd.Series:
    """+1 where more than planned is good for profit, -1 where it is bad, 0 outside the income statement."""
    return -ledger.natural_sign(account_type).where(account_type.isin(ledger.INCOME_TYPES), 0)


def _status(cells: _Cells, effect: frames.Whole) -> frames.Whole:
    """Positions in STATUSES: the first condition that holds."""
    conditions = [
        cells.actual == cells.budget,
        cells.budget == 0,
        cells.actual == 0,
        effect >= 0,
    ]
    return np.select(conditions, [0, 1, 2, 3], default=4)


def _material(known: pd.DataFrame, cells: _Cells, variance: frames.Whole, materiality: Materiality) -> Flags:
    material = np.zeros(len(variance), dtype=bool)
    groups = known.groupby(["account_type", "currency"]).ngroup().to_numpy()
    _, first = np.unique(groups, return_index=True)
    of_row = groups[cells.series]
    for number, at in enumerate(first):
        rows = np.flatnonzero(of_row == number)
        threshold = materiality.threshold(str(known["account_type"].iloc[at]))
        currency = str(known["currency"].iloc[at])
        material[rows] = _reaches(variance[rows], cells.budget[rows], currency, threshold)
    return material


def budget_variance_findings(
    variance: pd.DataFrame,
    budget: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    periods: Sequence[str],
) -> list[Finding]:
    """BUD-001: month-to-date variances tie to their sources, by version, entity, period and account type.

    Actuals of income accounts tie to gl_balances in every fiscal year that the version covers, and budgets tie to
    budget_balances. A place that only one side has is a finding.
    """
    account_type = accounts.set_index("account_id")["account_type"]
    place = ["version", "entity_id", "period", "account_type"]
    plans = _with_year(budget, entities).assign(account_type=budget["account_id"].map(account_type))
    posted = _with_year(balances, entities).assign(account_type=balances["account_id"].map(account_type))
    posted = posted[posted["account_type"].isin(ledger.INCOME_TYPES) & posted["period"].isin(list(periods))]
    posted["amount"] = (posted["debit"] - posted["credit"]) * ledger.natural_sign(posted["account_type"])
    covered = plans[["version", "entity_id", "year"]].drop_duplicates()
    actual = posted.merge(covered, on=["entity_id", "year"]).groupby(place)["amount"].sum()
    planned = plans[plans["period"].isin(list(periods))].groupby(place)["amount"].sum()
    mtd = variance[variance["basis"] == "mtd"]
    income = mtd[mtd["account_type"].isin(ledger.INCOME_TYPES)]
    return [
        *_untied("actual", "gl_balances", actual, income.groupby(place)["actual"].sum()),
        *_untied("budget", "budget_balances", planned, mtd.groupby(place)["budget"].sum()),
    ]


def _with_year(table: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """The table with the number of the month in which each row's fiscal year starts."""
    number, start = frames.month_numbers(table["period"]), frames.fiscal_start_months(entities, table["entity_id"])
    return table.assign(year=number - (number - (start - 1)) % 12)


def _untied(measure: str, source: str, expected: pd.Series, reported: pd.Series) -> list[Finding]:
    places = expected.index.union(reported.index)
    due, said = expected.reindex(places, fill_value=0), reported.reindex(places, fill_value=0)
    is_broken = (due != said) | ~places.isin(reported.index)
    return [
        Finding(
            "BUD-001",
            " ".join(place),
            f"{measure} of the month is {said[place]} in budget_variance and {due[place]} in {source} (minor units)",
            period=place[2],
        )
        for place in places[is_broken.to_numpy()]
    ]
