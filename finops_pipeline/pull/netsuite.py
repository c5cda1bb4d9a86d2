"""NetSuite: SuiteQL over REST, page by page.

Pages. The offset of a question ends at 100,000 rows and shifts under changes; so each page asks for what comes after the
last key of the page before. Dates are asked for as text: SuiteQL writes them as the user's preferences say otherwise.

Changes. `lastmodifieddate` of a transaction tells what changed, or `linelastmodifieddate` of a line; accounting lines have
no such date that is always set. So lines come by transaction, all of them. The moments compared are NetSuite's own: before anything is
read, the latest change there is becomes the mark from which the next pull starts, less an overlap. Everything that is not
a transaction is small and is asked for whole.

Deletions are rows of `deletedrecord`, from the first pull on.
Source: NetSuite's help, "Executing SuiteQL Queries Through REST Web Services" and "Collection Paging".
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from finops_pipeline.errors import SourceError
from finops_pipeline.pull.access import NetSuiteAccess
from finops_pipeline.pull.kept import Memory
from finops_pipeline.pull.options import NetSuitePull
from finops_pipeline.pull.system import Asking, Row, System, chosen, demand
from finops_pipeline.pull.web import Client

_DAYS = ("trandate", "startdate", "enddate")
_MOMENTS = ("lastmodifieddate", "deleteddate")
_SECONDS = "YYYY-MM-DD HH24:MI:SS"
_EVER = "1970-01-01 00:00:00"
"""The mark of a table in which nothing had changed yet when it was pulled first."""


@dataclass(frozen=True, slots=True)
class Table:
    """How a table is asked for. `key`: numbers that identify a row, in the order of the pages.

    `changed`: where the moment of its last change is; the table is asked for whole where there is none.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ("id",)
    changed: str = ""
    joins: str = ""


def _table(name: str, columns: str, key: str = "id", changed: str = "", joins: str = "") -> Table:
    return Table(name, tuple(columns.split()), tuple(key.split()), changed, joins)


_OF_ITS_TRANSACTION = {"changed": "t.lastmodifieddate", "joins": "INNER JOIN transaction t ON t.id = x.transaction"}
_TABLES = (
    _table("currency", "id symbol name"),
    _table("fiscalcalendar", "id name fiscalmonth isdefault"),
    _table("subsidiary", "id name fullname parent currency fiscalcalendar iselimination country isinactive"),
    _table("accountingperiod", "id periodname startdate enddate isquarter isyear isadjust isposting closed parent"),
    _table("account", "id acctnumber accttype fullname accountsearchdisplaynamecopy parent generalrate issummary isinactive"),
    _table("department", "id name fullname parent isinactive"),
    _table("classification", "id name fullname parent isinactive"),
    _table("location", "id name fullname parent isinactive"),
    _table("consolidatedexchangerate",
           "id postingperiod fromsubsidiary tosubsidiary accountingbook fromcurrency tocurrency currentrate averagerate"),
    _table("budgets", "id year category account department class location subsidiary accountingbook"),
    _table("budgetsmachine", "budget period amount", key="budget period"),
    _table("transaction", "id type tranid trandate postingperiod posting currency entity memo voided lastmodifieddate",
           changed="x.lastmodifieddate"),
    _table("transactionline", "transaction id subsidiary department class location entity foreignamount memo",
           key="transaction id", **_OF_ITS_TRANSACTION),
    _table("transactionaccountingline",
           "transaction transactionline accountingbook account amount debit credit posting",
           key="transaction transactionline accountingbook", **_OF_ITS_TRANSACTION),
    _table("deletedrecord", "recordid recordtypeid type deleteddate name", key="", changed="x.deleteddate"),
)  # fmt: skip
TABLES = {table.name: table for table in _TABLES}
"""What can be pulled, by the folder it lands in."""


