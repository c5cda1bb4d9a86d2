"""The outlook of the year with the forecast for what is ahead: by hand."""

from typing import Any

import pandas as pd

from finops_pipeline.finance import outlook

ENTITIES = pd.DataFrame({"entity_id": ["DE"], "functional_currency": ["EUR"], "fiscal_year_start_month": [1]})
ORIGIN = "2026-10"
_ROW: dict[str, Any] = {
    "version": "v1", "entity_id": "DE", "period": ORIGIN, "account_type": "operating_expense", "department": "Sales",
    "cost_center_id": "A", "actual": 300, "theoretical": 0,
}  # fmt: skip


def variance(*accounts: tuple[str, int, int, dict[str, Any]]) -> pd.DataFrame:
    """Rows of (account, planned to date, planned for the rest): the plan to date is due."""
    rows = []
    for account, done, rest, changes in accounts:
        for basis, budget in (("full_year", done + rest), ("ytd", done)):
            row = _ROW | {"account_id": account, "basis": basis, "budget": budget, "theoretical": done} | changes
            rows.append(row | {"outlook": row["actual"] + row["budget"] - row["theoretical"]})
    frame = pd.DataFrame(rows)
    words = ["version", "entity_id", "period", "account_type", "department", "cost_center_id", "account_id", "basis"]
    return frame.astype(dict.fromkeys(words, "str"))


def forecast(*months: tuple[str, int], department: str | None = "Sales", model: str = "ets") -> pd.DataFrame:
    rows = [("DE", department, "cost", p, ORIGIN, model, amount) for p, amount in months]
    names = ["entity_id", "department", "measure", "period", "origin_period", "model", "p50"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype(dict.fromkeys(names[:-1], "str"))


AHEAD = forecast(("2026-11", 330), ("2026-12", 330), ("2027-01", 999))
TWO = variance(("6000", 200, 500, {}), ("6100", 50, 100, {"actual": 0}))


def seen(table: pd.DataFrame, ahead: pd.DataFrame = AHEAD) -> dict[str, tuple[int, str]]:
    """Outlook and source of the full year, by account (and cost center where there are several)."""
    found = outlook.with_forecast(table, ahead, ENTITIES)
    assert outlook.outlook_findings(found, ahead, ENTITIES) == []
    pd.testing.assert_frame_equal(found.drop(columns=["outlook", "outlook_source"]), table.drop(columns="outlook"))
    assert (found.loc[found["basis"] == "ytd", "outlook_source"] == "budget").all()
    year = found[found["basis"] == "full_year"]
    return dict(zip(year["account_id"], zip(year["outlook"], year["outlook_source"], strict=True), strict=True))


def test_the_worked_example() -> None:
    assert seen(TWO) == {"6000": (300 + 550, "forecast"), "6100": (110, "forecast")}


def test_what_is_left_of_the_month_itself_stays_planned() -> None:
    half = variance(("6000", 200, 500, {"theoretical": 180}))  # 20 of the month are not due yet
    assert seen(half) == {"6000": (300 + 20 + 660, "forecast")}


def test_shares_sum_to_the_forecast_to_the_minor_unit() -> None:
    three = variance(*((account, 0, 1, {"actual": 0}) for account in ("6000", "6100", "6200")))
    assert [a for a, _ in seen(three, forecast(("2026-11", 50), ("2026-12", 50))).values()] == [34, 33, 33]


def test_every_unit_is_kept_where_a_row_has_nothing_to_date() -> None:
    big = 2**60 + 1  # which a float cannot hold
    both = variance(("6000", big, 500, {"actual": big}), ("6100", 0, 100, {"actual": 0}))
    both = both[(both["account_id"] == "6000") | (both["basis"] == "full_year")].reset_index(drop=True)
    assert seen(both) == {"6000": (big + 550, "forecast"), "6100": (110, "forecast")}


def test_without_a_forecast_of_every_month_the_plan_stands() -> None:
    by_plan = {"6000": (800, "budget"), "6100": (100, "budget")}
    assert seen(TWO, forecast(("2026-11", 330))) == by_plan
    assert seen(TWO, AHEAD.head(0)) == by_plan
    assert seen(TWO, forecast(("2026-11", 330), ("2026-12", 330), department="People")) == by_plan
    assert seen(TWO, forecast(("2026-11", 330), ("2026-12", 330), model="bottom_up")) == by_plan
    assert seen(TWO.assign(period=pd.Series("2026-09", index=TWO.index, dtype="str"))) == by_plan


def test_what_is_not_forecast_or_has_no_plan_ahead_stands() -> None:
    tax = variance(("8010", 10, 20, {"account_type": "income_tax"}))
    assert seen(tax) == {"8010": (320, "budget")}
    assert seen(variance(("6000", 200, 0, {}))) == {"6000": (300, "budget")}
    credit = variance(("6000", 200, 500, {}), ("6100", 50, -100, {}))
    assert seen(credit) == {"6000": (300 + 660, "forecast"), "6100": (300, "forecast")}


def test_what_has_no_department_has_its_own_forecast_and_versions_stand_alone() -> None:
    rest = variance(("6000", 200, 500, {"department": None}))
    assert seen(rest, forecast(("2026-11", 1), ("2026-12", 2), department=None)) == {"6000": (303, "forecast")}
    other = TWO.assign(version=pd.Series("v2", index=TWO.index, dtype="str"))
    both = pd.concat([TWO, other], ignore_index=True)
    found = outlook.with_forecast(both, AHEAD, ENTITIES)
    assert found.loc[found["basis"] == "full_year"].groupby("version")["outlook"].sum().tolist() == [960, 960]


def test_a_row_that_is_planned_for_later_only_has_no_year_to_date() -> None:
    later = TWO[(TWO["account_id"] == "6000") | (TWO["basis"] == "full_year")]
    later = later.assign(budget=later["budget"].mask(later["account_id"] == "6100", 100))
    later = later.assign(theoretical=later["theoretical"].mask(later["account_id"] == "6100", 0))
    later = later.assign(outlook=later["actual"] + later["budget"] - later["theoretical"])
    assert seen(later)["6100"] == (110, "forecast")


def test_bud_010_every_outlook_has_its_parts() -> None:
    sound = outlook.with_forecast(TWO, AHEAD, ENTITIES)

    def broken(row: int) -> list[str]:
        changed = sound.assign(outlook=sound["outlook"] + (sound.index == row))
        return [f.message for f in outlook.outlook_findings(changed, AHEAD, ENTITIES)]

    assert broken(0) == ["outlooks sum to 961, with the forecast 960 is due"]
    assert broken(1) == ["the outlook is not actual + budget - theoretical"]
    stale = outlook.outlook_findings(sound, AHEAD.head(2), ENTITIES) + outlook.outlook_findings(
        sound, forecast(("2026-11", 330)), ENTITIES
    )
    assert [f.message for f in stale] == ["outlooks sum to 960, with the forecast 300 is due"]
