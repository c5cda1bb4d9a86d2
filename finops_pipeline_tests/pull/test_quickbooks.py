"""QuickBooks Online: pages that lose nothing while the books move, changes, deletions, and what it says is wrong."""

import itertools
from datetime import date
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from finops_pipeline.errors import ConfigurationError, SourceError
from finops_pipeline.pull.options import QuickBooksPull
from finops_pipeline.pull.quickbooks import ENTITIES, QuickBooks, _objects
from finops_pipeline.sources.quickbooks import files
from finops_pipeline_tests.pull.companies import QuickBooksCompany
from finops_pipeline_tests.pull.quickbooks import QuickBooksServer, fault
from finops_pipeline_tests.pull.web import Reply


def invoices(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [{"Id": f"{n:03}", "TotalAmt": 1.5, **more} for n in numbers]


def ids(rows: list[dict[str, Any]], *, gone: bool = False) -> list[str]:
    return [row["Id"] for row in rows if (row.get("status") == "Deleted") is gone]


def after_a_pull(company: QuickBooksCompany, table: str = "invoice") -> None:
    """Pull three hours after what was done in the books, and keep how far it came."""
    company.server.after(hours=3)
    system = company.system()
    company.asked(table, system)
    system.memory.keep()


def queries(company: QuickBooksCompany) -> list[str]:
    return [request.query["query"] for request in company.server.asked if "query" in request.query]


def test_what_is_pulled_is_what_the_adapter_reads() -> None:
    assert set(ENTITIES) == {extract.name for extract in files.ALL} - {"general_ledger"}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6, 7])
def test_every_row_comes_once_whatever_the_pages(company: QuickBooksCompany, count: int) -> None:
    company.quickbooks["page_size"] = 3
    company.server.save("Invoice", *invoices(*range(count)))
    assert ids(company.asked("invoice")) == [f"{n:03}" for n in range(count)]
    assert len(queries(company)) <= count // 2 + 1, "a page begins with the last row of the one before"


def test_a_deletion_while_it_is_read_hides_no_row(company: QuickBooksCompany) -> None:
    company.quickbooks["page_size"] = 3
    company.server.save("Invoice", *invoices(*range(8)))
    company.server.meanwhile[4] = lambda: company.server.delete("Invoice", "001")
    assert ids(company.asked("invoice")) == [f"{n:03}" for n in range(8)]
    assert [int(query.split()[-3]) for query in queries(company)] == [1, 3, 5, 3, 5, 7], "it goes back once"


@given(size=st.integers(2, 5), deleted=st.dictionaries(st.integers(2, 14), st.sets(st.integers(0, 11)), max_size=6))
def test_no_row_that_stays_is_missed_whatever_is_deleted_meanwhile(size: int, deleted: dict[int, set[int]]) -> None:
    """`deleted`: before the request of that number, rows of these numbers."""
    server = QuickBooksServer()
    server.save("Invoice", *invoices(*range(12)))
    system = in_memory(server, size, deleted)
    found = [row["Id"] for rows in system._rows(ENTITIES["invoice"], "*", None) for row in rows]
    assert set(server.objects["Invoice"]) <= set(found)
    assert len(found) == len(set(found)), "each once"


def in_memory(server: QuickBooksServer, size: int, deleted: dict[int, set[int]]) -> QuickBooks:
    """A company that is asked without a web between, because it is asked often."""
    system = QuickBooks.__new__(QuickBooks)
    system._options = QuickBooksPull(page_size=size)
    number = itertools.count(1)

    def query(text: str) -> list[dict[str, Any]]:
        for one in deleted.get(next(number), ()):
            server.objects["Invoice"].pop(f"{one:03}", None)
        return _objects(simplejson.loads(server._query(text).body)["QueryResponse"])

    system._query = query
    return system


def test_a_list_whose_end_goes_is_read_to_its_end(company: QuickBooksCompany) -> None:
    company.quickbooks["page_size"] = 2
    company.server.save("Invoice", *invoices(0, 1))
    company.server.meanwhile[3] = lambda: company.server.delete("Invoice", "001")
    assert ids(company.asked("invoice")) == ["000", "001"]


def test_the_second_pull_asks_for_what_has_changed_since_the_first_began(company: QuickBooksCompany) -> None:
    company.server.save("Invoice", *invoices(1, 2))
    after_a_pull(company)
    company.server.after(hours=5)
    company.server.save("Invoice", *invoices(2, 3, TotalAmt=9))
    assert ids(company.asked("invoice")) == ["002", "003"]
    assert "MetaData.LastUpdatedTime >= '2026-06-01T14:01:00Z'" in queries(company)[-1], "an hour before the last pull"


def test_a_day_reaches_back_but_leaves_nothing_out(company: QuickBooksCompany) -> None:
    company.server.save("Invoice", *invoices(1))
    assert ids(company.asked("invoice", company.system(date(2026, 6, 2)))) == []
    after_a_pull(company)
    company.asked("invoice", company.system(date(2026, 5, 20)))
    company.asked("invoice", company.system(date(2026, 7, 1)))
    asked = [query.split(">= ")[1][:22] for query in queries(company)[-2:]]
    assert asked == ["'2026-05-20T00:00:00Z'", "'2026-06-01T14:01:00Z'"]


def test_objects_are_found_under_whatever_name_they_stand(company: QuickBooksCompany) -> None:
    company.server.save("CreditCardPayment", {"Id": "1", "Amount": 5})
    assert ids(company.asked("creditcardpayment")) == ["1"]
    (text,) = company.system().texts("creditcardpayment", iter([{"Id": "1"}]), "s")
    assert '"CreditCardPayment": [' in next(text)


