"""One batch of one dataset, from files to the lake: stage, match, write, account for every row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.model import Table
from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance.currency import Rates
from finops_pipeline.intake import account, records
from finops_pipeline.intake.known import KnownFiles, NewFile
from finops_pipeline.settings import Settings
from finops_pipeline.sources.model import Dataset, Reading, match
from finops_pipeline.storage import accepting, matching
from finops_pipeline.storage.engine import Engine, literal, parquet
from finops_pipeline.storage.files import FileRejectedError, read_header, sheets_left_out
from finops_pipeline.storage.lake import Lake
from finops_pipeline.storage.parsing import first_day
from finops_pipeline.storage.staging import LOOKUPS, Stage, StagedFile
from finops_pipeline.storage.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Context:
    """What a batch works with."""

    settings: Settings
    lake: Lake
    engine: Engine
    warehouse: Warehouse
    known: KnownFiles


@dataclass(slots=True)
class Outcome:
    """What a batch did: what to write down, and the periods it touched ("" for a table without periods)."""

    written: list[records.Records] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Keys:
    """The file's columns under unique names, as they appear in the text of a quarantined row."""

    names: list[str]
    positions: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A file whose header fits its dataset."""

    file: NewFile
    staged: StagedFile
    reading: Reading
    keys: _Keys


def parents(table: Table) -> set[str]:
    """The tables whose arrival may let held rows of a table enter."""
    found = {c.reference.table for c in table.columns if c.reference}
    if table.name in LOOKUPS:
        found.add(LOOKUPS[table.name][0])
    if table.name == "budget_lines":
        found.add("fx_rates")
    return found


def stored(context: Context, tables: Iterable[str]) -> dict[str, str]:
    """SQL source of each of these tables that has rows in the lake."""
    files = {name: context.lake.files(TABLES[name]) for name in tables}
    return {name: parquet(found) for name, found in files.items() if found}


def take_in(context: Context, dataset: Dataset, files: list[NewFile], held: pd.DataFrame) -> Outcome:
    """Take in a batch of files, and the held rows of earlier files, of one dataset."""
    outcome = Outcome()
    sources = stored(context, parents(dataset.table))
    stage = Stage(context.engine, dataset.table, sources, dataset.nulls)
    stage.allocation_tags = context.settings.allocation_tags
    sequence = context.known.sequence(dataset, files)
    keys: dict[int, _Keys] = {}
    entered = _load_files(stage, dataset, files, sequence, keys, outcome)
    _load_held(stage, dataset, held, sequence, keys)
    if not stage.files:
        return outcome
    replaced = context.known.replaced_by(dataset, entered) if not dataset.table.key else set()
    match_rows(context, stage, sequence, sources, replaced, {f.file_id: f.landing.received_at for f in files})
    matching.keep_replaced(stage, [seq for seq, f in stage.files.items() if f.landing is None])
    periods = accepting.touched_periods(stage)
    accepting.write(stage, context.lake, periods)
    outcome.touched = {p or "" for p in periods}
    names = {seq: k.names for seq, k in keys.items()}
    book = account.Book(stage, dataset, context.lake, periods, {sequence[f.file_id]: f for f in entered}, names)
    outcome.written += book.entries(context.warehouse, context.known, held)
    return outcome


def _load_files(
    stage: Stage,
    dataset: Dataset,
    files: list[NewFile],
    sequence: dict[str, int],
    keys: dict[int, _Keys],
    outcome: Outcome,
) -> list[NewFile]:
    """Stage what can be staged; a file that cannot is rejected whole. Returns the files that entered."""
    ready: list[_Ready] = []
    for file in files:
        header: list[str] = []
        try:
            header = read_header(file.landing.path, stage.engine)
            reading = _accepted_reading(dataset, header)
        except FileRejectedError as error:
            outcome.written.append(records.rejection(file, error.rule, str(error), error.rows, header))
            continue
        staged = StagedFile(sequence[file.file_id], file.file_id, file.landing)
        ready.append(_Ready(file, staged, reading, _unique_keys(dataset, reading)))
    entered = []
    for group in _groups(stage, ready):
        for one in _stage_group(stage, group, outcome):
            keys[one.staged.file_seq] = one.keys
            entered.append(one.file)
    return entered


def _groups(stage: Stage, ready: list[_Ready]) -> list[list[_Ready]]:
    """Neighbors with the same header are read together where that is possible."""
    groups: list[list[_Ready]] = []
    for one in ready:
        before = groups[-1][-1] if groups else None
        together = (
            before is not None
            and before.reading.header == one.reading.header
            and stage.reads_together(before.file.landing.path)
            and stage.reads_together(one.file.landing.path)
        )
        if together:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _stage_group(stage: Stage, group: list[_Ready], outcome: Outcome) -> list[_Ready]:
    """Stage a group; when one of its files cannot be read, each is tried alone."""
    first = group[0]
    try:
        stage.load([one.staged for one in group], first.keys.names, first.reading.positions)
    except FileRejectedError as error:
        if len(group) > 1:
            return [done for one in group for done in _stage_group(stage, [one], outcome)]
        outcome.written.append(records.rejection(first.file, error.rule, str(error), 0, list(first.reading.header)))
        return []
    entered = []
    for one in group:
        try:
            stage.refuse_if_cut(one.staged)
        except FileRejectedError as error:
            stage.drop(one.staged)
            header = list(one.reading.header)
            outcome.written.append(records.rejection(one.file, error.rule, str(error), error.rows, header))
            continue
        notes = [unknown_columns(one.reading), sheets_left_out(one.file.landing.path), one.staged.note]
        one.staged.note = "; ".join(n for n in notes if n) or None
        entered.append(one)
    return entered


def _accepted_reading(dataset: Dataset, header: list[str]) -> Reading:
    reading = match(dataset, header)
    refuse_misfit(reading)
    return reading


def refuse_misfit(reading: Reading) -> None:
    """A file whose header does not fit stays out whole. Raises: FileRejectedError."""
    if not reading.header:
        raise FileRejectedError("FILE-COLUMN", "the file is empty: it has no header")
    if reading.missing:
        alone = reading.header[0] if len(reading.header) == 1 else ""
        hint = next((f" (are its fields separated by {s!r}? use commas)" for s in ";\t|" if s in alone), "")
        missing = ", ".join(reading.missing)
        raise FileRejectedError("FILE-COLUMN", f"required columns are missing: {missing}{hint}")
    if reading.repeated:
        raise FileRejectedError("FILE-COLUMN", f"columns occur twice: {', '.join(reading.repeated)}")


def unknown_columns(reading: Reading) -> str | None:
    """What to note of the columns that are not read."""
    return f"unknown columns left out: {', '.join(reading.unknown)}" if reading.unknown else None


def _unique_keys(dataset: Dataset, reading: Reading) -> _Keys:
    positions = dict(reading.positions)
    by_position = {i: dataset.header_of(name) for name, i in positions.items()}
    names: list[str] = []
    for i, header in enumerate(reading.header):
        wanted = by_position.get(i) or header.strip() or "column"
        taken = {n.lower() for n in names} | {n.lower() for j, n in by_position.items() if j != i}
        names.append(wanted if wanted.lower() not in taken else f"{wanted} ({i + 1})")
    return _Keys(names, positions)


def _load_held(
    stage: Stage, dataset: Dataset, held: pd.DataFrame, sequence: dict[str, int], keys: dict[int, _Keys]
) -> None:
    columns = [c.name for c in dataset.table.columns if c.in_file]
    names = [dataset.header_of(c) for c in columns]
    for file_id, rows in held.groupby("file_id"):
        seq = sequence[str(file_id)]
        keys[seq] = _Keys(names, {c: i for i, c in enumerate(columns)})
        stage.load_held(StagedFile(seq, str(file_id), None), rows, names, keys[seq].positions)


def match_rows(
    context: Context,
    stage: Stage,
    sequence: Mapping[str, int],
    sources: dict[str, str],
    replaced: Iterable[str],
    arrived: Mapping[str, datetime],
) -> None:
    """Rows against other rows, staged or in the lake.

    `replaced`: for rows without a key, the files they replace. `arrived`: when the new files arrived.
    """
    matching.mark_unknown_references(stage, sources)
    if stage.table.name == "budget_lines":
        _mark_locked_versions(context, stage, arrived)
        _mark_missing_rates(context, stage)
    matching.set_file_order(stage, sequence)
    lake_files = context.lake.files(stage.table)
    if not stage.table.key:
        matching.find_replaced_files(stage, lake_files, replaced)
        return
    matching.find_suspects(stage)
    matching.find_existing(stage, lake_files)
    matching.mark_repeated_keys(stage)
    if stage.table.name == "journal_lines":
        matching.mark_unbalanced_journals(stage)


def _mark_locked_versions(context: Context, stage: Stage, new: Mapping[str, datetime]) -> None:
    """Changes of a version that was locked before their file arrived are refused: what was approved stays."""
    versions = context.lake.read(TABLES["budget_versions"])
    known = {**dict(zip(context.known.rows["file_id"], context.known.rows["received_at"], strict=True)), **new}
    arrived = {seq: known[f.file_id].date() for seq, f in stage.files.items()}
    locked = versions[versions["locked_on"].notna()]
    for version, day in zip(locked["version"], pd.to_datetime(locked["locked_on"]).dt.date, strict=True):
        late = [seq for seq, received in arrived.items() if received > day]
        if late:
            message = f"{version} is locked since {day.isoformat()}"
            matching.mark_changed_when_locked(stage, context.lake.files(stage.table), str(version), late, message)


def _mark_missing_rates(context: Context, stage: Stage) -> None:
    """Budget lines in a currency that cannot be converted to the entity's for their month are held back."""
    entities = stage.parents.get("entities")
    if entities is None:
        return
    rates = Rates.of(context.lake.read(TABLES["fx_rates"]))
    for entity, currency, functional, period in matching.foreign_budgets(stage, entities):
        try:
            rates.rate(currency, functional, "budget", period)
        except MissingRateError:
            place = f"entity_id = {literal(entity)} AND currency = {literal(currency)} AND period = {first_day(literal(period))}"
            matching.mark_rows(stage, "FX-RATE", "currency", place, f"{currency} to {functional} in {period}")
