"""The engine's allocation keys are those of the rule for one charge, whatever the tags and rules."""

import json
from typing import Any

import narwhals as nw
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.cloud.tagging import Tagged, TagRule, allocation_key
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.tagging import keyed

WORDS = st.sampled_from(["web", " Web ", "it's", "", " ", "A1", 'quo"te'])
TAGS = st.sampled_from(["team", "Team", "aws:tag", "cost center", "a.b"])
MAPPING = st.dictionaries(WORDS.filter(str.strip), st.sampled_from(["K1", "K'2"]), max_size=3)
OPTION = st.none() | st.sampled_from(["AWS", "A1"])
RULES = st.builds(
    TagRule, tags=st.lists(TAGS, max_size=3).map(tuple), normalize=st.sampled_from(["none", "lower"]), values=MAPPING,
    accounts=MAPPING, provider=OPTION, default=OPTION,
)  # fmt: skip
CHARGES = st.builds(
    Tagged, tags=st.dictionaries(TAGS, WORDS | st.none(), max_size=4), provider=st.sampled_from(["AWS", "GCP"]),
    billing_account_id=WORDS.filter(str.strip), sub_account_id=st.none() | WORDS.filter(str.strip), allocation_key=OPTION,
)  # fmt: skip
NAMES = ("tags", "provider", "billing_account_id", "sub_account_id", "allocation_key")


def engine_keys(engine: Engine, charges: list[Tagged], rules: list[TagRule]) -> list[Any]:
    columns = {name: [getattr(c, name) for c in charges] for name in NAMES}
    columns["tags"] = [json.dumps(c.tags) for c in charges]
    engine.register("charges", pa.table({k: pa.array(v, pa.string()) for k, v in columns.items()}))
    lazy = nw.from_native(engine.connection.table("charges"))
    return engine.collect(keyed(lazy, rules))["allocation_key"].to_pylist()


def test_the_engine_agrees_with_the_rule_for_one_charge() -> None:
    with Engine("300MB", 1) as engine:

        @settings(max_examples=100)
        @given(st.lists(CHARGES, min_size=1, max_size=4), st.lists(RULES, max_size=3))
        def agrees(charges: list[Tagged], rules: list[TagRule]) -> None:
            assert engine_keys(engine, charges, rules) == [allocation_key(c, rules) for c in charges]

        agrees()


def test_without_rules_the_stored_key_stands() -> None:
    with Engine("300MB", 1) as engine:
        assert engine_keys(engine, [Tagged({"team": "web"}, "AWS", "A1", None, "stored")], []) == ["stored"]
