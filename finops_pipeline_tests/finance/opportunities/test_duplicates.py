"""Documents booked twice: what is one, what only looks like one, and the same on pandas and in the engine."""

import json
from datetime import date, timedelta
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.opportunities import duplicates
from finops_pipeline.finance.opportunities.duplicates import Document

PAYABLE, COST = ["2010"], ["6420", "6430"]
COLUMNS = {
    "entity_id": "str", "journal_id": "str", "posting_date": "datetime64[us]", "account_id": "str", "currency": "str",
    "debit": "Int64", "credit": "Int64", "cost_center_id": "str", "vendor_id": "str", "description": "str",
    "file_id": "str", "row_number": "int64",
}  # fmt: skip
DAY = date(2026, 3, 2)


def journal(
    number: str, amount: int, *, vendor: str | None = "V1", text: str | None = "Invoice INV-01001", days: int = 0,
    account: str = "6420", contra: str = "2010",
) -> list[tuple]:  # fmt: skip
    """Debit an account, credit another one; a negative amount the other way round."""
    on = DAY + timedelta(days=days)
    sides = ((account, amount), (contra, -amount))
    return [
        ("DE", number, on, name, "EUR", max(a, 0) or None, max(-a, 0) or None, "CC1" if name in COST else None, vendor,
         text, f"f{number}", i)
        for i, (name, a) in enumerate(sides, start=1)
    ]  # fmt: skip


def lines(*journals: list[tuple]) -> pd.DataFrame:
    rows = [row for one in journals for row in one]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def payment(number: str, amount: int, **more: Any) -> list[tuple]:
    return journal(number, amount, account="2010", contra="1010", **more)


def suspected(frame: pd.DataFrame) -> pd.DataFrame:
    documents = duplicates.documents(nw.from_native(frame).lazy(), PAYABLE, COST)
    return duplicates.suspects(documents).collect().to_native()


def found(*journals: list[tuple]) -> list[tuple[str, str, float]]:
    pairs = duplicates.pairs(suspected(lines(*journals)))
    return [(p.first.journal_id, p.second.journal_id, p.confidence) for p in pairs]


def test_a_journal_becomes_an_invoice_a_payment_or_a_credit_note() -> None:
    frame = lines(
        journal("1", 500),
        payment("2", 500),
        journal("3", -80),
        journal("4", 70, contra="1010"),  # paid at once: no payable, so its cost is the document
        journal("5", 60, vendor=None),
        journal("6", 50, account="1310", contra="1010"),  # neither payable nor cost
        journal("7", 40) + journal("7", -40),  # comes to nothing
    )
    table = duplicates.documents(nw.from_native(frame).lazy(), PAYABLE, COST).collect().to_native()
    assert sorted(zip(table["journal_id"], table["kind"], table["amount"], strict=True)) == [
        ("1", "invoice", 500),
        ("2", "payment", 500),
        ("3", "credit", 80),
        ("4", "invoice", 70),
    ]
    assert set(table["reference"]) == {"1001"}
    assert table.loc[table["journal_id"] == "1", "cost_center_id"].tolist() == ["CC1"]


@pytest.mark.parametrize(
    ("second", "confidence"),
    [
        (journal("2", 500, text="1001"), 0.95),
        (journal("2", 500, text="inv 1001 (copy)", days=40), 0.9),
        (journal("2", 500, text="INV-01010", days=40), 0.6),
        (journal("2", 500, vendor="V2", days=20), 0.6),
        (journal("2", 503, days=20), 0.5),
        (journal("2", 500, days=91), None),
        (journal("2", 500, text="INV-01010", days=61), None),
        (journal("2", 500, text="INV-01100"), None),  # not two neighbors
        (journal("2", 500, text="INV-01002"), None),  # another invoice over the same amount
        (journal("2", 500, text="INV-11001"), None),
        (journal("2", 500, vendor="V2", days=31), None),
        (journal("2", 506, days=20), None),  # more than 1 %
        (journal("2", 503, days=61), None),
        (journal("2", 501, vendor="V2"), None),
    ],
)
def test_what_two_documents_must_share(second: list[tuple], confidence: float | None) -> None:
    expected = [] if confidence is None else [("1", "2", confidence)]
    assert found(journal("1", 500), second) == expected


def test_without_references_only_days_apart() -> None:
    assert found(journal("1", 500, text="Rent"), journal("2", 500, text=None, days=7)) == [("1", "2", 0.5)]
    assert found(journal("1", 500, text="Rent"), journal("2", 500, text="Rent", days=8)) == []


def test_what_comes_back_every_month_is_no_duplicate() -> None:
    rent = [journal(str(n), 500, days=30 * n) for n in range(4)]
    assert found(*rent) == []
    assert found(*rent[:2]) == [("0", "1", 0.9)]  # two are no series
    assert found(*rent, journal("9", 500, days=61)) != []  # one between two of them


