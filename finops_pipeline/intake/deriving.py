"""Files of systems: kept as they are, and made into canonical rows together with everything they refer to.

First the rows of every new file go to the archive. Then, extract by extract in the order of ingestion, canonical rows
are derived from the new files, and again from earlier files that something new concerns: a header whose status
changed, a text that has arrived, an account that rows waited for. Deriving a file again is deriving it for the first
time: what it made before is taken back, and its account is written anew. A file is written down only at the end, so
that a night that breaks off begins again.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pandas as pd

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.intake import INGESTED_FILES, LEFT_OUT, QUARANTINE, RECONCILIATION
from finops_pipeline.errors import ContractError
from finops_pipeline.intake import batch, messages, records
from finops_pipeline.intake.known import NewFile
from finops_pipeline.sources.derivation import Derivation, Extract, Lookup, concerned, match_extract, select
from finops_pipeline.storage import accepting, deriving, outcomes, vocabulary
from finops_pipeline.storage.archive import Again, Archive, Kept, Place, declared
from finops_pipeline.storage.files import FileRejectedError, sheets_left_out
from finops_pipeline.storage.reading import layout_of
from finops_pipeline.storage.staging import Stage, StagedFile


@dataclass(slots=True)
class FileBook:
    """What is to be written down about one file: what was kept of it, and what its derivations made of it."""

    extract: Extract
    kept: Kept
    fates: outcomes.Fates = field(default_factory=outcomes.Fates)
    quarantine: list[tuple[object, ...]] = field(default_factory=list)
    totals: list[pd.DataFrame] = field(default_factory=list)
    is_derived: bool = False


@dataclass(frozen=True, slots=True)
class _Work:
    """Files of one extract to derive: those not yet written down, and earlier ones that something new concerns."""

    new: tuple[str, ...]
    again: tuple[str, ...]

    def groups(self, size_of: dict[str, int], most: int) -> list[list[str]]:
        """In order of arrival; earlier files are derived together, because they speak of one another's rows."""
        if self.again:
            return [[*self.again, *self.new]]
        found: list[list[str]] = []
        size = 0
        for file_id in self.new:
            if not found or size + size_of[file_id] > most:
                found.append([])
                size = 0
            found[-1].append(file_id)
            size += size_of[file_id]
        return found


