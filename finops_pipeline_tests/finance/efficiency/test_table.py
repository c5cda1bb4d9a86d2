"""Unit costs by hand, comparisons by hand, and proofs that fail when a number is bent."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from finops_pipeline.contracts.cost import COST_EFFICIENCY
from finops_pipeline.contracts.projections import conform
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.efficiency import table as efficiency
from finops_pipeline_tests.finance.books import ACCOUNTS, ENTITIES, balances, shuffled, table

DECIMAL = pd.ArrowDtype(pa.decimal128(38, 15))
CENTERS = table("""
    cost_center_id  name  department
    A               a     Sales
    B               b     Sales
    C               c     Sales
    D               d     Works
    E               e     Works
""")
LEDGER = balances("""
    entity_id  period   account_id  cost_center_id  debit  credit
    DE         2026-01  6000        A               1000   0
    DE         2026-02  6000        A               900    100
    DE         2026-02  4000        A               0      9999
    DE         2026-02  6000        B               300    0
    DE         2026-02  6000        C               400    0
    DE         2026-02  6000        D               500    0
    DE         2026-02  6000        E               0      20
    UK         2026-02  6000        C               700    0
    DE         2026-02  6000        -               123    0
""")


def drivers(text: str) -> pd.DataFrame:
    frame = table(text)
    for name, usual in (("entity_id", "DE"), ("unit", "u")):
        if name not in frame:
            frame[name] = pd.Series(usual, index=frame.index, dtype="str")
    frame["quantity"] = pd.array([Decimal(q) for q in frame["quantity"]], dtype=DECIMAL)
    return frame[["period", "entity_id", "cost_center_id", "driver", "unit", "quantity"]]


DRIVERS = drivers("""
    period   cost_center_id  driver  quantity
    2026-01  A               calls   5
    2026-02  A               calls   3
    2026-02  B               calls   3
    2026-02  C               calls   3
    2026-02  A               deals   2
    2026-02  D               calls   0
    2026-02  E               calls   4
    2026-02  -               calls   99
""")
MONTHS = ["2026-01", "2026-02"]
TARGETS = table("""
    entity_id  cost_center_id  driver  period   target_unit_cost
    DE         A               calls   2026-02  2
    DE         D               calls   2026-01  2
