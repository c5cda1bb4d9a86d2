"""KPIs of profit and cost, each by hand."""

from finops_pipeline_tests.finance.kpis.cards import formula, score, sources, value


def test_cost_ratio_and_margins() -> None:
    # Revenue 1,000; material 400, wages 300, losses 50, tax and interest stay outside.
    card = score(sources(trial_balance=[
        {"account_id": "4000", "account_type": "revenue", "credit": 1100, "debit": 100},
        {"account_id": "5000", "account_type": "cost_of_revenue", "debit": 400},
        {"account_id": "6000", "account_type": "operating_expense", "debit": 310, "credit": 10},
        {"account_id": "7500", "account_type": "other_expense", "debit": 50},
        {"account_id": "7000", "account_type": "other_income", "credit": 70},
        {"account_id": "8000", "account_type": "income_tax", "debit": 80},
        {"account_id": "1000", "account_type": "asset", "debit": 999},
        {"account_id": "4000", "account_type": "revenue", "period": "2026-01", "credit": 7},
    ]))  # fmt: skip
    assert value(card, "cost_ratio") == 0.75
    assert value(card, "gross_margin") == 0.6
    assert value(card, "operating_margin") == 0.3
    assert formula(card, "gross_margin") == "(revenue - cost of revenue) / revenue"
