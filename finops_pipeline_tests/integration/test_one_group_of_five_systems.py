"""A group whose companies keep their books in SAP, Oracle, NetSuite and QuickBooks, with the bill of a cloud provider.

All extracts lie in one landing folder. What the group's statements must say is reckoned here from the postings below,
account by account, with nothing but decimals: income at the average rate of its month, balances at the closing rate.
"""

import sqlite3
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from finops_pipeline.cli import main
from finops_pipeline_tests.intake import netsuite
from finops_pipeline_tests.intake import test_focus as focus
from finops_pipeline_tests.intake import test_oracle as oracle
from finops_pipeline_tests.integration import test_quickbooks_close as quickbooks

CONFIG = """
group_currency = "USD"
[cash_flow.accounts]
"01110" = "cash"
"0000113100" = "cash"
[sap]
account_ranges = [
  {first = "0000100000", last = "0000199999", account_type = "asset"},
  {first = "0000300000", last = "0000399999", account_type = "equity"},
  {first = "0000400000", last = "0000499999", account_type = "revenue"},
  {first = "0000500000", last = "0000699999", account_type = "operating_expense"},
]
[oracle.segments.default]
natural_account = 3
cost_center = 2
[netsuite]
prefix = "NS-"
[quickbooks]
entity_id = "QB"
prefix = "QB-"
[[cloud_ledger]]
entity_id = "1000"
provider = "Cloud"
accounts = ["0000620000"]
"""
RATES = {  # to US dollars: average, closing; SAP's books open in the month before
    ("EUR", "2023-12"): ("1.10", "1.105"),
    ("EUR", "2024-01"): ("1.09", "1.085"), ("EUR", "2024-02"): ("1.08", "1.0825"),
    ("JPY", "2024-01"): ("0.0069", "0.0068"), ("JPY", "2024-02"): ("0.0067", "0.00665"),
}  # fmt: skip
_MONTHS = ",".join(f"HSL{n:02d}" for n in range(1, 17))
_JOURNAL = "RCLNT,RLDNR,RBUKRS,GJAHR,BELNR,DOCLN,RYEAR,POPER,BUDAT,RACCT,RHCUR,HSL,RWCUR,WSL,RRCTY"
SAP = {
    "t001": "MANDT,BUKRS,BUTXT,LAND1,WAERS,PERIV,KTOPL\n100,1000,Example AG,DE,EUR,K4,INT",
    "tcurx": "CURRKEY,CURRDEC\nJPY,0",
    "ska1": "MANDT,KTOPL,SAKNR,XBILK,KTOKS\n" + "\n".join(
        f"100,INT,0000{n},{'X' if n < 400000 else ''},GL" for n in (113100, 300000, 400000, 620000)
    ),
    "skat": "MANDT,SPRAS,KTOPL,SAKNR,TXT20\n100,E,INT,0000113100,Bank\n100,E,INT,0000300000,Capital\n"
    "100,E,INT,0000400000,Revenue\n100,E,INT,0000620000,Cloud services",
    "acdoca": f"""{_JOURNAL}
        100,0L,1000,2024,B000000000,000001,2024,000,20240101,0000113100,EUR,700.00,EUR,700.00,0
        100,0L,1000,2024,B000000000,000002,2024,000,20240101,0000300000,EUR,-700.00,EUR,-700.00,0
        100,0L,1000,2024,0100000000,000001,2024,001,20240110,0000113100,EUR,500.55,EUR,500.55,0
        100,0L,1000,2024,0100000000,000002,2024,001,20240110,0000400000,EUR,-500.55,EUR,-500.55,0
        100,0L,1000,2024,0100000001,000001,2024,002,20240215,0000620000,EUR,120.25,USD,130.00,0
        100,0L,1000,2024,0100000001,000002,2024,002,20240215,0000113100,EUR,-120.25,USD,-130.00,0""",
    "faglflext": "\n".join([
        f"RCLNT,RLDNR,RRCTY,RVERS,RYEAR,RBUKRS,RACCT,DRCRK,RTCUR,HSLVT,{_MONTHS}",
        *(f"100,0L,0,001,2024,1000,{account},S,EUR,{carried},{january},{february},{','.join(['0.00'] * 14)}"
          for account, carried, january, february in (
              ("0000113100", "700.00", "500.55", "-120.25"), ("0000300000", "-700.00", "0.00", "0.00"),
              ("0000400000", "0.00", "-500.55", "0.00"), ("0000620000", "0.00", "0.00", "120.25"))),
    ]),
}  # fmt: skip
ORACLE = oracle.FILES | {
    "gl_je_headers": "\n".join([oracle.HEADERS, oracle.head(1), oracle.head(2, period="01_24b")]),
    "gl_je_lines": "\n".join([oracle.LINES, *oracle.sale(1), *oracle.sale(2, "50.00")]),
    "gl_balances": "\n".join([
        oracle.BALANCES,
        oracle.balance(101, "Jan-24", "100.00", "0", "0", "0"), oracle.balance(400, "Jan-24", "0", "100.00", "0", "0"),
        oracle.balance(101, "01_24b", "50.00", "0", "100.00", "0"),
        oracle.balance(400, "01_24b", "0", "50.00", "0", "100.00"),
    ]),
}  # fmt: skip
NETSUITE = netsuite.FILES | {
    "transaction": "\n".join([netsuite.TRANSACTIONS, netsuite.head(1), netsuite.head(2, period=103)]),
    "transactionline": "\n".join([netsuite.LINES, *netsuite.lines(1, 2), *netsuite.lines(2, 2)]),
    "transactionaccountingline": "\n".join([
        netsuite.POSTINGS, *netsuite.sale(1, "50001"), "2,0,1,60,20003,20003,,T", "2,1,1,10,-20003,,20003,T",
    ]),
    "consolidatedexchangerate": """postingPeriod,fromSubsidiary,toSubsidiary,accountingBook,currentRate,averageRate
        102,2,1,1,0.0068,0.0069
        103,2,1,1,0.00665,0.0067""",
    "trial_balance": """Account,Period,Subsidiary,Amount
        11,Jan 2024,Honeycomb KK,"50,001"
        4000 Sales,Jan 2024,Honeycomb KK,"(50,001)"
        11,Feb 2024,Honeycomb KK,"50,001"
        4000 Sales,Feb 2024,Honeycomb KK,"(50,001)"
        6000 Wages,Feb 2024,Honeycomb KK,"20,003"
        0010 Bank,Feb 2024,Honeycomb KK,"(20,003)"
        Total,Feb 2024,Honeycomb KK,0""",
}  # fmt: skip
# entity, currency, month, income of the month (revenue less costs by account), and cash at its end
POSTED = [
    ("1000", "EUR", "2024-01", ["500.55"], "1200.55"), ("1000", "EUR", "2024-02", ["-120.25"], "1080.30"),
    ("1", "USD", "2024-01", ["100.00"], "100.00"), ("1", "USD", "2024-02", ["50.00"], "150.00"),
    ("NS-2", "JPY", "2024-01", ["50001"], "0"), ("NS-2", "JPY", "2024-02", ["-20003"], "-20003"),
    ("QB", "USD", "2024-01", ["1212.00", "-14.00", "-250.00"], "5000.00"),
    ("QB", "USD", "2024-02", ["-68.00", "-12.50"], "5987.50"),
]  # fmt: skip


