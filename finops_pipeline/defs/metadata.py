"""What the Dagster UI shows of a table: column schema, row counts, control totals, a preview, a small chart."""

import base64
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from math import isnan
from typing import Any

import dagster as dg
import pandas as pd

from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.defs.judging import as_markdown
from finops_pipeline.finance import money

_PREVIEW = 8


def column_schema(table: Table) -> dg.TableSchema:
    """The contract as Dagster's column schema."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name, c.kind, c.description,
                dg.TableColumnConstraints(
                    nullable=c.nullable, unique=table.key == (c.name,),
                    other=[f"one of {', '.join(c.allowed)}"] if c.allowed else [],
                ),
            )
            for c in table.columns
        ],
        constraints=dg.TableConstraints([f"one row per {table.grain}"]),
    )  # fmt: skip


def amounts(table: Table) -> list[Column]:
    """The columns whose sums mean something: measures of extracts, amounts of facts and reports."""
    measures = [c for c in table.columns if c.measure]
    return measures or [c for c in table.columns if c.kind in ("money", "fine_money")]


_AXES = ("version", "basis", "origin", "line_kind", "balance", "band", "measure", "model",
         "section", "step", "kind")  # fmt: skip
"""Columns across which amounts are not added: versions, month and year to date, details and subtotals."""


def control_totals(table: Table, frame: pd.DataFrame) -> dict[str, Any]:
    """Sum of every amount by currency, exact, as text: Dagster's numbers are floats.

    Shape: `{"total debit EUR": "1234.56"}`; of a table that shows the same money in several ways, one Markdown table
    `totals` of its last month, each way in a row of its own.
    """
    axes = [a for a in _AXES if a in frame.columns]
    if axes and "period" in frame.columns and len(frame):
        frame = frame[frame["period"] == frame["period"].max()]
        axes = ["period", *axes]
    totals = {
        (c.name, *(str(part) for part in place)): str(major(c, values.sum(), str(place[0])))
        for c in amounts(table)
        if c.currency in frame.columns
        for place, values in frame.groupby([c.currency, *axes])[c.name]
    }
    if not axes:
        return {f"total {name} {currency}": total for (name, currency), total in totals.items()}
    columns = list(dict.fromkeys(name for name, *_ in totals))
    ways = list(dict.fromkeys(tuple(way) for _, *way in totals))
    rows = [(*way, *(totals.get((column, *way), "") for column in columns)) for way in ways]
    shown = pd.DataFrame(rows, columns=["currency", *axes, *columns])
    return {"totals": dg.MetadataValue.md(as_markdown(shown))} if rows else {}


def major(column: Column, value: Any, currency: str) -> Decimal:
    """An amount of a column in major units."""
    if column.kind == "money":
        return money.to_decimal(int(value), currency)
    return Decimal(str(value)).normalize() + 0


def preview(table: Table, frame: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """The first rows, amounts in major units."""
    rows = frame.head(_PREVIEW).astype(object)
    for column in table.columns:
        if column.kind == "money" and column.currency in rows.columns:
            pairs = zip(rows[column.name], rows[column.currency], strict=True)
            rows[column.name] = [v if pd.isna(v) else f"{money.to_decimal(int(v), c):,}" for v, c in pairs]
    return dg.MetadataValue.md(as_markdown(rows))


def bars(title: str, labels: Sequence[str], values: Sequence[float]) -> str:
    """A bar chart as an image in Markdown: negative bars to the left in red, positive ones to the right in green."""
    top = max((abs(v) for v in values), default=0) or 1
    lines = [f'<text x="4" y="14" font-weight="bold">{escaped(title)}</text>']
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        y, width = 24 + 20 * number, 150 * abs(value) / top
        x, color = (440 - width, "#b3261e") if value < 0 else (440, "#1b7f4b")
        lines.append(f'<text x="4" y="{y + 12}">{escaped(label[:40])}</text>')
        lines.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="14" fill="{color}"/>')
        lines.append(f'<text x="600" y="{y + 12}">{value:,.0f}</text>')
    return image(title, 700, 30 + 20 * len(values), lines)


def waterfall(title: str, labels: Sequence[str], steps: Sequence[float]) -> str:
    """A waterfall as an image in Markdown: the first step stands, the others add to it, the last label is their sum."""
    ends = [sum(steps[: n + 1]) for n in range(len(steps))]
    bars = [(0.0, steps[0]), *pairwise(ends), (0.0, ends[-1])]
    low, high = min(0.0, *ends), max(0.0, *ends)
    scale = 330 / ((high - low) or 1)
    drawn = [f'<text x="4" y="14" font-weight="bold">{escaped(title)}</text>']
    for number, (label, (start, end)) in enumerate(zip(labels, bars, strict=True)):
        y, left = 24 + 20 * number, 150 + (min(start, end) - low) * scale
        whole = number in (0, len(bars) - 1)
        color = "#1f4e9c" if whole else "#b3261e" if end < start else "#1b7f4b"
        drawn.append(f'<text x="4" y="{y + 12}">{escaped(label[:24])}</text>')
        drawn.append(
            f'<rect x="{left:.1f}" y="{y}" width="{abs(end - start) * scale:.1f}" height="14" fill="{color}"/>'
        )
        drawn.append(f'<text x="500" y="{y + 12}">{end if whole else end - start:,.0f}</text>')
    return image(title, 640, 30 + 20 * len(bars), drawn)


def lines(title: str, labels: Sequence[str], series: dict[str, Sequence[float]]) -> str:
    """A line chart as an image in Markdown: one line per named series over the same labels."""
    points = [v for values in series.values() for v in values if not isnan(v)]
    low, high = min(points, default=0.0), max(points, default=1.0)
    high = high if high > low else low + 1
    step = 600 / max(len(labels) - 1, 1)
    drawn = [f'<text x="4" y="14" font-weight="bold">{escaped(title)}</text>']
    for (name, values), color in zip(series.items(), ("#1f4e9c", "#8aa9d6", "#8aa9d6", "#c58a00"), strict=False):
        path = " ".join(
            f"{50 + i * step:.1f},{190 - 160 * (v - low) / (high - low):.1f}"
            for i, v in enumerate(values)
            if not isnan(v)
        )
        drawn.append(f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{path}"/>')
        drawn.append(f"<title>{escaped(name)}</title>")
    ends = (labels[0], labels[-1]) if labels else ("", "")
    drawn.append(f'<text x="50" y="208">{ends[0]}</text><text x="610" y="208">{ends[1]}</text>')
    drawn.append(f'<text x="4" y="36">{high:,.0f}</text><text x="4" y="192">{low:,.0f}</text>')
    return image(title, 700, 215, drawn)


def image(title: str, width: int, height: int, drawn: Sequence[str]) -> str:
    """SVG elements as an image in Markdown."""
    body = "".join(drawn)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="11">{body}</svg>'
    )
    return f"![{title}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def escaped(text: str) -> str:
    """Text as SVG wants it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
