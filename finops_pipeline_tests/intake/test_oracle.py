"""Oracle General Ledger tables as they lie in landing: what enters, what is left out and why, on which night."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from finops_pipeline.intake.deriving import is_declared_anew
from finops_pipeline.sources import registry
from finops_pipeline_tests.intake.nights import Night

SEGMENTS = {"default": {"balancing": 1, "cost_center": 2, "natural_account": 3}}
FILES = {
    "gl_ledgers": "LEDGER_ID,NAME,CURRENCY_CODE,PERIOD_SET_NAME,LEDGER_CATEGORY_CODE\n1,Vision,USD,Accounting,PRIMARY\n2,Vision IFRS,USD,Accounting,SECONDARY",
    "gl_periods": """PERIOD_SET_NAME,PERIOD_NAME,PERIOD_YEAR,PERIOD_NUM,START_DATE,END_DATE,ADJUSTMENT_PERIOD_FLAG
        Accounting,Jan-24,2024,1,01-JAN-2024,31-JAN-2024,N
        Accounting,01_24b,2024,2,01-FEB-2024,29-FEB-2024,N
        Accounting,Dec-24,2024,12,01-DEC-2024,31-DEC-2024,N
        Accounting,ADJ-24,2024,13,31-DEC-2024,31-DEC-2024,Y""",
    "gl_code_combinations": """CODE_COMBINATION_ID,CHART_OF_ACCOUNTS_ID,ACCOUNT_TYPE,ENABLED_FLAG,SUMMARY_FLAG,SEGMENT1,SEGMENT2,SEGMENT3
        100,101,A,Y,N,01,000,01110
        101,101,A,Y,N,01,420,01110
        400,101,R,Y,N,01,000,04000
        600,101,E,Y,N,01,420,06000
        900,101,A,Y,Y,T,T,01000""",
}
HEADERS = "JE_HEADER_ID,LEDGER_ID,PERIOD_NAME,NAME,CURRENCY_CODE,STATUS,ACTUAL_FLAG,DEFAULT_EFFECTIVE_DATE"
LINES = "JE_HEADER_ID,JE_LINE_NUM,CODE_COMBINATION_ID,EFFECTIVE_DATE,ENTERED_DR,ENTERED_CR,ACCOUNTED_DR,ACCOUNTED_CR,DESCRIPTION"
BALANCES = (
    "LEDGER_ID,CODE_COMBINATION_ID,CURRENCY_CODE,PERIOD_NAME,ACTUAL_FLAG,BUDGET_VERSION_ID,TRANSLATED_FLAG,TEMPLATE_ID,"
    "PERIOD_NET_DR,PERIOD_NET_CR,BEGIN_BALANCE_DR,BEGIN_BALANCE_CR"
)


class OracleNight(Night):
    """A home into which Oracle tables land."""

    def table(self, name: str, *rows: str, file: str = "") -> Path:
        return self.put(name, file or f"{name}.csv", "\n".join(rows), source="oracle")

    def lines(self) -> list[tuple[str, int, str, str, int, int]]:
        rows = self.rows("journal_lines")
        names = ["journal_id", "line_no", "period", "account_id", "functional_debit", "functional_credit"]
        return sorted(rows[names].itertuples(index=False, name=None))

    def reasons(self, dataset: str) -> dict[str, int]:
        found = self.report("left_out")
        return found[found["dataset"] == dataset].groupby("reason")["rows"].sum().to_dict()


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[OracleNight]:
    """A primary and a secondary ledger, a calendar with free period names, five code combinations."""
    night = OracleNight(tmp_path, oracle={"segments": SEGMENTS})
    for name, text in FILES.items():
        night.table(name, text)
    yield night
    night.assert_accounted_for()


def head(
    number: int, *, ledger: int = 1, period: str = "Jan-24", status: str = "P", flag: str = "A", currency: str = "USD"
) -> str:
    return f"{number},{ledger},{period},Sale,{currency},{status},{flag},15-JAN-2024"


def sale(number: int, amount: str = "100.00") -> tuple[str, str]:
    return (
        f"{number},1,101,15-JAN-2024,{amount},,{amount},,sold",
        f"{number},2,400,15-JAN-2024,,{amount},,{amount},sold",
    )


def test_pairs_of_sides_become_debits_and_credits_and_periods_come_from_the_calendar(oracle: OracleNight) -> None:
    oracle.table("gl_je_headers", HEADERS, head(1), head(2, period="01_24b"), head(3, period="ADJ-24"))
    oracle.table("gl_je_lines", LINES, *sale(1), *sale(2), *sale(3, "-7.50"))
    oracle.run()
    assert oracle.quarantined() == []
    assert oracle.lines() == [
        ("1", 1, "2024-01", "01110", 10000, 0),
        ("1", 2, "2024-01", "04000", 0, 10000),
        ("2", 1, "2024-02", "01110", 10000, 0),
        ("2", 2, "2024-02", "04000", 0, 10000),
        ("3", 1, "2024-12", "01110", -750, 0),
        ("3", 2, "2024-12", "04000", 0, -750),
    ]
    assert set(oracle.rows("journal_lines")["period_no"]) == {1, 2, 13}
    assert oracle.rows("cost_centers")["cost_center_id"].tolist() == ["000", "420"]
    assert oracle.rows("entities")["fiscal_year_start_month"].tolist() == [1]


def test_accounts_are_natural_accounts_once_with_their_zeros(oracle: OracleNight) -> None:
    oracle.run()
    found = oracle.rows("accounts")[["account_id", "account_type"]].to_numpy().tolist()
    assert found == [["01110", "asset"], ["04000", "revenue"], ["06000", "operating_expense"]]
    assert oracle.reasons("gl_code_combinations") == {"summary account": 1}
    file = oracle.file("gl_code_combinations.csv")
    assert file[["rows_accepted", "rows_duplicate", "rows_left_out"]].tolist() == [3, 1, 1]


def test_only_posted_actuals_of_primary_ledgers_in_money_are_books(oracle: OracleNight) -> None:
    oracle.table(
        "gl_je_headers", HEADERS, head(1, status="U"), head(2, flag="B"), head(3, flag="E"), head(4, currency="STAT"),
        head(5, ledger=2), head(6),
    )  # fmt: skip
    oracle.table("gl_je_lines", LINES, *(line for number in range(1, 7) for line in sale(number)))
    oracle.run()
    assert {journal for journal, *_ in oracle.lines()} == {"6"}
    assert oracle.reasons("gl_je_lines") == {
        "not posted": 2, "budget journal": 2, "encumbrance": 2, "statistical units": 2, "other ledger": 2,
    }  # fmt: skip


def test_a_journal_enters_when_its_header_is_posted_and_leaves_with_it(oracle: OracleNight) -> None:
    oracle.table("gl_je_lines", LINES, *sale(1))
    oracle.run()
    assert {rule for *_, rule in oracle.quarantined()} == {"REF-EXTRACT"}
    oracle.table("gl_je_headers", HEADERS, head(1, status="U"), file="monday.csv")
    oracle.run()
    assert oracle.quarantined() == []
    assert oracle.lines() == []
    oracle.table("gl_je_headers", HEADERS, head(1), file="tuesday.csv")
    oracle.run()
    assert len(oracle.lines()) == 2
    oracle.table("gl_je_headers", f"{HEADERS},JE_BATCH_ID", f"{head(1)},50", file="wednesday.csv")
    oracle.table("gl_je_batches", "JE_BATCH_ID,NAME,STATUS", "50,Sales,U")
    oracle.run()
    assert oracle.lines() == []
    assert oracle.reasons("gl_je_lines") == {"not posted": 2}


def test_an_amount_in_ledger_currency_alone_is_booked_in_it_and_foreign_lines_have_both(oracle: OracleNight) -> None:
    oracle.table("gl_je_headers", HEADERS, head(1, currency="EUR"))
    oracle.table(
        "gl_je_lines",
        LINES,
        "1,1,101,,10.00,,11.00,,",
        "1,2,400,,,10.00,,11.00,",
        "1,3,101,,,,0.50,,",
        "1,4,400,,,,,0.50,",
    )
    oracle.run()
    rows = oracle.rows("journal_lines").sort_values("line_no")
    assert rows["currency"].tolist() == ["EUR", "EUR", "USD", "USD"]
    assert rows["debit"].tolist() == [1000, 0, 50, 0]
    assert rows["functional_debit"].tolist() == [1100, 0, 50, 0]


def balance(combination: int, period: str, *amounts: str, start: str = "1", flag: str = "A", version: str = "",
            translated: str = "", template: str = "", currency: str = "USD") -> str:  # fmt: skip
    return f"{start},{combination},{currency},{period},{flag},{version},{translated},{template},{','.join(amounts)}"


def test_balances_are_control_figures_and_an_adjusting_period_adds_to_its_month(oracle: OracleNight) -> None:
    oracle.table(
        "gl_balances", BALANCES,
        balance(101, "Dec-24", "10.00", "2.00", "100.00", "50.00"),
        balance(101, "ADJ-24", "1.00", "0", "110.00", "52.00"),
        balance(101, "Dec-24", "9", "0", "9", "0", translated="R", currency="EUR"),
        balance(900, "Dec-24", "9", "0", "9", "0", template="7"),
        balance(101, "Dec-24", "9", "0", "9", "0", flag="E"),
        balance(101, "Dec-24", "9", "0", "9", "0", currency="STAT"),
    )  # fmt: skip
    oracle.run()
    figures = oracle.rows("control_balances")
    assert figures[["net_activity", "closing"]].sum().tolist() == [900, 5900]
    assert oracle.reasons("gl_balances") == {
        "balance in another currency": 1, "summary account": 1, "encumbrance": 1, "statistical units": 1,
    }  # fmt: skip


def test_a_period_whose_days_cannot_be_read_is_not_that_of_the_posting(oracle: OracleNight) -> None:
    """The line was booked in the month of its day, whatever its period is."""
    rows = FILES["gl_periods"].replace("01-FEB-2024,29-FEB-2024", "01/02/2024,29/02/2024").splitlines()
    oracle.table("gl_periods", *rows, file="later.csv")
    oracle.table("gl_je_headers", HEADERS, head(1, period="01_24b"))
    oracle.table("gl_je_lines", LINES, *sale(1))
    oracle.table("gl_balances", BALANCES, balance(101, "01_24b", "1.00", "0", "0", "0"),
                 balance(600, "01_24b", "1.00", "0", "0", "0", flag="B", version="1"))  # fmt: skip
    oracle.run()
    assert {(file, rule) for file, _, rule in oracle.quarantined()} == {
        ("gl_je_lines.csv", "ROW-DATE"), ("gl_balances.csv", "ROW-DATE")
    }  # fmt: skip
    assert len(oracle.quarantined()) == 4
    why = "gl_periods has no day that can be read as its start and end"
    assert set(oracle.report("quarantine")["message"]) == {f"period_name: {why}", f"period_name is '01_24b': {why}"}


def test_the_intercompany_segment_names_the_entity_on_the_other_side_and_zeros_name_none(tmp_path: Path) -> None:
    """The segment is `00` on nearly every line: all of them waited for an entity of that name."""
    segments = {"default": {"balancing": 1, "natural_account": 3, "intercompany": 4}}
    night = OracleNight(tmp_path, oracle={"segments": segments, "entity": "balancing"})
    for name, text in FILES.items():
        night.table(name, text)
    night.table(
        "gl_code_combinations", "CODE_COMBINATION_ID,CHART_OF_ACCOUNTS_ID,ACCOUNT_TYPE,SEGMENT1,SEGMENT3,SEGMENT4",
        "101,101,A,01,01110,00", "400,101,R,01,04000,02", "102,101,A,02,01110,02", "402,101,R,02,04000,", file="cc.csv",
    )  # fmt: skip
    night.put("entities", "e.csv", "entity_id,name,functional_currency\n01,One,USD\n02,Two,USD")
    night.table("gl_je_headers", HEADERS, head(1), head(2))
    others = [line.replace(",101,", ",102,").replace(",400,", ",402,") for line in sale(2)]
    night.table("gl_je_lines", LINES, *sale(1), *others)
    night.run()
    assert night.quarantined() == []
    rows = night.rows("journal_lines").sort_values(["journal_id", "line_no"])
    assert rows["entity_id"].tolist() == ["01", "01", "02", "02"]
    assert [None if pd.isna(one) else one for one in rows["counterparty_entity_id"]] == [None, "02", None, None]


def test_what_query_tools_print_for_nothing_is_nothing_and_a_point_may_come_first(oracle: OracleNight) -> None:
    """`(null)` for a template made every balance one of a summary account: nothing was left to compare with."""
    oracle.table("gl_je_headers", HEADERS, head(1))
    oracle.table(
        "gl_je_lines", LINES, "1,1,101,15-JAN-24,.50,NULL,.50,(null),x", "1,2,400,15-JAN-24,NULL,.50,null,.50,x"
    )
    oracle.table(
        "gl_balances", BALANCES,
        balance(101, "Jan-24", ".50", "0", "0", "0", translated="(null)", template="NULL"),
        balance(400, "Jan-24", "0", ".50", "0", "0", translated="NULL", template="(null)"),
    )  # fmt: skip
    oracle.run()
    assert oracle.lines() == [("1", 1, "2024-01", "01110", 50, 0), ("1", 2, "2024-01", "04000", 0, 50)]
    assert sorted(oracle.rows("control_balances")["closing"]) == [-50, 50]


def test_balances_of_budgets_become_budget_lines_in_natural_sign(oracle: OracleNight) -> None:
    oracle.table(
        "gl_balances", BALANCES,
        balance(400, "Jan-24", "0", "300.00", "0", "0", flag="B", version="1007"),
        balance(600, "Jan-24", "40.00", "0", "0", "0", flag="B", version="1007"),
        balance(600, "Jan-24", "2.00", "0", "0", "0", flag="B", version="1007", start="2"),
        balance(101, "Jan-24", "1.00", "0", "0", "0"),
    )  # fmt: skip
    oracle.run()
    rows = oracle.rows("budget_lines").sort_values("account_id")
    assert rows[["version", "period", "account_id", "amount"]].to_numpy().tolist() == [
        ["1007", "2024-01", "04000", 30000],
        ["1007", "2024-01", "06000", 4000],
    ]
    assert oracle.reasons("gl_balances") == {"other ledger": 1}
    assert oracle.file("gl_balances.csv")[["rows_read", "rows_accepted"]].tolist() == [4, 3]


def test_entities_may_be_values_of_the_balancing_segment(tmp_path: Path) -> None:
    night = OracleNight(tmp_path, oracle={"segments": SEGMENTS, "entity": "balancing"})
    night.put("entities", "e.csv", "entity_id,name,functional_currency\n01,Vision Inc,USD")
    for name, text in FILES.items():
        night.table(name, text)
    night.table("gl_je_headers", HEADERS, head(1))
    night.table("gl_je_lines", LINES, *sale(1))
    night.run()
    assert night.rows("journal_lines")["entity_id"].unique().tolist() == ["01"]


def test_a_changed_meaning_of_segments_derives_everything_again(oracle: OracleNight) -> None:
    oracle.table("gl_je_headers", HEADERS, head(1))
    oracle.table("gl_je_lines", LINES, *sale(1))
    oracle.run()
    assert oracle.rows("journal_lines")["cost_center_id"].notna().all()
    other = OracleNight(oracle.settings.home, oracle={"segments": {"101": {"natural_account": 3}}})
    assert is_declared_anew(other.settings.lake_path, registry.derivations(other.settings.options))
    other.run()
    assert other.rows("journal_lines")["cost_center_id"].isna().all()
    assert not is_declared_anew(other.settings.lake_path, registry.derivations(other.settings.options))


def test_daily_rates_of_named_types_are_read(oracle: OracleNight) -> None:
    names = "FROM_CURRENCY,TO_CURRENCY,CONVERSION_DATE,CONVERSION_TYPE,CONVERSION_RATE"
    oracle.table("gl_daily_rates", names, "EUR,USD,02-JAN-24,Corporate,1.0956", "EUR,USD,2024-01-02 00:00:00,User,1.1")
    oracle.run()
    rows = oracle.rows("fx_rates")
    assert rows[["from_currency", "rate_type"]].to_numpy().tolist() == [["EUR", "spot"]]
    assert [str(day)[:10] for day in rows["rate_date"]] == ["2024-01-02"]
    assert oracle.reasons("gl_daily_rates") == {"conversion type that no option names": 1}
