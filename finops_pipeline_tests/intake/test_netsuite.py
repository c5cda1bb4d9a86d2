"""NetSuite tables as they lie in landing: what enters, what is left out and why, on which night."""

from pathlib import Path

from finops_pipeline_tests.intake.netsuite import FILES, LINES, POSTINGS, TRANSACTIONS, NetSuiteNight, head, lines, sale


def test_the_signed_amount_is_the_posting_and_dimensions_are_those_of_the_line(netsuite: NetSuiteNight) -> None:
    netsuite.post(1)
    netsuite.run()
    assert netsuite.quarantined() == []
    assert netsuite.lines() == [("1", 0, "2024-01", "11", 10000), ("1", 1, "2024-01", "4000", -10000)]
    line = netsuite.rows("journal_lines").set_index("line_no").loc[1]
    assert line[["entity_id", "cost_center_id", "product_id", "customer_id", "description", "currency"]].tolist() == [
        "1", "6", "7", "77", "combs", "USD",
    ]  # fmt: skip
    assert line["period_no"] == 1


def test_master_data(netsuite: NetSuiteNight) -> None:
    netsuite.run()
    names = ["entity_id", "functional_currency", "parent_entity_id", "fiscal_year_start_month"]
    assert netsuite.rows("entities")[names].fillna("-").to_numpy().tolist() == [
        ["1", "USD", "-", 1], ["2", "JPY", "1", 4], ["3", "USD", "1", 1],
    ]  # fmt: skip
    accounts = netsuite.rows("accounts").set_index("account_id")
    assert accounts["account_type"].to_dict() == {
        "0010": "asset", "11": "asset", "3000": "equity", "4000": "revenue", "6000": "operating_expense",
    }  # fmt: skip
    assert accounts.index[accounts["is_cash"].fillna(value=False)].tolist() == ["0010"]
    assert accounts.loc[["0010", "3000", "4000"], "translation"].tolist() == ["closing", "historical", "average"]
    assert accounts["parent_account_id"].isna().all(), "a summary account has no postings and is no account here"
    assert netsuite.reasons("account") == {"statistical or non-posting account": 2, "summary account": 1}
    assert netsuite.rows("cost_centers")[["cost_center_id", "department"]].to_numpy().tolist() == [
        ["5", "Sales"], ["6", "Sales"],
    ]  # fmt: skip
    assert netsuite.rows("products")[["product_id", "family"]].to_numpy().tolist() == [["7", "Goods"]]


def test_only_postings_of_one_book_are_books(netsuite: NetSuiteNight) -> None:
    odd = {
        2: head(2, posting="F"), 3: head(3, kind="RevArrng"), 4: head(4, voided="T"), 6: head(6, voided="T"),
    }  # fmt: skip
    netsuite.table("transaction", TRANSACTIONS, *(odd.get(n, head(n)) for n in range(1, 8)))
    netsuite.table("transactionline", LINES, *(one for n in range(1, 8) for one in lines(n)))
    netsuite.table(
        "transactionaccountingline", POSTINGS, *sale(1), *sale(1, "99.00", book="2"), *sale(2), *sale(3),
        *sale(4, "0.00"), *(row.replace(",T", ",F") for row in sale(5)), *sale(6), "7,0,1,91,5,5,,T", "7,1,1,90,-5,,5,T",
    )  # fmt: skip
    netsuite.run()
    assert netsuite.quarantined() == []
    assert netsuite.journals() == {"1", "6"}, "what was voided by a reversal stays: the reversal is another transaction"
    assert netsuite.reasons() == {
        "other accounting book": 2, "not posting": 4, "revenue arrangement": 2, "voided": 2,
        "statistical or non-posting account": 2,
    }  # fmt: skip


def test_the_posting_period_decides_and_adjustments_are_a_thirteenth(netsuite: NetSuiteNight) -> None:
    netsuite.post(1, 2, 3, header={1: head(1, period=103), 2: head(2, period=113), 3: head(3, period=114)})
    netsuite.run()
    rows = netsuite.rows("journal_lines").drop_duplicates("journal_id").set_index("journal_id")
    assert rows["period"].to_dict() == {"1": "2024-02", "2": "2024-12", "3": "2024-12"}
    assert rows["period_no"].to_dict() == {"1": 2, "2": 12, "3": 13}
    assert {f"{day:%Y-%m-%d}" for day in rows["posting_date"]} == {"2024-01-15"}


