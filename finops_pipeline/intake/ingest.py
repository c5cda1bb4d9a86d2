"""The order of one night's intake: which files are new, dataset by dataset, and what is written down about them.

Master data come first, so that what refers to them finds them. Rows that were held back (unknown reference, journal
that does not balance, no budget rate) are staged again beside the new files whenever something they may wait for has
arrived. A file is written down only after its rows are in the lake: if the night breaks off in between, the file is
read again, and its rows replace themselves.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from finops_pipeline.contracts.intake import INGESTED_FILES, LEFT_OUT, QUARANTINE, RECONCILIATION
from finops_pipeline.intake import batch, records
from finops_pipeline.intake.deriving import Turn
from finops_pipeline.intake.known import IDENTITY, KnownFiles, NewFile, identified, unread
from finops_pipeline.settings import Settings
from finops_pipeline.sources import registry
from finops_pipeline.sources.derivation import Derivation, Extract
from finops_pipeline.sources.model import Dataset
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.lake import Lake
from finops_pipeline.storage.landing import DigestCache, inventory
from finops_pipeline.storage.warehouse import Warehouse

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What a night's intake did.

    `files`: the rows of `ingested_files` that are new or changed. `touched`: for each canonical table that changed,
    the periods whose partitions were rewritten, or `("",)` for a table without periods.
    """

    files: pd.DataFrame
    touched: dict[str, tuple[str, ...]]

    @property
    def new_files(self) -> int:
        """Files read this night."""
        return len(self.files)


def pending(settings: Settings, warehouse: Warehouse, now: datetime) -> list[NewFile]:
    """The files in landing that have not been read yet, earliest first; the same content is listed once."""
    known = warehouse.read(INGESTED_FILES, columns=IDENTITY)
    return unread(_landed(settings, now, known), known)


def _landed(settings: Settings, now: datetime, known: pd.DataFrame) -> list[NewFile]:
    """Every complete file in landing, earliest first."""
    digests = DigestCache(settings.home / "lake" / ".landing_digests.json")
    files = inventory(settings.landing_path, settle_seconds=settings.settle_seconds, now=now)
    found = [NewFile(digests.of(file), file, registry.find(file.source, file.dataset)) for file in files]
    digests.save()
    return identified(found, known)


def ingest(
    settings: Settings,
    lake: Lake,
    engine: Engine,
    warehouse: Warehouse,
    *,
    run_id: str,
    now: datetime,
    progress: Progress | None = None,
) -> IntakeResult:
    """Take in everything that is new, and write down what became of every row.

    Raises: TransientError when storage or memory is short for the moment.
    """
    known = KnownFiles(warehouse.read(INGESTED_FILES))
    landed = _landed(settings, now, known.rows)
    new = unread(landed, known.rows)
    night = _Night(settings, lake, engine, warehouse, known, run_id, now, progress, len(new))
    night.reject_unknown([f for f in new if f.dataset is None])
    derivations = registry.derivations(settings.options)
    paged = [f for f in landed if isinstance(f.dataset, Extract) and f.dataset.is_paged]
    night.keep([f for f in new if isinstance(f.dataset, Extract)], derivations, paged)
    for one in registry.in_order(derivations):
        if isinstance(one, Extract):
            night.derive(one)
        else:
            night.take_in(one, [f for f in new if f.dataset is one])
    night.finish()
    return IntakeResult(night.all_files(), {table: tuple(sorted(found)) for table, found in night.touched.items()})


