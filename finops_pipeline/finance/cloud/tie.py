"""The tie of cloud bills to the ledger: what a provider billed against what was posted on the accounts that receive it.

Rules of the settings say which accounts of which entity receive which bills. Both sides are in the currency of the bill:
a posting is taken in its transaction currency, so that no exchange rate comes between. A bill is posted in the month
that it invoices. Billed cost is rounded once, for each rule, month and currency. A side that has nothing is a difference
too, and a bill that no rule takes is shown by itself; differences are reported, never smoothed away.

Worked example: bills of 100.004 and 20.00 under one rule are 120.00; with 119.00 posted, the difference is 1.00.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

import narwhals as nw
import pandas as pd

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import frames, money
from finops_pipeline.finance.cloud import sums
from finops_pipeline.finance.findings import Finding

Lazy = nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class LedgerRule:
    """The accounts of an entity that receive the bills of a provider, of a billing account, of both, or all bills."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # a misspelled word of a rule is an error, not ignored

    entity_id: str
    accounts: tuple[str, ...]
    provider: str | None = None
    billing_account_id: str | None = None

    def takes(self, provider: str, billing_account_id: str) -> bool:
        """Whether a bill belongs to this rule."""
        return self.provider in (None, provider) and self.billing_account_id in (None, billing_account_id)


_KINDS = {
    "period": "str", "entity_id": "str", "provider": "str", "currency": "str", "billed": "Int64", "posted": "Int64",
    "difference": "int64", "status": "str", "billing_account_id": "str", "accounts": "str",
}  # fmt: skip
_KEY = ("period", "entity_id", "provider", "billing_account_id", "accounts", "currency")
_Place = tuple[
    str, str, int, tuple[str, str]
]  # period, currency, number of the rule (-1: none), bill that no rule takes


def check_rules(rules: Sequence[LedgerRule], accounts: pd.DataFrame, entities: pd.DataFrame) -> None:
    """Whether the rules can be used.

    Raises: ContractError for an entity or account that the master data do not have; ConfigurationError for an account
    of an entity under two rules: its postings could not be told apart.
    """
    named = pd.Series([a for r in rules for a in r.accounts], dtype="str")
    frames.require_known(named, accounts["account_id"], what="account_id", where="FINOPS_CLOUD_LEDGER")
    payers = pd.Series([r.entity_id for r in rules], dtype="str")
    frames.require_known(payers, entities["entity_id"], what="entity_id", where="FINOPS_CLOUD_LEDGER")
    places = [(r.entity_id, a) for r in rules for a in r.accounts]
    twice = sorted({f"{entity} {account}" for entity, account in places if places.count((entity, account)) > 1})
    if twice:
        raise ConfigurationError(
            f"FINOPS_CLOUD_LEDGER: {', '.join(twice)} under two rules: give an account of an entity to one rule only"
        )


def postings(lines: Lazy, rules: Sequence[LedgerRule]) -> Lazy:
    """What was posted on the accounts of the rules, in the currency it was posted in.

    Shape: one row per period x entity x account x currency. Unit: minor units, debit positive.
    """
    keys = ("period", "entity_id", "account_id", "currency")
    return (
        lines.filter(
            nw.col("entity_id").is_in(sorted({r.entity_id for r in rules})),
            nw.col("account_id").is_in(sorted({a for r in rules for a in r.accounts})),
        )
        .group_by(*keys)
        .agg(nw.col("debit", "credit").sum())
        .select(*keys, posted=(nw.col("debit") - nw.col("credit")).cast(nw.Int64))
    )


def cloud_ledger_tie(cloud: pd.DataFrame, posted: pd.DataFrame, rules: Sequence[LedgerRule]) -> pd.DataFrame:
    """Billed against posted, rule by rule. `cloud` is cloud_cost_monthly, `posted` is `postings` of the same months.

    Shape: one row per period x rule x currency that has bills or postings, and one per bill that no rule takes. Unit:
    minor units of `currency`; null where a side has nothing. `difference` is billed less posted.
    """
    billed = _billed(cloud, rules)
    in_ledger = _posted(posted, rules)
    rows = [_row(place, billed.get(place), in_ledger.get(place), rules) for place in billed.keys() | in_ledger.keys()]
    return frames.arrange(pd.DataFrame(rows, columns=list(_KINDS)), _KINDS, _KEY)


