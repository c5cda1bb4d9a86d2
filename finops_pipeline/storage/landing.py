"""The landing folder: which files are there, and which of them are complete.

Layout: `<landing>/<source>/<dataset>/<file>`; the cloud bill may also lie directly in `<landing>/focus/`.
Not here: what is inside a file (`staging`) and what its columns mean (`sources`).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_UNFINISHED = (".part", ".tmp")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class LandingFile:
    """One complete file. `received_at` is its modification time in whole seconds: files are ordered by it, then name."""

    path: Path
    source: str
    dataset: str
    size: int
    received_at: datetime

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.name

    @property
    def order(self) -> tuple[datetime, str]:
        """What "later" means between two files of a dataset."""
        return self.received_at, self.name

    def digest(self) -> str:
        """SHA-256 of the content: the file's identity."""
        total = hashlib.sha256()
        with self.path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                total.update(block)
        return total.hexdigest()


def inventory(landing: Path, *, settle_seconds: float = 0, now: datetime | None = None) -> list[LandingFile]:
    """Every complete file under the landing folder, earliest first.

    A file that is still being written is not listed: `.part`, `.tmp`, a leading dot, or, with `settle_seconds`,
    one that changed so recently.
    """
    found = []
    for path in sorted(landing.glob("*/**/*")):
        parts = path.relative_to(landing).parts
        if not path.is_file() or any(p.startswith(".") for p in parts) or path.name.endswith(_UNFINISHED):
            continue
        status = path.stat()
        received = datetime.fromtimestamp(int(status.st_mtime), tz=UTC)
        if settle_seconds and now is not None and now - received < timedelta(seconds=settle_seconds):
            continue
        dataset = "/".join(parts[1:-1])
        found.append(LandingFile(path, parts[0], dataset, status.st_size, received))
    return sorted(found, key=lambda f: (*f.order, str(f.path)))


class DigestCache:
    """Digests by path, size and modification time, so that a file is read for its digest once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[object]] = {}
        self._seen: dict[str, list[object]] = {}
        if path.exists():
            self._known = json.loads(path.read_text(encoding="utf-8"))

    def of(self, file: LandingFile) -> str:
        """The digest of a file, computed only when it is not known."""
        status = file.path.stat()
        key, mark = str(file.path.absolute()), [status.st_size, status.st_mtime_ns]
        known = self._known.get(key)
        digest = str(known[2]) if known and known[:2] == mark else file.digest()
        self._seen[key] = [*mark, digest]
        return digest

    def save(self) -> None:
        """Keep the digests of the files that are still there."""
        if self._seen != self._known:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_suffix(".tmp")
            temporary.write_text(json.dumps(self._seen), encoding="utf-8")
            temporary.replace(self._path)
