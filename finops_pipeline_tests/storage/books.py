"""A small report table to publish, and how to write and show its rows."""

from datetime import UTC, datetime

import pandas as pd

from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.contracts.projections import conform

NOON = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
STAMP = {"run_id": "run-1", "loaded_at": NOON}

LEDGER = Table(
    "ledger", "test", "One column of every kind", "book x period",
    (
        Column("book", "code", "Book", nullable=True),
        Column("period", "period", "Month"),
        Column("currency", "code", "Currency", nullable=True),
        Column("amount", "money", "Amount", nullable=True),
        Column("cost", "fine_money", "Cost", nullable=True),
        Column("rate", "decimal", "Rate", nullable=True),
        Column("share", "ratio", "Share", nullable=True),
        Column("lines", "integer", "Lines", nullable=True),
        Column("is_open", "boolean", "Open", nullable=True),
        Column("day", "date", "Day", nullable=True),
        Column("seen_at", "instant", "Moment", nullable=True),
        Column("note", "text", "Note", nullable=True),
        Column("detail", "json", "Detail", nullable=True),
    ),
    ("book", "period"), partitioned=True,
)  # fmt: skip


def ledger(text: str) -> pd.DataFrame:
    """Rows of book, period, currency and minor units; a dash is a missing value; the other columns are empty."""
    rows = [[None if word == "-" else word for word in line.split()] for line in text.strip().splitlines()]
    frame = pd.DataFrame(rows, columns=["book", "period", "currency", "amount"])
    frame["amount"] = pd.Series([None if row[3] is None else int(row[3]) for row in rows], dtype="Int64")
    return conform(frame.reindex(columns=list(LEDGER.names)), LEDGER)


def shown(frame: pd.DataFrame) -> str:
    """The first four columns, in the form that `ledger` reads."""
    rows = frame[["book", "period", "currency", "amount"]].astype(object)
    return "\n".join(" ".join("-" if pd.isna(v) else str(v) for v in row) for row in rows.to_numpy())


def lines(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


OLD = """
    A 2026-01 EUR 100
    A 2026-02 EUR 200
    B 2026-02 JPY 300
    - 2026-02 EUR 400
"""