def worth(amount: str, currency: str, month: str, kind: int) -> Decimal:
    rate = Decimal(1) if currency == "USD" else Decimal(RATES[currency, month][kind])
    return (Decimal(amount) * rate).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def land(home: Path) -> None:
    (home / "finops.toml").write_text(CONFIG)
    for source, tables in (("sap", SAP), ("oracle", ORACLE), ("netsuite", NETSUITE)):
        for name, text in tables.items():
            path = home / "landing" / source / name / f"{name}.csv"
            path.parent.mkdir(parents=True)
            path.write_text("".join(f"{line.strip()}\n" for line in text.splitlines()))
    quickbooks.land(home, quickbooks.LANDED, "all.json")
    bill = focus.charge("130.00", start="2024-02-01 00:00:00").replace("2024-10-01", "2024-03-01")
    bill = bill.replace("2024-09-03", "2024-02-03").replace("2024-09-04", "2024-02-04")
    path = home / "landing" / "focus" / "bill.csv"
    path.parent.mkdir()
    path.write_text(f"{focus.COLUMNS}\n{bill}\n")
    rates = home / "landing" / "native" / "fx_rates" / "fx_rates.csv"
    rates.parent.mkdir(parents=True)
    lines = [
        f"EUR,USD,{kind},{RATES['EUR', month][place]},{month}"
        for month in ("2023-12", "2024-01", "2024-02")
        for place, kind in enumerate(("average", "closing"))
    ]
    rates.write_text("\n".join(["from_currency,to_currency,rate_type,rate,period", *lines]) + "\n")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    home = tmp_path_factory.mktemp("group")
    land(home)
    places = ["--landing", str(home / "landing"), "--home", str(home)]
    return home, CliRunner().invoke(main, ["run", *places, "--as-of", "2024-02-29"])


