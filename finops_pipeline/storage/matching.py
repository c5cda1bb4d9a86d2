"""Rows against other rows: references, duplicates, superseded rows, journals that do not balance.

Each function looks at the good rows of a `Stage` and adds marks; `Existing` are the rows of the lake that rows of
the stage replace or complete. Everything is set-wise in the engine; the common case (nothing wrong) costs one
aggregation.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.storage.engine import Engine, literal, name, parquet
from finops_pipeline.storage.parsing import first_day, month_of, stage_type
from finops_pipeline.storage.staging import Stage

_MASK_BITS = 62
"""Line numbers below this fit a bit mask that proves in one aggregation that none occurs twice."""


def reference_rule(column: str) -> str:
    """The rule a row with an unknown reference breaks."""
    return f"REF-{column.upper().replace('_', '-')}"


def mark_unknown_references(stage: Stage, parents: dict[str, str]) -> None:
    """Mark rows that refer to something that is not there. `parents`: SQL source of each parent table in the lake."""
    columns = [c for c in stage.table.columns if c.reference is not None and c.in_file]
    if not columns:
        return
    listed = ", ".join(name(c.name) for c in columns)
    stage.engine.run(f"CREATE OR REPLACE TEMP TABLE combos AS SELECT DISTINCT {listed} FROM {stage.good()}")
    for column in columns:
        unknown = (
            f"SELECT DISTINCT {name(column.name)} AS value FROM combos WHERE {name(column.name)} IS NOT NULL "
            f"EXCEPT {_known(stage, column, parents)}"
        )
        stage.engine.run(f"CREATE OR REPLACE TEMP TABLE unknown AS {unknown}")
        if stage.engine.value("SELECT count(*) FROM unknown"):
            stage.engine.run(
                f"INSERT INTO marks SELECT rid, '{reference_rule(column.name)}', '{column.name}', NULL "
                f"FROM {stage.good()} WHERE {name(column.name)} IN (SELECT value FROM unknown)"
            )


def _known(stage: Stage, column: Column, parents: dict[str, str]) -> str:
    reference = column.reference
    if reference is None:  # pragma: no cover - callers pass columns with a reference
        raise ValueError(column.name)
    sources = [f"SELECT {name(reference.column)} FROM {parents[reference.table]}"] if reference.table in parents else []
    if reference.table == stage.table.name:
        sources.append(f"SELECT {name(reference.column)} FROM stage WHERE fail IS NULL")
    return "(" + " UNION ALL ".join(sources or ["SELECT NULL"]) + ")"


def mark_rows(stage: Stage, rule: str, column: str, condition: str, message: str) -> None:
    """Mark the good rows that meet an SQL condition."""
    stage.engine.run(
        f"INSERT INTO marks SELECT rid, '{rule}', '{column}', {literal(message)} FROM {stage.good()} WHERE {condition}"
    )


def mark_changed_when_locked(
    stage: Stage, files: Sequence[Path], version: str, late: Sequence[int], message: str
) -> None:
    """Mark the good rows of a locked version that late files bring and that are not what stands: the same again may come.

    `files`: the lake's; `late`: the sequence numbers of the staged files that came after the lock.
    """
    table, good = stage.table, stage.good()
    columns = [c.name for c in table.columns if c.in_file]
    listed, key = (", ".join(map(name, names)) for names in (columns, table.key))
    mine = f"version = {literal(version)} AND file_seq"
    numbers = ", ".join(map(str, late))
    timely = (
        f"SELECT {listed} FROM {good} WHERE {mine} NOT IN ({numbers}) "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY file_seq DESC, rid) = 1"
    )
    standing = f"({timely})"
    if files:
        kept = f"SELECT {listed} FROM {_stored(table, files)} AS l ANTI JOIN ({timely}) AS t ON {same(table, table.key, 'l', 't')}"
        standing = f"({timely} UNION ALL {kept})"
    stage.engine.run(
        f"INSERT INTO marks SELECT rid, 'KEY-LOCKED', 'version', {literal(message)} FROM {good} AS g "
        f"ANTI JOIN {standing} AS s ON {same(table, columns, 'g', 's')} WHERE {mine} IN ({numbers})"
    )


def group_columns(table: Table) -> Sequence[str]:
    """The columns of the unit that enters or stays out as a whole: the journal, else the row's own key."""
    return table.key[:-1] if table.name == "journal_lines" else table.key


