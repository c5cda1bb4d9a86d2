"""Which class an account is of: by settings, by the chart's own words, by default."""

import pandas as pd
import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.cash_flow import Classification, classified


def chart(*rows: tuple) -> pd.DataFrame:
    """account_id, account_type, name, and perhaps statement line, category, is_cash."""
    columns = ["account_id", "account_type", "name", "statement_line", "category", "is_cash"]
    frame = pd.DataFrame([(*row, *(None,) * (6 - len(row))) for row in rows], columns=columns)
    return frame.astype(dict.fromkeys(columns[:-1], "str") | {"is_cash": "boolean"})


def classes(accounts: pd.DataFrame, chosen: Classification | None = None) -> dict[str, str]:
    made = classified(accounts, chosen)
    return dict(zip(made["account_id"], made["cash_class"], strict=True))


@pytest.mark.parametrize(
    ("account_type", "name", "cash_class"),
    [
        ("asset", "Trade receivables", "operating"),
        ("asset", "Inventory", "operating"),
        ("asset", "Prepaid software", "operating"),  # prepaid before software
        ("asset", "Loan receivable from employees", "investing"),  # loan before receivable
        ("asset", "Shares in associates", "investing"),
        ("asset", "Machines", "capital"),
        ("asset", "Goodwill", "capital"),
        ("asset", "Accumulated depreciation of loaned equipment", "capital"),
        ("asset", "Right-of-use assets", "capital"),
        ("liability", "Payables", "operating"),
        ("liability", "Unearned revenue", "operating"),
        ("liability", "Bank loan", "financing"),
        ("liability", "Lease liabilities", "financing"),
        ("liability", "Dividends payable", "financing"),  # owed to owners, whatever it is called
        ("equity", "Anything", "financing"),
        ("operating_expense", "Depreciation of equipment", "depreciation"),
        ("operating_expense", "Impairment of trade receivables", "earnings"),  # an allowance: working capital
        ("operating_expense", "Stock-based compensation", "share_based"),
        ("other_income", "Gain on disposal of equipment", "disposal"),
        ("revenue", "Amortization software licenses", "earnings"),  # what is sold, not what is worn
        ("income_tax", "Deferred tax", "earnings"),
    ],
)
def test_words_of_a_chart(account_type: str, name: str, cash_class: str) -> None:
    assert classes(chart(("1", account_type, name)))["1"] == cash_class


def test_the_category_speaks_before_the_line_and_the_line_before_the_name() -> None:
    accounts = chart(
        ("1", "asset", "Equipment", "Receivables", "securities"),
        ("2", "asset", "Equipment", "Receivables", "other"),
        ("3", "asset", "Equipment", "Other", None),
    )
    found = classes(accounts)
    assert (found["1"], found["2"], found["3"]) == ("investing", "operating", "capital")


def test_cash_is_what_the_chart_says_and_nothing_by_its_name() -> None:
    accounts = chart(
        ("1", "asset", "Bank", None, None, True),
        ("2", "asset", "Cash at the safe", None, None, False),
        ("3", "liability", "Overdraft", None, None, True),
        ("4", "revenue", "Cash sales", None, None, True),  # a slip in the chart: income is never cash
    )
    found = classes(accounts)
    assert [found[n] for n in "1234"] == ["cash", "operating", "cash", "earnings"]


def test_what_no_word_recognizes_is_operating_and_said_to_be_so() -> None:
    made = classified(chart(("1", "asset", "Sundry"), ("2", "liability", "Sundry"), ("3", "revenue", "Sundry")))
    assert made["cash_class"].tolist() == ["operating", "operating", "earnings", "financing"]
    assert made["is_recognized"].tolist() == [False, False, True, True]
    assert made["account_id"].iloc[-1] == "RETAINED_EARNINGS"


def test_settings_speak_first_the_account_before_its_line_before_its_category() -> None:
    accounts = chart(
        ("1", "asset", "Equipment", "Plant", "fixed"),
        ("2", "asset", "Equipment", "Plant", "fixed"),
        ("3", "asset", "Equipment", "Works", "fixed"),
        ("4", "operating_expense", "Grant", "Grants", "grants"),
        ("5", "asset", "Money market fund", "Funds", "funds"),
    )
    chosen = Classification(
        accounts={"1": "financing", "5": "cash"}, lines={"Plant": "investing"},
        categories={"fixed": "operating", "grants": "share_based"},
    )  # fmt: skip
    found = classes(accounts, chosen)
    assert [found[n] for n in "12345"] == ["financing", "investing", "operating", "share_based", "cash"]
    assert classified(accounts, chosen)["is_recognized"].all()


@pytest.mark.parametrize(
    ("account_type", "cash_class", "allowed"),
    [("asset", "depreciation", "cash, operating"), ("operating_expense", "cash", "earnings, depreciation")],
)
def test_a_class_that_the_type_cannot_have_is_refused(account_type: str, cash_class: str, allowed: str) -> None:
    accounts = chart(("77", account_type, "Account"))
    with pytest.raises(ConfigurationError, match=rf"account 77 cannot have .*{allowed}"):
        classified(accounts, Classification(accounts={"77": cash_class}))
