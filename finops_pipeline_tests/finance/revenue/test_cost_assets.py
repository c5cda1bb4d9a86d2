"""Contract costs as assets: by hand, against the plain form, and each proof on what it is for."""

from datetime import date
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods
from finops_pipeline.finance.revenue import costs as plain
from finops_pipeline.finance.revenue.cost_assets import CostAssets, contract_cost_rollforward
from finops_pipeline.finance.revenue.cost_books import contract_cost_journal, cost_findings, cost_journal_findings
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, frame, read

ONE = "contract_id signed_on \n C1 2026-01-01"
TWO_YEARS = "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 240000 2026-01-01 2027-12-31"
HEAD = "cost_id contract_id kind incurred_on amount"
YEARS = periods.span("2026-01", "2028-12")


def made(
    case: Deals, costs: str, wanted: list[str] = YEARS, proration: Any = "monthly", *, expedient: bool = False
) -> CostAssets:
    lines = case.schedule(wanted[-1], proration).lines
    table = read("contract_costs", costs)
    result = contract_cost_rollforward(
        table,
        case.contracts,
        case.obligations,
        case.events,
        lines,
        case.booked(),
        wanted,
        proration,
        expedient=expedient,
    )
    assert_keeps("contract_cost_rollforward", result.rows)
    assert cost_findings(result.rows, result.costs, wanted) == []
    journal = contract_cost_journal(result.rows)
    assert_keeps("contract_cost_journal", journal)
    assert cost_journal_findings(journal, result.rows) == []
    return result


def moves(result: CostAssets, period: str) -> list[Any]:
    rows = result.rows[result.rows["period"] == period]
    return rows[["cost_id", "opening", "capitalized", "amortized", "impaired", "closing", "expensed"]].values.tolist()


def test_a_commission_is_expensed_over_the_services_of_its_contract() -> None:
    result = made(deals(ONE, TWO_YEARS), f"{HEAD} \n K1 C1 obtain 2026-01-20 24000")
    assert moves(result, "2026-01") == [["K1", 0, 24_000, -1_000, 0, 23_000, 0]]
    assert moves(result, "2027-12") == [["K1", 1_000, 0, -1_000, 0, 0, 0]]
    assert moves(result, "2028-01") == []
    assert result.findings == []


def test_by_days_the_asset_goes_as_the_revenue_of_the_contract_does() -> None:
    """730 days from 10 January on: 22, 28 and 31 of them, and the last nine in January 2028; the cost comes before the service."""
    promised = TWO_YEARS.replace("2026-01-01", "2026-01-10").replace("2027-12-31", "2028-01-09")
    result = made(deals(ONE, promised), f"{HEAD} \n K1 C1 obtain 2026-01-02 7300", YEARS, "daily")
    expense = result.rows.set_index("period")["amortized"]
    assert expense[:3].tolist() == [-220, -280, -310]
    assert (expense["2028-01"], expense.sum()) == (-90, -7300)
    assert result.rows["impaired"].sum() == 0


def test_a_renewal_ends_on_the_same_day_or_on_the_last_one() -> None:
    costs = f"""
        {HEAD} end_date renewal_months
        K1 C1 fulfil 2026-01-01 1000 2026-02-28 1
        K2 C1 fulfil 2026-01-01 1000 2026-01-30 1
        K3 C1 fulfil 2026-01-01 1000 2026-01-15 1
    """
    result = made(deals(ONE, TWO_YEARS), costs, YEARS, "daily")
    days = pd.to_datetime(result.costs["last"], unit="D").dt.date
    assert days.tolist() == [date(2026, 3, 31), date(2026, 2, 28), date(2026, 2, 15)]


def test_a_later_range_of_months_opens_with_what_is_left() -> None:
    result = made(deals(ONE, TWO_YEARS), f"{HEAD} \n K1 C1 obtain 2026-01-20 24000", ["2026-06", "2026-07"])
    assert moves(result, "2026-06") == [["K1", 19_000, 0, -1_000, 0, 18_000, 0]]


def test_incremental_costs_of_obtaining_a_contract() -> None:
    """IFRS 15 Example 36, ASC 340-40-55 Example 1: legal fees 15,000 and travel 25,000 are expenses, commissions 10,000 an asset."""
    costs = f"""
        {HEAD} is_capitalizable
        K1 C1 obtain 2026-01-10 15000 false
        K2 C1 obtain 2026-01-10 25000 false
        K3 C1 obtain 2026-01-10 10000 -
    """
    result = made(deals(ONE, TWO_YEARS), costs)
    rows = result.rows[result.rows["period"] == "2026-01"]
    assert rows["capitalized"].tolist() == [0, 0, 10_000]
    assert rows["expensed"].tolist() == [15_000, 25_000, 0]


