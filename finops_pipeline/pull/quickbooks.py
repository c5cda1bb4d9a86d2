"""QuickBooks Online: its query interface in pages, and what has been deleted.

Pages. A query is answered from a position on. While it is read, others work in the books, and a deletion moves everything
behind it one position forward: a row would fall between two pages, unseen for good. So rows are asked for in the order of
their Ids, and a page begins where the one before ended, at its last row. When none of its rows was seen before, the list has
moved, and the reading goes back until one was.

Changes. Documents and most lists are asked for by `MetaData.LastUpdatedTime`, from the moment at which the last pull began by
QuickBooks' own clock, less an overlap. Accounts are always asked for whole: CurrentBalance moves without the account
being changed. Lists keep what was made inactive, if it is asked for.

Deletions. A query does not tell them. The change log (CDC) does, for 30 days and at most 1,000 objects an answer; where it
does not reach, and when everything is pulled again, the Ids that are there now are compared with those known from
before. Either way a deleted document lands as the interface writes one: `"status": "Deleted"`.
Source: Intuit's developer guide, "Data queries" and "Change data capture operation".
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from finops_pipeline.errors import SourceError
from finops_pipeline.pull.access import QuickBooksAccess
from finops_pipeline.pull.kept import Memory, RefreshToken
from finops_pipeline.pull.options import QuickBooksPull
from finops_pipeline.pull.system import Asking, Row, System, chosen, demand
from finops_pipeline.pull.web import Client

_LOG_REACHES = timedelta(days=29)
_LOG_HOLDS = 1000
_ROWS_OF_A_FILE = 10_000
"""A file of objects is read as a whole when it is taken in."""


@dataclass(frozen=True, slots=True)
class Entity:
    """How an entity is asked for. `kind`: documents have deletions, lists changes alone; the others come whole.

    `has_active`: what was made inactive is only given to who asks for it.
    """

    name: str
    kind: str = "document"
    has_active: bool = False


_ENTITIES = (
    Entity("CompanyInfo", "single"),
    Entity("Preferences", "single"),
    Entity("Account", "whole", has_active=True),
    Entity("Class", "list", has_active=True),
    Entity("Department", "list", has_active=True),
    Entity("Item", "list", has_active=True),
    Entity("TaxAgency", "whole"),
    Entity("TaxRate", "whole", has_active=True),
    *(
        Entity(name)
        for name in (
            "Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt", "Payment", "Bill", "VendorCredit", "BillPayment",
            "Purchase", "CreditCardPayment", "Deposit", "Transfer", "JournalEntry", "Budget",
        )
    ),
)  # fmt: skip
ENTITIES = {entity.name.lower(): entity for entity in _ENTITIES}
"""What can be pulled, by the folder it lands in."""


class QuickBooks(System):
    """One company in QuickBooks Online."""

    name = "quickbooks"
    suffix = "json"

    def __init__(self, options: QuickBooksPull, folder: Path, asking: Asking) -> None:
        demand(options.missing(), self.name)
        given = options.refresh_token.get_secret_value() if options.refresh_token else ""
        kept = RefreshToken(folder / f"quickbooks-{options.realm}.token.json", given)
        access = QuickBooksAccess(options, kept, Client("QuickBooks", asking.patience))
        super().__init__(
            Memory(folder / f"quickbooks-{options.realm}.json"),
            Client("QuickBooks", asking.patience, access),
            chosen(options.entities, tuple(ENTITIES), "pull.quickbooks.entities"),
            asking,
        )
        self._options = options
        self._company = f"{options.url}/v3/company/{options.realm}"
        self._time: datetime | None = None

    def pages(self, table: str) -> Iterator[Sequence[Row]]:
        """What is new of an entity, deletions among it; what is learned of it is noted at the end."""
        entity = ENTITIES[table]
        before, since = self.memory.of(table), self._since(table)
        began: datetime | None = None
        seen: set[str] = set()
        for rows in self._rows(entity, "*", since):
            began = began or self._time
            seen |= {_id(row) for row in rows}
            yield rows
        if entity.kind == "document":
            gone = self._gone(entity, before.ids, since, seen)
            seen = (seen | (frozenset() if since is None else before.ids)) - {_id(row) for row in gone}
            yield gone
        known = frozenset(seen) if entity.kind == "document" else frozenset()
        self.memory.learn(table, since=_text(began) if began else before.since, ids=known)

    def texts(self, table: str, rows: Iterator[Row], stamp: str) -> Iterator[Iterator[str]]:
        """Answers to a query, as the interface writes them."""
        head = '{"time": %s, "QueryResponse": {%s: [\n' % (json.dumps(stamp), json.dumps(ENTITIES[table].name))  # noqa: UP031
        for first in rows:
            some = chain([first], islice(rows, _ROWS_OF_A_FILE - 1))
            yield chain([head], _between(",\n", (json.dumps(row) for row in some)), ["\n]}}\n"])

    def _since(self, table: str) -> datetime | None:
        """The moment from which on changes are asked for; None for everything.

        A day that lies behind the last pull does not leave out what changed in between.
        """
        if self.asking.whole or ENTITIES[table].kind in ("single", "whole"):
            return None
        day = self.asking.since
        asked = datetime.combine(day, time(), tzinfo=UTC) if day else None
        ended = self.memory.of(table).since
        last = _moment(ended) - timedelta(minutes=self._options.overlap_minutes) if ended else None
        return min(asked, last) if asked and last else asked or last

    # -- pages --------------------------------------------------------------------------------------------------------

    def _rows(self, entity: Entity, fields: str, since: datetime | None) -> Iterator[list[Row]]:
        """The pages of a query, each row once."""
        where = ["Active IN (true, false)"] if entity.has_active else []
        where += [f"MetaData.LastUpdatedTime >= '{_text(since)}'"] if since else []
        query = f"select {fields} from {entity.name}" + (f" where {' and '.join(where)}" if where else "")  # noqa: S608
        if entity.kind == "single":
            yield self._query(query)
            return
        size, position, is_last = self._options.page_size, 1, False
        seen: set[str] = set()
        while not is_last:
            rows = self._query(f"{query} orderby Id startposition {position} maxresults {size}")
            ids = {_id(row) for row in rows}
            if position > 1 and not ids & seen:
                position = max(1, position - size + 1)  # the list has moved: what lies between was not seen
                continue
            yield [row for row in rows if _id(row) not in seen]
            seen |= ids
            is_last = len(rows) < size
            position += size - 1

    def _query(self, query: str) -> list[Row]:
        body = self._asked("query", {"query": query})
        return _objects(body.get("QueryResponse"))

    def _asked(self, what: str, parameters: dict[str, str]) -> dict[str, Any]:
        body = self._ask(
            "GET", f"{self._company}/{what}", _fault, headers={"Accept": "application/json"},
            params={**parameters, "minorversion": str(self._options.minor_version)},
        )  # fmt: skip
        if "time" not in body:
            raise SourceError(f"QuickBooks' answer to {what} has no time, so nobody knows what it is up to date with")
        self._time = _moment(body["time"])
        return body

    # -- deletions ----------------------------------------------------------------------------------------------------

    def _gone(self, entity: Entity, known: frozenset[str], since: datetime | None, seen: set[str]) -> list[Row]:
        """Documents that are no longer there, as the interface writes them."""
        if since is not None and self._time is not None and self._time - since < _LOG_REACHES:
            asked = {"entities": entity.name, "changedSince": _text(since)}
            answers = self._asked("cdc", asked).get("CDCResponse") or []
            parts = [part for answer in answers for part in answer.get("QueryResponse") or []]
            changed = [row for part in parts for row in _objects(part)]
            if len(changed) < _LOG_HOLDS:
                return [row for row in changed if str(row.get("status", "")).lower() == "deleted"]
        if since is None:
            missing = known - seen
        else:
            missing = known - {_id(row) for rows in self._rows(entity, "Id", None) for row in rows}
        stamp = {"LastUpdatedTime": _text(self._time)} if self._time else {}
        return [{"domain": "QBO", "status": "Deleted", "Id": i, "MetaData": stamp} for i in sorted(missing)]


def _objects(response: Any) -> list[Row]:
    """The objects in a response, whatever name they stand under."""
    said = _fault(response)
    if said:
        raise SourceError(f"QuickBooks refuses the question: {said}")
    lists = [v for v in response.values() if isinstance(v, list)] if isinstance(response, dict) else []
    return [row for rows in lists for row in rows]


def _fault(body: Any) -> str:
    """What a body says is wrong; nothing where it says nothing of the kind."""
    fault = (body.get("Fault") or body.get("fault")) if isinstance(body, dict) else None
    if not isinstance(fault, dict):
        return ""
    errors = fault.get("Error") or fault.get("error")
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
    told = {str(k).lower(): v for k, v in first.items()}
    detail = f" ({told['detail']})" if told.get("detail") else ""
    return f"error {told.get('code', 'without a code')}: {told.get('message', 'no message')}{detail}"


def _id(row: Row) -> str:
    if not row.get("Id"):
        raise SourceError(f"QuickBooks gave an object without Id, with {', '.join(sorted(row)) or 'nothing'}")
    return str(row["Id"])


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SourceError(f"QuickBooks says a time that is none: {text[:40]!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _between(separator: str, texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        yield separator + text if number else text