def test_a_credit_note_takes_a_duplicate_back() -> None:
    twice = (journal("1", 500), journal("2", 500))
    assert found(*twice, journal("3", -500, text="Credit 7", days=5)) == []
    assert found(*twice, journal("3", -400)) == [("1", "2", 0.95)]
    assert found(*twice, journal("3", 500), journal("4", -500)) == [("2", "3", 0.95)]  # one of two


def test_of_an_invoice_and_its_payment_the_invoice_is_said() -> None:
    invoices = (journal("1", 500), journal("2", 500))
    payments = (payment("3", 500, text="1001", days=20), payment("4", 500, text="1001", days=20))
    assert found(*invoices, *payments) == [("1", "2", 0.95)]
    assert found(*payments) == [("3", "4", 0.95)]  # one invoice, paid twice


def test_a_document_is_the_later_half_of_its_likeliest_pair_alone() -> None:
    assert found(journal("1", 500), journal("2", 500), journal("3", 500)) == [("1", "2", 0.95), ("2", "3", 0.95)]
    near = (journal("1", 500, vendor="V2"), journal("2", 500), journal("3", 500))
    assert found(*near) == [("1", "2", 0.6), ("2", "3", 0.95)]
    between = (journal("1", 500), journal("2", 500, vendor="V2"), journal("3", 500))
    assert found(*between) == [("1", "2", 0.6), ("1", "3", 0.95)]


def test_a_pair_is_an_opportunity_with_both_journals_as_evidence() -> None:
    pairs = duplicates.pairs(suspected(lines(journal("1", 50_000), journal("2", 50_300, days=3))))
    (one,) = duplicates.opportunities(pairs, {"f1": "march.csv"}, {"CC1": ("Sales", "B. Osei")})
    assert (one.entity_id, one.department, one.owner, one.currency) == ("DE", "Sales", "B. Osei", "EUR")
    assert (one.low, one.high, one.confidence) == (0, 50_000, 0.5)
    assert one.evidence[0] == {
        "journal_id": "1", "vendor_id": "V1", "posted_on": "2026-03-02", "amount": "500.00",
        "description": "Invoice INV-01001", "file": "march.csv", "row": 1,
    }  # fmt: skip
    assert one.evidence[1]["file"] is None
    assert "V1 over 500.00 EUR" in one.subject
    json.dumps(one.evidence)
    sure = duplicates.pairs(suspected(lines(journal("1", 50_000), journal("2", 50_000))))
    assert duplicates.opportunities(sure, {}, {})[0].low == 50_000


def test_there_may_be_no_documents() -> None:
    assert duplicates.pairs(suspected(lines())) == []
    assert duplicates.opportunities([], {}, {}) == []


amounts = st.sampled_from([500, 502, 700, -500])
texts = st.sampled_from(["INV 1001", "INV 1010", "Rent", "INV 77", "INV 1002"])
books = st.lists(
    st.tuples(amounts, st.sampled_from(["V1", "V2"]), texts, st.integers(0, 100)), min_size=0, max_size=9
)  # fmt: skip


def plain_suspects(documents: list[Document]) -> set[str]:
    """Document by document with every other one."""

    def shares(a: Document, b: Document) -> bool:
        return a.kind == b.kind and (
            (a.vendor_id, a.amount) == (b.vendor_id, b.amount)
            or (len(a.reference) >= 3 and (a.vendor_id, a.reference) == (b.vendor_id, b.reference))
            or (len(a.reference) >= 4 and (a.amount, a.reference) == (b.amount, b.reference))
        )

    return {
        a.journal_id for a in documents if a.kind == "credit" or any(shares(a, b) for b in documents if a is not b)
    }  # fmt: skip


@settings(max_examples=40)
@given(books=books)
def test_the_engine_and_pandas_suspect_the_same_as_the_plain_form(books: list[tuple[int, str, str, int]]) -> None:
    frame = lines(*(journal(str(n), a, vendor=v, text=t, days=d) for n, (a, v, t, d) in enumerate(books)))
    documents = duplicates.documents(nw.from_native(frame).lazy(), PAYABLE, COST).collect().to_native()
    plain = [Document(*row) for row in documents.astype(object).itertuples(index=False)]
    here = suspected(frame)
    with duckdb.connect() as connection:
        stored = connection.from_df(frame)
        lazy = duplicates.suspects(duplicates.documents(nw.from_native(stored), PAYABLE, COST))
        there = lazy.to_native().to_arrow_table().to_pandas()
    assert set(here["journal_id"]) == set(there["journal_id"]) == plain_suspects(plain)
    assert duplicates.pairs(here) == duplicates.pairs(there)
