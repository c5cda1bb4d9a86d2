"""Duplicate payments: documents of vendors that look as if they were booked twice.

Here: journal lines as documents and the suspects among them (ledger-size, engine-free), and the pairs that are likely to
be one document (fact-size). Not here: what is made of them (`register`).

A *document* is what one journal does with one vendor in one currency: an invoice (it owes more), a payment (it owes less)
or a credit note (less, and cost goes down). Its *reference* is the digits of its description without leading zeros:
"INV-01001" and "Invoice 1001" say the same. Only documents that share vendor and amount, vendor and reference, or amount
and a long reference with another one can be duplicates: the engine keeps those, and pairs are looked at among them.

| what two documents share                                    | days apart at most | confidence |
|-------------------------------------------------------------|--------------------|------------|
| vendor, amount, reference, day                              | 0                  | 0.95       |
| vendor, amount, reference                                   | 90                 | 0.9        |
| vendor, amount, reference with two digits changed places    | 60                 | 0.6        |
| amount and reference of four digits or more; two vendors    | 30                 | 0.6        |
| vendor, reference; amounts within 1 %                       | 60                 | 0.5        |
| vendor and amount, none has a reference                     | 7                  | 0.5        |

Not a duplicate: what comes back every month, three times or more, and what a later credit note has taken back.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.finance import money
from finops_pipeline.finance.opportunities.register import Opportunity

Lazy = nw.LazyFrame[Any]

_MANY_DIGITS, _SOME_DIGITS = 4, 3
_MONTHLY = range(25, 36)  # days between documents that come every month


def documents(lines: Lazy, payable_accounts: Sequence[str], cost_accounts: Sequence[str]) -> Lazy:
    """What each journal does with each vendor.

    Shape: one row per entity x journal x vendor x currency whose lines touch payables or cost. Unit: `amount` in minor
    units of the transaction currency, positive; `kind` is invoice, payment or credit.
    """
    account, zero = nw.col("account_id"), nw.lit(0)
    net = nw.col("credit").fill_null(0) - nw.col("debit").fill_null(0)
    is_payable, is_cost = account.is_in(list(payable_accounts)), account.is_in(list(cost_accounts))
    summed = (
        lines.filter(~nw.col("vendor_id").is_null(), is_payable | is_cost)
        .with_columns(
            payable=nw.when(is_payable).then(net).otherwise(zero),
            cost=nw.when(is_cost).then(net).otherwise(zero),
            is_payable=nw.when(is_payable).then(nw.lit(1)).otherwise(zero),
        )
        .group_by(*_JOURNAL)
        .agg(
            payable=nw.col("payable").sum(),
            cost=nw.col("cost").sum(),
            payables=nw.col("is_payable").sum(),
            posted_on=nw.col("posting_date").min(),
            description=nw.col("description").max(),
            cost_center_id=nw.col("cost_center_id").max(),
            file_id=nw.col("file_id").min(),
            row_number=nw.col("row_number").min(),
        )
    )
    return _named(summed)


_JOURNAL = ("entity_id", "journal_id", "vendor_id", "currency")


def _named(summed: Lazy) -> Lazy:
    """Documents with their kind, amount and reference; what comes to nothing is no document."""
    owed = nw.when(nw.col("payables") > 0).then(nw.col("payable")).otherwise(-nw.col("cost"))
    less = nw.when(nw.col("cost") > 0).then(nw.lit("credit")).otherwise(nw.lit("payment"))
    digits = nw.col("description").fill_null("").str.replace_all("[^0-9]+", "")
    return (
        summed.with_columns(owed=owed)
        .filter(nw.col("owed") != 0)
        .with_columns(
            kind=nw.when(nw.col("owed") > 0).then(nw.lit("invoice")).otherwise(less),
            amount=nw.col("owed").abs().cast(nw.Int64),
            reference=digits.str.replace_all("^0+", ""),
        )
        .select(*Document.__slots__)
    )


def suspects(found: Lazy) -> Lazy:
    """The documents that share with another one what duplicates share, and every credit note. Shape: as `documents`."""
    place = ("entity_id", "currency", "kind")
    digits = nw.col("reference").str.len_chars()
    counted = found.with_columns(
        same_amount=nw.col("journal_id").count().over(*place, "vendor_id", "amount"),
        same_reference=nw.col("journal_id").count().over(*place, "vendor_id", "reference"),
        same_both=nw.col("journal_id").count().over(*place, "amount", "reference"),
    )
    return counted.filter(
        (nw.col("kind") == "credit")
        | (nw.col("same_amount") > 1)
        | ((nw.col("same_reference") > 1) & (digits >= _SOME_DIGITS))
        | ((nw.col("same_both") > 1) & (digits >= _MANY_DIGITS))
    ).drop("same_amount", "same_reference", "same_both")


@dataclass(frozen=True, slots=True)
class Document:
    """One document, as `documents` has it."""

    entity_id: str
    journal_id: str
    vendor_id: str
    currency: str
    kind: str
    amount: int
    reference: str
    posted_on: date
    description: str | None
    cost_center_id: str | None
    file_id: str | None
    row_number: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents that may be one, and why."""

    first: Document
    second: Document
    why: str
    confidence: float

    @property
    def amount(self) -> int:
        """What was booked twice."""
        return min(self.first.amount, self.second.amount)