def test_a_quarter_is_no_period(netsuite: NetSuiteNight) -> None:
    netsuite.post(1, header={1: head(1, period=101)})
    netsuite.run()
    assert {rule for *_, rule in netsuite.quarantined()} == {"REF-EXTRACT"}


def test_fiscal_years_are_those_of_the_subsidiary_and_yen_have_no_decimals(netsuite: NetSuiteNight) -> None:
    netsuite.table("transaction", TRANSACTIONS, head(1))
    netsuite.table("transactionline", LINES, *lines(1, subsidiary=2))
    netsuite.table("transactionaccountingline", POSTINGS, *sale(1, "5000"))
    netsuite.run()
    rows = netsuite.rows("journal_lines")
    assert rows[["entity_id", "functional_currency", "currency"]].drop_duplicates().to_numpy().tolist() == [
        ["2", "JPY", "JPY"]
    ]
    assert rows["functional_debit"].max() == 5000
    assert set(rows["period_no"]) == {10}, "January is the tenth month of a year from April"


def test_amounts_in_the_currency_of_the_transaction_stand_beside_those_of_the_books(netsuite: NetSuiteNight) -> None:
    netsuite.table("transaction", TRANSACTIONS, head(1).replace(",T,1,77", ",T,3,77"))
    netsuite.table("transactionline", LINES, "1,0,1,,,77,90.00,", "1,1,1,6,7,77,-90.00,combs", "1,2,1,,,77,,revalued")
    netsuite.table("transactionaccountingline", POSTINGS, *sale(1, "100.00")[:1], "1,1,1,40,-99.00,,99.00,T",
                   "1,2,1,60,-1.00,,1.00,T")  # fmt: skip
    netsuite.run()
    rows = netsuite.rows("journal_lines").sort_values("line_no")
    assert rows["currency"].tolist() == ["EUR", "EUR", "USD"]
    assert (rows["debit"] - rows["credit"]).tolist() == [9000, -9000, -100]
    assert (rows["functional_debit"] - rows["functional_credit"]).tolist() == [10000, -9900, -100]


def test_what_arrives_late_enters_late(netsuite: NetSuiteNight) -> None:
    netsuite.table("transactionaccountingline", POSTINGS, *sale(1))
    netsuite.run()
    assert {rule for *_, rule in netsuite.quarantined()} == {"REF-EXTRACT"}
    netsuite.table("transaction", TRANSACTIONS, head(1))
    netsuite.table("transactionline", LINES, *lines(1))
    netsuite.run()
    assert netsuite.quarantined() == []
    assert len(netsuite.lines()) == 2
    netsuite.table("transaction", TRANSACTIONS, head(1, posting="F"), file="unapproved.csv")
    netsuite.run()
    assert netsuite.lines() == []


def test_an_amount_that_is_not_its_sides_stays_out_with_its_journal(netsuite: NetSuiteNight) -> None:
    netsuite.table("transaction", TRANSACTIONS, head(1))
    netsuite.table("transactionline", LINES, *lines(1))
    netsuite.table("transactionaccountingline", POSTINGS, "1,0,1,11,100,90,,T", "1,1,1,40,,,100,T")
    netsuite.run()
    assert netsuite.lines() == []
    assert {rule for *_, rule in netsuite.quarantined()} == {"ROW-MONEY", "JRN-BALANCE"}
    (said,) = netsuite.report("quarantine").query("rule_id == 'ROW-MONEY'")["message"]
    assert said == "amount is '100': debit less credit is 90.000000000", (
        "what is wrong is said, not how to write numbers"
    )


def test_a_period_whose_days_cannot_be_read_is_refused(netsuite: NetSuiteNight) -> None:
    netsuite.table("accountingperiod", "id,periodName,startDate,endDate\n102,Jan 2024,soon,later", file="again.csv")
    netsuite.post(1)
    netsuite.run()
    assert netsuite.lines() == []
    assert {rule for *_, rule in netsuite.quarantined()} == {"ROW-DATE"}