def find_suspects(stage: Stage) -> None:
    """Fill `suspects` with the groups that may hold a repeated key or an imbalance: exact checks look only there."""
    table = stage.table
    group = ", ".join(map(name, group_columns(table)))
    if table.name == "journal_lines":
        line = name(table.key[-1])
        # a mask with as many bits as there are rows proves that no line number occurs twice
        bits = f"bit_or(CASE WHEN {line} < {_MASK_BITS} THEN 1::BIGINT << {line}::INTEGER ELSE 0 END)"
        having = (
            f"sum(functional_debit - functional_credit) <> 0 OR bit_count({bits}) <> count(*) "
            "OR min(period) <> max(period)"
        )
    else:
        having = "count(*) > 1"
    stage.engine.run(
        f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT {group} FROM {stage.good()} GROUP BY {group} HAVING {having}"
    )


def set_file_order(stage: Stage, sequence: Mapping[str, int]) -> None:
    """Say in which order files arrived: (file_id, file_seq)."""
    order = ", ".join(f"({literal(f)}, {n})" for f, n in sequence.items())
    stage.engine.run(
        f"CREATE OR REPLACE TEMP TABLE file_order AS SELECT * FROM (VALUES {order}) AS o(file_id, file_seq)"
    )


def foreign_budgets(stage: Stage, entities: str) -> list[tuple[str, str, str, str]]:
    """(entity, currency, functional currency, period) of good budget lines in a currency that is not the entity's."""
    return stage.engine.rows(
        f"SELECT DISTINCT b.entity_id, b.currency, e.functional_currency, {month_of('b.period')} FROM {stage.good()} AS b "
        f"JOIN {entities} AS e ON e.entity_id = b.entity_id WHERE b.currency <> e.functional_currency ORDER BY ALL"
    )


def find_existing(stage: Stage, files: Sequence[Path]) -> None:
    """Fill `existing` with the lake's rows of the groups that the stage touches."""
    near = _within_reach(stage, files)
    taken_back = "SEMI JOIN gone AS t ON l.file_id = t.file_id AND l.row_number = t.row_number"
    parts = []
    if near:
        parts.append(
            f"SELECT * FROM {_stored(stage.table, near)} AS l SEMI JOIN {stage.good()} AS g "
            f"ON {same(stage.table, group_columns(stage.table), 'l', 'g')}"
        )
    if files and has_any(stage.engine, "gone"):
        parts.append(f"SELECT * FROM {_stored(stage.table, files)} AS l {taken_back}")
    if not parts:
        _nothing_exists(stage)
        return
    stage.engine.run(
        "CREATE OR REPLACE TEMP TABLE existing AS SELECT l.*, coalesce(o.file_seq, -1) AS file_seq "
        f"FROM ({' UNION '.join(parts)}) AS l LEFT JOIN file_order AS o USING (file_id)"
    )


def _stored(table: Table, files: Sequence[Path]) -> str:
    """SQL source of the lake's rows as the stage has them: the month a table is parted by as its first day."""
    if not table.partitioned:
        return parquet(files)
    return f"(SELECT * REPLACE ({first_day('period')} AS period) FROM {parquet(files)})"


def _within_reach(stage: Stage, files: Sequence[Path]) -> Sequence[Path]:
    """Of the files of journals, those whose journal numbers overlap with the staged ones, by the files' own statistics."""
    if stage.table.name != "journal_lines" or not files:
        return files
    low, high = stage.engine.rows(f"SELECT min(journal_id), max(journal_id) FROM {stage.good()}")[0]
    if low is None:
        return []
    listed = ", ".join(literal(f) for f in files)
    found = stage.engine.rows(
        "SELECT file_name, min(stats_min_value), max(stats_max_value), count(*) = count(stats_min_value) "
        f"FROM parquet_metadata([{listed}]) WHERE path_in_schema = 'journal_id' GROUP BY file_name"
    )
    apart = {name for name, first, last, is_known in found if is_known and (last < low or first > high)}
    return [f for f in files if str(f) not in apart]


def same(table: Table, columns: Sequence[str], left: str, right: str) -> str:
    """SQL condition that two rows agree. Plain equality where nothing is missing: it lets the engine skip row groups."""
    operators = {c: "IS NOT DISTINCT FROM" if table.column(c).nullable else "=" for c in columns}
    return " AND ".join(f"{left}.{name(c)} {operators[c]} {right}.{name(c)}" for c in columns)


