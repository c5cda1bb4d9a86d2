"""Every planted fault is found at its place, by its rule, and nothing else is."""

from pathlib import Path

import pandas as pd
import pytest

from finops_pipeline.sample import write_sample
from finops_pipeline_tests.intake.nights import Night


@pytest.mark.parametrize("seed", [7, 8])
def test_the_quarantine_is_exactly_what_was_planted(tmp_path: Path, seed: int) -> None:
    landing = tmp_path / "landing"
    write_sample(landing, months=16, journal_lines=12_500, seed=seed)
    night = Night(tmp_path / "home", landing=landing)
    night.run()
    planted = pd.read_csv(landing / "planted_faults.csv")
    wanted = planted[planted["outcome"].isin(["quarantined", "rejected_file"])]
    expected = sorted(zip(wanted["file_name"], wanted["row_number"], wanted["rule_id"], strict=True))
    assert night.quarantined() == expected
    assert len(expected) > 30
    files = night.report("ingested_files")
    assert files["rows_duplicate"].sum() == (planted["outcome"] == "duplicate").sum()
    assert (files["status"] == "rejected").sum() == (planted["outcome"] == "rejected_file").sum()
    assert (night.report("reconciliation")["difference"].astype(float) == 0).all()


def test_a_sample_without_faults_enters_whole(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    summary = write_sample(landing, months=3, journal_lines=3_000, faults=False)
    night = Night(tmp_path / "home", landing=landing)
    night.run()
    files = night.report("ingested_files")
    assert night.quarantined() == []
    assert files["rows_duplicate"].sum() == 0
    assert files.groupby("dataset")["rows_accepted"].sum().to_dict() == summary.rows
