"""NetSuite tables row by row: options, spellings, and what a row says when its partners say nothing."""

import pytest

from finops_pipeline.sources.netsuite import adapter, budgets, controls, journal, masters, terms
from finops_pipeline.sources.netsuite.options import Company, NetSuiteOptions
from finops_pipeline.sources.ranges import AccountRange
from finops_pipeline_tests.sources.derived import derive

OTHERS = {
    "transaction": [{"id": "1", "postingperiod": "9", "posting": "true", "trandate": "15/01/2024", "type": "VendBill",
                     "entity": "8", "currency": "1"}],
    "transactionline": [{"transaction": "1", "id": "0", "subsidiary": "4", "location": "2", "department": "3"}],
    "account": [{"id": "40", "accttype": "Expense", "acctnumber": "6000"}],
    "accountingperiod": [
        {"id": "9", "startdate": "01.01.2024", "enddate": "31.01.2024"},
        {"id": "1", "startdate": "01.02.2023", "enddate": "31.01.2024", "isyear": "T"},
    ],
    "subsidiary": [{"id": "4", "name": "S", "currency": "1"}],
    "currency": [{"id": "1", "symbol": "EUR"}],
}  # fmt: skip
LINE = {"transaction": "1", "transactionline": "0", "account": "40", "debit": "12.50"}


def test_options_name_ids_dimensions_and_days() -> None:
    options = NetSuiteOptions(
        dates="european", prefix="NS-", accounts="id", cost_centers="location", products="department"
    )
    (made,) = derive(journal.accounting_lines(options), [LINE], OTHERS)
    assert made["verdict"] is None
    names = ("entity_id", "journal_id", "account_id", "cost_center_id", "product_id", "vendor_id", "customer_id")
    assert [made[n] for n in names] == ["NS-4", "NS-1", "NS-40", "NS-2", "NS-3", "NS-8", None]
    assert [made[n] for n in ("posting_date", "period", "period_no")] == ["2024-01-15", "2024-01", "12"]
    assert [made[n] and float(made[n]) for n in ("debit", "credit", "functional_debit")] == [12.5, None, 12.5]


@pytest.mark.parametrize(
    "table", ["transaction", "transactionline", "account", "accountingperiod", "subsidiary", "currency"]
)
def test_what_a_row_waits_for_is_named(table: str) -> None:
    (made,) = derive(journal.accounting_lines(NetSuiteOptions(dates="european")), [LINE], OTHERS | {table: []})
    waits = {"transactionline": "transactionline", "currency": "currency"}.get(table, table)
    assert made["verdict"] == f"REF-EXTRACT|{waits}"


def test_types_of_accounts_may_be_refined_and_unknown_ones_are_refused() -> None:
    options = NetSuiteOptions(account_ranges=(AccountRange(first="8900", last="8999", account_type="income_tax"),))
    rows = [
        {"id": "1", "accttype": "Expense", "acctnumber": "8910"},
        {"id": "2", "accttype": "COGS", "acctnumber": "5000", "parent": "1"},
        {"id": "3", "accttype": "Mystery", "acctnumber": "1"},
    ]
    made = derive(masters.accounts(options), rows)
    assert [m["account_type"] for m in made[:2]] == ["income_tax", "cost_of_revenue"]
    assert made[1]["parent_account_id"] == "8910"
    assert made[2]["verdict"] == "ROW-VOCABULARY|accttype|Mystery"


def test_dimensions_that_are_not_named_are_left_out_and_products_may_be_none() -> None:
    row = [{"id": "1", "name": "Inside", "fullname": "Sales : Inside"}]
    department, classification, location = masters.dimensions(NetSuiteOptions(products="none"))
    assert [m["department"] for m in derive(department, row)] == ["Sales"]
    for unused in (classification, location):
        assert derive(unused, row)[0]["verdict"] == "OUT|dimension that the options do not name"
    same = NetSuiteOptions(products="department")
    assert derive(masters.dimensions(same)[0], row)[0]["cost_center_id"] == "1"
    assert journal.accounting_lines(same).found["product"] == "NULL::VARCHAR", "one dimension is not told twice"


def test_a_version_is_named_by_the_options() -> None:
    found = budgets.budget_months(NetSuiteOptions(versions={"3": "2024-original"})).columns["version"]
    assert found == "CASE r.category WHEN '3' THEN '2024-original' ELSE coalesce(r.category, 'budget') END"


def test_a_book_is_other_only_where_it_is_said() -> None:
    assert terms.other_book("r.book", NetSuiteOptions(accounting_book="2")).when == "r.book <> '2'"


def test_every_table_of_the_guide_is_known() -> None:
    assert {e.name for e in adapter.extracts()} >= {
        "transaction", "transactionline", "transactionaccountingline", "account", "accountingperiod", "subsidiary",
        "accountingperiodfiscalcalendars", "fiscalcalendar", "department", "classification", "location", "currency",
        "consolidatedexchangerate", "budgets", "budgetsmachine", "deletedrecord",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("record", "is_gone"),
    [("Journal", True), ("Assembly Unbuild", True), ("customtransaction_accrual", True), ("Vendor Prepayment Application", True),
     ("Inventory Cost Revaluation", True), ("customer", False), ("Inventory Item", False), ("Billing Schedule", False),
     ("Our own", True)],
)  # fmt: skip
def test_deleted_records_are_transactions_by_their_type(record: str, *, is_gone: bool) -> None:
    options = NetSuiteOptions(deleted_types=("Our own",))
    line = {"transaction": "1", "transactionline": "0", "account": "40", "amount": "1"}
    (made,) = derive(journal.accounting_lines(options), [line], {"deletedrecord": [{"recordid": "1", "type": record}]})
    assert (made["verdict"] == "OUT|deleted") == is_gone


