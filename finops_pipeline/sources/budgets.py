"""Budget lines from plans of systems, whose rows are finer and debit positive.

Rows of one file that differ in what a budget line does not know are added up: the first of them carries the sum, the
others are counted as parts of it, so that control totals still tie. Revenue is turned round by the account's type.
Rows are expected to have found `month` (a day in it), `local_currency`, `shown` (the amount) and `account_type`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from finops_pipeline.finance.ledger import CREDIT_TYPES
from finops_pipeline.sources.derivation import LeftOut, Lookup, Refused

PART = "part of a budget line with several rows"
BAD_AMOUNT = Refused("ROW-MONEY", "amount", "amount(r.shown) IS NULL")


@dataclass(frozen=True, slots=True)
class BudgetKey:
    """What names a budget line, each as an expression over r. `left_out`: the rows that are none of any line."""

    version: str
    entity_id: str
    account_id: str
    cost_center_id: str
    left_out: Sequence[LeftOut]

    @property
    def counts(self) -> str:
        """Whether a row counts at all."""
        outside = " OR ".join(f"coalesce({one.when}, false)" for one in self.left_out)
        return f"(amount(r.shown) IS NOT NULL AND NOT ({outside}))"

    @property
    def group(self) -> str:
        """The window over the rows of a file that make one line."""
        names = (self.counts, self.version, self.entity_id, "r.month", self.account_id, self.cost_center_id)
        return f"PARTITION BY r.file_seq, {', '.join(names)}"


def account_type(account: str) -> Lookup:
    """Lookup of an account that is here already; the sign depends on it."""
    query = "SELECT account_id, account_type FROM lake.accounts"
    return Lookup("kind", {"account_id": account}, query, ("lake.accounts",), "false")


def line(key: BudgetKey) -> dict[str, str]:
    """A budget line in natural sign: the first row of it has the sum of all, the others nothing."""
    total = f"sum(amount(r.shown)) OVER ({key.group})"
    turned = ", ".join(f"'{kind}'" for kind in CREDIT_TYPES)
    signed = f"CASE WHEN r.account_type IN ({turned}) THEN -{total} ELSE {total} END"
    first = f"row_number() OVER ({key.group} ORDER BY r.row_number) = 1"
    return {
        "version": key.version,
        "entity_id": key.entity_id,
        "period": "strftime(r.month, '%Y-%m')",
        "account_id": key.account_id,
        "currency": "r.local_currency",
        "cost_center_id": key.cost_center_id,
        "amount": f"CASE WHEN NOT {key.counts} THEN r.shown WHEN {first} THEN CAST({signed} AS VARCHAR) ELSE '0' END",
    }


def part(key: BudgetKey) -> LeftOut:
    """The rows of a line after its first."""
    return LeftOut(PART, f"{key.counts} AND row_number() OVER ({key.group} ORDER BY r.row_number) > 1")
