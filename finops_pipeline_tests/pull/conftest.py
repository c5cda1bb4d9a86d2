"""Systems to pull from, on this machine; and a guard: a connection to anywhere else fails the test."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from finops_pipeline_tests.pull.companies import NetSuiteCompany, QuickBooksCompany
from finops_pipeline_tests.pull.netsuite import NetSuiteServer
from finops_pipeline_tests.pull.quickbooks import QuickBooksServer
from finops_pipeline_tests.pull.web import Web

_HERE = {"127.0.0.1", "localhost", "::1"}


@pytest.fixture(autouse=True)
def nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """No name is looked up and no connection made but to this machine, in whatever thread."""
    abroad: list[Any] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in _HERE:
            abroad.append(address)
            raise OSError(f"a connection to {address} is not allowed")
        connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in _HERE:
            abroad.append(host)
            raise OSError(f"{host} is not looked up")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield abroad
    assert abroad == []


@pytest.fixture(scope="session")
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.close()


@pytest.fixture
def company(web: Web, tmp_path: Path) -> Iterator[QuickBooksCompany]:
    """A company in QuickBooks Online, and a home to pull it into."""
    server = QuickBooksServer()
    web.application = server
    yield QuickBooksCompany(server, web.url, tmp_path)
    assert server.errors == []


@pytest.fixture
def account(web: Web, tmp_path: Path) -> Iterator[NetSuiteCompany]:
    """An account of NetSuite, and a home to pull it into."""
    server = NetSuiteServer(web.url)
    web.application = server
    yield NetSuiteCompany(server, web.url, tmp_path)
    assert server.errors == []
    server.database.close()
