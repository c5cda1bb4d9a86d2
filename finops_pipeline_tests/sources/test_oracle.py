"""Oracle tables row by row: segments by chart of accounts, sides of a line, types of accounts."""

from finops_pipeline.sources.oracle import adapter, balances, journal, masters, terms
from finops_pipeline.sources.oracle.options import OracleOptions, Segments
from finops_pipeline.sources.ranges import AccountRange
from finops_pipeline_tests.sources.derived import derive

OPTIONS = OracleOptions(
    segments={"101": Segments(natural_account=3, cost_center=2), "default": Segments(natural_account=1)},
    account_ranges=(AccountRange(first="5000", last="5999", account_type="cost_of_revenue"),),
)
COMBINATION = {"code_combination_id": "7", "chart_of_accounts_id": "101", "account_type": "E", "segment1": "01"}


def test_segments_mean_what_their_chart_of_accounts_says() -> None:
    rows = [
        COMBINATION | {"segment2": "420", "segment3": "6000"},
        COMBINATION | {"chart_of_accounts_id": "202", "segment1": "6001"},
    ]
    assert [m["account_id"] for m in derive(masters.accounts(OPTIONS), rows)] == ["6000", "6001"]
    centers = derive(masters.cost_centers(OPTIONS), rows)
    assert [(m["cost_center_id"], m["verdict"]) for m in centers] == [
        ("420", None),
        (None, "OUT|combination without a cost center"),
    ]
    assert terms.segment(OracleOptions(), "natural_account", "r") == "NULL::VARCHAR"


def test_oracles_five_types_are_refined_by_account_number() -> None:
    kinds = {"A": "asset", "L": "liability", "O": "equity", "R": "revenue", "E": "operating_expense", "X": "X"}
    rows = [COMBINATION | {"segment3": "1000", "account_type": kind} for kind in kinds]
    assert [m["account_type"] for m in derive(masters.accounts(OPTIONS), rows)] == list(kinds.values())
    (made,) = derive(masters.accounts(OPTIONS), [COMBINATION | {"segment3": "5100"}])
    assert made["account_type"] == "cost_of_revenue"


OTHERS = {
    "gl_je_headers": [{"je_header_id": "1", "ledger_id": "1", "period_name": "P", "currency_code": "USD", "status": "P",
                       "actual_flag": "A", "default_effective_date": "02-JAN-2024"}],
    "gl_ledgers": [{"ledger_id": "1", "name": "L", "currency_code": "USD", "period_set_name": "C"}],
    "gl_periods": [{"period_set_name": "C", "period_name": "P", "period_year": "2024", "period_num": "1",
                    "start_date": "31-DEC-2023", "end_date": "27-JAN-2024"}],
    "gl_code_combinations": [COMBINATION | {"segment3": "6000"}],
}  # fmt: skip


def test_a_line_with_both_sides_is_booked_on_the_side_of_the_larger() -> None:
    line = {"je_header_id": "1", "je_line_num": "1", "code_combination_id": "7"}
    sides = {"entered_dr": "10.00", "entered_cr": "12.50", "accounted_dr": "10.00", "accounted_cr": "12.50"}
    (made,) = derive(journal.journals(OPTIONS), [line | sides], OTHERS)
    assert (made["debit"], float(made["credit"]), made["functional_debit"]) == (None, 2.5, "0")
    assert made["period"] == "2024-01", "a period of weeks is in the month of its middle"


def test_what_a_row_waits_for_is_named() -> None:
    line = {"je_header_id": "1", "je_line_num": "1", "code_combination_id": "8", "accounted_dr": "1"}
    (made,) = derive(journal.journals(OPTIONS), [line], OTHERS)
    assert made["verdict"] == "REF-EXTRACT|gl_code_combinations"
    (made,) = derive(journal.journals(OPTIONS), [line], OTHERS | {"gl_periods": []})
    assert made["verdict"] == "REF-EXTRACT|gl_periods"


def test_rows_of_balances_are_shared_by_actuals_and_budgets() -> None:
    shares = (balances.control_balances(OPTIONS).share, balances.budget_balances(OPTIONS).share)
    assert shares == (f"NOT ({shares[1]})", shares[1])
    names = {d.table.name for d in adapter.derivations(OracleOptions(entity="balancing"))}
    assert "entities" not in names
    assert {d.rows for d in adapter.derivations(OPTIONS)} <= set(adapter.extracts())
