"""From the stage to the lake: the accepted rows, the control totals, and the rows that stay out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.finance import money
from finops_pipeline.storage import matching
from finops_pipeline.storage.engine import literal, name, parquet
from finops_pipeline.storage.files import raw_rows
from finops_pipeline.storage.lake import Lake
from finops_pipeline.storage.parsing import first_day, is_partition, month_of
from finops_pipeline.storage.staging import Stage, is_left_out

_NOT_QUARANTINED = "('KEY-DUPLICATE', 'KEY-SUPERSEDED')"


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that stays out."""

    file_seq: int
    row_number: int
    rule: str
    column: str | None
    detail: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one file by what became of them."""

    accepted: int
    duplicate: int
    quarantined: int


Totals = dict[tuple[int, str | None, str], Decimal]
"""Sum by (file_seq, currency, measure), in major units."""


def touched_periods(stage: Stage) -> list[str | None]:
    """The partitions that accepted or replaced rows lie in; [None] for a table without partitions."""
    if not stage.table.partitioned:
        changed = matching.has_any(stage.engine, stage.good()) or matching.has_any(stage.engine, _replaced(stage))
        return [None] if changed else []
    found = stage.engine.rows(
        f"SELECT {month_of('period')} FROM (SELECT DISTINCT period FROM {stage.good()} UNION "
        f"SELECT DISTINCT period FROM {_replaced(stage)}) ORDER BY 1"
    )
    return [period for (period,) in found]


def _replaced(stage: Stage) -> str:
    """SQL source of the lake's rows that the stage replaces."""
    if not stage.table.key:
        return "existing"
    condition = matching.same(stage.table, stage.table.key, "e", "g")
    replaced = f"SELECT e.* FROM existing AS e SEMI JOIN {stage.good()} AS g ON {condition}"
    if not matching.has_any(stage.engine, "gone"):
        return f"({replaced})"
    taken_back = "SELECT e.* FROM existing AS e SEMI JOIN gone AS t USING (file_id, row_number)"
    return f"({replaced} UNION {taken_back})"


def write(stage: Stage, lake: Lake, periods: Sequence[str | None]) -> None:
    """Rewrite the touched partitions: what was there, less what is replaced, and the accepted rows."""
    stage.engine.run(f"CREATE OR REPLACE TEMP TABLE replaced AS SELECT file_id, row_number FROM {_replaced(stage)}")
    for period in periods:
        month, within = (literal(period), f"WHERE g.period = {first_day(literal(period))}") if period else ("", "")
        names = ", ".join(
            f"{month} AS period" if is_partition(stage.table, c) else name(c.name) for c in stage.table.columns
        )
        query = (
            f"SELECT {names}, {_file_id(stage)} AS file_id, {stage.row_number('g')} AS row_number "
            f"FROM {_plain_good(stage)} {within}"
        )
        kept = lake.files(stage.table, [period] if period else None)
        if kept:
            query = (
                f"SELECT {names}, file_id, row_number FROM {parquet(kept)} AS l "
                "ANTI JOIN replaced AS r ON l.file_id = r.file_id AND l.row_number = r.row_number "
                f"UNION ALL {query}"
            )
        lake.replace_by_query(stage.engine, stage.table, period, query)


def _plain_good(stage: Stage) -> str:
    """The good rows of the base table itself, under the alias g: `row_number` needs its rowid."""
    kept = "AND rowid NOT IN (SELECT rid FROM marks)" if matching.has_any(stage.engine, "marks") else ""
    return f"(SELECT rowid, * FROM stage WHERE fail IS NULL {kept}) AS g"


def _file_id(stage: Stage) -> str:
    cases = " ".join(f"WHEN {seq} THEN {literal(f.file_id)}" for seq, f in stage.files.items())
    return f"CASE g.file_seq {cases} END"


def counts(stage: Stage) -> dict[int, Counts]:
    """What became of the rows of each staged file; superseded rows were accepted before they were replaced."""
    marked = stage.engine.rows(
        f"SELECT s.file_seq, count(*) FILTER (m.rule = 'KEY-DUPLICATE'), "
        f"count(*) FILTER (m.rule NOT IN {_NOT_QUARANTINED}) "
        "FROM marks AS m JOIN stage AS s ON s.rowid = m.rid GROUP BY 1"
    )
    duplicates, held = ({seq: n for seq, *both in marked for n in [both[i]]} for i in (0, 1))
    read = stage.engine.rows("SELECT file_seq, count(*), count(fail) FROM stage GROUP BY 1")
    found = {seq: (n, bad) for seq, n, bad in read}
    result = {}
    for seq, file in stage.files.items():
        n, bad = found.get(seq, (0, 0))
        duplicate = duplicates.get(seq, 0)
        quarantined = held.get(seq, 0) + bad + len(file.short_rows)
        result[seq] = Counts(n + len(file.short_rows) - duplicate - quarantined, duplicate, quarantined)
    return result


