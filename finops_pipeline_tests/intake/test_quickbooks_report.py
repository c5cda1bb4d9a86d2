"""QuickBooks' General Ledger report as it is printed: sections, openings, totals, natural signs, the footer."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from finops_pipeline_tests.intake.quickbooks import Books, account, document, sold
from finops_pipeline_tests.intake.test_quickbooks_money import figures

REPORT = """Craig's Design,,,,,,,,
General Ledger,,,,,,,,
"January 1 - February 28, 2025",,,,,,,,

,Date,Transaction Type,Num,Name,Memo/Description,Split,Amount,Balance
1010 Checking,,,,,,,,
,Beginning Balance,,,,,,,"1,100.00"
,01/15/2025,Payment,,Amy,"Paid, at last",1200 Accounts Receivable,"$(250.00)","850.00"
,02/03/2025,Payment,,Bob,,1200 Accounts Receivable,120.00,970.00
Total for 1010 Checking,,,,,,,"(130.00)",
1200 Accounts Receivable,,,,,,,,
,01/15/2025,Payment,,Amy,,1010 Checking,250.00,250.00
,02/03/2025,Payment,,Bob,,1010 Checking,-120.00,130.00
,02/04/2025,Invoice,7,Bob,,4000 Sales,80.00,210.00
Total for 1200 Accounts Receivable,,,,,,,$210.00,
3000 Capital,,,,,,,,
,01/01/2025,,,,Beginning Balance,,,"1,100.00"
Total for 3000 Capital,,,,,,,,
4000 Income,,,,,,,,
4000 Income:Sales,,,,,,,,
,02/04/2025,Invoice,7,Bob,,1200 Accounts Receivable,80.00,80.00
Total for 4000 Income:Sales,,,,,,,$80.00,
Total for 4000 Income with sub-accounts,,,,,,,$80.00,
TOTAL,,,,,,,,

"Accrual Basis  Friday, March 07, 2025 10:00 AM GMT-08:00"
"""
ACCOUNTS = [
    account("35", "Checking", "Bank", AcctNum="1010"),
    account("84", "Accounts Receivable", "Accounts Receivable", AcctNum="1200"),
    account("30", "Capital", "Equity", AcctNum="3000"),
    account("78", "Income", "Income", AcctNum="4000"),
    account("79", "Sales", "Income", AcctNum="4000", FullyQualifiedName="Income:Sales"),
]
LINES = [
    ("Invoice-2025-02-04-7", "84", 8000),
    ("Invoice-2025-02-04-7", "79", -8000),
    ("Payment-2025-01-15", "35", -25000),
    ("Payment-2025-01-15", "84", 25000),
    ("Payment-2025-02-03", "35", 12000),
    ("Payment-2025-02-03", "84", -12000),
    ("opening-2025-01", "35", 110000),
    ("opening-2025-01", "30", -110000),
]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A company with a chart of accounts that has numbers."""
    night = Books(tmp_path)
    night.entity("companyinfo", {"Id": "1", "CompanyName": "Craig's"})
    night.entity("account", *ACCOUNTS)
    yield night
    files = night.report("ingested_files")
    parts = ["rows_accepted", "rows_duplicate", "rows_quarantined", "rows_left_out"]
    assert (files["rows_read"] == files[parts].fillna(0).sum(axis=1)).all(), "every row has one fate"
    assert (night.report("reconciliation")["difference"].astype(float) == 0).all()


def land(books: Books, text: str, file: str = "gl.csv") -> None:
    books.put("general_ledger", file, text.encode("utf-8-sig"), source="quickbooks")


def test_the_printed_report_becomes_journals_in_debit_positive_signs(books: Books) -> None:
    land(books, REPORT)
    books.run()
    assert books.messages() == []
    assert books.lines() == LINES
    opening = books.rows("journal_lines").query("journal_id == 'opening-2025-01'")
    assert opening["period"].unique().tolist() == ["2024-12"], "an opening is no activity of the first month"
    assert set(books.reasons()) == {"heading, total or footer of the report"}


