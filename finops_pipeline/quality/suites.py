"""Suites: what a contract expects of its table, judged by Great Expectations and kept as rows of `data_quality`.

Here: the projection of a contract to expectations, and the verdict on a table or on the files of it. Not here: rules on
rows of text on their way in (row rules), rules across tables or rows (findings of `finance`), the choice of the rows
that decide (`witnesses`), pages for readers (`data_docs`).

Kinds are not expected here: a frame that reaches the lake or the warehouse has passed the contract's Arrow schema,
which refuses a value of another kind, so that such an expectation could never fail. Foreign keys are row rules. The
key of a partitioned table is judged within the period: that a row does not stay behind in one month when its correction
moves it to another is the business of the ingest, which sees all months.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from finops_pipeline.contracts import projections
from finops_pipeline.contracts.intake import DATA_QUALITY
from finops_pipeline.contracts.model import LINEAGE, STAMPS, Column, Table
from finops_pipeline.finance import money
from finops_pipeline.quality.witnesses import (
    COMPOUND,
    SINGLE,
    Batch,
    Expectation,
    FileBatch,
    FrameBatch,
    broken,
    witnesses,
)

PERIOD_PATTERN = r"\A[0-9]{4}-(?:0[1-9]|1[0-2])\Z"
COLUMNS = "expect_table_columns_to_match_ordered_list"
_ROWS = "expect_table_row_count_to_be_between"
_NULLS_ARE_VALUES = "never"  # otherwise Great Expectations lets rows pass whose whole key is missing
_SHOWN = 5
"""How many unexpected values `observed` names: enough to recognize the cause, few enough to read."""


def suite(table: Table, carried: Sequence[Column] = ()) -> list[Expectation]:
    """Everything expected of a table: its columns and their order, rows at all, values, vocabularies, bounds, the key.

    `carried` are columns behind the contract's own: lineage in the lake, stamps in the warehouse. That a table has no
    rows is a warning (nothing may have happened), everything else is an error.
    """
    columns = (*table.columns, *carried)
    found = [Expectation(COLUMNS, {"column_list": [c.name for c in columns]})]
    if table.partitioned or table.home == "lake":
        found.append(Expectation(_ROWS, {"min_value": 1}, "warning"))
    for column in columns:
        found += _of_column(column)
    return [*found, *_of_key(table)]


def _of_key(table: Table) -> list[Expectation]:
    key = list(dict.fromkeys((*(("period",) if table.partitioned else ()), *table.key)))
    if not table.key:
        return []
    if len(key) == 1:  # Great Expectations has another name for it; a key of one column is never missing
        return [Expectation(SINGLE, {"column": key[0]})]
    return [Expectation(COMPOUND, {"column_list": key, "ignore_row_if": _NULLS_ARE_VALUES})]


def _of_column(column: Column) -> list[Expectation]:
    found: list[Expectation] = []
    if not column.nullable:
        found.append(Expectation("expect_column_values_to_not_be_null", {"column": column.name}))
    if column.allowed:
        words = {"column": column.name, "value_set": list(column.allowed)}
        found.append(Expectation("expect_column_values_to_be_in_set", words))
    elif column.kind == "period" or _names_currency(column):
        pattern = PERIOD_PATTERN if column.kind == "period" else _currency_pattern()
        found.append(Expectation("expect_column_values_to_match_regex", {"column": column.name, "regex": pattern}))
    if column.low is not None or column.high is not None:
        bounds = {"column": column.name, "min_value": column.low, "max_value": column.high}
        found.append(Expectation("expect_column_values_to_be_between", bounds))
    return found


@cache
def _currency_pattern() -> str:
    """All currencies as one pattern: Great Expectations copies a value set forty times, a text never."""
    return rf"\A(?:{'|'.join(sorted(money.exponents()))})\Z"


def _names_currency(column: Column) -> bool:
    return column.kind == "code" and (column.name == "currency" or column.name.endswith("_currency"))


def judge(table: Table, frame: pd.DataFrame, checked_at: datetime, asked: Iterable[str] = ()) -> pd.DataFrame:
    """The verdict on a frame of a table.

    Shape: the contract of `data_quality`: one row per expectation, and per period where the table is partitioned. A
    period that is `asked` for is judged even if the frame has no row of it. An expectation on values or on the key fails
    in the periods whose rows break it; one on the columns fails in all.

    Raises: ContractError for a column of mixed kinds.
    """
    return _judge(table, [FrameBatch(frame, table.name)], checked_at, asked)


def judge_files(table: Table, paths: Sequence[Path], checked_at: datetime, asked: Iterable[str] = ()) -> pd.DataFrame:
    """The verdict on a table that lies in Parquet files, read one by one and only as far as it matters.

    Shape: as `judge`. Rows of one period lie in one file, as the lake keeps them: the key is judged file by file.
    """
    return _judge(table, [FileBatch(path) for path in paths], checked_at, asked)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a pass over the batches leaves: the deciding rows, rows by period, and the columns nobody has."""

    deciding: pa.Table
    rows: dict[str | None, int]
    missing: frozenset[str]


