"""Revenue by product, entity, country and timing: by hand, and its proof on what it is for."""

import pandas as pd

from finops_pipeline.finance.revenue import recognized_revenue
from finops_pipeline.finance.revenue.disaggregation import disaggregation_findings, revenue_disaggregation
from finops_pipeline_tests.finance.revenue.deals import assert_keeps, deals

# One product in two ways: 1,200 for a year of service, 300 for a license; usage of another one.
CASE = deals(
    "contract_id signed_on \n C1 2026-01-01",
    """
    contract_id obligation_id product_id recognition   stated_price start_date end_date
    C1          A             PA         straight_line 1200         2026-01-01 2026-12-31
    C1          B             PA         point_in_time 300          -          -
    C1          C             PB         usage         0            -          -
    """,
    """
    contract_id event_id event_date event_type obligation_id amount
    C1          D1       2026-02-10 delivery   B             -
    C1          U1       2026-02-28 usage      C             7
    """,
)
PERIODS = ["2026-01", "2026-02"]


def made() -> tuple[pd.DataFrame, pd.DataFrame]:
    lines = CASE.schedule("2026-03", "monthly").lines
    entities = CASE.entities.assign(country="DE")
    return (
        revenue_disaggregation(lines, CASE.obligations, entities, PERIODS),
        recognized_revenue(lines, entities, PERIODS),
    )


def test_one_product_that_is_sold_in_two_ways() -> None:
    parts, _ = made()
    assert_keeps("revenue_disaggregation", parts)
    assert parts[["period", "product_id", "country", "timing", "recognized"]].values.tolist() == [
        ["2026-01", "PA", "DE", "over_time", 100],
        ["2026-02", "PA", "DE", "over_time", 100],
        ["2026-02", "PA", "DE", "point_in_time", 300],
        ["2026-02", "PB", "DE", "over_time", 7],
    ]


def test_an_entity_without_country_has_none() -> None:
    parts = revenue_disaggregation(CASE.schedule("2026-03").lines, CASE.obligations, CASE.entities, PERIODS)
    assert parts["country"].isna().all()


def test_the_proof_fails_on_a_wrong_amount_and_on_missing_rows() -> None:
    parts, books = made()
    assert disaggregation_findings(parts, books) == []
    wrong = parts.assign(recognized=parts["recognized"] + (parts["product_id"] == "PB"))
    adjusted = parts.assign(prior_period_adjustment=parts["prior_period_adjustment"] + (parts["product_id"] == "PB"))
    for broken in (wrong, adjusted, parts[:-1]):
        assert [(f.rule_id, f.subject) for f in disaggregation_findings(broken, books)] == [
            ("REV-160", "DE 2026-02 PB EUR")
        ]
    assert disaggregation_findings(parts[:0], books)
    assert disaggregation_findings(parts, books[:0])
