"""Allocation keys in the engine: the rules of `finance.cloud.tagging` as one SQL expression over every charge."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw

from finops_pipeline.finance.cloud.tagging import TagRule
from finops_pipeline.storage.engine import literal, name


def keyed(charges: nw.LazyFrame[Any], rules: Sequence[TagRule]) -> nw.LazyFrame[Any]:
    """The charges with the allocation key that the rules give them; nothing is read yet."""
    if not rules:
        return charges
    keys = ", ".join(_rule(rule) for rule in rules)
    relation: Any = charges.to_native()
    keyed_rows: nw.LazyFrame[Any] = nw.from_native(
        relation.project(f"* REPLACE (coalesce({keys}, allocation_key) AS allocation_key)")
    )
    return keyed_rows


def _rule(rule: TagRule) -> str:
    value = f"coalesce({', '.join(map(_tag, rule.tags))})" if rule.tags else "NULL"
    value = f"lower({value})" if rule.normalize == "lower" else value
    account = [_mapped(column, rule.accounts) for column in ("sub_account_id", "billing_account_id")]
    default = "NULL" if rule.default is None else literal(rule.default)
    key = f"coalesce({_mapped(value, rule.values, value)}, {', '.join(account)}, {default})"
    return key if rule.provider is None else f"CASE WHEN provider = {literal(rule.provider)} THEN {key} END"


def _tag(tag: str) -> str:
    """A tag's value without blanks around it; no value is no tag."""
    path = literal(f"$.{name(tag)}")
    return f"nullif(trim(json_extract_string(tags, {path})), '')"


def _mapped(expression: str, words: Mapping[str, str], otherwise: str = "NULL") -> str:
    cases = " ".join(f"WHEN {literal(word)} THEN {literal(key)}" for word, key in words.items())
    return f"CASE {expression} {cases} ELSE {otherwise} END" if cases else otherwise
