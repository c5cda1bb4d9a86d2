"""The cash flow statement: textbook cases, by hand, by a plain second form, and by law."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.statements import CASH_FLOW
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import ledger, statements
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.cash_flow import SECTIONS, cash_flow, cash_flow_findings, classified, movements
from finops_pipeline_tests.finance.books import ENTITIES, assert_keeps, balances, shuffled, table

ACCOUNTS = table("""
    account_id  name                      account_type       statement_line       category
    1000        Bank                      asset              Cash                 -
    1200        Receivables               asset              Receivables          -
    1300        Inventory                 asset              -                    inventory
    1400        Prepaid_insurance         asset              Prepaid              -
    1500        Equipment                 asset              Plant                equipment
    1590        Accumulated_depreciation  asset              Plant                equipment
    1700        Loans_given               asset              Loans                -
    1900        Sundry                    asset              Sundry               -
    2000        Payables                  liability          Payables             -
    2300        Tax_payable               liability          Taxes                -
    2400        Dividends_payable         liability          Dividends            -
    2600        Bank_loan                 liability          Borrowings           -
    3000        Capital                   equity             Capital              -
    3200        Retained_earnings         equity             -                    -
    4000        Sales                     revenue            -                    -
    6000        Wages                     operating_expense  -                    -
    6700        Depreciation              operating_expense  -                    -
    6800        Stock_based_compensation  operating_expense  -                    -
    7020        Gain_on_disposal          other_income       -                    -
    7120        Loss_on_disposal          other_expense      -                    -
