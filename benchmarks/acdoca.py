"""Take a universal journal in: this system against a plain DuckDB script, on ACDOCA in Parquet.

    python benchmarks/acdoca.py [--rows 10000000] [--repeat 3] [--memory 3GB]

Both read the same file of made-up journal entries (24 columns, as a replication writes them: text and decimals), keep
the rows as they came, leave out other ledgers, plans and balances carried forward, give amounts the decimals of their
currency, find the month by the fiscal year, refuse lines of unknown accounts or cost centers and journals that do not
balance, store the rest by month, sum debits and credits of the file before and after, and the balances by month. The
run ends when their totals agree. Each runs in a process of its own on the same cores; the ratio is of the medians.
"""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from peers import contest

RANGES = [
    {"first": "0000100000", "last": "0000199999", "account_type": "asset"},
    {"first": "0000200000", "last": "0000299999", "account_type": "equity"},
    {"first": "0000400000", "last": "0000499999", "account_type": "revenue"},
    {"first": "0000500000", "last": "0000699999", "account_type": "operating_expense"},
]
# Every document has two lines; one document in 100,000 does not balance, one line in 100,000 has no such account.
JOURNAL = """
SELECT '100' AS "RCLNT", CASE WHEN d % 20 = 0 THEN '2L' ELSE '0L' END AS "RLDNR",
  CASE WHEN d % 10 = 3 THEN '3000' ELSE '1000' END AS "RBUKRS", '2025' AS "GJAHR",
  lpad(d::VARCHAR, 10, '0') AS "BELNR", lpad((i % 2 + 1)::VARCHAR, 6, '0') AS "DOCLN", '2025' AS "RYEAR",
  lpad(month(day)::VARCHAR, 3, '0') AS "POPER", strftime(day, '%Y%m%d') AS "BUDAT",
  CASE WHEN i % 100000 = 77 THEN '0000699999'
    WHEN i % 2 = 0 THEN lpad((600000 + d % 90)::VARCHAR, 10, '0') ELSE '0000100000' END AS "RACCT",
  CASE WHEN d % 10 = 3 THEN 'JPY' ELSE 'EUR' END AS "RHCUR",
  CASE WHEN i % 2 = 0 THEN amount ELSE -amount END
    + CASE WHEN i % 200000 = 4 THEN 1 ELSE 0 END AS "HSL",
  CASE WHEN d % 10 = 3 THEN 'JPY' ELSE 'EUR' END AS "RWCUR",
  CASE WHEN i % 2 = 0 THEN amount ELSE -amount END
    + CASE WHEN i % 200000 = 4 THEN 1 ELSE 0 END AS "WSL",
  CASE WHEN d % 25 = 1 THEN '1' ELSE '0' END AS "RRCTY", NULL::VARCHAR AS "BSTAT",
  CASE WHEN i % 2 = 0 THEN 'S' ELSE 'H' END AS "DRCRK",
  CASE WHEN i % 2 = 0 THEN 'CC' || d % 200 END AS "RCNTR", NULL::VARCHAR AS "RASSC",
  NULL::VARCHAR AS "KUNNR", CASE WHEN i % 2 = 1 THEN 'V' || d % 1000 END AS "LIFNR",
  (d % 7)::DECIMAL(23, 3) AS "MSL", 'Invoice ' || d AS "SGTXT", NULL::VARCHAR AS "GLACCOUNT_TYPE"
FROM (SELECT i, i // 2 AS d,
        ((100 + (i // 2) % 99991) / 100)::DECIMAL(23, 2) AS amount,
        DATE '2025-01-01' + ((i // 2) % 365)::INTEGER AS day
      FROM range({rows}) AS t(i))
"""


