"""The main job, end to end: extracts land, one command, report tables come out; twice changes nothing."""

import json
import shutil
import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from finops_pipeline.cli import main
from finops_pipeline.contracts.catalog import report_tables
from finops_pipeline.defs.assembly import build_definitions
from finops_pipeline.defs.automation import WHOLE
from finops_pipeline.defs.closing import instance
from finops_pipeline.defs.outbox import Outbox
from finops_pipeline.defs.partitions import range_tags
from finops_pipeline.settings import load

EVERY_ASSET = dg.AssetSelection.all()


@pytest.fixture
def copied(closed_home: Any, tmp_path: Path) -> Any:
    """A closed home of the test's own."""
    shutil.copytree(closed_home.home, tmp_path / "home")
    shutil.copytree(closed_home.landing, tmp_path / "landing")
    return replace(closed_home, home=tmp_path / "home", landing=tmp_path / "landing")


def run(closed: Any, *arguments: str):
    return closed.finops("run", "--landing", str(closed.landing), *arguments)


def rows(home: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(home / "warehouse.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def contents(home: Path) -> dict[str, list[tuple]]:
    return {t.name: sorted(rows(home, f"SELECT * FROM {t.name}"), key=repr) for t in report_tables()}


def test_the_close_succeeds_and_says_what_came_of_it(closed_home: Any) -> None:
    assert closed_home.result.exit_code == 0, closed_home.result.output
    for said in (
        "Published",
        "30 months",
        "Rows in",
        "quarantined",
        "Reconciliation",
        "exact",
        "meet their target",
        "Where to look next",
    ):
        assert said in closed_home.result.output


def test_every_report_table_has_rows(closed_home: Any) -> None:
    not_in_the_sample = {"cloud_cost_monthly", "left_out", "tie_out"}
    expected = {t.name for t in report_tables()} - not_in_the_sample
    empty = [name for name in expected if not rows(closed_home.home, f"SELECT 1 FROM {name} LIMIT 1")]
    assert empty == []


def test_rows_in_are_accepted_duplicate_or_quarantined(closed_home: Any) -> None:
    sums = "SUM(rows_read), SUM(rows_accepted) + SUM(rows_duplicate) + SUM(rows_quarantined)"
    query = f"SELECT {sums} FROM ingested_files WHERE status = 'accepted'"
    ((read, accounted),) = rows(closed_home.home, query)
    assert read == accounted > 0


def test_the_trial_balance_is_zero_for_every_entity_and_month(closed_home: Any) -> None:
    shown = closed_home.finops("show", "trial_balance", "--format", "json")
    sums: dict[tuple[str, str], Decimal] = {}
    for row in json.loads(shown.output, parse_float=Decimal, parse_int=Decimal):
        place = (row["entity_id"], row["period"])
        sums[place] = sums.get(place, Decimal(0)) + row["closing_balance"]
    assert len(sums) == 3 * 30
    assert set(sums.values()) == {Decimal(0)}


def test_a_second_run_changes_nothing(copied: Any) -> None:
    before = contents(copied.home)
    result = run(copied)
    assert result.exit_code == 0
    assert "nothing to publish" in result.output
    assert contents(copied.home) == before


def test_making_months_again_changes_only_stamps_and_the_log(copied: Any) -> None:
    logged = {"audit_log", "alerts", "data_quality"}
    before = {k: v for k, v in contents(copied.home).items() if k not in logged}
    result = run(copied, "--period", "2026-05", "--period", "2026-06")
    assert result.exit_code == 0, result.output
    after = {k: v for k, v in contents(copied.home).items() if k not in logged}
    assert {k: [r[:-2] for r in v] for k, v in after.items()} == {k: [r[:-2] for r in v] for k, v in before.items()}


def test_months_without_data_cannot_be_made(closed_home: Any) -> None:
    result = run(closed_home, "--period", "2026-06", "--period", "2030-01")
    assert result.exit_code == 2
    assert "nothing to make for 2030-01: there are data from 2024-01 to 2026-06" in result.output


def test_the_ui_shows_the_runs(closed_home: Any) -> None:
    with instance(load(home=closed_home.home)) as here:
        runs = here.get_runs()
        assert {(r.job_name, r.status) for r in runs} == {
            ("ingest", dg.DagsterRunStatus.SUCCESS),
            ("publish", dg.DagsterRunStatus.SUCCESS),
        }
        partitions = here.get_materialized_partitions(dg.AssetKey("trial_balance"))
    assert (min(partitions), max(partitions), len(partitions)) == ("2024-01", "2026-06", 30)


def test_a_restated_month_is_made_again_with_every_later_one(copied: Any) -> None:
    late = copied.landing / "native" / "journal_lines" / "late.csv"
    (account,) = rows(
        copied.home, "SELECT MIN(account_id) FROM trial_balance WHERE account_type = 'operating_expense'"
    )[0]
    (cash,) = rows(copied.home, "SELECT MIN(account_id) FROM trial_balance WHERE account_type = 'asset'")[0]
    late.write_text(
        "entity_id,journal_id,line_no,posting_date,account_id,currency,debit,credit\n"
        f"DE01,LATE-1,1,2026-04-30,{account},EUR,12.34,\n"
        f"DE01,LATE-1,2,2026-04-30,{cash},EUR,,12.34\n"
    )
    query = (
        "SELECT period, closing_balance FROM trial_balance WHERE entity_id = 'DE01' AND account_id = '%s' ORDER BY 1"
    )
    before = dict(rows(copied.home, query % account))
    result = run(copied)
    assert result.exit_code == 0, result.output
    assert "2026-04 to 2026-06 (3 months)" in result.output
    after = dict(rows(copied.home, query % account))
    changed = {p: round(float(after[p]) - float(before[p]), 2) for p in after if after[p] != before[p]}
    assert changed == {"2026-04": 12.34, "2026-05": 12.34, "2026-06": 12.34}


def test_a_broken_ledger_stops_what_stands_on_it_and_says_which_check(copied: Any) -> None:
    """A lake file is damaged by hand: the trial balance does not sum to zero, and no report of that run is published."""
    file = copied.home / "lake" / "journal_lines" / "period=2026-06" / "data.parquet"
    lines = pq.ParquetFile(file).read()
    at = lines.schema.get_field_index("functional_debit")
    more = pc.add(lines.column(at), pa.scalar(1, pa.int64()))
    pq.write_table(lines.set_column(at, lines.schema.field(at), more), file)
    before = rows(copied.home, "SELECT * FROM income_statement")
    result = run(copied, "--period", "2026-06")
    assert result.exit_code == 1
    assert "trial_balance_is_zero" in result.output
    assert "LED-001" in result.output
    assert rows(copied.home, "SELECT * FROM income_statement") == before
    assert rows(copied.home, "SELECT status FROM alerts WHERE kind = 'run_failure'") == [("open",)]


def test_what_broke_off_is_made_up_for(copied: Any) -> None:
    """An intake without its publication: the next close publishes, though no file is new."""
    Outbox.of(load(home=copied.home)).add({"journal_lines": ["2026-06"]})
    result = run(copied)
    assert "2026-06 to 2026-06 (1 month)" in result.output


def test_an_empty_landing_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    result = CliRunner().invoke(main, ["run", "--landing", str(tmp_path / "landing"), "--home", str(tmp_path / "home")])
    assert result.exit_code == 0, result.output
    assert "nothing to publish" in result.output


def asked_after(copied: Any, tags: dict[str, str]) -> dict[str, int]:
    """How many months of each table the automation asks for after gl_balances of April was made again."""
    settings = load(home=copied.home, landing=copied.landing)
    definitions = build_definitions(settings)
    with instance(settings) as here:
        cursor = dg.evaluate_automation_conditions(definitions, here, EVERY_ASSET).cursor
        made = definitions.resolve_job_def("publish").execute_in_process(
            instance=here,
            asset_selection=[dg.AssetKey("gl_balances")],
            tags=range_tags("2026-04", "2026-04") | tags,
        )
        assert made.success
        asked = dg.evaluate_automation_conditions(definitions, here, EVERY_ASSET, cursor=cursor)
    return {k.path[-1]: asked.get_num_requested(k) for k in definitions.resolve_asset_graph().materializable_asset_keys}


def test_what_somebody_makes_again_by_hand_flows_to_everything_that_stands_on_it(copied: Any) -> None:
    """gl_balances of April is made again: reports of April to June, and what looks at all months, are asked for."""
    wanted = asked_after(copied, {})
    assert {wanted[t] for t in ("trial_balance", "balance_sheet", "income_statement", "budget_variance")} == {3}
    assert wanted["forecast"] == 1
    assert (wanted["gl_balances"], wanted["journal_lines"], wanted["revenue_schedule"]) == (0, 0, 0)


def test_a_close_is_not_made_once_more_behind_it(copied: Any) -> None:
    assert set(asked_after(copied, WHOLE).values()) == {0}


def test_a_contract_explained_has_the_revenue_that_is_published(closed_home: Any) -> None:
    query = "SELECT contract_id, MAX(period) FROM revenue_schedule WHERE status = 'actual' GROUP BY contract_id LIMIT 1"
    ((contract, _),) = rows(closed_home.home, query)
    told = closed_home.finops("explain", "contract", contract, "--as-of", "2026-06-30")
    assert told.exit_code == 0, told.output
    for step in ("1  Contract", "2  Performance", "3  Transaction", "4  Allocation", "5  Satisfaction", "Journal"):
        assert step in told.output
    published = rows(closed_home.home, f"SELECT recognized FROM revenue_schedule WHERE contract_id = '{contract}'")
    assert all(f"{Decimal(str(amount)):,.2f}" in told.output for (amount,) in published if amount)


def test_contracts_that_change_are_accounted_for(closed_home: Any) -> None:
    changed = rows(
        closed_home.home, "SELECT COUNT(DISTINCT contract_id) FROM revenue_schedule WHERE contract_id LIKE 'CX-%'"
    )
    assert changed == [(13,)]
    allocated = (
        "SELECT DISTINCT contract_id, obligation_id, allocated_price FROM revenue_schedule WHERE contract_id IN "
    )
    shared = sorted(rows(closed_home.home, allocated + "('CX-11', 'CX-12')"))
    assert shared == [("CX-11", "CX-12:OB1", 4000), ("CX-11", "OB1", 8000)], "two contracts are one"
    early = rows(
        closed_home.home, "SELECT recognized FROM revenue_schedule WHERE contract_id = 'CX-13' AND recognized <> 0"
    )
    assert early == [(9000,)], "nothing was revenue before it was a contract, then all at once"
    financed = "SELECT SUM(paid), MAX(transferred) FROM financing_schedule WHERE contract_id = 'CX-14'"
    ((paid, price),) = rows(closed_home.home, financed)
    assert paid == 13000 < price, "what was agreed on later is paid too"
    functional = (
        "SELECT contract_id, currency FROM revenue_journal_functional WHERE entry = 'unrealized_exchange' LIMIT 1"
    )
    assert rows(closed_home.home, functional) == [("CX-10", "USD")]
    for entry in (
        "credit_note",
        "write_off",
        "contract_asset",
        "refund_liability",
        "advance",
        "goods_returned",
        "interest_income",
    ):
        assert rows(closed_home.home, f"SELECT 1 FROM revenue_journal WHERE entry = '{entry}' LIMIT 1"), entry
    assert rows(closed_home.home, "SELECT 1 FROM recognized_revenue WHERE prior_period_adjustment <> 0 LIMIT 1")