class Turn:
    """One system's files in one night."""

    def __init__(
        self, context: batch.Context, source: str, extracts: Sequence[Extract], derivations: Sequence[Derivation]
    ) -> None:
        self.context = context
        self.source = source
        self.extracts = {e.name: e for e in extracts if e.source == source}
        self.derivations = [d for d in derivations if d.source == source]
        self.archive = Archive(context.settings.lake_path, context.engine)
        self.books: dict[str, FileBook] = {}
        self._declared = _fingerprint(self.derivations)
        self._is_declared_anew = declared(context.settings.lake_path, source) not in (None, self._declared)
        self._files: dict[str, NewFile] = {}
        self._shelves: dict[str, deriving.Shelf] = {}

    # -- keeping ------------------------------------------------------------------------------------------------

    def keep(self, files: Iterable[NewFile], landed: Sequence[NewFile] = ()) -> list[records.Records]:
        """Put the rows of new files into the archive. Returns what is to be written about those that stay out.

        `landed`: all files in landing of extracts that lie in pages, in which known ones may have come again.
        """
        rejected = []
        for file in files:
            extract = self.extracts[file.dataset.name] if file.dataset else None
            if extract is None:  # pragma: no cover - callers pass files of this system
                raise ValueError(file.file_name)
            header: list[str] = []
            try:
                header, layout = layout_of(
                    file.landing.path, self.context.engine, extract.required, extract.name, extract.named,
                    is_ragged=extract.is_printed,
                )  # fmt: skip
                reading = match_extract(extract, header)
                batch.refuse_misfit(reading)
                kept = self.archive.keep(
                    _place(extract), file.file_id, file.landing.path, header, reading.positions, layout
                )
            except FileRejectedError as error:
                rejected.append(records.rejection(file, error.rule, str(error), error.rows, header))
                continue
            notes = [batch.unknown_columns(reading), sheets_left_out(file.landing.path), kept.note]
            note = "; ".join(n for n in notes if n) or None
            self.books[file.file_id] = FileBook(extract, Kept(kept.rows, kept.short_rows, note))
            self._files[file.file_id] = file
        self._expose(landed)
        return rejected

    def _expose(self, landed: Sequence[NewFile]) -> None:
        """Show the engine the kept rows, with the new files and without."""
        engine = self.context.engine
        vocabulary.declare(engine)
        for function in {f.name: f for d in self.derivations for f in d.functions}.values():
            vocabulary.declare_function(engine, function.name, function.call, function.parameters)
        before = []
        for name, extract in self.extracts.items():
            new = [f for f in self._files.values() if f.dataset is extract]
            order = self.context.known.sequence(extract, new)
            earlier = self.context.known.accepted(extract)
            kept = {f: order[f] for f in (*earlier, *(n.file_id for n in new))}
            known = self.archive.again(_place(extract))
            again = [*known, *self._came_again(extract, new, landed, known)] if extract.is_paged else []
            then = {f: order[f] for f in earlier}
            self._shelves[name] = deriving.Shelf(_place(extract), extract.key, kept, self._placed(extract, new, again))
            before.append(deriving.Shelf(_place(extract), extract.key, then, self._placed(extract, new, known)))
        deriving.expose(engine, self.archive, self.source, list(self._shelves.values()))
        deriving.expose(engine, self.archive, self.source + deriving.BEFORE, before)

    def _came_again(
        self, extract: Extract, new: list[NewFile], landed: Sequence[NewFile], known: Sequence[Again]
    ) -> list[Again]:
        """The files that came again unchanged tonight: their rows still stood then, if new ones came beside them.

        A file that is only touched or copied comes beside no new one, and says nothing.
        """
        rows = self.context.known.of(extract)
        last = dict(zip(rows["file_id"], rows["received_at"], strict=True))
        last |= {a.file_id: max(a.received_at, last[a.file_id]) for a in known if a.file_id in last}
        beside = tuple(f.file_id for f in new)
        latest = {
            f.file_id: Again(f.file_id, f.landing.received_at, f.file_name, beside)
            for f in landed  # earliest first
            if f.dataset is extract and f.file_id in last and f.landing.received_at > last[f.file_id]
        }
        if latest:
            self.archive.note_again(_place(extract), [*known, *latest.values()])
        return list(latest.values())

    def _placed(self, extract: Extract, new: list[NewFile], again: Sequence[Again]) -> list[tuple[str, float, str]]:
        """Files that came again, each with its place among all arrivals, beside each of the new ones."""
        before = self.context.known.before
        in_order = sorted(again, key=lambda a: (a.received_at, a.file_name))
        places = [(a, before(extract, new, a) - 1 + i / (len(again) + 1)) for i, a in enumerate(in_order, start=1)]
        return [(a.file_id, place, one) for a, place in places for one in a.beside]

    # -- deriving -----------------------------------------------------------------------------------------------

    def derive(self, extract: Extract, touched: Collection[str]) -> dict[str, set[str]]:
        """Derive what is new of one extract, and again what something new concerns. Returns the periods touched."""
        mine = [d for d in self.derivations if d.rows is extract]
        if not mine:
            return {}
        deriving.expose_lake(self.context.engine, self._lake_tables(mine))
        again = {f for d in mine for f in self._concerned(d, touched)}
        new = [f for f in self._files if self.books[f].extract is extract]
        work = self._work(extract, new, again)
        for file_id in work.again:
            self.books[file_id] = self._book_of_earlier(extract, file_id)
        found: dict[str, set[str]] = {}
        for derivation in mine:
            self._look_up(derivation.lookups if work.new or work.again else ())
            for group in work.groups(self._sizes(), self.context.settings.batch_bytes):
                found.setdefault(derivation.table.name, set()).update(self._derive_group(derivation, group))
        self._prove_complete([*work.new, *work.again])
        return found

    def _lake_tables(self, derivations: Sequence[Derivation]) -> dict[str, str]:
        names = {s.removeprefix("lake.") for d in derivations for k in d.lookups for s in k.sources if "." in s}
        found = batch.stored(self.context, names)
        return {n: found.get(n) or deriving.nothing(TABLES[n]) for n in names}

    def _concerned(self, derivation: Derivation, touched: Collection[str]) -> set[str]:
        """Earlier files with a row whose partner has changed, or with a row that waits for what has been touched."""
        earlier = [f for f in self.context.known.accepted(derivation.rows) if f not in self._files]
        if not earlier:
            return set()
        found = set()
        if batch.parents(derivation.table) & set(touched):
            found |= self._holding(derivation.rows)
        shelf = self._shelves[derivation.rows.name]
        number = {seq: f for f, seq in shelf.files.items()}
        rows = deriving.rows_of(self.archive, shelf, earlier)
        if self._is_declared_anew or self._asks_for(derivation, touched):
            return set(earlier)
        for lookup in derivation.lookups:
            search = _search(lookup, self.extracts)
            if self._has_new(lookup) and deriving.find_changed(self.context.engine, self.source, search):
                self._look_up(derivation.lookups[: derivation.lookups.index(lookup)])
                with deriving.within(self.context.engine, self.source):
                    hit = self.context.engine.rows(concerned(derivation, lookup, rows))
                found |= {number[seq] for (seq,) in hit}
        return found

    def _asks_for(self, derivation: Derivation, touched: Collection[str]) -> bool:
        return any(s.removeprefix("lake.") in touched for k in derivation.lookups for s in k.sources if "." in s)

    def _look_up(self, lookups: Iterable[Lookup]) -> None:
        for lookup in lookups:
            deriving.look_up(self.context.engine, self.source, _search(lookup, self.extracts))

    def _has_new(self, lookup: Lookup) -> bool:
        return any(f.dataset and f.dataset.name in lookup.sources for f in self._files.values())

    def _holding(self, extract: Extract) -> set[str]:
        held = records.held_rows(self.context.warehouse, extract)
        return set(held["file_id"])

    def _work(self, extract: Extract, new: Sequence[str], again: set[str]) -> _Work:
        shelf = self._shelves[extract.name]
        while more := deriving.later_sharers(self.context.engine, self.archive, shelf, [*new, *again]) - set(new):
            again |= more
        by_arrival = shelf.files.__getitem__
        return _Work(tuple(sorted(new, key=by_arrival)), tuple(sorted(again, key=by_arrival)))

    def _sizes(self) -> dict[str, int]:
        """Bytes of the archived rows: packed about eight times."""
        return {f: 8 * self.archive.path(_place(b.extract), f).stat().st_size for f, b in self.books.items()}

    def _derive_group(self, derivation: Derivation, files: Sequence[str]) -> set[str]:
        context, shelf = self.context, self._shelves[derivation.rows.name]
        sources = batch.stored(context, batch.parents(derivation.table))
        stage = Stage(context.engine, derivation.table, sources)
        stage.allocation_tags = context.settings.allocation_tags
        staged = [StagedFile(shelf.files[f], f, None) for f in files]
        with deriving.within(context.engine, self.source):
            query = select(derivation, deriving.rows_of(self.archive, shelf, files, numbers=True))
            stage.load_derived(staged, query, list(derivation.columns))
        deriving.take_back(stage, self.archive, shelf, files, context.lake.files(derivation.table))
        arrived = {f: new.landing.received_at for f, new in self._files.items()}
        batch.match_rows(context, stage, shelf.files, sources, files, arrived)
        if derivation.lines:
            deriving.mark_siblings(stage)
        periods = accepting.touched_periods(stage)
        accepting.write(stage, context.lake, periods)
        if derivation.counted:
            self._account(derivation, stage, periods)
        return {p or "" for p in periods}

    # -- accounts -----------------------------------------------------------------------------------------------

    def _account(self, derivation: Derivation, stage: Stage, periods: Sequence[str | None]) -> None:
        accepted = accepting.accepted_totals(stage, self.context.lake, periods)
        account = outcomes.account(stage, accepted)
        file_ids = {seq: f.file_id for seq, f in stage.files.items()}
        totals = records.reconciliation_rows(
            derivation.rows.name, file_ids, account.source, account.accepted, account.duplicate,
            account.quarantined, account.left_out,
        )  # fmt: skip
        for seq, fates in outcomes.fates(stage, several_lines=bool(derivation.lines)).items():
            book = self.books[file_ids[seq]]
            book.is_derived = True
            book.totals.append(totals[totals["file_id"] == file_ids[seq]])
            for fate in ("accepted", "duplicate", "quarantined"):
                book.fates.add(fate, getattr(fates, fate))
            for reason, rows in fates.left_out.items():
                book.fates.add("OUT|" + reason, rows)
        self._keep_out(derivation, stage, file_ids)

    def _keep_out(self, derivation: Derivation, stage: Stage, file_ids: dict[int, str]) -> None:
        out = outcomes.rejected(stage)
        wanted: dict[int, set[int]] = {}
        for row, _ in out:
            wanted.setdefault(row.file_seq, set()).add(row.row_number)
        place = _place(derivation.rows)
        texts = {seq: self.archive.texts(place, file_ids[seq], numbers) for seq, numbers in wanted.items()}
        for row, value in out:
            text = texts[row.file_seq][row.row_number]
            shown = json.loads(text).get(row.column) if value is None else value
            message = messages.explain(derivation.table, row.rule, row.column, shown, row.detail)
            self.books[file_ids[row.file_seq]].quarantine.append(
                (file_ids[row.file_seq], row.row_number, self.source, derivation.rows.name, row.rule, row.column,
                 message, text)
            )  # fmt: skip

    def _book_of_earlier(self, extract: Extract, file_id: str) -> FileBook:
        """An earlier file's book, emptied of what was derived: rows that could not be read stay as they were."""
        rows = self.context.known.rows
        file = rows[rows["file_id"] == file_id].iloc[0]
        out = self.context.warehouse.read(QUARANTINE, where={"file_id": file_id})
        shape = out[out["rule_id"] == "ROW-SHAPE"]
        short = tuple(
            (int(n), json.loads(raw)["line"]) for n, raw in zip(shape["row_number"], shape["raw"], strict=True)
        )
        note = None if pd.isna(file["reason"]) else str(file["reason"])
        return FileBook(extract, Kept(int(file["rows_read"]), short, note))

    def _prove_complete(self, files: Sequence[str]) -> None:
        """Every kept row of a file has had exactly one fate. Raises: ContractError, which is a defect of the adapter."""
        for file_id in files:
            book = self.books[file_id]
            kept = book.kept.rows - len(book.kept.short_rows)
            if book.is_derived and book.fates.rows != kept:
                raise ContractError(
                    f"{self.source}/{book.extract.name}: {kept} rows were kept, but {book.fates.rows} derived: the "
                    "shares of its derivations must be disjoint and complete, and no join may drop a row"
                )

    def finish(self) -> list[records.Records]:
        """Everything there is to write down about the files of this turn."""
        written = [self._written(file_id, book) for file_id, book in self.books.items()]
        self.archive.declare(self.source, self._declared)
        return written

    def _written(self, file_id: str, book: FileBook) -> records.Records:
        short = [
            (file_id, number, self.source, book.extract.name, "ROW-SHAPE", None,
             messages.explain(QUARANTINE, "ROW-SHAPE", None, text, None), json.dumps({"line": text}))
            for number, text in book.kept.short_rows
        ]  # fmt: skip
        fates = book.fates if book.is_derived else outcomes.Fates(accepted=book.kept.rows - len(short))
        out = fates.quarantined + len(short)
        left_out = sum(fates.left_out.values())
        given = (book.kept.rows, fates.accepted, fates.duplicate, out)
        known = self.context.known.rows
        if file_id in self._files:
            row = records.file_row(self._files[file_id], "accepted", *given, book.kept.note, left_out)
        else:
            old = known[known["file_id"] == file_id].iloc[0]
            row = (*(old[c] for c in INGESTED_FILES.names[:5]), *given, "accepted", book.kept.note, left_out)
        reasons = [
            (file_id, self.source, book.extract.name, reason, rows) for reason, rows in sorted(fates.left_out.items())
        ]
        totals = [t for t in book.totals if len(t)]
        return records.Records(
            records.frame(INGESTED_FILES, [row]),
            records.frame(QUARANTINE, [*short, *book.quarantine]),
            pd.concat(totals, ignore_index=True) if totals else records.frame(RECONCILIATION, []),
            left_out=records.frame(LEFT_OUT, reasons),
            rewritten=(file_id,),
        )


def is_declared_anew(lake: Path, derivations: Sequence[Derivation]) -> bool:
    """Whether the rows of some system were last derived by other declarations, because options or code have changed."""
    sources = {d.source for d in derivations}
    return any(
        declared(lake, source) not in (None, _fingerprint([d for d in derivations if d.source == source]))
        for source in sources
    )


def _fingerprint(derivations: Sequence[Derivation]) -> str:
    return sha256(repr(derivations).encode()).hexdigest()


def _place(extract: Extract) -> Place:
    return Place(extract.source, extract.name, extract.columns, extract.nulls, extract.numbers, extract.named)


def _search(lookup: Lookup, extracts: dict[str, Extract]) -> deriving.Search:
    own = extracts.get(lookup.name)
    is_unique = not lookup.query and own is not None and set(lookup.on) == set(own.key)
    return deriving.Search(lookup.name, tuple(lookup.on), lookup.query or f'FROM "{lookup.name}"', is_unique)
