"""What a rule is, and what a broken one does."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["rejects", "keeps out", "holds", "counts", "leaves out", "blocks", "warns"]

OUTCOMES: dict[Outcome, str] = {
    "rejects": "the whole file stays out: one row in `quarantine`, with row number 0",
    "keeps out": "the row stays out, in `quarantine`, until it is delivered again",
    "holds": "the row stays out, in `quarantine`, and enters by itself when what it lacks arrives",
    "counts": "nothing is wrong: the row is counted, and another one stands",
    "leaves out": "the contract is left out of all revenue tables, and named beside `revenue_schedule`; the others are published",
    "blocks": "the table is not published, and nothing that stands on it is made",
    "warns": "the table is published; the finding stands beside it",
}
"""What a broken rule does."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the sentence is what must hold. `home`: the module that applies it."""

    rule_id: str
    demands: str
    outcome: Outcome
    home: str


def rules(home: str, outcome: Outcome, **demands: str) -> tuple[Rule, ...]:
    """Rules that one module applies with one outcome; `LED_001="…"` is the rule LED-001 and what it demands."""
    return tuple(Rule(rule_id.replace("_", "-"), demand, outcome, home) for rule_id, demand in demands.items())
