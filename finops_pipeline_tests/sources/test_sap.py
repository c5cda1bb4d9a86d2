"""SAP tables row by row: what each expression makes of a row."""

import pytest

from finops_pipeline.sources import budgets, ranges
from finops_pipeline.sources.ranges import AccountRange
from finops_pipeline.sources.sap import adapter, controls, documents, journal, masters, plan, terms
from finops_pipeline.sources.sap.options import SapOptions
from finops_pipeline_tests.sources.derived import derive

OPTIONS = SapOptions(
    account_ranges=(AccountRange(first="0000100000", last="0000199999", account_type="asset"),),
    account_groups={"REV": "revenue"},
)


def test_every_table_has_a_key_among_its_columns() -> None:
    assert len(adapter.extracts()) == len({e.name for e in adapter.extracts()})
    assert all(set(e.key) <= set(e.columns) for e in adapter.extracts())
    assert {d.rows for d in adapter.derivations(OPTIONS)} <= set(adapter.extracts())


@pytest.mark.parametrize(
    ("ukurs", "ffact", "rate"),
    [
        ("1.08500", "1", "1.085000000000000"),
        ("-1.08500", "1", "0.921658986175115"),
        ("0.61000", "100", "0.006100000000000"),
    ],
)
def test_rates_are_quoted_directly_indirectly_or_for_a_hundred(ukurs: str, ffact: str, rate: str) -> None:
    row = {"kurst": "M", "fcurr": "USD", "tcurr": "EUR", "gdatu": "79759898", "ukurs": ukurs, "ffact": ffact}
    (made,) = derive(masters.exchange_rates(OPTIONS), [row])
    assert (made["rate"], made["rate_type"], made["rate_date"]) == (rate, "spot", "2024-01-01")


def test_a_rate_holds_for_the_units_that_were_valid_on_its_day() -> None:
    rates = [{"kurst": "M", "fcurr": "JPY", "tcurr": "EUR", "gdatu": str(99999999 - day), "ukurs": "0.61000"}
             for day in (20231231, 20240101, 20250101)]  # fmt: skip
    units = [{"kurst": "M", "fcurr": "JPY", "tcurr": "EUR", "gdatu": str(99999999 - day), "ffact": ffact, "tfact": "1"}
             for day, ffact in ((20240101, "100"), (20250101, "1000"))]  # fmt: skip
    made = derive(masters.exchange_rates(OPTIONS), rates, {"tcurf": units})
    assert [(m["rate_date"], m["rate"]) for m in made] == [
        ("2023-12-31", "0.610000000000000"), ("2024-01-01", "0.006100000000000"), ("2025-01-01", "0.000610000000000"),
    ]  # fmt: skip


def test_a_plain_date_of_a_rate_is_not_turned_round() -> None:
    row = {"kurst": "B", "fcurr": "USD", "tcurr": "EUR", "gdatu": "20240101", "ukurs": "1"}
    (made,) = derive(masters.exchange_rates(OPTIONS), [row])
    assert (made["rate_date"], made["verdict"]) == ("2024-01-01", "OUT|rate type that no option names")


def test_an_account_type_must_not_contradict_the_balance_sheet_mark() -> None:
    rows = [
        {"ktopl": "INT", "saknr": "0000100000", "xbilk": "X"},
        {"ktopl": "INT", "saknr": "0000100001"},
        {"ktopl": "INT", "saknr": "0000400000", "ktoks": "REV"},
        {"ktopl": "INT", "saknr": "0000500000"},
    ]
    made = derive(masters.accounts(OPTIONS), rows)
    assert [(m["account_type"], m["verdict"]) for m in made] == [
        ("asset", None),
        ("asset", "ROW-VOCABULARY|account_type"),
        ("revenue", None),
        (None, None),
    ]


def test_accounts_are_named_in_the_language_of_the_options() -> None:
    texts = [
        {"spras": "D", "ktopl": "INT", "saknr": "0000100000", "txt50": "Kasse"},
        {"spras": "E", "ktopl": "INT", "saknr": "0000100000", "txt20": "Cash"},
    ]
    (made,) = derive(
        masters.accounts(OPTIONS), [{"ktopl": "INT", "saknr": "0000100000", "xbilk": "X"}], {"skat": texts}
    )
    assert made["name"] == "Cash"


