"""NetSuite: questions that another parser reads as Oracle's SQL, pages by key, changes of whole transactions, deletions."""

from datetime import date

import pytest
import sqlglot

from finops_pipeline.errors import ConfigurationError, SourceError
from finops_pipeline.pull.netsuite import TABLES
from finops_pipeline.sources.netsuite import adapter
from finops_pipeline_tests.pull.companies import NetSuiteCompany
from finops_pipeline_tests.pull.netsuite import failed
from finops_pipeline_tests.pull.web import Reply

HEADS = "INSERT INTO transaction SELECT i, 'Journal', 'J' || i, '2026-01-05', 1, 'T', 1, NULL, NULL, 'F', "
EXTRACTS = {extract.name: extract for extract in adapter.extracts()}


def post(account: NetSuiteCompany, *numbers: int, on: str = "2026-02-01 10:00:00", lines: int = 2) -> None:
    """Transactions with their lines, last changed on a day."""
    listed = f"FROM (SELECT unnest({list(numbers)}) AS i)"
    account.server.change(f"{HEADS} '{on}' {listed}")
    for line in range(lines):
        account.server.change(
            f"INSERT INTO transactionline SELECT i, {line}, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL {listed}"
        )
        account.server.change(
            f"INSERT INTO transactionaccountingline SELECT i, {line}, NULL, 10, {1 - 2 * line}, NULL, NULL, 'T' {listed}"
        )


def after_a_pull(account: NetSuiteCompany, *tables: str) -> None:
    """Pull, and keep how far it came."""
    system = account.system()
    for table in tables or ("transaction", "transactionline", "transactionaccountingline", "deletedrecord"):
        account.asked(table, system)
    system.memory.keep()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_what_is_asked_for_is_what_the_adapter_reads(table: object) -> None:
    extract = EXTRACTS[table.name]
    assert set(extract.required) <= set(table.columns) <= set(extract.columns)
    assert set(table.key) <= set(table.columns)


def test_every_table_that_the_adapter_needs_can_be_pulled() -> None:
    """But for a table that is not used, and for exports that only some accounts need: counterparties and control figures."""
    exported = {"customer", "vendor", "trial_balance"}
    assert set(EXTRACTS) - set(TABLES) == {"accountingperiodfiscalcalendars", *exported}


def test_a_question_is_sql_as_oracle_writes_it(account: NetSuiteCompany) -> None:
    for table, asked in TABLES.items():
        since = "2026-01-01 00:00:00" if asked.changed else None
        question = account.system().question(asked, since, ["7"] * len(asked.key))
        understood = sqlglot.parse_one(question, read="oracle")
        assert understood.find(sqlglot.exp.Table).name == table
        assert {column.alias_or_name for column in understood.expressions} == set(asked.columns)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_every_row_comes_once_whatever_the_pages(account: NetSuiteCompany, count: int) -> None:
    account.netsuite["page_size"] = 2
    if count:
        post(account, *range(1, count + 1))
    assert [row["id"] for row in account.asked("transaction")] == [str(n) for n in range(1, count + 1)]
    keys = [(row["transaction"], row["transactionline"]) for row in account.asked("transactionaccountingline")]
    assert keys == [(str(n), line) for n in range(1, count + 1) for line in "01"]


@pytest.mark.parametrize("size", [1, 2, 4, 7])
def test_pages_by_a_key_of_several_columns_are_the_table_in_order(account: NetSuiteCompany, size: int) -> None:
    account.netsuite["page_size"] = size
    post(account, 1, 2, 5, lines=0)
    keys = [(t, line, book) for t in (1, 2, 5) for line in (0, 1, 2) for book in (None, 1, 2)]
    rows = [(*key, 10, 1, None, None, "T") for key in keys]
    account.server.insert("transactionaccountingline", *reversed(rows))
    found = account.asked("transactionaccountingline")
    books = [row.get("accountingbook") for row in found]
    expected = [(str(t), str(line), book and str(book)) for t, line, book in keys]
    assert [(r["transaction"], r["transactionline"], book) for r, book in zip(found, books, strict=True)] == expected


def test_days_are_asked_for_as_text_because_users_like_them_otherwise(account: NetSuiteCompany) -> None:
    post(account, 1)
    (row,) = account.asked("transaction")
    assert (row["trandate"], row["lastmodifieddate"]) == ("2026-01-05", "2026-02-01 10:00:00")


def test_a_changed_transaction_comes_with_all_of_its_lines_and_no_other(account: NetSuiteCompany) -> None:
    post(account, 1, 2, 3)
    after_a_pull(account)
    account.server.change("UPDATE transaction SET lastmodifieddate = '2026-02-03 09:00:00' WHERE id = 2")
    account.server.change("UPDATE transaction SET lastmodifieddate = '2026-01-30' WHERE id = 3")
    post(account, 4, on="2026-02-03 10:00:00")
    after_a_pull(account)
    account.server.change("UPDATE transaction SET lastmodifieddate = '2026-02-03 11:00:00' WHERE id = 1")
    for table in ("transactionline", "transactionaccountingline"):
        assert [row["transaction"] for row in account.asked(table)] == ["1", "1", "2", "2", "4", "4"]
    assert account.system().memory.of("transaction").since == "2026-02-03 10:00:00"
    assert "'2026-02-03 08:00:00'" in account.server.questions[-1], (
        "two hours before the latest change: clocks are set back"
    )