def test_costs_that_give_rise_to_an_asset() -> None:
    """IFRS 15 Example 37, ASC 340-40-55 Example 2: five years and two of renewals; 10,000 to obtain, 40,000 and 100,000 to fulfil.

    Hardware (120,000) and software (90,000) are assets of other standards: they do not come with the contract's costs.
    """
    case = deals(ONE, TWO_YEARS.replace("2027-12-31", "2030-12-31"))
    costs = f"""
        {HEAD} renewal_months
        K1 C1 obtain 2026-01-01 1,000,000  24
        K2 C1 fulfil 2026-01-01 4,000,000  24
        K3 C1 fulfil 2026-01-01 10,000,000 24
    """
    result = made(case, costs, periods.span("2026-01", "2033-01"))
    by_cost = result.rows.groupby("cost_id").agg({"amortized": "sum", "capitalized": "sum", "period": ["min", "max"]})
    assert by_cost.values.tolist() == [
        [-1_000_000, 1_000_000, "2026-01", "2032-12"],
        [-4_000_000, 4_000_000, "2026-01", "2032-12"],
        [-10_000_000, 10_000_000, "2026-01", "2032-12"],
    ]
    year = result.rows[result.rows["period"].str[:4] == "2026"]
    assert -year.loc[year["kind"] == "fulfil", "amortized"].sum() == pytest.approx(14_000_000 / 7, abs=24)


def test_with_the_expedient_what_benefits_a_year_or_less_is_an_expense() -> None:
    case = deals(ONE, TWO_YEARS.replace("2026-01-01", "2026-01-15").replace("2027-12-31", "2027-01-14"))
    costs = f"{HEAD} renewal_months \n K1 C1 obtain 2026-01-01 1200 - \n K2 C1 fulfil 2026-01-01 1200 - \n K3 C1 obtain 2026-01-01 1200 1"
    result = made(case, costs, expedient=True)  # twelve months, though in thirteen of the calendar
    assert result.rows[result.rows["period"] == "2026-01"]["expensed"].tolist() == [1200, 0, 0]
    assert made(case, costs).rows["expensed"].sum() == 0


def test_what_is_left_of_a_contract_that_is_cancelled_is_lost() -> None:
    happened = "contract_id event_date event_type amount \n C1 2026-03-31 cancellation 210000"
    costs = f"{HEAD} renewal_months \n K1 C1 obtain 2026-01-20 24000 - \n K2 C1 obtain 2026-01-20 36000 12"
    result = made(deals(ONE, TWO_YEARS, happened), costs)
    assert moves(result, "2026-02")[0] == ["K1", 23_000, 0, -1_000, 0, 22_000, 0]
    assert moves(result, "2026-03") == [
        ["K1", 22_000, 0, -1_000, -21_000, 0, 0],
        ["K2", 34_000, 0, -1_000, -33_000, 0, 0],
    ]
    assert moves(result, "2026-04") == []


def test_what_the_revenue_to_come_does_not_cover_is_lost_in_proportion() -> None:
    """A license of 9,000 in January, support of 240 for two years: 230 are still to come at the end of January."""
    promised = TWO_YEARS.replace("240000", "240") + "\n C1 B point_in_time 9000 - -"
    happened = "contract_id event_date event_type obligation_id \n C1 2026-01-05 delivery B"
    costs = f"{HEAD} \n K1 C1 obtain 2026-01-20 240 \n K2 C1 obtain 2026-01-20 480"
    result = made(deals(ONE, promised, happened), costs)
    # 230 and 460 are left after the month; 230 are covered: 230 x 230 / 690 = 76.67, the rest of it 153.33
    assert moves(result, "2026-01") == [["K1", 0, 240, -10, -153, 77, 0], ["K2", 0, 480, -20, -307, 153, 0]]
    assert result.rows["closing"].iloc[-1] == 0


@pytest.mark.parametrize("way", ["renewal", "usage", "not in the schedule", "before signing"])
def test_nothing_is_lost_where_the_revenue_to_come_is_not_known(way: str) -> None:
    promised, wanted, renewal, signed = TWO_YEARS.replace("240000", "240"), YEARS[:3], "-", ONE
    if way == "usage":
        promised += "\n C1 U usage 0 - -"
    if way == "renewal":
        renewal = "6"
    if way == "not in the schedule":
        promised = promised.replace("2026-01-01", "-")
    if way == "before signing":
        signed = ONE.replace("2026-01-01", "2026-03-01")
    result = made(deals(signed, promised), f"{HEAD} renewal_months \n K1 C1 obtain 2026-01-20 24000 {renewal}", wanted)
    lost = result.rows.set_index("period")["impaired"]
    assert lost[:2].tolist() == [0, 0]
    assert (lost["2026-03"] < 0) == (way == "before signing")


