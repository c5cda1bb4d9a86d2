"""The sample's goals and assumptions can be used, and leave no annual value without its assumption."""

from dataclasses import fields
from pathlib import Path

from finops_pipeline.finance.kpis import GOALS
from finops_pipeline.sample import assumptions
from finops_pipeline.settings import load


def test_everything_is_stated(tmp_path: Path) -> None:
    (tmp_path / assumptions.FILE).write_text(assumptions.TEXT, encoding="utf-8")
    settings = load(home=tmp_path)
    assert [f.name for f in fields(settings.kpi_values) if getattr(settings.kpi_values, f.name) in (None, {})] == []
    changed = {name for name, goal in settings.kpi_goals.items() if goal != GOALS.get(name)}
    assert changed == {"variance_reduction"}
