"""Reading exactly what is asked for, replacing exactly what was made, and what a failed check holds back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import narwhals as nw
import pandas as pd
import pytest

from finops_pipeline.contracts.budget import BUDGET_VARIANCE
from finops_pipeline.contracts.intake import AUDIT_LOG
from finops_pipeline.contracts.ledger import GL_BALANCES, TRIAL_BALANCE
from finops_pipeline.defs import assets
from finops_pipeline.defs.house import House
from finops_pipeline.defs.io_manager import ContractIO
from finops_pipeline.defs.metadata import control_totals
from finops_pipeline.defs.partitions import range_tags
from finops_pipeline.defs.recipes import Made, Recipe, Run, recipe
from finops_pipeline.finance.findings import Finding
from finops_pipeline.settings import load

MONTHS = dg.TimeWindowPartitionsDefinition(start="2026-01", end="2026-07", cron_schedule="0 0 1 * *", fmt="%Y-%m")
# Single-run backfills are beta in the release we pin; `assembly` says so once for the package.
pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
AT = datetime(2026, 7, 1, tzinfo=UTC)


def balances(*periods: str, debit: int = 100) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "entity_id": "DE01", "period": list(periods), "account_id": "4000", "cost_center_id": None,
            "product_id": None, "currency": "EUR", "debit": debit, "credit": 0, "lines": 1, "quantity": None,
        }
    ).astype({"entity_id": "str", "period": "str", "account_id": "str", "cost_center_id": "str", "product_id": "str",
              "currency": "str"})  # fmt: skip


def trial(frame: pd.DataFrame, *periods: str) -> pd.DataFrame:
    """A row per period asked for, whose debit is the sum of everything that was given."""
    return pd.DataFrame(
        {
            "entity_id": "DE01", "period": list(periods), "account_id": "4000", "account_name": "Sales",
            "account_type": "revenue", "currency": "EUR", "opening_balance": 0, "debit": int(frame["debit"].sum()),
            "credit": 0, "closing_balance": 0,
        }
    )  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Any:
    made = House(load(home=tmp_path))
    yield made
    made.close()


@pytest.fixture
def here() -> Any:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def make(house: House, here: dg.DagsterInstance, recipes: list[Recipe], first: str, last: str, *only: str) -> Any:
    by_month = frozenset(r.table.name for r in recipes if r.monthly)
    checks = {r.table.name: ("contract", *r.checks) for r in recipes}
    condition = dg.AutomationCondition.eager()
    definitions = dg.Definitions(
        assets=[assets.made(r, MONTHS, by_month, condition) for r in recipes],
        resources={
            "house": house,
            "io_manager": dg.IOManagerDefinition.hardcoded_io_manager(ContractIO(house, checks)),
        },
        jobs=[dg.define_asset_job("job", list(only) or "*")],
        executor=dg.in_process_executor,
    )
    return definitions.resolve_job_def("job").execute_in_process(
        instance=here, tags=range_tags(first, last), raise_on_error=False
    )


@recipe(GL_BALANCES, monthly=True)
def made_balances(run: Run) -> pd.DataFrame:
    return balances(*run.periods)


@recipe(TRIAL_BALANCE, monthly=True)
def of_the_same_months(run: Run, gl_balances: pd.DataFrame) -> pd.DataFrame:
    return trial(gl_balances, *run.periods)


@recipe(TRIAL_BALANCE, monthly=True, history=["gl_balances"])
def of_all_months(run: Run, gl_balances: pd.DataFrame) -> pd.DataFrame:
    return trial(gl_balances, *run.periods)


def published(house: House) -> dict[str, int]:
    frame = house.warehouse.read(TRIAL_BALANCE)
    return dict(zip(frame["period"], frame["debit"].tolist(), strict=True))


@pytest.mark.parametrize(("consumer", "seen"), [(of_the_same_months, 200), (of_all_months, 400)])
def test_an_asset_gets_its_own_months_or_all_up_to_them(
    house: House, here: dg.DagsterInstance, consumer: Recipe, seen: int
) -> None:
    """Months 1 to 6 have 100 each; months 3 and 4 are made."""
    house.lake.replace(GL_BALANCES, balances(*[f"2026-0{m}" for m in range(1, 7)]), None)
    assert make(house, here, [made_balances, consumer], "2026-03", "2026-04", "trial_balance").success
    assert published(house) == {"2026-03": seen, "2026-04": seen}


def test_a_write_replaces_the_months_of_the_run_and_no_others(house: House, here: dg.DagsterInstance) -> None:
    house.lake.replace(GL_BALANCES, balances("2026-01", "2026-02", "2026-03", debit=7), None)
    make(house, here, [made_balances], "2026-02", "2026-02")
    frame = house.lake.read(GL_BALANCES)
    assert dict(zip(frame["period"], frame["debit"], strict=True)) == {"2026-01": 7, "2026-02": 100, "2026-03": 7}


def test_a_write_says_rows_and_control_totals(house: House, here: dg.DagsterInstance) -> None:
    result = make(house, here, [made_balances], "2026-01", "2026-02")
    first, second = result.asset_materializations_for_node("gl_balances")
    assert (first.partition, second.partition) == ("2026-01", "2026-02")
    told = {name: value.value for name, value in first.metadata.items()}
    assert told["dagster/row_count"] == 2
    assert told["dagster/partition_row_count"] == 1
    assert told["total debit EUR"] == "2.00"  # two months of 100 cents


def test_money_shown_in_several_ways_is_totalled_way_by_way() -> None:
    rows = [("2026-01", "mtd", "EUR", 99), ("2026-02", "mtd", "EUR", 150), ("2026-02", "ytd", "EUR", 249)]
    frame = pd.DataFrame(rows, columns=["period", "basis", "currency", "actual"]).assign(version="2026", budget=100)
    frame = frame.assign(variance=frame["actual"] - frame["budget"], profit_effect=0)
    lines = control_totals(BUDGET_VARIANCE, frame)["totals"].value.splitlines()
    assert lines[0] == "| currency | period | version | basis | actual | budget | variance | profit_effect |"
    assert lines[2:] == [
        "| EUR | 2026-02 | 2026 | mtd | 1.50 | 1.00 | 0.50 | 0.00 |",
        "| EUR | 2026-02 | 2026 | ytd | 2.49 | 1.00 | 1.49 | 0.00 |",
    ]
    assert control_totals(BUDGET_VARIANCE, frame.head(0)) == {}


@recipe(TRIAL_BALANCE, monthly=True)
def of_lazy(run: Run, gl_balances: nw.LazyFrame[Any]) -> pd.DataFrame:
    assert isinstance(gl_balances, nw.LazyFrame)
    return trial(run.house.collect(gl_balances, GL_BALANCES), *run.periods)


def test_the_annotation_says_which_frame(house: House, here: dg.DagsterInstance) -> None:
    house.lake.replace(GL_BALANCES, balances("2026-01"), None)
    assert make(house, here, [made_balances, of_lazy], "2026-01", "2026-01", "trial_balance").success
    assert published(house) == {"2026-01": 100}


def test_nothing_stored_is_an_empty_frame_of_either_kind(house: House, here: dg.DagsterInstance) -> None:
    for consumer in (of_lazy, of_the_same_months):
        make(house, here, [made_balances, consumer], "2026-01", "2026-01", "trial_balance")
        assert published(house) == {"2026-01": 0}


@recipe(GL_BALANCES, monthly=True, checks=["is_right"])
def wrong_balances(run: Run) -> Made:
    return Made(balances(*run.periods, debit=9), {"is_right": [Finding("X-001", "DE01 2026-01", "off by 9")]})


def test_what_fails_a_check_is_not_published_nor_what_stands_on_it(house: House, here: dg.DagsterInstance) -> None:
    house.lake.replace(GL_BALANCES, balances("2026-01"), None)
    result = make(house, here, [wrong_balances, of_the_same_months], "2026-01", "2026-01")
    assert not result.success
    assert house.lake.read(GL_BALANCES)["debit"].tolist() == [100]
    assert published(house) == {}
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description
    assert said == "gl_balances: check is_right failed: X-001 DE01 2026-01: off by 9"


def test_a_later_run_does_not_build_on_a_failed_check(house: House, here: dg.DagsterInstance) -> None:
    """Blocking is per run in Dagster; the I/O manager makes it hold until the upstream table has passed."""
    house.lake.replace(GL_BALANCES, balances("2026-01"), None)
    make(house, here, [wrong_balances, of_the_same_months], "2026-01", "2026-01", "gl_balances")
    later = make(house, here, [wrong_balances, of_the_same_months], "2026-01", "2026-01", "trial_balance")
    assert not later.success
    (failure,) = [e for e in later.all_events if e.is_step_failure]
    assert "gl_balances failed its blocking check is_right" in str(failure.step_failure_data.error.to_string())
    assert published(house) == {}


@recipe(GL_BALANCES, monthly=True)
def without_contract(run: Run) -> pd.DataFrame:
    return balances(*run.periods).drop(columns="lines")


def test_a_frame_that_breaks_its_contract_is_an_error_that_is_not_retried(
    house: House, here: dg.DagsterInstance
) -> None:
    result = make(house, here, [without_contract], "2026-01", "2026-01")
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert "ContractError: gl_balances" in failure.step_failure_data.user_failure_data.description


@recipe(AUDIT_LOG, write="append")
def appended() -> pd.DataFrame:
    words = dict.fromkeys(("actor", "action", "subject", "previous_hash", "hash"), "x")
    return pd.DataFrame([{"seq": 1, "at": AT, **words, "detail": "{}"}])


def test_what_is_appended_cannot_be_written_twice(house: House, here: dg.DagsterInstance) -> None:
    assert make(house, here, [appended], "2026-01", "2026-01").success
    assert not make(house, here, [appended], "2026-01", "2026-01").success
    assert len(house.warehouse.read(AUDIT_LOG)) == 1
