"""Statements: the income statement and the balance sheet of every entity, and what ties them together.

Here: which account is shown in which line, the order of lines, subtotals, and the checks between statements. Not
here: balances and the roll of retained earnings (`ledger`), nor cash flow.

A line's number is its place in the layout of the whole chart of accounts. An entity shows the lines it has ever used,
so its numbers have gaps, but a line keeps its number across months, and the same line has it in every entity.
Amounts are in natural sign: revenue, expenses, assets, liabilities and equity are all positive.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames, ledger
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding

DEFAULT_LINES = {
    "revenue": "Revenue",
    "cost_of_revenue": "Cost of revenue",
    "operating_expense": "Operating expenses",
    "other_income": "Other income",
    "other_expense": "Other expense",
    "income_tax": "Income tax",
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
}
INCOME_OF_THE_YEAR = "Net income of the year"
NET_INCOME_OF_OWNERS = "Net income of the owners of the parent"
"""Below net income, in the statement of a group of which a part belongs to others."""

# A layout is the order of a statement: sections by account type, each followed by its subtotals; a subtotal sums the
# types named, with the sign they have in it.
_Layout = Sequence[tuple[str, Sequence[tuple[str, Mapping[str, int]]]]]

_GROSS = {"revenue": 1, "cost_of_revenue": -1}
_OPERATING = {**_GROSS, "operating_expense": -1}
_BEFORE_TAX = {**_OPERATING, "other_income": 1, "other_expense": -1}
_NET = {**_BEFORE_TAX, "income_tax": -1}
_INCOME_LAYOUT: _Layout = (
    ("revenue", (("Total revenue", {"revenue": 1}),)),
    ("cost_of_revenue", (("Total cost of revenue", {"cost_of_revenue": 1}), ("Gross profit", _GROSS))),
    ("operating_expense", (("Total operating expenses", {"operating_expense": 1}), ("Operating income", _OPERATING))),
    ("other_income", ()),
    ("other_expense", (("Income before tax", _BEFORE_TAX),)),
    ("income_tax", (("Net income", _NET),)),
)
_BALANCE_LAYOUT: _Layout = (
    ("asset", (("Total assets", {"asset": 1}),)),
    ("liability", (("Total liabilities", {"liability": 1}),)),
    ("equity", ()),
    (
        "year",
        (
            ("Total equity", {"equity": 1, "year": 1}),
            ("Total liabilities and equity", {"liability": 1, "equity": 1, "year": 1}),
        ),
    ),
)
_SIGNS: dict[str, dict[str, int]] = {
    line: dict(signs)
    for layout in (_INCOME_LAYOUT, _BALANCE_LAYOUT)
    for _, subtotals in layout
    for line, signs in subtotals
}

_HEAD = {"entity_id": "str", "period": "str", "line_no": "int64", "line": "str", "currency": "str"}
_INCOME_AMOUNTS = ("amount", "ytd_amount", "prior_year_amount")
_INCOME_KINDS = {**_HEAD, **dict.fromkeys(_INCOME_AMOUNTS, "int64"), "line_kind": "str"}
_BALANCE_KINDS = {**_HEAD, "amount": "int64", "line_kind": "str"}
_KEY = ("entity_id", "period", "line_no")


def statement_lines(accounts: pd.DataFrame) -> pd.DataFrame:
    """The line of every account: the chart's own, or the name of the account's type.

    Retained earnings have a line of their own if the chart gives them none.
    Shape: one row per account: account_id, section (account type), line.
    """
    chart = ledger.chart(accounts)
    default = chart["account_type"].map(DEFAULT_LINES)
    default = default.mask(chart["account_id"] == ledger.retained_earnings_account(accounts), "Retained earnings")
    line = chart["statement_line"].astype("str").fillna(default.astype("str"))
    return pd.DataFrame({"account_id": chart["account_id"], "section": chart["account_type"], "line": line})


def _layout_lines(lines: pd.DataFrame, layout: _Layout) -> pd.DataFrame:
    """Every line of a statement with its number: details by lowest account, then the section's subtotals."""
    lowest = lines.sort_values("account_id", kind="stable").drop_duplicates(["section", "line"])
    rows: list[tuple[str, str, str]] = []
    for section, subtotals in layout:
        details = lowest.loc[lowest["section"] == section, "line"]
        rows += [(section, line, "detail") for line in details]
        rows += [(section, line, "subtotal") for line, _ in subtotals]
    frame = pd.DataFrame(rows, columns=["section", "line", "line_kind"], dtype="str")
    return frame.assign(line_no=np.arange(1, len(frame) + 1, dtype=np.int64))


