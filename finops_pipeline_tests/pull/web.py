"""A web server in a thread, for applications that speak what QuickBooks Online and NetSuite document, faults included."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import simplejson


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body))


@dataclass(frozen=True)
class Reply:
    """What is answered. `cut`: so many bytes of the body are sent, then the connection ends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None

    @classmethod
    def json(cls, told: Any, status: int = 200, **headers: str) -> "Reply":
        """Decimals are written as they are: as numbers with all their digits."""
        text = simplejson.dumps(told, use_decimal=True).encode()
        return cls(status, text, {"Content-Type": "application/json", **headers})

    @classmethod
    def page(cls, status: int) -> "Reply":
        """What a proxy says."""
        return cls(status, b"<html><h1>Something is wrong</h1></html>", {"Content-Type": "text/html"})


class Application:
    """What a system answers.

    `faults`: for the next requests whose path ends so, these instead; None is no fault. `meanwhile`: what happens in the
    system before it answers the request of this number.
    """

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.faults: dict[str, list[Reply | None]] = {}
        self.meanwhile: dict[int, Callable[[], object]] = {}
        self.errors: list[Exception] = []

    def reply(self, request: Request) -> Reply:
        self.asked.append(request)
        self.meanwhile.pop(len(self.asked), lambda: None)()
        for ending, faults in self.faults.items():
            if request.path.endswith(ending) and faults and (fault := faults.pop(0)):
                return fault
        try:
            return self.answer(request)
        except Exception as error:  # noqa: BLE001 - a broken server must break the test, not the client's patience
            self.errors.append(error)
            return Reply(418)

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError


class Web:
    """The server. Its application is exchanged from test to test."""

    def __init__(self) -> None:
        self.application: Application | None = None
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                self.serve()

            def do_POST(self) -> None:
                self.serve()

            def serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), self.headers, body)
                reply = web.application.reply(request)
                self.send_response_only(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
                self.close_connection = reply.cut is not None

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def read(text: str) -> Any:
    return json.loads(text)
