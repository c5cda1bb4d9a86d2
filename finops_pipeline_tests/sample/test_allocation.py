"""The sample's rules of allocation are rules that can be used, whatever the length of the sample."""

from pathlib import Path

import pytest

from finops_pipeline.finance import periods
from finops_pipeline.finance.allocation.rules import pools_of
from finops_pipeline.sample import allocation, company
from finops_pipeline.settings import load


@pytest.mark.parametrize("months", [1, 2, 30])
def test_every_entity_allocates_by_one_cycle_in_every_month(tmp_path: Path, months: int) -> None:
    span = periods.span("2024-01", periods.add("2024-01", months - 1))
    (tmp_path / allocation.FILE).write_text(allocation.rules(span), encoding="utf-8")
    rules = load(home=tmp_path).allocation
    for entity in company.ENTITIES:
        for period in span:
            assert len([c for c in rules.cycles if c.covers(entity.entity_id, period)]) == 1


def test_the_rules_fit_the_cost_centers(tmp_path: Path) -> None:
    (tmp_path / allocation.FILE).write_text(allocation.rules(["2024-01"]), encoding="utf-8")
    centers = {c.cost_center_id: (c.department, c.role) for c in company.cost_centers()}
    service = {c for c, (_, role) in centers.items() if role == "service"}
    for cycle in load(home=tmp_path).allocation.cycles:
        assert set(pools_of(cycle, centers)) == service
