"""What a document posts: the double entries that QuickBooks makes of it and its interface does not show.

A document names the accounts of its lines, or the items that stand for them, and leaves out the other side: an
invoice's receivable, the bank of a receipt. `post` gives every entry, debit positive; an account that the document
does not name is described by its role (`Place`) and looked up afterwards. Worked example, an invoice of 98.00 with a
discount, of which tax is 8.00:

    Line 1  SalesItemLineDetail    80.00        receivable         98.00
    Line 2  SalesItemLineDetail    32.00        item 1            -80.00
    Line 3  DiscountLineDetail     22.00        item 2            -32.00
            SubTotalLineDetail     90.00        discount           22.00
            TotalTax                8.00        tax                -8.00

Subtotals repeat other lines, and discounts are written without their sign. What a document says must add up to its
total; if it does not, it is refused whole (`DocumentError`). Not here: which account plays a role (`documents`), and
amounts in home currency (`homes`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from finops_pipeline.sources.quickbooks.fields import Document, DocumentError, Fields

RECEIVABLE, PAYABLE, UNDEPOSITED = "receivable", "payable", "undeposited"
SALE, PURCHASE, DISCOUNT, TAX = "sale", "purchase", "discount", "tax"
EXCHANGE, ROUNDING = "exchange", "rounding"


@dataclass(frozen=True, slots=True)
class Place:
    """The account of an entry: named, or described by a role and what it depends on (an item, a currency, a tax rate)."""

    account: str | None = None
    role: str | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry in the document's currency, debit positive.

    `settles`: the document whose receivable or payable it settles, at that document's rate of exchange. `line`: where
    the dimensions and the text of the entry stand.
    """

    place: Place
    amount: Decimal
    line: Fields | None = None
    settles: str | None = None


def post(kind: str, document: Document) -> list[Entry]:
    """The entries of a document; the first is the one that carries its total. Entries over nothing are left out.

    Raises: DocumentError when the document cannot be posted.
    """
    entries = [e for e in _POSTINGS[kind](document) if e.amount]
    open_amount = sum((e.amount for e in entries), Decimal(0))
    if not open_amount:
        return entries
    most = document.smallest_unit * len(entries) if kind in _ROUNDED else Decimal(0)
    if abs(open_amount) > most:
        raise DocumentError(f"its lines, taxes and total do not add up: {_said(entries)}, {open_amount:f} too much")
    return [*entries, Entry(Place(role=ROUNDING), -open_amount)]


_ROUNDED = ("invoice", "creditmemo", "salesreceipt", "refundreceipt", "bill", "vendorcredit", "purchase")
"""Documents whose total QuickBooks computes from prices, percentages and taxes: a cent a line may be lost."""


def _said(entries: list[Entry]) -> str:
    return f"total {abs(entries[0].amount):f}, the rest {-sum((e.amount for e in entries[1:]), Decimal(0)):f}"


# -- sales and purchases ---------------------------------------------------------------------------------------------


def _sale(document: Document, side: int, total: Place) -> Iterator[Entry]:
    """Total on one side, lines and taxes on the other. `side`: 1 for a sale, -1 for its reverse."""
    yield Entry(total, side * document.amount("TotalAmt"))
    yield from _trade(document, -side)


def _trade(document: Document, side: int) -> Iterator[Entry]:
    """Lines and taxes. `side`: 1 where lines are debits."""
    for line in document.lines():
        yield from _line(document, line, side)
    yield from _taxes(document, side)


def _line(document: Document, line: Fields, side: int) -> Iterator[Entry]:
    kind, amount = line.text("DetailType") or "", line.number("Amount")
    if kind == "GroupLineDetail":
        members = line.part(kind).parts("Line")
        if not members and amount:
            raise DocumentError(f"line {line.text('Id')} is a group of {amount:f} without its members")
        for member in members:
            yield from _line(document, member, side)
    elif amount and kind not in _SILENT:
        sign = -side if kind == "DiscountLineDetail" else side
        yield Entry(_place_of(line, kind), sign * document.exact(amount), line)


_SILENT = ("SubTotalLineDetail", "DescriptionOnly", "DescriptionLineDetail")
"""Lines that repeat others or only say something."""


def _place_of(line: Fields, kind: str) -> Place:
    detail = line.part(kind)
    if kind == "SalesItemLineDetail":
        return _by_item(line, detail, SALE)
    if kind == "ItemBasedExpenseLineDetail":
        return _by_item(line, detail, PURCHASE)
    if kind == "DiscountLineDetail":
        return _named(detail.ref("DiscountAccountRef"), DISCOUNT)
    if kind == "TaxLineDetail":
        return Place(role=TAX, key=detail.ref("TaxRateRef") or "")
    account = detail.ref("AccountRef") or detail.ref("ItemAccountRef")
    if not account:
        raise DocumentError(f"line {line.text('Id')} ({kind or 'without a type'}) names no account")
    return Place(account)


