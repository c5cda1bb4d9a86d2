"""The scorecard: null with a reason wherever the data cannot support a number."""

from finops_pipeline.finance.kpis import kpi_scorecard
from finops_pipeline_tests.finance.kpis.cards import NO_RATES, formula, score, sources


def test_no_data_at_all() -> None:
    card = score(sources(), periods=("2026-01", "2026-02"))
    assert card["value"].isna().all()
    assert formula(card, "budget_utilization").endswith("(no data)")
    assert kpi_scorecard(sources(), [], as_of_period="2026-02", group_currency=None, rates=NO_RATES).empty