""")
TARGETS["target_unit_cost"] = pd.array([Decimal(t) for t in TARGETS["target_unit_cost"]], dtype=DECIMAL)


def made(quantities: pd.DataFrame = DRIVERS, months: list[str] = MONTHS, outputs: tuple[str, ...] = ()) -> pd.DataFrame:
    result = efficiency.cost_efficiency(LEDGER, ACCOUNTS, CENTERS, quantities, ENTITIES, TARGETS, months, outputs)
    pd.testing.assert_frame_equal(conform(result, COST_EFFICIENCY), result)
    return result


def of(frame: pd.DataFrame, center: str, driver: str = "calls", period: str = "2026-02") -> pd.Series:
    (row,) = frame[
        (frame["cost_center_id"] == center) & (frame["driver"] == driver) & (frame["period"] == period)
    ].itertuples(index=False)
    return row


def test_unit_costs_and_their_change() -> None:
    result = made()
    a = of(result, "A")
    assert (a.unit_cost, a.amount, a.currency) == (Decimal("2.666666666666667"), 800, "EUR")
    assert a.unit_cost_change_pct == pytest.approx(8 / 3 / 2 - 1)
    assert np.isnan(of(result, "A", period="2026-01").unit_cost_change_pct)
    assert of(result, "A", "deals").unit_cost == 4
    assert pd.isna(of(result, "D").unit_cost)  # no unit
    assert of(result, "E").unit_cost == Decimal("-0.05")


def test_the_least_unit_cost_among_comparable_cost_centers() -> None:
    result = made()
    assert [of(result, c).peer_best_unit_cost for c in "ABC"] == [1, 1, 1]
    assert pd.isna(of(result, "A", "deals").peer_best_unit_cost)  # nobody else has deals
    assert pd.isna(of(result, "E").peer_best_unit_cost)  # a negative cost is no achievement
    assert pd.isna(of(result, "A", period="2026-01").peer_best_unit_cost)


def test_scores_of_a_department() -> None:
    result = made()
    scores = {c: of(result, c).efficiency_score for c in "ABC"}
    assert scores == {"A": pytest.approx(300 / 800), "B": 1.0, "C": pytest.approx(0.75)}
    assert of(result, "A").improvement_potential == 500
    assert of(result, "A", "deals").improvement_potential == 500  # of the cost center, on each of its rows
    assert of(result, "A").peers == '{"B": 1.0}'
    assert of(result, "A").pure_efficiency_score == pytest.approx(300 / 800)
    assert np.isnan(of(result, "D").efficiency_score)


def test_two_cost_centers_or_another_currency_are_no_comparison() -> None:
    two = made(DRIVERS[DRIVERS["cost_center_id"] != "C"])
    assert two["efficiency_score"].isna().all()
    british = pd.concat([DRIVERS[DRIVERS["cost_center_id"] != "C"], drivers("""
        period   entity_id  cost_center_id  driver  quantity
        2026-02  UK         C               calls   300
    """)])  # fmt: skip
    result = made(british)
    assert result["efficiency_score"].isna().all()
    assert of(result, "A").peer_best_unit_cost == 1


def test_only_chosen_drivers_are_compared() -> None:
    assert of(made(outputs=("calls",)), "A").efficiency_score == pytest.approx(300 / 800)
    assert made(outputs=("deals",))["efficiency_score"].isna().all()


def test_a_driver_in_two_units_of_measure_is_left_out() -> None:
    twice = pd.concat([DRIVERS, drivers("period cost_center_id driver unit quantity\n2026-02 A calls minutes 7")])
    result = made(twice)
    assert len(result[(result["cost_center_id"] == "A") & (result["period"] == "2026-02")]) == 1
    assert efficiency.cost_efficiency_findings(result, LEDGER, ACCOUNTS, twice, MONTHS) == []


def test_nothing_to_measure() -> None:
    assert len(made(DRIVERS.head(0))) == len(made(months=[])) == len(made(months=["2020-01"])) == 0


def test_order_of_rows_changes_nothing() -> None:
    pd.testing.assert_frame_equal(made(shuffled(DRIVERS)), made())


def test_strangers_are_refused() -> None:
    for column in ("cost_center_id", "entity_id"):
        with pytest.raises(ContractError, match=f"drivers uses {column} 'XX'"):
            made(DRIVERS.assign(**{column: "XX"}))


def test_a_history_gives_an_elasticity() -> None:
    months = calendar.span("2024-01", "2025-12")
    book = "\n".join(f"DE {p} 6000 A {1000 + 50 * i + i % 3} 0" for i, p in enumerate(months))
    heads = "\n".join(f"{p} A calls {10 + i}" for i, p in enumerate(months))
    ledger = balances(f"entity_id period account_id cost_center_id debit credit\n{book}")
    quantities = drivers(f"period cost_center_id driver quantity\n{heads}")
    last = efficiency.cost_efficiency(ledger, ACCOUNTS, CENTERS, quantities, ENTITIES, TARGETS, months[-1:])
    (row,) = last.itertuples()
    assert row.elasticity_low < row.elasticity < row.elasticity_high
    assert row.correlation > 0.99
    assert row.months == 24


def broken(result: pd.DataFrame) -> set[tuple[str, str]]:
    found = efficiency.cost_efficiency_findings(result, LEDGER, ACCOUNTS, DRIVERS, MONTHS)
    return {(f.rule_id, f.subject) for f in found}


def test_eff_each_number_ties_or_is_found() -> None:
    result = made()
    assert broken(result) == set()
    here = (result["cost_center_id"] == "A") & (result["driver"] == "deals")
    place = "DE 2026-02 A deals"
    assert broken(result[~here]) == {("EFF-003", place)}
    assert broken(result.assign(amount=result["amount"] + here.astype("int64"))) == {
        ("EFF-001", place),
        ("EFF-002", place),
    }
    dearer = [u + Decimal("0.01") if is_here else u for u, is_here in zip(result["unit_cost"], here, strict=True)]
    assert broken(result.assign(unit_cost=dearer)) == {("EFF-002", place)}


def test_eff_targets_are_beside_what_they_ask_for_or_are_found() -> None:
    result = made()
    assert (of(result, "A").target_unit_cost, of(result, "A").amount_above_target) == (2, 200)
    assert (of(result, "D").amount_above_target, of(result, "D").is_target_met) == (500, pd.NA)
    here = result["amount_above_target"].notna()
    places = {("EFF-004", "DE 2026-02 A calls"), ("EFF-004", "DE 2026-02 D calls")}
    assert broken(result.assign(amount_above_target=result["amount_above_target"] + 1)) == places
    assert broken(result.assign(amount_above_target=pd.array([None] * len(result), dtype="Int64"))) == places
    assert broken(result.assign(target_unit_cost=result["target_unit_cost"].where(~here))) == places
