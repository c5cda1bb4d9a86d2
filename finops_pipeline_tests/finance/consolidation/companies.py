"""Small groups of companies to consolidate, and how to write them as text.

Amounts are whole minor units; a journal line is `entity period account debit credit counterparty`, `-` for none.
"""

import pandas as pd

from finops_pipeline.finance import consolidation
from finops_pipeline.finance.consolidation import Consolidation, Group, Sources
from finops_pipeline.finance.currency import Rates
from finops_pipeline_tests.finance.books import table
from finops_pipeline_tests.finance.test_currency import fx

ACCOUNTS = table("""
    account_id  name                      account_type       statement_line  category     translation
    1000        Bank                      asset              Cash            -            -
    1200        Receivables               asset              Receivables     -            -
    1300        Land_at_cost              asset              Land            property     historical
    1700        Shares_in_group_entities  asset              Shares          -            historical
    2000        Payables                  liability          Payables        -            -
    3000        Capital                   equity             Share_capital   -            -
    4000        Sales                     revenue            -               -            -
    6000        Wages                     operating_expense  -               -            -
    7000        Group_fees                other_income       -               -            -
""").assign(is_cash=lambda a: a["account_id"].eq("1000").astype("boolean"))
CASH = {"1000"}


def entities(text: str) -> pd.DataFrame:
    """entity_id, functional_currency, parent_entity_id, ownership_pct, fiscal_year_start_month."""
    header = "entity_id functional_currency parent_entity_id ownership_pct fiscal_year_start_month"
    frame = table(f"{header}\n{text.strip()}")
    frame["name"] = frame["entity_id"]
    return frame.astype({"fiscal_year_start_month": "Int64"})


def lines(text: str) -> pd.DataFrame:
    header = "entity_id period account_id debit credit counterparty_entity_id"
    return table(f"{header}\n{text.strip()}").astype({"debit": "int64", "credit": "int64"})


def sources(posted: pd.DataFrame, masters: pd.DataFrame, accounts: pd.DataFrame = ACCOUNTS) -> Sources:
    """Balances and intercompany balances of journal lines."""
    within = posted[posted["counterparty_entity_id"].notna()].reset_index(drop=True)
    return Sources(posted.drop(columns="counterparty_entity_id"), within, accounts, masters)


def rates(text: str) -> Rates:
    """Lines of `from to period average closing`."""
    rows = [line.split() for line in text.strip().splitlines()]
    both = [
        f"{a} {b} {kind} {rate} {p}"
        for a, b, p, *two in rows
        for kind, rate in zip(("average", "closing"), two, strict=True)
    ]
    return Rates.of(fx("from_currency to_currency rate_type rate period\n" + "\n".join(both)))


def group_of(masters: pd.DataFrame, currency: str | None = None, name: str = "GROUP") -> Group:
    found = consolidation.group_of(masters, name, currency)
    assert found is not None
    return found


def consolidated(made_of: Sources, known: Rates, last: str, currency: str | None = None) -> tuple[Group, Consolidation]:
    """The consolidation of all entities, which must prove itself."""
    group = group_of(made_of.entities, currency)
    made = consolidation.consolidate(made_of, group, known, last, CASH)
    assert consolidation.consolidation_findings(made, group.shares, CASH) == []
    return group, made


def held(worksheet: pd.DataFrame, period: str, **where: str) -> dict[str, int]:
    """Balances of the group's ledger at the end of a month, by account; income since the books began."""
    rows = worksheet[worksheet["period"] <= period]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    sums = rows.groupby("account_id")["amount"].sum()
    return {str(account): int(amount) for account, amount in sums.items() if amount}
