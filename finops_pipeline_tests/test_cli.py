"""The command line: what it accepts, how it fails, and what it prints."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from finops_pipeline.cli import main
from finops_pipeline.contracts.revenue import REMAINING_OBLIGATIONS
from finops_pipeline.settings import load
from finops_pipeline.storage.warehouse import Warehouse

AT = datetime(2026, 7, 1, tzinfo=UTC)


def finops(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A warehouse with one table: 1,234.56 EUR, 7 JPY and -0.05 EUR."""
    rows = pd.DataFrame(
        [("DE01", "2026-01", "0-12m", "EUR", 123456), ("JP01", "2026-01", "0-12m", "JPY", 7),
         ("DE01", "2026-02", "0-12m", "EUR", -5)],
        columns=list(REMAINING_OBLIGATIONS.names),
    )  # fmt: skip
    with Warehouse(load(home=tmp_path).url) as warehouse:
        warehouse.create()
        warehouse.replace(REMAINING_OBLIGATIONS, rows, periods=None, run_id="r", loaded_at=AT)
    return tmp_path


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from finops_pipeline.cli import main; "
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0; "
        "print([m for m in ('pandas', 'dagster', 'duckdb', 'rich', 'great_expectations') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["run", "sample", "show", "explain"])
def test_every_command_explains_itself(command: str) -> None:
    assert finops(command, "--help").exit_code == 0


def test_show_json_has_every_digit_and_no_floats(home: Path) -> None:
    told = finops("show", "remaining_obligations", "--format", "json", "--home", str(home))
    rows = json.loads(told.output, parse_float=Decimal, parse_int=Decimal)
    assert [str(r["amount"]) for r in rows] == ["1234.56", "-0.05", "7"]
    assert list(rows[0]) == list(REMAINING_OBLIGATIONS.names)


def test_show_csv(home: Path) -> None:
    told = finops("show", "remaining_obligations", "--format", "csv", "--home", str(home), "--where", "currency=JPY")
    assert list(csv.reader(io.StringIO(told.output))) == [
        ["entity_id", "period", "band", "currency", "amount"],
        ["JP01", "2026-01", "0-12m", "JPY", "7"],
    ]


def test_show_table_counts_its_rows(home: Path) -> None:
    told = finops("show", "remaining_obligations", "--home", str(home), "--period", "2026-01", "--limit", "1")
    assert "1234.56" in told.output
    assert told.output.endswith("(1 rows)\n")


def test_show_finds_amounts_by_value(home: Path) -> None:
    told = finops("show", "remaining_obligations", "--home", str(home), "--where", "amount=-0.05", "--format", "json")
    assert [row["period"] for row in json.loads(told.output)] == ["2026-02"]


def test_an_empty_table_is_shown_as_one(home: Path) -> None:
    assert finops("show", "quarantine", "--home", str(home), "--format", "json").output == "[]\n"
    assert finops("show", "gl_balances", "--home", str(home)).output.endswith("(0 rows)\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "trial_balanse"), "trial_balance"),
        (("show", "remaining_obligations", "--where", "amount"), "column=value"),
        (("show", "remaining_obligations", "--where", "colour=red"), "entity_id"),
        (("show", "remaining_obligations", "--where", "amount=many"), "amount"),
        (("show", "remaining_obligations", "--period", "2026-13"), "YYYY-MM"),
        (("show", "quarantine", "--period", "2026-01"), "no periods"),
        (("run", "--period", "January"), "YYYY-MM"),
        (("run", "--landing", "/nowhere/at/all"), "finops sample"),
        (("run", "--as-of", "soon"), "soon"),
        (("sample",), "--out"),
        (("nonsense",), "nonsense"),
    ],
)
def test_a_mistake_is_told_in_words_and_exits_with_2(home: Path, arguments: tuple[str, ...], said: str) -> None:
    extra = () if arguments[0] in ("sample", "nonsense") else ("--home", str(home))
    result = finops(*arguments, *extra)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_setting_that_cannot_be_used_exits_with_2(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_FORECAST_HORIZON", "0")
    result = finops("show", "quarantine", "--home", str(home))
    assert result.exit_code == 2
    assert "forecast_horizon" in result.output


def test_too_few_journal_lines_are_told_with_what_to_use(tmp_path: Path) -> None:
    result = finops("sample", "--out", str(tmp_path / "landing"), "--journal-lines", "10")
    assert result.exit_code == 2
    assert "at least" in result.output


def test_explaining_a_contract_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    told = finops("explain", "contract", "CT-1", "--as-of", "2026-01-31", "--home", str(tmp_path))
    assert told.exit_code == 1
    assert (
        told.output == "Error: contract 'CT-1' is not there on 2026-01-31: look for it with `finops show contracts`\n"
    )