def test_an_impairment_of_the_extract_lowers_its_cost_and_not_below_nothing() -> None:
    costs = f"""
        {HEAD} related_cost_id
        K1 C1 fulfil     2026-01-01 24000 -
        K2 C1 impairment 2026-02-10 11000 K1
        K3 C1 impairment 2026-03-10 90000 K1
    """
    result = made(deals(ONE, TWO_YEARS), costs)
    assert moves(result, "2026-02") == [["K1", 23_000, 0, -1_000, -11_000, 11_000, 0]]
    assert moves(result, "2026-03") == [["K1", 11_000, 0, -500, -10_500, 0, 0]]
    assert [(f.rule_id, f.subject, f.severity) for f in result.findings] == [("REV-171", "K1", "warning")]


def test_costs_that_cannot_be_placed_are_left_out_and_named() -> None:
    costs = f"""
        {HEAD} end_date related_cost_id
        K1 C1 obtain     2026-01-01 100 2025-12-31 -
        K2 C1 obtain     2026-01-01 100 -          -
        K3 C1 obtain     2026-01-01 0   2026-12-31 -
        K4 C9 obtain     2026-01-01 100 2026-12-31 -
        K5 C1 impairment 2026-01-01 100 -          K7
        K6 C1 obtain     2026-01-01 100 2026-12-31 -
    """
    goods = "contract_id obligation_id recognition stated_price \n C1 A point_in_time 500"
    result = made(deals(ONE, goods), costs)
    assert set(result.rows["cost_id"]) == {"K6"}
    said = {f.subject: f.message for f in result.findings}
    assert set(said) == {"C1 / K1", "C1 / K2", "C1 / K3", "C9 / K4", "C1 / K5"}
    assert {f.rule_id for f in result.findings} == {"REV-170"}
    assert "ends before it begins" in said["C1 / K1"]
    assert "fill in end_date" in said["C1 / K2"]
    assert "related_cost_id" in said["C1 / K5"]


def test_no_costs_are_no_rows() -> None:
    result = made(deals(ONE, TWO_YEARS), HEAD)
    assert len(result.rows) == 0


@settings(max_examples=3)
@given(seed=st.integers(0, 10_000))
def test_amortization_is_that_of_the_plain_form(seed: int) -> None:
    rng = Random(seed)
    rows: list[dict[str, Any]] = []
    for number in range(8):
        start = date(2026, rng.randint(1, 12), rng.randint(1, 28))
        end = date(2026 + rng.randint(1, 3), rng.randint(1, 12), 28)
        rows.append({
            "cost_id": f"K{number}", "contract_id": "C9", "kind": "fulfil", "incurred_on": date(2026, 1, 5),
            "amount": rng.randint(1, 10**9), "start_date": start, "end_date": end, "renewal_months": rng.randint(0, 24),
            "contract_currency": "EUR",
        })  # fmt: skip
    case = deals("contract_id signed_on \n C9 2026-01-01", TWO_YEARS)
    lines = case.schedule("2026-01").lines
    wanted = periods.span("2026-01", "2032-12")
    table = frame("contract_costs", rows)
    result = contract_cost_rollforward(
        table, case.contracts, case.obligations, case.events, lines, case.booked(), wanted, "monthly"
    )
    for row in rows:
        first = periods.of(row["start_date"])
        term = periods.months_between(first, periods.of(row["end_date"])) + 1
        shown = result.rows[(result.rows["cost_id"] == row["cost_id"]) & (result.rows["amortized"] != 0)]
        expense = dict(zip(shown["period"], -shown["amortized"], strict=True))
        due = plain.amortization(row["amount"], first, term, row["renewal_months"])
        assert expense == {period: amount for period, amount in due.items() if amount}


def test_each_proof_fails_on_what_it_is_for() -> None:
    wanted = YEARS[:3]
    result = made(deals(ONE, TWO_YEARS), f"{HEAD} \n K1 C1 obtain 2026-01-20 24000", wanted)

    def broken(rows: pd.DataFrame) -> set[str]:
        return {f.rule_id for f in cost_findings(rows, result.costs, wanted)}

    rows, second = result.rows, result.rows["period"] == "2026-02"
    assert broken(rows.assign(amortized=rows["amortized"] + second)) == {"REV-172"}
    assert broken(rows[second]) == {"REV-172", "REV-173"}
    assert broken(rows.assign(expensed=rows["expensed"] + second)) == {"REV-173"}
    negative = rows.assign(closing=rows["closing"].where(rows["period"] < "2026-03", -1))
    assert broken(negative) == {"REV-172", "REV-174"}
    early = result.costs.assign(end=result.costs["incurred"])
    assert {f.rule_id for f in cost_findings(rows, early, wanted)} == {"REV-174"}
    journal = contract_cost_journal(rows)
    for column, role, rules in (
        ("debit", "contract_cost", {"REV-175", "REV-176"}),
        ("credit", "contract_cost_incurred", {"REV-175", "REV-176"}),
    ):
        wrong = journal.assign(**{column: journal[column] + (journal["account_role"] == role)})
        assert {f.rule_id for f in cost_journal_findings(wrong, rows)} == rules
    assert {f.rule_id for f in cost_journal_findings(journal[:0], rows)} == {"REV-176"}
