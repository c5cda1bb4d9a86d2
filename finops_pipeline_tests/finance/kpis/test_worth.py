"""What improvements are worth, each by hand; without an assumption there is no amount."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.kpis import KPIS, Assumptions
from finops_pipeline.finance.kpis.worth import COUNTED_IN, WORTHS
from finops_pipeline_tests.finance.kpis.cards import LAST_YEAR, arrivals, score, sources, told

STATED = Assumptions(
    variance_share=Decimal("0.02"), cost_share=Decimal("0.5"), revenue_share=Decimal("0.1"),
    cost_per_close_day=Decimal(1800), cost_per_hour=Decimal(60), hours_per_file=Decimal("1.5"),
    hours_per_control_total=Decimal("0.25"), cost_per_faulty_row=Decimal("40.005"), risk_share=Decimal("0.3"),
)  # fmt: skip


def worth(name: str, *, stated: Assumptions = STATED, currency: str | None = "EUR", **given: Any) -> tuple[Any, str]:
    """Annual value in minor units, and what is said of it; amounts and currency stand together."""
    rates = given.pop("rates", Rates({}))
    card = score(sources(**given), group_currency=currency, assumptions=stated, rates=rates)
    row = card.loc[(name, "2026-02")]
    assert pd.isna(row["annual_value"]) == pd.isna(row["currency"])
    return row["annual_value"], told(card, name)[-1]


def target(name: str, baseline: str, direction: str = "lower") -> list[dict[str, Any]]:
    return [{"kpi": name, "period": "2026-01", "baseline": Decimal(baseline), "direction": direction}]


def lines(actual: int, *, currency: str = "EUR") -> list[dict[str, Any]]:
    """A budget of 100.00 to date, of 1,200.00 in the year."""
    same = {"account_id": "A", "account_type": "operating_expense", "currency": currency, "actual": actual}
    return [
        {**same, "basis": "ytd", "budget": 100_00, "variance": actual - 100_00},
        {**same, "basis": "full_year", "budget": 1200_00, "variance": 0},
    ]


def test_variance_that_is_no_longer_there() -> None:
    # From 10 % to 4 %: 6 % of 1,200.00 is 72.00, and 2 % of that 1.44.
    found, words = worth("variance_reduction", variance=lines(104_00), targets=target("variance_reduction", "0.10"))
    assert found == 1_44
    assert words == "worth a year: improvement on the baseline x budget of the fiscal year x kpi_values.variance_share"


def test_what_became_worse_costs() -> None:
    assert worth("variance_reduction", variance=lines(120_00), targets=target("variance_reduction", "0.10"))[0] == -2_40


def test_amounts_are_in_the_group_currency() -> None:
    given = {"variance": lines(104_00, currency="USD"), "targets": target("variance_reduction", "0.10")}
    rates = Rates({("USD", "JPY", "average", "2026-02"): Decimal(150)})
    assert worth("variance_reduction", currency="JPY", rates=rates, **given)[0] == 216  # 1.44 x 150
    found, words = worth("variance_reduction", **given)
    assert found is pd.NA
    assert words.endswith(
        "(null: no average rate USD→EUR for 2026-02: add it to fx_rates (period 2026-02, or a rate_date in it))"
    )


BOOKS = [
    {"period": p, "account_id": a, "account_type": kind, side: amount}
    for p in LAST_YEAR
    for a, kind, side, amount in (("4", "revenue", "credit", 100_00), ("6", "operating_expense", "debit", 30_00))
]


def test_operating_cost_saved_in_proportion_to_revenue() -> None:
    # From 40 % to 30 % of 1,200.00 is 120.00, of which one half.
    given = {"trial_balance": BOOKS, "targets": target("operating_cost_reduction", "0.4")}
    assert worth("operating_cost_reduction", **given)[0] == 60_00


def test_revenue_that_need_not_be_corrected() -> None:
    # Corrections fall from 5 % to 2 % of 1,200.00: 36.00, of which a tenth.
    rows = [{"period": p, "product_id": "P", "recognized": 100_00, "prior_period_adjustment": 2_00} for p in LAST_YEAR]
    given = {"recognized_revenue": rows, "targets": target("recognition_accuracy_improvement", "0.05")}
    assert worth("recognition_accuracy_improvement", **given)[0] == 3_60


ARRIVED = arrivals(("F", "2026-02", datetime(2026, 3, 4, 10, tzinfo=UTC)))


def test_days_saved_in_twelve_closes() -> None:
    given = {"arrivals": ARRIVED, "targets": target("reporting_time_reduction", "7")}
    assert worth("reporting_time_reduction", **given)[0] == 3 * 12 * 1800_00


FILES = [
    {"file_id": f"F{n}", "received_at": datetime(int(p[:4]), int(p[5:]), 3, tzinfo=UTC), "rows_read": 9, "rows_quarantined": 1}
    for n, p in enumerate(calendar.span("2025-04", "2026-03"))
]  # fmt: skip


def test_files_rows_and_totals_that_nobody_handles() -> None:
    given = {"files": FILES, "reconciliation": [{"file_id": f"F{n}"} for n in range(7)]}
    assert worth("automation_benefit", **given)[0] == 12 * 90_00  # an hour and a half at 60.00
    assert worth("data_quality_benefit", **given)[0] == 480_06  # 12 x 40.005
    assert worth("coordination_benefit", **given)[0] == 7 * 15_00


def test_half_a_cent_goes_to_the_even_one() -> None:
    stated = replace(STATED, cost_per_faulty_row=Decimal("0.00375"))
    assert worth("data_quality_benefit", files=FILES, stated=stated)[0] == 4  # 4.5 cents


def test_the_part_of_a_loss_that_mitigation_takes_away() -> None:
    same = dict.fromkeys(("impact_low", "impact_mode", "impact_high"), Decimal(1000))
    risks = [{"risk_id": "R", "probability": Decimal("0.25"), **same}]
    assert worth("risk_benefit", risks=risks)[0] == 75_00


@pytest.mark.parametrize("name", sorted(WORTHS))
def test_an_assumption_that_is_not_stated_is_named_and_there_is_no_amount(name: str) -> None:
    found, words = worth(name, stated=Assumptions(), files=FILES, variance=lines(104_00), trial_balance=BOOKS)
    assert found is pd.NA
    missing = [f"kpi_values.{setting}" for setting in WORTHS[name].settings]
    assert words.endswith(
        f"(null: the setting{'s' * (len(missing) > 1)} {' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing)"
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"arrivals": ARRIVED}, "(null: there is no baseline)"),
        ({"targets": target("reporting_time_reduction", "7")}, "(null: there is no value)"),
        ({"arrivals": ARRIVED, "targets": target("reporting_time_reduction", "7"), "currency": None},
         "(null: there is no group currency: set group_currency)"),
    ],
)  # fmt: skip
def test_no_amount_without_value_baseline_or_currency(given: dict[str, Any], reason: str) -> None:
    found, words = worth("reporting_time_reduction", **given)
    assert found is pd.NA
    assert words.endswith(reason)


def test_an_amount_that_no_table_can_hold_is_none() -> None:
    stated = replace(STATED, cost_per_close_day=Decimal(10) ** 16)
    given = {"arrivals": ARRIVED, "targets": target("reporting_time_reduction", "7")}
    found, words = worth("reporting_time_reduction", stated=stated, **given)
    assert found is pd.NA
    assert words.endswith("(null: it has more digits than an amount can have)")


def test_no_amount_without_a_base() -> None:
    given = {"variance": lines(104_00)[:1], "targets": target("variance_reduction", "0.10")}
    assert worth("variance_reduction", **given)[1].endswith("(no data)")


def test_every_kpi_is_worth_something_or_counted_elsewhere_or_not_measured() -> None:
    unmeasured = {name for name, kpi in KPIS.items() if kpi.needs}
    assert WORTHS.keys() | COUNTED_IN.keys() | unmeasured == KPIS.keys()
    assert len(WORTHS) + len(COUNTED_IN) + len(unmeasured) == len(KPIS)
    assert set(COUNTED_IN.values()) <= WORTHS.keys()
    for name in unmeasured:
        assert worth(name) == (pd.NA, "worth a year: null until it is measured")
    assert worth("utilization", variance=lines(9))[1] == "worth a year: counted in variance_reduction"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"cost_per_hour": Decimal(-1), "risk_share": Decimal("1.1")}, "cost_per_hour, risk_share"),
        ({"standard_costs": {"orders": Decimal(-1)}}, r"standard_costs\.orders"),
    ],
)
def test_an_assumption_that_cannot_be_is_named(given: Any, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Assumptions(**given)
