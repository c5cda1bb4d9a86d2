"""The picture of the variance: one scale per entity, because currencies have none in common."""

import base64
import re

import pandas as pd

from finops_pipeline.defs.budget import by_month, chart, heat
from finops_pipeline.finance import periods
from finops_pipeline.settings import PhasingRule, Settings


def test_each_entity_has_its_own_picture_against_its_latest_version() -> None:
    rows = [
        ("2026-original", "DE01", "EUR", "Rent", None, -100),
        ("2026-revised", "DE01", "EUR", "Rent", "CC1", -200),
        ("2026-original", "JP01", "JPY", "Sales", None, 900_000),
    ]
    frame = pd.DataFrame(
        rows, columns=["version", "entity_id", "currency", "account_name", "cost_center_id", "profit_effect"]
    )
    images = [
        base64.b64decode(found).decode()
        for found in re.findall(
            r"base64,([^)]*)\)", chart(frame.assign(period="2026-01", basis="mtd", variance_pct=float("nan")))
        )
    ]
    assert len(images) == 2
    assert "DE01: effect on profit against 2026-revised, EUR" in images[0]
    assert "Rent CC1" in images[0]
    assert ">-2<" in images[0]
    assert ">Sales<" in images[1]
    assert ">900,000<" in images[1]


def test_nothing_to_show_is_no_picture() -> None:
    columns = ["version", "entity_id", "currency", "account_name", "cost_center_id", "profit_effect", "period", "basis"]
    assert chart(pd.DataFrame(columns=columns)) == ""


def test_the_settings_say_which_versions_are_annual() -> None:
    lines = pd.DataFrame({
        "version": ["2026-annual", "2026-monthly"], "entity_id": "DE01", "period": "2026-03", "account_id": "6000",
        "currency": "EUR", "amount": [1200, 1200], "quantity": None,
    })  # fmt: skip
    entities = pd.DataFrame({"entity_id": ["DE01"], "fiscal_year_start_month": [7]})
    rules = {"2026-annual": PhasingRule(method="equal")}
    spread = by_month(Settings(phasing=rules), lines, entities)
    assert spread["amount"].tolist() == [1200, *[100] * 12]
    assert spread["period"].tolist() == ["2026-03", *periods.span("2025-07", "2026-06")]


def test_the_heat_map_has_departments_and_months_of_the_latest_version() -> None:
    rows = [
        ("a", "2026-01", "Sales", 100, 1_000),
        ("a", "2026-02", "Sales", 500, 1_000),
        ("b", "2026-02", "Sales", -100, 1_000),
        ("b", "2026-02", "Sales", -20, 200),
        ("b", "2026-02", None, 50, 0),
        ("b", "2026-01", None, 30, -100),
    ]
    frame = pd.DataFrame(rows, columns=["version", "period", "department", "profit_effect", "budget"])
    frame = frame.assign(entity_id="DE01", basis="mtd")
    (image,) = [base64.b64decode(found).decode() for found in re.findall(r"base64,([^)]*)\)", heat(frame))]
    assert "DE01: effect on profit against b, of the budget" in image
    assert re.findall(r">([+-][0-9]+%)<", image) == [
        "+30%",
        "-10%",
    ]  # 30 of 100; 120 of 1,200; 50 of nothing is no fraction
    assert [label in image for label in (">26-01<", ">26-02<", ">Sales<", ">(no department)<")] == [True] * 4


def test_the_heat_map_of_nothing_is_no_picture() -> None:
    columns = ["version", "entity_id", "department", "profit_effect", "budget", "period", "basis"]
    assert heat(pd.DataFrame(columns=columns)) == ""
