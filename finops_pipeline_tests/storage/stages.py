"""A tiny stage for tests: small files of journal lines or products, staged and matched as the intake does it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from finops_pipeline.contracts.catalog import table
from finops_pipeline.contracts.model import Table
from finops_pipeline.storage import accepting, matching
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.lake import Lake
from finops_pipeline.storage.landing import LandingFile
from finops_pipeline.storage.staging import Stage, StagedFile

LINES = "entity_id,journal_id,line_no,posting_date,account_id,currency,debit,credit"
PRODUCTS = "product_id,name"
ENTITIES = "(SELECT * FROM (VALUES ('DE01', 'EUR'), ('JP01', 'JPY')) AS e(entity_id, functional_currency))"


@dataclass
class Desk:
    """Where files become rows: one engine, one lake, and the files of one table by number."""

    engine: Engine
    home: Path
    table: Table
    stage: Stage = field(init=False)
    headers: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lake = Lake(self.home / "lake")
        self.clear()

    def clear(self) -> None:
        """A new night."""
        parents = {"entities": ENTITIES} if self.table.name == "journal_lines" else {}
        self.stage = Stage(self.engine, self.table, parents)
        self.headers = {}

    def put(self, number: int, text: str | bytes, name: str = "") -> StagedFile:
        """Stage one file. Text starts with its header."""
        path = self.home / (name or f"{number}.csv")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        landing = LandingFile(path, "native", self.table.name, path.stat().st_size, datetime(2026, 7, 1, tzinfo=UTC))
        file = StagedFile(number, f"file{number}", landing)
        self.headers[number] = (LINES if self.table.name == "journal_lines" else PRODUCTS).split(",")
        self.stage.load([file], self.headers[number], {c: i for i, c in enumerate(self.headers[number])})
        return file

    def lines(self, number: int, *rows: str) -> StagedFile:
        """Stage a file of rows without their header."""
        header = LINES if self.table.name == "journal_lines" else PRODUCTS
        return self.put(number, "\n".join([header, *rows, ""]))

    def match(self) -> None:
        """Rows against other rows, as the intake does it."""
        matching.set_file_order(self.stage, {f"file{n}": n for n in range(1, 10)})
        matching.find_suspects(self.stage)
        matching.find_existing(self.stage, self.lake.files(self.table))
        matching.mark_repeated_keys(self.stage)
        if self.table.name == "journal_lines":
            matching.mark_unbalanced_journals(self.stage)

    def accept(self) -> list[str | None]:
        """Match, and write what is good. Returns the periods touched."""
        self.match()
        periods = accepting.touched_periods(self.stage)
        accepting.write(self.stage, self.lake, periods)
        return periods

    def marks(self) -> list[tuple[int, int, str]]:
        """(file, row number, rule) of every mark."""
        return self.engine.rows(
            f"SELECT s.file_seq, {self.stage.row_number('s')}, m.rule FROM marks AS m JOIN stage AS s "
            "ON s.rowid = m.rid ORDER BY ALL"
        )

    def rejected(self) -> list[tuple[int, int, str]]:
        """(file, row number, rule) of every row that stays out."""
        return [(r.file_seq, r.row_number, r.rule) for r in accepting.rejected(self.stage, self.headers)]


def desk(engine: Engine, home: Path, name: str = "journal_lines") -> Desk:
    """A desk for a table."""
    return Desk(engine, home, table(name))