HERE = NetSuiteOptions(dates="european", eliminations="here", prefix="NS-")
GROUP = [{"id": "8", "representingsubsidiary": "9"}]


@pytest.mark.parametrize(
    ("line", "counterparty"),
    [
        ({}, "NS-9"),
        ({"duetofromsubsidiary": "7"}, "NS-7"),
        ({"entity": "5"}, None),
        ({"duetofromsubsidiary": "4"}, None),
    ],
    ids=["the vendor is a subsidiary", "the line names one", "a vendor outside", "its own subsidiary"],
)
def test_the_other_company_of_an_intercompany_line_is_its_counterparty(
    line: dict[str, str], counterparty: str | None
) -> None:
    others = OTHERS | {"vendor": GROUP, "transactionline": [OTHERS["transactionline"][0] | line]}
    (made,) = derive(journal.accounting_lines(HERE), [LINE], others)
    assert (made["counterparty_entity_id"], made["verdict"]) == (counterparty, None)
    (by_netsuite,) = derive(journal.accounting_lines(NetSuiteOptions(dates="european")), [LINE], others)
    assert by_netsuite["counterparty_entity_id"] is None, "what NetSuite eliminates is not eliminated again"


def test_who_eliminates_here_leaves_out_what_netsuite_eliminated() -> None:
    others = OTHERS | {"subsidiary": [OTHERS["subsidiary"][0] | {"iselimination": "T"}]}
    assert derive(journal.accounting_lines(HERE), [LINE], others)[0]["verdict"] == "OUT|elimination that is made here"
    assert derive(journal.accounting_lines(NetSuiteOptions(dates="european")), [LINE], others)[0]["verdict"] is None


ALONE = NetSuiteOptions(dates="european", company=Company(entity_id="US01", name="Comb", currency="EUR"))


def test_an_account_without_subsidiaries_is_the_company_of_the_options() -> None:
    others = OTHERS | {"subsidiary": [], "currency": [], "transactionline": [{"transaction": "1", "id": "0"}]}
    (made,) = derive(journal.accounting_lines(ALONE), [LINE], others)
    assert (made["entity_id"], made["currency"], made["verdict"]) == ("US01", "EUR", None)
    (company,) = derive(masters.company(ALONE, ALONE.company), OTHERS["accountingperiod"])
    assert (company["entity_id"], company["functional_currency"], company["fiscal_year_start_month"]) == (
        "US01",
        "EUR",
        "2",
    )
    april = ALONE.company.model_copy(update={"fiscal_year_start_month": 4})
    told = ALONE.model_copy(update={"company": april})
    (company,) = derive(masters.company(told, april), OTHERS["accountingperiod"])
    assert company["fiscal_year_start_month"] == "4"


BALANCES = OTHERS | {
    "account": [
        {"id": "40", "accttype": "Expense", "acctnumber": "6000", "fullname": "Wages"},
        {"id": "41", "accttype": "AcctPay", "fullname": "Payables"},
        {"id": "42", "accttype": "Equity", "fullname": "Retained Earnings", "sspecacct": "RetEarnings"},
        {"id": "43", "accttype": "Expense", "fullname": "Twin"},
        {"id": "44", "accttype": "Expense", "fullname": "Twin"},
    ],
    "accountingperiod": [OTHERS["accountingperiod"][0] | {"periodname": "Jan 2024"}, *OTHERS["accountingperiod"][1:]],
}
OWN = NetSuiteOptions(dates="european")


def stated(row: dict[str, str], options: NetSuiteOptions = OWN) -> tuple[str | None, ...]:
    others = {name: rows for name, rows in BALANCES.items() if not name.startswith("transaction")}
    (made,) = derive(controls.trial_balance(options), [{"period": "Jan 2024", "subsidiary": "S"} | row], others)
    return made["account_id"], made["closing"] and str(float(made["closing"])), made["verdict"]


@pytest.mark.parametrize("account", ["40", "6000", "wages", "6000 Wages"])
def test_a_balance_is_that_of_an_account_by_id_number_or_name(account: str) -> None:
    assert stated({"account": account, "amount": "1,200.50"}) == ("6000", "1200.5", None)


def test_balances_come_signed_or_on_two_sides_and_computed_ones_are_none() -> None:
    assert stated({"account": "Payables", "amount": "(20.00)"}) == ("41", "-20.0", None)
    assert stated({"account": "Payables", "credit": "20.00"}) == ("41", "-20.0", None)
    natural = OWN.model_copy(update={"trial_balance": "natural"})
    assert stated({"account": "Payables", "amount": "20.00"}, natural) == ("41", "-20.0", None)
    assert stated({"account": "Payables", "credit": "20.00"}, natural) == ("41", "-20.0", None)
    assert stated({"account": "Retained Earnings", "amount": "5"}) == ("42", None, None)


def test_what_a_balance_says_in_two_ways_waits_and_totals_are_none() -> None:
    assert stated({"account": "Twin", "amount": "1"})[2] == "REF-EXTRACT|account"
    assert stated({"account": "Total", "amount": "0"})[2] == "OUT|total of the trial balance"
    assert stated({"account": "40", "amount": "much"})[2] == "ROW-MONEY|amount"
    assert stated({"account": "40", "amount": "1", "period": "May 1999"})[2] == "REF-EXTRACT|accountingperiod"
    assert stated({"account": "40", "amount": "1", "subsidiary": "X"})[2] == "REF-EXTRACT|subsidiary"
    assert stated({"account": "40", "amount": "1", "subsidiary": "X"}, ALONE) == ("6000", "1.0", None)
