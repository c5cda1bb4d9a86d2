"""Account types by account number, for systems that do not tell them."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from finops_pipeline.contracts.columns import ACCOUNT_TYPES


class AccountRange(BaseModel):
    """Accounts of one type, from the first to the last number, as the tables write them (leading zeros included)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: str
    last: str
    account_type: str = Field(description=", ".join(ACCOUNT_TYPES))


def cases(ranges: Sequence[AccountRange], account: str) -> list[str]:
    """The WHEN clauses that give an account's type by its number."""
    return [
        f"WHEN {account} BETWEEN {quoted(r.first)} AND {quoted(r.last)} THEN {quoted(r.account_type)}" for r in ranges
    ]


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
