"""Claims beside the ledger: what is there is realized, and what is not is not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from finops_pipeline.contracts.cost import REALIZED_SAVINGS
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import periods
from finops_pipeline.finance.savings import table
from finops_pipeline_tests.finance.books import assert_keeps

MONTHS = periods.span("2024-01", "2026-06")
ACTION = "2026-01"
ENTITIES = pd.DataFrame({"entity_id": ["DE", "US"], "functional_currency": ["EUR", "USD"]})
ACCOUNTS = pd.DataFrame(
    {"account_id": ["6000", "6100", "1000"], "account_type": ["operating_expense", "operating_expense", "asset"]}
)
CENTERS = pd.DataFrame(
    {"cost_center_id": ["A", "B", "C", "X"], "department": ["Sales", "Sales", "Sales", "People"]}
).astype("str")
CLAIM: dict[str, Any] = {
    "claim_id": "S1", "entity_id": "DE", "action_period": ACTION, "currency": "EUR", "annual_saving": 240_000,
    "account_id": None, "cost_center_id": "A", "comparables": None, "opportunity_id": "O1", "claimed_by": "B. Osei",
}  # fmt: skip


def claims(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([CLAIM | {"claim_id": f"S{n}"} | c for n, c in enumerate(changes, start=1)])


def books(saved: int = 0, months: list[str] = MONTHS, seed: int = 1) -> pd.DataFrame:
    """Costs of about 1,000.00 a month and center, A less by `saved` from the action on; the season is everybody's."""
    rng = np.random.default_rng(seed)
    rows = []
    for n, period in enumerate(months):
        for center in ("A", "B", "C", "X"):
            amount = 100_000 + 20_000 * (n % 12 == 11) + int(rng.integers(-500, 500))
            amount -= saved * (center == "A" and period >= ACTION)
            rows += [("DE", period, "6000", center, amount - 30_000, 0), ("DE", period, "6100", center, 31_000, 1_000)]
        rows.append(("DE", period, "1000", None, 0, 400_000))
    names = ["entity_id", "period", "account_id", "cost_center_id", "debit", "credit"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[:4], "str"))


def judged(book: pd.DataFrame, *changes: dict[str, Any]) -> pd.DataFrame:
    given = claims(*changes)
    found = table.realized_savings(given, book, ACCOUNTS, CENTERS, ENTITIES, "2026-06")
    assert_keeps(REALIZED_SAVINGS, found)
    assert table.savings_findings(found, given, book, ACCOUNTS) == []
    return found.set_index("claim_id")


def test_a_saving_that_is_in_the_ledger_is_realized() -> None:
    row = judged(books(saved=20_000), {}).loc["S1"]
    assert (row["status"], row["method"], row["comparables"]) == ("realized", "difference_in_differences", "B, C")
    assert (row["months_before"], row["months_after"]) == (24, 6)
    assert row["claimed"] == 120_000
    assert row["realized"] == pytest.approx(120_000, rel=0.1)
    assert row["realized_low"] < row["realized"] < row["realized_high"]
    assert row["annual_realized"] == 2 * row["realized"]
    assert (row["department"], row["claimed_by"]) == ("Sales", "B. Osei")


def test_a_claim_that_is_not_in_the_ledger_is_not_realized_and_said() -> None:
    found = judged(books(), {})
    assert found.loc["S1", "status"] == "not_realized"
    (warning,) = table.claim_warnings(found.reset_index())
    assert (warning.rule_id, warning.severity, warning.period) == ("SAV-010", "warning", "2026-06")
    assert "a saving of 120000 is claimed" in warning.message
    assert table.claim_warnings(judged(books(saved=20_000), {}).reset_index()) == []


def test_less_than_claimed_is_partly_realized() -> None:
    assert judged(books(saved=10_000), {}).loc["S1", "status"] == "partly_realized"


def test_without_comparable_cost_centers_the_season_is_the_baseline() -> None:
    alone = {"cost_center_id": "X"}
    found = judged(books(), alone, {"cost_center_id": None, "account_id": "6000"})
    assert found["method"].tolist() == ["seasonal_baseline", "seasonal_baseline"]
    assert found["status"].tolist() == ["not_realized", "not_realized"]
    assert found["comparables"].isna().all()
    assert found.loc["S2", "department"] is None or pd.isna(found.loc["S2", "department"])


