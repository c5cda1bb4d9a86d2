"""What entities have with each other is taken out, and what they do not agree on is named."""

import pandas as pd

from finops_pipeline.finance.consolidation import own_counterparty_findings
from finops_pipeline.finance.consolidation.elimination import kinds
from finops_pipeline_tests.finance.books import table
from finops_pipeline_tests.finance.consolidation.companies import (
    consolidated,
    entities,
    held,
    lines,
    rates,
    sources,
)

MASTERS = entities("""
    A  EUR  -  -  -
    B  EUR  A  1  -
    X  USD  A  1  -
""")
RATES = rates("""
    USD  EUR  2026-01  0.50  0.60
    USD  EUR  2026-02  0.70  0.80
""")
FEES = lines("""
    A  2026-01  1200  100  0    B
    A  2026-01  7000  0    100  B
    B  2026-01  6000  100  0    A
    B  2026-01  2000  0    100  A
    A  2026-02  1200  50   0    X
    A  2026-02  7000  0    50   X
    X  2026-02  6000  60   0    A
    X  2026-02  2000  0    60   A
    A  2026-02  1000  100  0    B
    A  2026-02  1200  0    100  B
    B  2026-02  2000  90   0    A
    B  2026-02  1000  0    90   A
    B  2026-02  1200  9    0    X
    B  2026-02  4000  0    9    X
""")


def shown(frame: pd.DataFrame) -> list[list]:
    columns = [
        "period",
        "entity_id",
        "counterparty_entity_id",
        "kind",
        "entity_amount",
        "counterparty_amount",
        "unmatched_amount",
        "status",
    ]
    return frame[columns].to_numpy().tolist()


def test_both_sides_go_and_what_is_left_is_shown() -> None:
    _, made = consolidated(sources(FEES, MASTERS), RATES, "2026-02")
    assert held(made.worksheet, "2026-01", step="eliminated") == {"1200": -100, "2000": 100, "6000": -100, "7000": 100}
    group = held(made.worksheet, "2026-02")
    # A claims 50 of X, which owes 60 x 0.80 = 48; A was paid 100, B has paid 90 and still owes 10; B claims 9 of X
    assert group["INTERCOMPANY_BALANCES"] == 50 - 48 - 10 + 9
    # A charged 50, X bore 60 x 0.70 = 42; B sold 9 to X, which knows nothing of it
    assert group["INTERCOMPANY_RESULT"] == -50 + 42 - 9
    assert {"1200", "2000", "4000", "6000", "7000"}.isdisjoint(group)
    assert group["1000"] == 10  # paid is paid, whoever it is from


def test_the_pairs_that_do_not_agree() -> None:
    _, made = consolidated(sources(FEES, MASTERS), RATES, "2026-02")
    assert shown(made.unmatched) == [
        ["2026-02", "A", "B", "balances", 0, -10, -10, "one_sided"],
        ["2026-02", "A", "X", "balances", 50, -48, 2, "differs"],
        ["2026-02", "A", "X", "income", -50, 42, -8, "differs"],
        ["2026-02", "B", "X", "balances", 9, 0, 9, "one_sided"],
        ["2026-02", "B", "X", "income", -9, 0, -9, "one_sided"],
    ]


def test_a_difference_that_rounding_can_make_is_called_so() -> None:
    """A charges 3 cents, X bears 5 of its own: 5 x 0.70 = 3.5, rounded to 4."""
    posted = lines("""
        A  2026-02  1200  3  0  X
        A  2026-02  7000  0  3  X
        X  2026-02  6000  5  0  A
        X  2026-02  2000  0  5  A
    """)
    _, made = consolidated(sources(posted, MASTERS), RATES, "2026-02")
    assert shown(made.unmatched) == [
        ["2026-02", "A", "X", "balances", 3, -4, -1, "differs"],  # 5 x 0.80 = 4, exactly
        ["2026-02", "A", "X", "income", -3, 4, 1, "differs"],  # half a unit is not a whole one
    ]
    spread = pd.concat(
        [posted, posted.assign(account_id=posted["account_id"].replace({"6000": "4000"}))], ignore_index=True
    )
    _, made = consolidated(sources(spread, MASTERS), RATES, "2026-02")
    income = made.unmatched[made.unmatched["kind"] == "income"]
    assert shown(income) == [["2026-02", "A", "X", "income", -6, 8, 2, "differs"]]
    near = posted.assign(credit=posted["credit"].replace({3: 7}), debit=posted["debit"].replace({3: 7}))
    near = pd.concat([near, near.iloc[2:].assign(account_id=["4000", "2000"])], ignore_index=True)
    _, made = consolidated(sources(near, MASTERS), RATES, "2026-02")
    assert shown(made.unmatched[made.unmatched["kind"] == "income"]) == [
        ["2026-02", "A", "X", "income", -7, 8, 1, "rounding"]  # 2 x 3.5 exactly; two amounts rounded to 4 each
    ]


def test_shares_go_against_capital() -> None:
    posted = lines("""
        A  2026-01  1700  58  0    X
        A  2026-01  1000  0   58   -
        X  2026-01  1000  100 0    A
        X  2026-01  3000  0   100  A
    """)
    _, made = consolidated(sources(posted, MASTERS), RATES, "2026-02")
    group = held(made.worksheet, "2026-02")
    assert {"1700", "3000"}.isdisjoint(group)
    assert group["INTERCOMPANY_EQUITY"] == 58 - 50, "paid 58 for capital of 100 x 0.50"
    assert shown(made.unmatched)[0] == ["2026-01", "A", "X", "equity", 58, -50, 8, "differs"]


def test_what_an_account_holds() -> None:
    accounts = table("""
        account_id  name                account_type  statement_line     category
        1           Subsidiaries        asset         -                  -
        2           Anything            asset         Shares_in_friends  -
        3           Anything            asset         -                  investments_in_group
        4           Anything            asset         -                  -
        5           Anything            asset         -                  -
        6           Subsidiary_payable  liability     -                  -
        7           Capital             equity        -                  -
        8           Subsidiaries        revenue       -                  -
    """)
    found = kinds(accounts["account_id"], accounts, ["5"]).tolist()
    assert found == ["equity", "equity", "equity", "balances", "equity", "balances", "equity", "income"]


def test_con_011_an_entity_that_names_itself_is_left_alone_and_told() -> None:
    own = FEES.assign(counterparty_entity_id=FEES["counterparty_entity_id"].mask(FEES["entity_id"] == "B", "B"))
    made_of = sources(own, MASTERS)
    _, made = consolidated(made_of, RATES, "2026-02")
    assert not (made.worksheet["step"].eq("eliminated") & made.worksheet["entity_id"].eq("B")).any()
    findings = own_counterparty_findings(made_of.intercompany)
    assert {(f.rule_id, f.severity) for f in findings} == {("CON-011", "warning")}
    assert [f.subject for f in findings] == ["B 1000", "B 1200", "B 2000", "B 4000", "B 6000"]
    assert own_counterparty_findings(sources(FEES, MASTERS).intercompany) == []
