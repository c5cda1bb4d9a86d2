"""Homes into which files land: empty, with native master data, of SAP, of NetSuite and of QuickBooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from finops_pipeline_tests.intake.netsuite import FILES, NetSuiteNight
from finops_pipeline_tests.intake.nights import Night
from finops_pipeline_tests.intake.quickbooks import ACCOUNTS, ITEMS, Books
from finops_pipeline_tests.intake.sap import RANGES, SKA1, T001, TCURX, SapNight


@pytest.fixture
def empty_night(tmp_path: Path) -> Night:
    """Nothing has landed."""
    return Night(tmp_path)


@pytest.fixture
def night(empty_night: Night) -> Iterator[Night]:
    """Master data have landed: a euro and a yen company, cash, revenue and rent."""
    empty_night.put("entities", "entities.csv", "entity_id,name,functional_currency\nDE01,Germany,EUR\nJP01,Japan,JPY")
    empty_night.put(
        "accounts", "accounts.csv",
        "account_id,name,account_type\n1000,Cash,asset\n4000,Revenue,revenue\n6000,Rent,operating_expense",
    )  # fmt: skip
    yield empty_night
    totals = empty_night.report("reconciliation")
    assert (totals["difference"].astype(float) == 0).all(), "every file must reconcile to the last digit"
    files = empty_night.report("ingested_files")
    accounted = files["rows_accepted"] + files["rows_duplicate"] + files["rows_quarantined"]
    assert (files["rows_read"] == accounted).all(), "every row is accepted, duplicate or quarantined"


@pytest.fixture
def sap(tmp_path: Path) -> SapNight:
    """Company codes in euro and yen, four accounts, TCURX."""
    night = SapNight(tmp_path, sap={"account_ranges": RANGES})
    night.table("t001", T001)
    night.table("ska1", SKA1)
    night.table("tcurx", TCURX)
    yield night
    night.assert_accounted_for()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A company in US dollars with its chart of accounts and two items."""
    night = Books(tmp_path)
    night.entity("companyinfo", {"Id": "1", "CompanyName": "Craig's", "Country": "US", "FiscalYearStartMonth": "April"})
    night.entity("account", *ACCOUNTS)
    night.entity("item", *ITEMS)
    yield night
    night.assert_accounted_for()


@pytest.fixture
def netsuite(tmp_path: Path) -> Iterator[NetSuiteNight]:
    """A parent in dollars, a daughter in yen with a year from April, a subsidiary for eliminations."""
    night = NetSuiteNight(tmp_path)
    for name, text in FILES.items():
        night.table(name, text)
    yield night
    night.assert_accounted_for()
