"""Accuracy of recognition, by hand."""

import pandas as pd

from finops_pipeline_tests.finance.kpis.cards import LAST_YEAR, formula, score, sources, value

NAME = "recognition_accuracy_improvement"


def test_corrections_of_closed_months_count_by_their_size() -> None:
    rows = [{"period": p, "product_id": "P1", "recognized": 100} for p in LAST_YEAR]
    rows[3]["prior_period_adjustment"] = -30
    rows[7]["prior_period_adjustment"] = 18
    rows.append({"period": LAST_YEAR[0], "product_id": "P2", "recognized": -400})
    card = score(sources(recognized_revenue=rows))
    assert value(card, NAME) == 48 / 1600
    short = score(sources(recognized_revenue=rows[1:-1]))
    assert pd.isna(value(short, NAME))
    assert "needs twelve months of data, has 11" in formula(short, NAME)
