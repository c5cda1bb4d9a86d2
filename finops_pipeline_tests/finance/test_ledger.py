"""The trial balance, by hand and by law."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.ledger import TRIAL_BALANCE
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import ledger
from finops_pipeline.finance import periods as calendar
from finops_pipeline_tests.finance.books import ACCOUNTS, ENTITIES, assert_keeps, balances, shuffled, table

RETAINED = table("""
    account_id  name               account_type  statement_line     category
    3900        Brought_forward    equity        RETAINED_EARNINGS  -
    3910        Retained_earnings  equity        -                  -
    1999        Retained_earnings  asset         -                  -
""")

YEAR_END = balances("""
    entity_id  period   account_id  debit  credit
    DE         2025-11  1000        500    0
    DE         2025-11  3000        0      500
    DE         2025-12  1000        100    0
    DE         2025-12  4000        0      100
    DE         2025-12  6000        30     0
    DE         2025-12  1000        0      30
    DE         2026-02  6000        7      0
    DE         2026-02  1000        0      7
""")


def trial(history: pd.DataFrame, first: str, last: str, accounts: pd.DataFrame = ACCOUNTS) -> pd.DataFrame:
    return ledger.trial_balance(history, accounts, ENTITIES, calendar.span(first, last))


def view(tb: pd.DataFrame, period: str) -> dict[str, tuple[int, ...]]:
    columns = ["opening_balance", "debit", "credit", "closing_balance"]
    of_period = tb[tb["period"] == period]
    return {a: tuple(r) for a, r in zip(of_period["account_id"], of_period[columns].to_numpy().tolist(), strict=True)}


def test_income_of_the_year_rolls_into_retained_earnings() -> None:
    tb = trial(YEAR_END, "2025-12", "2026-02")
    assert_keeps(TRIAL_BALANCE, tb)
    assert view(tb, "2025-12") == {
        "1000": (500, 100, 30, 570),
        "3000": (-500, 0, 0, -500),
        "4000": (0, 0, 100, -100),
        "6000": (0, 30, 0, 30),
    }
    assert view(tb, "2026-01") == {
        "1000": (570, 0, 0, 570),
        "3000": (-500, 0, 0, -500),
        "4000": (0, 0, 0, 0),
        "6000": (0, 0, 0, 0),
        "RETAINED_EARNINGS": (-70, 0, 0, -70),  # 100 of sales less 30 of wages
    }
    assert view(tb, "2026-02")["6000"] == (0, 7, 0, 7)
    roll = tb[tb["account_id"] == "RETAINED_EARNINGS"].iloc[0]
    assert (roll["account_name"], roll["account_type"], roll["currency"]) == ("Retained earnings", "equity", "EUR")


def test_the_fiscal_year_is_each_entitys_own() -> None:
    history = balances("""
        entity_id  period   account_id  debit  credit
        UK         2025-12  1000        9      0
        UK         2025-12  4000        0      9
    """)
    tb = trial(history, "2026-01", "2026-04")
    assert view(tb, "2026-03") == {"1000": (9, 0, 0, 9), "4000": (-9, 0, 0, -9)}
    assert view(tb, "2026-04") == {"1000": (9, 0, 0, 9), "4000": (0, 0, 0, 0), "RETAINED_EARNINGS": (-9, 0, 0, -9)}


def test_the_charts_own_retained_earnings_account_takes_the_roll_besides_its_own_postings() -> None:
    history = balances("""
        entity_id  period   account_id  debit  credit
        DE         2025-06  1000        50     0
        DE         2025-06  3900        0      50
        DE         2025-07  1000        8      0
        DE         2025-07  7000        0      8
    """)
    chart = pd.concat([ACCOUNTS, RETAINED], ignore_index=True)
    tb = trial(history, "2025-12", "2026-01", chart)
    assert view(tb, "2025-12")["3900"] == (-50, 0, 0, -50)
    assert view(tb, "2026-01")["3900"] == (-58, 0, 0, -58)
    assert "RETAINED_EARNINGS" not in set(tb["account_id"])


@pytest.mark.parametrize(
    ("chart", "account"),
    [
        (RETAINED, "3900"),
        (RETAINED.iloc[[1, 2]], "3910"),
        (RETAINED.assign(statement_line=None, category="retained_Earnings"), "3900"),
        (ACCOUNTS, "RETAINED_EARNINGS"),
    ],
)
def test_retained_earnings_is_the_lowest_equity_account_that_says_so(chart: pd.DataFrame, account: str) -> None:
    assert ledger.retained_earnings_account(chart) == account


def test_cost_centers_and_products_are_summed_away() -> None:
    history = balances("""
        entity_id  period   account_id  cost_center_id  product_id  debit  credit
        DE         2026-01  6000        CC1             P1          5      0
        DE         2026-01  6000        CC2             -           6      1
        DE         2026-01  1000        -               -           0      10
    """)
    assert view(trial(history, "2026-01", "2026-01"), "2026-01") == {"1000": (0, 0, 10, -10), "6000": (0, 11, 1, 10)}


def test_nothing_to_report() -> None:
    for tb in (trial(YEAR_END.head(0), "2026-01", "2026-02"), ledger.trial_balance(YEAR_END, ACCOUNTS, ENTITIES, [])):
        assert_keeps(TRIAL_BALANCE, tb)
        assert len(tb) == 0
        assert ledger.trial_balance_findings(tb, ENTITIES) == []
    assert len(trial(YEAR_END, "2025-09", "2025-10")) == 0


@pytest.mark.parametrize(("column", "value"), [("account_id", "9999"), ("entity_id", "XX")])
def test_a_stranger_is_refused_rather_than_dropped(column: str, value: str) -> None:
    with pytest.raises(ContractError, match=value):
        trial(YEAR_END.assign(**{column: value}), "2026-01", "2026-02")


def test_natural_sign() -> None:
    types = [
        "asset",
        "liability",
        "equity",
        "revenue",
        "cost_of_revenue",
        "other_income",
        "other_expense",
        "income_tax",
    ]
    assert ledger.natural_sign(pd.Series(types)).tolist() == [1, -1, -1, -1, 1, -1, 1, 1]
    with pytest.raises(ContractError, match="'expense'"):
        ledger.natural_sign(pd.Series(["expense"]))
    with pytest.raises(ContractError, match="empty"):
        ledger.natural_sign(pd.Series([None], dtype="str"))


def rules(tb: pd.DataFrame) -> set[tuple[str, str]]:
    return {(f.rule_id, f.subject) for f in ledger.trial_balance_findings(tb, ENTITIES)}


def cell(tb: pd.DataFrame, period: str, account: str) -> int:
    return int(tb.index[(tb["period"] == period) & (tb["account_id"] == account)][0])


def test_a_sound_trial_balance_has_no_findings() -> None:
    assert rules(trial(YEAR_END, "2025-11", "2026-02")) == set()


def test_led_001_a_one_sided_journal() -> None:
    one_sided = pd.concat([YEAR_END, YEAR_END.iloc[[-1]]])
    assert rules(trial(one_sided, "2026-01", "2026-02")) == {("LED-001", "DE 2026-02")}


def test_led_001_a_lost_row() -> None:
    tb = trial(YEAR_END, "2026-02", "2026-02")
    assert rules(tb.drop(cell(tb, "2026-02", "3000"))) == {("LED-001", "DE 2026-02")}


def test_led_002_a_closing_balance_that_does_not_follow() -> None:
    tb = trial(YEAR_END, "2026-02", "2026-02")
    tb.loc[cell(tb, "2026-02", "1000"), "closing_balance"] += 1
    tb.loc[cell(tb, "2026-02", "3000"), "closing_balance"] -= 1
    assert rules(tb) == {("LED-002", "DE 2026-02 1000"), ("LED-002", "DE 2026-02 3000")}


def test_led_003_a_row_missing_in_the_later_month() -> None:
    tb = trial(YEAR_END, "2026-01", "2026-02")
    assert ("LED-003", "DE 2026-02 4000") in rules(tb.drop(cell(tb, "2026-02", "4000")))  # even at a balance of zero


def test_led_003_a_row_missing_in_the_earlier_month() -> None:
    tb = trial(YEAR_END, "2026-01", "2026-02")
    assert ("LED-003", "DE 2026-02 1000") in rules(tb.drop(cell(tb, "2026-01", "1000")))


def test_led_003_a_month_missing_for_the_whole_entity() -> None:
    tb = trial(YEAR_END, "2025-11", "2026-02")
    assert ("LED-003", "DE 2025-12 1000") in rules(tb[tb["period"] != "2025-12"])


@pytest.mark.parametrize(
    ("month", "account"), [("2026-02", "3000"), ("2026-01", "1000"), ("2026-01", "6000"), ("2026-02", "6000")]
)
def test_led_003_an_opening_balance_that_is_not_the_last_closing(month: str, account: str) -> None:
    tb = trial(YEAR_END, "2025-11", "2026-02")
    tb.loc[cell(tb, month, account), ["opening_balance", "closing_balance"]] += 5
    assert ("LED-003", f"DE {month} {account}") in rules(tb)


lines = st.tuples(
    st.sampled_from(["DE", "UK"]),
    st.integers(0, 30),
    st.sampled_from(ACCOUNTS["account_id"].tolist()),
    st.sampled_from(ACCOUNTS["account_id"].tolist()),
    st.integers(-(10**15), 10**15),
)


@settings(max_examples=12)
@given(journals=st.lists(lines, min_size=1, max_size=25), randomizer=st.randoms(use_true_random=False))
def test_balanced_journals_always_give_a_sound_trial_balance(journals: list[tuple], randomizer) -> None:
    rows = [
        (entity, calendar.add("2024-01", month), account, *sides)
        for entity, month, debited, credited, amount in journals
        for account, sides in ((debited, (amount, 0)), (credited, (0, amount)))
    ]
    frame = pd.DataFrame(rows, columns=["entity_id", "period", "account_id", "debit", "credit"])
    tb = trial(frame, "2025-01", "2026-07")
    assert_keeps(TRIAL_BALANCE, tb) if len(tb) else None
    assert rules(tb) == set()
    order = list(range(len(frame)))
    randomizer.shuffle(order)
    pd.testing.assert_frame_equal(trial(shuffled(frame, order), "2025-01", "2026-07"), tb)
    pd.testing.assert_frame_equal(  # a month comes out the same, whatever other months are asked for
        trial(frame, "2026-03", "2026-03"), tb[tb["period"] == "2026-03"].reset_index(drop=True)
    )
