"""From ledger and drivers to the trace: what is pooled, by what it is shared, and what stays unallocated and why."""

from decimal import Decimal

import pandas as pd
import pytest

from finops_pipeline.contracts.cost import COST_ALLOCATION
from finops_pipeline.contracts.projections import conform
from finops_pipeline.errors import ConfigurationError, ContractError
from finops_pipeline.finance.allocation import trace
from finops_pipeline.finance.allocation.rules import Cycle, PoolRule, Rules, Tier
from finops_pipeline_tests.finance.allocation.offices import CENTERS, DECIMAL, HEADS, LEDGER, NO_CLOUD, drivers
from finops_pipeline_tests.finance.books import ACCOUNTS, shuffled

MONTHS = ["2026-01", "2026-02"]


def allocated(
    rules: Rules | None = None,
    quantities: pd.DataFrame = HEADS,
    ledger: pd.DataFrame = LEDGER,
    cloud: pd.DataFrame = NO_CLOUD,
    months: list[str] = MONTHS,
) -> pd.DataFrame:
    result = trace.cost_allocation(ledger, ACCOUNTS, CENTERS, quantities, cloud, months, rules or Rules())
    pd.testing.assert_frame_equal(conform(result, COST_ALLOCATION), result)
    return result


def ways(frame: pd.DataFrame, entity: str = "DE", period: str = "2026-01") -> list[tuple]:
    here = frame[(frame["entity_id"] == entity) & (frame["period"] == period)]
    rows = here[["from_cost_center_id", "to_cost_center_id", "driver", "amount"]].astype(object)
    return [tuple(r) for r in rows.where(rows.notna(), None).itertuples(index=False)]


def one(rule: PoolRule, method: str = "direct", **more: object) -> Rules:
    return Rules((Cycle("c", method, pools=(rule,), **more),))  # type: ignore[arg-type]


def test_without_rules_service_cost_goes_directly_by_headcount() -> None:
    result = allocated()
    assert ways(result) == [
        ("HR", "S1", "headcount", 225),  # 300 over 6 and 2 heads
        ("HR", "S2", "headcount", 75),
        ("IT", "S1", "headcount", 750),  # 900 + 150 - 50; revenue is no cost
        ("IT", "S2", "headcount", 250),
    ]
    first = result.iloc[0]
    assert (first["driver_quantity"], first["share_pct"], first["currency"]) == (Decimal(6), 0.75, "EUR")
    assert (first["method"], first["cycle"], first["reason"]) == ("direct", "default", first["reason"])


def test_without_headcount_it_is_the_driver_that_most_receivers_have() -> None:
    assert trace.usual_driver({"a": {"S1": Decimal(1)}, "b": {"S1": Decimal(1), "S2": Decimal(2)}}, set()) == "b"
    assert trace.usual_driver({"b": {"S1": Decimal(1)}, "a": {"S1": Decimal(1)}}, set()) == "a"
    assert trace.usual_driver({"a": {"IT": Decimal(1)}, "headcount": {"S1": Decimal(0)}}, {"IT"}) is None
    assert {w[2] for w in ways(allocated(quantities=HEADS[HEADS["driver"] == "area"]))} == {"area"}


def test_a_month_without_drivers_is_unallocated_and_says_so() -> None:
    result = allocated()
    assert ways(result, period="2026-02") == [("HR", None, None, -40)]
    assert ways(result, "UK") == [("IT", None, None, 500)]
    kept = result[result["to_cost_center_id"].isna()]
    assert kept["share_pct"].tolist() == [1.0, 1.0]
    assert kept["reason"].iloc[1] == "no driver has quantities of cost centers of UK in 2026-01"


@pytest.mark.parametrize(
    ("rule", "quantities", "reason"),
    [
        (PoolRule(driver="seats"), HEADS, "no quantity of driver seats in 2026-01"),
        (PoolRule(driver="headcount", serves=("Works",)), HEADS, "driver headcount has no quantity at any receiver"),
        (
            PoolRule(driver="headcount"),
            HEADS[HEADS["cost_center_id"].isin(["IT", "HR"])],
            "only other pools have a quantity of driver headcount, and the method serves none of them",
        ),
        (
            PoolRule(driver="area"),
            pd.concat([HEADS, drivers("period cost_center_id driver unit quantity\n2026-01 S2 area acre 5")]),
            "driver area is given in several units",
        ),
        (
            PoolRule(driver="area"),
            pd.concat([HEADS, drivers("period cost_center_id driver quantity\n2026-01 S2 area -5")]),
            "a quantity of driver area is negative",
        ),
    ],
)
def test_a_driver_that_says_nothing_leaves_the_cost_where_it_is(
    rule: PoolRule, quantities: pd.DataFrame, reason: str
) -> None:
    result = allocated(one(rule), quantities)
    kept = result[result["to_cost_center_id"].isna() & (result["period"] == "2026-01") & (result["entity_id"] == "DE")]
    assert dict(zip(kept["from_cost_center_id"], kept["amount"], strict=True)) == {"HR": 300, "IT": 1000}
    assert set(kept["reason"]) == {reason}


def test_fixed_shares_and_their_rest() -> None:
    rule = PoolRule(cost_centers=("IT",), shares={"S1": Decimal("0.5"), "W1": Decimal("0.25")})
    result = allocated(one(rule))
    assert ways(result) == [
        ("IT", "S1", "fixed_shares", 500),
        ("IT", "W1", "fixed_shares", 250),
        ("IT", None, "fixed_shares", 250),
    ]
    assert result.loc[result["to_cost_center_id"].isna(), "reason"].iloc[0] == "the fixed shares leave a rest"
    assert result["driver_quantity"].isna().all()


