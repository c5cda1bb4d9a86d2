"""What has been taken in and not yet been published."""

from pathlib import Path

import pytest

from finops_pipeline.defs.outbox import EVERYTHING, Outbox, State, basis, first_affected
from finops_pipeline.finance import periods
from finops_pipeline.settings import load

MONTHS = periods.span("2026-01", "2026-06")


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "lake" / "_unpublished.json")


@pytest.mark.parametrize(
    ("touched", "first"),
    [
        ({}, None),
        ({"journal_lines": ["2026-03", "2026-02"]}, "2026-02"),
        ({"budget_lines": ["2026-12"]}, "2026-01"),  # the latest fiscal year with December in it began in January
        ({"accounts": [""]}, EVERYTHING),
        ({"fx_rates": [""], "journal_lines": ["2026-03"]}, EVERYTHING),
        ({"drivers": ["2026-05"], "cloud_costs": ["2026-04"]}, "2026-04"),
    ],
)
def test_what_a_change_affects(touched: dict[str, list[str]], first: str | None) -> None:
    assert first_affected(touched) == first


def test_everything_is_out_of_date_before_the_first_publication(outbox: Outbox) -> None:
    assert outbox.out_of_date(MONTHS, "a") == MONTHS


def test_a_touched_month_and_all_later_ones_are_out_of_date(outbox: Outbox) -> None:
    outbox.settle(MONTHS, MONTHS, "a")
    assert outbox.out_of_date(MONTHS, "a") == []
    outbox.add({"journal_lines": ["2026-05"]})
    outbox.add({"journal_lines": ["2026-04"]})
    outbox.add({"journal_lines": ["2026-06"]})
    assert outbox.out_of_date(MONTHS, "a") == ["2026-04", "2026-05", "2026-06"]


def test_a_publication_of_other_months_settles_nothing(outbox: Outbox) -> None:
    outbox.settle(MONTHS, MONTHS, "a")
    outbox.add({"journal_lines": ["2026-04"]})
    assert not outbox.settle(["2026-06"], MONTHS, "a")
    assert outbox.out_of_date(MONTHS, "a") == ["2026-04", "2026-05", "2026-06"]
    assert outbox.settle(["2026-04", "2026-05", "2026-06"], MONTHS, "a")
    assert outbox.state() == State(current="2026-06", basis="a")


def test_a_new_month_is_out_of_date_alone(outbox: Outbox) -> None:
    outbox.settle(MONTHS, MONTHS, "a")
    assert outbox.out_of_date([*MONTHS, "2026-07"], "a") == ["2026-07"]


def test_a_current_month_that_moved_back_is_made_again(outbox: Outbox) -> None:
    outbox.settle(MONTHS, MONTHS, "a")
    assert outbox.out_of_date(MONTHS[:3], "a") == ["2026-03"]


def test_a_touched_month_after_the_current_one_still_asks_for_the_current_one(outbox: Outbox) -> None:
    """A posting of July, reported as of June: no month of June's reports changes but what looks ahead may."""
    outbox.settle(MONTHS, MONTHS, "a")
    outbox.add({"journal_lines": ["2026-07"]})
    assert outbox.out_of_date(MONTHS, "a") == ["2026-06"]


def test_other_settings_make_everything_out_of_date_but_other_paths_do_not(outbox: Outbox, tmp_path: Path) -> None:
    before = basis(load(home=tmp_path))
    outbox.settle(MONTHS, MONTHS, before)
    assert basis(load(home=tmp_path / "elsewhere")) == before
    assert outbox.out_of_date(MONTHS, basis(load(home=tmp_path, forecast_horizon=6))) == MONTHS


def test_nothing_is_out_of_date_where_there_are_no_data(outbox: Outbox) -> None:
    outbox.add({"accounts": [""]})
    assert outbox.out_of_date([], "a") == []
