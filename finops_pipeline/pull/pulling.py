"""One pull: every configured system is asked, what is new lands, and how far it came is kept.

The command line and Dagster's assets pull with the same parts; Dagster runs dlt itself, to show each table as an asset.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.pull import loading
from finops_pipeline.pull.kept import alone
from finops_pipeline.pull.netsuite import NetSuite
from finops_pipeline.pull.options import PullOptions
from finops_pipeline.pull.quickbooks import QuickBooks
from finops_pipeline.pull.system import Asking, System
from finops_pipeline.pull.web import Patience

if TYPE_CHECKING:
    from dlt.extract.source import DltSource
    from dlt.pipeline.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Places:
    """Where a pull keeps its own things (`<home>/pull`), and where files land."""

    folder: Path
    landing: Path


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of one table: the rows asked for, and how many files landed. None did where nothing had changed."""

    source: str
    table: str
    rows: int
    files: int


def now() -> datetime:
    """The moment."""
    return datetime.now(tz=UTC)


def asking(options: PullOptions, since: date | None = None, *, whole: bool = False) -> Asking:
    """How a pull asks, by the settings."""
    return Asking(Patience(options.attempts, options.longest_wait), now, since, whole)


def connect(name: str, options: PullOptions, folder: Path, asked: Asking) -> System:
    """A system to pull from; nothing is asked of it yet. Raises: ConfigurationError for settings that are missing."""
    if name == "quickbooks":
        return QuickBooks(options.quickbooks, folder, asked)
    return NetSuite(options.netsuite, folder, asked)


def pull(
    options: PullOptions,
    places: Places,
    asked: Asking,
    source: str | None = None,
    progress: loading.Progress | None = None,
) -> list[Pulled]:
    """Pull from one system, or from every one that is configured.

    Raises: ConfigurationError, SourceError, TransientError. What was pulled from a system before another one failed stays.
    """
    names = [source] if source else options.configured
    if not names:
        raise ConfigurationError(
            "no system to pull from is configured: docs/sources/live-pull.md says how to set pull.quickbooks or pull.netsuite"
        )
    done: list[Pulled] = []
    with alone(places.folder):
        loading.settle(places.folder)
        for name in names:
            with opened(name, options, places, asked, progress) as (tables, way, landed):
                way.run(tables)
                rows = loading.counted(way)
            done += [Pulled(name, t, rows.get(t, 0), landed(t)) for t in tables.resources]
    return done


@contextmanager
def opened(
    name: str, options: PullOptions, places: Places, asked: Asking, progress: loading.Progress | None = None
) -> Iterator[tuple["DltSource", "Pipeline", Callable[[str], int]]]:
    """A system's tables and their way into the landing folder, to be run within. When all went well, progress is kept.

    The third value counts the files of a table that this pull has landed.
    """
    stamp = f"{asked.now():%Y%m%dT%H%M%S%fZ}"
    system = connect(name, options, places.folder, asked)
    try:
        with loading.told_plainly():
            way = loading.pipeline(system, places.folder, places.landing, stamp)
            way.drop()  # what the pull before left, cut or not: nothing of it is needed
            yield loading.source(system, progress), way, lambda t: _landed(places.landing / name / t, stamp)
        system.memory.keep()
    finally:
        system.close()


def _landed(folder: Path, stamp: str) -> int:
    return len(list(folder.glob(f"pull-{stamp}-*")))