def rows(home: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(home / "warehouse.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_every_file_of_every_system_enters_and_every_book_ties(closed: tuple[Path, Result]) -> None:
    home, result = closed
    assert rows(home, "SELECT source, dataset, message FROM quarantine") == []
    assert result.exit_code == 0, result.output
    sources = rows(home, "SELECT DISTINCT source FROM ingested_files WHERE status = 'accepted' ORDER BY 1")
    assert [s for (s,) in sources] == ["focus", "native", "netsuite", "oracle", "quickbooks", "sap"]
    ties = dict(rows(home, "SELECT source, sum(abs(difference)) FROM tie_out GROUP BY 1"))
    assert ties == {"netsuite": 0, "oracle": 0, "quickbooks": 0, "sap": 0}
    assert {float(d) for (d,) in rows(home, "SELECT DISTINCT difference FROM reconciliation")} == {0}


def test_the_group_earns_what_its_companies_earn(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    expected: dict[str, Decimal] = defaultdict(Decimal, {"2023-12": Decimal(0)})
    for _, currency, month, income, _ in POSTED:
        expected[month] += sum(worth(amount, currency, month, 0) for amount in income)
    found = rows(home, "SELECT period, amount FROM income_statement WHERE entity_id = 'GROUP' AND line = 'Net income'")
    assert {p: Decimal(str(a)).quantize(Decimal("0.01")) for p, a in found} == dict(expected)


def test_the_group_has_the_cash_of_its_companies_and_the_balance_sheet_balances(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for _, currency, month, _, cash in POSTED:
        expected[month] += worth(cash, currency, month, 1)
    flow = rows(home, "SELECT period, line, amount FROM cash_flow WHERE entity_id = 'GROUP' AND section = 'total'")
    shown = {(period, line): Decimal(str(amount)).quantize(Decimal("0.01")) for period, line, amount in flow}
    for month, cash in expected.items():
        assert shown[month, "Cash at the end of the period"] == cash
        change = shown[month, "Cash at the end of the period"] - shown[month, "Cash at the beginning of the period"]
        assert shown[month, "Net change in cash"] == change
    sides = rows(
        home,
        "SELECT period, sum(CASE line WHEN 'Total assets' THEN amount ELSE -amount END) FROM balance_sheet WHERE "
        "entity_id = 'GROUP' AND line IN ('Total assets', 'Total liabilities', 'Total equity') GROUP BY period",
    )
    assert {period: round(gap, 2) for period, gap in sides if period in expected} == dict.fromkeys(expected, 0)


def test_the_bill_of_the_cloud_is_the_posting_of_the_company_that_pays_it(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    tie = rows(home, "SELECT entity_id, period, provider, currency, billed, posted, status FROM cloud_ledger_tie")
    assert tie == [("1000", "2024-02", "Cloud", "USD", 130, 130, "tied")]
