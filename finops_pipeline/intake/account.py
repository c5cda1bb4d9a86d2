"""The books of a batch: every row read is accepted, duplicate or quarantined, in number and in amount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from finops_pipeline.contracts.intake import INGESTED_FILES, RECONCILIATION
from finops_pipeline.intake import records
from finops_pipeline.intake.known import KnownFiles, NewFile
from finops_pipeline.sources.model import Dataset
from finops_pipeline.storage import accepting
from finops_pipeline.storage.lake import Lake
from finops_pipeline.storage.staging import Stage
from finops_pipeline.storage.warehouse import Warehouse

_TOTALS = ("source_total", "accepted_total", "duplicate_total", "quarantined_total")


@dataclass(frozen=True, slots=True)
class Book:
    """A batch after its rows were written. `new`: new files by sequence; `names`: each file's column names."""

    stage: Stage
    dataset: Dataset
    lake: Lake
    periods: Sequence[str | None]
    new: Mapping[int, NewFile]
    names: Mapping[int, Sequence[str]]

    def entries(self, warehouse: Warehouse, known: KnownFiles, held: pd.DataFrame) -> list[records.Records]:
        """Everything to write down about the batch."""
        rejected = accepting.rejected(self.stage, self.names)
        out = records.quarantine_rows(self.dataset, rejected, self._file_ids())
        new = self._new_files(out)
        return [new, self._earlier_files(warehouse, known, held, out)] if len(held) else [new]

    def _new_files(self, still_out: pd.DataFrame) -> records.Records:
        """Files, quarantine and control totals of the files read for the first time."""
        source = accepting.source_totals(self.stage, self._header_of())
        accepted = accepting.accepted_totals(self.stage, self.lake, self.periods)
        duplicate = accepting.duplicate_totals(self.stage)
        out = accepting.quarantined_totals(self.stage, self._header_of())
        parts = [{k: v for k, v in part.items() if k[0] in self.new} for part in (source, accepted, duplicate, out)]
        totals = records.reconciliation_rows(self.dataset.name, self._file_ids(), *parts)
        counts = accepting.counts(self.stage)
        rows = [
            records.file_row(
                file, "accepted", self.stage.files[seq].rows, counts[seq].accepted, counts[seq].duplicate,
                counts[seq].quarantined, self.stage.files[seq].note,
            )
            for seq, file in self.new.items()
        ]  # fmt: skip
        return records.Records(records.frame(INGESTED_FILES, rows), still_out, totals)

    def _earlier_files(
        self, warehouse: Warehouse, known: KnownFiles, held: pd.DataFrame, out: pd.DataFrame
    ) -> records.Records:
        """What changes for files read on earlier nights: held rows that enter now leave the quarantine."""
        key = ["file_id", "row_number"]
        left = held[key].merge(out[key], how="left", indicator=True)
        released = left[left["_merge"] == "left_only"][key].reset_index(drop=True)
        if released.empty:
            return records.Records(records.frame(INGESTED_FILES, []))
        ids = set(released["file_id"])
        files = known.rows[known.rows["file_id"].isin(ids)].copy()
        moved = files["file_id"].map(released["file_id"].value_counts())
        files["rows_accepted"] += moved
        files["rows_quarantined"] -= moved
        return records.Records(files, reconciliation=self._moved_totals(warehouse, ids), released=released)

    def _moved_totals(self, warehouse: Warehouse, ids: set[str]) -> pd.DataFrame:
        staged = accepting.source_totals(self.stage, self._header_of())
        out = accepting.quarantined_totals(self.stage, self._header_of())
        seqs = {f: seq for seq, f in self._file_ids().items()}
        rows: list[tuple[object, ...]] = []
        known = warehouse.read(RECONCILIATION)
        for row in known[known["file_id"].isin(ids)].astype(object).to_dict("records"):
            currency = None if pd.isna(row["currency"]) else str(row["currency"])
            key = (seqs[str(row["file_id"])], currency, str(row["measure"]))
            moved = staged.get(key, Decimal(0)) - out.get(key, Decimal(0))
            source, accepted, duplicate, kept_out = (Decimal(str(row[name])) for name in _TOTALS)
            amounts = (source, accepted + moved, duplicate, kept_out - moved)
            place = (row["file_id"], row["dataset"], currency, row["measure"])
            rows.append((*place, *amounts, source - accepted - duplicate - kept_out, Decimal(0)))
        return records.frame(RECONCILIATION, rows)

    def _file_ids(self) -> dict[int, str]:
        return {seq: f.file_id for seq, f in self.stage.files.items()}

    def _header_of(self) -> dict[str, str]:
        return {c.name: self.dataset.header_of(c.name) for c in self.dataset.table.columns if c.in_file}
