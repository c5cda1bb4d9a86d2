"""A company that keeps its books in SAP: table extracts land, one command, statements come out that tie to them."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from finops_pipeline.cli import main

CONFIG = """
[sap]
account_ranges = [
  {first = "0000100000", last = "0000199999", account_type = "asset"},
  {first = "0000300000", last = "0000349999", account_type = "equity"},
  {first = "0000350000", last = "0000399999", account_type = "liability"},
  {first = "0000400000", last = "0000499999", account_type = "revenue"},
  {first = "0000500000", last = "0000699999", account_type = "operating_expense"},
]
"""
FILES = {
    "t001/T001.csv": """MANDT,BUKRS,BUTXT,ORT01,LAND1,WAERS,SPRAS,KTOPL,PERIV
        100,1000,Example AG,Hamburg,DE,EUR,D,INT,K4
        100,3000,Nippon KK,Tokyo,JP,JPY,J,INT,K4""",
    "tcurx/TCURX.csv": "CURRKEY,CURRDEC\nJPY,0",
    "ska1/SKA1.csv": """MANDT,KTOPL,SAKNR,XBILK,GVTYP,KTOKS
        100,INT,0000113100,X,,BANK
        100,INT,0000300000,X,,EQUI
        100,INT,0000330000,X,,EQUI
        100,INT,0000360000,X,,LIAB
        100,INT,0000400000,,X,PL
        100,INT,0000600000,,X,PL""",
    "skat/SKAT.csv": """MANDT,SPRAS,KTOPL,SAKNR,TXT20,TXT50
        100,E,INT,0000113100,Bank,Bank account
        100,D,INT,0000113100,Bank,Bankkonto
        100,E,INT,0000300000,Capital,Share capital
        100,E,INT,0000330000,Retained,Retained earnings
        100,E,INT,0000360000,Payables,Trade payables
        100,E,INT,0000400000,Revenue,Revenue
        100,E,INT,0000600000,Rent,Rent""",
    "csks/CSKS.csv": """MANDT,KOKRS,KOSTL,DATBI,DATAB,BUKRS,KHINR,VERAK
        100,1000,0000004100,20241220,20200101,1000,ADMIN_OLD,Miller
        100,1000,0000004100,99991231,20241221,1000,ADMIN,Miller""",
    "cskt/CSKT.csv": """MANDT,SPRAS,KOKRS,KOSTL,DATBI,KTEXT,LTEXT
        100,E,1000,0000004100,99991231,Admin,Administration""",
    "acdoca/ACDOCA_2024.csv": """RCLNT,RLDNR,RBUKRS,GJAHR,BELNR,DOCLN,RYEAR,POPER,BUDAT,RACCT,DRCRK,RHCUR,HSL,RWCUR,WSL,RCNTR,RRCTY
        100,0L,1000,2024,B000000000,000001,2024,000,20240101,0000113100,S,EUR,1000.00,EUR,1000.00,,0
        100,0L,1000,2024,B000000000,000002,2024,000,20240101,0000300000,H,EUR,-700.00,EUR,-700.00,,0
        100,0L,1000,2024,B000000000,000003,2024,000,20240101,0000330000,H,EUR,-300.00,EUR,-300.00,,0
        100,0L,1000,2024,0100000000,000001,2024,001,20240110,0000113100,S,EUR,500.00,USD,550.00,,0
        100,0L,1000,2024,0100000000,000002,2024,001,20240110,0000400000,H,EUR,-500.00,USD,-550.00,,0
        100,2L,1000,2024,0100000000,000001,2024,001,20240110,0000113100,S,EUR,500.00,USD,550.00,,0
        100,2L,1000,2024,0100000000,000002,2024,001,20240110,0000400000,H,EUR,-500.00,USD,-550.00,,0
        100,0L,1000,2024,0100000001,000001,2024,012,20241215,0000600000,S,EUR,120.00,EUR,120.00,0000004100,0
        100,0L,1000,2024,0100000001,000002,2024,012,20241215,0000360000,H,EUR,-120.00,EUR,-120.00,,0
        100,0L,1000,2024,0100000002,000001,2024,013,20241231,0000600000,S,EUR,30.00,EUR,30.00,0000004100,0
        100,0L,1000,2024,0100000002,000002,2024,013,20241231,0000360000,H,EUR,-30.00,EUR,-30.00,,0
        100,0L,3000,2024,0200000000,000001,2024,002,20240220,0000113100,S,JPY,123.45,JPY,123.45,,0
        100,0L,3000,2024,0200000000,000002,2024,002,20240220,0000400000,H,JPY,-123.45,JPY,-123.45,,0""",
    "acdoca/ACDOCA_2025.csv": """RCLNT,RLDNR,RBUKRS,GJAHR,BELNR,DOCLN,RYEAR,POPER,BUDAT,RACCT,DRCRK,RHCUR,HSL,RWCUR,WSL,RCNTR,RRCTY
        100,0L,1000,2025,B000000000,000001,2025,000,20250101,0000113100,S,EUR,1500.00,EUR,1500.00,,0
        100,0L,1000,2025,B000000000,000002,2025,000,20250101,0000300000,H,EUR,-700.00,EUR,-700.00,,0
        100,0L,1000,2025,B000000000,000003,2025,000,20250101,0000330000,H,EUR,-650.00,EUR,-650.00,,0
        100,0L,1000,2025,B000000000,000004,2025,000,20250101,0000360000,H,EUR,-150.00,EUR,-150.00,,0
        100,0L,1000,2025,0100000000,000001,2025,001,20250110,0000113100,S,EUR,80.00,EUR,80.00,,0
        100,0L,1000,2025,0100000000,000002,2025,001,20250110,0000400000,H,EUR,-80.00,EUR,-80.00,,0""",
}

_MONTHS = ",".join(f"HSL{n:02d}" for n in range(1, 17))


def _total(year: int, account: str, carried: str, **months: str) -> str:
    values = ",".join(months.get(f"m{n}", "0.00") for n in range(1, 17))
    return f"100,0L,0,001,{year},1000,{account},S,EUR,{carried},{values}"


TOTALS = "\n".join(
    [
        f"RCLNT,RLDNR,RRCTY,RVERS,RYEAR,RBUKRS,RACCT,DRCRK,RTCUR,HSLVT,{_MONTHS}",
        _total(2024, "0000113100", "1000.00", m1="500.00"),
        _total(2024, "0000300000", "-700.00"),
        _total(2024, "0000330000", "-300.00"),
        _total(2024, "0000360000", "0.00", m12="-120.00", m13="-30.00"),
        _total(2024, "0000400000", "0.00", m1="-500.00"),
        _total(2024, "0000600000", "0.00", m12="120.00", m13="30.00"),
        _total(2025, "0000113100", "1500.00", m1="80.00"),
        _total(2025, "0000300000", "-700.00"),
        _total(2025, "0000330000", "-650.00"),
        _total(2025, "0000360000", "-150.00"),
        _total(2025, "0000400000", "0.00", m1="-80.00"),
    ]
)
FILES["faglflext/FAGLFLEXT.csv"] = TOTALS


def land(landing: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = landing / "sap" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line.strip()}\n" for line in text.splitlines()))


def close(home: Path, as_of: str = "2025-01-31") -> Result:
    places = ["--landing", str(home / "landing"), "--home", str(home)]
    return CliRunner().invoke(main, ["run", *places, "--as-of", as_of])


def rows(home: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(home / "warehouse.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    home = tmp_path_factory.mktemp("sap")
    (home / "finops.toml").write_text(CONFIG)
    land(home / "landing", FILES)
    return home, close(home)


def test_the_trial_balance_is_that_of_sap(closed: tuple[Path, Result]) -> None:
    home, result = closed
    assert result.exit_code == 0, result.output
    found = rows(
        home,
        "SELECT account_id, closing_balance FROM trial_balance WHERE entity_id = '1000' AND period = '2025-01' ORDER BY 1",
    )
    # carried forward by SAP: bank 1500, payables -150, retained earnings -300 - (500 - 150) = -650; January adds 80
    assert [(account, float(balance)) for account, balance in found] == [
        ("0000113100", 1580.0),
        ("0000300000", -700.0),
        ("0000330000", -650.0),
        ("0000360000", -150.0),
        ("0000400000", -80.0),
        ("0000600000", 0.0),
    ]


def test_carry_forward_is_opening_balance_and_no_activity(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    query = (
        "SELECT opening_balance, debit, credit FROM trial_balance "
        "WHERE entity_id = '1000' AND account_id = '0000113100' AND period = '{}'"
    )
    assert rows(home, query.format("2024-01")) == [(1000, 500, 0)]
    assert rows(home, query.format("2025-01")) == [(1500, 80, 0)]


def test_the_statements_are_published_with_special_periods_in_december(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    income = (
        "SELECT line, amount, ytd_amount FROM income_statement WHERE entity_id = '1000' AND period = '2024-12' "
        "AND line = 'Net income'"
    )
    assert rows(home, income) == [("Net income", -150, 350)]
    yen = "SELECT amount FROM income_statement WHERE entity_id = '3000' AND period = '2024-02' AND line = 'Net income'"
    assert rows(home, yen) == [(12345,)]
    sheet = "SELECT amount FROM balance_sheet WHERE entity_id = '1000' AND period = '2025-01' AND line = 'Total assets'"
    assert rows(home, sheet) == [(1580,)]


def test_a_cost_is_shown_in_the_department_of_the_day_it_was_posted(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    query = "SELECT department, amount FROM cost_breakdown WHERE entity_id = '1000' AND period = '2024-12' ORDER BY 1"
    assert rows(home, query) == [("ADMIN", 30), ("ADMIN_OLD", 120)]


def test_what_is_left_out_is_counted_and_named(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    assert rows(home, "SELECT reason, SUM(rows) FROM left_out GROUP BY 1 ORDER BY 1") == [
        ("balance carried forward from a year that is here", 4),
        ("other ledger", 2),
    ]
    assert rows(home, "SELECT COUNT(*) FROM quarantine") == [(0,)]
    assert rows(home, "SELECT DISTINCT difference FROM reconciliation") == [("0",)]


def test_running_twice_is_running_once(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    query = "SELECT entity_id, period, account_id, closing_balance FROM trial_balance ORDER BY 1, 2, 3"
    before = rows(home, query)
    again = close(home)
    assert again.exit_code == 0
    assert rows(home, query) == before


def test_every_balance_ties_to_the_totals_of_sap(closed: tuple[Path, Result]) -> None:
    home, _ = closed
    assert rows(home, "SELECT COUNT(*), SUM(ours <> theirs), MIN(difference), MAX(difference) FROM tie_out") == [
        (78, 0, 0, 0)
    ]
    assert rows(home, "SELECT MIN(period), MAX(period) FROM tie_out") == [("2024-01", "2025-01")]


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        (_total(2025, "0000360000", "-150.00") + "\n", "", "sap says nothing"),
        (_total(2025, "0000400000", "0.00", m1="-80.00"), _total(2025, "0000400000", "0.00", m1="-80.00", m2="-1.00"), "TIE-002"),
    ],
)  # fmt: skip
def test_a_row_that_is_missing_or_a_month_ahead_stops_the_tie_out(
    tmp_path: Path, good: str, bad: str, said: str
) -> None:
    assert good in TOTALS
    (tmp_path / "finops.toml").write_text(CONFIG)
    land(tmp_path / "landing", FILES | {"faglflext/FAGLFLEXT.csv": TOTALS.replace(good, bad)})
    result = close(tmp_path, as_of="2025-02-28")
    assert result.exit_code == 1
    assert "the_books_tie_to_their_systems" in result.output
    assert said in " ".join(result.output.split())
    assert rows(tmp_path, "SELECT COUNT(*) FROM tie_out") == [(0,)]
