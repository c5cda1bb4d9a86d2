"""Journals as Arrow batches: a flow's totals cut into many journals, exactly, chunk by chunk.

A journal's amounts are shares of its cell's total: with random weights w and running sum W, journal n gets
floor((T - N) * W[n]) - floor((T - N) * W[n-1]) + 1 of total T in N journals, so that every amount is at least one minor
unit and all together are T. Journals are numbered within entity and month; the number is the only state between chunks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from finops_pipeline.finance import money, periods
from finops_pipeline.sample.chance import Chance, Whole
from finops_pipeline.sample.ledger import Flow, Journal, Party

COLUMNS = (
    "entity_id",
    "journal_id",
    "line_no",
    "posting_date",
    "account_id",
    "currency",
    "debit",
    "credit",
    "functional_debit",
    "functional_credit",
    "cost_center_id",
    "product_id",
    "customer_id",
    "vendor_id",
    "counterparty_entity_id",
    "quantity",
    "description",
    "period",
    "period_no",
)
CHUNK_JOURNALS = 65_536
CUSTOMERS, VENDORS = 1_200, 320
EXPLICIT = "DE"  # the books of this country write zeros and functional amounts out; the others leave them empty
_EPOCH = date(1970, 1, 1)
_WORDS: dict[Party, tuple[str, int, int]] = {"customer": ("C", 5, CUSTOMERS), "vendor": ("V", 4, VENDORS)}


@dataclass(frozen=True, slots=True)
class Chunk:
    """So many journals of a flow, with their part of its totals; `number` is the first one's in entity and month."""

    flow: Flow
    period: str
    number: int
    counts: tuple[int, ...]
    keys: tuple[int, ...]

    @property
    def lines(self) -> int:
        """Journal lines of the chunk."""
        return sum(self.counts) * self.flow.lines_per_journal


