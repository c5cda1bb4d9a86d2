"""A night in a temporary home: put files into landing, let the intake run, look at what came of it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from finops_pipeline.contracts.catalog import table
from finops_pipeline.intake.ingest import IntakeResult, ingest
from finops_pipeline.settings import Settings
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.lake import Lake
from finops_pipeline.storage.warehouse import Warehouse

NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)


class Night:
    """Landing, lake and warehouse of one company."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.settings = Settings(home=home, **settings)
        self.lake = Lake(self.settings.lake_path)
        self.warehouse = Warehouse(self.settings.url)
        self.warehouse.create()
        self._minute = 0

    def put(self, dataset: str, name: str, text: str | bytes, source: str = "native") -> Path:
        """Deliver a file; each arrives a minute after the one before."""
        path = self.settings.landing_path / source / dataset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else _lines(text).encode())
        self._minute += 1
        moment = NOW.timestamp() - 86_400 + 60 * self._minute
        os.utime(path, (moment, moment))
        return path

    def run(self) -> IntakeResult:
        """One night's intake."""
        with Engine("500MB", 2) as engine:
            return ingest(self.settings, self.lake, engine, self.warehouse, run_id="test", now=NOW)

    def report(self, name: str) -> pd.DataFrame:
        """A warehouse table."""
        return self.warehouse.read(table(name))

    def rows(self, name: str) -> pd.DataFrame:
        """A lake table."""
        return self.lake.read(table(name))

    def quarantined(self) -> list[tuple[str, int, str]]:
        """(file name, row number, rule) of every row kept out."""
        found = self.report("quarantine").merge(self.report("ingested_files")[["file_id", "file_name"]])
        return sorted(zip(found["file_name"], found["row_number"], found["rule_id"], strict=True))

    def file(self, name: str) -> pd.Series:
        """The row of `ingested_files` of a file."""
        found = self.report("ingested_files")
        return found[found["file_name"] == name].iloc[-1]

    def assert_accounted_for(self) -> None:
        """Every row of every file has had one fate, and every control total ties to the last digit."""
        totals = self.report("reconciliation")
        assert (totals["difference"].astype(float) == 0).all(), "every file must reconcile to the last digit"
        files = self.report("ingested_files")
        parts = ["rows_accepted", "rows_duplicate", "rows_quarantined", "rows_left_out"]
        assert (files["rows_read"] == files[parts].fillna(0).sum(axis=1)).all(), "every row has one fate"


def _lines(text: str) -> str:
    return "".join(f"{line.strip()}\n" for line in text.strip().splitlines())
