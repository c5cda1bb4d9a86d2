"""What the two systems have in common: tables that give pages of rows, and how far back they are asked for."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from finops_pipeline.errors import ConfigurationError, SourceError
from finops_pipeline.pull.kept import Memory
from finops_pipeline.pull.web import Answer, Client, Patience

Row = Mapping[str, Any]
"""What an interface says of one object, every number as text."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a pull asks. `since`: changes from this day on too, though they were pulled; `whole`: everything again."""

    patience: Patience
    now: Callable[[], datetime]
    since: date | None = None
    whole: bool = False


class System(ABC):
    """A company in a system, for one pull: it knows how far the last pull came, and notes how far this one comes."""

    name: str
    """The source that its files are of."""

    def __init__(self, memory: Memory, client: Client, tables: tuple[str, ...], asking: Asking) -> None:
        self.memory = memory
        self.tables = tables
        self.asking = asking
        self._client = client

    @abstractmethod
    def pages(self, table: str) -> Iterator[Sequence[Row]]:
        """What is new of a table. Raises: TransientError, SourceError, ConfigurationError."""

    @abstractmethod
    def texts(self, table: str, rows: Iterator[Row], stamp: str) -> Iterator[Iterator[str]]:
        """The files that rows become, each in pieces of text. `stamp` makes a file differ from all before it."""

    suffix: str
    """The end of the files' names."""

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _ask(self, method: str, url: str, fault: Callable[[Any], str], **parts: Any) -> dict[str, Any]:
        """The body of a good answer. Raises: SourceError that repeats what the system says is wrong."""
        answer = self._client.ask(method, url, **parts)
        said = fault(answer.body)
        if said or not answer.is_good or not isinstance(answer.body, dict):
            self._refuse(answer, said)
        return dict(answer.body)

    def _refuse(self, answer: Answer, said: str) -> None:
        reason = said[:500] or "no reason given"
        if answer.status == 401:
            raise ConfigurationError(f"{self.name} refuses the access it has granted: {reason}")
        raise SourceError(f"{self.name} refuses the question: HTTP {answer.status}, {reason}")


def chosen(asked: Sequence[str], known: Sequence[str], setting: str) -> tuple[str, ...]:
    """The tables that the settings ask for; all where they name none. Raises: ConfigurationError for others."""
    strangers = sorted(set(asked) - set(known))
    if strangers:
        raise ConfigurationError(f"{setting} has {', '.join(strangers)}: known are {', '.join(known)}")
    return tuple(t for t in known if not asked or t in asked)


def demand(missing: Sequence[str], system: str) -> None:
    """Raise ConfigurationError that names the settings that are missing."""
    if missing:
        names = ", ".join(f"pull.{system}.{name}" for name in missing)
        raise ConfigurationError(f"{system} cannot be asked without {names}: see docs/sources/live-pull.md")
