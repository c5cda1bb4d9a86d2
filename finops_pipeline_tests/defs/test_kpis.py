"""Alerts as they are asked for: rules and limits of the settings, and the journals behind a place."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.contracts.projections import conform
from finops_pipeline.defs.house import House
from finops_pipeline.defs.kpis import largest_journals, places_of, rules, thresholds
from finops_pipeline.settings import load


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(load(home=tmp_path))
    yield opened
    opened.close()


def test_what_holds_when_the_settings_say_nothing(house: House) -> None:
    assert thresholds(house.settings) == {"default": Decimal(10_000)}
    kinds = {rule.kind for rule in rules(house.settings)}
    assert kinds == {"consecutive", "run_rate", "outlier", "trend_break"}


def test_rules_and_limits_are_those_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_text("""
[materiality.default]
amount = 500
[materiality.revenue]
pct = 0.02
[triggers."rent is fixed"]
kind = "amount"
amount = 0.01
accounts = ["6510"]
severity = "info"
action = "Ask the landlord."
""")
    settings = load(home=tmp_path)
    assert thresholds(settings) == {"default": Decimal(500), "revenue": None}
    (rule,) = rules(settings)
    assert (rule.name, rule.kind, rule.amount) == ("rent is fixed", "amount", Decimal("0.01"))
    assert (rule.accounts, rule.severity, rule.action) == (("6510",), "info", "Ask the landlord.")


def lines(rows: list[tuple[str, str | None, str, int, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        rows, columns=["account_id", "cost_center_id", "journal_id", "functional_debit", "functional_credit"]
    )
    columns = {
        "entity_id": "DE01", "line_no": range(1, len(rows) + 1), "posting_date": pd.Timestamp("2026-03-31"), "currency": "EUR",
        "debit": frame["functional_debit"], "credit": frame["functional_credit"], "description": "Rent", "period": "2026-03",
        "functional_currency": "EUR", "file_id": "f", "row_number": range(1, len(rows) + 1),
    }  # fmt: skip
    whole = frame.assign(**columns)
    return conform(
        whole.assign(**{n: None for n in JOURNAL_LINES.names if n not in whole})[[*JOURNAL_LINES.names]], JOURNAL_LINES
    )


def test_the_three_largest_journals_behind_each_place(house: House) -> None:
    rows = [("6000", "CC1", f"J{n}", 100 * n, 0) for n in range(1, 6)]
    rows += [("6000", "CC1", "J1", 700, 0), ("6000", None, "J9", 0, 30), ("6100", "CC1", "J8", 5, 0)]
    house.lake.replace(JOURNAL_LINES, lines(rows), ["2026-03"])
    places = {("DE01", "6000", "CC1"), ("DE01", "6000", None)}
    found = largest_journals(house, places, "2026-03").sort_values(["cost_center_id", "amount"], na_position="last")
    #   J1 is 100 + 700 in two lines; account 6100 was not asked for
    assert found["journal_id"].tolist() == ["J4", "J5", "J1", "J9"]
    assert found["amount"].tolist() == [400, 500, 800, -30]
    assert places_of(found) == places


def test_no_journals_of_the_month_are_no_cause(house: House) -> None:
    assert largest_journals(house, {("DE01", "6000", None)}, "2026-03").empty
    assert largest_journals(house, set(), "2026-03").empty