def _judge(table: Table, batches: Sequence[Batch], checked_at: datetime, asked: Iterable[str]) -> pd.DataFrame:
    names = _disagreeing_names(table, batches)
    expected = suite(table, _carried(table, names))
    judged = list(dict.fromkeys(c for e in expected for c in e.columns if c in names))
    reading = _read(table, batches, expected, judged, names)
    for period in asked or (() if reading.rows else (None,)):
        reading.rows.setdefault(period, 0)
    possible = [e for e in expected if not reading.missing.intersection(e.columns)]
    verdicts = dict(zip(map(id, possible), _ask(possible, _as_frame(reading.deciding, names)), strict=True))
    rows: list[dict[str, Any]] = []
    for expectation in expected:
        unexpected = verdicts.get(id(expectation), _MISSING)
        rows += _spread(expectation, unexpected, reading, batches, names)
    stamp = {"table_name": table.name, "checked_at": checked_at}
    result = pd.DataFrame([row | stamp for row in rows], columns=list(DATA_QUALITY.names))
    result["unexpected_count"] = result["unexpected_count"].astype("Int64")
    result = result.sort_values(list(DATA_QUALITY.key), na_position="last", kind="stable", ignore_index=True)
    return projections.conform(result, DATA_QUALITY)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Whether an expectation holds for the deciding rows, and the text values it rejects."""

    success: bool
    unexpected: tuple[str, ...] = ()


_MISSING = _Verdict(success=False)


def _disagreeing_names(table: Table, batches: Sequence[Batch]) -> list[str]:
    """The column names of the batches: where they differ, the first that are not the contract's."""
    found = [batch.names for batch in batches] or [list(table.names)]
    wrong = (n for n in found if n != [c.name for c in (*table.columns, *_carried(table, n))])
    return next(wrong, found[0])


def _carried(table: Table, names: Sequence[str]) -> tuple[Column, ...]:
    """Lineage and stamps, where the rows have any of them that the contract does not list itself."""
    groups = [tuple(c for c in group if c.name not in table.names) for group in (LINEAGE, STAMPS)]
    return tuple(c for group in groups if any(c.name in names for c in group) for c in group)


def _read(
    table: Table, batches: Sequence[Batch], expected: Sequence[Expectation], judged: list[str], names: list[str]
) -> _Reading:
    deciding, rows, missing = [], dict[str | None, int](), frozenset(c for e in expected for c in e.columns) - {*names}
    partitioned = table.partitioned and "period" in names
    for batch in batches:
        here = [c for c in judged if c in batch.names]
        missing |= frozenset(judged) - frozenset(here)
        values = batch.read(here)
        for period, count in _by_period(values, partitioned=partitioned).items():
            rows[period] = rows.get(period, 0) + count
        able = [e for e in expected if set(e.columns) <= {*here}]
        deciding.append(values.take(pa.array(witnesses(values, able))))
    if not partitioned:
        rows = {None: sum(rows.values())}
    return _Reading(
        pa.concat_tables(deciding, promote_options="permissive") if deciding else pa.table({}), rows, missing
    )


def _by_period(values: pa.Table, *, partitioned: bool) -> dict[str | None, int]:
    """Rows by period; what is no period label counts as no period."""
    if not partitioned or "period" not in values.column_names:
        return {None: values.num_rows}
    counts: dict[str | None, int] = {}
    for found in pc.value_counts(values.column("period")).to_pylist():
        period = found["values"] if re.match(PERIOD_PATTERN, found["values"] or "") else None
        counts[period] = counts.get(period, 0) + found["counts"]
    return counts


def _as_frame(deciding: pa.Table, names: Sequence[str]) -> pd.DataFrame:
    """The deciding rows with all the columns there are, in their order; columns without expectations stay empty.

    Values are plain Python objects: patterns are Python's, and no integer beside a missing one becomes a float.
    """
    values = {n: deciding.column(n).to_pylist() for n in deciding.column_names}
    none = [None] * deciding.num_rows
    columns = [pd.Series(values.get(n, none), dtype=object, name=n) for n in names]
    return pd.DataFrame() if not columns else pd.DataFrame(pd.concat(columns, axis=1))


def _spread(
    expectation: Expectation, verdict: _Verdict, reading: _Reading, batches: Sequence[Batch], names: Sequence[str]
) -> list[dict[str, Any]]:
    """One verdict as rows of `data_quality`: one per period, each with the rows of the period that break it."""
    counts, seen = _breaks(expectation, verdict, reading, batches, names)
    return [
        {
            "period": period,
            "expectation": expectation.type,
            "column_name": ", ".join(expectation.columns) or None,
            "success": not counts.get(period, 0),
            "observed": seen if counts.get(period, 0) else None,
            "unexpected_count": counts.get(period, 0) if expectation.columns else None,
            "severity": expectation.severity,
        }
        for period in reading.rows
    ]


