"""Ingest, validate and compare with budget: this system against a plain pandas and a plain DuckDB script.

    python benchmarks/ledger.py [--lines 10000000] [--no-gx] [--only ours,duckdb,pandas] [--landing DIR]

All three read the same journal files of the sample company, keep bad rows out with their reason, store the accepted
lines by month, sum the general ledger and compare it with the budget; the run ends when their totals agree. Each runs
in a process of its own on the same cores; printed are seconds, ratios and peak memory. The scripts know this one
company by heart (its currencies are written into them); ours reads any company from its contracts.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
VERSION = "2025-original"

ACTUALS = """
SELECT count(*), sum(actual)::BIGINT, sum(budget)::BIGINT, sum(abs(actual - budget))::BIGINT FROM (
  SELECT coalesce(a.actual, 0) AS actual, coalesce(b.amount, 0) AS budget
  FROM (SELECT entity_id, period, account_id, cost_center_id,
          sum(CASE WHEN account_type IN ('revenue', 'other_income') THEN credit - debit ELSE debit - credit END) AS actual
        FROM gl JOIN accounts USING (account_id)
        WHERE account_type NOT IN ('asset', 'liability', 'equity')
        GROUP BY ALL) AS a
  FULL JOIN (SELECT entity_id, period, account_id, cost_center_id, sum(amount) AS amount FROM budget GROUP BY ALL) AS b
  ON a.entity_id = b.entity_id AND a.period = b.period AND a.account_id = b.account_id
    AND a.cost_center_id IS NOT DISTINCT FROM b.cost_center_id
  WHERE coalesce(a.period, b.period) BETWEEN '2025-01' AND '2025-03' AND coalesce(a.entity_id, b.entity_id) = 'US01')
