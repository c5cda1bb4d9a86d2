"""What many tests stand on: a real PostgreSQL server of the suite's own, and one empty warehouse per engine.

The server is started on first use, by the suite, in a temporary folder, and ends with it, even if the suite is killed.
A missing server is an error, not a skip.

Properties are tried on the same examples every time, so that a change is judged by what it changed; `make explore`
(`HYPOTHESIS_PROFILE=explore`) looks for new ones. No example is timed: a busy machine is no defect.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psycopg
import pytest

from finops_pipeline.storage.warehouse import Warehouse

_INSTALL = Path(__file__).parents[1] / "scripts" / "install-system-packages.sh"
_START_SECONDS = 60

hypothesis.settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", print_blob=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that close whole nights come first, so that no process waits for the other's at the end."""
    items.sort(key=lambda item: "integration" not in item.path.parts)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; everybody on this machine may connect as postgres."""

    port: int
    sockets: Path

    def url(self, options: str = "") -> str:
        """The SQLAlchemy URL of its database, over TCP."""
        query = f"?options={options}" if options else ""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres{query}"

    def execute(self, statement: str) -> None:
        """Run one statement by itself."""
        with psycopg.connect(host=str(self.sockets), port=self.port, user="postgres", autocommit=True) as connection:
            connection.execute(statement)


def _programs() -> Path | None:
    """The newest folder that holds a server."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    found = known[-1] if known else Path(on_path).resolve() if on_path else None
    return found.parent if found else None


def _demand_programs() -> Path:
    found = _programs()
    if found is None:
        done = subprocess.run([str(_INSTALL)], capture_output=True, text=True, check=False)
        found = _programs()
        if found is None:
            pytest.fail(
                "the tests need a PostgreSQL server and could not install one: run scripts/install-system-packages.sh\n"
                f"{done.stderr}",
                pytrace=False,
            )
    return found


def _unprivileged(folder: Path) -> list[str]:
    """The words before a command that run it as a user the server accepts: it refuses to run as root."""
    dies_with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    if os.geteuid() != 0:
        return dies_with_us
    shutil.chown(folder, "postgres", "postgres")
    return [*(dies_with_us or ["setpriv"]), "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    programs = _demand_programs()
    folder = Path(tempfile.mkdtemp(prefix="finops-pg-"))
    try:
        as_user = _unprivileged(folder)
        data = folder / "data"
        start = [*as_user, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
        subprocess.run(
            [*start, "--no-sync", "--no-locale", "--encoding=UTF8"], check=True, capture_output=True, cwd=folder
        )
        server = PostgresServer(_free_port(), folder)
        settings = {
            "listen_addresses": "127.0.0.1", "port": server.port, "unix_socket_directories": folder,
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60",
        }  # fmt: skip
        flags = [f"--{name}={value}" for name, value in settings.items()]
        process = subprocess.Popen(
            [*as_user, str(programs / "postgres"), "-D", str(data), *flags], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd=folder,
        )  # fmt: skip
        said = _Words(process)
        try:
            if not said.are_ready():
                pytest.fail(f"the PostgreSQL server did not start:\n{''.join(said.lines)}", pytrace=False)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: sessions are ended, nothing is waited for
            process.wait(_START_SECONDS)
            said.reader.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Words:
    """What a server says while it runs, read to its end by a thread, so that the server never waits for a reader."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.lines: list[str] = []
        self._process = process
        self._decided = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        with self._process.stdout as words:
            for line in words:
                self.lines.append(line.decode(errors="replace"))
                if b"ready to accept connections" in line:
                    self._decided.set()
        self._decided.set()  # it ended

    def are_ready(self) -> bool:
        """Wait until the server is ready, or has ended."""
        return self._decided.wait(_START_SECONDS) and any("ready to accept" in line for line in self.lines)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty schema of its own on the suite's server."""
    schema = f"t_{uuid.uuid4().hex}"
    postgres_server.execute(f"CREATE SCHEMA {schema}")
    yield postgres_server.url(f"-csearch_path%3D{schema}")
    postgres_server.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(params=["sqlite", "postgres"])
def warehouse_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty warehouse, once per engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'warehouse.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def warehouse(warehouse_url: str) -> Iterator[Warehouse]:
    """An empty warehouse with all report tables, once per engine."""
    with Warehouse(warehouse_url) as opened:
        opened.create()
        yield opened
