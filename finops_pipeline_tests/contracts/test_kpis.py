"""The page of KPIs says all there is: every KPI, every goal, every assumption."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from finops_pipeline.contracts import kpis
from finops_pipeline.finance.kpis.goals import GOALS
from finops_pipeline.finance.kpis.register import KPIS
from finops_pipeline.finance.kpis.worth import WORTHS, Assumptions
from finops_pipeline.settings import load


@pytest.mark.parametrize("name", sorted(KPIS))
def test_every_kpi_has_its_formula_goal_and_worth_on_the_page(name: str) -> None:
    formula, worth = [line for line in kpis.page().splitlines() if line.startswith(f"| `{name}` |")]
    assert KPIS[name].formula in formula.replace("\\|", "|")
    assert formula.count("|") - 2 * formula.count("\\|") == 7 - formula.count("\\|")
    assert name not in GOALS or not formula.endswith("|  |")
    assert name not in WORTHS or WORTHS[name].formula in worth


def test_the_settings_on_the_page_are_settings_and_all_of_them(tmp_path: Path) -> None:
    example = kpis.page().split("```toml\n")[1].split("```")[0]
    assert set(tomllib.loads(example)["kpi_values"]) == {f.name for f in fields(Assumptions)}
    (tmp_path / "finops.toml").write_text(example, encoding="utf-8")
    assert str(load(home=tmp_path).kpi_goals["utilization"].value) == "0.92"
