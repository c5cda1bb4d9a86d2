"""Allocation keys from tags, by rules in order: the first rule that comes to a key decides.

A rule looks at tags by name, in its order, and takes the first that has a value. Blanks around the value go, it may be
made lower case, and a mapping may turn it into the company's own word. Where none of the tags is there, the rule may know
the sub account or the billing account, or have a default. Worked example: tags `{"Team": " WEB "}` under
`tags = ["team", "Team"], normalize = "lower", values = {web = "CC-100"}` are the key `CC-100`.

This is the rule for one charge; `storage.tagging` says the same to the engine for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class TagRule:
    """One rule. `provider`: only its charges. `values`, `accounts`: from a value, or an account, to the key."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # a misspelled word of a rule is an error, not ignored

    tags: tuple[str, ...] = ()
    normalize: Literal["none", "lower"] = "none"
    values: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    provider: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """What of a charge decides its key."""

    tags: Mapping[str, str | None]
    provider: str
    billing_account_id: str
    sub_account_id: str | None = None
    allocation_key: str | None = None


def allocation_key(charge: Tagged, rules: Sequence[TagRule]) -> str | None:
    """The key of a charge: that of the first rule that comes to one, else the one it was stored with.

    >>> rule = TagRule(tags=("team", "Team"), normalize="lower", values={"web": "CC-100"}, accounts={"A1": "CC-900"})
    >>> allocation_key(Tagged({"Team": " WEB "}, "AWS", "A1"), [rule]), allocation_key(Tagged({}, "AWS", "A1"), [rule])
    ('CC-100', 'CC-900')
    """
    for rule in rules:
        if rule.provider in (None, charge.provider) and (key := _key(charge, rule)) is not None:
            return key
    return charge.allocation_key


def _key(charge: Tagged, rule: TagRule) -> str | None:
    for tag in rule.tags:
        value = (charge.tags.get(tag) or "").strip(" ")
        if value:
            word = value.lower() if rule.normalize == "lower" else value
            return rule.values.get(word, word)
    by_account = rule.accounts.get(charge.sub_account_id or "") or rule.accounts.get(charge.billing_account_id)
    return by_account or rule.default
