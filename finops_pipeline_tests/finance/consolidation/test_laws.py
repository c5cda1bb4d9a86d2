"""What holds for any books, rates, shares and counterparties; and the translation once more, account by account."""

from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.statements import (
    CASH_FLOW,
    CONSOLIDATION,
    INTERCOMPANY_UNMATCHED,
    TRANSLATION_ROLLFORWARD,
)
from finops_pipeline.finance import cash_flow as cash
from finops_pipeline.finance import ledger, statements
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.consolidation import (
    Consolidation,
    Group,
    balance_sheet,
    exchange_effect,
    income_statement,
    movements,
    trial_balance,
    with_group_accounts,
)
from finops_pipeline.finance.consolidation.group import with_group_entity
from finops_pipeline.finance.currency import Rates, convert
from finops_pipeline_tests.finance.books import assert_keeps
from finops_pipeline_tests.finance.consolidation.companies import (
    ACCOUNTS,
    consolidated,
    entities,
    held,
    sources,
)

FIRST, LAST = "2025-10", "2026-03"
MONTHS = calendar.span(FIRST, LAST)
CURRENCIES = {"A": "EUR", "B": "USD", "C": "JPY"}
COLUMNS = ["entity_id", "period", "account_id", "debit", "credit", "counterparty_entity_id"]

accounts_of = st.sampled_from(ACCOUNTS["account_id"].tolist())
journals = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C"]), st.integers(0, len(MONTHS) - 1), accounts_of, accounts_of,
        st.integers(-(10**12), 10**12), st.sampled_from([None, None, "A", "B", "C"]),
    ),
    min_size=1, max_size=14,
)  # fmt: skip
rate = st.decimals("0.004", "250", places=6, allow_nan=False, allow_infinity=False)
fx_rates = st.lists(rate, min_size=4 * len(MONTHS), max_size=4 * len(MONTHS))
share = st.sampled_from(["1", "0.8", "0.333333", "0.51"])


