"""Findings: problems returned as data, so that a reader sees all of them at once.

A cross-row rule is one function that returns `list[Finding]` under a stable identifier such as `LED-001`.
What to do about a finding (block, warn) is the caller's affair, guided by `severity`.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place.

    `subject` names the place in the reader's words ("DE01 2026-03"), `message` carries the values and the next step.
    """

    rule_id: str
    subject: str
    message: str
    severity: Severity = "error"
    period: str | None = None
