"""What became of the rows that a derivation read: counts, reasons, control totals and the rows that stay out.

The account is kept by rows of the file, though one of them may make several lines: a row is quarantined when any of
its lines is, else accepted when any is, else duplicate, else left out. Not here: the same for files that map one to
one (`accepting`), whose totals are used here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from finops_pipeline.storage import accepting
from finops_pipeline.storage.accepting import Rejected, Totals
from finops_pipeline.storage.engine import name
from finops_pipeline.storage.staging import LEFT_OUT, Stage, is_left_out


@dataclass(slots=True)
class Fates:
    """Rows of one file by what became of them. `left_out`: by reason."""

    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All of them."""
        return self.accepted + self.duplicate + self.quarantined + sum(self.left_out.values())

    def add(self, fate: str, rows: int) -> None:
        """Count rows of one fate: `accepted`, `duplicate`, `quarantined`, or `OUT|` and the reason."""
        if fate.startswith(LEFT_OUT):
            reason = fate.removeprefix(LEFT_OUT)
            self.left_out[reason] = self.left_out.get(reason, 0) + rows
        else:
            setattr(self, fate, getattr(self, fate) + rows)


_FATE = (
    f"CASE WHEN {is_left_out('fail')} THEN fail WHEN fail IS NOT NULL THEN 'quarantined' "
    "WHEN rule IS NULL OR rule = 'KEY-SUPERSEDED' THEN 'accepted' "
    "WHEN rule = 'KEY-DUPLICATE' THEN 'duplicate' ELSE 'quarantined' END"
)


_BY_LINE = (
    f"SELECT file_seq, {_FATE} AS fate, sum(rows) FROM (SELECT file_seq, fail, NULL AS rule, count(*) AS rows FROM stage "
    "GROUP BY ALL UNION ALL SELECT s.file_seq, NULL, unnest([m.rule, NULL]), unnest([1, -1]) "
    "FROM marks AS m JOIN stage AS s ON s.rowid = m.rid) GROUP BY ALL HAVING sum(rows) <> 0"
)
"""Rows by file and fate, a line being a row: most are counted without a look at marks, which then move the few."""

_OF_LINES = f"SELECT s.file_seq, s.row_number, {_FATE} AS fate FROM stage AS s LEFT JOIN marks AS m ON m.rid = s.rowid"
_FIRST = " ".join(f"WHEN bool_or(fate = '{f}') THEN '{f}'" for f in ("quarantined", "accepted", "duplicate"))
_BY_ROW = (
    f"SELECT file_seq, fate, count(*) FROM (SELECT file_seq, row_number, CASE {_FIRST} ELSE min(fate) END AS fate "
    f"FROM ({_OF_LINES}) GROUP BY ALL) GROUP BY ALL"
)
"""The same where a row may make several lines."""


def fates(stage: Stage, *, several_lines: bool) -> dict[int, Fates]:
    """What became of the rows of each staged file."""
    found = {seq: Fates() for seq in stage.files}
    for seq, fate, rows in stage.engine.rows(_BY_ROW if several_lines else _BY_LINE):
        found[seq].add(fate, rows)
    return found


def rejected(stage: Stage) -> list[tuple[Rejected, str | None]]:
    """Every row that stays out, once, with the value concerned; its text is in the archive."""
    values = " ".join(f"WHEN '{c.name}' THEN CAST(s.{name(c.name)} AS VARCHAR)" for c in stage.table.columns)
    found = stage.engine.rows(
        "SELECT file_seq, row_number, split_part(fail, '|', 1), split_part(fail, '|', 2), nullif(split_part(fail, '|', 3), ''), "
        f"raw ->> split_part(fail, '|', 2), 0 AS place FROM stage WHERE fail IS NOT NULL AND NOT {is_left_out('fail')} "
        "UNION ALL SELECT s.file_seq, s.row_number, m.rule, m.column_name, m.message, "
        f"CASE m.column_name {values} END, 1 FROM marks AS m JOIN stage AS s ON s.rowid = m.rid "
        "WHERE m.rule NOT IN ('KEY-DUPLICATE', 'KEY-SUPERSEDED') ORDER BY 1, 2, place, 3, 4"
    )
    first: dict[tuple[int, int], tuple[Rejected, str | None]] = {}
    for seq, number, rule, column, detail, value, _ in found:
        first.setdefault((seq, number), (Rejected(seq, number, rule, column or None, detail, ""), value))
    return list(first.values())


@dataclass(frozen=True, slots=True)
class Account:
    """The control totals of a stage, each by (file_seq, currency, measure)."""

    source: Totals
    accepted: Totals
    duplicate: Totals
    quarantined: Totals
    left_out: Totals


def account(stage: Stage, accepted: Totals) -> Account:
    """The control totals of derived rows. `accepted`: read back from the lake."""
    same: Mapping[str, str] = {c.name: c.name for c in stage.table.columns}
    left_out = accepting.left_out_totals(stage)
    return Account(
        accepting.add(accepting.source_totals(stage, same), left_out),
        accepted,
        accepting.duplicate_totals(stage),
        accepting.quarantined_totals(stage, same),
        left_out,
    )