def test_a_line_that_changed_though_its_transaction_did_not_brings_all_lines_of_it(account: NetSuiteCompany) -> None:
    post(account, 1, 2, on="2026-01-01")
    post(account, 3)
    after_a_pull(account)
    account.server.change(
        "UPDATE transactionline SET linelastmodifieddate = '2026-02-02' WHERE transaction = 2 AND id = 1"
    )
    for table in ("transactionline", "transactionaccountingline"):
        assert [row["transaction"] for row in account.asked(table)] == ["2", "2", "3", "3"]
    account.netsuite["line_changes"] = False
    assert [row["transaction"] for row in account.asked("transactionline")] == ["3", "3"]


def test_what_changes_while_it_is_read_is_read_again_the_next_time(account: NetSuiteCompany) -> None:
    post(account, 1, 2)
    later = "UPDATE transaction SET lastmodifieddate = '2026-02-09' WHERE id = 1"
    account.server.meanwhile[5] = lambda: account.server.change(later)
    after_a_pull(account)
    assert account.system().memory.of("transaction").since == "2026-02-01 10:00:00"
    assert {row["id"] for row in account.asked("transaction")} == {"1", "2"}


def test_deletions_come_from_the_first_pull_on(account: NetSuiteCompany) -> None:
    account.netsuite["page_size"] = 2
    account.server.insert("deletedrecord", (1, -30, "Invoice", "2026-01-01 10:00:00", None))
    after_a_pull(account)
    assert not [q for q in account.server.questions if "recordid" in q], "what was gone before was never here"
    gone = [(n, -30, "Invoice", f"2026-02-0{n} 10:00:00", "INV") for n in range(2, 7)]
    account.server.insert("deletedrecord", *gone)
    assert [row["recordid"] for row in account.asked("deletedrecord")] == ["1", "2", "3", "4", "5", "6"]
    assert [request.query["offset"] for request in account.server.asked[-3:]] == ["0", "2", "4"]
    assert len(account.asked("deletedrecord", account.system(whole=True))) == 6
    assert [row["recordid"] for row in account.asked("deletedrecord", account.system(date(2026, 2, 4)))][-1] == "6"


def test_the_first_deletion_ever_comes(account: NetSuiteCompany) -> None:
    after_a_pull(account)
    account.server.insert("deletedrecord", (9, -30, "Invoice", "2026-02-02 10:00:00", None))
    assert [row["recordid"] for row in account.asked("deletedrecord")] == ["9"]


def test_a_day_reaches_back_but_leaves_nothing_out_and_whole_is_everything(account: NetSuiteCompany) -> None:
    post(account, 1, on="2026-01-01")
    post(account, 2, on="2026-02-01")
    after_a_pull(account)
    for system, expected in (
        (account.system(), ["2"]),
        (account.system(date(2025, 1, 1)), ["1", "2"]),
        (account.system(date(2026, 3, 1)), ["2"]),
        (account.system(whole=True), ["1", "2"]),
    ):
        assert [row["id"] for row in account.asked("transaction", system)] == expected


def test_only_some_tables_may_be_asked_for_and_columns_left_away(account: NetSuiteCompany) -> None:
    account.netsuite |= {"tables": ("currency", "transactionline"), "without": ("transactionline.location",)}
    account.server.change("ALTER TABLE transactionline DROP location")
    account.server.change("DROP TABLE deletedrecord")
    account.server.insert("transactionline", (1, 0, 1))
    account.server.change(f"{HEADS} '2026-01-01' FROM (SELECT 1 AS i)")
    system = account.system()
    assert system.tables == ("currency", "transactionline")
    rows = account.asked("transactionline", system)
    (text,) = system.texts("transactionline", iter(rows), "now")
    assert "".join(text).splitlines() == [
        "transactionline of NetSuite as of now", "transaction,id,subsidiary,department,class,entity,foreignamount,memo",
        "1,0,1,,,,,",
    ]  # fmt: skip
    account.netsuite["without"] = ("transactionline.id",)
    with pytest.raises(ConfigurationError, match=r"pull\.netsuite\.without has transactionline\.id"):
        account.system()


def test_a_column_an_account_does_not_have_is_told_in_netsuites_words(account: NetSuiteCompany) -> None:
    account.server.change("ALTER TABLE department DROP fullname")
    with pytest.raises(SourceError, match=r"HTTP 400, INVALID_PARAMETER: Invalid search query.*fullname"):
        account.asked("department")


def test_too_many_at_once_is_waited_for(account: NetSuiteCompany) -> None:
    busy = failed(429, "CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded.")
    account.server.faults["/suiteql"] = [busy, busy]
    assert account.asked("currency") == []
    assert account.waits == [1, 2]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply.json({"items": None}), "no items: it has items"),
        (Reply.json({}), "no items: it has nothing"),
        (Reply.page(404), "HTTP 404, no reason given"),
        (Reply.json({"o:errorDetails": "x"}, 400), "HTTP 400, no reason given"),
        (Reply.json({"items": [], "hasMore": True}), "says that there is more, and gives none of it"),
        (failed(400, "X", "y" * 900), "X: y{400}"),
        (Reply.json({"items": [{"id": "1) OR (1=1"}], "hasMore": True}), "currency has a id that is no number"),
        (Reply.json({"items": [{"name": "x"}], "hasMore": True}), "currency has a id that is no number: ''"),
    ],
)
def test_what_nothing_can_be_made_of_is_an_error(account: NetSuiteCompany, reply: Reply, said: str) -> None:
    account.server.faults["/suiteql"] = [reply]
    with pytest.raises(SourceError, match=said):
        account.asked("currency")


def test_a_moment_that_is_none_never_becomes_part_of_a_question(account: NetSuiteCompany) -> None:
    account.server.faults["/suiteql"] = [Reply.json({"items": [{"latest": "' OR 1=1 --"}], "hasMore": False})]
    with pytest.raises(SourceError, match="a moment that is none"):
        account.asked("transaction")