class NetSuite(System):
    """One account of NetSuite."""

    name = "netsuite"
    suffix = "csv"

    def __init__(self, options: NetSuitePull, folder: Path, asking: Asking) -> None:
        demand(options.missing(), self.name)
        access = NetSuiteAccess(options, Client("NetSuite", asking.patience), asking.now)
        super().__init__(
            Memory(folder / f"netsuite-{options.account}.json"),
            Client("NetSuite", asking.patience, access),
            chosen(options.tables, tuple(TABLES), "pull.netsuite.tables"),
            asking,
        )
        chosen(
            options.without,
            [f"{t.name}.{c}" for t in _TABLES for c in t.columns if c not in t.key],
            "pull.netsuite.without",
        )
        self._options = options
        self._url = f"{options.base}/services/rest/query/v1/suiteql"

    def pages(self, table: str) -> Iterator[Sequence[Row]]:
        """What is new of a table; what is learned of it is noted at the end."""
        asked = TABLES[table]
        if not asked.changed:
            yield from self._after_keys(asked, None)
            return
        mark = self._marks[table == "deletedrecord"]
        if asked.key:
            yield from self._after_keys(asked, self._since(asked))
        elif since := self._since(asked):
            yield from self._at_offsets(asked, since)
        self.memory.learn(table, since=mark or self.memory.of(table).since or _EVER)

    def texts(self, table: str, rows: Iterator[Row], stamp: str) -> Iterator[Iterator[str]]:
        """One file of comma-separated values below a line that says when it was asked for."""
        for first in rows:
            lines = (_line([row.get(c) for c in self._columns(TABLES[table])]) for row in chain([first], rows))
            yield chain([f"{table} of NetSuite as of {stamp}\n", _line(self._columns(TABLES[table]))], lines)

    def _columns(self, table: Table) -> tuple[str, ...]:
        return tuple(c for c in table.columns if f"{table.name}.{c}" not in self._options.without)

    # -- how far ------------------------------------------------------------------------------------------------------

    @cached_property
    def _marks(self) -> tuple[str | None, str | None]:
        """The latest change of a transaction and the latest deletion, from before anything is read."""
        return self._latest("lastmodifieddate", "transaction"), self._latest("deleteddate", "deletedrecord")

    def _latest(self, column: str, table: str) -> str | None:
        if table not in self.tables and not (table == "transaction" and set(self.tables) & _LINES):
            return None
        rows, _ = self._answer(f"SELECT TO_CHAR(MAX(x.{column}), '{_SECONDS}') AS latest FROM {table} x", 0)  # noqa: S608
        latest = rows[0].get("latest") if rows else None
        return None if latest is None else _text(_moment(str(latest)))

    def _since(self, table: Table) -> str | None:
        """The moment from which on changes are asked for; None for everything. Deletions are never asked for anew."""
        ended, day = self.memory.of(table.name).since, self.asking.since
        if self.asking.whole and table.key:
            return None
        last = _text(_back(_moment(ended), self._options.overlap_minutes)) if ended else None
        asked = f"{day.isoformat()} 00:00:00" if day else None
        return min(asked, last) if asked and last else asked or last

    # -- pages --------------------------------------------------------------------------------------------------------

    def _after_keys(self, table: Table, since: str | None) -> Iterator[list[Row]]:
        """Pages of which each begins after the last key of the one before."""
        last: list[str] = []
        while True:
            rows, has_more = self._answer(self.question(table, since, last), 0)
            yield rows
            if not has_more:
                return
            last = [_number(rows[-1].get(k), table, k) for k in table.key]

    def _at_offsets(self, table: Table, since: str) -> Iterator[list[Row]]:
        """Pages by position: for a table that only grows at its end, and has no key."""
        offset, has_more = 0, True
        while has_more:
            rows, has_more = self._answer(self.question(table, since, []), offset)
            yield rows
            offset += self._options.page_size

    def question(self, table: Table, since: str | None, last: Sequence[str]) -> str:
        """The SuiteQL for the rows of a table that changed since a moment, after the key of the last page.

        Keys and moments are digits: whatever else a system says never becomes part of a question.
        """
        where = [self._changed(table, f"TO_DATE('{since}', '{_SECONDS}')")] if since else []
        keys = [f"NVL(x.{k}, 0)" if k == "accountingbook" else f"x.{k}" for k in table.key]
        if last:
            ahead = [
                " AND ".join([*(f"{k} = {v}" for k, v in zip(keys[:i], last, strict=False)), f"{keys[i]} > {last[i]}"])
                for i in range(len(keys))
            ]
            where.append(f"({' OR '.join(f'({one})' for one in ahead)})")
        order = ", ".join(keys) or f"{table.changed}, x.recordid"
        parts = [f"SELECT {', '.join(map(_selected, self._columns(table)))} FROM {table.name} x", table.joins]  # noqa: S608
        parts += [f"WHERE {' AND '.join(where)}" if where else "", f"ORDER BY {order}"]
        return " ".join(part for part in parts if part)

    def _changed(self, table: Table, since: str) -> str:
        """Some things change a line and leave its transaction as it is: then all lines of the transaction come."""
        own = f"{table.changed} >= {since}"
        if not table.joins or not self._options.line_changes:
            return own
        lines = f"SELECT l.transaction FROM transactionline l WHERE l.linelastmodifieddate >= {since}"  # noqa: S608
        return f"({own} OR x.transaction IN ({lines}))"

    def _answer(self, question: str, offset: int) -> tuple[list[Row], bool]:
        body = self._ask(
            "POST", self._url, _fault, headers={"Prefer": "transient", "Accept": "application/json"},
            params={"limit": str(self._options.page_size), "offset": str(offset)}, json={"q": question},
        )  # fmt: skip
        items = body.get("items")
        if not isinstance(items, list):
            raise SourceError(f"NetSuite's answer has no items: it has {', '.join(sorted(body)) or 'nothing'}")
        if body.get("hasMore") is True and not items:
            raise SourceError("NetSuite says that there is more, and gives none of it")
        return [{str(k).lower(): v for k, v in item.items()} for item in items], body.get("hasMore") is True


_LINES = {name for name, table in TABLES.items() if table.joins}


def _selected(column: str) -> str:
    if column in _DAYS:
        return f"TO_CHAR(x.{column}, 'YYYY-MM-DD') AS {column}"
    return f"TO_CHAR(x.{column}, '{_SECONDS}') AS {column}" if column in _MOMENTS else f"x.{column}"


def _fault(body: Any) -> str:
    """What a body says is wrong; nothing where it says nothing of the kind."""
    details = body.get("o:errorDetails") if isinstance(body, dict) else None
    told = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    return "; ".join(f"{one.get('o:errorCode', 'no code')}: {one.get('detail', 'no detail')}" for one in told)


def _number(value: Any, table: Table, column: str) -> str:
    """A key, which must be a whole number. Raises: SourceError."""
    text = str(value if value is not None else "0" if column == "accountingbook" else "")
    if not re.fullmatch(r"-?[0-9]+", text):
        raise SourceError(f"NetSuite's {table.name} has a {column} that is no number: {text[:40]!r}")
    return text


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise SourceError(f"NetSuite says a moment that is none: {text[:40]!r}") from None


def _back(moment: datetime, minutes: int) -> datetime:
    return moment - timedelta(minutes=minutes)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _line(cells: Sequence[Any]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(["" if cell is None else str(cell) for cell in cells])
    return written.getvalue()
