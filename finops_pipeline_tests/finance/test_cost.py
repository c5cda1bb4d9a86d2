"""The cost breakdown: direct and cloud costs, shares, changes and trend."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.cost import CLOUD_COST_MONTHLY, COST_BREAKDOWN
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import cost
from finops_pipeline.finance import periods as calendar
from finops_pipeline_tests.finance.books import (
    ACCOUNTS,
    COST_CENTERS,
    ENTITIES,
    assert_keeps,
    balances,
    shuffled,
    table,
)

DECIMAL = pd.ArrowDtype(pa.decimal128(38, 15))
PAYERS = {"A1": "DE", "A2": "DE", "B1": "UK"}
KEYS = {"web": "CC1"}


def bills(text: str) -> pd.DataFrame:
    frame = table(text)
    frame["billed_cost"] = pd.array([Decimal(c) for c in frame["billed_cost"]], dtype=DECIMAL)
    for name in set(CLOUD_COST_MONTHLY.names) - set(frame.columns):
        frame[name] = (
            frame["billed_cost"] if name.endswith("_cost") else pd.Series("any", index=frame.index, dtype="str")
        )
    return frame[list(CLOUD_COST_MONTHLY.names)]


LEDGER = balances("""
    entity_id  period   account_id  cost_center_id  product_id  debit  credit
    DE         2025-02  6000        CC1             -           200    0
    DE         2026-01  6000        CC1             -           400    0
    DE         2026-01  6100        CC2             -           50     0
    DE         2026-02  6000        CC1             P1          350    0
    DE         2026-02  6000        CC1             P2          0      50
    DE         2026-02  6100        CC2             -           60     0
    DE         2026-02  6100        CC3             -           40     0
    DE         2026-02  5000        -               -           600    0
    DE         2026-02  7500        -               -           25     25
    DE         2026-02  4000        -               -           0      9999
    DE         2026-02  8000        -               -           77     0
    UK         2026-02  5000        CC2             -           -30    0
""")
CLOUD = bills("""
    period   billing_account_id  service_category  currency  billed_cost
    2026-01  A1                  Compute           USD       10.005
    2026-02  A1                  Compute           USD       12.004
    2026-02  A2                  Compute           USD       0.000000000000001
    2026-02  A2                  Storage           USD       3.004
    2026-02  A2                  Network           USD       1.004
    2026-02  A1                  Compute           EUR       5
    2026-02  B1                  Compute           USD       -2.005
    2026-02  Z9                  Compute           USD       0.5
""")
MONTHS = ["2026-01", "2026-02"]
TRACE = table("""
    entity_id  period   from_cost_center_id  to_cost_center_id  currency  amount
    DE         2026-01  CC1                  CC2                EUR       30
    DE         2026-02  CC1                  CC2                EUR       70
    DE         2026-02  CC1                  CC3                EUR       20
    DE         2026-02  CC1                  -                  EUR       10
    DE         2026-02  CC2                  CC3                EUR       5
    DE         2026-02  CC2                  CC1                EUR       8
    UK         2026-02  CC2                  CC1                GBP       -6
