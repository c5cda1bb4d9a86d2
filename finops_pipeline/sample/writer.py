"""Files of the sample: masters and small datasets at once, journal lines month by month and chunk by chunk.

A file appears under its name only when it is whole (written as `.part`, then renamed), with the time of its arrival as
modification time. Memory does not grow with the number of journal lines: never more than one chunk is held.
"""

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pacsv

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import periods
from finops_pipeline.sample import (
    allocation,
    assumptions,
    budget,
    chart,
    closing,
    cloud,
    company,
    contract_costs,
    journals,
    operations,
    rates,
    revenue,
    savings,
    schedule,
)
from finops_pipeline.sample.economics import economy
from finops_pipeline.sample.extract import Extract, after, before
from finops_pipeline.sample.faults import MANIFEST_COLUMNS, Plan, Planted, PlantedLine
from finops_pipeline.sample.faults import plan as plan_faults
from finops_pipeline.sample.journals import Chunk
from finops_pipeline.sample.schedule import JournalFile

Progress = Callable[[str, int, int], None]
MANIFEST = "planted_faults.csv"
_FORMAT = pacsv.WriteOptions(include_header=False, quoting_style="none")


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written: rows by dataset (without planted ones), files, and planted rows and files."""

    out: Path
    first_period: str
    last_period: str
    journal_lines: int
    rows: dict[str, int]
    files: int
    planted: int


def write_sample(
    out: Path,
    *,
    months: int = 30,
    journal_lines: int = 60_000,
    seed: int = 7,
    faults: bool = True,
    first_period: str = "2024-01",
    progress: Progress | None = None,
) -> SampleSummary:
    """Write a make-believe company as native extracts into the landing folder `out`.

    Shape: files `out/native/<dataset>/*.csv` and `out/focus/cost_and_usage/*.csv`, and the rules `out/allocation.toml`,
    `out/cloud.toml` and `out/kpis.toml`; with faults also `out/planted_faults.csv`, one row per planted row or file.
    The same arguments give the same bytes. The balances of the company do not depend on `journal_lines`.
    `progress` is told (what, done, of how many).

    Raises: ConfigurationError for arguments that cannot be used, with what to use instead.
    """
    if months < 1 or not periods.is_label(first_period):
        raise ConfigurationError(f"months must be 1 or more and the first period YYYY-MM: {months}, {first_period!r}")
    span = periods.span(first_period, periods.add(first_period, months - 1))
    run = economy(seed, span)
    fx = rates.build(seed, span[0], span[-1], budget.last_period(span))
    files = schedule.plan(closing.months(run, fx), journal_lines, seed)
    agreements = revenue.extracts(seed, span)
    extracts = [*_masters(span), *_rates(fx, span), *budget.extracts(seed, span, fx)]
    extracts += [budget.commentary(span), *agreements, contract_costs.extract(agreements[0], agreements[1])]
    extracts += savings.extracts(span)
    extracts += operations.extracts(run, agreements[0])
    last_files = {file.period: file.name for file in files}
    planted = plan_faults(span, last_files, extracts) if faults else Plan()
    extracts += cloud.bills(run)
    return _Writer(out, planted, progress or _silent).write(span, extracts, files)


def _silent(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def _masters(months: list[str]) -> list[Extract]:
    start = before(months[0], 30)
    charted = [account.row for account in chart.accounts().values()]
    return [
        Extract("entities", "entities.csv", company.ENTITY_COLUMNS, company.entity_rows(), start),
        Extract("accounts", "accounts.csv", chart.COLUMNS, charted, start),
        Extract("cost_centers", "cost_centers.csv", company.COST_CENTER_COLUMNS, company.cost_center_rows(), start),
        Extract("products", "products.csv", company.PRODUCT_COLUMNS, company.product_rows(), start),
    ]


def _rates(fx: rates.Rates, months: list[str]) -> list[Extract]:
    """Budget rates before each year, the others after it, a file each."""
    planned = periods.span(months[0], budget.last_period(months))
    files = []
    for year in sorted({period[:4] for period in planned}):
        mine = [period for period in planned if period[:4] == year]
        past = [period for period in mine if period <= months[-1]]
        ahead = rates.rows(fx, ("budget",), mine)
        files.append(Extract("fx_rates", f"fx_rates_budget_{year}.csv", rates.COLUMNS, ahead, before(months[0], 20)))
        if past:
            known = rates.rows(fx, ("average", "closing"), past)
            files.append(Extract("fx_rates", f"fx_rates_{year}.csv", rates.COLUMNS, known, after(past[-1], 1)))
    return files


@dataclass(slots=True)
class _Writer:
    """Writes one sample and remembers what it has written."""

    out: Path
    plan: Plan
    progress: Progress
    planted: list[Planted] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def write(self, months: list[str], extracts: list[Extract], files: list[JournalFile]) -> SampleSummary:
        names = [(x.source, x.dataset, x.file_name) for x in extracts]
        names += [("native", "journal_lines", f.name) for f in files]
        names += [("native", x.dataset, x.file_name) for x in self.plan.files]
        self._refuse_strangers(names)
        for extract in extracts:
            self._write_extract(extract)
        self._write_journals(months, files)
        for extra in self.plan.files:
            path = self._path(extra.dataset, extra.file_name)
            _replace(path, extra.arrived, _whole(extra.content))
            self.planted += extra.records
        self._write_manifest(months)
        rules = _whole(allocation.rules(months).encode())
        _replace(self.out / allocation.FILE, before(months[0], 30), rules)
        _replace(self.out / assumptions.FILE, before(months[0], 30), _whole(assumptions.TEXT.encode()))
        _replace(self.out / "cloud.toml", after(months[0]), _whole(cloud.RULES.encode()))
        return SampleSummary(
            self.out, months[0], months[-1], self.rows["journal_lines"], dict(self.rows), len(names), len(self.planted)
        )

    def _refuse_strangers(self, names: Iterable[tuple[str, str, str]]) -> None:
        """A landing folder with other extracts would mix two companies; nothing of the user's is deleted."""
        known = {self._path(dataset, name, source) for source, dataset, name in names}
        there = [p for source in ("native", "focus") for p in (self.out / source).rglob("*") if p.is_file()]
        strangers = sorted(set(there) - known)
        if strangers:
            raise ConfigurationError(
                f"{self.out} already holds {len(strangers)} other files ({strangers[0].relative_to(self.out)} ...): "
                "choose an empty folder, or remove them"
            )

    def _path(self, dataset: str, name: str, source: str = "native") -> Path:
        return self.out / source / dataset / name

    def _write_extract(self, extract: Extract) -> None:
        def body(sink: BinaryIO) -> None:
            sink.write(_text([extract.columns, *extract.rows]))
            last = _text([extract.rows[-1]]).decode().rstrip("\n")
            self._plant(sink, extract.dataset, extract.file_name, len(extract.rows), last)

        _replace(self._path(extract.dataset, extract.file_name, extract.source), extract.arrived, body)
        self.rows[extract.dataset] = self.rows.get(extract.dataset, 0) + len(extract.rows)

    def _write_journals(self, months: list[str], files: list[JournalFile]) -> None:
        total, done = sum(file.lines for file in files), 0
        for file in files:

            def body(sink: BinaryIO, file: JournalFile = file, done: int = done) -> None:
                sink.write(_text([journals.COLUMNS]))
                last = ""
                for item in file.items:
                    last = _write_item(sink, item)
                    done += item.lines if isinstance(item, Chunk) else len(item)
                    self.progress("journal lines", done, total)
                self._plant(sink, "journal_lines", file.name, file.lines, last)

            place = months.index(file.period)
            _replace(self._path("journal_lines", file.name), after(file.period, 3 + place * 5 % 3), body)
            done += file.lines
        self.rows["journal_lines"] = total

    def _plant(self, sink: BinaryIO, dataset: str, name: str, rows: int, last: str) -> None:
        lines: Sequence[PlantedLine] = self.plan.lines.get((dataset, name), ())
        for number, line in enumerate(lines, start=rows + 1):
            sink.write(line.after_line(last).encode() + b"\n")
            self.planted.append(
                Planted(
                    line.fault,
                    "native",
                    dataset,
                    name,
                    number,
                    line.outcome,
                    line.rule_id,
                    line.cause,
                    line.description,
                )
            )

    def _write_manifest(self, months: list[str]) -> None:
        """The list of faults beside the extracts; a list left from before goes when nothing was planted."""
        path = self.out / MANIFEST
        if not self.planted:
            path.unlink(missing_ok=True)
            return
        rows = [tuple(str(value) for value in astuple(record)) for record in self.planted]
        content = _text([MANIFEST_COLUMNS, *rows])
        _replace(path, after(months[-1], 7), _whole(content))


def _write_item(sink: BinaryIO, item: list[tuple[str, ...]] | Chunk) -> str:
    """Write journals; returns the last line as text."""
    if not isinstance(item, Chunk):
        sink.write(_text(item))
        return ",".join(item[-1])
    made = journals.batch(item)
    pacsv.write_csv(made, sink, _FORMAT)
    return _last_line(made)


def _last_line(made: pa.RecordBatch) -> str:
    text = io.BytesIO()
    pacsv.write_csv(made.slice(made.num_rows - 1), text, _FORMAT)
    return text.getvalue().decode().rstrip("\n")


def _text(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _whole(content: bytes) -> Callable[[BinaryIO], object]:
    return lambda sink: sink.write(content)


def _replace(path: Path, arrived: datetime, body: Callable[[BinaryIO], object]) -> None:
    """Write a file whole or not at all, and date it to its arrival."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as sink:
        body(sink)
    seconds = int(arrived.timestamp())
    os.utime(part, (seconds, seconds))
    part.replace(path)
