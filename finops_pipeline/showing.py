"""Published tables as text: exact digits, as a table for people, as CSV, as JSON."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from finops_pipeline.contracts import catalog
from finops_pipeline.contracts.model import Table
from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import money, periods
from finops_pipeline.settings import Settings
from finops_pipeline.storage.lake import Lake
from finops_pipeline.storage.warehouse import Warehouse


def rows(
    settings: Settings, name: str, wanted: Sequence[str] = (), where: Sequence[str] = (), limit: int | None = None
) -> pd.DataFrame:
    """The rows of a table: amounts as Decimal in major units of their currency.

    `where`: conditions `column=value`; nothing behind the sign means a missing value.

    Raises: ConfigurationError for a table, column, period or value that cannot be.
    """
    table = catalog.table(name)
    conditions = [_condition(table, text) for text in where]
    for period in wanted:
        if not periods.is_label(period):
            raise ConfigurationError(f"{period!r} is not a period: write it as YYYY-MM")
    if wanted and "period" not in table.names:
        raise ConfigurationError(f"{name} has no periods")
    if table.home == "lake":
        return _of_lake(settings, table, wanted, conditions, limit)
    with Warehouse(settings.url) as warehouse:
        warehouse.create()
        return warehouse.read_decimal(
            table, periods=list(wanted) or None, where=[(c, "=", v) for c, v in conditions], limit=limit
        )


def _condition(table: Table, text: str) -> tuple[str, str | None]:
    column, sign, value = text.partition("=")
    column, value = column.strip(), value.strip()
    if not sign:
        raise ConfigurationError(f"{text!r} is not a condition: write it as column=value")
    if column not in table.names:
        raise ConfigurationError(f"{table.name} has no column {column!r}; the columns are: {', '.join(table.names)}")
    return column, value or None


def _of_lake(
    settings: Settings,
    table: Table,
    wanted: Sequence[str],
    conditions: Sequence[tuple[str, str | None]],
    limit: int | None,
) -> pd.DataFrame:
    lake = Lake(settings.lake_path)
    frame = lake.read(table, list(wanted) or None).astype(object)
    if wanted and not table.partitioned:
        frame = frame[frame["period"].isin(list(wanted))]
    for column in table.columns:
        if column.kind == "money":
            pairs = zip(frame[column.name], frame[column.currency], strict=True)
            amounts = [None if pd.isna(v) else money.to_decimal(int(v), c) for v, c in pairs]
            frame[column.name] = pd.Series(amounts, index=frame.index, dtype=object)
    for name, value in conditions:
        told = frame[name].map(lambda v: None if pd.isna(v) else _text(v))
        frame = frame[told.isna() if value is None else told == value]
    return frame.head(limit) if limit is not None else frame


def as_csv(frame: pd.DataFrame) -> str:
    """Comma-separated values; a missing value is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows([["" if pd.isna(v) else _text(v) for v in row] for row in frame.astype(object).to_numpy()])
    return out.getvalue()


def as_json(frame: pd.DataFrame) -> str:
    """A list of objects. Amounts are numbers with all their digits, never passed through a float."""
    names = [json.dumps(str(c)) for c in frame.columns]
    lines = [
        "  {" + ", ".join(f"{n}: {_number_or_text(v)}" for n, v in zip(names, row, strict=True)) + "}"
        for row in frame.astype(object).to_numpy()
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def as_table(frame: pd.DataFrame) -> str:
    """A table for people, as wide as it needs to be."""
    cells = [[str(c) for c in frame.columns]]
    cells += [["" if pd.isna(v) else _text(v) for v in row] for row in frame.astype(object).to_numpy()]
    right = [
        all(_is_number(v) or pd.isna(v) for v in frame[c].astype(object)) and len(frame) > 0 for c in frame.columns
    ]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    told = [
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)).rstrip()
        for line in cells
    ]
    told.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join([*told, f"({len(frame)} rows)", ""])


FORMATS: dict[str, Callable[[pd.DataFrame], str]] = {"table": as_table, "csv": as_csv, "json": as_json}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        midnight = value.tzinfo is None and (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _number_or_text(value: Any) -> str:
    if value is None or pd.isna(value):
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value) if _is_number(value) else json.dumps(_text(value), ensure_ascii=False)