""").assign(is_cash=lambda a: a["account_id"].eq("1000").astype("boolean"))


def books(text: str) -> pd.DataFrame:
    """Journal lines of DE in 2026-02 as text `account debit credit`, the rest of them against cash."""
    rows = [line.split() for line in text.strip().splitlines()]
    history = balances(
        "entity_id period account_id debit credit\n" + "\n".join(f"DE 2026-02 {' '.join(row)}" for row in rows)
    )
    rest = int((history["credit"] - history["debit"]).sum())
    cash = history.iloc[:1].assign(account_id="1000", debit=rest, credit=0)
    return pd.concat([history, cash], ignore_index=True)


def statement(history: pd.DataFrame, months: list[str] | None = None) -> pd.DataFrame:
    tb = ledger.trial_balance(history, ACCOUNTS, ENTITIES, months or ["2026-02"])
    return cash_flow(movements(tb), ACCOUNTS)


def lines(flow: pd.DataFrame) -> dict[str, int]:
    return dict(zip(flow["line"], flow["amount"], strict=True))


def test_exercise_with_a_loss_on_disposal() -> None:
    """Warren, Reeve and Duchac, Accounting, 27th ed., PE 16-4B (Staley Inc.): 339,200 from operating activities."""
    flow = lines(statement(books("""
        4000  0       347520
        6700  48000   0
        1590  0       48000
        7120  19520   0
        1500  0       19520
        1200  17280   0
        2000  0       8960
    """)))  # fmt: skip
    assert flow["Net income"] == 280_000
    assert flow["Depreciation, amortization and impairment"] == 48_000
    assert flow["Gains and losses on disposal"] == 19_520
    assert (flow["Change in Receivables"], flow["Change in Payables"]) == (-17_280, 8_960)
    assert flow["Net cash from operating activities"] == 339_200
    assert flow["Net cash from investing activities"] == 0, (
        "neither bought nor sold for cash: only worn and written off"
    )


def test_exercise_with_a_gain_on_disposal_and_dividends_payable() -> None:
    """Warren, Reeve and Duchac, Accounting, 27th ed., Ex. 16-7: dividends payable are no operating liability."""
    flow = lines(statement(books("""
        4000  0       657500
        6700  65000   0
        1590  0       65000
        7020  0       27500
        1200  11200   0
        1300  0       6350
        1400  0       1200
        2000  4200    0
        2300  0       1650
        2400  0       2500
    """)))  # fmt: skip
    assert flow["Net income"] == 620_000
    # 620,000 + 65,000 - 27,500 - 11,200 + 6,350 + 1,200 - 4,200 + 1,650
    assert flow["Net cash from operating activities"] == 651_300
    assert flow["Capital expenditure, net of disposals"] == 27_500  # the gain is part of what the disposal brought
    assert flow["Net cash from financing activities"] == 2_500


def test_the_statement_line_by_line() -> None:
    history = books("""
        3000  0    500
        2600  0    200
        1500  100  0
        6700  10   0
        1590  0    10
        1700  40   0
        1900  7    0
        4000  0    90
        1200  30   0
        6800  5    0
        3000  0    5
    """)
    flow = statement(history)
    assert_keeps(CASH_FLOW, flow)
    assert flow[["section", "line", "line_kind", "amount"]].to_numpy().tolist() == [
        ["operating", "Net income", "detail", 75],  # 90 - 10 - 5
        ["operating", "Depreciation, amortization and impairment", "detail", 10],
        ["operating", "Share-based payment", "detail", 5],
        ["operating", "Change in Receivables", "detail", -30],
        ["operating", "Not classified: Sundry", "detail", -7],
        ["total", "Net cash from operating activities", "subtotal", 53],
        ["investing", "Capital expenditure, net of disposals", "detail", -100],
        ["investing", "Change in Loans", "detail", -40],
        ["total", "Net cash from investing activities", "subtotal", -140],
        ["financing", "Share-based payment, not paid in cash", "detail", -5],
        ["financing", "Change in Borrowings", "detail", 200],
        ["financing", "Change in Capital", "detail", 505],
        ["total", "Net cash from financing activities", "subtotal", 700],
        ["total", "Net change in cash", "subtotal", 613],
        ["total", "Cash at the beginning of the period", "subtotal", 0],
        ["total", "Cash at the end of the period", "subtotal", 613],
    ]


def test_a_new_fiscal_year_is_no_cash_flow() -> None:
    """Income of 2025 rolls into retained earnings in January: nothing was paid."""
    history = balances("""
        entity_id  period   account_id  debit  credit
        DE         2025-12  1000        80     0
        DE         2025-12  4000        0      80
        DE         2026-01  1200        15     0
        DE         2026-01  4000        0      15
    """)
    flow = lines(statement(history, ["2026-01"]))
    assert (flow["Net income"], flow["Change in Receivables"], flow["Change in Retained earnings"]) == (15, -15, 0)
    assert flow["Net change in cash"] == 0
    assert flow["Cash at the beginning of the period"] == flow["Cash at the end of the period"] == 80


def test_a_translated_entity_has_the_effect_of_exchange_rates() -> None:
    tb = ledger.trial_balance(books("4000 0 90"), ACCOUNTS, ENTITIES, ["2026-02"])
    effect = pd.DataFrame({"entity_id": ["DE"], "period": ["2026-02"], "amount": [-4]})
    flow = cash_flow(movements(tb), ACCOUNTS, exchange=effect)
    rows = flow[flow["section"].isin(["exchange"]) | flow["line"].eq("Net change in cash")]
    assert rows[["line", "line_kind", "amount"]].to_numpy().tolist() == [
        ["Effect of exchange rates on cash", "detail", -4],
        ["Net change in cash", "subtotal", 86],
    ]


def test_a_line_keeps_its_number_in_every_entity_and_month() -> None:
    wide = statement(books("3000 0 500\n1200 30 0\n1500 7 0"))
    narrow = statement(books("1200 30 0"))
    both = narrow.merge(wide, on="line", suffixes=("", "_wide"))
    assert both["line_no"].tolist() == both["line_no_wide"].tolist()
    assert len(both) == len(narrow)


def test_nothing_to_report() -> None:
    flow = statement(balances("entity_id period account_id debit credit").head(0))
    assert_keeps(CASH_FLOW, flow)
    assert len(flow) == 0


def test_an_account_without_a_chart_is_refused() -> None:
    tb = ledger.trial_balance(books("4000 0 90"), ACCOUNTS, ENTITIES, ["2026-02"])
    with pytest.raises(ContractError, match="4000"):
        cash_flow(movements(tb), ACCOUNTS[ACCOUNTS["account_id"] != "4000"])


journals = st.lists(
    st.tuples(
        st.sampled_from(["DE", "UK"]), st.integers(0, 14), st.sampled_from(ACCOUNTS["account_id"].tolist()),
        st.sampled_from(ACCOUNTS["account_id"].tolist()), st.integers(-(10**13), 10**13),
    ),
    min_size=1, max_size=15,
)  # fmt: skip


def plainly(moved: pd.DataFrame) -> dict[tuple[str, str], dict[str, int]]:
    """The sections once more, account by account."""
    classes = classified(ACCOUNTS).set_index("account_id")["cash_class"]
    kinds = ACCOUNTS.set_index("account_id")["account_type"]
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in moved.itertuples(index=False):
        sums = found.setdefault((row.entity_id, row.period), dict.fromkeys(SECTIONS, 0))
        cash_class, amount = classes[row.account_id], -row.movement
        if kinds[row.account_id] in ledger.INCOME_TYPES:
            sums["operating"] += amount
            if cash_class != "earnings":
                sums["operating"] -= amount
                sums["financing" if cash_class == "share_based" else "investing"] += amount
        elif cash_class in ("capital", "investing"):
            sums["investing"] += amount
        elif cash_class != "cash":
            sums[cash_class] += amount
    return found


@settings(max_examples=8)
@given(posted=journals)
def test_balanced_journals_always_give_a_statement_that_ties(posted: list[tuple]) -> None:
    rows = [
        (entity, calendar.add("2025-06", month), account, *sides)
        for entity, month, debited, credited, amount in posted
        for account, sides in ((debited, (amount, 0)), (credited, (0, amount)))
    ]
    history = pd.DataFrame(rows, columns=["entity_id", "period", "account_id", "debit", "credit"])
    months = calendar.span("2025-08", "2026-06")
    tb = ledger.trial_balance(history, ACCOUNTS, ENTITIES, months)
    flow = cash_flow(movements(tb), ACCOUNTS)
    assert_keeps(CASH_FLOW, flow)
    sheet = statements.balance_sheet(tb, ACCOUNTS, ENTITIES)
    income = statements.income_statement(history, ACCOUNTS, ENTITIES, months)
    assert cash_flow_findings(flow, tb, sheet, income, ACCOUNTS) == []
    details = flow[flow["line_kind"] == "detail"]
    sums = details.groupby(["entity_id", "period", "section"])["amount"].sum().to_dict()
    for place, sections in plainly(movements(tb)).items():
        assert sections == {s: sums.get((*place, s), 0) for s in SECTIONS}
    pd.testing.assert_frame_equal(cash_flow(shuffled(movements(tb)), ACCOUNTS), flow)
