"""The picture of the variance: one scale per entity, because currencies have none in common."""

import base64
import re

import pandas as pd

from finops_pipeline.defs.budget import by_month, chart
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
