"""Duplicate payments, vendors and prices over payable lines: seconds, peak memory, and whether planted pairs are found.

    python benchmarks/opportunities.py [--lines 5000000] [--memory 3GB]

The lines are two a journal, an invoice of one of 20,000 vendors with a reference of its own; every thousandth invoice is
booked once more within a month. They are written as Parquet first, which is not timed.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd

from finops_pipeline.finance.opportunities import duplicates, register, spending
from finops_pipeline.storage.engine import Engine

INVOICES = """
COPY (
  WITH invoice AS (
    SELECT i AS number, i AS journal, hash(i) AS chance FROM range({count}) t(i)
    UNION ALL SELECT i, {count} + i, hash(i) FROM range(0, {count}, 1000) t(i)
  ), dated AS (
    SELECT *, DATE '2024-01-01' + (chance % 700 + CASE WHEN journal >= {count} THEN 17 ELSE 0 END)::INT AS posting_date,
      (1 + (chance // 7) % 5000000)::BIGINT AS amount, printf('V%05d', (chance // 11) % 20000) AS vendor_id
    FROM invoice
  )
  SELECT 'US01' AS entity_id, journal::VARCHAR AS journal_id, side AS line_no, posting_date,
    strftime(posting_date, '%Y-%m') AS period, CASE side WHEN 1 THEN printf('64%02d', number % 40) ELSE '2010' END AS account_id,
    'USD' AS currency, CASE side WHEN 1 THEN amount END AS debit, CASE side WHEN 2 THEN amount END AS credit,
    CASE side WHEN 1 THEN amount END AS functional_debit, CASE side WHEN 2 THEN amount END AS functional_credit,
    'USD' AS functional_currency, CASE side WHEN 1 THEN 'CC1' END AS cost_center_id, NULL::VARCHAR AS product_id, vendor_id,
    CASE side WHEN 1 THEN 3::DECIMAL(38, 15) END AS quantity, 'Invoice INV-' || (1000 + number) AS description,
    'file' AS file_id, journal * 2 + side AS row_number
  FROM dated, (VALUES (1), (2)) s(side)
) TO '{path}' (FORMAT parquet)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--memory", default="3GB")
    given = parser.parse_args()
    count = given.lines * 1000 // 2002
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.parquet"
        duckdb.sql(INVOICES.format(count=count, path=path))
        measure(path, given.memory, planted=len(range(0, count, 1000)))


def measure(path: Path, memory: str, planted: int) -> None:
    costs = [f"64{n:02d}" for n in range(40)]
    months = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
    begun = time.perf_counter()
    with Engine(memory) as engine:
        lines = engine.scan([path])
        total = engine.value(f"SELECT count(*) FROM '{path}'")
        found = duplicates.suspects(duplicates.documents(lines, ["2010"], costs))
        suspects = engine.collect(found).to_pandas()
        pairs = duplicates.pairs(suspects)
        told = duplicates.opportunities(pairs, {}, {})
        looked = time.perf_counter()
        spent = spending.vendor_spending(lines, costs, months[-15:])
        totals = engine.collect(spending.vendor_totals(spent, months[-12:])).to_pandas()
        recent = spending.recent_months(months[-1])[0]
        prices = engine.collect(spending.vendor_prices(spent, recent)).to_pandas()
        drift = spending.price_drift(prices, months[-1], register.SavingAssumptions())
        chart = pd.DataFrame({"account_id": costs, "category": "services"})
        small = spending.fragmentation(totals, chart, register.SavingAssumptions())
    ended = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    hit = sum(1 for p in pairs if p.first.reference == p.second.reference)
    print(f"{total:,} lines: {ended - begun:.1f} s in {peak:.1f} GB (aim: 60 s, 6 GB)")
    print(
        f"duplicates {looked - begun:.1f} s: {len(suspects):,} suspects, {len(told):,} pairs; {hit} of {planted} planted found"
    )
    print(
        f"vendors and prices {ended - looked:.1f} s: {len(totals):,} totals, {len(small)} fragmented, {len(drift):,} of {len(prices):,} prices rose"
    )


if __name__ == "__main__":
    main()