def pairs(candidates: pd.DataFrame) -> list[Pair]:
    """The likely duplicates among suspects: each later document with the earlier one that it repeats.

    A document is the later half of one pair at most, of the most likely one; of an invoice and its payment that were
    both booked twice, the invoice is said.
    """
    dated = candidates.assign(posted_on=pd.to_datetime(candidates["posted_on"]).dt.date.astype(object))
    rows = dated.astype(object).where(dated.notna(), None)
    everything = sorted((Document(*row) for row in rows[list(Document.__slots__)].itertuples(index=False)), key=_order)
    taken_back = Counter(_matter(d) for d in everything if d.kind == "credit")
    best: dict[tuple[str, str, str], Pair] = {}
    for pair in _likely([d for d in everything if d.kind != "credit"]):
        later = (pair.second.entity_id, pair.second.journal_id, pair.second.vendor_id)
        if later not in best or pair.confidence > best[later].confidence:
            best[later] = pair
    found: list[Pair] = []
    said: Counter[tuple[str, ...]] = Counter()
    for pair in sorted(best.values(), key=lambda p: (p.second.kind, *_order(p.second))):
        matter = _matter(pair.second)
        if pair.second.kind == "payment" and said[matter] > 0:
            said[matter] -= 1
        elif pair.second.kind == "invoice" and taken_back[matter] > 0:
            taken_back[matter] -= 1
        else:
            said[matter] += pair.second.kind == "invoice"
            found.append(pair)
    return found


def _order(document: Document) -> tuple[date, str, str, str]:
    return (document.posted_on, document.entity_id, document.journal_id, document.vendor_id)


def _matter(document: Document) -> tuple[str, ...]:
    return (document.entity_id, document.vendor_id, document.currency, str(document.amount))


def _likely(ordered: Sequence[Document]) -> Iterator[Pair]:
    """Neighbors in time within each group that shares something."""
    for group in _groups(ordered, lambda d: (*_matter(d), d.kind)):
        for same in _groups(group, lambda d: (d.reference,)):
            if not _comes_back(same):
                yield from _repeated(same)
        yield from _transposed(group)
    for group in _groups(ordered, lambda d: (d.entity_id, d.vendor_id, d.currency, d.kind, d.reference)):
        if len(group[0].reference) >= _SOME_DIGITS:
            yield from _other_amounts(group)
    for group in _groups(ordered, lambda d: (d.entity_id, d.currency, d.kind, str(d.amount), d.reference)):
        if len(group[0].reference) >= _MANY_DIGITS:
            yield from _other_vendors(group)


