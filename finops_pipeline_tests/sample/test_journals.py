"""A flow's totals are cut into journals exactly, whatever their number and the size of a chunk."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.sample import company, journals
from finops_pipeline.sample.chance import Chance
from finops_pipeline.sample.ledger import Flow, Journal, Line

US, DE, JP = company.ENTITIES
SALE = Flow(
    US, "Customer invoice", "USD", "credit", ("4010", "4110"), ("US-SAL-1", "US-SAL-2"), ("P-100", "P-200"),
    ("1210", "1210"), (600_00, 300_00), taxes=(36_00, 18_00), tax_account="2310", prices=(100_00, 50_00), party="customer",
)  # fmt: skip


def total(batch, column):
    return sum(value for value in batch.column(column).to_pylist() if value is not None)


def test_three_invoices_sum_to_their_cells():
    (chunk,) = journals.chunks(SALE, "2026-03", 3, 1, (7,))
    made = journals.batch(chunk)
    by_account = {}
    for account, debit, credit in zip(
        *(made.column(c).to_pylist() for c in ("account_id", "debit", "credit")), strict=True
    ):
        by_account[account] = by_account.get(account, 0) + (debit or 0) - (credit or 0)
    #          600 + 300 + 54 of tax
    assert by_account == {"1210": 954, "4010": -600, "4110": -300, "2310": -54}
    assert made.num_rows == 9
    # 600 at 100 a unit, 300 at 50 a unit
    assert total(made, "quantity") == pytest.approx(12, abs=0.003)
    assert made.column("journal_id").to_pylist()[::3] == [260300000001, 260300000002, 260300000003]


@given(
    cells=st.lists(st.tuples(st.integers(1, 10**10), st.integers(1, 40)), min_size=1, max_size=6),
    seed=st.integers(0, 999),
)
@settings(max_examples=60)
def test_shares_are_at_least_one_unit_and_sum_to_the_whole(cells, seed):
    totals = tuple(max(total, count) for total, count in cells)
    counts = np.array([count for _, count in cells])
    cell = np.repeat(np.arange(len(counts)), counts)
    parts = journals._split(totals, counts, cell, 20 + Chance(seed).below(200, len(cell)))
    assert (parts >= 1).all()
    assert tuple(np.bincount(cell, parts).astype(np.int64)) == totals


@given(count=st.integers(2, 90), chunk=st.integers(1, 20))
@settings(max_examples=40)
def test_chunks_sum_to_the_flow(count, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journals, "CHUNK_JOURNALS", chunk)
        cut = list(journals.chunks(SALE, "2026-03", count, 1, (7,)))
    assert max(sum(c.counts) for c in cut) <= chunk + len(SALE.amounts)  # each cell rounds on its own
    assert sum(sum(c.counts) for c in cut) == count
    assert tuple(np.sum([c.flow.amounts for c in cut], axis=0)) == SALE.amounts
    numbers = [n for c in cut for n in journals.batch(c).column("journal_id").to_pylist()[::3]]
    assert numbers == [260300000000 + n for n in range(1, count + 1)]


def test_a_cell_never_has_more_journals_than_minor_units():
    tiny = replace(SALE, amounts=(3, 600_00), taxes=(2, 36_00))
    (chunk,) = journals.chunks(tiny, "2026-03", 60_000, 1, (7,))
    assert chunk.counts[0] <= 2


def test_foreign_amounts_have_their_own_decimals():
    """100.00 US dollars are 14,815 yen in the Japanese books."""
    sale = Flow(JP, "Customer invoice abroad", "USD", "credit", ("4010",), ("JP-SAL-1",), ("P-100",), ("1220",),
                (100_00,), (14_815,))  # fmt: skip
    (chunk,) = journals.chunks(sale, "2026-03", 2, 1, (7,))
    made = journals.batch(chunk)
    assert str(total(made, "debit")) == "100.00"
    assert str(total(made, "functional_credit")) == "14815"


def test_a_negative_journal_reverses_on_its_own_side():
    lines = (Line("6610", -500_00, "DE-FIN-1"), Line("2120", 500_00))
    journal = Journal(DE, "Accrued services reversed", date(2026, 3, 1), "EUR", lines, negative=True)
    sides = [row[6:10] for row in journals.single_rows(journal, 1)]
    assert sides == [("-500.00", "", "-500.00", ""), ("", "-500.00", "", "-500.00")]


def test_chance_begins_alike_however_much_is_drawn():
    assert Chance(7, 1).below(100, 3).tolist() == Chance(7, 1).below(100, 9).tolist()[:3]
    assert Chance(7, 1).below(10**6, 4).tolist() != Chance(7, 2).below(10**6, 4).tolist()


def test_chance_is_the_same_everywhere():
    assert Chance(7, 1).below(1000, 5).tolist() == [757, 548, 490, 179, 516]
