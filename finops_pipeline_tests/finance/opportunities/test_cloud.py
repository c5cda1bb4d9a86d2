"""What clouds charge and nobody needs: each kind by hand."""

from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import periods
from finops_pipeline.finance.opportunities import cloud
from finops_pipeline.finance.opportunities.register import SavingAssumptions

DECIMAL = pd.ArrowDtype(pa.decimal128(38, 15))
ASSUMED = SavingAssumptions()
OWNERS = {"A1": "DE"}
MONTHS = ["2026-01", "2026-02", "2026-03"]
_CHARGE: dict[str, Any] = {
    "billing_account_id": "A1", "service_category": "Compute", "service_name": "Machines", "currency": "USD",
    "charge_category": "Usage", "pricing_category": "Standard", "commitment_discount_status": None,
    "capacity_reservation_id": None, "capacity_reservation_status": None, "resource_id": None,
    "contracted_cost": "0", "effective_cost": "0", "consumed_quantity": None, "file_id": "f1",
}  # fmt: skip


def lazily(*charges: dict[str, Any]) -> nw.LazyFrame[Any]:
    """Charges, each in every one of the three months unless it names its own."""
    rows = [_CHARGE | {"period": p} | c for c in charges for p in ([c["period"]] if "period" in c else MONTHS)]
    frame = pd.DataFrame(rows)
    exact = ["contracted_cost", "effective_cost", "consumed_quantity"]
    for name in exact:
        frame[name] = pd.array([None if v is None else Decimal(v) for v in frame[name]], dtype=DECIMAL)
    words = [c for c in frame.columns if c not in exact]
    return nw.from_native(frame.astype(dict.fromkeys(words, "str"))).lazy()


def used(*charges: dict[str, Any]) -> pd.DataFrame:
    found: pd.DataFrame = cloud.committable_usage(lazily(*charges), MONTHS, ["Compute"]).collect().to_native()
    return found


STANDARD = {"contracted_cost": "100", "effective_cost": "100"}
COVERED = {
    "contracted_cost": "50", "effective_cost": "40", "pricing_category": "Committed", "commitment_discount_status": "Used",
}  # fmt: skip


def test_usage_that_is_there_every_month_and_that_no_commitment_covers() -> None:
    more = STANDARD | {"period": "2026-02", "contracted_cost": "900"}
    unused = COVERED | {"commitment_discount_status": "Unused", "contracted_cost": "7"}
    rows = used(
        STANDARD, more, COVERED, unused, STANDARD | {"charge_category": "Tax"}, STANDARD | {"period": "2025-01"}
    )
    (one,) = cloud.commitment_gap(rows, OWNERS, ASSUMED)
    # 100 a month are always there; the account's commitments take a fifth off: 1,200 x 0.1 to 1,200 x 0.2
    assert (one.entity_id, one.about, one.low, one.high) == ("DE", ("A1", "Compute"), 12_000, 24_000)
    assert [e["standard"] for e in one.evidence] == ["100", "1000", "100"]
    assert "1,200 USD a year" in one.subject


def test_without_commitments_of_its_own_the_discount_is_assumed() -> None:
    (one,) = cloud.commitment_gap(used(STANDARD), {}, ASSUMED)
    assert (one.entity_id, one.low, one.high) == (None, 12_000, 36_000)
    assert one.evidence[0]["discount"] == "10.0% to 30.0%"


def test_no_gap_where_enough_is_covered_or_usage_does_not_last() -> None:
    assert cloud.commitment_gap(used(STANDARD, COVERED | {"contracted_cost": "400"}), OWNERS, ASSUMED) == []
    assert cloud.commitment_gap(used(COVERED), OWNERS, ASSUMED) == []
    assert cloud.commitment_gap(used(STANDARD | {"period": "2026-03"}), OWNERS, ASSUMED) == []
    assert len(used(STANDARD | {"service_category": "Storage"})) == 0


def unused(*charges: dict[str, Any]) -> list[Any]:
    rows = cloud.idle(lazily(*charges), MONTHS).collect().to_native()
    return cloud.idle_resources(rows, OWNERS, {"f1": "bill.csv"})


IDLE = {"resource_id": "vm-1", "effective_cost": "10.00", "consumed_quantity": "0"}


def test_a_resource_of_which_nothing_was_metered_in_three_months() -> None:
    (one,) = unused(IDLE, IDLE | {"period": "2026-02", "effective_cost": "5"})
    assert (one.about, one.low, one.high) == (
        ("A1", "resource", "vm-1"),
        6_000,
        12_000,
    )  # twelve times the least, 10.00
    assert one.evidence[1] == {"period": "2026-02", "service": "Machines", "effective_cost": "15", "file": "bill.csv"}


def test_reserved_capacity_that_is_unused_needs_no_meter() -> None:
    reserved = {"capacity_reservation_id": "r-1", "capacity_reservation_status": "Unused", "effective_cost": "1"}
    (one,) = unused(reserved | {"resource_id": "vm-9"}, reserved | {"capacity_reservation_status": "Used"})
    assert (one.about, one.high) == (("A1", "capacity reservation", "r-1"), 1_200)


def test_what_is_used_or_not_metered_or_idle_for_a_month_only_is_not_idle() -> None:
    busy = IDLE | {"consumed_quantity": "2"}
    assert unused(busy) == []
    assert unused(IDLE, busy | {"period": "2026-02"}) == []  # it worked in one of the months
    assert unused(IDLE | {"consumed_quantity": None}) == []
    assert unused(IDLE | {"period": "2026-01"}) == []
    assert unused(IDLE | {"effective_cost": "0.0001"}) == []  # comes to nothing
    assert unused(IDLE | {"commitment_discount_status": "Unused"}) == []  # told as an unused commitment
    assert unused(IDLE | {"resource_id": None}) == []


def bills(last: list[int], months: int = 72) -> pd.DataFrame:
    """A service of about 1,000.00 a month and, in the last months, as given; other charges are no usage."""
    noise = np.random.default_rng(5).integers(-1_000, 1_000, months)
    costs = [100_000 + int(n) for n in noise[: months - len(last)]] + last
    span = periods.span(periods.add("2026-03", 1 - months), "2026-03")
    rows = [(p, "A1", "Machines", "USD", "Usage", Decimal(c) / 100) for p, c in zip(span, costs, strict=True)]
    rows += [
        ("2026-04", "A1", "Machines", "USD", "Usage", Decimal(9)),
        ("2026-03", "A1", "Machines", "USD", "Tax", Decimal(9_999)),
    ]
    names = ["period", "billing_account_id", "service_name", "currency", "charge_category", "effective_cost"]
    return pd.DataFrame(rows, columns=names)


def test_a_service_that_jumped_is_a_spike_and_a_level_when_it_stays() -> None:
    (spike,) = cloud.unusual_services(bills([150_000]), "2026-03", OWNERS)
    assert (spike.about, spike.low, spike.evidence[0]["anomaly"]) == (("A1", "Machines"), 0, "spike")
    assert abs(spike.high - 50_000) < 2_000
    (level,) = cloud.unusual_services(bills([150_000, 150_000]), "2026-03", OWNERS)
    assert level.identifier == spike.identifier
    assert level.high == 12 * level.low
    assert level.evidence[0]["anomaly"] == "level_shift"


def test_a_service_that_is_usual_cheaper_or_young_is_no_anomaly() -> None:
    for costs in (bills([100_000]), bills([40_000]), bills([150_000], months=12)):
        assert cloud.unusual_services(costs, "2026-03", OWNERS) == []


def test_what_lasts_lasts_three_months() -> None:
    assert cloud.months_until("2026-03") == MONTHS
