"""Allocation keys by rules, for one charge."""

import pytest

from finops_pipeline.finance.cloud.tagging import Tagged, TagRule, allocation_key

RULES = [
    TagRule(tags=("cost_center", "CostCenter"), values={"100": "CC-100"}, provider="AWS"),
    TagRule(tags=("team",), normalize="lower", values={"web shop": "Shop"}, accounts={"S1": "Data", "A1": "Platform"}),
    TagRule(default="Shared", provider="Azure"),
]


@pytest.mark.parametrize(
    ("tags", "provider", "sub_account", "key"),
    [
        ({"cost_center": "100"}, "AWS", None, "CC-100"),
        ({"cost_center": " ", "CostCenter": " 100 "}, "AWS", None, "CC-100"),
        ({"cost_center": "200"}, "AWS", None, "200"),
        ({"cost_center": "200"}, "GCP", None, "Platform"),
        ({"team": "Web Shop"}, "AWS", "S1", "Shop"),
        ({"team": None}, "AWS", "S1", "Data"),
    ],
)
def test_the_first_rule_that_comes_to_a_key_decides(
    tags: dict[str, str | None], provider: str, sub_account: str | None, key: str
) -> None:
    assert allocation_key(Tagged(tags, provider, "A1", sub_account), RULES) == key


def test_a_default_and_the_stored_key_come_last() -> None:
    assert allocation_key(Tagged({}, "Azure", "B1", None, "Web"), RULES) == "Shared"
    assert allocation_key(Tagged({}, "GCP", "B1", None, "Web"), RULES) == "Web"
    assert allocation_key(Tagged({}, "GCP", "B1"), RULES) is None