def posted_of(posted: list[tuple]) -> pd.DataFrame:
    rows = [
        (entity, calendar.add(FIRST, month), account, *sides, other)
        for entity, month, debited, credited, amount, other in posted
        for account, sides in ((debited, (amount, 0)), (credited, (0, amount)))
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({c: "str" for c in COLUMNS if c not in ("debit", "credit")})


def rates_of(numbers: list[Decimal]) -> Rates:
    places = [(c, kind, p) for c in ("USD", "JPY") for kind in ("average", "closing") for p in MONTHS]
    return Rates({(c, "EUR", kind, p): number for (c, kind, p), number in zip(places, numbers, strict=True)})


def masters_of(first: str, second: str) -> pd.DataFrame:
    return entities(f"A EUR - - 2\nB USD A {first} 4\nC JPY B {second} 12")


def statements_of(posted: pd.DataFrame, masters: pd.DataFrame, group: Group, made: Consolidation) -> list:
    """Everything that is wrong with the statements of the group and its entities."""
    own = ledger.trial_balance(posted, ACCOUNTS, masters, MONTHS)
    sheet = balance_sheet(made.worksheet, group, ACCOUNTS, masters, own, MONTHS)
    income = income_statement(made.worksheet, group, ACCOUNTS, masters, posted, MONTHS)
    of_group = trial_balance(made.worksheet, group, ACCOUNTS, masters, MONTHS)
    moved = pd.concat([cash.movements(own), movements(made.worksheet, group, of_group)], ignore_index=True)
    effect = exchange_effect(made.rollforward, group, of_group)
    chart = with_group_accounts(ACCOUNTS)
    flow = cash.cash_flow(moved, chart, exchange=effect)
    assert_keeps(CASH_FLOW, flow)
    books = pd.concat([own, of_group], ignore_index=True)
    return [
        *ledger.trial_balance_findings(of_group, with_group_entity(masters, group)),
        *statements.balance_sheet_findings(sheet),
        *statements.income_statement_findings(income, sheet),
        *cash.cash_flow_findings(flow, books, sheet, income, chart),
    ]


@settings(max_examples=15)
@given(posted=journals, numbers=fx_rates, first=share, second=share)
def test_any_books_give_a_group_that_ties(posted: list[tuple], numbers: list[Decimal], first: str, second: str) -> None:
    table, masters = posted_of(posted), masters_of(first, second)
    group, made = consolidated(sources(table, masters), rates_of(numbers), LAST)  # which proves CON-001 to CON-004
    assert_keeps(CONSOLIDATION, made.worksheet)
    assert_keeps(TRANSLATION_ROLLFORWARD, made.rollforward)
    assert_keeps(INTERCOMPANY_UNMATCHED, made.unmatched)
    assert statements_of(table, masters, group, made) == []


def test_amounts_that_no_float_holds_tie() -> None:
    """Cash of 10**16 minor units at the average rate, translated at a closing rate far from it."""
    posted = [("A", 0, "1000", "1200", 5914, None), ("C", 3, "1000", "1200", 999_999_967_195, None)]
    numbers = [Decimal("0.004")] * 15 + [Decimal("111.551915")] + [Decimal("0.004")] * 8
    table, masters = posted_of(posted), masters_of("1", "1")
    group, made = consolidated(sources(table, masters), rates_of(numbers), LAST)
    assert made.worksheet["cash_flow_amount"].max() == 11155191134053943
    assert statements_of(table, masters, group, made) == []


@settings(max_examples=15)
@given(posted=journals, numbers=fx_rates)
def test_translation_account_by_account(posted: list[tuple], numbers: list[Decimal]) -> None:
    """The plain form: balances and movements in dictionaries, one conversion at a time."""
    table, known = posted_of(posted), rates_of(numbers)
    _, made = consolidated(sources(table, masters_of("1", "1")), known, LAST)
    expected: dict[tuple[str, str], int] = {}
    for entity, own in CURRENCIES.items():
        for account, kind, said in ACCOUNTS[["account_id", "account_type", "translation"]].itertuples(
            index=False, name=None
        ):
            rule = said if isinstance(said, str) else "closing" if kind in ("asset", "liability") else "average"
            rows = table[(table["entity_id"] == entity) & (table["account_id"] == account)]
            net = (rows["debit"] - rows["credit"]).groupby(rows["period"]).sum().to_dict()
            if rule == "closing":
                worth = convert(sum(net.values()), own, "EUR", known.rate(own, "EUR", "closing", LAST))
            else:
                worth = sum(convert(a, own, "EUR", known.rate(own, "EUR", "average", p)) for p, a in net.items())
            expected[entity, account] = worth
    for entity in CURRENCIES:
        made_of = held(made.worksheet, LAST, entity_id=entity, step="translated")
        assert made_of == {a: amount for (e, a), amount in expected.items() if e == entity and amount}


@settings(max_examples=15)
@given(posted=journals)
def test_at_rate_one_translation_changes_nothing(posted: list[tuple]) -> None:
    table = posted_of([(*row[:5], None) for row in posted])
    masters = entities("A EUR - - -\nB USD A 1 -\nC GBP A 1 -")
    at_par = Rates(
        {(c, "EUR", kind, p): Decimal(1) for c in ("USD", "GBP") for kind in ("average", "closing") for p in MONTHS}
    )
    _, made = consolidated(sources(table, masters), at_par, LAST)
    assert set(made.worksheet["step"]) <= {"translated"}
    assert not made.rollforward[["on_opening", "on_income", "rounding", "closing"]].any().any()
    net = (table["debit"] - table["credit"]).groupby([table["entity_id"], table["account_id"]]).sum()
    sums = made.worksheet.groupby(["entity_id", "account_id"])["amount"].sum()
    assert sums[sums != 0].to_dict() == net[net != 0].to_dict()


@settings(max_examples=10)
@given(posted=journals, numbers=fx_rates, order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(posted: list[tuple], numbers: list[Decimal], order) -> None:
    table, masters = posted_of(posted), masters_of("0.8", "1")
    rows = list(range(len(table)))
    order.shuffle(rows)
    once = consolidated(sources(table, masters), rates_of(numbers), LAST)[1]
    again = consolidated(sources(table.iloc[rows].reset_index(drop=True), masters.iloc[::-1]), rates_of(numbers), LAST)[
        1
    ]
    for name in ("worksheet", "rollforward", "unmatched"):
        pd.testing.assert_frame_equal(getattr(once, name), getattr(again, name))