def _by_item(line: Fields, detail: Fields, role: str) -> Place:
    account, item = detail.ref("ItemAccountRef"), detail.ref("ItemRef")
    if not account and not item:
        raise DocumentError(f"line {line.text('Id')} names neither an item nor an account")
    return Place(account) if account else Place(role=role, key=item or "")


def _named(account: str | None, role: str, key: str = "") -> Place:
    return Place(account) if account else Place(role=role, key=key)


def _taxes(document: Document, side: int) -> Iterator[Entry]:
    """The taxes by rate; in one sum where no rates are given."""
    detail = document.part("TxnTaxDetail")
    lines, total = detail.parts("TaxLine"), detail.number("TotalTax")
    found = sum((document.exact(line.number("Amount")) for line in lines), Decimal(0))
    if lines and total and found != total:
        raise DocumentError(f"its tax lines come to {found:f}, its tax to {total:f}")
    for line in lines:
        rate = line.part("TaxLineDetail").ref("TaxRateRef") or ""
        yield Entry(Place(role=TAX, key=rate), side * document.exact(line.number("Amount")))
    if not lines:
        yield Entry(Place(role=TAX), side * document.exact(total))


def _invoice(document: Document) -> Iterator[Entry]:
    """A deposit that is paid with the invoice is money at once."""
    paid = document.exact(document.number("Deposit"))
    yield Entry(_open(document.ref("ARAccountRef"), RECEIVABLE, document), document.amount("TotalAmt") - paid)
    yield Entry(_named(document.ref("DepositToAccountRef"), UNDEPOSITED), paid)
    yield from _trade(document, -1)


def _open(account: str | None, role: str, document: Document) -> Place:
    return _named(account, role, document.currency)


def _credit_memo(document: Document) -> Iterator[Entry]:
    return _sale(document, -1, _open(document.ref("ARAccountRef"), RECEIVABLE, document))


def _sales_receipt(document: Document) -> Iterator[Entry]:
    return _sale(document, 1, _named(document.ref("DepositToAccountRef"), UNDEPOSITED))


def _refund_receipt(document: Document) -> Iterator[Entry]:
    return _sale(document, -1, _named(document.ref("DepositToAccountRef"), UNDEPOSITED))


def _bill(document: Document) -> Iterator[Entry]:
    yield Entry(_open(document.ref("APAccountRef"), PAYABLE, document), -document.amount("TotalAmt"))
    yield from _trade(document, 1)


def _vendor_credit(document: Document) -> Iterator[Entry]:
    yield Entry(_open(document.ref("APAccountRef"), PAYABLE, document), document.amount("TotalAmt"))
    yield from _trade(document, -1)


def _purchase(document: Document) -> Iterator[Entry]:
    """Cash, check or credit card; `Credit` marks money that comes back to a card."""
    side = -1 if document.text("Credit") == "true" else 1
    yield Entry(Place(document.needed_ref("AccountRef")), -side * document.amount("TotalAmt"))
    yield from _trade(document, side)


# -- money that moves ------------------------------------------------------------------------------------------------


def _payment(document: Document) -> Iterator[Entry]:
    """Money against the receivable. What is settled in a foreign currency was booked at its own document's rate."""
    total = document.amount("TotalAmt")
    receivable = _open(document.ref("ARAccountRef"), RECEIVABLE, document)
    yield Entry(_named(document.ref("DepositToAccountRef"), UNDEPOSITED), total)
    yield from _settled(document, receivable, total, ("Invoice", "CreditMemo"), 1)


def _bill_payment(document: Document) -> Iterator[Entry]:
    total = document.amount("TotalAmt")
    payable = _open(document.ref("APAccountRef"), PAYABLE, document)
    yield Entry(Place(_paying_account(document)), -total)
    yield from _settled(document, payable, total, ("Bill", "VendorCredit"), -1)


def _paying_account(document: Document) -> str:
    card = document.part("CreditCardPayment").ref("CCAccountRef")
    bank = document.part("CheckPayment").ref("BankAccountRef")
    account = card if document.text("PayType") == "CreditCard" else bank
    if not (account or card or bank):
        raise DocumentError("it names neither a bank account nor a credit card")
    return account or card or bank or ""


