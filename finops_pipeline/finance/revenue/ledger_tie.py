"""The tie of recognized revenue to the ledger's revenue accounts: what contracts say against what was posted.

Rules of the settings say which accounts of an entity receive the revenue of which products. An entity without rules is
compared as a whole: all its contracts against all accounts of type revenue. Both sides are in the currency of the
contract: a posting is taken in its transaction currency, so that no exchange rate comes between. A side that has nothing
is a difference too, and a product that no rule of its entity takes is shown by itself.

Worked example: contracts recognize 120.00 in March; 100.00 are posted on 4010 and 15.00 on 4020: the difference is 5.00.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals as nw
import pandas as pd

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import frames
from finops_pipeline.finance.findings import Finding, Severity

Lazy = nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class RevenueRule:
    """The accounts of an entity that receive the revenue of these products; without products, of all other products."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # a misspelled word of a rule is an error, not ignored

    entity_id: str
    accounts: tuple[str, ...]
    products: tuple[str, ...] = ()


_KINDS = {
    "entity_id": "str", "period": "str", "currency": "str", "products": "str", "accounts": "str", "recognized": "Int64",
    "posted": "Int64", "difference": "int64", "status": "str",
}  # fmt: skip
_KEY = ("entity_id", "period", "currency", "products", "accounts")
_PLACE = ["entity_id", "period", "currency"]
_WHOLE, _UNASSIGNED = -1, -2
_ADVICE = {
    "differs": "compare revenue_journal with the postings",
    "not_posted": "post revenue_journal, or correct the accounts in FINOPS_REVENUE_LEDGER",
    "not_recognized": "deliver the contracts, or name in FINOPS_REVENUE_LEDGER the accounts that they are posted on",
    "unassigned": "say in FINOPS_REVENUE_LEDGER which accounts receive these products",
}


def check_rules(
    rules: Sequence[RevenueRule], accounts: pd.DataFrame, entities: pd.DataFrame, products: pd.DataFrame
) -> None:
    """Whether the rules can be used.

    Raises: ContractError for an entity, account or product that the master data do not have; ConfigurationError for an
    account or a product of an entity under two rules: its amounts could not be told apart.
    """
    where = "FINOPS_REVENUE_LEDGER"
    for ids, master, name in (
        ([r.entity_id for r in rules], entities, "entity_id"),
        ([a for r in rules for a in r.accounts], accounts, "account_id"),
        ([p for r in rules for p in r.products], products, "product_id"),
    ):
        frames.require_known(pd.Series(ids, dtype="str"), master[name], what=name, where=where)
    places = [(r.entity_id, a) for r in rules for a in r.accounts]
    places += [(r.entity_id, p or "(all other products)") for r in rules for p in r.products or ("",)]
    twice = sorted({f"{entity} {name}" for entity, name in places if places.count((entity, name)) > 1})
    if twice:
        raise ConfigurationError(f"{where}: {', '.join(twice)} under two rules: give each to one rule of its entity")


def postings(lines: Lazy, accounts: pd.DataFrame, rules: Sequence[RevenueRule]) -> Lazy:
    """What was posted on revenue accounts and on those of the rules, in the currency it was posted in.

    Shape: one row per period x entity x account x currency. Unit: minor units, revenue positive.
    """
    keys = ("period", "entity_id", "account_id", "currency")
    named = {a for r in rules for a in r.accounts}
    wanted = sorted(named | set(accounts.loc[accounts["account_type"] == "revenue", "account_id"]))
    return (
        lines.filter(nw.col("account_id").is_in(wanted))
        .group_by(*keys)
        .agg(nw.col("debit", "credit").sum())
        .select(*keys, posted=(nw.col("credit") - nw.col("debit")).cast(nw.Int64))
    )


def revenue_tie_out(recognized: pd.DataFrame, posted: pd.DataFrame, rules: Sequence[RevenueRule]) -> pd.DataFrame:
    """Recognized against posted, rule by rule. `recognized` is recognized_revenue, `posted` is `postings`.

    Shape: one row per entity, period, currency and rule with revenue or postings; for an entity without rules one for
    all its revenue; one more for products that no rule takes. Unit: minor units of `currency`; null where a side has
    nothing. `difference` is recognized less posted.
    """
    ours = recognized[recognized["recognized"] != 0]
    ours = _sums(ours.assign(rule=_rule_of(ours, "product_id", rules)), "recognized")
    theirs = _sums(compared(posted, rules), "posted")
    both = ours.merge(theirs, on=[*_PLACE, "rule"], how="outer")
    both["difference"] = both["recognized"].fillna(0) - both["posted"].fillna(0)
    both["products"] = both["rule"].map({i: ",".join(r.products) or None for i, r in enumerate(rules)})
    both["accounts"] = both["rule"].map({i: ",".join(r.accounts) for i, r in enumerate(rules)})
    both["status"] = "differs"
    both.loc[both["difference"] == 0, "status"] = "tied"
    both.loc[both["recognized"].isna(), "status"] = "not_recognized"
    both.loc[both["posted"].isna(), "status"] = "not_posted"
    both.loc[both["rule"] == _UNASSIGNED, "status"] = "unassigned"
    return frames.arrange(both, _KINDS, _KEY)


