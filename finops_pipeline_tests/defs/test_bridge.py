"""The waterfall: from planned to actual profit of each entity, against its latest version."""

import base64
import re

import pandas as pd

from finops_pipeline.contracts.budget import BUDGET_VARIANCE, VARIANCE_BRIDGE
from finops_pipeline.contracts.projections import empty
from finops_pipeline.defs.bridge import waterfalls


def images(text: str) -> list[str]:
    return [base64.b64decode(found).decode() for found in re.findall(r"base64,([^)]*)\)", text)]


def test_planned_profit_and_its_effects_end_at_actual_profit() -> None:
    variance = pd.DataFrame(
        [
            ("2026-a", "DE01", "4000", "revenue", "EUR", 1_000_00, 900_00),
            ("2026-b", "DE01", "4000", "revenue", "EUR", 1_000_00, 1_200_00),
            ("2026-b", "DE01", "6000", "operating_expense", "EUR", 300_00, 260_00),
            ("2026-b", "DE01", "1000", "asset", "EUR", 10_00, 0),
            ("2026-a", "JP01", "4000", "revenue", "JPY", 500, 500),
        ],
        columns=["version", "entity_id", "account_id", "account_type", "currency", "actual", "budget"],
    ).assign(period="2026-01", basis="mtd")
    effects = pd.DataFrame(
        [
            ("2026-b", "2026-01", "4000", "price", -150_00),
            ("2026-b", "2026-01", "4000", "volume", -50_00),
            ("2026-b", "2026-01", "6000", "spend", 40_00),
            ("2026-b", "2026-01", "1000", "spend", 10_00),  # no profit in it
            ("2026-b", "2025-12", "6000", "spend", 7_00),
            ("2026-a", "2026-01", "4000", "price", 100_00),
        ],
        columns=["version", "period", "account_id", "effect", "amount"],
    ).assign(entity_id="DE01")
    german, japanese = images(waterfalls(effects, variance))
    assert "DE01 2026-01: profit planned in 2026-b to actual, EUR" in german
    shown = re.findall(r'<text x="500"[^>]*>([^<]*)<', german)
    #   1,200 - 260 = 940 planned; price, spend and volume; 1,000 - 300 = 700 actual
    assert shown == ["940", "-150", "-40", "-50", "700"]
    assert re.findall(r'<text x="500"[^>]*>([^<]*)<', japanese) == ["500", "500"]


def test_nothing_compared_is_no_picture() -> None:
    assert waterfalls(empty(VARIANCE_BRIDGE), empty(BUDGET_VARIANCE)) == ""