def test_tiers_and_served_departments() -> None:
    tiers = (Tier(Decimal(1), Decimal(2)), Tier(Decimal("0.25")))
    result = allocated(one(PoolRule(cost_centers=("HR",), driver="headcount", tiers=tiers, serves=("Sales",))))
    assert ways(result) == [("HR", "S1", "headcount", 180), ("HR", "S2", "headcount", 120)]  # 2 + 4/4 to 2


def test_step_down_and_reciprocal_let_pools_serve_each_other() -> None:
    down = allocated(one(PoolRule(driver="headcount"), "step_down", order=("HR", "IT")))
    assert ways(down)[:3] == [
        ("HR", "IT", "headcount", 100),
        ("HR", "S1", "headcount", 150),
        ("HR", "S2", "headcount", 50),
    ]
    assert [w[3] for w in ways(down)[3:]] == [825, 275]
    both = allocated(one(PoolRule(driver="headcount"), "reciprocal"))
    # IT = 1000 + HR / 3, HR = 300 + IT / 5: IT 1178.57, HR 535.71
    assert [w for w in ways(both) if w[1] in ("IT", "HR")] == [
        ("HR", "IT", "headcount", 179),
        ("IT", "HR", "headcount", 236),
    ]
    assert sum(w[3] for w in ways(both) if w[1] in ("S1", "S2")) == 1300


def test_chained_cycles_hand_on_what_they_received() -> None:
    rules = Rules(
        (
            Cycle("first", pools=(PoolRule(cost_centers=("HR",), shares={"S1": Decimal(1)}),)),
            Cycle("second", pools=(PoolRule(cost_centers=("S1",), driver="area"),)),
            Cycle("third", pools=(PoolRule(driver="headcount"),)),
            Cycle(
                "fourth", pools=(PoolRule(cost_centers=("W1",), shares={"S1": Decimal("0.5"), "S2": Decimal("0.5")}),)
            ),
        )
    )
    result = allocated(rules)
    assert ways(result) == [
        ("HR", "S1", "fixed_shares", 300),
        ("IT", "S2", "headcount", 1000),  # HR and S1 have given: they take nothing more
        ("S1", "W1", "area", 5300),
        ("W1", "S2", "fixed_shares", 2650),
        ("W1", None, "fixed_shares", 2650),
    ]
    assert result["cycle"].tolist()[:2] == ["first", "third"]


def test_cycles_are_carried_out_in_their_months_only() -> None:
    rules = one(PoolRule(driver="headcount"), effective_until="2025-12")
    assert len(allocated(rules)) == 0
    assert len(allocated(months=[])) == 0


def test_order_of_rows_and_of_cost_centers_changes_nothing() -> None:
    for rules in (Rules(), one(PoolRule(driver="headcount"), "reciprocal")):
        usual = allocated(rules)
        mixed = trace.cost_allocation(
            shuffled(LEDGER), ACCOUNTS, shuffled(CENTERS), shuffled(HEADS), NO_CLOUD, MONTHS[::-1], rules
        )
        pd.testing.assert_frame_equal(mixed, usual)


def test_strangers_are_refused() -> None:
    with pytest.raises(ContractError, match="driver_monthly uses cost_center_id 'XX'"):
        allocated(quantities=HEADS.assign(cost_center_id="XX"))
    with pytest.raises(ContractError, match="gl_balances uses account_id"):
        allocated(ledger=LEDGER.assign(account_id="XX"))
    with pytest.raises(ConfigurationError, match="cost center 'XX'"):
        allocated(one(PoolRule(cost_centers=("XX",))))


def cloud(rows: list[tuple]) -> pd.DataFrame:
    names = ["period", "billing_account_id", "allocation_key", "currency", "effective_cost"]
    frame = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[:-1], "str"))
    frame["effective_cost"] = pd.array([Decimal(c) for c in frame["effective_cost"]], dtype=DECIMAL)
    return frame


BILL = cloud(
    [
        ("2026-01", "A1", "S1", "USD", "10"),
        ("2026-01", "A1", "web", "USD", "20.5"),
        ("2026-01", "A1", "S1", "USD", "-0.5"),
        ("2026-01", "A1", None, "USD", "99"),
        ("2026-01", "A1", "nobody", "USD", "99"),
        ("2026-01", "Z9", "S1", "USD", "99"),
    ]
)


def test_cloud_cost_by_allocation_key_is_a_driver() -> None:
    keyed = trace.cloud_by_cost_center(BILL, CENTERS, {"A1": "DE"}, {"web": "W1"})
    assert keyed.to_numpy().tolist() == [
        ["2026-01", "DE", "S1", "cloud_cost", "USD", Decimal("9.5")],
        ["2026-01", "DE", "W1", "cloud_cost", "USD", Decimal("20.5")],
    ]
    result = allocated(one(PoolRule(cost_centers=("IT",), driver="cloud_cost")), cloud=keyed)
    assert ways(result) == [("IT", "S1", "cloud_cost", 317), ("IT", "W1", "cloud_cost", 683)]
    two = pd.concat([keyed, keyed.head(1).assign(unit="EUR")])
    mixed = allocated(one(PoolRule(cost_centers=("IT",), driver="cloud_cost")), cloud=two)
    assert ways(mixed) == [("IT", None, "cloud_cost", 1000)]
    assert len(trace.cloud_by_cost_center(BILL.head(0), CENTERS, {}, {})) == 0
    with pytest.raises(ContractError, match="cloud_keys uses cost_center_id 'XX'"):
        trace.cloud_by_cost_center(BILL, CENTERS, {}, {"web": "XX"})
