"""The audit log: a chain of events in which nothing can be changed, removed or inserted unnoticed.

Here: the next rows of the chain, and its verification. Not here: storing it, nor who may write.

Each row carries the SHA-256 of its own content together with the hash of the row before; the first stands on 64 zeros.
The content is hashed as canonical JSON (sorted keys, no spaces, UTF-8, time in UTC to the microsecond), so that any
program can recompute it. What the chain cannot show is a cut at its end: whoever needs that keeps the last hash
elsewhere and gives it to `verify`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from finops_pipeline.finance.findings import Finding

GENESIS = "0" * 64
"""What the first event stands on."""

_COLUMNS = ["seq", "at", "actor", "action", "subject", "detail", "previous_hash", "hash"]


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody did to something; `detail` is anything that JSON can hold."""

    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def append(events: Sequence[Event], at: datetime, *, last_seq: int = 0, last_hash: str = GENESIS) -> pd.DataFrame:
    """The rows that these events add to a log which ends with `last_seq` and `last_hash`.

    Shape: one row per event, in their order. `at` must know its time zone.

    Raises: ValueError for a time without zone; TypeError for a detail that JSON cannot hold.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone: audit times are instants, give UTC")
    moment = pd.Timestamp(at.astimezone(UTC))
    rows, previous = [], last_hash
    for seq, event in enumerate(events, last_seq + 1):
        detail = _canonical(dict(event.detail))
        words = (event.actor, event.action, event.subject, detail)
        own = _hash(seq, moment, words, previous)
        rows.append((seq, moment, *words, previous, own))
        previous = own
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    texts = dict.fromkeys(_COLUMNS[2:], "str")
    return frame.astype({"seq": "int64", "at": pd.DatetimeTZDtype("us", "UTC"), **texts})


def verify(rows: pd.DataFrame, *, last_hash: str | None = None) -> list[Finding]:
    """AUD-001: every row's number follows, its hash is its content's, and it stands on the row before.

    `last_hash`, if known from elsewhere, is what the log must end with. Row order does not matter.
    """
    findings: list[Finding] = []
    previous, expected = GENESIS, 1
    in_order = rows.sort_values("seq", kind="stable")[_COLUMNS]
    for seq, at, actor, action, subject, detail, stands_on, own in in_order.itertuples(index=False, name=None):
        if seq != expected:
            findings.append(_broken(seq, f"number {expected} was expected: events are missing or repeated"))
        if stands_on != previous:
            findings.append(
                _broken(seq, "it does not stand on the event before: events were removed, added or swapped")
            )
        if own != _hash(seq, at, (actor, action, subject, detail), stands_on):
            findings.append(_broken(seq, "its content is not what was hashed: the event was changed"))
        previous, expected = own, seq + 1
    if last_hash is not None and last_hash != previous:
        findings.append(
            _broken(expected, "the log does not end with the hash kept elsewhere: its end was cut or replaced")
        )
    return findings


def _broken(seq: int, what: str) -> Finding:
    return Finding("AUD-001", f"audit_log {seq}", f"{what}; restore audit_log from backup and compare")


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _hash(seq: int, at: pd.Timestamp, words: tuple[str, str, str, str], previous: str) -> str:
    actor, action, subject, detail = words
    content = {
        "seq": int(seq), "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "actor": actor, "action": action,
        "subject": subject, "detail": detail, "previous_hash": previous,
    }  # fmt: skip
    return hashlib.sha256(_canonical(content).encode()).hexdigest()