def test_a_company_code_starts_its_year_where_its_variant_says() -> None:
    rows = [
        {"bukrs": "1", "butxt": "A", "waers": "EUR", "periv": "K4"},
        {"bukrs": "2", "butxt": "B", "waers": "INR", "periv": "V3"},
        {"bukrs": "3", "butxt": "C", "waers": "EUR", "periv": "Z9"},
    ]
    months = [{"periv": "V3", "bdatj": "0000", "bumon": "04", "butag": "30", "poper": "001", "reljr": "0"}]
    made = derive(masters.company_codes(OPTIONS), rows, {"t009b": months})
    assert [(m["fiscal_year_start_month"], m["verdict"]) for m in made] == [
        ("1", None),
        ("4", None),
        ("1", "REF-EXTRACT|t009b"),
    ]


LINE = {
    "rldnr": "0L", "rbukrs": "1", "gjahr": "2024", "belnr": "01", "docln": "000001", "poper": "001",
    "budat": "20240102", "racct": "0000100000", "rhcur": "EUR", "hsl": "5.00", "rrcty": "0",
}  # fmt: skip
COMPANY = {"t001": [{"bukrs": "1", "butxt": "A", "waers": "EUR", "periv": "K4", "rcomp": "G1"}]}


def test_an_amount_that_its_currency_has_no_room_for_is_refused_and_not_taken_for_nothing() -> None:
    others = COMPANY | {"tcurx": [{"currkey": "XXA", "currdec": "5"}]}
    rows = [LINE | {"rhcur": "XXA"}, LINE | {"rwcur": "XXA", "wsl": "5.00"}, LINE]
    made = derive(journal.universal_journal(OPTIONS), rows, others)
    assert [m["verdict"] for m in made] == ["ROW-DECIMALS|hsl", "ROW-DECIMALS|wsl", None]


def test_a_trading_partner_is_the_company_code_of_that_company() -> None:
    made = derive(journal.universal_journal(OPTIONS), [LINE | {"rassc": "G1"}, LINE | {"rassc": "X9"}], COMPANY)
    assert [m["counterparty_entity_id"] for m in made] == ["1", None]


@pytest.mark.parametrize("period", ["017", "abc"])
def test_a_period_that_is_none_is_refused(period: str) -> None:
    (made,) = derive(journal.universal_journal(OPTIONS), [LINE | {"poper": period}], COMPANY)
    assert made["verdict"] == "ROW-NUMBER|poper"


EXTENSION = OPTIONS.model_copy(update={"ledger": "0E", "base_ledgers": ("0L",)})


def test_an_extension_ledger_is_read_with_the_ledger_it_extends() -> None:
    rows = [LINE, LINE | {"rldnr": "0E"}, LINE | {"rldnr": "2L"}]
    made = derive(journal.universal_journal(EXTENSION), rows, COMPANY)
    assert [(m["journal_id"], m["verdict"]) for m in made] == [
        ("2024-01", None), ("2024-0E-01", None), ("2024-2L-01", "OUT|other ledger"),
    ]  # fmt: skip
    alone = derive(journal.universal_journal(OPTIONS), rows, COMPANY)
    assert [m["verdict"] for m in alone] == [None, "OUT|other ledger", "OUT|other ledger"]


def test_an_extension_ledger_opens_with_the_first_year_of_both() -> None:
    carried = LINE | {"rldnr": "0E", "poper": "000", "bstat": "C"}
    rows = [LINE, carried, carried | {"gjahr": "2025"}]
    made = derive(journal.universal_journal(EXTENSION), rows, COMPANY | {"acdoca": rows})
    assert [(m["journal_id"], m["period"]) for m in made if not m["verdict"]] == [
        ("2024-01", "2024-01"), ("2024-opening-0E-01", "2023-12"),
    ]  # fmt: skip


