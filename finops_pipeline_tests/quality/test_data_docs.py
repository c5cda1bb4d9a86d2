"""The results of checks become pages: one per table and period, which say what failed."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from finops_pipeline.contracts import catalog, projections
from finops_pipeline.errors import ConfigurationError
from finops_pipeline.quality import suites
from finops_pipeline.quality.data_docs import build_data_docs

NOW = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)


def results() -> pd.DataFrame:
    targets, balances = catalog.table("kpi_targets"), catalog.table("gl_balances")
    frame = projections.empty(targets)
    frame.loc[0] = ["gross_margin", "2026-3", None, None, "sideways"]
    return pd.concat(
        [
            suites.judge(targets, frame[["kpi", "period", "target", "direction"]], NOW),
            suites.judge(balances, projections.empty(balances), NOW, ["2026-02", "2026-03"]),
        ]
    )


def test_every_table_and_period_has_a_page_that_says_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    index = build_data_docs(results(), tmp_path / "docs")
    pages = {page.stem: page.read_text() for page in (tmp_path / "docs" / "validations").rglob("*.html")}
    assert set(pages) == {"kpi_targets", "gl_balances 2026-02", "gl_balances 2026-03"}
    assert all(title in index.read_text() for title in ("kpi_targets", "gl_balances"))
    for seen in ("missing baseline", "1 rows, for example 2026-3", "1 rows, for example sideways"):
        assert seen in pages["kpi_targets"]
    assert "no rows" in pages["gl_balances 2026-03"]
    assert capsys.readouterr() == ("", "")  # Great Expectations logs a page it could not render and goes on
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_a_table_without_contract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no table 'mystery'"):
        build_data_docs(results().assign(table_name="mystery"), tmp_path)
