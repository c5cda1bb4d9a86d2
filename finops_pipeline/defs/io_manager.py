"""The I/O manager: reads exactly what an asset asks for and replaces exactly the months a run makes.

The contract says where a table lives. The annotation of the input says which size of frame it becomes. What failed a
blocking check is not handed on, whichever run asks for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import pandas as pd
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from finops_pipeline.contracts import catalog
from finops_pipeline.contracts.model import Table
from finops_pipeline.defs.failing import retrying_only_transient
from finops_pipeline.defs.house import House, Published
from finops_pipeline.defs.metadata import control_totals
from finops_pipeline.errors import CheckFailedError

WRITE = "finops/write"
"""Definition metadata of an asset: whether its rows replace, are merged by key, or are added."""
EVERYTHING = "finops/everything"
"""Metadata of an input that is wanted whole, whatever the months of the run."""


class ContractIO(dg.IOManager):
    """Lake or warehouse, by contract. `checks`: the blocking checks of each table."""

    def __init__(self, house: House, checks: Mapping[str, Sequence[str]]) -> None:
        self.house = house
        self.checks = checks
        self._good: set[dg.AssetKey] = set()

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Replace the months of the run (or the whole table, where it has none), and say how much was written."""
        table = catalog.table(context.asset_key.path[-1])
        wanted = list(context.asset_partition_keys) if context.has_asset_partitions else None
        how = (context.definition_metadata or {}).get(WRITE, "replace")
        with retrying_only_transient():
            self._write(table, obj, wanted, context.run_id, how)
        self.house.forget(table)
        first, last = (wanted[0], wanted[-1]) if wanted else (None, None)
        self.house.published[table.name] = Published(table.name, len(obj), first, last)
        context.add_output_metadata({"dagster/row_count": len(obj), **control_totals(table, self._once(obj))})

    def _once(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows without those of the group, whose amounts are those of its entities once more."""
        group = self.house.settings.group_entity
        return frame[frame["entity_id"] != group] if group and "entity_id" in frame.columns else frame

    def _write(self, table: Table, frame: pd.DataFrame, wanted: Sequence[str] | None, run_id: str, how: str) -> None:
        if table.home == "lake":
            self.house.lake.replace(table, frame, wanted)
        elif how == "merge":
            self.house.warehouse.merge(table, frame, run_id=run_id, loaded_at=self.house.now)
        elif how == "append":
            self.house.warehouse.append(table, frame, run_id=run_id, loaded_at=self.house.now)
        else:
            self.house.warehouse.replace(table, frame, periods=wanted, run_id=run_id, loaded_at=self.house.now)

    def load_input(self, context: dg.InputContext) -> Any:
        """The months that the consumer's partitions stand on, as the frame its annotation asks for."""
        table = catalog.table(context.asset_key.path[-1])
        whole = (context.definition_metadata or {}).get(EVERYTHING) or not context.has_asset_partitions
        wanted = None if whole else list(context.asset_partition_keys)
        with retrying_only_transient():
            self._refuse_if_broken(context)
            if context.dagster_type.typing_type is pd.DataFrame:
                return self.house.read(table, wanted)
            return self.house.scan(table, wanted)

    def _refuse_if_broken(self, context: dg.InputContext) -> None:
        """Within a run Dagster stops what stands on a failed check by itself; this asks about earlier runs.

        Raises: CheckFailedError naming the check.
        """
        key = context.asset_key
        if key in self._good or key in context.step_context.job_def.asset_layer.selected_asset_keys:
            return
        keys = [dg.AssetCheckKey(key, name) for name in self.checks[key.path[-1]]]
        storage = context.step_context.instance.event_log_storage
        latest = storage.get_latest_asset_check_execution_by_key(keys)
        failed = [k.name for k, r in latest.items() if r.status == AssetCheckExecutionRecordStatus.FAILED]
        if failed:
            raise CheckFailedError(
                f"{key.to_user_string()} failed its blocking check {', '.join(failed)}: nothing is made from it until "
                f"it is made again and passes"
            )
        self._good.add(key)
