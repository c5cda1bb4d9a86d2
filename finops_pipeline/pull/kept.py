"""What a pull keeps between nights: how far it has come, and the refresh token that follows the last one.

Files are private (0600) and replaced whole: written beside, then renamed. Progress of a table is kept after its files
have landed, so that a pull that was cut is pulled again.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from finops_pipeline.errors import TransientError


def replace_privately(path: Path, text: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder of the pull: two pulls at once would use up each other's refresh tokens. Raises: TransientError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TransientError(f"another pull is at work in {folder}: wait until it has ended") from None
        yield


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the pull of one table has come.

    `since`: a moment by the system's own clock; everything that changed before it has been pulled. `digest`: what its
    last file said. `ids`: the documents that are known to be there, so that one that goes is missed.
    """

    since: str | None = None
    digest: str | None = None
    ids: frozenset[str] = frozenset()


@dataclass
class Memory:
    """The progress of one company's tables, in one file."""

    path: Path
    _known: dict[str, Progress] = field(default_factory=dict)
    _learned: dict[str, Progress] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what is kept."""
        if self.path.exists():
            stored = json.loads(self.path.read_text(encoding="utf-8"))
            self._known = {t: Progress(p["since"], p["digest"], frozenset(p["ids"])) for t, p in stored.items()}

    def of(self, table: str) -> Progress:
        """How far a table had come when this pull began."""
        return self._known.get(table, Progress())

    def learn(self, table: str, **news: Any) -> None:
        """Note what is to be kept of a table when the pull has ended well."""
        self._learned[table] = replace(self._learned.get(table, self.of(table)), **news)

    def keep(self) -> None:
        """Write down what was learned: the last step of a pull."""
        self._known |= self._learned
        stored = {t: {"since": p.since, "digest": p.digest, "ids": sorted(p.ids)} for t, p in self._known.items()}
        replace_privately(self.path, json.dumps(stored))


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """The refresh token in force: the one kept here, unless the settings have got another one since.

    `given` is the token of the settings. Beside the kept one stands a fingerprint of the given one it came from.
    """

    path: Path
    given: str = field(repr=False)

    def current(self) -> str:
        """The token to use now."""
        if not self.path.exists():
            return self.given
        stored: Mapping[str, str] = json.loads(self.path.read_text(encoding="utf-8"))
        return stored["token"] if stored["given"] == self._fingerprint() else self.given

    def follow(self, token: str) -> None:
        """Keep the token that follows. It is written before anything is done with the access that came with it."""
        replace_privately(self.path, json.dumps({"given": self._fingerprint(), "token": token}))

    def _fingerprint(self) -> str:
        return sha256(self.given.encode()).hexdigest()