def compared(posted: pd.DataFrame, rules: Sequence[RevenueRule]) -> pd.DataFrame:
    """The postings that are compared, with their rule: where an entity has rules, those on their accounts alone."""
    rows = posted.assign(rule=_rule_of(posted, "account_id", rules))
    return rows[rows["rule"] != _UNASSIGNED]


def _rule_of(rows: pd.DataFrame, name: str, rules: Sequence[RevenueRule]) -> pd.Series:
    """The number of the rule that takes each row; other numbers where the entity has no rules, or none takes it."""
    ruled = {r.entity_id for r in rules}
    taken: dict[tuple[str, str], int] = {}
    rest: dict[str, int] = {}
    for number, rule in enumerate(rules):
        taken |= {(rule.entity_id, i): number for i in (rule.accounts if name == "account_id" else rule.products)}
        if name == "product_id" and not rule.products:
            rest[rule.entity_id] = number
    found = [
        taken.get((entity, one), rest.get(entity, _UNASSIGNED)) if entity in ruled else _WHOLE
        for entity, one in zip(rows["entity_id"].astype(str), rows[name].astype(str), strict=True)
    ]
    return pd.Series(found, index=rows.index, dtype="int64")


def _sums(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    texts = rows.astype(dict.fromkeys(_PLACE, "str"))
    return texts.groupby([*_PLACE, "rule"])[name].sum().astype("Int64").reset_index()


def tie_findings(tie: pd.DataFrame, *, is_blocking: bool) -> list[Finding]:
    """REV-150: recognized revenue is posted on the accounts that receive it.

    One finding for each entity, currency and rule, over all months that differ. A warning, unless it is to block.
    """
    severity: Severity = "error" if is_blocking else "warning"
    months = tie.groupby([name for name in _KEY if name != "period"], dropna=False, sort=False)["period"].transform(
        "size"
    )
    wrong = tie.assign(months=months)[tie["status"] != "tied"]
    groups = wrong.groupby(["entity_id", "currency", "products", "accounts"], dropna=False)
    return [_finding([str(k) for k in key if isinstance(k, str)], rows, severity) for key, rows in groups]


def _finding(subject: list[str], rows: pd.DataFrame, severity: Severity) -> Finding:
    worst: Any = rows.iloc[int(rows["difference"].abs().to_numpy().argmax())]
    said = {side: "nothing" if pd.isna(worst[side]) else str(worst[side]) for side in ("recognized", "posted")}
    return Finding(
        "REV-150",
        " ".join(subject),
        f"{len(rows)} of {worst['months']} months do not tie, most of all {worst['period']}: recognized {said['recognized']}, "
        f"posted {said['posted']}, difference {worst['difference']} (minor units); {_ADVICE[worst['status']]}",
        severity=severity,
        period=str(worst["period"]),
    )


def completeness_findings(
    tie: pd.DataFrame, recognized: pd.DataFrame, posted: pd.DataFrame, rules: Sequence[RevenueRule]
) -> list[Finding]:
    """REV-151: all recognized revenue and every posting on a compared account is in the tie once."""
    return [
        *_missing(tie, "recognized", recognized.groupby(_PLACE)["recognized"].sum()),
        *_missing(tie, "posted", compared(posted, rules).groupby(_PLACE)["posted"].sum()),
    ]


def _missing(tie: pd.DataFrame, side: str, due: pd.Series) -> Iterator[Finding]:
    shown = tie.groupby(_PLACE)[side].sum().astype("int64")
    both = frames.side_by_side({"shown": shown, "due": due})
    for place, one, other in both[both["shown"] != both["due"]].itertuples(name=None):
        message = f"{one} {side} in the tie, {other} in its source (minor units): recompute revenue_tie_out"
        yield Finding("REV-151", " ".join(place), message, period=str(place[1]))
