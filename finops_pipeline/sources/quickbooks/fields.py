"""The fields of a document as QuickBooks' interface gives them: references, exact numbers, nested parts.

Names are matched without regard to case. Not here: what the fields post (`posting`).
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from finops_pipeline.finance import money


class DocumentError(Exception):
    """The document cannot be turned into balanced entries: why, in words for the quarantine."""


_MOST_DIGITS = 18
"""Before the point: more than any amount has."""


def nested(name: str, text: str) -> Any:
    """What a nested field holds. Raises: DocumentError when it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        raise DocumentError(f"{name} is no object or list: {text[:40]!r}") from None


class Fields:
    """An object of the interface."""

    def __init__(self, values: Any) -> None:
        given = values if isinstance(values, Mapping) else {}
        self._values = {str(key).lower(): value for key, value in given.items()}

    def text(self, name: str) -> str | None:
        """A field as text; None where it is missing or empty."""
        value = self._values.get(name.lower())
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if value not in (None, "") else None

    def number(self, name: str) -> Decimal:
        """A number; nothing is zero. Raises: DocumentError."""
        value = self.text(name)
        try:
            found = Decimal(value or "0")
        except InvalidOperation:
            raise DocumentError(f"{name} is no number: {value!r}") from None
        if not found.is_finite() or found.adjusted() >= _MOST_DIGITS:
            raise DocumentError(f"{name} is no number: {value!r}")
        return found

    def part(self, name: str) -> "Fields":
        """A nested object; an empty one where there is none."""
        return Fields(self._values.get(name.lower()))

    def parts(self, name: str) -> list["Fields"]:
        """A list of nested objects."""
        found = self._values.get(name.lower())
        return [Fields(one) for one in found] if isinstance(found, list) else []

    def ref(self, name: str) -> str | None:
        """The identifier that a reference holds."""
        return self.part(name).text("value")

    def needed_ref(self, name: str) -> str:
        """The identifier that a reference must hold. Raises: DocumentError."""
        found = self.ref(name)
        if not found:
            raise DocumentError(f"{name} is missing")
        return found


class Document(Fields):
    """A transaction, with the company's home currency beside it. Raises: DocumentError for a currency there is not."""

    def __init__(self, values: Any, home_currency: str) -> None:
        super().__init__(values)
        self.home_currency = home_currency
        self.currency = self.ref("CurrencyRef") or home_currency
        unknown = {self.currency, home_currency} - money.exponents().keys()
        if unknown:
            raise DocumentError(f"{min(unknown)!r} is no currency of ISO 4217")
        self.smallest_unit = money.to_decimal(1, self.currency)

    @property
    def is_foreign(self) -> bool:
        """Whether it is in another currency than the books."""
        return self.currency != self.home_currency

    def lines(self) -> list[Fields]:
        """Its lines."""
        return self.parts("Line")

    def amount(self, name: str) -> Decimal:
        """An amount that must be there. Raises: DocumentError."""
        if self.text(name) is None:
            raise DocumentError(f"{name} is missing")
        return self.exact(self.number(name))

    def exact(self, amount: Decimal) -> Decimal:
        """An amount that its currency can pay. Raises: DocumentError when it has more decimals."""
        if amount % self.smallest_unit:
            raise DocumentError(f"{amount:f} has more decimals than {self.currency}")
        return amount