def _settled(document: Document, place: Place, total: Decimal, kinds: tuple[str, str], side: int) -> Iterator[Entry]:
    """The open items that a payment settles: invoices less credits, and what remains unapplied."""
    items = list(_open_items(document, kinds))
    signs = {kinds[0]: 1, kinds[1]: -1, _JOURNAL: _journal_side(document, total, items, kinds)}
    rest = total
    for kind, number, amount in items:
        signed = signs[kind] * amount
        rest -= signed
        yield Entry(place, -side * signed, settles=f"{kind}-{number}")
    yield Entry(place, -side * rest)


_JOURNAL = "JournalEntry"
Item = tuple[str, str | None, Decimal]


def _open_items(document: Document, kinds: tuple[str, str]) -> Iterator[Item]:
    for line in document.lines() if document.is_foreign else ():
        amount = document.exact(line.number("Amount"))
        linked = [one for one in line.parts("LinkedTxn") if one.text("TxnType") in (*kinds, _JOURNAL)]
        if len(linked) == 1:
            yield linked[0].text("TxnType") or "", linked[0].text("TxnId"), amount


def _journal_side(document: Document, total: Decimal, items: list[Item], kinds: tuple[str, str]) -> int:
    """Whether the journal entries that a payment settles are owed (1) or credits (-1): links do not say it, the total does.

    0 where neither explains the total: then they are settled at the rate of the payment.
    """
    known = sum((a if kind == kinds[0] else -a for kind, _, a in items if kind != _JOURNAL), Decimal(0))
    journals = sum((a for kind, _, a in items if kind == _JOURNAL), Decimal(0))
    rest = total - document.number("UnappliedAmt") - known
    return 1 if rest == journals else -1 if rest == -journals else 0


def _deposit(document: Document) -> Iterator[Entry]:
    """Money to the bank: payments received before, other lines, less cash that was kept."""
    yield Entry(Place(document.needed_ref("DepositToAccountRef")), document.amount("TotalAmt"))
    for line in document.lines():
        amount = document.exact(line.number("Amount"))
        account = line.part("DepositLineDetail").ref("AccountRef")
        if amount and not account and not line.parts("LinkedTxn"):
            raise DocumentError(f"line {line.text('Id')} names neither an account nor a payment")
        yield Entry(_named(account, UNDEPOSITED), -amount, line)
    cash = document.part("CashBack")
    if cash.number("Amount"):
        yield Entry(Place(cash.needed_ref("AccountRef")), document.exact(cash.number("Amount")))
    yield from _taxes(document, -1)


def _transfer(document: Document) -> Iterator[Entry]:
    amount = document.amount("Amount")
    yield Entry(Place(document.needed_ref("ToAccountRef")), amount)
    yield Entry(Place(document.needed_ref("FromAccountRef")), -amount)


def _credit_card_payment(document: Document) -> Iterator[Entry]:
    amount = document.amount("Amount")
    yield Entry(Place(document.needed_ref("CreditCardAccountRef")), amount)
    yield Entry(Place(document.needed_ref("BankAccountRef")), -amount)


# -- the journal -----------------------------------------------------------------------------------------------------


def _journal_entry(document: Document) -> Iterator[Entry]:
    """Amounts have no sign: the posting type is it. Tax, where there is any, stands on the side that is open."""
    open_amount = Decimal(0)
    for line in document.lines():
        amount, kind = line.number("Amount"), line.text("DetailType") or ""
        if amount and kind not in _SILENT:
            detail = line.part("JournalEntryLineDetail")
            side = {"Debit": 1, "Credit": -1}.get(detail.text("PostingType") or "")
            if side is None:
                raise DocumentError(f"line {line.text('Id')} is neither debit nor credit")
            open_amount += side * amount
            yield Entry(Place(detail.needed_ref("AccountRef")), side * document.exact(amount), line)
    if open_amount:
        yield from _taxes(document, -1 if open_amount > 0 else 1)


_POSTINGS: dict[str, Callable[[Document], Iterator[Entry]]] = {
    "invoice": _invoice,
    "creditmemo": _credit_memo,
    "salesreceipt": _sales_receipt,
    "refundreceipt": _refund_receipt,
    "payment": _payment,
    "bill": _bill,
    "vendorcredit": _vendor_credit,
    "billpayment": _bill_payment,
    "purchase": _purchase,
    "creditcardpayment": _credit_card_payment,
    "deposit": _deposit,
    "transfer": _transfer,
    "journalentry": _journal_entry,
}

KINDS = tuple(_POSTINGS)
"""The documents that post, by the name of their extract."""
