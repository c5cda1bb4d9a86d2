"""Requests over HTTP: patience with what passes, numbers with the digits they came with, errors without secrets.

    429, 5xx, cut connections,      tried again: after the seconds that the system asks for (Retry-After), else after
    an answer that is no JSON       1, 2, 4, … seconds; when the tries are used up it is a TransientError
    401                             the access is renewed once
    everything else                 is an answer: the caller knows what its body means

Not here: what is asked (`quickbooks`, `netsuite`) and how access is proven (`access`).
"""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.auth import AuthBase

from finops_pipeline.errors import TransientError

_TIMEOUT = (15, 300)
"""Seconds for the connection, and for each silence of the other side."""
_PASSING = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and what waits in between."""

    attempts: int = 8
    longest: float = 300
    wait: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system said. `body` is None where it was no JSON; every number in it is text."""

    status: int
    body: Any

    @property
    def is_good(self) -> bool:
        """Whether what was asked for is in the body."""
        return 200 <= self.status < 300


class Access(AuthBase, ABC):
    """Proof of who asks, put on each request."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._token: str | None = None

    def close(self) -> None:
        """Give the connections to the token endpoint back."""
        self._client.close()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the access token on a request; the first one fetches it."""
        if self._token is None:
            self.renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    @abstractmethod
    def renew(self) -> None:
        """Fetch another access token. Raises: ConfigurationError when the system refuses the credentials."""


class Client:
    """A connection to one system. `name` is what messages call it."""

    def __init__(self, name: str, patience: Patience, access: Access | None = None) -> None:
        self._name = name
        self._patience = patience
        self._access = access
        self._session = requests.Session()

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()
        if self._access is not None:
            self._access.close()

    def ask(self, method: str, url: str, **parts: Any) -> Answer:
        """The answer to a request, whatever it says. Raises: TransientError when there is none after all tries."""
        if self._access is None:
            return self._patiently(method, url, parts)
        answer = self._patiently(method, url, {**parts, "auth": self._access})
        if answer.status == requests.codes.unauthorized:
            self._access.renew()
            answer = self._patiently(method, url, {**parts, "auth": self._access})
        return answer

    def _patiently(self, method: str, url: str, parts: dict[str, Any]) -> Answer:
        said, asked = "", None
        for attempt in range(self._patience.attempts):
            if attempt:
                self._patience.wait(self._pause(attempt, asked))
            try:
                response = self._session.request(method, url, timeout=_TIMEOUT, allow_redirects=False, **parts)
            except _PASSING as error:
                said, asked = f"the connection failed ({type(error).__name__})", None
                continue
            answer = Answer(response.status_code, _body(response))
            if response.status_code == requests.codes.too_many_requests or response.status_code >= 500:
                said, asked = f"HTTP {response.status_code}", _retry_after(response)
            elif answer.is_good and answer.body is None:
                said, asked = f"an answer that is no JSON ({response.headers.get('Content-Type', 'no type')})", None
            else:
                return answer
        raise TransientError(
            f"{self._name} gave no answer after {self._patience.attempts} tries, at last: {said}. Nothing is lost: "
            "what was not pulled is pulled next time"
        )

    def _pause(self, attempt: int, asked: float | None) -> float:
        if asked is not None and asked > self._patience.longest:
            raise TransientError(
                f"{self._name} asks to wait {asked:.0f} seconds, longer than pull.longest_wait: pull again later"
            )
        return min(2.0 ** (attempt - 1), self._patience.longest) if asked is None else asked


def _retry_after(response: requests.Response) -> float | None:
    """The seconds in Retry-After; a date there counts from the date of the answer."""
    said = response.headers.get("Retry-After", "")
    if said.isascii() and said.isdigit():
        return float(said)
    until, now = (_moment(text) for text in (said, response.headers.get("Date", "")))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _body(response: requests.Response) -> Any:
    try:
        return exact(response.content.decode("utf-8"))
    except ValueError:
        return None


def exact(text: str) -> Any:
    """JSON with every number as the text of its digits. Raises: ValueError.

    >>> exact('{"TotalAmt": 0.10, "Id": "7", "rate": 1E-3}')
    {'TotalAmt': '0.10', 'Id': '7', 'rate': '0.001'}
    """
    return json.loads(text, parse_float=_digits, parse_int=_digits, parse_constant=_refuse)


def _digits(number: str) -> str:
    return format(Decimal(number), "f")


def _refuse(word: str) -> str:
    raise ValueError(f"{word} is no number")