def test_lists_come_with_what_is_inactive_and_accounts_whole(company: QuickBooksCompany) -> None:
    company.server.save("Account", {"Id": "1", "Active": False}, {"Id": "2", "CurrentBalance": 5})
    company.server.save("Class", {"Id": "7", "Active": False})
    for table in ("account", "class", "companyinfo", "preferences", "taxagency"):
        after_a_pull(company, table)
    assert ids(company.asked("account")) == ["1", "2"]
    assert ids(company.asked("class")) == []
    assert queries(company)[:5] == [
        "select * from Account where Active IN (true, false) orderby Id startposition 1 maxresults 1000",
        "select * from Class where Active IN (true, false) orderby Id startposition 1 maxresults 1000",
        "select * from CompanyInfo",
        "select * from Preferences",
        "select * from TaxAgency orderby Id startposition 1 maxresults 1000",
    ]


# -- deletions -------------------------------------------------------------------------------------------------------------


def test_a_deletion_comes_from_the_change_log(company: QuickBooksCompany) -> None:
    company.server.save("Invoice", *invoices(1, 2, 3))
    after_a_pull(company)
    company.server.after(days=1)
    company.server.delete("Invoice", "002")
    rows = company.asked("invoice")
    assert ids(rows, gone=True) == ["002"]
    assert company.server.asked[-1].query["changedSince"] == "2026-06-01T14:01:00Z"
    after_a_pull(company)
    assert company.system().memory.of("invoice").ids == {"001", "003"}


@pytest.mark.parametrize("way", ["long ago", "full log", "whole"])
def test_where_the_log_does_not_reach_what_is_missing_is_found_by_its_id(company: QuickBooksCompany, way: str) -> None:
    company.server.save("Invoice", *invoices(*range(1, 7)))
    after_a_pull(company)
    company.server.after(days=40 if way == "long ago" else 1)
    company.server.delete("Invoice", "002")
    company.server.save("Invoice", *invoices(8))
    if way == "full log":
        gone = company.server.deleted["Invoice"]
        gone |= {f"never known {n}": gone["002"] | {"Id": f"never known {n}"} for n in range(1200)}
    rows = company.asked("invoice", company.system(whole=way == "whole"))
    assert ids(rows, gone=True) == ["002"]
    assert rows[-1] == {
        "domain": "QBO", "status": "Deleted", "Id": "002",
        "MetaData": {"LastUpdatedTime": company.server.clock.isoformat().replace("+00:00", "Z")},
    }  # fmt: skip
    assert ids(rows) == ([f"{n:03}" for n in (1, 3, 4, 5, 6, 8)] if way == "whole" else ["008"])


def test_nothing_is_gone_where_nothing_was_known(company: QuickBooksCompany) -> None:
    company.server.save("Invoice", *invoices(1, 2))
    company.server.delete("Invoice", "001")
    assert ids(company.asked("invoice"), gone=True) == []
    assert [request.path.rpartition("/")[2] for request in company.server.asked] == ["bearer", "query"]


# -- what is wrong ---------------------------------------------------------------------------------------------------------


def test_a_fault_is_told_with_its_code(company: QuickBooksCompany) -> None:
    for reply in (
        fault(400, "ValidationFault", "4000", "Error parsing query", "QueryParserError: x"),
        Reply.json({"fault": {"error": [{"code": "4000", "message": "Error parsing query", "detail": "QueryParserError: x"}]}}),
        Reply.json({"time": "2026-06-01T12:00:00Z", "QueryResponse": {
            "Fault": {"Error": [{"code": "4000", "Message": "Error parsing query", "Detail": "QueryParserError: x"}]}}}),
    ):  # fmt: skip
        company.server.faults["/query"] = [reply]
        with pytest.raises(SourceError, match=r"error 4000: Error parsing query \(QueryParserError: x\)"):
            company.asked("item")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply.page(403), "HTTP 403, no reason given"),
        (Reply.json({"Fault": {}}, 400), "HTTP 400, no reason given"),
        (Reply.json({"Fault": {"type": "X"}}, 400), "error without a code: no message"),
        (Reply.json({"Fault": {"Error": "x"}}, 400), "error without a code: no message"),
        (Reply.json([1, 2]), "HTTP 200"),
        (Reply.json({"QueryResponse": {}}), "no time"),
        (Reply.json({"QueryResponse": {}, "time": "noon"}), "a time that is none: 'noon'"),
        (
            Reply.json({"QueryResponse": {"Item": [{"Name": "x"}]}, "time": "2026-06-01T12:00:00"}),
            "without Id, with Name",
        ),
    ],
)
def test_what_nothing_can_be_made_of_is_an_error(company: QuickBooksCompany, reply: Reply, said: str) -> None:
    company.server.faults["/query"] = [reply]
    with pytest.raises(SourceError, match=said):
        company.asked("item")


def test_entities_there_are_not_are_named(company: QuickBooksCompany) -> None:
    company.quickbooks["entities"] = ("invoice", "invoicee")
    with pytest.raises(ConfigurationError, match=r"pull\.quickbooks\.entities has invoicee: known are companyinfo,"):
        company.asked("invoice")
    company.quickbooks["entities"] = ("invoice",)
    assert company.system().tables == ("invoice",)


def test_many_objects_land_in_several_files() -> None:
    system = QuickBooks.__new__(QuickBooks)
    texts = ["".join(text) for text in system.texts("item", iter({"Id": str(n)} for n in range(20_001)), "s")]
    assert [text.count("Id") for text in texts] == [10_000, 10_000, 1]
    assert list(system.texts("item", iter(()), "s")) == []