def test_an_account_without_subsidiaries_is_one_company_and_its_trial_balance_controls_it(tmp_path: Path) -> None:
    company = {"entity_id": "US01", "name": "Honeycomb", "currency": "USD"}
    night = NetSuiteNight(tmp_path, netsuite={"company": company})
    for name in ("accountingperiod", "account", "department", "classification"):
        night.table(name, FILES[name])
    night.table("transaction", TRANSACTIONS, head(1))
    night.table("transactionline", LINES.replace("subsidiary,", ""), "1,0,,,77,,", "1,1,6,7,77,,combs")
    night.table("transactionaccountingline", POSTINGS, *sale(1))
    night.table("trial_balance", "Account,Period,Amount", "Receivables,Jan 2024,100.00", "4000 Sales,Jan 2024,-100.00",
                "Total,Jan 2024,0.00")  # fmt: skip
    night.table("budgets", "id,year,account,category,department", "1,2024,40,3,5")
    night.table("budgetsmachine", "budget,period,amount", "1,102,1000.00")
    night.run()
    assert night.quarantined() == []
    names = ["entity_id", "name", "functional_currency", "fiscal_year_start_month"]
    assert night.rows("entities")[names].to_numpy().tolist() == [["US01", "Honeycomb", "USD", 1]]
    assert night.rows("journal_lines")["entity_id"].unique().tolist() == ["US01"]
    assert night.rows("budget_lines")[["entity_id", "currency", "amount"]].to_numpy().tolist() == [
        ["US01", "USD", 100000]
    ]
    figures = night.rows("control_balances").sort_values("account_id")
    assert figures[["source", "entity_id", "period", "account_id", "closing"]].to_numpy().tolist() == [
        ["netsuite", "US01", "2024-01", "11", 10000], ["netsuite", "US01", "2024-01", "4000", -10000],
    ]  # fmt: skip
    night.assert_accounted_for()


BUDGETS = "id,year,account,category,subsidiary,department,class,accountingBook"


def test_months_of_budgets_are_rows_in_natural_sign(netsuite: NetSuiteNight) -> None:
    netsuite.table(
        "budgets", BUDGETS, "1,2024,40,3,1,5,7,1", "2,2024,60,3,1,5,,1", "3,2024,40,3,1,5,,1", "4,2024,40,3,1,,,2"
    )
    netsuite.table(
        "budgetsmachine",
        "budget,period,amount",
        "1,102,1000.00",
        "1,103,0.00",
        "2,102,300.00",
        "3,102,50.00",
        "4,102,9.00",
    )
    netsuite.run()
    assert netsuite.quarantined() == []
    found = netsuite.rows("budget_lines")[["version", "period", "account_id", "cost_center_id", "amount"]]
    assert found.sort_values("account_id").to_numpy().tolist() == [
        ["3", "2024-01", "4000", "5", 105000], ["3", "2024-01", "6000", "5", 30000],
    ]  # fmt: skip
    assert netsuite.reasons("budgetsmachine") == {
        "no amount": 1, "other accounting book": 1, "part of a budget line with several rows": 1,
    }  # fmt: skip


def test_budgets_may_be_entered_with_debits_positive(tmp_path: Path) -> None:
    night = NetSuiteNight(tmp_path, netsuite={"budget_sign": "debit"})
    for name, text in FILES.items():
        night.table(name, text)
    night.table("budgets", BUDGETS, "1,2024,40,,1,5,7,1", "2,2024,60,,1,5,,1")
    night.table("budgetsmachine", "budget,period,amount", "1,102,-1000.00", "2,102,300.00")
    night.run()
    found = night.rows("budget_lines").sort_values("account_id")
    assert found[["version", "amount"]].to_numpy().tolist() == [["budget", 100000], ["budget", 30000]]


def test_consolidated_rates_close_the_month_and_average_it(netsuite: NetSuiteNight) -> None:
    netsuite.table(
        "consolidatedexchangerate",
        "postingPeriod,fromSubsidiary,toSubsidiary,accountingBook,currentRate,averageRate,historicalRate",
        "102,2,1,1,0.0068,0.0069,0.0075", "102,3,1,1,1,1,1", "102,2,1,2,0.5,0.5,0.5", "114,2,1,1,0.4,0.4,0.4",
    )  # fmt: skip
    netsuite.run()
    assert netsuite.quarantined() == []
    rates = netsuite.rows("fx_rates")[["from_currency", "to_currency", "rate_type", "period", "rate"]]
    found = rates.sort_values("rate_type").astype({"rate": "float64"}).to_numpy().tolist()
    assert found == [["JPY", "USD", "average", "2024-01", 0.0069], ["JPY", "USD", "closing", "2024-01", 0.0068]]
    assert netsuite.reasons("consolidatedexchangerate") == {
        "other accounting book": 1, "rate of a currency to itself": 1, "rate of a period for adjustments": 1,
    }  # fmt: skip


def test_running_twice_is_running_once(netsuite: NetSuiteNight) -> None:
    netsuite.post(1, 2)
    netsuite.run()
    before = netsuite.lines()
    assert netsuite.run().touched == {}
    assert netsuite.lines() == before