def test_totals_of_an_extension_ledger_add_up_with_those_of_its_base() -> None:
    row = {"rldnr": "0L", "ryear": "2024", "rbukrs": "1", "racct": "10", "hslvt": "7.00"}
    zeros = {f"hsl{n:02d}": "0.00" for n in range(1, 17)}
    made = derive(
        controls.ledger_totals(EXTENSION), [row | zeros, row | zeros | {"rldnr": "0E", "hslvt": "2.00"}], COMPANY
    )
    assert sum(float(m["closing"]) for m in made if m["period"] == "2024-12" and not m["verdict"]) == 9.0


def test_a_client_of_the_options_is_read_alone() -> None:
    options = OPTIONS.model_copy(update={"client": "100"})
    made = derive(journal.universal_journal(options), [LINE | {"rclnt": "100"}, LINE | {"rclnt": "200"}], COMPANY)
    assert [m["verdict"] for m in made] == [None, "OUT|other client"]


def test_words_of_the_options_are_quoted() -> None:
    assert terms.literal("0'L") == ranges.quoted("0'L") == "'0''L'"


def test_a_budget_line_is_named_by_all_it_knows() -> None:
    key = budgets.BudgetKey("r.v", "r.e", "r.a", "r.c", (budgets.LeftOut("x", "r.x"),))
    assert budgets.line(key)["account_id"] == "r.a"
    assert "PARTITION BY r.file_seq" in budgets.part(key).when


def test_a_document_line_in_foreign_currency_has_both_amounts() -> None:
    head = {
        "bukrs": "1",
        "belnr": "01",
        "gjahr": "2024",
        "budat": "20240102",
        "monat": "01",
        "waers": "USD",
        "hwaer": "EUR",
    }
    line = {
        "bukrs": "1",
        "belnr": "01",
        "gjahr": "2024",
        "buzei": "001",
        "shkzg": "H",
        "dmbtr": "10.00",
        "wrbtr": "11.00",
    }
    (made,) = derive(documents.documents(OPTIONS), [line], COMPANY | {"bkpf": [head]})
    assert (made["currency"], made["debit"], made["credit"]) == ("USD", None, "11.00")
    assert (made["functional_debit"], made["functional_credit"], made["verdict"]) == ("0", "10.00", None)


HEAD = {"bukrs": "1", "belnr": "01", "gjahr": "2024", "budat": "20241231", "monat": "01", "waers": "EUR"}
POST = {"bukrs": "1", "belnr": "01", "gjahr": "2024", "buzei": "001", "shkzg": "S", "dmbtr": "10.00", "wrbtr": "10.00"}


@pytest.mark.parametrize("period", ["13", "14", "15", "16"])
def test_documents_of_special_periods_adjust_the_last_month(period: str) -> None:
    (made,) = derive(documents.documents(OPTIONS), [POST], COMPANY | {"bkpf": [HEAD | {"monat": period}]})
    assert (made["period"], made["period_no"], made["verdict"]) == ("2024-12", period, None)


def test_a_reversal_stays_beside_what_it_reverses_on_whichever_side_it_is_shown() -> None:
    back = {"belnr": "02", "shkzg": "H", "xnegp": "X"}
    made = derive(documents.documents(OPTIONS), [POST, POST | back], COMPANY | {"bkpf": [HEAD, HEAD | {"belnr": "02"}]})
    assert [(m["journal_id"], m["debit"], m["credit"], m["verdict"]) for m in made] == [
        ("2024-01", "10.00", None, None), ("2024-02", None, "10.00", None),
    ]  # fmt: skip


def test_totals_of_a_year_are_twelve_balances() -> None:
    months = {f"hsl{n:02d}": "0.00" for n in range(1, 17)} | {"hsl02": "5.00-", "hsl16": "1.00"}
    row = {"rldnr": "0L", "ryear": "2024", "rbukrs": "1", "racct": "10", "hslvt": "7.00"} | months
    made = derive(controls.ledger_totals(OPTIONS), [row], COMPANY)
    assert sorted((m["period"], float(m["closing"])) for m in made)[:2] == [("2024-01", 7.0), ("2024-02", 2.0)]
    assert [float(m["closing"]) for m in made if m["period"] == "2024-12"] == [3.0]


def test_plans_know_their_accounts_from_the_lake() -> None:
    for derivation in (plan.plan_journal(OPTIONS), plan.cost_totals(OPTIONS)):
        assert "lake.accounts" in {source for lookup in derivation.lookups for source in lookup.sources}
