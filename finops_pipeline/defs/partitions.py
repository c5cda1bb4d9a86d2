"""Months as Dagster partitions, and which earlier months an asset stands on."""

from collections.abc import Mapping, Sequence

import dagster as dg

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.defs.house import House
from finops_pipeline.finance import periods

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
_WITHOUT_DATA = 24
"""Months of partitions before there are any data."""
_YET_TO_COME = 120
"""Months that may begin while a process that has loaded the definitions lives."""


def months(house: House) -> dg.TimeWindowPartitionsDefinition:
    """Monthly partitions from the first month of data to the current month, or the last month of data if later."""
    today = periods.of(house.today)
    stored = [p for name in ("journal_lines", "cloud_costs", "drivers") for p in house.lake.periods(TABLES[name])]
    first = house.settings.first_period or min(stored, default=periods.add(today, 1 - _WITHOUT_DATA))
    this_month = periods.of(house.now.date())
    ahead = max(1, 1 + periods.months_between(this_month, max([this_month, *stored])))
    return dg.TimeWindowPartitionsDefinition(
        start=first, cron_schedule="0 0 1 * *", fmt="%Y-%m", end_offset=ahead, timezone="UTC"
    )


def same_month() -> dg.PartitionMapping:
    """Each month stands on the same month of what it is made from."""
    return dg.TimeWindowPartitionMapping()


def all_months_up_to(months: dg.TimeWindowPartitionsDefinition) -> dg.PartitionMapping:
    """Each month stands on all months up to it: a restated month flows to every later one.

    The offset reaches back to the first partition and no further: Dagster walks over every month of it, each time.
    """
    reach = months.get_num_partitions() + _YET_TO_COME
    return dg.TimeWindowPartitionMapping(start_offset=-reach, allow_nonexistent_upstream_partitions=True)


def range_tags(first: str, last: str) -> dict[str, str]:
    """The tags of a run over a range of months."""
    return {RANGE_START: first, RANGE_END: last}


def covered(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The months of a run by its tags; none for a run without months."""
    one = tags.get("dagster/partition")
    first, last = tags.get(RANGE_START, one), tags.get(RANGE_END, one)
    return tuple(periods.span(first, last)) if first and last else ()


def runs_of(wanted: Sequence[str]) -> list[tuple[str, str]]:
    """Months as the fewest ranges that hold them and no others.

    >>> runs_of(["2026-03", "2026-01", "2026-02", "2026-06"])
    [('2026-01', '2026-03'), ('2026-06', '2026-06')]
    """
    ranges: list[tuple[str, str]] = []
    for period in sorted(set(wanted)):
        if ranges and periods.add(ranges[-1][1], 1) == period:
            ranges[-1] = (ranges[-1][0], period)
        else:
            ranges.append((period, period))
    return ranges
