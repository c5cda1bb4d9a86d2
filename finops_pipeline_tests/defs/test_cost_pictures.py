"""The pictures of costs: flows between departments, and the few costs that are most of them."""

import base64
import re

import pandas as pd

from finops_pipeline.defs import cost_pictures
from finops_pipeline_tests.finance.books import COST_CENTERS, table


def images(markdown: str) -> list[str]:
    return [base64.b64decode(found).decode() for found in re.findall(r"base64,([^)]*)\)", markdown)]


def test_flows_run_between_departments_of_the_last_month() -> None:
    trace = table("""
        entity_id  period   from_cost_center_id  to_cost_center_id  currency  amount
        DE         2026-01  CC1                  CC2                EUR       99900
        DE         2026-02  CC1                  CC2                EUR       7000
        DE         2026-02  CC1                  CC3                EUR       1000
        DE         2026-02  CC2                  CC1                EUR       -500
        DE         2026-02  CC1                  -                  EUR       200
        UK         2026-02  CC2                  CC1                GBP       300
    """)
    german, british = images(cost_pictures.flow(trace, COST_CENTERS))
    assert "DE: allocated cost of 2026-02, EUR" in german
    assert german.count("<path") == 3
    assert german.count("stroke-dasharray") == 1  # the negative one
    for said in ("Production 80", "unallocated 2", "Sales 82", "Production -5"):
        assert said in german
    assert "UK: allocated cost of 2026-02, GBP" in british


def test_the_largest_costs_say_what_share_is_reached_with_them() -> None:
    breakdown = table("""
        entity_id  period   department  category  origin     currency  amount
        DE         2026-01  Sales       people    direct     EUR       99900
        DE         2026-02  Sales       people    direct     EUR       6000
        DE         2026-02  Works       rent      direct     EUR       3000
        DE         2026-02  -           -         direct     EUR       1000
        DE         2026-02  Sales       rent      direct     EUR       -500
        DE         2026-02  Works       x         allocated  EUR       77700
    """)
    (picture,) = images(cost_pictures.pareto(breakdown))
    for said in ("60% Sales people", "90% Works rent", "100% no department no category"):
        assert said in picture
    assert "777" not in picture


def test_nothing_to_show_is_no_picture() -> None:
    trace = pd.DataFrame(columns=["entity_id", "period", "from_cost_center_id", "to_cost_center_id", "amount"])
    assert cost_pictures.flow(trace, COST_CENTERS) == ""
    columns = ["entity_id", "period", "department", "category", "origin", "currency", "amount"]
    assert cost_pictures.pareto(pd.DataFrame(columns=columns)) == ""
    assert images(cost_pictures.flows("empty", {}))