"""


def ours(landing: Path, out: Path, *, gx: bool) -> dict[str, object]:
    """The real intake, facts and variance; with `gx` also every suite over every accepted row."""
    from finops_pipeline.contracts import budget, currency, ledger, masters
    from finops_pipeline.finance import balances
    from finops_pipeline.finance.budget import Materiality, budget_balances, budget_variance
    from finops_pipeline.finance.currency import Rates
    from finops_pipeline.intake.ingest import ingest
    from finops_pipeline.settings import load
    from finops_pipeline.storage.engine import Engine
    from finops_pipeline.storage.lake import Lake
    from finops_pipeline.storage.warehouse import Warehouse

    settings = load(home=out, landing=landing)
    lake, warehouse = Lake(settings.lake_path), Warehouse(settings.url)
    warehouse.create()
    stages: dict[str, float] = {}
    clock = time.perf_counter()

    def mark(stage: str) -> None:
        nonlocal clock
        stages[stage] = round(time.perf_counter() - clock, 2)
        clock = time.perf_counter()

    with Engine(settings.engine_memory_limit) as engine:
        ingest(settings, lake, engine, warehouse, run_id="benchmark", now=datetime.now(UTC))
        mark("intake")
        gl = engine.collect(balances.gl_balances(engine.scan(lake.files(ledger.JOURNAL_LINES)))).to_pandas()
    lake.replace(ledger.GL_BALANCES, gl)
    mark("facts")
    accounts, centers, entities = (lake.read(t) for t in (masters.ACCOUNTS, masters.COST_CENTERS, masters.ENTITIES))
    plan = budget_balances(lake.read(budget.BUDGET_LINES), entities, Rates.of(lake.read(currency.FX_RATES)))
    periods = lake.periods(ledger.GL_BALANCES)
    variance = budget_variance(plan, lake.read(ledger.GL_BALANCES), accounts, centers, entities, periods, Materiality())
    warehouse.replace(
        budget.BUDGET_VARIANCE, variance, periods=periods, run_id="benchmark", loaded_at=datetime.now(UTC)
    )
    mark("variance")
    if gx:
        from finops_pipeline.quality.suites import judge_files

        results = judge_files(ledger.JOURNAL_LINES, lake.files(ledger.JOURNAL_LINES), datetime.now(UTC))
        if not results["success"].all():
            raise SystemExit("a suite failed on the sample")
        mark("gx")
    mine = variance[
        (variance["version"] == VERSION) & (variance["basis"] == "mtd") & (variance["entity_id"] == "US01")
        & variance["period"].between("2025-01", "2025-03")
    ]  # fmt: skip
    files = warehouse.read(__import__("finops_pipeline.contracts.intake", fromlist=["x"]).INGESTED_FILES)
    lines = files[(files["dataset"] == "journal_lines") & (files["status"] == "accepted")]
    totals = [
        int(lines["rows_accepted"].sum()), int(gl["debit"].sum()),
        len(mine), int(mine["actual"].sum()), int(mine["budget"].sum()), int(mine["variance"].abs().sum()),
    ]  # fmt: skip
    return {"stages": stages, "totals": totals}


def duckdb(landing: Path, out: Path) -> dict[str, object]:
    """The plain SQL script."""
    import duckdb as engine

    connection = engine.connect(config={"memory_limit": "3GB", "temp_directory": str(out / "spill")})
    before, after = (HERE / "peers" / "ledger.sql").read_text().format(landing=landing, out=out).split("-- here")
    connection.execute(before)
    for (period,) in connection.execute("SELECT DISTINCT period FROM lines WHERE fail IS NULL ORDER BY 1").fetchall():
        folder = out / "lake" / f"period={period}"
        folder.mkdir(parents=True)
        connection.execute(
            f"COPY (SELECT * EXCLUDE (fail, raw) FROM lines WHERE fail IS NULL AND period = '{period}') "
            f"TO '{folder}/data.parquet' (FORMAT parquet)"
        )
    connection.execute("--" + after)
    connection.execute(
        f"CREATE TABLE budget AS SELECT entity_id, period, account_id, cost_center_id, "
        f"(amount::DECIMAL(15, 2) * 100)::BIGINT AS amount FROM read_csv('{landing}/native/budget_lines/*{VERSION}.csv', "
        f"all_varchar = true) WHERE version = '{VERSION}' AND entity_id = 'US01'"
    )
    variance = connection.execute(ACTUALS).fetchall()[0]
    lines = connection.execute("SELECT count(*) FROM lines WHERE fail IS NULL").fetchall()[0][0]
    debit = connection.execute("SELECT sum(debit)::BIGINT FROM gl").fetchall()[0][0]
    return {"stages": {}, "totals": [lines, debit, *variance]}


def pandas(landing: Path, out: Path) -> dict[str, object]:
    """The plain pandas script."""
    sys.path.insert(0, str(HERE / "peers"))
    import ledger_pandas

    return {"stages": {}, "totals": ledger_pandas.run(landing, out, VERSION)}


def _measure(name: str, landing: Path, home: Path, *, gx: bool) -> dict[str, object]:
    """Run one contender in a process of its own: seconds, peak memory, totals."""
    out = home / name
    out.mkdir()
    command = [sys.executable, __file__, "--contender", name, "--landing", str(landing), "--out", str(out)]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--gx" if gx else "--no-gx"], check=True, capture_output=True, text=True, timeout=3600
    )
    seconds = time.perf_counter() - started
    return {"seconds": seconds, **json.loads(done.stdout.splitlines()[-1])}


def main() -> None:
    """Write the sample if needed, run the contenders in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--only", default="duckdb,ours,pandas")
    parser.add_argument("--gx", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--landing", type=Path)
    parser.add_argument("--contender")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.contender:
        run = {"duckdb": duckdb, "pandas": pandas}.get(arguments.contender)
        found = (
            run(arguments.landing, arguments.out) if run else ours(arguments.landing, arguments.out, gx=arguments.gx)
        )
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory(prefix="finops-benchmark-") as folder:
        home = Path(folder)
        landing = arguments.landing or home / "landing"
        if arguments.landing is None:
            from finops_pipeline.sample import write_sample

            write_sample(landing, journal_lines=arguments.lines)
        for cut_off in (landing / "native" / "journal_lines").glob("*_supplement*"):
            cut_off.unlink()  # the plain scripts have no notion of a file that must stay out whole
        results = {name: _measure(name, landing, home, gx=False) for name in arguments.only.split(",")}
        if arguments.gx and "ours" in results:
            results["ours with GX"] = _measure("ours+gx", landing, home, gx=True)
    _report(results)


def _report(results: dict[str, dict[str, object]]) -> None:
    base = results.get("duckdb", {}).get("seconds")
    print(f"{'contender':14} {'seconds':>8} {'/ duckdb':>9} {'peak MB':>8}  stages")
    for name, found in results.items():
        ratio = f"{found['seconds'] / base:.2f}" if base else "-"
        print(f"{name:14} {found['seconds']:8.1f} {ratio:>9} {found['peak_mb']:8}  {found['stages'] or ''}")
    totals = {tuple(found["totals"]) for found in results.values()}
    print(f"totals (lines, debits, variance rows, actual, budget, |variance|): {sorted(totals)}")
    if len(totals) > 1:
        raise SystemExit("the totals do not agree")


if __name__ == "__main__":
    main()
