"""A published case in two currencies: a parent in euros, a subsidiary in US dollars, to the published euro.

Source: IFRScommunity.com, "IAS 21 example: basic translation of a foreign operation". The euro buys 1.1 dollars on 1
January, 1.2 on average, 1.3 on 31 December. Here the opening stands in December 2025, the year in January 2026.
Published: assets 12,077, liabilities 8,126, retained earnings 1,250, translation adjustment (299), equity 3,951; of the
299, (280) on opening net assets and (19) on income.
"""

import pandas as pd
import pytest

from finops_pipeline.finance import cash_flow as cash
from finops_pipeline.finance import ledger, statements
from finops_pipeline.finance.consolidation import (
    balance_sheet,
    exchange_effect,
    income_statement,
    movements,
    trial_balance,
    with_group_accounts,
)
from finops_pipeline_tests.finance.consolidation.companies import (
    ACCOUNTS,
    consolidated,
    entities,
    held,
    lines,
    rates,
    sources,
)

MASTERS = entities("""
    A  EUR  -  -  -
    X  USD  A  1  -
""")
POSTED = lines("""
    A  2025-12  1000  700000  0       -
    A  2025-12  1700  181818  0       X
    A  2025-12  2000  0       581818  -
    A  2025-12  3000  0       300000  -
    A  2026-01  1000  250000  0       -
    A  2026-01  4000  0       250000  -
    A  2026-01  1000  0       150000  -
    A  2026-01  6000  150000  0       -
    X  2025-12  1000  500000  0       -
    X  2025-12  2000  0       300000  -
    X  2025-12  3000  0       200000  A
    X  2026-01  1000  100000  0       -
    X  2026-01  4000  0       100000  -
    X  2026-01  1000  0       70000   -
    X  2026-01  6000  70000   0       -
""")
RATES = rates("""
    EUR  USD  2025-12  1.1  1.1
    EUR  USD  2026-01  1.2  1.3
""")
MONTHS = ["2025-12", "2026-01"]


@pytest.fixture(scope="module")
def made():
    return consolidated(sources(POSTED, MASTERS), RATES, "2026-01")


def euros(cents: int) -> int:
    return round(cents / 100)


def test_the_published_balance_sheet(made) -> None:
    group, consolidation = made
    own = ledger.trial_balance(POSTED, ACCOUNTS, MASTERS, MONTHS)
    sheet = balance_sheet(consolidation.worksheet, group, ACCOUNTS, MASTERS, own, MONTHS)
    assert statements.balance_sheet_findings(sheet) == []
    assert set(sheet["entity_id"]) == {"A", "GROUP", "X"}
    year = sheet[(sheet["period"] == "2026-01") & (sheet["entity_id"] == "GROUP")]
    assert set(year["currency"]) == {"EUR"}
    amounts = {line: euros(cents) for line, cents in zip(year["line"], year["amount"], strict=True)}
    assert amounts == {
        "Cash": 12_077,  # the case calls it "other assets"
        "Shares": 0,
        "Total assets": 12_077,
        "Payables": 8_126,
        "Total liabilities": 8_126,
        "Share capital": 3_000,
        "Currency translation adjustment": -299,
        "Net income of the year": 1_250,
        "Shares in group entities less their capital": 0,
        "Total equity": 3_951,
        "Total liabilities and equity": 12_077,
    }


def test_the_published_income_statement(made) -> None:
    group, consolidation = made
    income = income_statement(consolidation.worksheet, group, ACCOUNTS, MASTERS, POSTED, MONTHS)
    year = (
        income[(income["period"] == "2026-01") & (income["entity_id"] == "GROUP")]
        .set_index("line")["amount"]
        .map(euros)
    )
    assert (year["Revenue"], year["Operating expenses"], year["Net income"]) == (3_333, 2_083, 1_250)


def test_the_published_split_of_the_adjustment(made) -> None:
    _, consolidation = made
    rolled = consolidation.rollforward
    year = rolled[(rolled["period"] == "2026-01") & (rolled["measure"] == "translation_adjustment")].iloc[0]
    assert (euros(year["on_opening"]), euros(year["on_income"]), year["on_other_movements"]) == (-280, -19, 0)
    # 2,000 x (1/1.3 - 1/1.1) = -279.72; 300 x (1/1.3 - 1/1.2) = -19.23; each account is rounded, so a cent may remain
    assert (year["on_opening"], year["on_income"], year["opening"]) == (-27_972, -1_923, 0)
    assert abs(year["rounding"]) <= 1
    assert year["closing"] == -27_972 - 1_923 + year["rounding"]


def test_the_cash_flow_of_the_group(made) -> None:
    """The subsidiary's cash, with the formula that proves the effect of rates: 5,000 x (1/1.3 - 1/1.1) + 300 x (1/1.3 - 1/1.2)."""
    group, consolidation = made
    tb = trial_balance(consolidation.worksheet, group, ACCOUNTS, MASTERS, ["2026-01"])
    moved = movements(consolidation.worksheet, group, tb)
    effect = exchange_effect(consolidation.rollforward, group, tb)
    flow = cash.cash_flow(moved, with_group_accounts(ACCOUNTS), exchange=effect).set_index("line")["amount"]
    assert flow["Net income"] == 100_000 + 25_000
    assert flow["Effect of exchange rates on cash"] == -69_930 - 1_923
    assert flow["Net change in cash"] == 125_000 - 71_853
    assert flow["Cash at the end of the period"] - flow["Cash at the beginning of the period"] == 125_000 - 71_853


def test_shares_and_capital_of_the_subsidiary_are_gone(made) -> None:
    _, consolidation = made
    assert consolidation.unmatched.empty
    eliminated = held(consolidation.worksheet, "2026-01", step="eliminated")
    assert eliminated == {"1700": -181_818, "3000": 181_818}


def test_rows_in_any_order_give_the_same(made) -> None:
    _, consolidation = made
    upside_down = sources(POSTED.iloc[::-1].reset_index(drop=True), MASTERS.iloc[::-1].reset_index(drop=True))
    again = consolidated(upside_down, RATES, "2026-01")[1]
    for table in ("worksheet", "rollforward", "unmatched"):
        pd.testing.assert_frame_equal(getattr(again, table), getattr(consolidation, table))
