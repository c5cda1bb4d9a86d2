"""Months as partitions."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from finops_pipeline.contracts.operations import DRIVERS
from finops_pipeline.contracts.projections import arrow_schema
from finops_pipeline.defs.house import House
from finops_pipeline.defs.partitions import covered, months, range_tags, runs_of
from finops_pipeline.finance import periods
from finops_pipeline.settings import load

THIS_MONTH = periods.of(datetime.now(tz=UTC).date())


def house(home: Path, **settings: object) -> House:
    return House(load(home=home, **settings))


def stored(home: Path, *wanted: str) -> None:
    for period in wanted:
        file = house(home).lake.path(DRIVERS, period)
        file.parent.mkdir(parents=True)
        pq.write_table(arrow_schema(DRIVERS).empty_table(), file)


def keys(house: House) -> list[str]:
    return months(house).get_partition_keys()


def test_without_data_two_years_up_to_this_month(tmp_path: Path) -> None:
    assert keys(house(tmp_path)) == periods.span(periods.add(THIS_MONTH, -23), THIS_MONTH)


def test_from_the_first_month_of_data(tmp_path: Path) -> None:
    stored(tmp_path, "2020-05", "2020-07")
    assert keys(house(tmp_path)) == periods.span("2020-05", THIS_MONTH)


def test_up_to_the_last_month_of_data_where_that_lies_ahead(tmp_path: Path) -> None:
    ahead = periods.add(THIS_MONTH, 3)
    stored(tmp_path, ahead, THIS_MONTH)
    assert keys(house(tmp_path)) == periods.span(THIS_MONTH, ahead)


def test_a_setting_says_where_they_begin(tmp_path: Path) -> None:
    assert keys(house(tmp_path, first_period="2019-01"))[0] == "2019-01"


def test_the_current_month_is_that_of_the_day_but_not_after_the_last_journal(tmp_path: Path) -> None:
    assert house(tmp_path, as_of=date(2026, 3, 31)).current == "2026-03"


@pytest.mark.parametrize(
    ("wanted", "runs"),
    [
        ([], []),
        (["2026-01"], [("2026-01", "2026-01")]),
        (["2026-01", "2025-12", "2026-02"], [("2025-12", "2026-02")]),
        (["2026-04", "2026-01", "2026-02"], [("2026-01", "2026-02"), ("2026-04", "2026-04")]),
    ],
)
def test_months_become_the_fewest_runs(wanted: list[str], runs: list[tuple[str, str]]) -> None:
    assert runs_of(wanted) == runs


def test_a_run_knows_its_months_by_its_tags() -> None:
    assert covered(range_tags("2025-12", "2026-01")) == ("2025-12", "2026-01")
    assert covered({"dagster/partition": "2026-01"}) == ("2026-01",)
    assert covered({}) == ()