def find_replaced_files(stage: Stage, files: Sequence[Path], replaced: Iterable[str]) -> None:
    """For rows without a key: fill `existing` with the lake's rows of files that a new file replaces."""
    if not files:
        _nothing_exists(stage)
        return
    listed = ", ".join(map(literal, replaced)) or "''"
    stage.engine.run(
        "CREATE OR REPLACE TEMP TABLE existing AS SELECT l.*, coalesce(o.file_seq, -1) AS file_seq "
        f"FROM {_stored(stage.table, files)} AS l LEFT JOIN file_order AS o ON l.file_id = o.file_id WHERE l.file_id IN ({listed})"
    )


def _nothing_exists(stage: Stage) -> None:
    typed = [f"NULL::{stage_type(stage.table, c)} AS {name(c.name)}" for c in stage.table.columns]
    columns = ", ".join([*typed, "NULL AS file_id", "NULL AS row_number", "NULL AS file_seq"])
    stage.engine.run(f"CREATE OR REPLACE TEMP TABLE existing AS SELECT {columns} LIMIT 0")


def mark_repeated_keys(stage: Stage) -> None:
    """Mark duplicates (identical, same file), conflicts (different, same file) and superseded rows (later file).

    Within a file the first row of a key stands. Between files the later one does, be it staged or in the lake.
    """
    key = stage.table.key
    content = ", ".join(f"s.{name(c.name)}" for c in stage.table.columns)
    partition = ", ".join(f"s.{name(c)}" for c in key)
    equal = same(stage.table, group_columns(stage.table), "g", "u")
    stage.engine.run(
        "CREATE OR REPLACE TEMP TABLE candidates AS SELECT g.rowid AS rid FROM stage AS g "
        f"SEMI JOIN suspects AS u ON {equal} WHERE g.fail IS NULL"
    )
    stage.engine.run(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT s.rowid AS rid, s.file_seq, {partition}, "
        f"row_number() OVER same_file AS nth, row({content}) IS NOT DISTINCT FROM "
        f"first_value(row({content})) OVER same_file AS is_same "
        "FROM stage AS s WHERE s.rowid IN (SELECT rid FROM candidates WHERE rid NOT IN (SELECT rid FROM marks)) "
        f"WINDOW same_file AS (PARTITION BY {partition}, s.file_seq ORDER BY coalesce(s.row_number, s.rowid))"
    )
    stage.engine.run(
        "INSERT INTO marks SELECT rid, CASE WHEN is_same THEN 'KEY-DUPLICATE' ELSE 'KEY-CONFLICT' END, NULL, NULL "
        "FROM repeated WHERE nth > 1"
    )
    _mark_superseded(stage)


def _mark_superseded(stage: Stage) -> None:
    keys = ", ".join(map(name, stage.table.key))
    stage.engine.run(
        "INSERT INTO marks SELECT rid, 'KEY-SUPERSEDED', NULL, NULL FROM (SELECT rid, file_seq, "
        f"max(file_seq) OVER (PARTITION BY {keys}) AS last_seq FROM repeated "
        "WHERE nth = 1 AND rid NOT IN (SELECT rid FROM marks)) WHERE file_seq < last_seq"
    )
    if stage.engine.value("SELECT count(*) FROM existing"):
        stage.engine.run(
            f"INSERT INTO marks SELECT g.rid, 'KEY-SUPERSEDED', NULL, NULL FROM {stage.good()} AS g "
            f"JOIN {_not_taken_back(stage)} AS e ON {same(stage.table, stage.table.key, 'g', 'e')} "
            "WHERE g.file_seq < e.file_seq"
        )


