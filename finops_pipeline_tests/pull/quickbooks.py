"""QuickBooks Online as Intuit documents it: the token endpoint, the query language in pages, the change log.

Objects are given as the interface writes them. Every change sets MetaData.LastUpdatedTime by the server's own clock.
"""

import base64
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from finops_pipeline_tests.pull.web import Application, Reply, Request

CLIENT = "app-17"
SECRET = "do-not-tell-8fk3"
FIRST_TOKEN = "refresh-0-do-not-tell"
REALM = "4620816365"
EXACT = Decimal("90071992547409.93")
"""An amount that no float has."""
_QUERY = re.compile(
    r"select (?P<fields>\*|Id) from (?P<entity>\w+)(?: where (?P<where>.+?))?(?: orderby (?P<order>\w+))?"
    r"(?: startposition (?P<start>\d+))?(?: maxresults (?P<most>\d+))?$"
)
_NAMES = {"CreditCardPayment": "CreditCardPaymentTxn"}
"""Entities whose objects stand under another name than they are asked for by."""
_CHANGED = re.compile(r"MetaData\.LastUpdatedTime >= '([^']+)'")
Object = dict[str, Any]


class QuickBooksServer(Application):
    """One company."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = datetime(2026, 6, 1, 12, tzinfo=UTC)
        self.objects: dict[str, dict[str, Object]] = {}
        self.deleted: dict[str, dict[str, Object]] = {}
        self.refresh_token = FIRST_TOKEN
        self.access_token = ""
        self.renewals = 0
        self.log_holds = 1000

    # -- what people do in the books --------------------------------------------------------------------------------------

    def save(self, entity: str, *objects: Object) -> None:
        """Create objects or change them."""
        self.clock += timedelta(minutes=1)
        for one in objects:
            earlier = self.objects.get(entity, {}).get(one["Id"], {})
            token = str(int(earlier.get("SyncToken", -1)) + 1)
            stamp = {"LastUpdatedTime": self.clock.isoformat()}
            self.objects.setdefault(entity, {})[one["Id"]] = one | {"SyncToken": token, "MetaData": stamp}

    def delete(self, entity: str, number: str) -> None:
        self.clock += timedelta(minutes=1)
        del self.objects[entity][number]
        gone = {
            "domain": "QBO",
            "status": "Deleted",
            "Id": number,
            "MetaData": {"LastUpdatedTime": self.clock.isoformat()},
        }
        self.deleted.setdefault(entity, {})[number] = gone

    def after(self, **time: float) -> None:
        self.clock += timedelta(**time)

    # -- what it answers --------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        if request.path == "/oauth2/v1/tokens/bearer":
            return self._grant(request)
        if request.headers.get("Authorization") != f"Bearer {self.access_token}":
            return fault(
                401, "AUTHENTICATION", "3200", "message=AuthenticationFailed; errorCode=003200", "Token expired"
            )
        assert request.query["minorversion"] == "75"
        assert request.headers["Accept"] == "application/json"
        place = f"/v3/company/{REALM}/"
        assert request.path.startswith(place), request.path
        what = request.path.removeprefix(place)
        return self._query(request.query["query"]) if what == "query" else self._changes(request.query)

    def _grant(self, request: Request) -> Reply:
        name, _, secret = (
            base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        if (name, secret) != (CLIENT, SECRET):
            return Reply.json({"error": "invalid_client"}, 401)
        assert request.form["grant_type"] == "refresh_token"
        if request.form["refresh_token"] != self.refresh_token:
            return Reply.json({"error": "invalid_grant", "error_description": "Token invalid"}, 400)
        self.renewals += 1
        self.refresh_token = f"refresh-{self.renewals}-do-not-tell"
        self.access_token = f"access-{self.renewals}-do-not-tell"
        told = {"token_type": "bearer", "access_token": self.access_token, "refresh_token": self.refresh_token}
        return Reply.json({**told, "expires_in": 3600, "x_refresh_token_expires_in": 8726400})

    def _query(self, text: str) -> Reply:
        asked = _QUERY.match(text)
        if not asked:
            return fault(400, "ValidationFault", "4000", "Error parsing query", f"QueryParserError: {text}")
        conditions = asked["where"].split(" and ") if asked["where"] else []
        rows = list(self.objects.get(asked["entity"], {}).values())
        if "Active IN (true, false)" not in conditions:
            rows = [row for row in rows if row.get("Active", True)]
        for condition in conditions:
            if changed := _CHANGED.fullmatch(condition):
                rows = [row for row in rows if moment(row) >= datetime.fromisoformat(changed[1])]
        if asked["order"]:
            rows.sort(key=lambda row: row[asked["order"]])
        start, most = int(asked["start"] or 1), int(asked["most"] or 100)
        page = rows[start - 1 : start - 1 + most]
        if asked["fields"] == "Id":
            page = [{"Id": row["Id"], "domain": "QBO", "sparse": True} for row in page]
        name = _NAMES.get(asked["entity"], asked["entity"])
        found = {name: page, "startPosition": start, "maxResults": len(page)} if page else {}
        return Reply.json({"QueryResponse": found, "time": self.clock.isoformat()})

    def _changes(self, query: dict[str, str]) -> Reply:
        since = datetime.fromisoformat(query["changedSince"])
        if self.clock - since > timedelta(days=30):
            return fault(400, "ValidationFault", "4001", "Invalid changedSince", "at most 30 days ago")
        entity = query["entities"]
        rows = [*self.objects.get(entity, {}).values(), *self.deleted.get(entity, {}).values()]
        changed = [row for row in rows if moment(row) >= since][: self.log_holds]
        part = {entity: changed, "startPosition": 1, "maxResults": len(changed)} if changed else {}
        return Reply.json({"CDCResponse": [{"QueryResponse": [part]}], "time": self.clock.isoformat()})


def moment(row: Object) -> datetime:
    return datetime.fromisoformat(row["MetaData"]["LastUpdatedTime"])


def fault(status: int, kind: str, code: str, message: str, detail: str) -> Reply:
    told = {"Error": [{"Message": message, "Detail": detail, "code": code}], "type": kind}
    return Reply.json({"Fault": told, "time": "2026-06-01T12:00:00.000-07:00"}, status)
