"""A cloud bill may be ahead of the journals: it is published, and the ledger's reports end where the ledger ends."""

import os
import shutil
import sqlite3
from pathlib import Path

from click.testing import CliRunner

from finops_pipeline.cli import main
from finops_pipeline_tests.intake.test_focus import COLUMNS, charge
from finops_pipeline_tests.integration.conftest import ClosedHome


def last_months(home: Path) -> dict[str, str]:
    connection = sqlite3.connect(home / "warehouse.db")
    tables = ("cloud_cost_monthly", "cost_breakdown", "trial_balance", "budget_variance", "kpi_scorecard")
    found = {t: connection.execute(f"SELECT max(period) FROM {t}").fetchone()[0] for t in tables}
    connection.close()
    return found


def test_the_bill_of_a_later_month_is_published_at_once_or_by_itself(closed_home: ClosedHome, tmp_path: Path) -> None:
    home, landing = tmp_path / "home", tmp_path / "landing"
    shutil.copytree(closed_home.home, home)
    assert set(last_months(home).values()) == {"2026-06"}
    bill = landing / "focus" / "cloud" / "bill.csv"
    bill.parent.mkdir(parents=True)
    bill.write_text(f"{COLUMNS}\n{charge('1.000000000000001').replace('2024-', '2026-')}\n")
    os.utime(bill, (1.8e9, 1.8e9))
    result = CliRunner().invoke(main, ["run", "--landing", str(landing), "--home", str(home)])
    assert result.exit_code == 0, result.output
    ledger = dict.fromkeys(("trial_balance", "budget_variance", "kpi_scorecard"), "2026-06")
    assert last_months(home) == {"cloud_cost_monthly": "2026-09", "cost_breakdown": "2026-09", **ledger}