def income_statement(
    balances: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame, periods: Sequence[str]
) -> pd.DataFrame:
    """The income statement: the month, the fiscal year to date, and the same month a year earlier.

    `balances` is gl_balances with all history up to the last of `periods`. An entity's statements begin with the
    first month of its books; every line it has ever used appears in each of them, with zeros where need be.

    Shape: one row per entity x period x line. Unit: minor units of the functional currency, in natural sign.
    Raises: ContractError when balances use an entity or account that the master data do not have.
    """
    if not len(balances) or not periods:
        return frames.arrange(pd.DataFrame(columns=list(_INCOME_KINDS)), _INCOME_KINDS, _KEY)
    last = calendar.index(periods[-1])
    table = balances.assign(month=frames.month_numbers(balances["period"]))
    table = table[table["month"] <= last]
    lines = statement_lines(accounts)
    line = frames.lookup(lines, "account_id", table["account_id"], where="gl_balances")
    net = (table["debit"] - table["credit"]).to_numpy() * ledger.natural_sign(line["section"]).to_numpy()
    table = table.assign(amount=net, section=line["section"].array, line=line["line"].array)
    income = table[table["section"].isin(ledger.INCOME_TYPES)]
    first = min(int(table["month"].min()), calendar.index(periods[0])) if len(table) else last
    panel = frames.panel(income, ["entity_id", "section", "line"], ["amount"], first, last)
    amount = panel.values["amount"]
    starts = frames.fiscal_start_months(entities, panel.keys["entity_id"])
    values = {
        "amount": amount,
        "ytd_amount": frames.to_date(amount, first, starts),
        "prior_year_amount": frames.shifted(amount, 12),
    }
    grid = _open_books(table, periods)
    numbered = _layout_lines(lines, _INCOME_LAYOUT)
    details = _details(frames.Panel(panel.keys, first, panel.rows, values), grid, numbered)
    return _statement(details, grid, entities, numbered, _INCOME_KINDS)


