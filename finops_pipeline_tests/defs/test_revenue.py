"""A contract that cannot be accounted for is left out and named; the others are published."""

from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import narwhals as nw
import pandas as pd
import pytest

from finops_pipeline.contracts import consideration, masters, revenue
from finops_pipeline.contracts.projections import conform
from finops_pipeline.contracts.revenue import REVENUE_SCHEDULE
from finops_pipeline.defs.house import House
from finops_pipeline.defs.revenue import revenue_schedule, revenue_tie_out
from finops_pipeline.finance.findings import Finding
from finops_pipeline.settings import load
from finops_pipeline.storage.keeping import Keeping
from finops_pipeline_tests.finance.revenue.chance import by_chance


def frame(table: Any, *rows: dict[str, object]) -> pd.DataFrame:
    return conform(
        pd.DataFrame([{n: row.get(n) for n in table.names} for row in rows], columns=list(table.names)), table
    )


def test_revenue_that_does_not_tie_is_a_warning_or_stops_the_close_as_the_settings_say() -> None:
    entities = frame(masters.ENTITIES, {"entity_id": "DE01", "name": "Germany", "functional_currency": "EUR"})
    accounts = frame(masters.ACCOUNTS, {"account_id": "4010", "name": "Sales", "account_type": "revenue"})
    earned = {"entity_id": "DE01", "period": "2026-03", "product_id": "P", "currency": "EUR", "recognized": 120,
              "prior_period_adjustment": 0, "recognized_ytd": 120}  # fmt: skip
    recognized = frame(revenue.RECOGNIZED_REVENUE, earned)
    line = {
        "period": "2026-03",
        "entity_id": "DE01",
        "account_id": "4010",
        "currency": "EUR",
        "debit": 0,
        "credit": 115,
    }
    lines = nw.from_native(pd.DataFrame([line])).lazy()

    def severity(*, blocks: bool) -> str:
        settings = SimpleNamespace(revenue_ledger=(), revenue_tie_blocks=blocks)
        house = SimpleNamespace(settings=settings, rows=lambda lazy: lazy.collect().to_pandas())
        made = revenue_tie_out.make(
            SimpleNamespace(house=house), recognized, lines, accounts, entities, frame(masters.PRODUCTS)
        )
        assert made.frame["difference"].tolist() == [5]
        assert made.findings["all_revenue_is_compared"] == []
        (finding,) = made.findings["revenue_is_in_the_ledger"]
        return str(finding.severity)

    assert (severity(blocks=False), severity(blocks=True)) == ("warning", "error")


def test_one_unsupported_contract_does_not_hold_back_the_others(tmp_path: Path) -> None:
    entities = frame(masters.ENTITIES, {"entity_id": "DE01", "name": "Germany", "functional_currency": "EUR"})
    contracts = frame(
        revenue.CONTRACTS,
        *({"contract_id": c, "entity_id": "DE01", "customer_id": "K", "signed_on": pd.Timestamp("2026-01-01"), "currency": "EUR"}
          for c in ("A", "B")),
    )  # fmt: skip
    shared = {"obligation_id": "1", "product_id": "P", "stated_price": 3650, "contract_currency": "EUR",
              "start_date": pd.Timestamp("2026-01-01"), "end_date": pd.Timestamp("2026-12-31")}  # fmt: skip
    obligations = frame(
        revenue.OBLIGATIONS,
        {"contract_id": "A", "recognition": "straight_line", **shared},
        {"contract_id": "B", "recognition": "input", **shared},
    )
    settings = SimpleNamespace(straight_line_proration="daily", finance_short_payments=False)
    house = SimpleNamespace(settings=settings, once=lambda _name, compute: compute(), keeping=Keeping(tmp_path))
    beside = (frame(consideration.ESTIMATE_OUTCOMES), frame(consideration.PAYMENT_PLAN))
    run = SimpleNamespace(house=house, current="2026-03")
    made = revenue_schedule.make(run, contracts, obligations, frame(revenue.CONTRACT_EVENTS), entities, *beside)
    assert set(made.frame["contract_id"]) == {"A"}
    (finding,) = made.findings["schedule_adds_up"]
    assert (finding.rule_id, finding.severity) == ("REV-020", "warning")
    assert "B" in finding.subject + finding.message


def schedule_of_a_night(home: Path, case: Any, current: str = "2027-06") -> tuple[pd.DataFrame, list[Finding]]:
    """What a night publishes as schedule, in a house of its own on the same home folder."""
    house = House(load(home=home))
    beside = (frame(consideration.ESTIMATE_OUTCOMES), frame(consideration.PAYMENT_PLAN))
    run = SimpleNamespace(house=house, current=current)
    made = revenue_schedule.make(run, case.contracts, case.obligations, case.events, case.entities, *beside)
    house.close()
    return made.frame, sorted(made.findings["schedule_adds_up"], key=str)


def kept_in(home: Path) -> str:
    (rows,) = (home / "kept").rglob("rows.parquet")
    return rows.parent.name


@pytest.mark.parametrize("settings_change", [False, True])
def test_two_nights_publish_what_one_night_does(tmp_path: Path, settings_change: bool) -> None:
    before = by_chance(Random(5), 6, changes=True)
    schedule_of_a_night(tmp_path / "two", before, "2027-05" if settings_change else "2027-06")
    events = before.events.copy()
    invoiced = events.index[events["event_type"] == "invoice"][0]
    events.loc[invoiced, "event_date"] += pd.Timedelta(days=31)
    after = replace(before, events=events, obligations=before.obligations.iloc[1:])
    two, one = (schedule_of_a_night(tmp_path / nights, after) for nights in ("two", "one"))
    pd.testing.assert_frame_equal(two[0], one[0])
    assert two[1] == one[1]
    kept = kept_in(tmp_path / "two")
    assert schedule_of_a_night(tmp_path / "two", after)[1] == one[1]
    assert kept_in(tmp_path / "two") == kept  # a quiet night makes nothing, and writes nothing


def test_what_is_kept_is_what_is_published(tmp_path: Path) -> None:
    case = by_chance(Random(5), 4, changes=False)
    published, _ = schedule_of_a_night(tmp_path, case)
    keeping = Keeping(tmp_path / "kept")
    kept = keeping.load(REVENUE_SCHEDULE)
    assert kept is not None
    pd.testing.assert_frame_equal(kept.rows, published)
    keeping.save(REVENUE_SCHEDULE, kept._replace(rows=kept.rows.iloc[1:].reset_index(drop=True)))
    again, _ = schedule_of_a_night(tmp_path, case)
    assert len(again) == len(published) - 1  # the rows did come from there