def _groups(ordered: Sequence[Document], key: Any) -> Iterator[list[Document]]:
    groups: dict[tuple[str, ...], list[Document]] = {}
    for document in ordered:
        groups.setdefault(key(document), []).append(document)
    return (group for group in groups.values() if len(group) > 1)


def _days(first: Document, second: Document) -> int:
    return (second.posted_on - first.posted_on).days


def _comes_back(group: Sequence[Document]) -> bool:
    """Whether documents come every month: three at least, a month apart."""
    gaps = [_days(a, b) for a, b in pairwise(group)]
    return len(gaps) > 1 and all(gap in _MONTHLY for gap in gaps)


def _repeated(same: Sequence[Document]) -> Iterator[Pair]:
    """Vendor, amount and reference agree, or there is no reference."""
    for first, second in pairwise(same):
        days, reference = _days(first, second), first.reference
        if reference and days == 0:
            yield Pair(first, second, "same vendor, amount, reference and day", 0.95)
        elif reference and days <= 90:
            yield Pair(first, second, f"same vendor, amount and reference, {days} days apart", 0.9)
        elif not reference and days <= 7:
            yield Pair(first, second, f"same vendor and amount, {days} days apart, no reference", 0.5)


def _other_amounts(group: Sequence[Document]) -> Iterator[Pair]:
    """Vendor and reference agree, amounts nearly."""
    for first, second in pairwise(group):
        gap = abs(first.amount - second.amount)
        if 0 < gap * 100 <= max(first.amount, second.amount) and _days(first, second) <= 60:
            yield Pair(first, second, "same vendor and reference, amounts within 1 %", 0.5)


def _other_vendors(group: Sequence[Document]) -> Iterator[Pair]:
    """Amount and a long reference agree, the vendors do not."""
    for first, second in pairwise(group):
        if first.vendor_id != second.vendor_id and _days(first, second) <= 30:
            yield Pair(first, second, "same amount and reference under two vendors", 0.6)


def _transposed(group: Sequence[Document]) -> Iterator[Pair]:
    """References that differ by two digits next to each other."""
    for first, second in pairwise(group):
        a, b = first.reference, second.reference
        off = [i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y]
        changed = len(a) == len(b) and len(off) == 2 and off[1] == off[0] + 1
        if changed and a[off[0]] == b[off[1]] and a[off[1]] == b[off[0]] and _days(first, second) <= 60:
            yield Pair(first, second, "same vendor and amount, two digits of the reference changed places", 0.6)


def opportunities(
    found: Sequence[Pair], files: Mapping[str, str], centers: Mapping[str, tuple[str, str | None]]
) -> list[Opportunity]:
    """Each pair as an opportunity: the amount can be had back, at least where the documents agree in everything.

    `files`: the names of extract files by identifier. `centers`: department and owner of each cost center.
    """
    result = []
    for pair in found:
        later, amount = pair.second, pair.amount
        department, owner = centers.get(later.cost_center_id or pair.first.cost_center_id or "", (None, None))
        shown = money.to_decimal(amount, later.currency)
        subject = f"{later.kind} of vendor {later.vendor_id} over {shown:,} {later.currency} booked twice: {pair.why}"
        result.append(
            Opportunity(
                "duplicate_payment", later.entity_id, (later.vendor_id, pair.first.journal_id, later.journal_id), subject,
                [_evidence(d, files) for d in (pair.first, later)], later.currency,
                amount if pair.confidence >= 0.9 else 0, amount, pair.confidence, department, owner,
            )
        )  # fmt: skip
    return result


def _evidence(document: Document, files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "journal_id": document.journal_id, "vendor_id": document.vendor_id, "posted_on": document.posted_on.isoformat(),
        "amount": str(money.to_decimal(document.amount, document.currency)), "description": document.description,
        "file": files.get(document.file_id or ""), "row": document.row_number,
    }  # fmt: skip
