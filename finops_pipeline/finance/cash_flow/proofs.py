"""Proofs of the cash flow statement: it explains the change in cash of the books, and starts from their net income.

Here: CFL-001 and CFL-002, from published rows alone, and CFL-003 and CFL-004 on the chart of accounts. Not here: how
the rows come about (`statement`). Values that are missing on one side are findings, never zeros.
"""

from collections.abc import Mapping

import pandas as pd

from finops_pipeline.finance import ledger, statements
from finops_pipeline.finance.cash_flow.classes import Classification, classified
from finops_pipeline.finance.cash_flow.statement import CLOSING, NET_CHANGE, NET_INCOME, OPENING, SECTIONS
from finops_pipeline.finance.findings import Finding

_PLACE = ["entity_id", "period"]


def cash_flow_findings(
    flow: pd.DataFrame,
    tb: pd.DataFrame,
    sheet: pd.DataFrame,
    income: pd.DataFrame,
    accounts: pd.DataFrame,
    chosen: Classification | None = None,
) -> list[Finding]:
    """CFL-001: sections sum to the change in cash. CFL-002: net income is that of the income statement.

    Cash is read from the trial balance (opening and closing) and, where all accounts of a line are cash, from the
    balance sheet too.
    """
    classes = classified(accounts, chosen)
    cash = tb[tb["account_id"].isin(classes.loc[classes["cash_class"] == "cash", "account_id"])]
    books = tb.groupby(_PLACE).size().index
    opened = cash.groupby(_PLACE)["opening_balance"].sum().reindex(books, fill_value=0)
    closed = cash.groupby(_PLACE)["closing_balance"].sum().reindex(books, fill_value=0)
    details = flow[flow["section"].isin(SECTIONS) & (flow["line_kind"] == "detail")]
    sections = details.groupby(_PLACE)["amount"].sum()
    shown = {line: _line(flow, "total", line) for line in (NET_CHANGE, OPENING, CLOSING)}
    findings = _compared(
        "CFL-001",
        {"sections": sections, "net change": shown[NET_CHANGE], "change in cash of the books": closed - opened},
    )
    findings += _compared("CFL-001", {"cash at the beginning": shown[OPENING], "of the trial balance": opened})
    ends = {"cash at the end": shown[CLOSING], "of the trial balance": closed}
    lines = _cash_lines(accounts, classes)
    if lines:
        mixed = cash[~cash["account_id"].isin(lines)].groupby(_PLACE)["closing_balance"].sum()
        is_cash = (sheet["line_kind"] == "detail") & sheet["line"].isin(set(lines.values()))
        held = sheet[is_cash].groupby(_PLACE)["amount"].sum()
        reported = sheet.groupby(_PLACE).size().index
        ends["of the balance sheet"] = held.reindex(reported, fill_value=0) + mixed.reindex(reported, fill_value=0)
    findings += _compared("CFL-001", ends)
    is_net = (income["line"] == "Net income") & (income["line_kind"] == "subtotal")
    earned = income[is_net].groupby(_PLACE)["amount"].sum()
    earnings = {"net income": _line(flow, "operating", NET_INCOME), "of the income statement": earned}
    return [*findings, *_compared("CFL-002", earnings)]


def _line(flow: pd.DataFrame, section: str, line: str) -> pd.Series:
    return flow[(flow["section"] == section) & (flow["line"] == line)].groupby(_PLACE)["amount"].sum()


def _cash_lines(accounts: pd.DataFrame, classes: pd.DataFrame) -> dict[str, str]:
    """Cash accounts whose balance sheet line holds nothing but cash: account to line."""
    full = ledger.with_retained_earnings(accounts)
    lines = statements.statement_lines(accounts).set_index("account_id")["line"]
    held = full.loc[full["account_type"].isin(ledger.BALANCE_SHEET_TYPES), ["account_id", "account_type"]]
    held = held.merge(classes, on="account_id").assign(line=lambda f: f["account_id"].map(lines))
    is_pure = (held["cash_class"].eq("cash") & held["account_type"].eq("asset")).groupby(held["line"]).transform("all")
    pure = held[is_pure]
    return dict(zip(pure["account_id"], pure["line"], strict=True))


def _compared(rule_id: str, sides: Mapping[str, pd.Series]) -> list[Finding]:
    """One finding for each entity and period where the sides are not all there and all the same."""
    table = pd.concat({name: amounts.astype("Int64") for name, amounts in sides.items()}, axis=1).sort_index()
    broken = table[table.isna().any(axis=1) | (table.max(axis=1) != table.min(axis=1)).fillna(value=True)]
    return [
        Finding(
            rule_id,
            f"{entity} {period}",
            ", ".join(f"{name} {'missing' if pd.isna(amount) else amount}" for name, amount in row.items())
            + " (minor units): they must be the same",
            period=str(period),
        )
        for (entity, period), row in zip(broken.index, broken.to_dict("records"), strict=True)
    ]


def classification_findings(
    moved: pd.DataFrame, accounts: pd.DataFrame, chosen: Classification | None = None
) -> list[Finding]:
    """CFL-003: accounts that moved and that no word or setting classifies. CFL-004: a chart without cash. Warnings.

    CFL-004 also names accounts, lines and categories of the settings that the chart does not have.
    """
    classes = classified(accounts, chosen)
    findings = []
    unknown = classes.loc[~classes["is_recognized"], "account_id"]
    used = sorted(set(moved.loc[moved["movement"] != 0, "account_id"]) & set(unknown))
    if used:
        findings.append(
            Finding(
                "CFL-003", ", ".join(used[:10]) + (f" and {len(used) - 10} more" if len(used) > 10 else ""),
                "shown as operating, in a line `Not classified`: nothing says what these accounts are; give them a "
                "category, or a class in the setting cash_flow", "warning",
            )
        )  # fmt: skip
    if not classes["cash_class"].eq("cash").any():
        message = "no account is cash, so there is no cash to explain: mark accounts with is_cash"
        findings.append(Finding("CFL-004", "accounts", message, "warning"))
    given = chosen or Classification()
    named = (given.accounts, "account_id"), (given.lines, "statement_line"), (given.categories, "category")
    for choices, column in named:
        for stranger in sorted(set(choices) - set(accounts[column].dropna())):
            message = f"the setting cash_flow gives a class to a {column} that the chart does not have"
            findings.append(Finding("CFL-004", stranger, message, "warning"))
    return findings