def write_extracts(landing: Path, rows: int) -> None:
    """The journal and the master data it refers to."""
    import duckdb

    accounts = "\n".join(
        f"100,INT,0000{n:06d},{'X' if n < 300000 else ''},GL" for n in (100000, *range(600000, 600090))
    )
    centers = "\n".join(f"100,A000,CC{n},99991231,20000101,1000" for n in range(200))
    tables = {
        "t001": "MANDT,BUKRS,BUTXT,LAND1,WAERS,PERIV,KTOPL\n100,1000,Example AG,DE,EUR,K4,INT\n"
        "100,3000,Nippon KK,JP,JPY,K4,INT",
        "ska1": f"MANDT,KTOPL,SAKNR,XBILK,KTOKS\n{accounts}",
        "csks": f"MANDT,KOKRS,KOSTL,DATBI,DATAB,BUKRS\n{centers}",
        "tcurx": "CURRKEY,CURRDEC\nJPY,0\nKWD,3",
    }
    for name, text in tables.items():
        file = landing / "sap" / name / f"{name}.csv"
        file.parent.mkdir(parents=True)
        file.write_text(text + "\n")
    target = landing / "sap" / "acdoca" / "acdoca.parquet"
    target.parent.mkdir(parents=True)
    duckdb.connect().execute(f"COPY ({JOURNAL.format(rows=rows)}) TO '{target}' (FORMAT parquet)")


def ours(landing: Path, out: Path, memory: str) -> dict[str, object]:
    """The real intake and the monthly balances."""
    from finops_pipeline.contracts.intake import INGESTED_FILES, RECONCILIATION
    from finops_pipeline.contracts.ledger import JOURNAL_LINES
    from finops_pipeline.finance import balances
    from finops_pipeline.intake.ingest import ingest
    from finops_pipeline.settings import load
    from finops_pipeline.storage.engine import Engine
    from finops_pipeline.storage.lake import Lake
    from finops_pipeline.storage.warehouse import Warehouse

    settings = load(home=out, landing=landing, engine_memory_limit=memory, sap={"account_ranges": RANGES})
    lake, warehouse = Lake(settings.lake_path), Warehouse(settings.url)
    warehouse.create()
    started = time.perf_counter()
    with Engine(settings.engine_memory_limit) as engine:
        ingest(settings, lake, engine, warehouse, run_id="benchmark", now=datetime.now(UTC))
        intake = time.perf_counter() - started
        gl = engine.collect(balances.gl_balances(engine.scan(lake.files(JOURNAL_LINES)))).to_pandas()
        seconds = time.perf_counter() - started  # the script does not close its engine either
    files = warehouse.read(INGESTED_FILES).set_index("dataset")
    if (warehouse.read(RECONCILIATION)["difference"].astype(float) != 0).any():
        raise SystemExit("a control total does not tie")
    fates = files.loc["acdoca", ["rows_accepted", "rows_quarantined", "rows_left_out"]].astype(int).tolist()
    totals = [*fates, len(gl), int(gl["debit"].sum()), int(gl["credit"].sum())]
    return {"seconds": seconds, "stages": {"intake": intake}, "totals": totals}


def plain(landing: Path, out: Path, memory: str) -> dict[str, object]:
    """The plain SQL script: one company's journal by heart."""
    import duckdb

    started = time.perf_counter()
    shutil.copyfile(landing / "sap" / "acdoca" / "acdoca.parquet", out / "kept.parquet")  # the rows as they came
    db = duckdb.connect(config={"memory_limit": memory, "temp_directory": str(out / "spill")})
    script = (Path(__file__).parent / "peers" / "acdoca.sql").read_text().format(landing=landing, out=out)
    before, after = script.split("-- here")
    db.execute(before)
    for (period,) in db.execute("SELECT DISTINCT period FROM lines WHERE verdict IS NULL ORDER BY 1").fetchall():
        folder = out / "lake" / f"period={period}"
        folder.mkdir(parents=True)
        db.execute(
            f"COPY (SELECT * EXCLUDE (verdict) FROM lines WHERE verdict IS NULL AND period = '{period}') "
            f"TO '{folder}/data.parquet' (FORMAT parquet)"
        )
    db.execute("--" + after)
    fates = dict(db.execute("SELECT coalesce(left(verdict, 3), 'in'), count(*) FROM lines GROUP BY 1").fetchall())
    rows, debit, credit = db.execute("SELECT count(*), sum(debit)::BIGINT, sum(credit)::BIGINT FROM gl").fetchall()[0]
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "stages": {},
        "totals": [fates["in"], fates.get("bad", 0), fates.get("out", 0), rows, debit, credit],
    }


if __name__ == "__main__":
    contest.hold(
        __file__, __doc__, write_extracts, plain, ours, "accepted, quarantined, left out, balances, debit, credit"
    )