""")
NO_TRACE = TRACE.head(0)


def breakdown(
    ledger: pd.DataFrame = LEDGER,
    cloud: pd.DataFrame = CLOUD,
    months: list[str] = MONTHS,
    payers: dict[str, str] = PAYERS,
    trace: pd.DataFrame = NO_TRACE,
) -> pd.DataFrame:
    return cost.cost_breakdown(ledger, ACCOUNTS, COST_CENTERS, cloud, ENTITIES, months, payers, trace, KEYS)


def rows(frame: pd.DataFrame, origin: str, period: str, *columns: str) -> list[list]:
    chosen = frame[(frame["origin"] == origin) & (frame["period"] == period)][list(columns)]
    return chosen.astype(object).where(chosen.notna(), None).to_numpy().tolist()


def test_direct_costs_by_department_category_and_behavior() -> None:
    result = breakdown()
    assert_keeps(COST_BREAKDOWN, result)
    what = ("entity_id", "department", "category", "cost_behavior", "currency", "amount")
    assert rows(result, "direct", "2026-02", *what) == [
        ["DE", "Production", "premises", "fixed", "EUR", 100],  # cost centers CC2 60 and CC3 40 are one department
        ["DE", "Sales", "people", "fixed", "EUR", 300],  # 350 less 50, over two products
        ["DE", None, "material", "variable", "EUR", 600],
        ["DE", None, None, None, "EUR", 0],  # other expenses are costs; revenue and income tax are not
        ["UK", "Production", "material", "variable", "GBP", -30],
    ]


def test_cloud_costs_are_rounded_once_and_sum_to_the_bill() -> None:
    what = ("entity_id", "category", "currency", "amount")
    result = breakdown()
    assert rows(result, "cloud", "2026-02", *what) == [
        ["DE", "Compute", "EUR", 500],
        ["DE", "Compute", "USD", 1201],  # 12.004000000000001, the largest of three remainders
        ["DE", "Network", "USD", 100],
        ["DE", "Storage", "USD", 300],  # together 16.012000000000001, so 16.01
        ["UK", "Compute", "USD", -200],  # -2.005 to the even neighbor
        [None, "Compute", "USD", 50],  # nobody has said who pays Z9
    ]
    assert rows(result, "cloud", "2026-01", *what) == [["DE", "Compute", "USD", 1000]]
    assert result.loc[result["origin"] == "cloud", ["department", "cost_behavior"]].isna().all(axis=None)


def test_an_allocation_key_gives_a_cloud_cost_its_department() -> None:
    keys = pd.Series(["CC1", "web", "CC2", "CC2", "nobody", None, None, "CC1"], dtype="str")
    result = breakdown(cloud=CLOUD.assign(allocation_key=keys))
    assert rows(result, "cloud", "2026-02", "entity_id", "department", "category", "currency", "amount") == [
        ["DE", "Production", "Compute", "USD", 0],
        ["DE", "Production", "Storage", "USD", 300],
        ["DE", "Sales", "Compute", "USD", 1201],
        ["DE", None, "Compute", "EUR", 500],
        ["DE", None, "Network", "USD", 100],
        ["UK", None, "Compute", "USD", -200],
        [None, "Sales", "Compute", "USD", 50],
    ]


def test_allocated_costs_leave_one_department_and_enter_another() -> None:
    result = breakdown(trace=TRACE)
    assert_keeps(COST_BREAKDOWN, result)
    what = ("entity_id", "department", "category", "cost_behavior", "currency", "amount", "mom_pct")
    assert rows(result, "allocated", "2026-02", *what) == [
        ["DE", "Production", "allocated from Production", None, "EUR", -8, None],  # 5 stays within the department
        ["DE", "Production", "allocated from Sales", None, "EUR", 90, 2.0],
        ["DE", "Sales", "allocated from Production", None, "EUR", 8, None],
        ["DE", "Sales", "allocated from Sales", None, "EUR", -90, -2.0],  # what is not allocated does not move
        ["UK", "Production", "allocated from Production", None, "GBP", 6, None],
        ["UK", "Sales", "allocated from Production", None, "GBP", -6, None],
    ]
    with pytest.raises(ContractError, match="cost_allocation uses cost_center_id 'XX'"):
        breakdown(trace=TRACE.assign(from_cost_center_id="XX"))


def test_shares_are_of_the_entitys_cost_of_one_origin_and_currency() -> None:
    what = ("department", "share_pct")
    result = breakdown()
    assert rows(result, "direct", "2026-02", *what)[:3] == [["Production", 0.1], ["Sales", 0.3], [None, 0.6]]
    assert rows(result, "cloud", "2026-02", "share_pct")[0] == [1.0]
    assert rows(result, "cloud", "2026-02", "share_pct")[1] == [1201 / 1601]
    nothing = breakdown(LEDGER[LEDGER["account_id"] == "7500"])
    assert rows(nothing, "direct", "2026-02", "amount", "share_pct") == [[0, None]]


def test_changes_on_the_month_and_the_year_before() -> None:
    what = ("category", "mom_pct", "yoy_pct")
    found = rows(breakdown(), "direct", "2026-02", *what)
    assert found == [
        ["premises", 1.0, None],  # 100 after 50; nothing a year ago
        ["people", -0.25, 0.5],  # 300 after 400, and after 200 a year ago
        ["material", None, None],
        [None, None, None],
        ["material", None, None],
    ]
    credit = balances("""
        entity_id  period   account_id  debit  credit
        DE         2026-01  6000        0      200
        DE         2026-02  6000        100    0
    """)
    assert rows(breakdown(credit), "direct", "2026-02", "mom_pct") == [[1.5]]  # up by 300 on a base of 200


def test_a_month_off_its_history_is_an_anomaly() -> None:
    months = calendar.span("2023-01", "2025-12")
    lines = "\n".join(f"DE {p} 6000 CC1 {10_000 + i * 37 % 101} 0" for i, p in enumerate(months[:-1]))
    ledger = balances(f"entity_id period account_id cost_center_id debit credit\n{lines}\nDE 2025-12 6000 CC1 15000 0")
    result = breakdown(ledger, CLOUD.head(0), months[-2:])
    assert_keeps(COST_BREAKDOWN, result)
    assert result["anomaly"].fillna("-").tolist() == ["-", "spike"]
    assert (result["expected_amount"] - 10_050).abs().max() < 60
    assert result["anomaly_score"].iloc[1] > 10


def test_a_month_without_postings_has_no_row_and_is_no_base() -> None:
    assert rows(breakdown(months=["2025-03"]), "direct", "2025-03", "amount") == []
    assert rows(breakdown(), "direct", "2026-01", "mom_pct") == [[None], [None]]


def test_nothing_was_spent() -> None:
    for empty in (
        breakdown(LEDGER.head(0), CLOUD.head(0)),
        breakdown(LEDGER.head(0), CLOUD.head(0).astype({"billed_cost": object})),
        breakdown(months=[]),
        breakdown(months=["2024-01"]),
    ):
        assert_keeps(COST_BREAKDOWN, empty)
        assert len(empty) == 0


def test_one_origin_alone_and_the_order_of_rows() -> None:
    both = breakdown()
    for alone, origin in ((breakdown(cloud=CLOUD.head(0)), "direct"), (breakdown(LEDGER.head(0)), "cloud")):
        pd.testing.assert_frame_equal(alone, both[both["origin"] == origin].reset_index(drop=True))
    pd.testing.assert_frame_equal(breakdown(shuffled(LEDGER), shuffled(CLOUD)), both)
    pd.testing.assert_frame_equal(breakdown(cloud=CLOUD.astype({"billed_cost": object})), both)


def test_no_billing_account_has_an_entity() -> None:
    result = breakdown(payers={})
    assert result.loc[result["origin"] == "cloud", "entity_id"].isna().all()


def test_a_stranger_is_refused_rather_than_dropped() -> None:
    for column in ("entity_id", "account_id", "cost_center_id"):
        with pytest.raises(ContractError, match="stranger"):
            breakdown(LEDGER.assign(**{column: "stranger"}))
    with pytest.raises(ContractError, match="cloud's entities uses entity_id 'XX'"):
        breakdown(payers={"A1": "XX"})


# --- Rounding


@settings(max_examples=100)
@given(
    parts=st.lists(st.decimals(-(10**9), 10**9, places=15), min_size=1, max_size=12),
    currency=st.sampled_from(["EUR", "JPY", "BHD"]),
)
def test_rounded_parts_sum_to_the_rounded_whole_and_stay_within_one_unit(parts: list[Decimal], currency: str) -> None:
    scale = {"EUR": 100, "JPY": 1, "BHD": 1000}[currency]
    rounded = cost.rounded_parts(parts, currency)
    assert sum(rounded) == round(sum(Fraction(p) for p in parts) * scale)
    assert all(abs(r - Fraction(p) * scale) < 1 for r, p in zip(rounded, parts, strict=True))


# --- Trend


def test_trend_looks_at_twelve_months_from_the_first_cost_on() -> None:
    def trend(amounts: dict[str, int]) -> str | None:
        lines = [f"DE {p} 6000 {a} 0" for p, a in amounts.items()]
        ledger = balances("\n".join(["entity_id period account_id debit credit", *lines]))
        last = max(amounts)
        return rows(breakdown(ledger, CLOUD.head(0), [last]), "direct", last, "trend")[0][0]

    months = calendar.span("2024-01", "2025-12")
    assert trend({p: i for i, p in enumerate(months[:5])}) is None
    assert trend({p: i for i, p in enumerate(months[:6])}) == "rising"
    assert trend({months[0]: 1, months[5]: 2}) == "flat"  # 1 0 0 0 0 2
    falling_long_ago = {p: 100 - i for i, p in enumerate(months[:12])}
    assert trend(falling_long_ago | {p: i for i, p in enumerate(months[12:])}) == "rising"
    # rising over the last twelve months, but flat over the last eleven and over all thirteen
    assert trend(dict(zip(months, [22, 1, 8, 6, 1, 5, 3, 10, 7, 6, 9, 15, 17], strict=False))) == "rising"


# --- CST-001 and CST-002


def subjects(
    result: pd.DataFrame,
    ledger: pd.DataFrame = LEDGER,
    cloud: pd.DataFrame = CLOUD,
    trace: pd.DataFrame = NO_TRACE,
) -> set[tuple[str, str]]:
    findings = cost.cost_breakdown_findings(
        result, ledger, ACCOUNTS, cloud, MONTHS, PAYERS, trace, COST_CENTERS
    )  # fmt: skip
    return {(f.rule_id, f.subject) for f in findings}


def test_a_sound_breakdown_has_no_findings() -> None:
    assert subjects(breakdown()) == set()
    nothing = (LEDGER.head(0), CLOUD.head(0))
    assert subjects(breakdown(*nothing), *nothing) == set()


@pytest.mark.parametrize(
    ("rule", "origin", "places"),
    [
        ("CST-001", "direct", {"DE 2026-01 EUR", "DE 2026-02 EUR", "UK 2026-02 GBP"}),
        (
            "CST-002",
            "cloud",
            {"DE 2026-01 USD", "DE 2026-02 EUR", "DE 2026-02 USD", "UK 2026-02 USD", "(no entity) 2026-02 USD"},
        ),
    ],
)
def test_cst_an_amount_that_differs_or_is_missing_on_either_side(rule: str, origin: str, places: set[str]) -> None:
    result = breakdown()
    chosen = result["origin"] == origin
    expected = {(rule, place) for place in places}
    assert subjects(result[~chosen]) == expected
    altered = result.assign(amount=result["amount"] + chosen.astype("int64"))
    assert subjects(altered) == expected
    without = {"ledger": LEDGER.head(0)} if origin == "direct" else {"cloud": CLOUD.head(0)}
    assert subjects(result, **without) == expected


def test_cst_allocated_costs_sum_to_zero_and_are_those_of_the_trace() -> None:
    result = breakdown(trace=TRACE)
    assert subjects(result, trace=TRACE) == set()
    sales = (result["origin"] == "allocated") & (result["department"] == "Sales") & (result["period"] == "2026-01")
    altered = result.assign(amount=result["amount"] + sales.astype("int64"))
    assert subjects(altered, trace=TRACE) == {("CST-003", "DE 2026-01 EUR"), ("CST-004", "DE 2026-01 EUR Sales")}
    both = (result["origin"] == "allocated") & (result["entity_id"] == "UK")
    assert subjects(result[~both], trace=TRACE) == {
        ("CST-004", "UK 2026-02 GBP Production"),
        ("CST-004", "UK 2026-02 GBP Sales"),
    }
    assert {rule for rule, _ in subjects(result)} == {"CST-004"}
