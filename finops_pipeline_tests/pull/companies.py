"""A system on this machine together with the home it is pulled into: how tests pull, and what they look at."""

import csv
import itertools
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from finops_pipeline.pull import pulling
from finops_pipeline.pull.netsuite import NetSuite
from finops_pipeline.pull.options import NetSuitePull, PullOptions, QuickBooksPull
from finops_pipeline.pull.quickbooks import QuickBooks
from finops_pipeline.pull.system import Asking, System
from finops_pipeline.pull.web import Patience
from finops_pipeline_tests.pull import netsuite, quickbooks
from finops_pipeline_tests.pull.netsuite import NetSuiteServer
from finops_pipeline_tests.pull.quickbooks import QuickBooksServer


class _Company:
    """What both have in common. `waits`: the seconds a pull would have waited."""

    source: str
    options: PullOptions

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "pull"
        self.landing = home / "landing"
        self.waits: list[float] = []
        self._clock = (datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=n) for n in itertools.count())

    def asking(self, since: date | None = None, *, whole: bool = False) -> Asking:
        return Asking(Patience(4, 30, self.waits.append), lambda: next(self._clock), since, whole)

    def pull(self, since: date | None = None, *, whole: bool = False) -> dict[str, tuple[int, int]]:
        """Pull, and say for each table that gave something: (rows, files)."""
        places = pulling.Places(self.folder, self.landing)
        done = pulling.pull(self.options, places, self.asking(since, whole=whole), self.source)
        return {p.table: (p.rows, p.files) for p in done if p.rows}

    def files(self, table: str) -> list[Path]:
        """Everything that lies in a landing folder, hidden files too."""
        return sorted((self.landing / self.source / table).glob("*"))


def _asked(system: System, table: str) -> list[dict[str, Any]]:
    try:
        return [dict(row) for page in system.pages(table) for row in page]
    finally:
        system.close()


class QuickBooksCompany(_Company):
    """A company in QuickBooks Online."""

    source = "quickbooks"

    def __init__(self, server: QuickBooksServer, url: str, home: Path) -> None:
        super().__init__(home)
        self.server = server
        self.quickbooks: dict[str, Any] = {
            "realm": quickbooks.REALM, "client_id": quickbooks.CLIENT, "client_secret": quickbooks.SECRET,
            "refresh_token": quickbooks.FIRST_TOKEN, "url": url, "token_url": f"{url}/oauth2/v1/tokens/bearer",
        }  # fmt: skip

    @property
    def options(self) -> PullOptions:
        return PullOptions(quickbooks=QuickBooksPull(**self.quickbooks))

    def system(self, since: date | None = None, *, whole: bool = False) -> QuickBooks:
        return QuickBooks(self.options.quickbooks, self.folder, self.asking(since, whole=whole))

    def asked(self, table: str, system: QuickBooks | None = None) -> list[dict[str, Any]]:
        """The rows of one entity, asked for without dlt; nothing is kept."""
        return _asked(system or self.system(), table)

    def landed(self, table: str) -> list[dict[str, Any]]:
        """The objects in all files of an entity, in order of arrival."""
        answers = [json.loads(path.read_text())["QueryResponse"] for path in self.files(table)]
        return [one for answer in answers for objects in answer.values() for one in objects]


class NetSuiteCompany(_Company):
    """An account of NetSuite."""

    source = "netsuite"

    def __init__(self, server: NetSuiteServer, url: str, home: Path) -> None:
        super().__init__(home)
        self.server = server
        self.netsuite: dict[str, Any] = {
            "account": netsuite.ACCOUNT, "client_id": netsuite.CLIENT, "certificate_id": netsuite.CERTIFICATE,
            "private_key": netsuite.PEM, "url": url,
        }  # fmt: skip

    @property
    def options(self) -> PullOptions:
        return PullOptions(netsuite=NetSuitePull(**self.netsuite))

    def system(self, since: date | None = None, *, whole: bool = False) -> NetSuite:
        return NetSuite(self.options.netsuite, self.folder, self.asking(since, whole=whole))

    def asked(self, table: str, system: NetSuite | None = None) -> list[dict[str, Any]]:
        """The rows of one table, asked for without dlt; nothing is kept."""
        return _asked(system or self.system(), table)

    def landed(self, table: str) -> list[dict[str, str]]:
        """The rows in all files of a table, in order of arrival."""
        return [row for path in self.files(table) for row in csv.DictReader(path.read_text().splitlines()[1:])]
