"""NetSuite as its help documents it: client credentials by signed assertion, and SuiteQL over REST.

SuiteQL takes Oracle's SQL. The server reads each question as that, by a parser of others, and answers it from real tables.
Everything is answered as text, in lower case, without what is null, and dates as a user in Britain likes them.
"""

from datetime import datetime
from typing import Any

import duckdb
import jwt
import sqlglot
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlglot import exp

from finops_pipeline_tests.pull.web import Application, Reply, Request, read

ACCOUNT = "1234567_SB1"
CLIENT = "integration-9"
CERTIFICATE = "certificate-3"
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
TOKEN = "/services/rest/auth/oauth2/v1/token"
SUITEQL = "/services/rest/query/v1/suiteql"
FORMATS = {"YYYY-MM-DD": "%Y-%m-%d", "YYYY-MM-DD HH24:MI:SS": "%Y-%m-%d %H:%M:%S"}

TABLES = """
currency: id INT, symbol, name
fiscalcalendar: id INT, name, fiscalmonth, isdefault
subsidiary: id INT, name, fullname, parent INT, currency INT, fiscalcalendar INT, iselimination, country, isinactive
accountingperiod: id INT, periodname, startdate DATE, enddate DATE, isquarter, isyear, isadjust, isposting, closed, parent
account: id INT, acctnumber, accttype, fullname, accountsearchdisplaynamecopy, parent INT, generalrate, issummary, isinactive
department: id INT, name, fullname, parent INT, isinactive
classification: id INT, name, fullname, parent INT, isinactive
location: id INT, name, fullname, parent INT, isinactive
consolidatedexchangerate: id INT, postingperiod INT, fromsubsidiary INT, tosubsidiary INT, accountingbook INT, \
fromcurrency INT, tocurrency INT, currentrate DECIMAL(18, 9), averagerate DECIMAL(18, 9)
budgets: id INT, year INT, category, account INT, department INT, class INT, location INT, subsidiary INT, accountingbook INT
budgetsmachine: budget INT, period INT, amount DECIMAL(18, 2)
transaction: id INT, type, tranid, trandate DATE, postingperiod INT, posting, currency INT, entity INT, memo, voided, \
lastmodifieddate TIMESTAMP
transactionline: transaction INT, id INT, subsidiary INT, department INT, class INT, location INT, entity INT, \
foreignamount DECIMAL(18, 2), memo, linelastmodifieddate TIMESTAMP
transactionaccountingline: transaction INT, transactionline INT, accountingbook INT, account INT, \
amount DECIMAL(38, 2), debit DECIMAL(38, 2), credit DECIMAL(38, 2), posting
deletedrecord: recordid INT, recordtypeid INT, type, deleteddate TIMESTAMP, name
"""


class NetSuiteServer(Application):
    """One account."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.tokens = 0
        self.token = ""
        self.database = duckdb.connect()
        for line in TABLES.strip().splitlines():
            name, _, columns = line.partition(": ")
            typed = ", ".join(c if " " in c else f"{c} VARCHAR" for c in _split(columns))
            self.database.execute(f"CREATE TABLE {name} ({typed})")

    def insert(self, table: str, *rows: tuple[Any, ...]) -> None:
        """Rows with the first columns of a table; the others are null."""
        described = self.database.execute(f"DESCRIBE {table}").fetchall()
        names = ", ".join(name for name, *_ in described[: len(rows[0])])
        marks = ", ".join("?" for _ in rows[0])
        self.database.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    def change(self, statement: str) -> None:
        self.database.execute(statement)

    @property
    def questions(self) -> list[str]:
        return [read(request.body)["q"] for request in self.asked if request.path == SUITEQL]

    def answer(self, request: Request) -> Reply:
        if request.path == TOKEN:
            return self._grant(request.form)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return failed(401, "INVALID_LOGIN", "Invalid login attempt.")
        assert (request.method, request.path) == ("POST", SUITEQL)
        assert request.headers["Prefer"] == "transient"
        return self._answered(read(request.body)["q"], int(request.query["limit"]), int(request.query["offset"]))

    def _grant(self, form: dict[str, str]) -> Reply:
        assert form["grant_type"] == "client_credentials"
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        try:
            header = jwt.get_unverified_header(form["client_assertion"])
            claims = jwt.decode(
                form["client_assertion"], KEY.public_key(), algorithms=["PS256"], audience=self.url + TOKEN,
                options={"verify_iat": False, "verify_exp": False},
            )  # fmt: skip
        except jwt.InvalidTokenError:
            return Reply.json({"error": "invalid_grant"}, 400)
        assert (header["typ"], header["kid"]) == ("JWT", CERTIFICATE)
        assert (claims["iss"], claims["scope"]) == (CLIENT, "rest_webservices")
        assert 0 < claims["exp"] - claims["iat"] < 3600
        self.tokens += 1
        self.token = f"access-{self.tokens}-do-not-tell"
        return Reply.json({"access_token": self.token, "expires_in": "3600", "token_type": "bearer"})

    def _answered(self, question: str, limit: int, offset: int) -> Reply:
        assert limit <= 1000
        if offset % limit or offset >= 100_000:
            return failed(400, "INVALID_PARAMETER", f"Invalid offset {offset}")
        understood = sqlglot.parse_one(question, read="oracle").transform(_date).sql("duckdb")
        try:
            found = self.database.cursor().execute(understood)
        except duckdb.Error as error:
            return failed(400, "INVALID_PARAMETER", f"Invalid search query. Detailed unprocessed description: {error}")
        names = [name.lower() for name, *_ in found.description]
        rows = found.fetchall()
        page = [
            {"links": [], **{n: _text(v) for n, v in zip(names, row, strict=True) if v is not None}}
            for row in rows[offset : offset + limit]
        ]
        more = len(rows) > offset + limit
        told = {
            "links": [],
            "count": len(page),
            "hasMore": more,
            "items": page,
            "offset": offset,
            "totalResults": len(rows),
        }
        return Reply.json(told)


def failed(status: int, code: str, detail: str) -> Reply:
    return Reply.json(
        {"title": "refused", "status": status, "o:errorDetails": [{"detail": detail, "o:errorCode": code}]}, status
    )


def _date(part: exp.Expression) -> exp.Expression:
    """Dates of Oracle have a time, which the engine's have not; and it knows no formats of Oracle."""
    if isinstance(part, exp.ToChar):
        return exp.func("strftime", part.this, exp.Literal.string(FORMATS[part.args["format"].name]))
    if isinstance(part, exp.StrToDate):
        return exp.cast(part.this, "timestamp")
    return part


def _text(value: Any) -> str:
    return value.strftime("%d/%m/%Y") if isinstance(value, datetime) or hasattr(value, "strftime") else str(value)


def _split(columns: str) -> list[str]:
    """Names with their types: a comma within a type separates nothing."""
    found: list[str] = []
    for part in columns.split(", "):
        if found and found[-1].count("(") > found[-1].count(")"):
            found[-1] += f", {part}"
        else:
            found.append(part)
    return found
