"""The proofs of the roll-forward, on one written by hand: each passes it, and each fails on what it is for."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import rollforward_findings
from finops_pipeline_tests.finance.revenue.deals import read

QUARTER = ["2026-01", "2026-02", "2026-03"]
AMOUNTS = ["opening", "billed", "recognized", "reclassified", "cash", "adjusted", "closing"]

# C1: 1,000 invoiced in January, 500 received in February of which 100 are refunded, delivered in March.
# C2: 70 delivered in March before its invoice.
EVENTS = read(
    "contract_events",
    """
    contract_id  event_date  event_type  amount
    C1           2026-01-31  invoice     1000
    C1           2026-02-01  payment     500
    C1           2026-02-28  refund      100
    C1           2026-03-31  delivery    -
    C2           2026-03-31  delivery    -
    """,
)
LINES = pd.DataFrame(
    [("C1", "2026-03", 1000, "actual"), ("C2", "2026-03", 70, "actual"), ("C2", "2026-04", 30, "planned")],
    columns=["contract_id", "period", "recognized", "status"],
)
BOOKS = read(
    "revenue_rollforward",
    """
    contract_id entity_id currency period  balance            opening billed recognized reclassified cash adjusted closing
    C1          DE        EUR      2026-01 contract_asset     0       0      0          0            0    0        0
    C1          DE        EUR      2026-01 contract_liability 0       1000   0          0            0    0        1000
    C1          DE        EUR      2026-01 receivable         0       1000   0          0            0    0        1000
    C1          DE        EUR      2026-02 contract_asset     0       0      0          0            0    0        0
    C1          DE        EUR      2026-02 contract_liability 1000    0      0          0            0    0        1000
    C1          DE        EUR      2026-02 receivable         1000    0      0          0            -400 0        600
    C1          DE        EUR      2026-03 contract_asset     0       0      0          0            0    0        0
    C1          DE        EUR      2026-03 contract_liability 1000    0      -1000      0            0    0        0
    C1          DE        EUR      2026-03 receivable         600     0      0          0            0    0        600
    C2          DE        EUR      2026-03 contract_asset     0       0      0          70           0    0        70
    C2          DE        EUR      2026-03 contract_liability 0       0      -70        70           0    0        0
    C2          DE        EUR      2026-03 receivable         0       0      0          0            0    0        0
    """,
)


def findings(
    books: pd.DataFrame = BOOKS, lines: pd.DataFrame = LINES, events: pd.DataFrame = EVENTS
) -> list[tuple[str, str]]:
    found = rollforward_findings(books, lines, events, QUARTER)
    assert all(f.period in f.subject.split() for f in found)
    return [(f.rule_id, f.subject) for f in found]


def altered(contract_id: str, period: str, balance: str, **amounts: int) -> pd.DataFrame:
    place = (BOOKS["contract_id"] == contract_id) & (BOOKS["period"] == period) & (BOOKS["balance"] == balance)
    assert place.sum() == 1
    result = BOOKS.copy()
    result.loc[place, list(amounts)] = list(amounts.values())
    return result


def test_sound_books_have_no_findings_in_any_order() -> None:
    assert findings() == []
    assert findings(BOOKS[::-1], LINES[::-1], EVENTS[::-1]) == []
    assert findings(BOOKS[:0], LINES[:0], EVENTS[:0]) == []


@pytest.mark.parametrize(
    ("finding", "books"),
    [
        (("REV-110", "C1 2026-02 receivable"), altered("C1", "2026-02", "receivable", adjusted=1)),
        (
            ("REV-111", "C1 2026-02 contract_liability"),
            altered("C1", "2026-02", "contract_liability", opening=999, adjusted=1),
        ),
        (
            ("REV-112", "C1 2026-03"),
            altered("C1", "2026-03", "contract_liability", recognized=-999, adjusted=-1),
        ),
        (("REV-113", "C1 2026-03 contract_asset"), altered("C1", "2026-03", "contract_asset", adjusted=-1, closing=-1)),
        (("REV-114", "C2 2026-03"), altered("C2", "2026-03", "contract_asset", reclassified=69, adjusted=1)),
        (("REV-114", "C2 2026-03"), altered("C2", "2026-03", "contract_liability", reclassified=71, adjusted=-1)),
        (("REV-115", "C1 2026-01"), altered("C1", "2026-01", "receivable", billed=999, adjusted=1)),
        (("REV-115", "C1 2026-01"), altered("C1", "2026-01", "contract_liability", billed=999, adjusted=1)),
        (("REV-115", "C1 2026-02"), altered("C1", "2026-02", "receivable", cash=-500, adjusted=100)),
    ],
)
def test_each_proof_fails_on_what_it_is_for(finding: tuple[str, str], books: pd.DataFrame) -> None:
    # Some of them are balanced by an adjustment, which no write-off stands behind: that is seen too.
    unexplained = ("REV-116", " ".join(finding[1].split()[:2]))
    assert [f for f in findings(books) if f != unexplained] == [finding]


def test_adjustments_are_write_offs_or_touch_receivable_and_liability_alike() -> None:
    books = altered("C1", "2026-02", "receivable", adjusted=-100, closing=500)
    books = books[books["contract_id"] == "C1"]
    books.loc[books["period"].eq("2026-03") & books["balance"].eq("receivable"), ["opening", "closing"]] = 500
    book = read("contract_events", "contract_id event_date event_type amount \n C1 2026-02-28 write_off 100")
    assert findings(books, LINES[:1]) == [("REV-116", "C1 2026-02")]
    assert findings(books, LINES[:1], pd.concat([EVENTS, book])) == []


def test_a_finding_says_both_amounts_and_what_to_do() -> None:
    books = altered("C1", "2026-02", "receivable", adjusted=1)
    assert rollforward_findings(books, LINES, EVENTS, QUARTER)[:1] == [
        Finding(
            "REV-110",
            "C1 2026-02 receivable",
            "opening and movements is 601, closing is 600 (minor units): recompute revenue_rollforward",
            period="2026-02",
        )
    ]


def test_missing_rows_count_as_zero_and_fail_against_what_is_there() -> None:
    assert findings(BOOKS[BOOKS["period"] != "2026-03"]) == [
        ("REV-111", "C1 2026-03 contract_liability"),  # 1,000 of February are not carried on
        ("REV-111", "C1 2026-03 receivable"),
        ("REV-112", "C1 2026-03"),  # and the revenue of March is nowhere
        ("REV-112", "C2 2026-03"),
    ]
    assert findings(BOOKS[:0]) == [
        ("REV-112", "C1 2026-03"),
        ("REV-112", "C2 2026-03"),
        ("REV-115", "C1 2026-01"),  # the invoice in the receivable
        ("REV-115", "C1 2026-01"),  # and in the liability
        ("REV-115", "C1 2026-02"),
    ]
    assert findings(lines=LINES[LINES["contract_id"] == "C1"]) == [("REV-112", "C2 2026-03")]


def test_events_of_contracts_that_were_left_out_and_of_other_months_prove_nothing() -> None:
    others = "contract_id event_date event_type amount \n C9 2026-01-31 invoice 5 \n C1 2026-04-01 invoice 5"
    assert findings(events=pd.concat([EVENTS, read("contract_events", others)])) == []


@settings(max_examples=25)
@given(
    row=st.integers(0, len(BOOKS) - 1),
    amount=st.sampled_from(AMOUNTS),
    error=st.integers(-(10**12), 10**12).filter(bool),
)
def test_no_single_wrong_amount_goes_unseen(row: int, amount: str, error: int) -> None:
    books = BOOKS.copy()
    books.loc[row, amount] += error
    subject = " ".join(BOOKS.loc[row, ["contract_id", "period", "balance"]])
    assert ("REV-110", subject) in findings(books)