def rejected(stage: Stage, headers: Mapping[int, Sequence[str]]) -> list[Rejected]:
    """Every row of the stage that stays out, with its text."""
    number = stage.row_number("s")
    rows = [
        Rejected(seq, n, fail.split("|")[0], fail.split("|")[1], None, raw)
        for seq, n, fail, raw in stage.engine.rows(
            f"SELECT file_seq, {number}, fail, raw FROM stage AS s WHERE fail IS NOT NULL"
        )
    ]
    marked = stage.engine.rows(
        f"SELECT s.file_seq, {number}, m.rule, m.column_name, m.message, s.raw "
        f"FROM marks AS m JOIN stage AS s ON s.rowid = m.rid WHERE m.rule NOT IN {_NOT_QUARANTINED}"
    )
    wanted: dict[int, set[int]] = {}
    for seq, n, *_, raw in marked:
        if raw is None:
            wanted.setdefault(seq, set()).add(n)
    texts = {seq: raw_rows(_path(stage, seq), headers[seq], numbers, stage.engine) for seq, numbers in wanted.items()}
    rows += [Rejected(seq, n, rule, c, d, raw or texts[seq][n]) for seq, n, rule, c, d, raw in marked]
    for seq, file in stage.files.items():
        rows += [Rejected(seq, n, "ROW-SHAPE", None, None, json.dumps({"line": t})) for n, t in file.short_rows]
    return sorted(rows, key=lambda r: (r.file_seq, r.row_number))


def _path(stage: Stage, seq: int) -> Path:
    landing = stage.files[seq].landing
    if landing is None:  # pragma: no cover - held rows carry their text
        raise ValueError(f"file {seq} is not in landing")
    return landing.path


def measures(table: Table) -> list[Column]:
    """The columns that control totals are made of."""
    return [c for c in table.columns if c.measure]


def source_totals(stage: Stage, header_of: Mapping[str, str]) -> Totals:
    """Sums over every row read, good or bad, wherever the text is a number at all."""
    return add(_typed_totals(stage, "stage AS s", "s.fail IS NULL"), failed_totals(stage, header_of))


def failed_totals(stage: Stage, header_of: Mapping[str, str]) -> Totals:
    """Sums over the rows that break a row rule, from their text."""
    totals: Totals = {}
    for column in measures(stage.table):
        currency = column.currency if column.kind == "money" else "currency"
        amount = f"raw ->> {literal(header_of[column.name])}"
        code = f"raw ->> {literal(header_of[currency])}" if currency in header_of else "NULL"
        found = stage.engine.rows(
            f"SELECT file_seq, {code}, sum(try_cast({amount} AS DECIMAL(38, 15))) FROM stage "
            f"WHERE fail IS NOT NULL AND regexp_full_match({amount}, '-?\\d+(\\.\\d{{1,15}}0*)?') GROUP BY 1, 2"
        )
        totals |= {(seq, cur, column.measure): total for seq, cur, total in found if total is not None}
    return totals


def marked_totals(stage: Stage, rules: str) -> Totals:
    """Sums over marked rows. `rules`: SQL condition on `m.rule`."""
    return _typed_totals(stage, "marks AS m JOIN stage AS s ON s.rowid = m.rid", rules)


def left_out_totals(stage: Stage) -> Totals:
    """Sums over the rows that are right and belong to no table, wherever their amount and currency can be read."""
    known = money.exponents()
    totals = _typed_totals(stage, "stage AS s", is_left_out("s.fail"))
    return {key: total for key, total in totals.items() if key[1] in known}


def duplicate_totals(stage: Stage) -> Totals:
    """Sums over identical repetitions."""
    return marked_totals(stage, "m.rule = 'KEY-DUPLICATE'")


def quarantined_totals(stage: Stage, header_of: Mapping[str, str]) -> Totals:
    """Sums over the rows that stay out."""
    return add(marked_totals(stage, f"m.rule NOT IN {_NOT_QUARANTINED}"), failed_totals(stage, header_of))


def accepted_totals(stage: Stage, lake: Lake, periods: Sequence[str | None]) -> Totals:
    """Sums over what the lake now holds of the staged files, read back from it, and over rows already superseded."""
    totals = marked_totals(stage, "m.rule = 'KEY-SUPERSEDED'")
    files = lake.files(stage.table, [p for p in periods if p])
    if not files:
        return totals
    cases = " ".join(f"WHEN {literal(f.file_id)} THEN {seq}" for seq, f in stage.files.items())
    source = f"(SELECT *, CASE file_id {cases} END AS file_seq FROM {parquet(files)}) AS s"
    return add(totals, _typed_totals(stage, source, "s.file_seq IS NOT NULL"))


def _typed_totals(stage: Stage, source: str, condition: str) -> Totals:
    """Sums of every measure, of those with the same currency in one pass."""
    by_currency: dict[str, list[Column]] = {}
    for column in measures(stage.table):
        by_currency.setdefault(column.currency if column.kind == "money" else "currency", []).append(column)
    totals: Totals = {}
    for currency, columns in by_currency.items():
        sums = ", ".join(f"sum(s.{name(c.name)})" for c in columns)
        found = stage.engine.rows(
            f"SELECT s.file_seq, s.{name(currency)}, {sums} FROM {source} WHERE {condition} GROUP BY 1, 2"
        )
        totals |= {
            (seq, code, c.measure): _exact(total, c, code)
            for seq, code, *summed in found
            for c, total in zip(columns, summed, strict=True)
            if total is not None
        }
    return totals


def _exact(total: int | Decimal, column: Column, code: str | None) -> Decimal:
    known = column.kind == "money" and code in money.exponents()
    return money.to_decimal(int(total), str(code)) if known else Decimal(total)


def add(*parts: Totals) -> Totals:
    """Totals side by side."""
    result: Totals = {}
    for part in parts:
        for key, total in part.items():
            result[key] = result.get(key, Decimal(0)) + total
    return result
