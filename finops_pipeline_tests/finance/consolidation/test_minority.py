"""The share of others in a subsidiary: in its capital, its income, its translation adjustment; over year ends."""

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
    P  EUR  -  -    -
    S  USD  P  0.8  4
""")
RATES = rates("""
    USD  EUR  2025-12  0.50  0.50
    USD  EUR  2026-01  0.60  0.70
""")
# S is founded with 1,000, of which P pays 800 and others 200; it earns 100 in December and 300 in January
POSTED = lines("""
    P  2025-12  1000  5000  0     -
    P  2025-12  3000  0     5000  -
    P  2025-12  1700  400   0     S
    P  2025-12  1000  0     400   -
    S  2025-12  1000  800   0     -
    S  2025-12  3000  0     800   P
    S  2025-12  1000  200   0     -
    S  2025-12  3000  0     200   -
    S  2025-12  1000  100   0     -
    S  2025-12  4000  0     100   -
    S  2026-01  1000  300   0     -
    S  2026-01  4000  0     300   -
""")
MONTHS = ["2025-12", "2026-01"]


def test_others_have_their_share_of_net_assets() -> None:
    _, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-01")
    # December: (1,000 + 100) x 0.50 x 20 %; January: (1,000 + 400) x 0.70 x 20 %
    assert held(made.worksheet, "2025-12")["NON_CONTROLLING_INTERESTS"] == -110
    taken = held(made.worksheet, "2026-01", step="minority")
    assert taken == {
        "3000": 100,  # 20 % of 1,000 x 0.50
        "NON_CONTROLLING_INCOME": 46,  # 20 % of 100 x 0.50 + 300 x 0.60
        "CURRENCY_TRANSLATION": 50,  # 20 % of 1,100 x 0.20 + 300 x 0.10
        "NON_CONTROLLING_INTERESTS": -196,
    }


def test_shares_against_capital_leave_nothing() -> None:
    _, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-01")
    assert made.unmatched.empty
    group = held(made.worksheet, "2026-01")
    assert group["3000"] == -5000, "the parent's capital alone"
    assert "1700" not in group


def test_the_statements_say_whose_income_and_equity_it_is() -> None:
    """The group's year begins in January though the subsidiary's begins in April: December's income is retained."""
    group, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-01")
    own = ledger.trial_balance(POSTED, ACCOUNTS, MASTERS, MONTHS)
    sheet = balance_sheet(made.worksheet, group, ACCOUNTS, MASTERS, own, MONTHS)
    income = income_statement(made.worksheet, group, ACCOUNTS, MASTERS, POSTED, MONTHS)
    assert statements.balance_sheet_findings(sheet) == []
    assert statements.income_statement_findings(income, sheet) == []
    january = sheet[(sheet["entity_id"] == "GROUP") & (sheet["period"] == "2026-01")].set_index("line")["amount"]
    assert january["Share capital"] == 5000
    assert january["Retained earnings"] == 40  # 80 % of 100 x 0.50
    assert january["Net income of the year"] == 144  # 80 % of 300 x 0.60
    assert january["Currency translation adjustment"] == 200
    assert january["Non-controlling interests"] == 196
    assert january["Total equity"] == january["Total assets"] == 4600 + 980
    earned = income[(income["entity_id"] == "GROUP") & (income["period"] == "2026-01")].tail(3)
    assert earned[["line", "amount", "ytd_amount", "line_kind"]].to_numpy().tolist() == [
        ["Net income", 180, 180, "subtotal"],
        ["Net income of non-controlling interests", 36, 36, "subtotal"],
        ["Net income of the owners of the parent", 144, 144, "subtotal"],
    ]
    of_subsidiary = sheet[(sheet["entity_id"] == "S") & (sheet["period"] == "2026-01")].set_index("line")["amount"]
    assert of_subsidiary["Net income of the year"] == 400, "its own year has not ended"


def test_an_owners_part_that_is_altered_no_longer_ties() -> None:
    group, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-01")
    own = ledger.trial_balance(POSTED, ACCOUNTS, MASTERS, MONTHS)
    sheet = balance_sheet(made.worksheet, group, ACCOUNTS, MASTERS, own, MONTHS)
    income = income_statement(made.worksheet, group, ACCOUNTS, MASTERS, POSTED, MONTHS)
    without = income[income["line"] != statements.NET_INCOME_OF_OWNERS]
    assert [f.subject for f in statements.income_statement_findings(without, sheet)] == [
        "GROUP 2025-12",
        "GROUP 2026-01",
    ]


def test_the_others_move_no_cash() -> None:
    group, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-01")
    tb = trial_balance(made.worksheet, group, ACCOUNTS, MASTERS, MONTHS)
    flow = cash.cash_flow(
        movements(made.worksheet, group, tb), with_group_accounts(ACCOUNTS),
        exchange=exchange_effect(made.rollforward, group, tb),
    )  # fmt: skip
    assert not flow["line"].str.contains("Non-controlling|translation").any()
    december = flow[flow["period"] == "2025-12"].set_index("line")["amount"]
    # shares and the capital they paid for cancel; 200 x 0.50 came from others
    assert december["Change in Share capital"] == 5000 + 100
    assert december["Net change in cash"] == 4600 + 550


def test_a_wholly_owned_subsidiary_has_no_others() -> None:
    whole = MASTERS.assign(ownership_pct=MASTERS["ownership_pct"].replace("0.8", "1"))
    group, made = consolidated(sources(POSTED, whole), RATES, "2026-01")
    assert "minority" not in set(made.worksheet["step"])
    income = income_statement(made.worksheet, group, ACCOUNTS, whole, POSTED, MONTHS)
    assert not income["line"].str.contains("owners").any()
