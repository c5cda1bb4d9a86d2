"""Rates by account, rounding one by one, overrides, and rates that are missing."""

import pandas as pd
import pytest

from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance.consolidation import Sources, consolidate, rate_findings
from finops_pipeline_tests.finance.consolidation.companies import (
    ACCOUNTS,
    CASH,
    consolidated,
    entities,
    group_of,
    held,
    lines,
    rates,
    sources,
)

MASTERS = entities("""
    A  EUR  -  -  -
    X  USD  A  1  -
""")
RATES = rates("""
    USD  EUR  2026-01  0.50  0.60
    USD  EUR  2026-02  0.70  0.80
""")
POSTED = lines("""
    A  2026-01  1000  5    0    -
    A  2026-01  3000  0    5    -
    X  2026-01  1000  101  0    -
    X  2026-01  3000  0    101  -
    X  2026-02  1000  0    40   -
    X  2026-02  1300  40   0    -
    X  2026-02  1200  30   0    -
    X  2026-02  4000  0    30   -
    X  2026-02  1000  7    0    -
    X  2026-02  3000  0    7    -
""")


def test_every_account_by_hand() -> None:
    _, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-02")
    assert held(made.worksheet, "2026-01", entity_id="X", step="translated") == {
        "1000": 61,  # 101 x 0.60 = 60.6
        "3000": -50,  # 101 x 0.50 = 50.5, half to even
    }
    assert held(made.worksheet, "2026-02", entity_id="X", step="translated") == {
        "1000": 54,  # (101 - 40 + 7) x 0.80 = 54.4
        "1200": 24,  # 30 x 0.80
        "1300": 28,  # land: 40 x 0.70, at the rate of the month it was bought in
        "3000": -55,  # -50 and 7 x 0.70 = 4.9
        "4000": -21,  # 30 x 0.70
    }
    assert held(made.worksheet, "2026-02", entity_id="X", step="adjustment") == {"CURRENCY_TRANSLATION": -30}
    # what stands at closing rates: 101 in January, 98 in February
    rolled = made.rollforward.set_index(["measure", "period"]).loc["translation_adjustment"]
    january, february = rolled.loc["2026-01"], rolled.loc["2026-02"]
    assert (january["on_opening"], january["on_income"], january["on_other_movements"]) == (
        0,
        0,
        10,
    )  # 101 x 0.1 = 10.1
    assert (january["rounding"], january["closing"]) == (1, 11)
    #   101 x 0.2 = 20.2;  30 x 0.1 = 3;  7 of capital less 40 of land, x 0.1 = -3.3
    assert (february["on_opening"], february["on_income"], february["on_other_movements"]) == (20, 3, -3)
    assert (february["opening"], february["rounding"], february["closing"]) == (11, -1, 30)


def test_the_parent_is_not_touched() -> None:
    _, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-02")
    assert held(made.worksheet, "2026-02", entity_id="A") == {"1000": 5, "3000": -5}
    assert set(made.rollforward["entity_id"]) == {"X"}


@pytest.mark.parametrize(
    ("account", "rule", "january", "february"),
    [
        ("1200", "average", 0, 21),  # the movement, 30 x 0.70
        ("3000", "closing", -61, -86),  # the balance: 101 x 0.60, 108 x 0.80 = 86.4
        ("4000", "closing", 0, -24),  # the month's income at the month's closing rate
        ("1000", "historical", 61, 54),  # cash stands at closing rates whatever the chart says
    ],
)
def test_the_chart_overrides_the_rule(account: str, rule: str, january: int, february: int) -> None:
    chart = ACCOUNTS.assign(translation=ACCOUNTS["translation"].mask(ACCOUNTS["account_id"] == account, rule))
    _, made = consolidated(sources(POSTED, MASTERS, chart), RATES, "2026-02")
    for period, amount in (("2026-01", january), ("2026-02", february)):
        assert held(made.worksheet, period, entity_id="X", step="translated").get(account, 0) == amount


def test_cash_moves_at_the_average_rate() -> None:
    _, made = consolidated(sources(POSTED, MASTERS), RATES, "2026-02")
    own = made.worksheet[(made.worksheet["entity_id"] == "X") & (made.worksheet["period"] == "2026-02")]
    flows = own.set_index("account_id")["cash_flow_amount"]
    assert (flows["1200"], flows["1300"], flows["3000"], flows["4000"]) == (21, 28, -5, -21)
    rolled = made.rollforward.set_index(["measure", "period"]).loc["cash"].loc["2026-02"]
    # cash 101 x 0.2 = 20.2; it fell by 33, x 0.1 = -3.3
    assert (rolled["on_opening"], rolled["on_income"], rolled["on_other_movements"]) == (20, 3, -6)
    assert rolled["closing"] - rolled["opening"] == (54 - 61) + (21 + 28 - 5 - 21)


def test_a_missing_rate_raises_with_pair_type_and_period() -> None:
    january = rates("USD EUR 2026-01 0.50 0.60")
    with pytest.raises(MissingRateError, match=r"no closing rate USD→EUR for 2026-02"):
        consolidate(sources(POSTED, MASTERS), group_of(MASTERS), january, "2026-02", CASH)
    assert consolidate(sources(POSTED, MASTERS), group_of(MASTERS), january, "2026-01", CASH).worksheet["amount"].any()


def test_con_005_names_the_first_month_that_lacks_a_rate() -> None:
    group = group_of(MASTERS)
    assert rate_findings(POSTED, MASTERS, group, RATES, "2026-02") == []
    findings = rate_findings(POSTED, MASTERS, group, RATES, "2026-04")
    assert [(f.rule_id, f.period, f.severity) for f in findings] == [("CON-005", "2026-03", "warning")] * 2
    assert [f.subject for f in findings] == ["USD→EUR average 2026-03", "USD→EUR closing 2026-03"]
    assert "GROUP is reported up to the month before" in findings[0].message


def test_nothing_posted_yet() -> None:
    group = group_of(MASTERS)
    for made in (
        consolidate(sources(POSTED.head(0), MASTERS), group, RATES, "2026-02", CASH),
        consolidate(sources(POSTED, MASTERS), group, RATES, "2025-12", CASH),
    ):
        assert [len(made.worksheet), len(made.rollforward), len(made.unmatched)] == [0, 0, 0]


def test_an_entity_that_begins_later_needs_no_earlier_rates() -> None:
    later = POSTED[(POSTED["entity_id"] == "A") | (POSTED["period"] == "2026-02")]
    balanced = pd.concat([later, lines("X 2026-02 3000 0 0 -")], ignore_index=True)
    _, made = consolidated(sources(balanced, MASTERS), rates("USD EUR 2026-02 0.70 0.80"), "2026-02")
    assert set(made.rollforward["period"]) == {"2026-02"}
    assert isinstance(sources(balanced, MASTERS), Sources)