class _Night:
    """What one intake carries from dataset to dataset."""

    def __init__(
        self,
        settings: Settings,
        lake: Lake,
        engine: Engine,
        warehouse: Warehouse,
        known: KnownFiles,
        run_id: str,
        now: datetime,
        progress: Progress | None,
        total: int,
    ) -> None:
        self.settings = settings
        self.lake = lake
        self.engine = engine
        self.warehouse = warehouse
        self.known = known
        self.run_id = run_id
        self.now = now
        self.progress = progress
        self.total = total
        self.done = 0
        self.touched: dict[str, set[str]] = {}
        self._files: dict[str, pd.DataFrame] = {}
        self._held = records.held_rows(warehouse)
        self._turns: dict[str, Turn] = {}

    def reject_unknown(self, files: Iterable[NewFile]) -> None:
        """Files in a folder that no source declares are rejected whole."""
        for file in files:
            folder = f"{file.landing.source}/{file.landing.dataset}".rstrip("/")
            every = registry.folders()
            names = ", ".join(f"{s}/{name}" for s, name in every if s == file.landing.source)
            names = names or "the sources " + ", ".join(dict.fromkeys(s for s, _ in every))
            reason = f"no dataset is called {folder!r}; known are: {names}"
            self._write(records.rejection(file, "FILE-DATASET", reason, 0))

    def take_in(self, dataset: Dataset, files: list[NewFile]) -> None:
        """Take in one dataset: its new files in batches, and held rows where something they wait for has come."""
        waits_for_touched = any(p in self.touched for p in batch.parents(dataset.table))
        held = self._held[(self._held["source"] == dataset.source) & (self._held["dataset"] == dataset.name)]
        if not files and (held.empty or not waits_for_touched):
            return
        for group in _batches(files, self.settings.batch_bytes) or [[]]:
            self._tell(dataset.name)
            outcome = batch.take_in(self._context(), dataset, group, held)
            for written in outcome.written:
                self._write(written)
            self.touched.setdefault(dataset.table.name, set()).update(outcome.touched)
            if not outcome.touched and not self.touched[dataset.table.name]:
                del self.touched[dataset.table.name]
            held = records.held_rows(self.warehouse, dataset) if len(files) > len(group) else held
            self.done += len(group)
        self._tell(dataset.name)

    def keep(self, files: list[NewFile], derivations: Sequence[Derivation], paged: Sequence[NewFile]) -> None:
        """Put the files of systems into the archive. `paged`: all files in landing of extracts that lie in pages."""
        for source in dict.fromkeys(e.source for e in registry.EXTRACTS):
            mine = [f for f in files if f.landing.source == source]
            if mine or self.known.has(source):
                turn = Turn(self._context(), source, registry.EXTRACTS, derivations)
                self._tell(source)
                for written in turn.keep(mine, [f for f in paged if f.landing.source == source]):
                    self._write(written)
                self._turns[source] = turn

    def derive(self, extract: Extract) -> None:
        """Derive what is new of one extract, and what something new concerns."""
        if extract.source in self._turns:
            self._tell(extract.name)
            for table, periods in self._turns[extract.source].derive(extract, self.touched).items():
                if periods:
                    self.touched.setdefault(table, set()).update(periods)

    def finish(self) -> None:
        """Write down what became of the files of systems."""
        for turn in self._turns.values():
            for written in turn.finish():
                self._write(written)
                self.done += 1
            self._tell(turn.source)

    def _context(self) -> batch.Context:
        return batch.Context(self.settings, self.lake, self.engine, self.warehouse, self.known)

    def all_files(self) -> pd.DataFrame:
        """The rows of `ingested_files` written this night, the last version of each."""
        if not self._files:
            return self.warehouse.read(INGESTED_FILES).iloc[0:0]
        return pd.concat(self._files.values(), ignore_index=True)

    def _write(self, written: records.Records) -> None:
        if len(written.released):
            self.warehouse.delete(QUARANTINE, written.released)
        if written.rewritten:
            of_file = pd.DataFrame({"file_id": written.rewritten})
            for table in (QUARANTINE, RECONCILIATION, LEFT_OUT):
                self.warehouse.delete(table, of_file)
        self.warehouse.merge(QUARANTINE, written.quarantine, run_id=self.run_id, loaded_at=self.now)
        self.warehouse.merge(RECONCILIATION, written.reconciliation, run_id=self.run_id, loaded_at=self.now)
        self.warehouse.merge(LEFT_OUT, written.left_out, run_id=self.run_id, loaded_at=self.now)
        self.warehouse.merge(INGESTED_FILES, written.files, run_id=self.run_id, loaded_at=self.now)
        self.known.add(written.files)
        for file_id, rows in written.files.groupby("file_id"):
            self._files[str(file_id)] = rows

    def _tell(self, what: str) -> None:
        if self.progress:
            self.progress(f"reading {what}", self.done, self.total)


def _batches(files: list[NewFile], most: int) -> list[list[NewFile]]:
    """Files in order of arrival, grouped so that a group stays below the batch size; a large file is a group alone."""
    groups: list[list[NewFile]] = []
    size = 0
    for file in sorted(files, key=lambda f: f.landing.order):
        weight = file.landing.size * (8 if file.landing.path.suffix.lower() in (".gz", ".parquet") else 1)
        if not groups or size + weight > most:
            groups.append([])
            size = 0
        groups[-1].append(file)
        size += weight
    return groups