def _open_books(table: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """The entity months to report: every period from the first month of the entity's books on."""
    begun = table.groupby("entity_id", as_index=False)["month"].min()
    grid: pd.DataFrame = begun.merge(pd.DataFrame({"period": pd.array(list(periods), dtype="str")}), how="cross")
    begun_by_then = frames.month_numbers(grid["period"]) >= grid["month"].to_numpy()
    return grid[begun_by_then][["entity_id", "period"]]


def balance_sheet(tb: pd.DataFrame, accounts: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """The balance sheet at the end of every period of the trial balance.

    The income of the fiscal year to date stands in equity as a line of its own, below retained earnings.

    Shape: one row per entity x period x line. Unit: minor units of the functional currency, in natural sign.
    """
    if not len(tb):
        return frames.arrange(pd.DataFrame(columns=list(_BALANCE_KINDS)), _BALANCE_KINDS, _KEY)
    lines = statement_lines(accounts)
    year = pd.DataFrame({"account_id": [""], "section": ["year"], "line": [INCOME_OF_THE_YEAR]}, dtype="str")
    line = frames.lookup(lines, "account_id", tb["account_id"], where="trial_balance")
    is_income = line["section"].isin(ledger.INCOME_TYPES)
    sign = ledger.natural_sign(line["section"]).mask(is_income, -1).to_numpy()
    table = pd.DataFrame(
        {
            "entity_id": tb["entity_id"].array,
            "period": tb["period"].array,
            "section": line["section"].mask(is_income, "year").array,
            "line": line["line"].mask(is_income, INCOME_OF_THE_YEAR).array,
            "amount": tb["closing_balance"].to_numpy() * sign,
        }
    )
    grid = tb[["entity_id", "period"]].drop_duplicates()
    table = pd.concat([table, grid.assign(section="year", line=INCOME_OF_THE_YEAR, amount=0)], ignore_index=True)
    months = frames.month_numbers(grid["period"])
    panel = frames.panel(table, ["entity_id", "section", "line"], ["amount"], int(months.min()), int(months.max()))
    numbered = _layout_lines(pd.concat([lines, year], ignore_index=True), _BALANCE_LAYOUT)
    details = _details(panel, grid, numbered)
    return _statement(details, grid, entities, numbered, _BALANCE_KINDS)


def _details(panel: frames.Panel, grid: pd.DataFrame, numbered: pd.DataFrame) -> pd.DataFrame:
    """The detail lines of every entity month: all lines that the entity has ever used."""
    used = panel.keys.assign(row=np.arange(len(panel.keys)))
    used = used.merge(numbered[numbered["line_kind"] == "detail"], on=["section", "line"])
    cells = grid.merge(used, on="entity_id")
    month = frames.month_numbers(cells["period"]) - panel.first
    return cells.assign(**{name: matrix[cells["row"], month] for name, matrix in panel.values.items()})


def _statement(
    details: pd.DataFrame, grid: pd.DataFrame, entities: pd.DataFrame, numbered: pd.DataFrame, kinds: Mapping[str, str]
) -> pd.DataFrame:
    """Details and subtotals together, in order."""
    amounts = [name for name in _INCOME_AMOUNTS if name in kinds]
    places = pd.MultiIndex.from_frame(grid[["entity_id", "period"]])
    parts = [details]
    subtotals = numbered[numbered["line_kind"] == "subtotal"]
    for line, line_no in zip(subtotals["line"].tolist(), subtotals["line_no"].tolist(), strict=True):
        signs = _SIGNS[line]
        counted = details[details["section"].isin(list(signs))]
        signed = counted[amounts].mul(counted["section"].map(signs).astype("int64"), axis=0)
        sums = signed.groupby([counted["entity_id"], counted["period"]]).sum().reindex(places, fill_value=0)
        parts.append(sums.reset_index().assign(line=line, line_no=line_no, line_kind="subtotal"))
    table = pd.concat(parts, ignore_index=True)
    entity = frames.lookup(entities, "entity_id", table["entity_id"], where="the statement")
    return frames.arrange(table.assign(currency=entity["functional_currency"].array), kinds, _KEY)


_TOTALS = ("Total assets", "Total liabilities", "Total equity", "Total liabilities and equity")


def balance_sheet_findings(bs: pd.DataFrame) -> list[Finding]:
    """STM-001: assets equal liabilities and equity, by the totals and by the detail lines under them.

    A total that is missing is a finding, and so is a detail line that its total does not contain.
    """
    place = ["entity_id", "period"]
    is_total = (bs["line_kind"] == "subtotal") & bs["line"].isin(_TOTALS)
    counted = bs[is_total].groupby([*place, "line"]).agg({"amount": "sum", "line_no": "min"})
    found = counted.groupby(level=place).size()
    complete = found[found == len(_TOTALS)].index
    everywhere = bs[place].drop_duplicates().sort_values(place).itertuples(index=False, name=None)
    findings = [
        Finding("STM-001", f"{entity} {period}", f"a total is missing of {', '.join(_TOTALS)}", period=str(period))
        for entity, period in everywhere
        if (entity, period) not in complete
    ]
    totals = {line: counted.xs(line, level="line").reindex(complete) for line in _TOTALS if len(complete)}
    if totals:
        amounts = pd.DataFrame({line: total["amount"] for line, total in totals.items()})
        numbers = pd.DataFrame({line: total["line_no"] for line, total in totals.items()})
        findings += _untied_totals(amounts, _detail_sums(bs, numbers))
    return findings


def _detail_sums(bs: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    """Assets, liabilities and equity summed from the detail lines that stand above each total."""
    details = bs[bs["line_kind"] == "detail"]
    bounds = numbers.reindex(pd.MultiIndex.from_frame(details[["entity_id", "period"]]), fill_value=0)
    line_no = details["line_no"].to_numpy()
    is_asset = line_no < bounds["Total assets"].to_numpy()
    is_liability = ~is_asset & (line_no < bounds["Total liabilities"].to_numpy())
    sections = {"Total assets": is_asset, "Total liabilities": is_liability, "Total equity": ~is_asset & ~is_liability}
    sums = {
        line: rows.groupby(["entity_id", "period"])["amount"].sum().reindex(numbers.index, fill_value=0)
        for line, rows in ((line, details[chosen]) for line, chosen in sections.items())
    }
    return pd.DataFrame(sums)


def _untied_totals(totals: pd.DataFrame, details: pd.DataFrame) -> list[Finding]:
    funding = details["Total liabilities"] + details["Total equity"]
    differences = pd.DataFrame(
        {
            "assets less liabilities and equity": totals["Total assets"] - totals["Total liabilities and equity"],
            "the same from detail lines": details["Total assets"] - funding,
            "total assets less their lines": totals["Total assets"] - details["Total assets"],
            "total liabilities less their lines": totals["Total liabilities"] - details["Total liabilities"],
            "total equity less its lines": totals["Total equity"] - details["Total equity"],
            "total liabilities and equity less their lines": totals["Total liabilities and equity"] - funding,
        }
    )
    broken = differences[(differences != 0).any(axis=1)]
    return [
        Finding(
            "STM-001",
            f"{entity} {period}",
            "; ".join(f"{name}: {gap} minor units" for name, gap in row.items() if gap) + "; each must be zero",
            period=str(period),
        )
        for (entity, period), row in zip(broken.index, broken.to_dict("records"), strict=True)
    ]


def income_statement_findings(statement: pd.DataFrame, sheet: pd.DataFrame) -> list[Finding]:
    """STM-002: net income of the year to date is the same in the income statement and in the balance sheet.

    Of a group of which a part belongs to others, it is the owners' part. An entity and period that only one of the two
    statements reports is a finding.
    """
    place = ["entity_id", "period"]
    is_net = statement["line"].isin(["Net income", NET_INCOME_OF_OWNERS]) & (statement["line_kind"] == "subtotal")
    nets = statement[is_net].sort_values("line_no").drop_duplicates(place, keep="last")
    earned = nets[[*place, "ytd_amount"]].astype({"ytd_amount": "Int64"})
    in_equity = sheet[(sheet["line"] == INCOME_OF_THE_YEAR) & (sheet["line_kind"] == "detail")]
    in_equity = in_equity.sort_values("line_no").drop_duplicates(place, keep="last")  # the chart may use its name too
    carried = in_equity[[*place, "amount"]].astype({"amount": "Int64"})
    everywhere = pd.concat([statement[place], sheet[place]]).drop_duplicates()
    both = everywhere.merge(earned, how="left", on=place).merge(carried, how="left", on=place).sort_values(place)
    broken = both[(both["ytd_amount"] == both["amount"]).ne(other=True).fillna(value=True)]
    return [
        Finding(
            "STM-002",
            f"{row.entity_id} {row.period}",
            f"net income of the year is {_said(row.ytd_amount)} in the income statement and {_said(row.amount)} in the "
            "balance sheet: they must be the same",
            period=str(row.period),
        )
        for row in broken.itertuples(index=False)
    ]


def _said(amount: object) -> str:
    return "missing" if amount is pd.NA else f"{amount} minor units"
