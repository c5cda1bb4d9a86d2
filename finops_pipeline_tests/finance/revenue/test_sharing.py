"""Allocation of one contract: ranges, residual prices and discounts of groups; the plain case agrees with the set-wise."""

from typing import Any

import pytest

from finops_pipeline.finance.revenue.obligation import Obligation, Pool
from finops_pipeline.finance.revenue.sharing import allocate, standalone_price
from finops_pipeline.finance.revenue.terms import CannotAccountError, Promise


def promise(name: str, price: int, ssp: int | None = None, **more: Any) -> Promise:
    return Promise(name, "P", "point_in_time", price, ssp=ssp, **more)


def prices(*promises: Promise) -> list[int]:
    return list(allocate(promises).prices.values())


def test_a_range_holds_the_stated_price_or_gives_its_middle() -> None:
    assert standalone_price(promise("A", 50, ssp_low=40, ssp_high=60)) == 50
    assert standalone_price(promise("A", 70, ssp_low=40, ssp_high=60)) == 50
    assert standalone_price(promise("A", 70, ssp_low=40)) is None
    assert prices(promise("A", 70, ssp_low=40, ssp_high=60), promise("B", 30, 50)) == [50, 50]


def test_without_standalone_selling_prices_the_stated_prices_stand() -> None:
    assert prices(promise("A", 70), promise("B", 30)) == [70, 30]
    assert prices(promise("A", 70, ssp_method="residual")) == [70]
    assert prices() == []


def test_two_groups_stand_at_their_stated_prices_and_the_others_at_their_ssp() -> None:
    parts = [promise("A", 40, 50, discount_group="G"), promise("B", 20, 50, discount_group="G"),
             promise("C", 8, 10, discount_group="H"), promise("D", 7, 7)]  # fmt: skip
    assert prices(*parts) == [30, 30, 8, 7]
    assert prices(*(promise(p.obligation_id, p.stated_price, p.ssp, discount_group="G") for p in parts)) == [
        32,
        32,
        6,
        5,
    ]


GROUP = {"discount_group": "G"}
TROUBLES = {
    "two residuals": ("REV-024", [promise("A", 5, 5), promise("B", 1, ssp_method="residual"), promise("C", 1, ssp_method="residual")]),
    "a residual of nothing": ("REV-024", [promise("A", 5, 6), promise("B", 1, ssp_method="residual")]),
    "a residual in a group": ("REV-019", [promise("A", 5, 5), promise("B", 1, ssp_method="residual", **GROUP)]),
    "groups that leave a rest": ("REV-019", [promise("A", 4, 5, **GROUP), promise("B", 4, 5, discount_group="H"), promise("C", 9, 8)]),
    "no ssp": ("REV-007", [promise("A", 5, 5), promise("B", 1)]),
    "an ssp outside its range": ("REV-028", [promise("A", 5, 5, ssp_high=4)]),
    "nothing to share by": ("REV-008", [promise("A", 5, 0), promise("B", 5, 0)]),
}  # fmt: skip


@pytest.mark.parametrize("name", list(TROUBLES))
def test_what_cannot_be_shared_is_refused(name: str) -> None:
    rule_id, promises = TROUBLES[name]
    with pytest.raises(CannotAccountError) as refused:
        allocate(promises)
    assert refused.value.rule_id == rule_id


@pytest.mark.parametrize(("recognition", "rule_id"), [("straight_line", "REV-003"), ("input", "REV-020")])
def test_an_obligation_without_its_measure_is_refused(recognition: str, rule_id: str) -> None:
    pool = Pool(1, {}, {})
    with pytest.raises(CannotAccountError) as refused:
        Obligation(Promise("A", "P", recognition, 1), 0, "daily", None, 1, pool)
    assert refused.value.rule_id == rule_id
