"""What the asset page of the scorecard shows: the last month, as a chart and as a table."""

import base64
import re

import pandas as pd

from finops_pipeline.contracts import catalog, projections
from finops_pipeline.defs import kpi_pictures

ROWS = [
    ("cost_ratio", "cost", "2026-01", "ratio", 0.5, 0.9, 0.1, -0.8, False, None, None, "f"),
    ("cost_ratio", "cost", "2026-02", "ratio", 0.5, 0.4, 0.45, 0.2, True, None, None, "f"),
    ("annual_savings", "cost", "2026-02", "money", 2e6, 1e6, 2.5e6, -0.5, False, 123456, "EUR", "f"),
    ("gross_margin", "profit", "2026-02", "ratio", 0.5, 0.55, None, 0.1, None, None, None, "f"),
    ("utilization", "budget", "2026-02", "ratio", None, None, 0.9, None, None, None, None, "f"),
]


def card(rows: list[tuple]) -> pd.DataFrame:
    table = catalog.table("kpi_scorecard")
    return projections.conform(pd.DataFrame(rows, columns=list(table.names), dtype=object), table)


def test_the_chart_has_the_improvements_of_the_last_month_and_its_verdicts() -> None:
    (picture,) = re.findall(r"base64,([^)]*)\)", kpi_pictures.chart(card(ROWS)))
    drawn = base64.b64decode(picture).decode()
    for said in (
        "KPIs of 2026-02",
        "cost_ratio (met)",
        "annual_savings (not met)",
        "gross_margin (no target)",
        ">20<",
        ">-50<",
    ):
        assert said in drawn
    assert "utilization" not in drawn
    assert drawn.index("cost_ratio") < drawn.index("gross_margin") < drawn.index("annual_savings")


def test_the_table_has_every_kpi_of_the_last_month() -> None:
    shown = kpi_pictures.month(card(ROWS))
    assert shown.count("cost_ratio") == 1
    for said in ("+20.0%", "yes", "2,500,000", "1,234.56 EUR", "utilization"):
        assert said in shown


def test_nothing_to_show_is_no_picture() -> None:
    assert kpi_pictures.chart(card([])) == ""
    assert "annual_value" in kpi_pictures.month(card([]))
