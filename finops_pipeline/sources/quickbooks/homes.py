"""Entries of a document in home currency, and the functions that the engine calls for them, text in and text out.

The total of a document in home currency is `HomeTotalAmt`, or its total at its exchange rate; the other entries are
rounded so that they sum to it (largest remainder). A settlement is different: an open item leaves the receivable at the
rate at which it came, and what the rates differ by is gain or loss on exchange. Not here: what is posted (`posting`).
"""

import json
from collections.abc import Sequence
from fractions import Fraction

from finops_pipeline.finance import money
from finops_pipeline.sources.quickbooks.fields import Document, DocumentError, Fields, nested
from finops_pipeline.sources.quickbooks.posting import EXCHANGE, Entry, post

_NESTED = ("line", "txntaxdetail", "cashback", "checkpayment", "creditcardpayment", "metadata")
_ROUNDING_OF_RATES = Fraction(1, 1_000_000)
"""Rates of exchange have six decimals."""


def entries(kind: str, columns: str, home_currency: str) -> str:
    """The entries of a document as JSON: at least one, which says so when there is nothing to post or why it cannot be.

    `columns`: the document's fields as a JSON object of texts.
    """
    try:
        document = Document(_unfolded(columns), home_currency)
        found = post(kind, document)
        homes = in_home_currency(kind, document, found)
    except DocumentError as error:
        return json.dumps([{"problem": str(error)}])
    said = [_as_texts(document, no, *both) for no, both in enumerate(zip(found, homes, strict=True), start=1)]
    if any(e.settles for e in found):
        said.append({"no": str(len(said) + 1), "role": EXCHANGE, "key": "", "is_exchange": "true"})
    return json.dumps(said or [{"nothing": "true"}], ensure_ascii=False)


def _unfolded(columns: str) -> dict[str, object]:
    values = json.loads(columns)
    return {
        key: nested(key, value) if value and (key in _NESTED or key.endswith("ref")) else value
        for key, value in values.items()
    }


def _as_texts(document: Document, no: int, entry: Entry, home: int) -> dict[str, str | None]:
    line = entry.line or Fields({})
    detail = line.part(line.text("DetailType") or "")
    who = detail.part("Entity")
    party = who.ref("EntityRef") or who.text("value")
    kind = who.text("Type") or who.text("type")
    whole = document.part("EntityRef")
    return {
        "no": str(no),
        "account": entry.place.account,
        "role": entry.place.role,
        "key": entry.place.key,
        "amount": f"{entry.amount:f}",
        "home": f"{money.to_decimal(home, document.home_currency):f}",
        "settles": entry.settles,
        "class": (detail.ref("ClassRef") or document.ref("ClassRef")) if entry.line else None,
        "department": (detail.ref("DepartmentRef") or document.ref("DepartmentRef")) if entry.line else None,
        "customer": _first(document.ref("CustomerRef"), party if kind == "Customer" else None,
                           detail.ref("CustomerRef"), _typed(whole, "Customer")),
        "vendor": _first(document.ref("VendorRef"), party if kind == "Vendor" else None, _typed(whole, "Vendor")),
        "quantity": detail.text("Qty"),
        "description": line.text("Description"),
    }  # fmt: skip


def _typed(reference: Fields, kind: str) -> str | None:
    return reference.text("value") if reference.text("type") == kind else None


def _first(*found: str | None) -> str | None:
    return next((one for one in found if one), None)


# -- home currency ---------------------------------------------------------------------------------------------------


def in_home_currency(kind: str, document: Document, found: Sequence[Entry]) -> list[int]:
    """What each entry is in minor units of the home currency; together zero, settled items aside.

    Raises: DocumentError when a foreign document has no rate, or its home total is not that of its rate.
    """
    scale = 10 ** money.exponent(document.home_currency)
    amounts = [Fraction(e.amount) * scale for e in found]
    if not document.is_foreign or not found:
        return [int(a) for a in amounts]
    rate = _rate(document)
    if any(e.settles for e in found):
        return [_home_total(document, amounts[0], rate)[0], *(_rounded(a * rate) for a in amounts[1:])]
    if kind == "journalentry":
        total, factor = _home_total(document, sum((a for a in amounts if a > 0), Fraction(0)), rate)
        first = money.round_to_total([a * factor for a in amounts if a > 0], total)
        second = money.round_to_total([a * factor for a in amounts if a < 0], -total)
        return [(first if a > 0 else second).pop(0) for a in amounts]
    total, factor = _home_total(document, amounts[0], rate)
    return [total, *money.round_to_total([a * factor for a in amounts[1:]], -total)]


def _rate(document: Document) -> Fraction:
    rate = document.number("ExchangeRate")
    if rate <= 0:
        raise DocumentError(f"it is in {document.currency} and has no ExchangeRate to {document.home_currency}")
    return Fraction(rate)


def _home_total(document: Document, total: Fraction, rate: Fraction) -> tuple[int, Fraction]:
    """The home total of an amount in foreign minor units, and the factor that makes it of it exactly, or nearly.

    `HomeTotalAmt` speaks of the document's total alone; where the amount is another one, the rate speaks.
    """
    at_rate = total * rate
    scale = 10 ** money.exponent(document.home_currency)
    stated = document.number("HomeTotalAmt")
    if not stated or abs(total) != Fraction(document.number("TotalAmt")) * scale:
        return _rounded(at_rate), rate
    home = _rounded(Fraction(stated) * scale) * (1 if total > 0 else -1)
    if abs(home - at_rate) > 1 + abs(total) * _ROUNDING_OF_RATES:
        at = f"TotalAmt at the ExchangeRate {document.text('ExchangeRate')}"
        raise DocumentError(f"HomeTotalAmt {stated:f} is not {at}")
    return home, home / total


def _rounded(amount: Fraction) -> int:
    """Halves away from zero, as QuickBooks shows amounts."""
    size = (2 * abs(amount.numerator) + amount.denominator) // (2 * amount.denominator)
    return size if amount > 0 else -size


def settled(amount: str | None, rate: str | None, total: str | None, home_total: str | None, home: str) -> str | None:
    """What an open item is in home currency: its share of its document's home total, else its amount at that rate.

    Null where the document it belongs to is not there or has no rate.
    """
    said = Fields({"amount": amount, "rate": rate, "total": total, "home": home_total})
    try:
        open_amount, factor, whole, booked = (
            Fraction(said.number(name)) for name in ("amount", "rate", "total", "home")
        )
    except DocumentError:
        return None  # that document was refused for it
    if not amount or factor <= 0:
        return None
    if whole and booked:
        factor = booked / whole
    scale = 10 ** money.exponent(home)
    return f"{money.to_decimal(_rounded(open_amount * factor * scale), home):f}"