def test_cost_centers_to_compare_with_may_be_named_and_never_have_a_claim_themselves() -> None:
    named = judged(books(saved=20_000), {"comparables": "X, A"}).loc["S1"]
    assert (named["comparables"], named["status"]) == ("X", "realized")
    both = judged(books(saved=20_000), {}, {"cost_center_id": "B"})
    assert both["comparables"].tolist() == ["C", "C"]
    ghost = judged(books(saved=20_000), {"comparables": "GHOST"}).loc["S1"]
    assert ghost["method"] == "seasonal_baseline"


def test_one_account_of_a_cost_center_is_compared_with_the_same_account() -> None:
    row = judged(books(saved=20_000), {"account_id": "6000"}).loc["S1"]
    assert (row["status"], row["method"]) == ("realized", "difference_in_differences")
    idle = judged(books(saved=20_000), {"account_id": "6100"}).loc["S1"]
    assert (idle["actual"], idle["status"]) == (180_000, "not_realized")


def test_a_claim_is_judged_over_its_first_year() -> None:
    old = judged(books(), {"action_period": "2025-02"}).loc["S1"]
    assert (old["months_after"], old["months_before"], old["claimed"]) == (12, 13, 240_000)
    ancient = judged(books(), {"action_period": "2019-02"}).loc["S1"]
    assert (ancient["status"], ancient["actual"], ancient["months_before"]) == ("not_testable", 0, 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"currency": "USD"}, "the claim is in USD, the books of DE are in EUR"),
        ({"cost_center_id": None}, "neither an account nor a cost center"),
        ({"action_period": "2026-07"}, "still ahead"),
        ({"action_period": "2024-05"}, "there are 4 months"),
        ({"cost_center_id": None, "account_id": "6000", "action_period": "2025-06"}, "there are 17 months"),
    ],
)
def test_what_cannot_be_tested_says_why(change: dict[str, Any], reason: str) -> None:
    row = judged(books(saved=20_000), change).loc["S1"]
    assert row["status"] == "not_testable"
    assert reason in row["reason"]
    assert pd.isna(row["realized"])


def test_costs_that_began_after_the_action_tell_nothing() -> None:
    row = judged(books(months=MONTHS[-3:]), {}).loc["S1"]
    assert (row["status"], row["months_before"]) == ("not_testable", 0)


def test_no_claims_and_unknown_entities() -> None:
    nothing = claims({}).head(0)
    found = table.realized_savings(nothing, books(), ACCOUNTS, CENTERS, ENTITIES, "2026-06")
    assert_keeps(REALIZED_SAVINGS, found)
    assert table.by_opportunity(found) == {}
    with pytest.raises(ContractError):
        judged(books(), {"entity_id": "GHOST"})


def test_sav_what_does_not_tie_is_found() -> None:
    book, given = books(), claims({})
    sound = table.realized_savings(given, book, ACCOUNTS, CENTERS, ENTITIES, "2026-06")

    def rules(found: pd.DataFrame) -> list[str]:
        return [f.rule_id for f in table.savings_findings(found, given, book, ACCOUNTS)]

    assert rules(sound.head(0)) == ["SAV-001"]
    assert rules(sound.assign(baseline_cost=sound["baseline_cost"] + 1)) == ["SAV-002"]
    assert rules(sound.assign(actual=sound["actual"] + 1, baseline_cost=sound["baseline_cost"] + 1)) == ["SAV-003"]


def test_order_of_rows_changes_nothing_and_currency_scales() -> None:
    book = books(saved=20_000)
    plain = judged(book, {})
    pd.testing.assert_frame_equal(judged(book.sample(frac=1, random_state=3), {}), plain)
    tenfold = book.assign(debit=book["debit"] * 10, credit=book["credit"] * 10)
    assert judged(tenfold, {}).loc["S1", "realized"] == pytest.approx(10 * plain.loc["S1", "realized"], abs=10)


def test_what_is_realized_of_an_opportunity() -> None:
    found = judged(
        books(saved=20_000),
        {}, {"cost_center_id": "X"}, {"currency": "USD", "cost_center_id": "B", "opportunity_id": "O2"}, {"opportunity_id": None},
    ).reset_index()  # fmt: skip
    sums = table.by_opportunity(found)
    assert sums == {"O1": found["annual_realized"].iloc[0]}  # of X nothing is realized, and O2 cannot be told