def chunks(flow: Flow, period: str, journals: int, number: int, keys: tuple[int, ...]) -> Iterator[Chunk]:
    """Cut a flow into `journals` journals (at least one a cell), no more than a chunk at a time."""
    counts = _counts(flow, journals)
    pieces = -(-sum(counts) // CHUNK_JOURNALS)
    for piece in range(pieces):
        part = tuple(n * (piece + 1) // pieces - n * piece // pieces for n in counts)
        fields: dict[str, Any] = {
            name: tuple(
                total * (n * (piece + 1) // pieces) // n - total * (n * piece // pieces) // n
                for total, n in zip(getattr(flow, name), counts, strict=True)
            )
            for name in ("amounts", "functional", "taxes")
            if getattr(flow, name)
        }
        yield Chunk(replace(flow, **fields), period, number, part, (*keys, piece))
        number += sum(part)


def _counts(flow: Flow, journals: int) -> list[int]:
    """Journals of each cell in proportion to its amount: one at least, and never more than it has minor units."""
    spare = max(0, journals - len(flow.amounts))
    counts = [1 + extra for extra in money.split(spare, flow.amounts)]
    smallest = [flow.amounts, flow.functional, flow.taxes]
    limits = [min(s[n] for s in smallest if s) for n in range(len(counts))]
    return [min(n, max(1, limit)) for n, limit in zip(counts, limits, strict=True)]


def batch(chunk: Chunk) -> pa.RecordBatch:
    """The lines of a chunk, journal by journal."""
    flow, size, width = chunk.flow, sum(chunk.counts), chunk.flow.lines_per_journal
    counts = np.array(chunk.counts, np.int64)
    cell = np.repeat(np.arange(len(counts)), counts)
    chance = Chance(*chunk.keys)
    weights = (20 + chance.below(200, size)) * (20 + chance.below(200, size))
    parts = [_split(flow.amounts, counts, cell, weights)]
    if flow.taxes:
        parts.append(_split(flow.taxes, counts, cell, weights))
    functional = [_split(flow.functional, counts, cell, weights)] if flow.functional else []
    days = _workdays(chunk.period)
    return _assemble(
        flow,
        [
            np.repeat(_first_number(chunk) + np.arange(size, dtype=np.int64), width),
            np.tile(np.arange(1, width + 1), size),
        ],
        np.repeat(days[chance.below(len(days), size)], width),
        _columns_of(flow, cell, chance.below(_WORDS[flow.party][2], size) if flow.party else None),
        amounts=_interleave(flow, parts),
        functional=_interleave(flow, functional) if functional else None,
        quantity=_quantity(flow, cell, parts[0]),
    )


def _first_number(chunk: Chunk) -> int:
    return journal_number(chunk.period, chunk.number)


def journal_number(period: str, number: int) -> int:
    """The identifier of a month's n-th journal: year, month, counter."""
    return int(period[2:4] + period[5:]) * 10**8 + number


def _split(totals: tuple[int, ...], counts: Whole, cell: npt.NDArray[np.intp], weights: Whole) -> Whole:
    """Every journal's share of its cell's total (see above); exact while totals stay below 2**53."""
    if not len(cell):
        return np.zeros(0, np.int64)
    ends = np.cumsum(counts)
    running = np.concatenate(([0], np.cumsum(weights)))
    before = running[ends - counts]
    whole = np.maximum(running[ends] - before, 1)
    share = (running[1:] - before[cell]) / whole[cell]
    upto = np.floor((np.array(totals, np.int64) - counts)[cell] * share).astype(np.int64)
    parts = np.diff(upto, prepend=0)
    starts = (ends - counts)[counts > 0]
    parts[starts] = upto[starts]
    return np.asarray(parts + 1)


def _workdays(period: str) -> npt.NDArray[np.int32]:
    first = periods.first_day(period)
    month = [first + timedelta(days=n) for n in range(periods.last_day(period).day)]
    return np.array([(day - _EPOCH).days for day in month if day.weekday() < 5], np.int32)


def _interleave(flow: Flow, parts: list[Whole]) -> tuple[Whole, Whole]:
    """(debit, credit) of all lines: debits first in each journal, zero on the other side."""
    size, width = len(parts[0]), flow.lines_per_journal
    debit, credit = np.zeros((size, width), np.int64), np.zeros((size, width), np.int64)
    contra = np.add.reduce(parts) if len(parts) == 2 else parts[0]
    if flow.side == "credit":
        debit[:, 0] = contra
        for n, part in enumerate(parts):
            credit[:, n + 1] = part
    else:
        for n, part in enumerate(parts):
            debit[:, n] = part
        credit[:, -1] = contra
    return debit.ravel(), credit.ravel()


def _columns_of(flow: Flow, cell: npt.NDArray[np.intp], party: Whole | None) -> dict[str, pa.Array]:
    """Account, cost center, product and party of every line."""
    width, size = flow.lines_per_journal, len(cell)
    main = 1 if flow.side == "credit" else 0
    contra = 0 if flow.side == "credit" else width - 1
    accounts = sorted({*flow.accounts, *flow.contra, flow.tax_account or flow.accounts[0]})
    codes = np.full((size, width), accounts.index(flow.tax_account or flow.accounts[0]), np.int32)
    codes[:, main] = np.array([accounts.index(a) for a in flow.accounts], np.int32)[cell]
    codes[:, contra] = np.array([accounts.index(a) for a in flow.contra], np.int32)[cell]
    columns = {"account_id": pa.array(accounts).take(pa.array(codes.ravel()))}
    for name, values in (("cost_center_id", flow.centers), ("product_id", flow.products)):
        places = np.full((size, width), len(values), np.int32)
        places[:, main] = cell
        columns[name] = pa.array([value or None for value in values] + [None], pa.string()).take(
            pa.array(places.ravel())
        )
    if party is not None:
        columns[f"{flow.party}_id"] = _parties(flow.party).take(pa.array(np.repeat(party, width)))
    return columns


@cache
def _parties(party: Party) -> pa.Array:
    letter, digits, bound = _WORDS[party]
    return pa.array([f"{letter}{n + 1:0{digits}d}" for n in range(bound)])


def _quantity(flow: Flow, cell: npt.NDArray[np.intp], amounts: Whole) -> pa.Array | None:
    """Units behind the main line, in thousandths, at the price of the month."""
    if not flow.prices:
        return None
    width, main = flow.lines_per_journal, 1 if flow.side == "credit" else 0
    thousandths = np.zeros((len(cell), width), np.int64)
    thousandths[:, main] = amounts * 1000 // np.array(flow.prices, np.int64)[cell]
    is_main = np.tile(np.arange(width) == main, len(cell))
    return decimals(thousandths.ravel(), 3, is_main)


def _assemble(
    flow: Flow,
    numbers: list[Whole],
    days: npt.NDArray[np.int32],
    columns: dict[str, pa.Array],
    *,
    amounts: tuple[Whole, Whole],
    functional: tuple[Whole, Whole] | None,
    quantity: pa.Array | None,
) -> pa.RecordBatch:
    size = len(days)
    own = flow.entity
    columns |= {
        "entity_id": pa.repeat(own.entity_id, size),
        "journal_id": pa.array(numbers[0]),
        "line_no": pa.array(numbers[1]),
        "posting_date": pa.array(days).cast(pa.date32()),
        "currency": pa.repeat(flow.currency, size),
        "description": pa.repeat(flow.description, size),
    }
    is_explicit = own.country == EXPLICIT
    columns |= _sides("debit", "credit", amounts, flow.currency, is_explicit=is_explicit)
    if functional is not None or is_explicit:
        columns |= _sides(
            "functional_debit", "functional_credit", functional or amounts, own.currency, is_explicit=is_explicit
        )
    if quantity is not None:
        columns["quantity"] = quantity
    return in_order(columns, size)


def _sides(
    debit: str, credit: str, amounts: tuple[Whole, Whole], currency: str, *, is_explicit: bool
) -> dict[str, pa.Array]:
    places = money.exponent(currency)
    return {
        name: decimals(amount, places, None if is_explicit else amount != 0)
        for name, amount in ((debit, amounts[0]), (credit, amounts[1]))
    }


def in_order(columns: dict[str, pa.Array], size: int) -> pa.RecordBatch:
    """The columns of a file of journal lines, empty where there is nothing to say."""
    return pa.RecordBatch.from_arrays([columns.get(name, pa.nulls(size)) for name in COLUMNS], list(COLUMNS))


def decimals(units: Whole, places: int, known: npt.NDArray[np.bool_] | None) -> pa.Array:
    """Whole minor units as exact decimals, without a float on the way."""
    wide = np.empty((len(units), 2), np.int64)
    wide[:, 0], wide[:, 1] = units, units >> 63
    valid = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.decimal128(38, places), len(units), [valid, pa.py_buffer(wide)])


def single_rows(journal: Journal, number: int) -> list[tuple[str, ...]]:
    """The lines of one journal of the close as rows of the file."""
    own = journal.entity
    rows: list[tuple[str, ...]] = []
    for n, line in enumerate(journal.lines, start=1):
        functional = line.amount if line.functional is None else line.functional
        is_shown = own.country == EXPLICIT or journal.currency != own.currency
        rows.append((
            own.entity_id, str(journal_number(journal.period or periods.of(journal.day), number)), str(n),
            journal.day.isoformat(), line.account_id, journal.currency,
            *_texts(line.amount, journal.currency, is_negative=journal.negative),
            *(_texts(functional, own.currency, is_negative=journal.negative) if is_shown else ("", "")),
            line.center, line.product, "", line.vendor, line.counterparty,
            str(Decimal(line.quantity).scaleb(-3)) if line.quantity else "", journal.description, journal.period,
            str(journal.period_no or ""),
        ))  # fmt: skip
    return rows


def _texts(amount: int, currency: str, *, is_negative: bool) -> tuple[str, str]:
    """(debit, credit) as text; a negative journal has its amounts on the other side with a minus."""
    if is_negative:
        debit, credit = _texts(-amount, currency, is_negative=False)
        return (f"-{debit}" if debit else ""), (f"-{credit}" if credit else "")
    text = str(money.to_decimal(abs(amount), currency))
    return (text, "") if amount > 0 else ("", text)