def test_its_totals_are_control_figures(books: Books) -> None:
    land(books, REPORT)
    books.run()
    assert books.rows("control_balances")["source"].unique().tolist() == ["quickbooks_report"]
    assert figures(books) == {
        "35": ("2025-02", 97000),
        "84": ("2025-02", 21000),
        "30": ("2025-02", -110000),
        "79": ("2025-02", -8000),
    }


def test_a_workbook_and_the_newer_headings_are_read_too(books: Books, tmp_path: Path) -> None:
    land(books, REPORT.replace(",Date,Transaction Type,Num,", ",Date,Transaction type,No.,"), "newer.csv")
    books.run()
    assert books.lines() == LINES
    book = Workbook()
    for row in (
        ["Craig's"], ["General Ledger"], ["", "Date", "Transaction Type", "Num", "Amount", "Balance"],
        ["1010 Checking"], ["", date(2025, 3, 1), "Transfer", "", -5.5, 964.5], ["Total for 1010 Checking", "", "", "", "=(E5)"],
        ["3000 Capital"], ["", "03/01/2025", "Transfer", "", -5.5, 1094.5], ["Total for 3000 Capital", "", "", "", -5.5],
        ["Accrual Basis Friday"],
    ):  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "gl.xlsx")
    books.put("general_ledger", "march.xlsx", (tmp_path / "gl.xlsx").read_bytes(), source="quickbooks")
    books.run()
    assert books.messages() == []
    assert books.lines() == sorted([*LINES, ("Transfer-2025-03-01", "35", -550), ("Transfer-2025-03-01", "30", 550)],
                                   key=lambda line: line[0])  # fmt: skip
    march = books.rows("control_balances").query("period == '2025-03'")
    assert dict(zip(march["account_id"], march["closing"], strict=True)) == {"35": 96450, "30": -110000 + 550}, (
        "a formula without a value is no zero: the last balance printed speaks"
    )


def test_a_later_report_replaces_the_months_that_it_covers(books: Books) -> None:
    land(books, REPORT)
    books.run()
    again = [line for line in REPORT.splitlines() if "02/03/2025" not in line]
    land(books, "\n".join(again).replace("80.00", "90.00").replace("210.00", "220.00"), "again.csv")
    books.run()
    assert [amount for journal, _, amount in books.lines() if journal.startswith("Invoice")] == [9000, -9000]
    assert len(books.lines()) == len(LINES) - 2, "what it does not have any more is gone"
    assert figures(books)["79"] == ("2025-02", -9000)


def test_only_the_first_report_opens_the_books(books: Books) -> None:
    land(books, REPORT)
    land(books, REPORT.replace("01/15/", "03/15/").replace("02/0", "04/0").replace("1,100.00", "970.00"), "next.csv")
    books.run()
    assert {journal for journal, *_ in books.lines() if journal.startswith("opening")} == {"opening-2025-01"}
    assert books.reasons()["opening balance that an earlier report explains"] == 2


def test_the_cash_basis_is_refused(books: Books) -> None:
    land(books, REPORT.replace("Accrual Basis", "Cash Basis"))
    books.run()
    assert books.lines() == []
    assert {message[:37] for message in books.messages()} == {"the report is on the cash basis: prin"}
    assert figures(books) == {}


def test_where_documents_are_here_the_report_only_controls_them(books: Books) -> None:
    land(books, REPORT)
    books.run()
    books.entity("item", {"Id": "1", "IncomeAccountRef": {"value": "79"}})
    books.entity("invoice", document("7", 80, [sold(80)], TxnDate="2025-02-04"))
    books.run()
    assert books.lines() == [("Invoice-7", "84", 8000), ("Invoice-7", "79", -8000)]
    assert figures(books)["79"] == ("2025-02", -8000)


