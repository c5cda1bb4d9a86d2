"""A derivation by itself: rows as a small table in, canonical text and verdicts out, on the engine."""

from collections.abc import Mapping, Sequence
from datetime import date

from finops_pipeline.sources.derivation import Derivation, select
from finops_pipeline.sources.registry import EXTRACTS
from finops_pipeline.storage import deriving, vocabulary
from finops_pipeline.storage.engine import Engine

Rows = Sequence[Mapping[str, str]]


def derive(derivation: Derivation, rows: Rows, others: Mapping[str, Rows] | None = None) -> list[dict[str, str | None]]:
    """What a derivation makes of rows, beside rows of other extracts of its system."""
    own = derivation.rows
    tables = {own.name: rows, **(others or {})}
    names = {own.name: own.columns}
    with Engine("300MB", 1) as engine:
        vocabulary.declare(engine)
        for function in derivation.functions:
            vocabulary.declare_function(engine, function.name, function.call, function.parameters)
        engine.run("CREATE SCHEMA erp")
        for lookup in derivation.lookups:
            for source in lookup.sources:
                names.setdefault(source, _columns(derivation, source))
        for name, columns in names.items():
            found = _values(columns, tables.get(name, ()))
            engine.run(f'CREATE VIEW erp."{name}" AS SELECT * FROM {found}')
            engine.run(f'CREATE VIEW erp."{name}_all" AS SELECT *, NULL::VARCHAR AS file_id FROM {found}')
            engine.run(
                f'CREATE VIEW erp."{name}_again" AS SELECT NULL AS file_id, 0.5 AS file_seq, NULL AS beside WHERE false'
            )
        for lookup in derivation.lookups:
            query = lookup.query or f'FROM "{lookup.name}"'
            deriving.look_up(engine, "erp", deriving.Search(lookup.name, tuple(lookup.on), query, is_unique=False))
        with deriving.within(engine, "erp"):
            made = engine.connection.sql(f"SELECT * FROM ({select(derivation, f'erp.{own.name}')}) ORDER BY row_number")
            kinds = {c.name: c.kind for c in derivation.table.columns}
            return [
                {c: _text(v, kinds.get(c)) for c, v in zip(made.columns, row, strict=True)} for row in made.fetchall()
            ]


def _text(value: object, kind: str | None) -> object:
    """A canonical value as the text that a native file would have; what is no such value stays."""
    if kind is None or value is None:
        return value
    return str(value)[:7] if kind == "period" and isinstance(value, date) else str(value)


def _columns(derivation: Derivation, name: str) -> tuple[str, ...]:
    return next(e.columns for e in EXTRACTS if (e.source, e.name) == (derivation.source, name))


def _values(columns: Sequence[str], rows: Rows) -> str:
    if not rows:
        return (
            "(SELECT 0 AS file_seq, 0 AS row_number, "
            + ", ".join(f'NULL::VARCHAR AS "{c}"' for c in columns)
            + " WHERE false)"
        )
    unknown = {c for row in rows for c in row} - set(columns)
    assert not unknown, f"no such columns: {unknown}"
    lines = [
        f"(1, {number}, " + ", ".join(f"'{row[c]}'" if c in row else "NULL::VARCHAR" for c in columns) + ")"
        for number, row in enumerate(rows, start=1)
    ]
    listed = ", ".join(f'"{c}"' for c in ("file_seq", "row_number", *columns))
    return f"(SELECT * FROM (VALUES {', '.join(lines)}) AS v({listed}))"
