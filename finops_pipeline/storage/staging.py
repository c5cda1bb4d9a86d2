"""The staging table: the rows of new files in the engine, typed, each with the first rule it breaks.

One `Stage` holds one batch of files of one dataset, beside rows that were held back on earlier nights. It says what
the rows are and what is wrong with them; what to do about it is decided in `intake`.

Tables inside the engine:

    stage(file_seq, row_number, <typed columns>, fail, raw)   every row read; `fail` is `RULE|column`, `raw` JSON text,
                                                              the month a table is parted by its first day
    marks(rid, rule, column_name, message)                    rows kept out for a reason found across rows
    gone(file_id, row_number)                                 rows of the lake that are taken back (derived rows only)
    outcome `duplicate` and `superseded` are marks too        (rules KEY-DUPLICATE and KEY-SUPERSEDED)

`file_seq` numbers files by arrival. Row numbers of text files come from `rowid`: the engine keeps the order of rows
while it reads in parallel.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from finops_pipeline.contracts import focus
from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.storage import numerals, parsing
from finops_pipeline.storage.engine import Engine, literal, name
from finops_pipeline.storage.files import FileRejectedError, ends_with_newline, first_line, row_numbers
from finops_pipeline.storage.landing import LandingFile
from finops_pipeline.storage.reading import float_columns, kinds, reader, rejects

_INLINE_LOOKUPS = 300
"""Up to so many parents a lookup is written as CASE, which keeps the order of rows; beyond, as a join."""

LOOKUPS: dict[str, tuple[str, str, str, str]] = {
    "journal_lines": ("entities", "entity_id", "functional_currency", "functional_currency"),
    "obligations": ("contracts", "contract_id", "currency", "contract_currency"),
    "contract_events": ("contracts", "contract_id", "currency", "contract_currency"),
    "estimate_outcomes": ("contracts", "contract_id", "currency", "contract_currency"),
    "payment_plan": ("contracts", "contract_id", "currency", "contract_currency"),
    "contract_costs": ("contracts", "contract_id", "currency", "contract_currency"),
}
"""Table: (parent table, key, parent's currency column, derived column it fills)."""


LEFT_OUT = "OUT|"
"""What `fail` starts with for rows that are right and still no part of the table; the reason follows."""


def is_left_out(fail: str) -> str:
    """SQL condition on `fail`."""
    return f"starts_with({fail}, {literal(LEFT_OUT)})"


@dataclass(slots=True)
class StagedFile:
    """What is known of a file once it is staged."""

    file_seq: int
    file_id: str
    landing: LandingFile | None
    rows: int = 0
    first_rid: int = 0
    short_rows: list[tuple[int, str]] = field(default_factory=list)
    note: str | None = None


class Stage:
    """The staged rows of one batch of one table."""

    def __init__(self, engine: Engine, table: Table, parents: Mapping[str, str], nulls: Sequence[str] = ()) -> None:
        self.engine = engine
        self.table = table
        self.parents = parents
        self.nulls = nulls
        self.files: dict[int, StagedFile] = {}
        columns = ", ".join(f"{name(c.name)} {parsing.stage_type(table, c)}" for c in table.columns)
        engine.run("DROP TABLE IF EXISTS stage")
        engine.run("DROP TABLE IF EXISTS marks")
        engine.run(
            f"CREATE TEMP TABLE stage (file_seq INTEGER, row_number BIGINT, {columns}, fail VARCHAR, raw VARCHAR)"
        )
        engine.run("CREATE TEMP TABLE marks (rid BIGINT, rule VARCHAR, column_name VARCHAR, message VARCHAR)")
        engine.run("CREATE OR REPLACE TEMP TABLE gone (file_id VARCHAR, row_number BIGINT)")

    # -- reading ------------------------------------------------------------------------------------------------

    def load(self, files: Sequence[StagedFile], header: Sequence[str], positions: Mapping[str, int]) -> None:
        """Stage files of one header at once; text files are read in parallel.

        Raises: FileRejectedError when one cannot be read to its end; then none of them is staged.
        """
        paths = [f.landing.path for f in files if f.landing is not None]
        typed = self._typed(paths[0], positions)
        as_is = {positions[c] for c in typed if self.table.column(c).kind != "json"}
        try:
            source = reader(self.engine, paths, header, fine=self._is_fine(), as_is=as_is)
            self._insert(source, _sequence_of(files), header, positions, typed=typed)
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
            rejects(self.engine)
            raise FileRejectedError("FILE-CUT", f"the file cannot be read to its end: {first_line(error)}") from error
        short = rejects(self.engine)
        places = {
            seq: (first, rows)
            for seq, first, rows in self.engine.rows(
                f"SELECT file_seq, min(rowid), count(*) FROM stage WHERE file_seq IN "
                f"({', '.join(str(f.file_seq) for f in files)}) GROUP BY file_seq"
            )
        }
        for file, path in zip(files, paths, strict=True):
            file.first_rid, staged = places.get(file.file_seq, (0, 0))
            broken = short.get(str(path), [])
            numbers = row_numbers(path, [line for line, _ in broken]) if broken else []
            file.short_rows = [(number, text) for number, (_, text) in zip(numbers, broken, strict=True)]
            file.rows = staged + len(file.short_rows)
            floats = float_columns(self.engine, path) if self._is_fine() else []
            file.note = f"binary floats, rounded at 15 decimals: {', '.join(floats)}" if floats else None
            self.files[file.file_seq] = file

    def refuse_if_cut(self, file: StagedFile) -> None:
        """A text file whose last row is broken and has no line end was cut off while it was written.

        Raises: FileRejectedError.
        """
        path = file.landing.path if file.landing else None
        if path is None or path.suffix.lower() not in (".csv", ".gz") or not file.rows or ends_with_newline(path):
            return
        if file.short_rows and file.short_rows[-1][0] >= file.rows:
            raise FileRejectedError(
                "FILE-CUT", f"the file ends in the middle of row {file.short_rows[-1][0]}: deliver it again", file.rows
            )
        file.note = "the last row has no line end"

    def reads_together(self, path: Path) -> bool:
        """Whether a file may be read beside others: only text, and only where rows need no number while they load."""
        return path.suffix.lower() == ".csv" and not self._needs_join()

    def load_held(
        self, file: StagedFile, rows: pd.DataFrame, header: Sequence[str], positions: Mapping[str, int]
    ) -> None:
        """Stage rows of an earlier file that were held back: columns row_number and raw (JSON text)."""
        held = f"held_{file.file_seq}"
        self.engine.register(held, pa.Table.from_pandas(rows[["row_number", "raw"]], preserve_index=False))
        fields = ", ".join(f"raw ->> {literal(_json_key(h))} AS {name(f'r{i}')}" for i, h in enumerate(header))
        self._insert(
            f"(SELECT row_number, raw, {fields} FROM {held})", str(file.file_seq), header, positions, held=True
        )
        self.engine.forget(held)
        self.files[file.file_seq] = file

    def load_derived(self, files: Sequence[StagedFile], query: str, columns: Sequence[str]) -> None:
        """Stage what a derivation makes of rows of earlier files: file_seq, row_number, verdict and canonical text.

        A verdict that is not null is the rule the row breaks, or `LEFT_OUT` and the reason. What comes as a number, a
        day or an amount in major units is not judged as text.
        """
        found = dict(kind[:2] for kind in self.engine.rows(f"DESCRIBE {query}"))
        kinds = {c.name: c.kind for c in self.table.columns}
        typed = frozenset(c for c in columns if numerals.holds(kinds[c], found[c]))
        fields = ", ".join(f"{name(c)} AS {name(f'r{i}')}" for i, c in enumerate(columns))
        positions = {c: i for i, c in enumerate(columns)}
        self._insert(
            f"(SELECT file_seq, row_number, verdict, NULL::VARCHAR AS raw, {fields} FROM ({query}))",
            "file_seq", columns, positions, held=True, verdict="verdict", typed=typed,
        )  # fmt: skip
        self.files |= {file.file_seq: file for file in files}

    def _insert(
        self,
        source: str,
        file_seq: str,
        header: Sequence[str],
        positions: Mapping[str, int],
        *,
        held: bool = False,
        verdict: str = "NULL::VARCHAR",
        typed: Collection[str] = (),
    ) -> None:
        lookup, join = self._lookup(positions)
        row_number = "row_number" if held or join else "NULL"
        if join and not held:
            source = f"(SELECT *, row_number() OVER () AS row_number FROM {source})"
        texts = ", ".join(
            f"{self._cell(c, positions[c.name], typed)} AS {parsing.text(c.name)}" if c.name in positions
            else f"NULL::VARCHAR AS {parsing.text(c.name)}"
            for c in self.table.columns if c.in_file
        )  # fmt: skip
        raw = ", ".join(f"{literal(_json_key(h))}: CAST({name(f'r{i}')} AS VARCHAR)" for i, h in enumerate(header))
        raw_names = ", ".join(name(f"r{i}") for i in range(len(header)))
        kept = "raw" if held else "NULL::VARCHAR"
        inner = (
            f"SELECT {file_seq} AS file_seq, {row_number} AS row_number, {kept} AS held_raw, {verdict} AS verdict, "
            f"{texts}, {raw_names} FROM {source}"
        )
        looked_up = f"SELECT i.*, {lookup} AS lookup_currency FROM ({inner}) AS i {join}"
        derived = ", ".join(f"{self._derived(c, positions)} AS {name('d_' + c.name)}" for c in self.table.columns)
        outer = f"SELECT *, coalesce(verdict, broken) AS fail FROM ({self._judged(looked_up, positions, typed)})"
        self.engine.connection.execute(
            f"INSERT INTO stage SELECT file_seq, row_number, {derived}, fail, CASE WHEN held_raw IS NOT NULL THEN "
            f"held_raw WHEN fail IS NOT NULL AND NOT {is_left_out('fail')} THEN to_json({{{raw}}}) END FROM ({outer})"
        )

    def _judged(self, rows: str, positions: Mapping[str, int], typed: Collection[str]) -> str:
        """Query of rows with their typed values, and the first rule that each breaks.

        Step by step, because what stands inside a CASE is computed as often as it is written.
        """
        places, steps = self._places()
        counted = f"SELECT *, {steps} FROM ({rows})" if steps else rows
        values = ", ".join(
            f"{self._value(c, places.get(c.name, '2'), typed)} AS {name(c.name)}"
            for c in self.table.columns
            if c.in_file
        )
        broken = parsing.broken(self.table, set(positions), places, typed)
        return f"SELECT *, {broken} AS broken FROM (SELECT *, {values} FROM ({counted}))"

    def _value(self, column: Column, places: str, typed: Collection[str]) -> str:
        """SQL of a column in its kind."""
        cell = parsing.text(column.name)
        if column.name in typed and column.kind == "instant":
            return f"CAST({cell} AS TIMESTAMP)"
        if parsing.is_partition(self.table, column):
            return parsing.first_of(cell) if column.name in typed else parsing.first_day(cell)
        if column.name in typed and column.kind == "period":
            return parsing.month_of(cell)
        return parsing.typed(column, places)

    def _typed(self, path: Path, positions: Mapping[str, int]) -> frozenset[str]:
        """The columns that come in their kind: of a Parquet file that costs to 15 decimals are read from."""
        if path.suffix.lower() != ".parquet" or not self._is_fine():
            return frozenset()
        found = kinds(self.engine, path)
        columns = [c for c in self.table.columns if c.name in positions]
        return frozenset(c.name for c in columns if numerals.fits(c.kind, found[positions[c.name]][1]))

    def _cell(self, column: Column, position: int, typed: Collection[str]) -> str:
        cell = name(f"r{position}")
        if column.name in typed:
            return cell
        is_number = column.kind in ("fine_money", "decimal") and self._is_fine()
        text = numerals.written_out(cell) if is_number else cell
        if not self.nulls:
            return text
        spelled = " OR ".join(f"{cell} = {literal(n)}" for n in ("", *self.nulls))
        return f"CASE WHEN {spelled} THEN NULL ELSE {text} END"

    def _is_fine(self) -> bool:
        """Whether the table keeps costs to 15 decimals: such files may write numbers in E notation, or as floats."""
        return any(c.kind == "fine_money" for c in self.table.columns)

    def _needs_join(self) -> bool:
        """Whether there are too many parents to look their currency up inline."""
        source = self.parents.get(LOOKUPS[self.table.name][0]) if self.table.name in LOOKUPS else None
        return source is not None and self.engine.value(f"SELECT count(*) FROM {source}") > _INLINE_LOOKUPS

    def _lookup(self, positions: Mapping[str, int]) -> tuple[str, str]:
        """SQL of the parent's currency, and the join it needs. A join loses the order of rows: they are numbered first."""
        parent, key, currency, _ = LOOKUPS.get(self.table.name, ("", "", "", ""))
        source = self.parents.get(parent)
        if source is None or key not in positions:
            return "NULL::VARCHAR", ""
        if self._needs_join():
            join = (
                f"LEFT JOIN (SELECT {name(key)} AS parent_key, {name(currency)} AS parent_currency FROM {source}) AS p"
            )
            return "p.parent_currency", f"{join} ON i.{parsing.text(key)} = p.parent_key"
        pairs = self.engine.rows(f"SELECT {name(key)}, {name(currency)} FROM {source}")
        cases = " ".join(f"WHEN {literal(k)} THEN {literal(c)}" for k, c in pairs)
        return (f"CASE i.{parsing.text(key)} {cases} END" if cases else "NULL::VARCHAR"), ""

    def _places(self) -> tuple[dict[str, str], str]:
        """The decimal places of each money column, those of the currency beside it, and SQL that counts them."""
        found, steps = {}, {}
        for column in self.table.columns:
            if column.kind == "money":
                in_file = self.table.column(column.currency).in_file
                currency = parsing.text(column.currency) if in_file else "lookup_currency"
                found[column.name] = name(f"p_{column.currency}")
                steps[found[column.name]] = parsing.exponent(currency)
        return found, ", ".join(f"{exponent} AS {place}" for place, exponent in steps.items())

    def _derived(self, column: Column, positions: Mapping[str, int]) -> str:
        own = name(column.name)
        lookup = LOOKUPS.get(self.table.name)
        if lookup and column.name == lookup[3]:
            return "lookup_currency"
        same = "currency = lookup_currency"
        return {
            ("journal_lines", "period"): f"coalesce(period, {parsing.first_of('posting_date')})",
            ("journal_lines", "debit"): "coalesce(debit, 0)",
            ("journal_lines", "credit"): "coalesce(credit, 0)",
            ("journal_lines", "functional_debit"): f"CASE WHEN functional_debit IS NULL AND functional_credit IS NULL "
            f"AND {same} THEN coalesce(debit, 0) ELSE coalesce(functional_debit, 0) END",
            ("journal_lines", "functional_credit"): f"CASE WHEN functional_debit IS NULL AND functional_credit IS NULL "
            f"AND {same} THEN coalesce(credit, 0) ELSE coalesce(functional_credit, 0) END",
            ("cloud_costs", "period"): parsing.first_of("billing_period_start"),
            ("cloud_costs", "allocation_key"): self._allocation_key(),
            ("cloud_costs", "focus_version"): literal(focus.version_of(positions)),
        }.get((self.table.name, column.name), own)

    allocation_tags: tuple[str, ...] = ()

    def _allocation_key(self) -> str:
        paths = [f'$."{tag}"' for tag in self.allocation_tags]
        picks = ", ".join(f"json_extract_string(tags, {literal(path)})" for path in paths)
        return f"CASE WHEN json_valid(tags) THEN coalesce({picks}) END" if picks else "NULL::VARCHAR"

    # -- what was read ------------------------------------------------------------------------------------------

    def drop(self, file: StagedFile) -> None:
        """Forget the rows of a file."""
        self.engine.run(f"DELETE FROM stage WHERE file_seq = {file.file_seq}")
        self.files.pop(file.file_seq, None)

    def row_number(self, alias: str = "s") -> str:
        """SQL for a row's number in its file. A rejected row before it shifts the count of rows read."""
        cases = []
        for file in self.files.values():
            if file.landing is None:
                continue  # held rows know their number
            rank = f"coalesce({alias}.row_number, {alias}.rowid - {file.first_rid - 1})"
            if file.short_rows:
                before = [r - i for i, (r, _) in enumerate(file.short_rows, start=1)]
                rank = f"({rank} + len(list_filter({before}, lambda x : x < {rank})))"
            cases.append(f"WHEN {file.file_seq} THEN {rank}")
        return (
            f"CASE {alias}.file_seq {' '.join(cases)} ELSE {alias}.row_number END" if cases else f"{alias}.row_number"
        )

    def good(self) -> str:
        """SQL source of the rows that break no rule so far, with their `rid`."""
        return (
            "(SELECT rowid AS rid, * FROM stage WHERE fail IS NULL AND rowid NOT IN (SELECT rid FROM marks))"
            if self.engine.value("SELECT count(*) FROM marks")
            else "(SELECT rowid AS rid, * FROM stage WHERE fail IS NULL)"
        )


def _sequence_of(files: Sequence[StagedFile]) -> str:
    """SQL for the number of the file a row comes from."""
    if len(files) == 1:
        return str(files[0].file_seq)
    cases = " ".join(f"WHEN {literal(f.landing.path)} THEN {f.file_seq}" for f in files if f.landing is not None)
    return f"CASE filename {cases} END"


def _json_key(header: str) -> str:
    return header.strip() or "(no name)"