def _breaks(
    expectation: Expectation, verdict: _Verdict, reading: _Reading, batches: Sequence[Batch], names: Sequence[str]
) -> tuple[dict[str | None, int], str]:
    """How often each period breaks an expectation, and what was seen.

    Raises: AssertionError if no row breaks what was judged broken: that is a defect of this module, not of the data.
    """
    if expectation.type == _ROWS:
        return {period: int(not count) for period, count in reading.rows.items()}, "no rows"
    if verdict.success:
        return {}, ""
    if expectation.type == COLUMNS:
        return dict.fromkeys(reading.rows, 1), _difference(expectation.kwargs["column_list"], names)
    lost = sorted(reading.missing.intersection(expectation.columns))
    if lost:
        return {p: max(n, 1) for p, n in reading.rows.items()}, f"no column {', '.join(lost)}"
    counts, values = dict.fromkeys(reading.rows, 0), set[str]()
    for rows in _again(expectation, batches, [] if set(reading.rows) == {None} else ["period"]):
        bad = rows.filter(pa.array(broken(rows, expectation, verdict.unexpected)))
        for period, count in _by_period(bad, partitioned=set(reading.rows) != {None}).items():
            counts[period] += count
        values |= {str(v) for v in bad.column(expectation.columns[-1]).unique().slice(0, _SHOWN).to_pylist()}
    if not any(counts.values()):
        raise AssertionError(f"{expectation} was judged broken, but no row breaks it")
    return counts, ", ".join(sorted(values)[:_SHOWN])


def _again(expectation: Expectation, batches: Sequence[Batch], also: Sequence[str]) -> Iterable[pa.Table]:
    """The columns of a broken expectation, batch by batch; for a key all batches at once."""
    columns = list(dict.fromkeys((*expectation.columns, *also)))
    rows = (batch.read(columns) for batch in batches)
    return [pa.concat_tables(rows)] if expectation.is_key else rows


def _difference(expected: Sequence[str], names: Sequence[str]) -> str:
    missing, unknown = [n for n in expected if n not in names], [n for n in names if n not in expected]
    parts = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(unknown)}"] * bool(unknown)
    return "; ".join(parts) or "another order"


def _ask(expected: Sequence[Expectation], frame: pd.DataFrame) -> list[_Verdict]:
    """Great Expectations' verdict on the deciding rows, in the order of the expectations."""
    first = _validate(expected, frame, "BOOLEAN_ONLY")
    again = [e for e, result in zip(expected, first, strict=True) if not result.success and "column" in e.kwargs]
    full = dict(zip(map(id, again), _validate(again, frame, "COMPLETE") if again else (), strict=True))
    verdicts = []
    for expectation, result in zip(expected, first, strict=True):
        values = full[id(expectation)].result.get("unexpected_list", []) if id(expectation) in full else []
        verdicts.append(_Verdict(bool(result.success), tuple(str(v) for v in values)))
    return verdicts


def _validate(expected: Sequence[Expectation], frame: pd.DataFrame, detail: str) -> list[Any]:
    import great_expectations as gx  # noqa: PLC0415 - the import takes seconds: only those who judge pay

    batch = _whole_frames().get_batch({"dataframe": frame})
    numbered = [
        {"type": e.type, "kwargs": dict(e.kwargs), "meta": {"number": number}} for number, e in enumerate(expected)
    ]
    outcome = batch.validate(gx.ExpectationSuite(name="contract", expectations=numbered), result_format=detail)
    by_number = {r.expectation_config.meta["number"]: r for r in outcome.results}  # results come grouped by column
    if len(by_number) != len(expected):
        raise AssertionError(f"Great Expectations judged {len(by_number)} of {len(expected)} expectations")
    for result in outcome.results:
        if result.exception_info and result.exception_info.get("raised_exception", True):
            raise AssertionError(f"{result.expectation_config} could not be judged: {result.exception_info}")
    return [by_number[number] for number in range(len(expected))]


@cache
def _whole_frames() -> Any:
    """Great Expectations' way to a frame: one context per process."""
    source = quiet_context().data_sources.add_pandas("tables")
    return source.add_dataframe_asset("table").add_batch_definition_whole_dataframe("rows")


def quiet_context() -> Any:
    """A new context of Great Expectations that lives in memory, writes nothing and reports to nobody."""
    import great_expectations as gx  # noqa: PLC0415 - see `_validate`
    from great_expectations.data_context.types import base  # noqa: PLC0415

    config = base.DataContextConfig(
        analytics_enabled=False,
        progress_bars=base.ProgressBarsConfig(globally=False),
        store_backend_defaults=base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)
