"""The staging table: the rows of new files in the engine, typed, each with the first rule it breaks.

One `Stage` holds one batch of files of one dataset, beside rows that were held back on earlier nights. It says what
the rows are and what is wrong with them; what to do about it is decided in `intake`.

Tables inside the engine:

    stage(file_seq, row_number, <typed columns>, fail, raw)   every row read; `fail` is `RULE|column`, `raw` JSON text
    marks(rid, rule, column_name, message)                    rows kept out for a reason found across rows
    outcome `duplicate` and `superseded` are marks too        (rules KEY-DUPLICATE and KEY-SUPERSEDED)

`file_seq` numbers files by arrival. Row numbers of text files come from `rowid`: the engine keeps the order of rows
while it reads in parallel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from finops_pipeline.contracts import focus
from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.storage import numerals, parsing
from finops_pipeline.storage.engine import Engine, literal, name
from finops_pipeline.storage.files import FileRejectedError, ends_with_newline, first_line, row_numbers, sheet
from finops_pipeline.storage.landing import LandingFile

_INLINE_LOOKUPS = 300
"""Up to so many parents a lookup is written as CASE, which keeps the order of rows; beyond, as a join."""

LOOKUPS: dict[str, tuple[str, str, str, str]] = {
    "journal_lines": ("entities", "entity_id", "functional_currency", "functional_currency"),
    "obligations": ("contracts", "contract_id", "currency", "contract_currency"),
    "contract_events": ("contracts", "contract_id", "currency", "contract_currency"),
}
"""Table: (parent table, key, parent's currency column, derived column it fills)."""


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
        self._floats: list[str] = []
        self._typed: dict[str, str] = {}
        columns = ", ".join(f"{name(c.name)} {parsing.sql_type(c)}" for c in table.columns)
        engine.run("DROP TABLE IF EXISTS stage")
        engine.run("DROP TABLE IF EXISTS marks")
        engine.run(
            f"CREATE TEMP TABLE stage (file_seq INTEGER, row_number BIGINT, {columns}, fail VARCHAR, raw VARCHAR)"
        )
        engine.run("CREATE TEMP TABLE marks (rid BIGINT, rule VARCHAR, column_name VARCHAR, message VARCHAR)")

    # -- reading ------------------------------------------------------------------------------------------------

    def load(self, files: Sequence[StagedFile], header: Sequence[str], positions: Mapping[str, int]) -> None:
        """Stage files of one header at once; text files are read in parallel.

        Raises: FileRejectedError when one cannot be read to its end; then none of them is staged.
        """
        paths = [f.landing.path for f in files if f.landing is not None]
        try:
            self._insert(self._reader(paths, header, positions), _sequence_of(files), header, positions)
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
            self._rejects()
            raise FileRejectedError("FILE-CUT", f"the file cannot be read to its end: {first_line(error)}") from error
        short = self._rejects()
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
            file.note = f"binary floats, rounded at 15 decimals: {', '.join(self._floats)}" if self._floats else None
            self.files[file.file_seq] = file
        self._floats, self._typed = [], {}

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

    def _reader(self, paths: Sequence[Path], header: Sequence[str], positions: Mapping[str, int]) -> str:
        path, suffix = paths[0], paths[0].suffix.lower()
        names = [name(f"r{i}") for i in range(len(header))]
        if suffix == ".parquet":
            kinds = self.engine.rows(f"DESCRIBE SELECT * FROM read_parquet({literal(path)})")
            cells = [numerals.parquet_text(name(c), kind, fine=self._is_fine()) for c, kind, *_ in kinds]
            self._keep_types({c.name: kinds[positions[c.name]] for c in self.table.columns if c.name in positions})
            for column in self._typed:
                if self.table.column(column).kind != "json":
                    cells[positions[column]] = name(kinds[positions[column]][0])
            self._floats = numerals.float_columns((c, kind) for c, kind, *_ in kinds) if self._is_fine() else []
            fields = ", ".join(f"{c} AS {n}" for c, n in zip(cells, names, strict=True))
            return f"(SELECT {fields} FROM read_parquet({literal(path)}))"
        if suffix in (".xlsx", ".xls"):
            _, *rows = sheet(path)
            columns = [[row[i] if i < len(row) else None for row in rows] for i in range(len(header))]
            arrays = [pa.array(c, pa.string()) for c in columns]
            self.engine.register("sheet", pa.table(arrays, names=[f"r{i}" for i in range(len(header))]))
            return "sheet"
        listed = ", ".join(literal(p) for p in paths)
        columns_sql = ", ".join(f"{literal(f'r{i}')}: 'VARCHAR'" for i in range(len(header)))
        return (
            f"read_csv([{listed}], header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false, "
            f"nullstr = '', store_rejects = true, max_line_size = 10000000, filename = true, columns = {{{columns_sql}}})"
        )

    def _insert(
        self, reader: str, file_seq: str, header: Sequence[str], positions: Mapping[str, int], *, held: bool = False
    ) -> None:
        lookup, join = self._lookup(positions)
        row_number = "row_number" if held or join else "NULL"
        if join and not held:
            reader = f"(SELECT *, row_number() OVER () AS row_number FROM {reader})"
        texts = ", ".join(
            f"{self._cell(c, positions[c.name])} AS {parsing.text(c.name)}" if c.name in positions
            else f"NULL::VARCHAR AS {parsing.text(c.name)}"
            for c in self.table.columns if c.in_file
        )  # fmt: skip
        raw = ", ".join(f"{literal(_json_key(h))}: CAST({name(f'r{i}')} AS VARCHAR)" for i, h in enumerate(header))
        raw_names = ", ".join(name(f"r{i}") for i in range(len(header)))
        kept = "raw" if held else "NULL::VARCHAR"
        inner = (
            f"SELECT {file_seq} AS file_seq, {row_number} AS row_number, {kept} AS held_raw, {texts}, {raw_names} "
            f"FROM {reader}"
        )
        middle = f"SELECT i.*, {lookup} AS lookup_currency FROM ({inner}) AS i {join}"
        places = self._places()
        kinds = ", ".join(
            f"{self._value(c, places.get(c.name, '2'))} AS {name(c.name)}" for c in self.table.columns if c.in_file
        )
        derived = ", ".join(f"{self._derived(c, positions)} AS {name('d_' + c.name)}" for c in self.table.columns)
        fail = parsing.broken(self.table, set(positions), places, self._typed)
        outer = f"SELECT *, {kinds}, {fail} AS fail FROM ({middle})"
        self.engine.connection.execute(
            f"INSERT INTO stage SELECT file_seq, row_number, {derived}, fail, "
            f"CASE WHEN held_raw IS NOT NULL THEN held_raw WHEN fail IS NOT NULL THEN to_json({{{raw}}}) END FROM ({outer})"
        )

    def _keep_types(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Remember which columns of a Parquet file come in their kind. `columns`: name and type in the file."""
        kinds = {c: kind for c, (_, kind, *_) in columns.items() if self._is_fine()}
        self._typed = {c: kind for c, kind in kinds.items() if numerals.fits(self.table.column(c).kind, kind)}

    def _value(self, column: Column, places: str) -> str:
        """SQL of a column in its kind."""
        is_moment = column.kind == "instant" and column.name in self._typed
        return f"CAST({parsing.text(column.name)} AS TIMESTAMP)" if is_moment else parsing.typed(column, places)

    def _cell(self, column: Column, position: int) -> str:
        cell = name(f"r{position}")
        if column.name in self._typed:
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

    def _places(self) -> dict[str, str]:
        """Decimal places of each money column: those of the currency beside it."""
        found = {}
        for column in self.table.columns:
            if column.kind == "money":
                in_file = self.table.column(column.currency).in_file
                found[column.name] = parsing.exponent(parsing.text(column.currency) if in_file else "lookup_currency")
        return found

    def _derived(self, column: Column, positions: Mapping[str, int]) -> str:
        own = name(column.name)
        lookup = LOOKUPS.get(self.table.name)
        if lookup and column.name == lookup[3]:
            return "lookup_currency"
        same = "currency = lookup_currency"
        return {
            ("journal_lines", "period"): "coalesce(period, strftime(posting_date, '%Y-%m'))",
            ("journal_lines", "debit"): "coalesce(debit, 0)",
            ("journal_lines", "credit"): "coalesce(credit, 0)",
            ("journal_lines", "functional_debit"): f"CASE WHEN functional_debit IS NULL AND functional_credit IS NULL "
            f"AND {same} THEN coalesce(debit, 0) ELSE coalesce(functional_debit, 0) END",
            ("journal_lines", "functional_credit"): f"CASE WHEN functional_debit IS NULL AND functional_credit IS NULL "
            f"AND {same} THEN coalesce(credit, 0) ELSE coalesce(functional_credit, 0) END",
            ("cloud_costs", "period"): "strftime(billing_period_start, '%Y-%m')",
            ("cloud_costs", "allocation_key"): self._allocation_key(),
            ("cloud_costs", "focus_version"): literal(focus.version_of(positions)),
        }.get((self.table.name, column.name), own)

    allocation_tags: tuple[str, ...] = ()

    def _allocation_key(self) -> str:
        paths = [f'$."{tag}"' for tag in self.allocation_tags]
        picks = ", ".join(f"json_extract_string(tags, {literal(path)})" for path in paths)
        return f"CASE WHEN json_valid(tags) THEN coalesce({picks}) END" if picks else "NULL::VARCHAR"

    # -- what was read ------------------------------------------------------------------------------------------

    def _rejects(self) -> dict[str, list[tuple[int, str]]]:
        """Rows with the wrong number of fields or broken quoting, by path: (line, text)."""
        engine = self.engine
        if not engine.value("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'"):
            return {}
        found: dict[str, list[tuple[int, str]]] = {}
        for path, line, text_of_row in engine.rows(
            "SELECT s.file_path, e.line, any_value(e.csv_line) FROM reject_errors AS e "
            "JOIN reject_scans AS s ON s.scan_id = e.scan_id AND s.file_id = e.file_id GROUP BY 1, 2 ORDER BY 1, 2"
        ):
            found.setdefault(path, []).append((int(line), str(text_of_row).strip("\r\n")))
        engine.run("DROP TABLE reject_errors")
        engine.run("DROP TABLE reject_scans")
        return found

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
