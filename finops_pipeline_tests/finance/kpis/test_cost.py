"""KPIs of cost, each by hand."""

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis import Assumptions
from finops_pipeline_tests.finance.kpis.cards import LAST_YEAR, formula, score, sources, value


def flow(source: str, target: str | None, amount: int, **more: Any) -> dict[str, Any]:
    return {"from_cost_center_id": source, "to_cost_center_id": target, "amount": amount, **more}


def test_allocation_accuracy_is_the_part_of_the_pools_cost_that_a_driver_divided_last() -> None:
    # Pools IT (100 of its own) and HR (50): IT gives HR 20, which HR gives on with its own 50.
    card = score(sources(cost_allocation=[
        flow("IT", "HR", 20),
        flow("IT", "SALES", 60),
        flow("IT", "WORKS", 20, driver="fixed_shares"),
        flow("HR", "SALES", 40),
        flow("HR", None, 30, driver=None, reason="no quantity"),
        flow("HR", "SALES", 999, period="2026-01"),
    ]))  # fmt: skip
    assert value(card, "allocation_accuracy") == (60 + 40) / 150
    assert card.loc[("allocation_accuracy", "2026-02"), "target"] == 0.95
    assert not card.loc[("allocation_accuracy", "2026-02"), "target_met"]


def test_a_pool_with_more_credits_than_debits_counts_by_its_size() -> None:
    card = score(sources(cost_allocation=[flow("IT", "SALES", -30), flow("HR", None, 10, driver=None)]))
    assert value(card, "allocation_accuracy") == 0.75


def year(months: list[str], operating: int = 0, revenue: int = 0, **more: Any) -> list[dict[str, Any]]:
    rows = []
    for period in months:
        same = {"period": period, **more}
        rows.append({"account_id": "6000", "account_type": "operating_expense", "debit": operating, **same})
        rows.append({"account_id": "4000", "account_type": "revenue", "credit": revenue, **same})
    return rows


def test_operating_cost_is_that_of_twelve_months_and_falls_short_without_one_of_them() -> None:
    whole = year(LAST_YEAR[:6], 40, 100) + year(LAST_YEAR[6:], 20, 100)
    card = score(sources(trial_balance=whole))
    assert value(card, "operating_cost_reduction") == (6 * 40 + 6 * 20) / 1200
    short = score(sources(trial_balance=year(LAST_YEAR[1:], 40, 100)))
    assert pd.isna(value(short, "operating_cost_reduction"))
    assert "null: needs twelve months of data, has 11" in formula(short, "operating_cost_reduction")


STANDARD = Assumptions(standard_costs={"orders": Decimal("2.50"), "tickets": Decimal(4)})
DRIVEN = [
    {"period": p, "driver": d, "unit": d, "quantity": Decimal(q)}
    for p in LAST_YEAR
    for d, q in (("orders", "6"), ("tickets", "2.5"), ("headcount", "99"))
]


def efficiency(drivers: list[dict[str, Any]], costs: list[dict[str, Any]], **options: Any) -> tuple[Any, str]:
    given = {"group_currency": "EUR", "assumptions": STANDARD, **options}
    card = score(sources(drivers=drivers, trial_balance=costs), **given)
    return value(card, "efficiency_improvement"), formula(card, "efficiency_improvement")


def test_efficiency_is_output_at_standard_cost_by_what_was_spent() -> None:
    # A month: 6 orders at 2.50 and 2.5 tickets at 4.00 are 25.00; 40.00 were spent.
    assert efficiency(DRIVEN, year(LAST_YEAR, 4000))[0] == 25 / 40


def test_efficiency_converts_cost_even_of_one_currency_into_that_of_the_standards() -> None:
    rates = Rates({("JPY", "EUR", "average", "2026-02"): Decimal("0.01")})
    yen = year(LAST_YEAR, 4000, currency="JPY", entity_id="JP")
    assert efficiency(DRIVEN, yen, rates=rates)[0] == 25 / 40
    found, told = efficiency(DRIVEN, yen)
    assert pd.isna(found)
    assert "no average rate JPY→EUR for 2026-02" in told


@pytest.mark.parametrize(
    ("drivers", "costs", "options", "reason"),
    [
        (DRIVEN, year(LAST_YEAR, 4000), {"assumptions": Assumptions()}, "the setting kpi_values.standard_costs is missing"),
        (DRIVEN[:-3], year(LAST_YEAR, 4000), {}, "driver orders has no quantity in 1 of the twelve months"),
        ([d for d in DRIVEN if d["driver"] != "tickets"], year(LAST_YEAR, 4000), {}, "driver tickets has no quantity in 12"),
        ([*DRIVEN, {"quantity": Decimal(1), "unit": "dozens", "entity_id": "JP"}], year(LAST_YEAR, 4000), {},
         "driver orders is in dozens and orders"),
        (DRIVEN, year(LAST_YEAR[1:], 4000), {}, "needs twelve months of data, has 11"),
        (DRIVEN, year(LAST_YEAR, 0), {}, "the divisor is zero"),
        (DRIVEN, year(LAST_YEAR, 4000), {"group_currency": None}, "there is no group currency: set group_currency"),
    ],
)  # fmt: skip
def test_no_efficiency_without_what_it_is_made_of(drivers: Any, costs: Any, options: Any, reason: str) -> None:
    found, told = efficiency(drivers, costs, **options)
    assert pd.isna(found)
    assert reason in told


def test_resource_optimization_weighs_scores_by_cost_and_each_cost_center_once() -> None:
    columns = ["entity_id", "period", "cost_center_id", "driver", "efficiency_score", "currency", "amount"]
    rows = [
        ("DE", "2026-02", "A", "orders", 0.5, "EUR", 300),
        ("DE", "2026-02", "A", "headcount", 0.5, "EUR", 300),
        ("DE", "2026-02", "B", "orders", 1.0, "EUR", 100),
        ("DE", "2026-02", "C", "orders", None, "EUR", 900),  # has no peers
        ("DE", "2026-01", "B", "orders", 0.1, "EUR", 100),
    ]
    card = score(sources(cost_efficiency=pd.DataFrame(rows, columns=columns)))
    assert value(card, "resource_optimization") == (0.5 * 300 + 100) / 400


def test_annual_savings_are_those_realized_as_of_now() -> None:
    columns = ["opportunity_id", "currency", "realized_saving"]
    rows = [("O1", "EUR", 100_000_00), ("O2", "USD", 50_000_00), ("O3", "EUR", None)]
    found = pd.DataFrame(rows, columns=columns).astype({"realized_saving": "Int64"})
    rates = Rates({("USD", "EUR", "average", "2026-02"): Decimal("0.8")})
    options: Any = {"group_currency": "EUR", "rates": rates, "periods": ("2026-01", "2026-02")}
    card = score(sources(cost_opportunities=found), **options)
    assert value(card, "annual_savings") == 140_000
    assert card.loc[("annual_savings", "2026-02"), "target"] == 2_500_000
    assert "null: realized savings are of 2026-02" in formula(card, "annual_savings", "2026-01")
    assert "no data" in formula(score(sources(cost_opportunities=found[2:]), **options), "annual_savings")


@pytest.mark.parametrize(
    ("kpi", "table"), [("resource_optimization", "cost_efficiency"), ("annual_savings", "cost_opportunities")]
)
def test_a_table_that_is_not_made_is_named(kpi: str, table: str) -> None:
    card = score(sources())
    assert pd.isna(value(card, kpi))
    assert f"null: no data, because there is no table {table}" in formula(card, kpi)
