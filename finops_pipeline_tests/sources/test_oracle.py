"""Oracle tables row by row: segments by chart of accounts, sides of a line, types of accounts."""

import pytest

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


LINE = {"je_header_id": "1", "je_line_num": "1", "code_combination_id": "7"}
SIDES = {"entered_dr": "10.00", "accounted_dr": "10.00"}


def judged(line: dict[str, str], head: dict[str, str], **others: list[dict[str, str]]) -> str | None:
    """What becomes of a line under a header."""
    given = OTHERS | {"gl_je_headers": [OTHERS["gl_je_headers"][0] | head]} | others
    (made,) = derive(journal.journals(OPTIONS), [LINE | line], given)
    return made["verdict"]


@pytest.mark.parametrize(
    ("batch", "verdict"),
    [
        ({"status": "P"}, None),
        ({"status": "U"}, "OUT|not posted"),
        ({"status": "S"}, "OUT|not posted"),
        ({"status": "P", "average_journal_flag": "Y"}, "OUT|average balances"),
        ({"status": "P", "average_journal_flag": "N"}, None),
    ],
)
def test_a_journal_is_posted_when_its_batch_is(batch: dict[str, str], verdict: str | None) -> None:
    assert judged(SIDES, {"je_batch_id": "5"}, gl_je_batches=[{"je_batch_id": "5"} | batch]) == verdict


def test_without_its_batch_a_journal_speaks_for_itself() -> None:
    assert judged(SIDES, {"je_batch_id": "6"}, gl_je_batches=[{"je_batch_id": "5", "status": "U"}]) is None
    assert judged(SIDES, {"status": ""}) == "OUT|not posted"


def test_units_without_money_are_statistical() -> None:
    assert judged({"stat_amount": "40"}, {}) == "OUT|statistical units"
    assert judged(SIDES | {"stat_amount": "40"}, {}) is None
    assert judged({}, {}) == "OUT|no amount"


@pytest.mark.parametrize("category", ["SECONDARY", "ALC"])
def test_ledgers_that_repeat_the_primary_are_left_out_unless_they_are_named(category: str) -> None:
    other = [OTHERS["gl_ledgers"][0] | {"ledger_category_code": category}]
    assert judged(SIDES, {}, gl_ledgers=other) == "OUT|other ledger"
    named = OPTIONS.model_copy(update={"ledgers": ("1",)})
    (made,) = derive(journal.journals(named), [LINE | SIDES], OTHERS | {"gl_ledgers": other})
    assert made["verdict"] is None


def test_a_reversal_is_a_journal_of_its_own_and_both_stay() -> None:
    heads = [OTHERS["gl_je_headers"][0], OTHERS["gl_je_headers"][0] | {"je_header_id": "2"}]
    back = {"je_header_id": "2", "entered_cr": "10.00", "accounted_cr": "10.00"}
    made = derive(journal.journals(OPTIONS), [LINE | SIDES, LINE | back], OTHERS | {"gl_je_headers": heads})
    assert [(m["journal_id"], m["debit"], m["credit"], m["verdict"]) for m in made] == [
        ("1", "10.00", None, None), ("2", None, "10.00", None),
    ]  # fmt: skip


def test_values_of_segments_are_called_what_their_set_calls_them() -> None:
    named = Segments(natural_account=3, cost_center=2, natural_account_values="77", cost_center_values="78")
    options = OracleOptions(segments={"101": named})
    row = COMBINATION | {"segment2": "420", "segment3": "420"}
    names = [{"flex_value_set_id": "77", "flex_value": "420", "description": "Travel"},
             {"flex_value_set_id": "78", "flex_value": "420", "description": "Marketing"},
             {"flex_value_set_id": "79", "flex_value": "420", "description": "Mars"}]  # fmt: skip
    others = {"fnd_flex_values_vl": names}
    assert [m["name"] for m in derive(masters.accounts(options), [row], others)] == ["Travel"]
    (center,) = derive(masters.cost_centers(options), [row], others)
    assert (center["cost_center_id"], center["name"], center["department"]) == ("420", "Marketing", "Marketing")
    assert derive(masters.accounts(OPTIONS), [row], others)[0]["name"] == "420", "no set is guessed"


def test_balances_of_a_kind_that_is_none_are_refused() -> None:
    zero = dict.fromkeys(("period_net_dr", "period_net_cr", "begin_balance_dr", "begin_balance_cr"), "0")
    row = {"ledger_id": "1", "code_combination_id": "7", "currency_code": "USD", "period_name": "P"} | zero
    made = derive(balances.control_balances(OPTIONS), [row | {"actual_flag": f} for f in ("A", "X")], OTHERS)
    assert [m["verdict"] for m in made] == [None, "ROW-VOCABULARY|actual_flag"]


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