def test_debit_and_credit_columns_need_no_sign(books: Books) -> None:
    text = """Craig's,,,
    ,Type,Date,Num,Debit,Credit
    Checking
    ,Check,01/02/2025,9,,12.50
    Total Checking,,,,,12.50
    Capital,,,,,
    ,Check,01/02/2025,9,"12.50",
    Total Capital,,,,12.50,
    """
    land(books, "\n".join(line.strip() for line in text.splitlines()))
    books.run()
    assert books.messages() == []
    assert books.lines() == [("Check-2025-01-02-9", "35", -1250), ("Check-2025-01-02-9", "30", 1250)]
    assert figures(books) == {"35": ("2025-01", -1250), "30": ("2025-01", 1250)}


def test_the_first_column_may_be_called_by_what_it_holds(books: Books) -> None:
    text = """Craig's,,,
    Distribution account,Transaction date,Transaction type,Amount,Balance
    Checking,,,,
    Checking,01/02/2025,Check,-12.50,-12.50
    Total for Checking,,,-12.50,
    Capital,,,,
    Capital,01/02/2025,Check,-12.50,-12.50
    Total for Capital,,,-12.50,
    Accrual basis Friday,,,,
    """
    land(books, "\n".join(line.strip() for line in text.splitlines()))
    books.run()
    assert books.messages() == []
    assert books.lines() == [("Check-2025-01-02", "35", -1250), ("Check-2025-01-02", "30", 1250)]
    assert figures(books) == {"35": ("2025-01", -1250), "30": ("2025-01", 1250)}


def test_a_section_that_is_no_account_waits_for_it(books: Books) -> None:
    land(books, REPORT.replace("3000 Capital", "3000 Owner"))
    books.run()
    assert {rule for *_, rule in books.quarantined()} >= {"REF-EXTRACT"}
    books.entity("account", account("31", "Owner", "Equity", AcctNum="3000"), file="later.json")
    books.run()
    assert books.messages() == []
    assert ("opening-2025-01", "31", -110000) in books.lines()


NESTED = """,Date,Transaction Type,Num,Amount,Balance
Checking,,,,,
,01/16/2025,Check,13,"(105.00)","(105.00)"
Total for Checking,,,,"(105.00)",
Job Expenses,,,,,
   Job Materials,,,,,
,01/16/2025,Check,13,25.00,25.00
   Total for Job Materials,,,,25.00,
      Plants,,,,,
,01/16/2025,Check,13,50.00,50.00
      Total for Plants,,,,50.00,
   Total for Job Materials with sub-accounts,,,,75.00,
Total for Job Expenses with sub-accounts,,,,75.00,
Services,,,,,
   Job Materials,,,,,
      Plants,,,,,
,01/16/2025,Check,13,-20.00,-20.00
      Total for Plants,,,,-20.00,
   Total for Job Materials with sub-accounts,,,,-20.00,
Total for Services with sub-accounts,,,,-20.00,
Plants,,,,,
,01/16/2025,Check,13,10.00,10.00
Total for Plants,,,,10.00,
"Accrual Basis  Friday"
"""


def test_accounts_of_one_name_are_told_apart_by_the_accounts_they_stand_in(books: Books) -> None:
    """Sections of sub-accounts have their own name alone: QuickBooks' own sample company has three called Plants and Soil."""
    named = {"60": "Job Expenses", "61": "Job Expenses:Job Materials", "62": "Job Expenses:Job Materials:Plants",
             "70": "Plants"}  # fmt: skip
    sold = {"90": "Services", "91": "Services:Job Materials", "92": "Services:Job Materials:Plants"}
    for kind, names in (("Expense", named), ("Income", sold)):
        each = [account(n, full.split(":")[-1], kind, FullyQualifiedName=full) for n, full in names.items()]
        books.entity("account", *each, file=f"{kind}.json")
    land(books, NESTED)
    books.run()
    assert books.messages() == []
    assert books.lines() == [("Check-2025-01-16-13", number, amount) for number, amount in
                             (("35", -10500), ("61", 2500), ("62", 5000), ("92", 2000), ("70", 1000))]  # fmt: skip
    closings = {number: closing for number, (_, closing) in figures(books).items()}
    assert closings == {"35": -10500, "61": 2500, "62": 5000, "92": 2000, "70": 1000}, (
        "each total is of its own section"
    )