def _billed(cloud: pd.DataFrame, rules: Sequence[LedgerRule]) -> dict[_Place, int]:
    exact: dict[_Place, Decimal] = {}
    bills = sums.by_key(cloud, ["period", "currency", "provider", "billing_account_id"], "billed_cost")
    for key, cost in bills.items():
        period, currency, provider, account = map(str, key)
        number = next((i for i, rule in enumerate(rules) if rule.takes(provider, account)), -1)
        place = (period, currency, number, ("", "") if number >= 0 else (provider, account))
        exact[place] = sums.total([exact.get(place), cost])
    return {place: money.from_decimal(cost, place[1]) for place, cost in exact.items()}


def _posted(posted: pd.DataFrame, rules: Sequence[LedgerRule]) -> dict[_Place, int]:
    number = {(rule.entity_id, account): i for i, rule in enumerate(rules) for account in rule.accounts}
    result: dict[_Place, int] = {}
    for row in posted.itertuples():
        rule = number.get((str(row.entity_id), str(row.account_id)))
        if rule is not None:
            place = (str(row.period), str(row.currency), rule, ("", ""))
            result[place] = result.get(place, 0) + int(str(row.posted))
    return result


def _row(place: _Place, billed: int | None, posted: int | None, rules: Sequence[LedgerRule]) -> tuple[object, ...]:
    period, currency, number, (provider, account) = place
    difference = (billed or 0) - (posted or 0)
    if number < 0:
        return (period, None, provider, currency, billed, None, difference, "unassigned", account, None)
    rule = rules[number]
    status = "differs" if difference else "tied"
    status = "not_posted" if posted is None else "not_billed" if billed is None else status
    accounts = ",".join(rule.accounts)
    return (
        period, rule.entity_id, rule.provider, currency, billed, posted, difference, status, rule.billing_account_id,
        accounts,
    )  # fmt: skip


def tie_warnings(tie: pd.DataFrame) -> list[Finding]:
    """CLD-010: bills and ledger agree. A warning for each difference, with what to do about it."""
    advice = {
        "differs": "compare the invoice with the postings",
        "not_posted": "post the bill, or correct the accounts in FINOPS_CLOUD_LEDGER",
        "not_billed": "deliver the bill, or correct the accounts in FINOPS_CLOUD_LEDGER",
        "unassigned": "say in FINOPS_CLOUD_LEDGER which accounts receive it",
    }
    return [
        Finding(
            "CLD-010",
            " ".join(
                p for p in (row.period, row.entity_id, row.provider, row.billing_account_id) if isinstance(p, str)
            ),
            f"{row.status}: billed {row.billed}, posted {row.posted}, difference {row.difference} minor units of "
            f"{row.currency}; {advice[str(row.status)]}",
            severity="warning",
            period=str(row.period),
        )
        for row in tie[tie["status"] != "tied"].itertuples()
    ]


def tie_findings(
    tie: pd.DataFrame, cloud: pd.DataFrame, posted: pd.DataFrame, rules: Sequence[LedgerRule]
) -> list[Finding]:
    """CLD-011: every bill and every posting is in the tie once; billed to the rounding of each row."""
    place = ["period", "currency"]
    rows = tie.groupby(place)
    exact = sums.by_key(cloud, place, "billed_cost")
    bills = {key: money.from_decimal(cost, str(key[1])) for key, cost in exact.items()}
    known = {(rule.entity_id, account) for rule in rules for account in rule.accounts}
    is_known = [pair in known for pair in zip(posted["entity_id"], posted["account_id"], strict=True)]
    chosen = posted[pd.Series(is_known, index=posted.index, dtype="bool")].groupby(place)["posted"].sum()
    return [
        *_untied("billed", rows["billed"].sum(), pd.Series(bills, dtype="int64"), rows["billed"].count()),
        *_untied("posted", rows["posted"].sum(), chosen, 0 * rows["posted"].count()),
    ]


def _untied(side: str, said: pd.Series, due: pd.Series, tolerance: pd.Series) -> Iterator[Finding]:
    """Places where the tie is not its source, to the rounding of so many rows."""
    for place in sorted({*said.index, *due.index}):
        made, source = int(said.get(place, 0)), int(due.get(place, 0))
        if abs(made - source) > int(tolerance.get(place, 0)) or place not in said.index:
            message = f"{made} {side} in the tie, {source} in its source (minor units)"
            yield Finding("CLD-011", " ".join(place), message, period=str(place[0]))