def mark_unbalanced_journals(stage: Stage) -> None:
    """Mark the rows of journals that, with what the lake already has of them, do not balance in each of their months.

    A journal that balances only across months would leave the trial balance of each month open. What the latest file
    says of a journal stays out first, and what it replaced stands again: files of one night are judged as if each had
    come on a night of its own.
    """
    columns = group_columns(stage.table)
    group = ", ".join(map(name, columns))
    equal = same(stage.table, columns, "g", "u")
    stage.engine.run(
        f"CREATE OR REPLACE TEMP TABLE doubtful AS SELECT {group} FROM suspects UNION SELECT {group} FROM existing"
    )
    listed = ", ".join(f"g.{name(c)}" for c in columns)
    # where the lake has nothing of them, the rows have been found already
    is_found = "g.rowid IN (SELECT rid FROM candidates)"
    of_them = (
        f"SEMI JOIN doubtful AS u ON {equal} WHERE" if has_any(stage.engine, "existing") else f"WHERE {is_found} AND"
    )
    stage.engine.run(
        f"CREATE OR REPLACE TEMP TABLE in_doubt AS SELECT g.rowid AS rid, g.file_seq, {listed}, g.period, "
        "g.functional_debit - g.functional_credit AS amount FROM stage AS g "
        f"{of_them} g.fail IS NULL"
    )
    while _find_unbalanced(stage):
        stage.engine.run(
            f"INSERT INTO marks SELECT g.rid, 'JRN-BALANCE', NULL, u.amounts FROM {_GOOD_IN_DOUBT} AS g "
            f"JOIN unbalanced AS u ON {equal} AND g.file_seq = u.last_seq"
        )
        stage.engine.run(
            "DELETE FROM marks WHERE rule = 'KEY-SUPERSEDED' AND rid IN "
            f"(SELECT g.rid FROM repeated AS g SEMI JOIN unbalanced AS u ON {equal})"
        )
        _mark_superseded(stage)
        stage.engine.run(f"CREATE OR REPLACE TEMP TABLE doubtful AS SELECT {group} FROM unbalanced")


_GOOD_IN_DOUBT = "(SELECT * FROM in_doubt WHERE rid NOT IN (SELECT rid FROM marks))"
"""SQL source of the good rows of the journals that were doubtful from the start."""


def _find_unbalanced(stage: Stage) -> bool:
    """Fill `unbalanced` with the doubtful journals that have good rows and do not balance. Whether there are any."""
    columns = group_columns(stage.table)
    group = ", ".join(map(name, columns))
    equal = same(stage.table, columns, "g", "u")
    good = f"{_GOOD_IN_DOUBT} AS g SEMI JOIN doubtful AS u ON {equal}"
    kept = f"{remaining(stage)} AS g SEMI JOIN doubtful AS u ON {equal}"
    months = (
        f"SELECT {group}, period, sum(amount) AS amount FROM (SELECT {group}, period, amount FROM {good} UNION ALL "
        f"SELECT {group}, period, functional_debit - functional_credit AS amount FROM {kept}) GROUP BY {group}, period"
    )
    stage.engine.run(
        f"CREATE OR REPLACE TEMP TABLE unbalanced AS SELECT m.*, f.last_seq FROM (SELECT {group}, "
        f"string_agg(amount || ' in ' || {month_of('period')}, ', ' ORDER BY period) AS amounts FROM ({months}) "
        f"WHERE amount <> 0 GROUP BY {group}) AS m JOIN (SELECT {group}, max(file_seq) AS last_seq FROM {good} GROUP BY {group}) AS f USING ({group})"
    )
    return has_any(stage.engine, "unbalanced")


def keep_replaced(stage: Stage, held_seqs: Sequence[int]) -> None:
    """Held rows that a later file delivered again never entered: they stay in quarantine, for good."""
    if held_seqs:
        listed = ", ".join(map(str, held_seqs))
        stage.engine.run(
            "UPDATE marks SET rule = 'KEY-REPLACED' WHERE rule = 'KEY-SUPERSEDED' "
            f"AND rid IN (SELECT rowid FROM stage WHERE file_seq IN ({listed}))"
        )


def remaining(stage: Stage) -> str:
    """SQL source of the lake's rows that good staged rows do not replace."""
    if not stage.table.key:
        return "(SELECT * FROM existing WHERE false)"
    condition = same(stage.table, stage.table.key, "e", "g")
    return f"(SELECT e.* FROM {_not_taken_back(stage)} AS e ANTI JOIN {stage.good()} AS g ON {condition})"


def _not_taken_back(stage: Stage) -> str:
    if not has_any(stage.engine, "gone"):
        return "existing"
    return (
        "(SELECT l.* FROM existing AS l ANTI JOIN gone AS t ON l.file_id = t.file_id AND l.row_number = t.row_number)"
    )


def has_any(engine: Engine, table: str) -> bool:
    """Whether an engine table has a row."""
    return bool(engine.value(f"SELECT count(*) FROM {table}"))
