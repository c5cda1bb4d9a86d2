"""A company that keeps its books in Oracle: table extracts land, one command, and the books tie to its balances."""

import sqlite3
from pathlib import Path

from click.testing import CliRunner

from finops_pipeline.cli import main
from finops_pipeline_tests.intake.test_oracle import BALANCES, FILES, HEADERS, LINES, balance, head, sale

CONFIG = "[oracle.segments.default]\nnatural_account = 3\ncost_center = 2\n"
TABLES = FILES | {
    "gl_je_headers": "\n".join([HEADERS, head(1), head(2, period="01_24b"), head(3, period="01_24b", status="U")]),
    "gl_je_lines": "\n".join([LINES, *sale(1), *sale(2, "50.00"), *sale(3)]),
    "gl_balances": "\n".join(
        [
            BALANCES,
            balance(101, "Jan-24", "100.00", "0", "0", "0"),
            balance(400, "Jan-24", "0", "100.00", "0", "0"),
            balance(101, "01_24b", "50.00", "0", "100.00", "0"),
            balance(400, "01_24b", "0", "50.00", "0", "100.00"),
        ]
    ),
}


def test_the_books_tie_to_the_balances_of_oracle_and_unposted_journals_are_none(tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_text(CONFIG)
    for name, text in TABLES.items():
        path = tmp_path / "landing" / "oracle" / name / f"{name}.csv"
        path.parent.mkdir(parents=True)
        path.write_text("".join(f"{line.strip()}\n" for line in text.splitlines()))
    places = ["--landing", str(tmp_path / "landing"), "--home", str(tmp_path)]
    result = CliRunner().invoke(main, ["run", *places, "--as-of", "2024-02-29"])
    assert result.exit_code == 0, result.output
    with sqlite3.connect(tmp_path / "warehouse.db") as warehouse:
        found = warehouse.execute(
            "SELECT period, account_id, ours, theirs, difference FROM tie_out ORDER BY 1, 2"
        ).fetchall()
        income = warehouse.execute(
            "SELECT amount, ytd_amount FROM income_statement WHERE period = '2024-02' AND line = 'Net income'"
        ).fetchall()
    warehouse.close()
    assert found == [
        ("2024-01", "01110", 100, 100, 0),
        ("2024-01", "04000", -100, -100, 0),
        ("2024-02", "01110", 150, 150, 0),
        ("2024-02", "04000", -150, -150, 0),
    ]
    assert income == [(50, 150)]
