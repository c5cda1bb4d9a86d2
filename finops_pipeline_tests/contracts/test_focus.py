"""The version of a FOCUS file is the first one that has all of its columns."""

import pytest

from finops_pipeline.contracts.focus import ADDED_IN_1_1, ADDED_IN_1_2, CLOUD_COSTS, version_of


@pytest.mark.parametrize(
    ("columns", "version"),
    [
        ([c.name for c in CLOUD_COSTS.columns if c.name not in {a.name for a in ADDED_IN_1_1 + ADDED_IN_1_2}], "1.0"),
        (["billed_cost", "capacity_reservation_id"], "1.1"),
        (["billed_cost", "invoice_id"], "1.2"),
        (["billed_cost", "invoice_id", "sku_meter"], "1.2"),
    ],
)
def test_version_of(columns: list[str], version: str) -> None:
    assert version_of(columns) == version


def test_what_a_later_version_adds_may_be_left_out() -> None:
    assert all(c.nullable and c.optional for c in ADDED_IN_1_1 + ADDED_IN_1_2)
