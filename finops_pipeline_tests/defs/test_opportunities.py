"""From a bill in the landing folder to an opportunity: the engine reads it, and nothing stored is no error."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.intake import INGESTED_FILES
from finops_pipeline.defs import opportunities
from finops_pipeline.defs.house import House
from finops_pipeline.defs.recipes import Run
from finops_pipeline.intake.ingest import ingest
from finops_pipeline.settings import load
from finops_pipeline_tests.intake.test_focus import COLUMNS, charge


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(load(home=tmp_path, cloud_entities={"A1": "US01"}))
    yield opened
    opened.close()


def run_of(house: House) -> Run:
    return Run((), (), "2024-10", "test", house.now, house)


def test_unused_commitments_of_a_bill(house: House) -> None:
    bill = house.settings.landing_path / "focus" / "cloud" / "bill.csv"
    bill.parent.mkdir(parents=True)
    rows = [("12.345", "C-1,Unused"), ("0.005", "C-1,Unused"), ("70", "C-1,Used"), ("9", ",")]
    lines = "\n".join(f"{charge(cost)},{commitment}" for cost, commitment in rows)
    bill.write_text(f"{COLUMNS},CommitmentDiscountId,CommitmentDiscountStatus\n{lines}\n")
    ingest(house.settings, house.lake, house.engine, house.warehouse, run_id="test", now=house.now)
    stored = house.read(INGESTED_FILES)
    files = dict(zip(stored["file_id"], stored["file_name"], strict=True))
    (found,) = opportunities.in_the_cloud(run_of(house), house.scan(TABLES["cloud_costs"]), files)
    assert (found.entity_id, found.about, found.low, found.high) == ("US01", ("A1", "C-1"), 617, 1235)
    assert found.evidence == [{"period": "2024-09", "unused": "12.35", "file": "cloud/bill.csv"}]


def test_nothing_stored_is_nothing_found(house: House) -> None:
    accounts = pd.DataFrame({"account_id": ["6000"], "account_type": ["operating_expense"], "category": ["people"]})
    lines, charges = (house.scan(TABLES[name]) for name in ("journal_lines", "cloud_costs"))
    assert opportunities.booked_twice(house, lines, accounts, {}, {}) == []
    assert opportunities.with_vendors(run_of(house), lines, accounts) == []
    assert opportunities.in_the_cloud(run_of(house), charges, {}) == []


def test_terms_of_vendors_without_any_invoice(house: House) -> None:
    accounts = pd.DataFrame(
        {
            "account_id": ["6000", "2010"],
            "account_type": ["operating_expense", "liability"],
            "category": ["people", None],
        }
    )
    known = pd.DataFrame({"vendor_id": ["V1"]})
    lines = house.scan(TABLES["journal_lines"])
    assert opportunities.by_terms(run_of(house), lines, accounts, known.head(0), {}, {}) == []
    known = known.assign(net_days=30, discount_pct=None, discount_days=None, late_interest_pct=None)
    assert opportunities.by_terms(run_of(house), lines, accounts, known, {}, {}) == []
